"""What a model of leaving may know of an account on a day: names, what they need, what is expected of them.

Data, not code: the panel, the models, the page and the reasons in words all read it. `panel.account_quarters` computes
them. The words a reader sees are the labels `feature_<name>` and `feature_group_<group>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.features.feature import Feature, lack

if TYPE_CHECKING:
    from crm_analysis.book.book import Book


_COMPLAINTS, _SURVEYS = "complaints", "surveys"

FEATURES: dict[str, Feature] = {
    "silence_days": Feature("orders", (), "silence", 1),
    "rhythm_days": Feature("orders", (), "silence", 0),
    "silence_ratio": Feature("orders", (), "silence", 1),
    "trend": Feature("orders", (), "trade", -1),
    "recent": Feature("orders", (), "trade", -1),
    "order_count": Feature("orders", (), "trade", -1),
    "families": Feature("orders", ("family",), "trade", -1),
    "margin_rate": Feature("orders", ("cost",), "value", 0),
    "tenure_days": Feature("orders", (), "tenure", -1),
    "revenue": Feature("orders", (), "value", -1),
    "class": Feature("orders", (), "value", 0),
    "segment": Feature("orders", (), "value", 0),
    "complaints_year": Feature(_COMPLAINTS, (), "complaints", 1),
    "complaints_open": Feature(_COMPLAINTS, ("closed_on",), "complaints", 1),
    "complaints_late": Feature(_COMPLAINTS, ("closed_on",), "complaints", 1),
    "on_time": Feature("orders", ("promised_on", "shipped_on"), "delivery", -1),
    "days_to_pay": Feature("invoices", ("paid_on",), "payment", 1),
    "overdue": Feature("invoices", ("due_on", "paid_on"), "payment", 1),
    "satisfaction": Feature(_SURVEYS, ("score", "scale_min", "scale_max"), _SURVEYS, -1),
    "unanswered": Feature("survey_invitations", (), _SURVEYS, 1),
    "contacts": Feature("interactions", (), "contacts", 0),
    "contacts_theirs": Feature("interactions", ("initiated_by",), "contacts", 0),
    "contract": Feature("contracts", (), "contract", -1),
    "contract_ends": Feature("contracts", ("ends_on",), "contract", -1),
}
"""Every feature by name, in the order of the panel's columns.

- silence_days: days since the last order; rhythm_days: the silence that nine in ten of the account's own gaps between
  orders do not exceed, shrunk to its class (`definition.rhythm`); silence_ratio: the first by the second.
- trend: logarithm of the revenue of the trailing year against that of the year before; NaN where the account or the
  book was there for less than nine tenths of the year before. recent: logarithm of the revenue of the last quarter,
  brought to the length of the trailing year, against that year's; NaN for accounts younger than half a year.
- order_count (orders as `accounts` counts them), families (product families bought), revenue, margin_rate (margin by
  the revenue whose cost is known; NaN where that is not positive): all of the trailing year. class, segment: as
  `value.segments` with the bars of that day; None for accounts without an order in the trailing year.
- tenure_days: days since the spell's origin, a lower bound where its age is not known.
- complaints_year: opened in the trailing year; complaints_open: not yet closed; complaints_late: those that in the
  trailing year came to be open for more than 30 days.
- on_time: share of the lines promised for a day of the trailing year that had shipped by that day; credit notes apart.
- days_to_pay: mean, over invoices paid in the trailing year, of the days from issue to payment; overdue: invoices past
  their due day and not paid (written off or not).
- satisfaction: mean over people of their latest answer within two years about us, 0 to 1 between the ends of its scale:
  of the overall question (`book.questionnaire`) where they answered it, else of all questions, those worded against us
  turned round. unanswered: 1 where nobody has answered since the account was last asked, 0 where somebody has, of those
  asked in the trailing year and at least 30 days ago. Answers of our own people (respondent_type internal) count in
  neither.
- contacts: in the trailing year; contacts_theirs: share of them that the account began.
- contract: 1 where one is in force (past its ends_on too, unless the book has no ended_on), else 0; contract_ends: days
  until the last agreed end among those in force, 0 once past it.

Counts and revenue of a trailing year into which the book's orders (or the table's rows) reach back only in part are
brought to a year; NaN where that part is less than a quarter, and before the table begins.
"""

SILENCE = tuple(name for name, feature in FEATURES.items() if feature.group == "silence")
"""The features of silence: zero at every last order by construction, so that no explanation may take them."""
WORDS = ("class", "segment")
"""Features that are words; all others are numbers."""


def missing(book: Book) -> dict[str, str]:
    """The features the book cannot tell, each with a sentence saying what it lacks, in the order of FEATURES."""
    reasons = {name: why_not(book, name) for name in FEATURES}
    return {name: why for name, why in reasons.items() if why is not None}


def why_not(book: Book, name: str) -> str | None:
    """One sentence saying what the book lacks for a feature; None if nothing."""
    return lack(book, FEATURES[name]) or (book.why_not("surveys") if name == "unanswered" else None)
