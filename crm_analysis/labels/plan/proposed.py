"""Words of the what-if page."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "part_what_if": "What if",
    "part_what_if_question": "What would a minimum order, a price for small orders, or lifting some accounts bring?",
    "alt_matrix": "Shares of accounts by where they were and where they are {span} later. Still there: {parts}.",
    "alt_matrix_part": "{state} {share}",
    "alt_reactions": "Change of profit a year by the share of accounts that leaves, a line for each share of the "
    "others that bundles. {said}",
    "axis_leave": "Of the accounts hit, leave",
    "axis_profit_change": "Change a year, {currency}",
    "book_profit": "Margin less avoidable cost and the fixed cost of {fixed} is {before} a year today, and "
    "{after}{between} after.",
    "book_profit_no_fixed": "Margin less avoidable cost is {before} a year today, and {after}{between} after; fixed "
    "cost is not known.",
    "drawn_break_even": "break-even",
    "drawn_bundle": "{share} of those who stay bundle",
    "even_always": "If those that stay {rest}, it loses even if nobody leaves.",
    "even_at": "If those that stay {rest}, it loses on average once more than {share} ({may} of {accounts}) leave.",
    "even_forced_many": "{n} accounts order so little in a year that they could not place one order of that size: "
    "they are lost.",
    "even_forced_one": "1 account orders so little in a year that it could not place one order of that size: it is "
    "lost.",
    "even_never": "If those that stay {rest}, it never loses, however many leave.",
    "even_one": "If those that stay {rest}, it loses on average as soon as one account leaves.",
    "even_refusing": "Refusing orders below the minimum instead:",
    "even_worst": "If the accounts that bring most leave first, {n:.0f} may leave where those that stay {rest}.",
    "even_worst_none": "If the account that brings most leaves first, it loses at once.",
    "expect_part": "{state} {low} to {high}",
    "expect_said": "In {span}, if accounts go on to move as they did: {parts}. Inactive accounts ordered once, but "
    "not within a year. {entries} new customers{entries_between} are counted in. At what accounts of "
    "their class bring today they would bring {revenue}{between} a year, against {now} today; growth within a class is "
    "not foreseen.",
    "expect_value": "{state} {expected} (now {now})",
    "figure_matrix": "Where accounts are {span} later",
    "figure_reactions": "What a price for small orders brings, by how accounts take it",
    "hits_minimum_chosen": "No minimum was set, so {minimum} is used: a quarter of Low accounts' orders are smaller.",
    "hits_no_orders": "There is no order of a Low account to set a minimum by; set minimum_order.",
    "hits_nobody": "No order of an account that could be asked is below {minimum}.",
    "hits_price_chosen": "No price was set, so {price} is used: what an order of theirs costs us.",
    "hits_said": "A price of {price} for each order below {minimum} would have hit {accounts} in the last year with "
    "{orders}, worth {value} in all.",
    "hits_said_open": "A price for each order below {minimum} would have hit {accounts} in the last year with "
    "{orders}, worth {value} in all.",
    "hits_value": "{accounts}, {orders}",
    "lift_and": "{first} and {last}",
    "lift_avoidable": "{cost} for other things that serving them takes",
    "lift_effort": "{cost} for {hours} more of contacts",
    "lift_effort_less": "{hours} less of contacts, which saves {cost}",
    "lift_left": "It takes {parts}, a year; {left} is left.",
    "lift_minutes_part": "{state} {minutes}",
    "lift_minutes": "A minute of contact cost {cost} in the last year; minutes of contacts per account and year, those "
    "we plan to begin and, as far as the book tells, those that such accounts ask for: {states}.",
    "lift_largest": "One of the {movers} accounts that moved from {begin} to {end} made {share} of the {money} they "
    "gained: without it {accounts} would bring {gain}.",
    "lift_move": "{accounts} from {begin} to {end}",
    "lift_said": "Moving {moves} would bring {gain}{between} more {money} a year, going by {movers}. At class averages "
    "it would be {average}.",
    "lift_unsure": "But so few accounts may as well bring nothing: the interval holds zero.",
    "lift_untold": "What moving {moves} would bring is not known.",
    "lift_value_unsure": "no gain shown ({low} to {high})",
    "lift_value": "{amount} of {money} a year{between}",
    "move_arrow": "{begin} to {end}",
    "mover_many": "what {n} accounts that moved so brought in their next year",
    "mover_one": "what 1 account that moved so brought in its next year",
    "order_below_many": "{n} small orders",
    "order_below_one": "1 small order",
    "orders_step_minimum": "refusing small orders",
    "orders_step_price": "a price for small orders",
    "quarter_ahead_many": "{n} quarters",
    "quarter_ahead_one": "a quarter",
    "spread_profit": "profit",
    "spread_revenue": "revenue",
    "spread_said": "If up to {most} of the {accounts} leave and any share of the others bundles, {money} changes on "
    "average by between {worst} ({worst_leave} leave, {worst_bundle} of the others bundle) and {best} ({best_leave} "
    "leave, {best_bundle} bundle) a year. The range above also holds the luck of who it is. No book tells beforehand "
    "how accounts take it.",
    "spread_value": "{low} to {high} a year",
    "state_inactive": "inactive",
    "state_new": "not yet customers",
    "what_avoidable": "other cost that serving them takes",
    "what_effort": "cost of more contacts",
    "what_if_unlock_agreed": "minimum orders agreed in contracts",
    "what_if_unlock_asked": "what an order costs us",
    "what_if_unlock_contacts": "what contacts cost",
    "what_if_unlock_fixed": "profit after fixed cost",
    "what_if_unlock_group": "accounts of one customer, which move together",
    "what_if_unlock_key": "key accounts spared",
    "what_if_unlock_margin": "profit rather than revenue",
    "what_if_unlock_spend": "what serving an account costs",
    "what_margin": "margin",
    "what_profit": "profit",
    "what_return": "return on effort (profit per money of contacts)",
    "what_revenue": "revenue",
}

COLUMNS: Words = {
    "lift_gain": ("Lifting accounts", "text"),
    "proposal_hits": ("Small orders hit", "text"),
    "profit_range": ("Profit of a small-order price", "text"),
    "expected_book": ("The book ahead", "text"),
    "proposal": ("Proposal", "text"),
    "move": ("Move", "text"),
    "measure": ("What", "text"),
    "a_year": ("More in a year", "measure"),
    "at_average": ("At class averages", "measure"),
}
