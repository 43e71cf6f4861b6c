"""One row per account as of a day, or of many days: who it is and what it brought.

All sums are made by the engine in exact decimals, from the days of orders; what comes back is one row per
account and day, sorted, with money as float64.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.book.days import order_days
from crm_analysis.errors import BookError
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

WINDOW = "12M"
"""The window of the report: the trailing year."""
LATE = dt.timedelta(days=7)
"""Orders may begin this late in a window (a weekend, a holiday) and still cover it; no later than a tenth of it."""
_FIRST_LINE = "__first_line"
_MONEY = ("revenue", "cost", "margin", "costed_revenue", "revenue_before", "revenue_total")


def accounts(book: Book, as_of: str | dt.date, window: str = WINDOW) -> pd.DataFrame:
    """Every account known on `as_of`, one row each, sorted by `account_id`.

    Columns: what `accounts` of the book says (name, group_id, sales_office, ...; a column that
    cannot be known on that day is absent), then, over the `window` ending on `as_of`:

    - revenue, and with costs cost, margin (of the lines whose cost is known), costed_revenue (their
      revenue) and margin_rate (margin / costed_revenue; NaN where that is not positive);
    - orders: orders with a line of positive revenue, so that a credit note is none (order days for
      lines without an order_id); families: product families bought;
    - revenue_before, revenue_change: the window before, and the difference; NaN for all accounts if
      the book's orders begin inside the window before (LATE);

    and over everything known: revenue_total, first_order, last_order (dates of lines of positive
    revenue), tenure_days (since known_since), active (True if orders > 0).

    Money is float64 in the book's currency. Raises BookError if a date or window is not one.
    """
    return snapshots(book, [as_of], window).drop(columns="as_of")


def snapshots(book: Book, dates: Iterable[str | dt.date], window: str = WINDOW) -> pd.DataFrame:
    """The accounts on many dates, from one query of the engine: one row per date and account, sorted by both.

    Columns: as_of (datetime64), then those of `accounts`, each as known on its date; a column that cannot be
    known on one of the dates is empty there. A date given twice counts once. Raises BookError if there is no date, or
    a date or window is not one.
    """
    days = sorted({as_date(date) for date in dates})
    if not days:
        raise BookError("snapshots: there is no date; expected at least one, such as 2026-09-30.")
    spans = [_Span.ending(day, window) for day in days]
    people = [book.as_of(span.end).table("accounts") for span in spans]
    kinds = {name: table[name].type() for table in people for name in table.columns}
    families = _families(book, spans)
    parts = []
    for place, (span, table) in enumerate(zip(spans, people, strict=True)):
        names = [name for name in book.whole["accounts"].columns if name in kinds]
        then = table.select(
            as_of=ibis.literal(span.end),
            **{name: table[name] if name in table.columns else ibis.null(kinds[name]) for name in names},
        )
        then = _with(then, _sums(book.as_of(span.end), span))
        if families is not None:
            then = _with(then, families.select("account_id", families=families[f"families_{place}"]))
        parts.append(then)
    whole = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return _finished(engine.frame(whole.order_by("as_of", "account_id")), spans)


@dataclass(frozen=True)
class _Span:
    """A window and the one before it, as the days before their first: (start, end] and (earlier, start]."""

    earlier: dt.date
    start: dt.date
    end: dt.date

    @classmethod
    def ending(cls, day: dt.date, window: str) -> _Span:
        start = before(day, window)
        return cls(before(start, window), start, day)


def _with(accounts: ibis.Table, sums: ibis.Table) -> ibis.Table:
    """Accounts with their sums, 0 where there are none."""
    joined = accounts.left_join(sums, "account_id")
    kinds = sums.drop("account_id").schema().items()
    filled = {name: joined[name].fill_null(ibis.literal(0, kind)) for name, kind in kinds if kind.is_numeric()}
    return joined.mutate(**filled).drop("account_id_right")


def _sums(known: Book, span: _Span) -> ibis.Table:
    """Sums by account over a window, the one before, and everything known; money as float64."""
    days = order_days(known)
    start = ibis.literal(span.start)
    inside = days.ordered_on > start
    previous = (days.ordered_on > ibis.literal(span.earlier)) & ~inside
    sums: dict[str, Any] = {
        "revenue": days.revenue.sum(where=inside),
        "orders": days.count(where=inside & days.bought & (days.bought_before.fill_null(start) <= start)),
        "revenue_before": days.revenue.sum(where=previous),
        "revenue_total": days.revenue.sum(),
        "first_order": days.ordered_on.min(where=days.bought),
        "last_order": days.ordered_on.max(where=days.bought),
        _FIRST_LINE: days.ordered_on.min(),
    }
    if "cost" in days.columns:
        sums["cost"] = days.cost.sum(where=inside)
        sums["costed_revenue"] = days.costed_revenue.sum(where=inside)
        sums["margin"] = (days.costed_revenue - days.cost).sum(where=inside)
    money = [name for name in sums if name in _MONEY]
    result = days.group_by("account_id").agg(**sums)
    return result.mutate(**{name: result[name].cast("float64") for name in money})


def _families(book: Book, spans: Sequence[_Span]) -> ibis.Table | None:
    """By account, the number of product families bought in each window, `families_0` and so on; None without families.

    The lines are read once for all windows.
    """
    if not book.has("orders", "family"):
        return None
    lines = book.table("orders")
    last = min(max(span.end for span in spans), book.extracted_on)
    first, last = ibis.literal(min(span.start for span in spans)), ibis.literal(last)
    lines = lines.filter(lines.family.notnull() & (lines.revenue > 0) & lines.ordered_on.between(first, last))
    windows = {
        f"families_{place}": (lines.ordered_on > ibis.literal(span.start))
        & (lines.ordered_on <= ibis.literal(span.end))
        for place, span in enumerate(spans)
    }
    each = lines.group_by("account_id", "family").agg(**{name: inside.any() for name, inside in windows.items()})
    return each.group_by("account_id").agg(**{name: each[name].sum() for name in windows})


def _finished(frame: pd.DataFrame, spans: Sequence[_Span]) -> pd.DataFrame:
    """The engine's rows, with what follows from the sums."""
    import numpy as np
    import pandas as pd

    if "margin" in frame:
        whole = frame["costed_revenue"].where(frame["costed_revenue"] > 0)
        frame["margin_rate"] = frame["margin"] / whole
    first_line = frame.pop(_FIRST_LINE).groupby(frame["as_of"]).min()
    for span in spans:
        # orders that begin inside the window before make its sum no sum of a window
        begins = span.earlier + dt.timedelta(days=1) + min(LATE, (span.start - span.earlier) / 10)
        if not first_line.get(pd.Timestamp(span.end), pd.NaT) <= pd.Timestamp(begins):
            frame.loc[frame["as_of"] == pd.Timestamp(span.end), "revenue_before"] = np.nan
    frame["revenue_change"] = frame["revenue"] - frame["revenue_before"]
    known_since = frame["known_since"] if "known_since" in frame else pd.Series(pd.NaT, index=frame.index)
    frame["tenure_days"] = (frame["as_of"] - known_since).dt.days
    frame["active"] = frame["orders"] > 0
    return frame


