"""Words of small orders: who a minimum order or a price hits, and how they may take it."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "orders_bundle": "bundle small orders",
    "orders_drop": "drop small orders",
    "orders_few_contacts": "Contacts on {day} reach back less than three months: too short to tell what those of a "
    "year cost.",
    "orders_leave": "leave",
    "orders_like_last_year": "All of this is what the trailing year would have been, taken for the next one: orders "
    "as they were, and how accounts take it is assumed, not known.",
    "orders_no_costs": "What serving an account costs is not known, so bundling saves nothing here and whoever leaves "
    "takes the whole margin along: cautious.",
    "orders_no_profit": "What a minimum order or a small-order price does to the profit cannot be told, only what "
    "revenue is at stake: {lack}",
    "orders_no_surcharge": "What an order costs is not known, so no small-order price can be chosen from it; set "
    "surcharge.",
    "orders_part_begun_before": "of orders begun before the year",
    "orders_part_enough": "not below the minimum",
    "orders_part_hit": "small, of accounts hit",
    "orders_part_of_year": "The book's orders reach back {share} of a year; costs are counted for as long.",
    "orders_part_reversed": "reversed, or credit notes",
    "orders_part_spared": "small, of accounts spared",
    "orders_part_unknown": "small, of accounts not in the book on the day",
    "orders_part_whole": "all of the year",
    "orders_partly_costed": "The cost of goods is known for {share} of the revenue of the accounts hit; the margin of "
    "the rest is not counted.",
    "orders_pay": "pay the price",
    "orders_spared_contract": "a minimum order is agreed",
    "orders_spared_high": "High account",
    "orders_spared_key": "key account",
    "orders_spread_evenly": "Spending on an account and the contacts it begins are spread evenly over its orders: so "
    "much is saved with each order no longer placed. Contacts we begin end only when the account leaves.",
    "orders_too_short": "Orders on {day} reach back less than three months: too short to tell how a minimum order or "
    "a small-order price would do in a year.",
    "orders_two_sources": "Spending that names accounts ({activities}) and the cost of contacts are added up, "
    "assuming that neither contains the other.",
}

COLUMNS: Words = {
    "agreed": ("Minimum agreed", "money"),
    "accounts_from": ("Must bundle, accounts from", "count"),
    "accounts_to": ("Must bundle, accounts to", "count"),
    "any": ("Never loses, whoever leaves", "flag"),
    "below_agreed": ("Orders below the minimum agreed", "count"),
    "bundle": ("If it bundles", "money"),
    "bundle_from": ("Must bundle, from", "share"),
    "bundle_share": ("Of those who stay, bundle", "share"),
    "bundle_to": ("Must bundle, to", "share"),
    "bundled": ("Small orders once bundled", "count"),
    "bundling": ("Bundle, accounts", "count"),
    "cannot_bundle": ("Cannot bundle", "flag"),
    "contact_cost": ("Cost of contacts", "money"),
    "drop": ("If it drops small orders", "money"),
    "forced": ("Without a choice", "flag"),
    "high_profit": ("Profit change, 90% to", "money"),
    "least_first": ("May leave if the least lose us first", "count"),
    "leave": ("If it leaves", "money"),
    "leave_share": ("Leave", "share"),
    "leaving": ("Leave, accounts", "count"),
    "low_profit": ("Profit change, 90% from", "money"),
    "may_leave": ("May leave, accounts", "count"),
    "most_first": ("May leave if the worst to lose go first", "count"),
    "order": ("Order", "text"),
    "order_cost": ("Cost of an order", "money"),
    "ordered": ("Orders' value", "money"),
    "part": ("Part of the year's orders", "text"),
    "pay": ("If it pays the price", "money"),
    "profit_change": ("Profit change a year", "money"),
    "profit_staying": ("Profit change if nobody leaves", "money"),
    "rest": ("What the others do", "text"),
    "resting": ("Do neither, accounts", "count"),
    "small_margin": ("Margin of small orders", "money"),
    "small_revenue": ("Revenue of small orders", "money"),
    "worst_profit": ("Profit change at worst", "money"),
}
