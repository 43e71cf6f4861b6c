"""What a score of potential may know of an account on a day, beside what `Feature` says: data, not code.

`cases.cases` computes them. The words a reader sees are the labels `potential_<name>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.features.feature import Feature, lack

if TYPE_CHECKING:
    from crm_analysis.book.book import Book

_OPPORTUNITIES, _SURVEYS, _MARKET = "opportunities", "surveys", "market_surveys"

FEATURES: dict[str, Feature] = {
    "size": Feature("orders", (), "value", 1),
    "pace": Feature("orders", (), "value", 1),
    "trend": Feature("orders", (), "trade", 1),
    "recent": Feature("orders", (), "trade", 1),
    "order_count": Feature("orders", (), "trade", 0),
    "silence_days": Feature("orders", (), "trade", -1),
    "silence_gaps": Feature("orders", (), "trade", -1),
    "families": Feature("orders", ("family",), "breadth", 1),
    "margin_rate": Feature("orders", ("cost",), "value", 0),
    "tenure_years": Feature("orders", (), "tenure", 0),
    "days_to_pay": Feature("invoices", ("paid_on",), "payment", 0),
    "overdue": Feature("invoices", ("due_on", "paid_on"), "payment", 0),
    "on_time": Feature("orders", ("promised_on", "shipped_on"), "service", 0),
    "complaints_year": Feature("complaints", (), "service", 0),
    "satisfaction": Feature(_SURVEYS, ("score", "scale_min", "scale_max"), "service", 0),
    "pipeline_open": Feature(_OPPORTUNITIES, ("closed_on",), "pipeline", 1),
    "pipeline_won": Feature(_OPPORTUNITIES, ("closed_on", "outcome"), "pipeline", 1),
    "contacts": Feature("interactions", (), "contacts", 0),
    "contacts_theirs": Feature("interactions", ("initiated_by",), "contacts", 0),
    "demand": Feature(_MARKET, ("annual_demand",), "market", 1),
    "share_of_wallet": Feature(_MARKET, ("annual_demand",), "market", -1),
    "demand_growth": Feature(_MARKET, ("demand_growth",), "market", 1),
    "siblings": Feature("accounts", ("group_id",), "group", 0),
    "siblings_size": Feature("accounts", ("group_id",), "group", 1),
    "industry": Feature("accounts", ("industry",), "who", 0),
    "region": Feature("accounts", ("region",), "who", 0),
    "customer_type": Feature("accounts", ("customer_type",), "who", 0),
}
"""Every feature by name, in the order of the cases' columns.

- size: logarithm of the trailing year's value (revenue, or margin where potential is told by it) against the Mid bar;
  pace: the same of the last quarter, brought to a year. Below a thousandth of the bar both stand at that.
- trend: logarithm of the revenue of the trailing year against that of the year before; NaN where the account or the
  book was there for less than nine tenths of the year before. recent: logarithm of the revenue of the last quarter,
  brought to the length of the trailing year, against that year's; NaN for accounts younger than half a year.
- order_count (orders as `accounts` counts them), families (product families), margin_rate: of the trailing year.
  silence_days: since the last order; silence_gaps: in the account's own mean gaps between orders of the year.
- tenure_years: since the first order known or, if earlier, known_since; TENURE years at most, because every
  day of cases sees as much.
- days_to_pay, on_time, complaints_year, contacts, contacts_theirs: of the trailing year, as
  `churn.survival.features` has them; overdue and satisfaction: on the day.
- pipeline_open: opportunities open on the day; pipeline_won: won in the trailing year.
- demand: logarithm of the yearly demand the account named in a market survey within two years against the Mid bar;
  share_of_wallet: the trailing year's revenue by that demand, 2 at most; demand_growth: as it said. NaN where it said
  nothing.
- siblings: other accounts of its group that ordered in the trailing year; siblings_size: logarithm of 1 and their value
  in Mid bars. NaN on days on which groups cannot be known.
- industry, region, customer_type: words, None where unknown.
"""
WORDS = ("industry", "region", "customer_type")
"""The features that are words; all others are numbers."""
TENURE = 1
"""Years of tenure after which it no longer matters."""


def missing(book: Book) -> dict[str, str]:
    """The features the book cannot tell, each with a sentence saying what it lacks, in the order of FEATURES."""
    reasons = {name: lack(book, feature) for name, feature in FEATURES.items()}
    return {name: why for name, why in reasons.items() if why is not None}