SUMMED = ("revenue", "cost", "margin", "costed_revenue", "orders", "revenue_before", "revenue_change", "revenue_total")
"""Columns of `accounts` that add up over accounts."""


def groups(frame: pd.DataFrame) -> pd.DataFrame:
    """The accounts rolled up to customer groups, one row each, sorted by `group_id`.

    `frame` is what `accounts` returns. An account without a group is a group of its own, named by its
    account_id; where others name that as their group, it is their head office and one of them.
    Columns: group_id, accounts (number of offices), name (of the largest named office by revenue, then
    account_id), the sums of SUMMED, margin_rate, first_order, last_order, active, and stage, which is
    "suspect" only if all offices are.
    """
    ordered = frame.sort_values(["revenue", "account_id"], ascending=[False, True], kind="stable")
    own = ordered["account_id"]
    key = ordered["group_id"].fillna(own) if "group_id" in ordered else own
    how: dict[str, Any] = {name: (name, "sum") for name in SUMMED if name in ordered}
    if "revenue_change" in how and ordered["revenue_change"].isna().all():
        how |= {name: (name, lambda values: float("nan")) for name in ("revenue_before", "revenue_change")}
    how |= {"first_order": ("first_order", "min"), "last_order": ("last_order", "max"), "active": ("active", "any")}
    if "name" in ordered:
        how["name"] = ("name", "first")
    if "stage" in ordered:
        ordered = ordered.assign(stage=ordered["stage"].where(ordered["stage"] == "suspect", "known"))
        how["stage"] = ("stage", "min")
    result = ordered.assign(group_id=key).groupby("group_id", sort=True).agg(accounts=("account_id", "size"), **how)
    if "margin" in result:
        result["margin_rate"] = result["margin"] / result["costed_revenue"].where(result["costed_revenue"] > 0)
    return result.reset_index()
