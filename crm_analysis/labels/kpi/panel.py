"""Words of what every account brought, cost and said in each quarter."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "panel_empty": "The book's table '{table}' tells of no day up to {day}.",
    "panel_no_answer": "No customer's answer about us is known by {day}.",
    "panel_no_baseline": (
        "orders do not cover the year to the baseline {day}, or it is outside the quarters told; expected a quarter's "
        "end from {since} to {last}."
    ),
    "panel_no_csat": "The survey does not ask how satisfied people are as a whole.",
    "panel_no_cut": "The book has no decisions, and no exits that say who decided.",
    "panel_no_nps": "The survey does not ask on a scale of 10 or 11 whether people would recommend us.",
    "panel_no_order": "No order is known by {day}, so there is no quarter to tell of.",
    "panel_no_year": "a year after the first order",
    "panel_not_over": (
        "The quarter to {day} is not over in a book that tells of days up to {last}; the last one that is ends on "
        "{over}."
    ),
}

COLUMNS: Words = {}
