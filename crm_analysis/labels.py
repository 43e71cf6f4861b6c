"""Every name and unit a reader sees, in one place, ready to be translated.

`LABELS` holds words and sentences; `COLUMNS` holds, per column of a shown table, its heading, its
kind (how its values are written) and, where the heading needs one, its unit.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["money", "exact", "share", "count", "number", "measure", "date", "text", "flag"]


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
    "part_value": "Value",
    "part_value_question": "What will each account bring, and who is worth more or less than last year says?",
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
    "axis_came": "Came (90% interval of the mean)",
    "axis_last_year": "Last year repeated",
    "axis_orders": "Orders per account",
    "axis_predicted": "Forecast",
    "axis_repeats": "Repeat orders when the forecast was made",
    "axis_value": "Value, with its 90% interval",
    "figure_calibration": "Orders forecast and orders that came",
    "figure_lorenz": "How revenue is spread over accounts",
    "figure_months": "Revenue by month, the last twelve dark",
    "figure_segments": "What each segment is and brings",
    "figure_tiers": "Accounts and the revenue they bring, by tier",
    "figure_values": "The {n} accounts of largest value",
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
    # --- the value page ---
    "back_above": "More came than the interval holds: what drives all accounts at once is not in it",
    "back_below": "Less came than the interval holds: what drives all accounts at once is not in it",
    "back_inside": "What came lies inside the interval",
    "back_none": "The value forecast cannot be tried on earlier days: {reason}",
    "back_said": "Put to the test: the same models, fitted to what was known on {start}, forecast {value} until {end}, "
    "90% interval {low} to {high} (not discounted, before cost to serve); {came} came. {where}.",
    "forecast_inside": "What came lies inside the interval.",
    "forecast_above": "More came than the interval holds.",
    "forecast_below": "Fewer came than the interval holds.",
    "last_year_none": "Last year cannot be told: the orders begin on {begins}, less than a year before {day}.",
    "past_none": "Last quarter's forecast cannot be made: {reason}",
    "past_counts": "{came}, forecast {expected}",
    "past_said": "{came} orders came from {start} to {end}, counted as days on which an account ordered, from accounts "
    "that had ordered before. {model}, chosen since but fitted to what was known before, forecast "
    "{expected}, 90% interval {low} to {high}. {where}",
    "past_share": "{share} of {accounts} ordered within the interval that was forecast for them. {new} more came from "
    "accounts without an order before, which no forecast was made for.",
    "spend_untried": "No model of an order's value was tried: the orders do not reach back far enough.",
    "told_chance": "Of accounts told so, up to one in twenty may still prove otherwise, and more if the intervals are "
    "too narrow.",
    "told_counts": "{more} more, {less} less",
    "told_less": "Worth less: {accounts}, together by {difference}.",
    "told_less_alive": "{gone} of them more likely than not no longer order.",
    "told_loss": "Besides, {loss} brought less than nothing last year and are expected to do better, "
    "if only by not ordering.",
    "told_more": "Worth more: {accounts}, together by {difference}.",
    "told_none_less": "No account's whole 90% interval lies below last year repeated.",
    "told_none_more": "No account's whole 90% interval lies above last year repeated.",
    "told_said": "Accounts whose whole 90% interval lies above, or below, last year's {money} repeated for "
    "{horizon}. For {same} others last year may be right.",
    "top_said": "The first tenth of accounts by value, {accounts}, bring {value}, 90% interval {low} to {high}.",
    "trial_none": "No model could be tried on earlier days, so how good these forecasts are is not known.",
    "trust_bias": "Tried on earlier days, the model forecast {bias} too {way} orders in sum.",
    "trust_bias_none": "Tried on earlier days, the model forecast as many orders in sum as came, to within 1%.",
    "trust_coverage": "Where 90% of what came should lie within its 90% intervals, {coverage} did{judged}.",
    "trust_narrow": ": the intervals on this page are rather too narrow",
    "trust_right": ", about as it should",
    "trust_untried": "How good the forecast is, is not known: it could not be tried on earlier days.",
    "trust_wide": ": the intervals on this page are wider than they need be",
    "trust_reach": "It was tried over {tried}; the value looks {horizon} ahead. Farther than it was tried, it rests "
    "on the model alone.",
    "used_bg": "BG/NBD takes an account that has not ordered again as alive for certain, however long ago that was.",
    "used_history": "History wins here: the forecast is {model}, a naive rule, because no model did better. It knows "
    "of no leaving.",
    "used_model": "The forecast is that of {model}, which did best on earlier days.",
    "trust_reach_history": "It was tried over {tried}; the value looks {horizon} ahead. A naive rule knows of no "
    "leaving, so over so much longer its sum is rather too high.",
    "untried": "The model, {model}, is untried: {reason}",
    "value_none": "No value can be told for this book; the top of the page says why.",
    "value_refused": "No value can be told for this book: {reason}",
    "value_horizon": "The value is what the accounts are expected to bring within {horizon} after {day}, discounted by "
    "{rate} a year, from {accounts} with orders. Accounts that order for the first time later are not in it.",
    "value_said": "90% interval {low} to {high}. Expected {money} within {horizon} after {day} from {accounts} with "
    "orders, discounted by {rate} a year.",
    "value_less_cost": "{money} less avoidable cost",
    "value_margin": "margin",
    "value_revenue": "revenue",
    "found_late": "{late} of {accounts} were known before the orders begin: their first order in the book need not "
    "have been their first.",
    "found_none_late": "No account is recorded as known before the orders begin.",
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
    # --- tables of the value page ---
    "alive": ("Alive", "share"),
    "came_money": ("Came", "money"),
    "made_on": ("Made on", "date"),
    "until": ("Until", "date"),
    "value_bias": ("Forecast against came", "share"),
    "baseline": ("Naive", "flag"),
    "behind": ("Behind best", "number"),
    "bias": ("Bias", "share"),
    "came": ("Orders that came", "number"),
    "count": ("Count", "count"),
    "cost_to_serve": ("Cost to serve", "money"),
    "coverage": ("Inside 90%", "share"),
    "difference": ("Difference", "money"),
    "estimate": ("Estimate", "measure"),
    "expected_orders": ("Orders forecast", "number"),
    "forecasts": ("Forecasts", "count"),
    "gross": ("Value before cost to serve", "money"),
    "high": ("90% to", "number"),
    "high_95": ("95% to", "measure"),
    "inside": ("Inside", "flag"),
    "inside_share": ("Accounts inside their interval", "share"),
    "last_year": ("Last year", "money"),
    "log_score": ("Log score", "number"),
    "low": ("90% from", "number"),
    "low_95": ("95% from", "measure"),
    "mae": ("MAE", "number"),
    "miss": ("Came less forecast", "number"),
    "model": ("Model", "text"),
    "new_accounts": ("New accounts", "count"),
    "new_orders": ("Orders of new accounts", "count"),
    "order_value": ("Value of an order", "money"),
    "parameter": ("Parameter", "text"),
    "predicted": ("Forecast on average", "number"),
    "rank_correlation": ("Rank correlation", "number"),
    "rank_revenue": ("Revenue rank", "count"),
    "rank_value": ("Value rank", "count"),
    "reason": ("Reason", "text"),
    "remark": ("Remark", "text"),
    "repeated": ("Last year repeated", "money"),
    "repeats": ("Repeat orders so far", "text"),
    "rmse": ("RMSE", "number"),
    "standard_error": ("Standard error", "number"),
    "told": ("Told against last year", "text"),
    "top_decile": ("First tenth", "share"),
    "value": ("Value", "money"),
    "value_share": ("Share of value", "share"),
    "wape": ("WAPE", "share"),
    "what": ("What was found", "text"),
    "whole_coverage": ("Inside, whole orders", "share"),
    # --- headlines ---
    "active_accounts": ("Active accounts", "count"),
    "against_last_year": ("Against last year", "text"),
    "book_value": ("Value of the book", "money"),
    "last_forecast": ("Orders last quarter", "text"),
    "low_share": ("Low accounts", "share"),
    "top_value_share": ("Value in the first tenth", "share"),
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
