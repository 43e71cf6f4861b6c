"""Words of moves between classes: migration and what-if."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "moves_alike": "What accounts of one group, or one account in several steps, do is alike beyond their state (a "
    "correlation of {alike}), so that they tell less than as many strangers; the intervals hold that.",
    "moves_no_next_year": "Orders from a year before {first} to {day} are too short to tell what accounts that moved "
    "brought in their next year: a year for the bars, one for the move and one after it are needed.",
    "moves_no_order": "none",
    "moves_one_step": "One step back is all that orders reach: how much good and bad years differ is not known, "
    "and not in the intervals.",
    "moves_prior": "Shares are smoothed: each row counts one account more, spread evenly over its cells, so that "
    "nothing is held impossible because it was not seen yet.",
    "moves_shocks": "Good and bad years are in the intervals: as far as {steps} steps tell of them, which is little.",
    "moves_short": "Orders on {day} must reach {months} months back to tell how accounts moved; the first is of "
    "{since}.",
    "moves_steps": "Counted over steps of {months} months from {first} on (number of steps: {steps}), by the "
    "bars of today in money.",
    "what_if_few_movers": "From {begin} to {end} moved {movers} accounts: examples rather than a rate.",
    "what_if_head_start": "Accounts that moved from {begin} to {end} had brought more than those that stayed before "
    "they moved: {share} of their gain in revenue. Accounts lifted at random have no such start.",
    "what_if_largest": "One of the {movers} accounts that moved from {begin} to {end} made {share} of the "
    "revenue they "
    "gained: without it the gain would be far smaller.",
    "what_if_no_effort": "Minutes of contacts, or what a minute costs, are not known, so there is no return on effort.",
    "what_if_no_fixed": "The book's spending of the year names no fixed cost, so profit is before fixed cost.",
    "what_if_no_margin": "The book has no costs of orders, so gains are of revenue and there is no profit.",
    "what_if_no_movers": "No account is known to have moved from {begin} to {end}: what it would bring is not known.",
    "what_if_one_mover": "A single account is known to have moved from {begin} to {end}: its gain has no interval.",
    "what_if_too_few": "{asked} accounts are to leave {state}, where there are {there}; expected no more.",
    "what_if_years": "Years in which accounts moved from {begin} to {end}: {moved}, of which count: {counted}; in the "
    "others none stayed in {begin} to hold them against.",
    "what_if_rests": "Gains are what accounts that moved between {first} and {last} brought in the year after (those "
    "that fell back or left are counted in), less what accounts that stayed brought in that year.",
}

COLUMNS: Words = {
    "from_state": ("From", "text"),
    "to_state": ("To", "text"),
    "state": ("State", "text"),
    "moved": ("Moved", "count"),
    "moved_share": ("Share that moves", "share"),
    "low_moved_share": ("Share that moves, 90% from", "share"),
    "high_moved_share": ("Share that moves, 90% to", "share"),
    "expected": ("Accounts expected", "number"),
    "low_expected": ("Accounts expected, 90% from", "number"),
    "high_expected": ("Accounts expected, 90% to", "number"),
    "expected_revenue": ("Revenue expected", "money"),
    "expected_margin": ("Margin expected", "money"),
    "movers": ("Movers known", "count"),
    "held_share": ("Share still there a year later", "share"),
    "brought_revenue": ("Movers' revenue in the next year", "money"),
    "brought_margin": ("Movers' margin in the next year", "money"),
    "stayed_revenue": ("Revenue of those that stayed", "money"),
    "stayed_margin": ("Margin of those that stayed", "money"),
    "gain_revenue": ("Revenue gained per account", "money"),
    "low_gain_revenue": ("Revenue gained per account, 90% from", "money"),
    "high_gain_revenue": ("Revenue gained per account, 90% to", "money"),
    "gain_margin": ("Margin gained per account", "money"),
    "low_gain_margin": ("Margin gained per account, 90% from", "money"),
    "high_gain_margin": ("Margin gained per account, 90% to", "money"),
    "head_start_revenue": ("Revenue ahead before the move", "money"),
    "head_start_margin": ("Margin ahead before the move", "money"),
    "average_revenue": ("Revenue gained per account, at class averages", "money"),
    "average_margin": ("Margin gained per account, at class averages", "money"),
    "extra_minutes": ("Extra minutes a year", "number"),
    "effort_cost": ("Cost of extra minutes", "money"),
    "extra_avoidable": ("Extra avoidable cost", "money"),
    "profit_gain": ("Profit gained", "money"),
    "low_profit_gain": ("Profit gained, 90% from", "money"),
    "high_profit_gain": ("Profit gained, 90% to", "money"),
    "average_profit": ("Profit gained, at class averages", "money"),
    "return_on_effort": ("Return on effort", "number"),
    "low_return_on_effort": ("Return on effort, 90% from", "number"),
    "high_return_on_effort": ("Return on effort, 90% to", "number"),
    "average_return_on_effort": ("Return on effort, at class averages", "number"),
    "avoidable": ("Avoidable cost", "money"),
    "after_accounts": ("Accounts, after", "count"),
    "after_revenue": ("Revenue, after", "money"),
    "after_margin": ("Margin, after", "money"),
    "after_avoidable": ("Avoidable cost, after", "money"),
}
