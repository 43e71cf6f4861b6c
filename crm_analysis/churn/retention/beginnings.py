"""How accounts begin: the quarter of the first order, the second order, and what the first year brought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import numpy as np
from ibis import _

from crm_analysis.accounts import LATE
from crm_analysis.book import engine
from crm_analysis.book.days import last_known, order_days
from crm_analysis.churn.definition.purchases import begin_of
from crm_analysis.churn.definition.shares import wilson
from crm_analysis.churn.retention.curves import LEVEL
from crm_analysis.churn.retention.tenures import YEAR

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.definition import Spells
    from crm_analysis.value.segments import Bars

FIRST_YEAR = 365
"""Days of a first year, the day of the first order included."""
QUIET = 365
"""Days without an order, from the book's begin, after which the first order of an account with a contract is its
first."""


def firsts(known: Book, spells: Spells) -> ibis.Table:
    """One row per account with a spell, in the engine: account_id, first (the day it began), before.

    before: its true begin lies, or may lie, before the book's. These are the accounts whose first spell enters late or
    has no known age. `known` is the book as of the day of the spells.
    """
    if spells.basis == "orders":
        return _first_orders(known, spells.begins + dt.timedelta(days=spells.silence))
    table = known.need("contracts", "signed_on")
    start = table.signed_on
    if "starts_on" in table.columns:
        start = ibis.greatest(table.starts_on.fill_null(table.signed_on), table.signed_on)
    rows = table.select("account_id", start=start)
    begin = rows.filter(rows.start <= ibis.literal(last_known(known))).group_by("account_id").agg(first=_.start.min())
    return begin.mutate(before=begin["first"] < ibis.literal(spells.begins))


def _first_orders(known: Book, early: dt.date) -> ibis.Table:
    """First orders: `before` are those earlier than `early`, unless the book says that the account was new."""
    days = order_days(known)
    begin = days.group_by("account_id").agg(first=days.ordered_on.min(where=days.bought), line=days.ordered_on.min())
    begin = begin.filter(begin["first"].notnull())
    is_early = begin["first"] < ibis.literal(early)
    people = known.table("accounts")
    if "known_since" not in people.columns:
        return begin.select("account_id", "first", before=is_early)
    both = begin.left_join(people.select("account_id", "known_since"), "account_id")
    # an opened book gives an account without known_since the day of its first line: that tells of no time before
    new = (both.known_since < both.line) & (both.known_since >= ibis.literal(begin_of(known) - LATE))
    return both.select("account_id", "first", before=is_early & ~new.fill_null(False))


def _new(known: Book, spells: Spells) -> ibis.Table:
    """Accounts with their first order, of those that are new to the book."""
    quiet = spells.silence if spells.basis == "orders" else QUIET
    begin = _first_orders(known, begin_of(known) + dt.timedelta(days=quiet))
    return begin.filter(~begin.before)


def repurchase(book: Book, spells: Spells, months: Sequence[int] = (3, 6, 12), level: float = LEVEL) -> pd.DataFrame:
    """The share of new accounts that order on a second day within so many months of their first.

    Columns: months, accounts (new ones whose first order lies at least as far back), again, share, low, high (Wilson).
    Accounts that may have ordered before the book begins are not new. The rows rest on different accounts, the shorter
    times on younger ones too.
    """
    import pandas as pd

    known = book.as_of(spells.as_of)
    days = order_days(known)
    joined = days.filter(days.bought).select("account_id", "ordered_on").join(_new(known, spells), "account_id")
    again = joined.ordered_on.min(where=joined.ordered_on > joined["first"])
    gap = again.delta(joined["first"].min(), unit="day")
    each = engine.frame(joined.group_by("account_id").agg(first=joined["first"].min(), gap=gap).order_by("account_id"))
    age = (pd.Timestamp(last_known(known)) - each["first"]).dt.days
    limits = np.round(np.asarray(months) * YEAR / 12)
    accounts = np.array([(age >= limit).sum() for limit in limits], dtype=np.int64)
    came = np.array([((age >= limit) & (each["gap"] <= limit)).sum() for limit in limits], dtype=np.int64)
    low, high = wilson(came.astype(float), accounts.astype(float), level)
    share = np.divide(came, accounts, out=np.full(len(limits), np.nan), where=accounts > 0)
    columns = {"months": list(months), "accounts": accounts, "again": came, "share": share, "low": low, "high": high}
    return pd.DataFrame(columns)


def first_year_class(book: Book, spells: Spells, bars: Bars) -> pd.DataFrame:
    """The value class of accounts by the revenue of their first year: account_id, revenue, class, known_on.

    Only accounts whose first year lies whole in the book: new ones, known for FIRST_YEAR days. `class` is High,
    Mid or Low by the money of `bars`; known_on, the last day of that year, is when it was known. A curve by class has
    to count from then on (`tenures(spells, known_on=...)`): an account that left earlier could not have become High.
    """
    known = book.as_of(spells.as_of)
    joined = order_days(known).join(_new(known, spells), "account_id")
    inside = joined.ordered_on.delta(joined["first"], unit="day") < FIRST_YEAR
    sums = joined.group_by("account_id").agg(
        first=joined["first"].min(), revenue=joined.revenue.sum(where=inside).cast("float64")
    )
    frame = engine.frame(sums.order_by("account_id"))
    known_on = frame.pop("first") + np.timedelta64(FIRST_YEAR - 1, "D")
    revenue = frame["revenue"]
    frame["class"] = np.select([revenue >= bars.high, revenue >= bars.mid], ["High", "Mid"], "Low").astype(object)
    frame["known_on"] = known_on
    return frame[known_on <= np.datetime64(spells.as_of)].reset_index(drop=True)
