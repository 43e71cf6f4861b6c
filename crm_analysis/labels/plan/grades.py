"""Words of grades: bad accounts and the two bars."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "bad_days_apart": "what became of accounts: expected days that are a year apart; found {one} and {other}.",
    "bad_no_invoice": "The book has no invoice issued up to {day}, so nobody is known to pay well or late.",
    "bad_no_two_years": "Invoices do not reach back two years, so nobody knows what became of those who pay late.",
    "bad_nothing_due": "Of no account anything was due in the year up to {day} that also owed money in the year after, "
    "so nobody knows what became of those who pay late.",
    "bar_loss": "the loss bar",
    "bar_none": "no bar",
    "bar_work": "the work bar",
    "grade_develop": "B, develop",
    "grade_drop": "D, drop",
    "grade_key": "A, key",
    "grade_not_active": "none, not active",
    "grade_select": "C, select",
}

COLUMNS: Words = {
    "all_bad": ("Went bad without a bar", "count"),
    "as_of": ("As known on", "date"),
    "bad": ("Went bad", "count"),
    "base_grade": ("Grade before the bars", "text"),
    "days_late": ("Paid late in the mean", "number", "days"),
    "invoices": ("Invoices", "count"),
    "lost_share": ("Written off, of revenue", "share"),
    "overdue": ("Overdue", "money"),
    "overdue_share": ("Overdue, of what is open", "share"),
    "passing": ("Within the bar", "count"),
    "passing_share": ("Within the bar, of accounts", "share"),
    "unknown_accounts": ("Accounts nothing is known of", "count"),
    "unknown_bad": ("Of them, went bad", "count"),
    "worst_days": ("Most days late", "count"),
    "written_off": ("Written off", "money"),
}
