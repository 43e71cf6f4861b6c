"""Complaints and orders by account, of a window and of the one before: what all rates are made of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.accounts import LATE, WINDOW
from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.book.days import first_known, order_days
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

GAP = 0.05
"""A time without a complaint that chance would leave in fewer books than this was not recorded, rather than quiet."""


@dataclass(frozen=True)
class Counts:
    """Complaints and orders of a window (`start`, `end`] and of the one before, as known on its last day.

    `frame`: one row per account known, sorted by account_id: account_id, complaints, orders and complaints_before,
    orders_before (of `earlier` to the window's whole start; 0 unless `comparable`). Orders are counted as
    `accounts.accounts` counts them.

    `recorded_from`: the day from which both are recorded, where that is inside the window, else None; `start` is then
    the day before it. `comparable`: whether the window before is wholly recorded too, and this one as well.
    """

    frame: pd.DataFrame
    earlier: dt.date
    start: dt.date
    end: dt.date
    recorded_from: dt.date | None
    comparable: bool


def counts(book: Book, as_of: str | dt.date, window: str = WINDOW) -> Counts:
    """The complaints and orders of every account known on `as_of`, in the window that ends with it.

    Orders may be older than the recording of complaints: where the first complaint known lies so late in the window
    that chance would leave such a gap in fewer than GAP of books, both are counted from it on. Raises BookError if the
    book has no complaints, or knew none by that day.
    """
    day = as_date(as_of)
    book.need("complaints")
    known = book.as_of(day)
    rows = known.table("complaints", "account_id", "opened_on")
    start = before(day, window)
    earlier = before(start, window)
    found = rows.agg(
        first=rows.opened_on.min().cast("string"),
        now=(rows.opened_on > ibis.literal(start)).sum(),
        both=(rows.opened_on > ibis.literal(earlier)).sum(),
    ).execute()
    if not found["first"].notna().iloc[0]:
        raise BookError(label("complaints_none", day=day))
    first = dt.date.fromisoformat(str(found["first"].iloc[0]))
    orders = first_known(known)
    if orders is None:
        raise BookError(label("complaints_no_orders", day=day))
    now, both = (int(found[name].iloc[0]) for name in ("now", "both"))
    begins = max(_recorded(first, start, day, now), _recorded(orders, start, day))
    comparable = _recorded(first, earlier, day, both) == earlier == _recorded(orders, earlier, day)
    frame = _summed(known, begins, start, earlier if comparable else start, day)
    return Counts(frame, earlier, begins, day, begins + dt.timedelta(days=1) if begins > start else None, comparable)


def _recorded(first: dt.date, start: dt.date, end: dt.date, complaints: int = 0) -> dt.date:
    """The day before recording begins, no earlier than the start; `first` is the first day that is recorded."""
    gap = (first - start).days - 1
    whole = (end - start).days
    if gap <= min(LATE.days, whole / 10):
        return start
    # the chance that so many complaints, spread evenly, all come after the gap
    return start if complaints and (1 - gap / whole) ** complaints >= GAP else first - dt.timedelta(days=1)


def _summed(known: Book, begins: dt.date, start: dt.date, earlier: dt.date, end: dt.date) -> pd.DataFrame:
    """By account, the sums of (begins, end] and of (earlier, start]."""
    rows, days = known.table("complaints", "account_id", "opened_on"), order_days(known)
    people = known.table("accounts", "account_id").select("account_id")
    none, names = ibis.literal(0, "int64"), ("complaints", "orders", "complaints_before", "orders_before")
    complained = rows.group_by("account_id").agg(
        complaints=_inside(rows.opened_on, begins, end).sum().cast("int64"),
        complaints_before=_inside(rows.opened_on, earlier, start).sum().cast("int64"),
    )
    ordered = days.group_by("account_id").agg(
        orders=_orders(days, begins, end), orders_before=_orders(days, earlier, start)
    )
    # one below the other, each with nothing for what the others tell: quicker to ask for than joins
    parts = ((people, ()), (complained, names[::2]), (ordered, names[1::2]))
    table = ibis.union(
        *(
            part.select("account_id", **{name: part[name] if name in own else none for name in names})
            for part, own in parts
        )
    )
    table = table.group_by("account_id").agg(**{name: table[name].sum() for name in names})
    frame = engine.frame(table.order_by("account_id"))
    return frame.astype(dict.fromkeys(frame.columns[1:], "int64"))


def _inside(dates: Any, after: dt.date, upto: dt.date) -> Any:
    return (dates > ibis.literal(after)) & (dates <= ibis.literal(upto))


def _orders(days: Any, after: dt.date, upto: dt.date) -> Any:
    """Orders with a line of positive revenue in the window, each counted where it was first met in it."""
    start = ibis.literal(after)
    return days.count(
        where=_inside(days.ordered_on, after, upto) & days.bought & (days.bought_before.fill_null(start) <= start)
    )
