"""Every name and unit a reader sees, in one place, ready to be translated.

`LABELS` holds words and sentences; `COLUMNS` holds, per column of a shown table, its heading, its
kind (how its values are written) and, where the heading needs one, its unit.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["money", "exact", "share", "count", "number", "date", "text", "flag"]


class Column(NamedTuple):
    """How a column is shown: heading, kind of its values, unit (empty if the kind says it all)."""

    heading: str
    kind: Kind
    unit: str = ""

    @property
    def title(self) -> str:
        """The heading with its unit: "Recency (days)"."""
        return f"{self.heading} ({self.unit})" if self.unit else self.heading


LABELS: dict[str, str] = {
    # --- report pack (crm_analysis.report), alphabetical ---
    "as_of": "As of",
    "assumptions": "Assumptions",
    "book": "Book",
    "contents": "On this page",
    "downloads": "Downloads",
    "downloads_note": "Text that a spreadsheet could run as a formula begins with a quote (') in the CSV files.",
    "headlines": "In short",
    "index_title": "Customer analysis {quarter}",
    "manifest": "Manifest: inputs, versions, parameters, timings",
    "no": "no",
    "pack_back": "All pages of this report",
    "pack_pages": "Pages",
    "parameter": "{part}, {words}: {value}",
    "part_data_check": "Data check",
    "part_data_check_question": "Can the data be trusted, and what was left out?",
    "part_segmentation": "Segmentation",
    "part_segmentation_question": "Who is valuable, and which few accounts carry the revenue?",
    "quarter": "Quarter",
    "sheet_column": "Table",
    "sheet_contents": "Contents",
    "sheet_description": "What it shows",
    "sheet_rows": "Rows",
    "sheet_too_long": "{rows} rows are more than a sheet can hold: see tables/{name}.csv and tables/{name}.parquet.",
    "skip_link": "Skip to the content",
    "skipped": "Not in this report",
    "table_cut": "Showing {shown} of {rows} rows.",
    "table_cut_saved": "Showing {shown} of {rows} rows; the whole table is in",
    "table_currency": "Money in {currency}.",
    "table_empty": "No rows.",
    "unknown": "–",
    "workbook": "All tables in one workbook",
    "yes": "yes",
    # --- rules and actions of the check ---
    "action_duplicate": "counted once",
    "action_quarantine": "quarantined",
    "action_stop": "refused",
    "action_warn": "warning only",
    "rule_absurd_date": "Absurd date",
    "rule_alike_key": "Keys alike but for capitals or zeros",
    "rule_broken_record": "Broken record",
    "rule_contradiction": "Two values for one account",
    "rule_dates_out_of_order": "Dates in the wrong order",
    "rule_duplicate_key": "Key used twice",
    "rule_empty_term": "Ends before it starts",
    "rule_future_date": "Date in the future",
    "rule_group_cycle": "Groups in a circle",
    "rule_known_date_missing": "No date when it was known",
    "rule_mangled_key": "Key shortened by a spreadsheet",
    "rule_missing_key": "Key missing",
    "rule_missing_value": "Required value missing",
    "rule_mixed_currencies": "Several currencies",
    "rule_month_without_orders": "Month without orders",
    "rule_nested_group": "Group within a group",
    "rule_never_invited": "Answered without an invitation",
    "rule_not_a_flag": "Neither true nor false",
    "rule_not_a_number": "Not a number",
    "rule_not_finite": "Not a finite number",
    "rule_nothing_accepted": "Nothing accepted",
    "rule_off_scale": "Score off its scale",
    "rule_ordered_before_known": "Ordered before it was known",
    "rule_other_currency": "Another currency",
    "rule_overlapping_source": "Stands in two sources",
    "rule_repeated_file": "File loaded twice",
    "rule_repeated_row": "Row repeated",
    "rule_rounded_amount": "Amount rounded",
    "rule_same_content": "Alike in two sources but for the keys",
    "rule_scale_change": "Sudden change of scale",
    "rule_settles_after_extract": "Date after the extract",
    "rule_spans_lines": "Field over several lines",
    "rule_unknown_account": "Account unknown",
    "rule_unknown_level": "Value not in the contract's list",
    "rule_unknown_opportunity": "Opportunity unknown",
    "rule_unknown_order": "Order unknown",
    "rule_unknown_rep": "Sales person unknown",
    "rule_unmatched_lookup": "Not found in lookup",
    "rule_unparseable_date": "Not a date",
    "rule_void_document": "Void document",
    # --- figures and axes ---
    "axis_accounts": "Share of accounts",
    "axis_accounts_poorest_first": "Share of active accounts, smallest first",
    "axis_margin": "Share of margin",
    "axis_revenue": "Share of revenue",
    "axis_revenue_cumulative": "Share of revenue",
    "figure_lorenz": "How revenue is spread over accounts",
    "figure_months": "Revenue by month, the last twelve dark",
    "figure_segments": "What each segment is and brings",
    "figure_tiers": "Accounts and the revenue they bring, by tier",
    # --- the command line ---
    "extracted_on": "extracted on",
    "note": "Assumption",
    # --- tiers of the pyramid ---
    "tier_big": "Big 4%",
    "tier_inactive": "Inactive",
    "tier_medium": "Medium 15%",
    "tier_prospect": "Prospect",
    "tier_small": "Small 80%",
    "tier_suspect": "Suspect",
    "tier_top": "Top 1%",
    # --- counted nouns ---
    "account_many": "{n} accounts",
    "account_one": "1 account",
    "day_many": "{n} days",
    "day_one": "1 day",
    "group_many": "{n} groups",
    "group_one": "1 group",
    "line_many": "{n} order lines",
    "line_one": "1 order line",
    "window_D": "{n} days",
    "window_D_one": "day",
    "window_M": "{n} months",
    "window_M_one": "month",
    "window_Q": "{n} quarters",
    "window_Q_one": "quarter",
    "window_W": "{n} weeks",
    "window_W_one": "week",
    "window_Y": "{n} years",
    "window_Y_one": "year",
    "rep_many": "{n} sales people",
    "rep_one": "1 sales person",
    # --- sentences computed from data ---
    "said_bars": "High accounts brought at least {high} in the {window} to {day}, Mid accounts at least {mid}; "
    "grade A earns a margin rate of at least {rate}.",
    "said_bars_no_cost": "High accounts brought at least {high} in the {window} to {day}, Mid accounts at least {mid}; "
    "the book has no costs, so accounts have no grade.",
    "said_check": "Accepted: {accepted} of {lines}, {money}. Quarantined: {quarantined}, {quarantined_money}. "
    "Duplicates: {duplicate}, {duplicate_money}.",
    "said_check_all": "Every order line was accepted: {lines}, {money}.",
    "said_concentration": "The first 20% of active accounts bring {share} of revenue; the Gini coefficient is {gini} "
    "(0: all bring the same, near 1: one brings all).",
    "said_day": "The report looks from {day}, the day of the extract.",
    "said_day_after": "The report looks from {day}, but the book was extracted {days} earlier, on {extracted}: "
    "what came later is missing.",
    "said_day_before": "The report looks from {day}; what the book tells of the {days} after it, up to {extracted}, "
    "is not used.",
    "said_groups": "Offices of one customer: {accounts} in {groups}, each with more than one office here.",
    "said_months": "Orders run from {first} to {last}; the best month was {best} with {money}.",
    "said_no_assumption": "Nothing is assumed beyond the data.",
    "said_no_rule": "No rule was broken.",
    "said_no_active": "No account ordered in the window.",
    "said_pyramid": "Top, big and medium tiers: {few}, {few_share} of revenue. Small tier: {small}, {small_share}.",
    "said_segments": "Low: {low}, {share} of the active accounts, {revenue_share} of revenue.",
    "said_unassigned": "Nobody who works here now is named for {accounts}.",
    "said_workload": "Half of the {reps} with accounts have at most {accounts} accounts, and half have at least "
    "{minutes} minutes a working day for each.",
    "said_workload_none": "No sales person has an account.",
    # --- lifetime value ---
    "spend_best": "An order's value: {model}, whose log score of what the last year's orders brought is {ahead} per "
    "account above that of {other}.",
    "spend_only": "An order's value: {model}. {reason}",
    "spend_other": "An order's value: {model}, because the better one cannot be fitted now. {reason}",
    "spend_short": "An order's value: {model}, untried: the orders do not reach back far enough.",
    "worth_cost": "Avoidable cost to serve is taken off for {named} of {accounts} accounts, those that spending names; "
    "shared and fixed cost is not.",
    "worth_margin": "Value is margin: revenue less cost of goods.",
    "worth_no_cost": "No cost to serve is taken off: the book has no spending that names accounts.",
    "worth_revenue": "Value is revenue, for the book has no cost of goods.",
    # --- headlines ---
    "headline_active": "{share} of {accounts} known ordered in the {window} to {day}.",
    "headline_low": "Low accounts' share of the active accounts; they bring {revenue_share} of revenue.",
    "headline_revenue": "Revenue in the {window} to {day}{change}.",
    "headline_revenue_change": ", {change} against the {window} before",
    "headline_top_share": "Share of revenue that the first 20% of active accounts, {accounts}, bring.",
}

COLUMNS: dict[str, tuple[str, Kind] | tuple[str, Kind, str]] = {
    # --- columns common to many tables, alphabetical ---
    "account_id": ("Account", "text"),
    "accounts": ("Accounts", "count"),
    "cost": ("Cost", "money"),
    "margin": ("Margin", "money"),
    "margin_rate": ("Margin rate", "share"),
    "name": ("Name", "text"),
    "ordered_on": ("Ordered on", "date"),
    "orders": ("Orders", "count"),
    "recency": ("Recency", "number", "days"),
    "revenue": ("Revenue", "money"),
    "revenue_share": ("Share of revenue", "share"),
    "rows": ("Rows", "count"),
    # --- tables of the data check and the segmentation ---
    "account_share": ("Share of accounts", "share"),
    "action": ("Action", "text"),
    "active": ("Active", "count"),
    "class": ("Class", "text"),
    "column": ("Column", "text"),
    "columns_missing": ("Columns not given", "text"),
    "costed_revenue": ("Revenue with known cost", "money"),
    "country": ("Country", "text"),
    "customer_type": ("Customer type", "text"),
    "employees": ("Employees", "count"),
    "examples": ("Examples (times found)", "text"),
    "families": ("Families bought", "count"),
    "family": ("Product family", "text"),
    "file": ("File", "text"),
    "first_date": ("First date", "date"),
    "first_order": ("First order", "date"),
    "grade": ("Grade", "text"),
    "group_share": ("Share of groups", "share"),
    "groups": ("Groups", "count"),
    "group_id": ("Group", "text"),
    "hours_per_week": ("Hours a week", "number"),
    "industry": ("Industry", "text"),
    "key_account": ("Key account", "flag"),
    "known_since": ("Known since", "date"),
    "last_date": ("Last date", "date"),
    "last_order": ("Last order", "date"),
    "lines": ("Order lines", "count"),
    "margin_share": ("Share of margin", "share"),
    "minutes_per_day": ("Minutes per account and day", "number"),
    "minutes_per_day_active": ("Minutes per active account and day", "number"),
    "month": ("Month", "text"),
    "note": ("Assumption", "text"),
    "postal_code": ("Postal code", "text"),
    "region": ("Region", "text"),
    "rep_id": ("Sales person", "text"),
    "revenue_before": ("Revenue before", "money"),
    "revenue_change": ("Change", "money"),
    "revenue_per_account": ("Revenue per account", "money"),
    "revenue_per_group": ("Revenue per group", "money"),
    "revenue_total": ("Revenue since the beginning", "money"),
    "rows_accepted": ("Rows accepted", "count"),
    "rows_duplicate": ("Rows duplicate", "count"),
    "rows_found": ("Rows found", "count"),
    "rows_quarantined": ("Rows quarantined", "count"),
    "revenue_accepted": ("Revenue accepted", "exact"),
    "revenue_duplicate": ("Revenue duplicate", "exact"),
    "revenue_found": ("Revenue found", "exact"),
    "revenue_quarantined": ("Revenue quarantined", "exact"),
    "rule": ("Rule", "text"),
    "sales_office": ("Sales office", "text"),
    "segment": ("Segment", "text"),
    "stage": ("Stage", "text"),
    "table": ("Table", "text"),
    "team": ("Team", "text"),
    "tenure_days": ("Known for", "count", "days"),
    "tier": ("Tier", "text"),
    "top_share": ("First 20% of accounts", "share"),
    "unlocks": ("Unlocks", "text"),
    "why": ("Why", "text"),
    # --- headlines ---
    "active_accounts": ("Active accounts", "count"),
    "low_share": ("Low accounts", "share"),
}

CODED = ("tier", "action", "rule")
"""Columns whose values are codes; their words are the labels `<column>_<code>`."""


def label(key: str) -> str:
    """The words for a key; KeyError names a key that has none.

    >>> label("as_of")
    'As of'
    """
    if key not in LABELS:
        raise KeyError(f"crm_analysis.labels.LABELS has no words for {key!r}")
    return LABELS[key]


def column(name: str) -> Column:
    """How a column is shown; KeyError names a column nobody has labelled, so none reaches a reader.

    >>> column("recency").title
    'Recency (days)'
    """
    if name not in COLUMNS:
        raise KeyError(f"crm_analysis.labels.COLUMNS has no heading for column {name!r}")
    return Column(*COLUMNS[name])
