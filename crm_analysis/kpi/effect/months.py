"""Months until a programme's effect shows: the effect by month since the start, and its mean from the start on.

By month, with the twelve months before a start as its base, so that no season is in it. Looking every month and
stopping at the first that is told would find an effect by chance more often than 5 %: it must stay told to the end.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.accounts import LATE
from crm_analysis.book import engine
from crm_analysis.book.days import first_known, last_known, order_days
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.effect.did import LEAST, NEVER, Did, did
from crm_analysis.kpi.effect.starts import Units
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel import Panel

    Array = NDArray[np.float64]

YEAR = 12
MEASURES = ("orders", "revenue", "margin")


@dataclass(frozen=True, eq=False)
class Months:
    """How long an effect on an outcome takes to show.

    `table`: a row per month since the start: since (1 is the month of the start), effect and its 95 % interval low,
    high (logarithms), to_date, to_date_low, to_date_high (mean of the months so far), units. `until`: the month from
    which on the mean so far is told from chance, and stays so to the last month; None where it is not told yet.
    `measure`: what was looked at; `found`: the estimate by month; `left_out`: units with a month without any, or that
    started in the first month or before.
    """

    measure: str
    until: int | None
    table: pd.DataFrame
    found: Did
    left_out: tuple[str, ...] = ()

    @property
    def smallest(self) -> float:
        """About the smallest effect that could have been told by the last month: half the width of its interval."""
        last = self.table.iloc[-1]
        return float(last["to_date_high"] - last["to_date_low"]) / 2


def months(book: Book, panel: Panel, units: Units, measure: str = "orders") -> Months:
    """The months until the effect on orders, revenue or margin shows.

    Units without any (or a negative sum) in a month have no logarithm and are left out. Raises BookError as `did`,
    where the book has no costs, and where units are single accounts, few of which order every month; UserError for
    another measure.
    """
    if measure not in MEASURES:
        raise UserError(f"months are told for {', '.join(MEASURES)}; found {measure!r}.")
    if units.programme.kind == "account_id":
        raise BookError(label("effect_single_months"))
    sums, begins = monthly(book, panel, units, measure)
    start = np.full(len(units.names), NEVER, dtype=np.int64)
    for place, name in enumerate(units.names):
        if name in units.programme.started:
            start[place] = max(0, _month(units.programme.started[name]) - begins)
    whole = (sums > 0).all(axis=0) & (start > 0)
    if whole.sum() < 2 * LEAST:
        raise BookError(label("effect_gaps"))
    return replace(until(np.log(sums[:, whole]), start[whole], measure), left_out=tuple(units.names[~whole]))


def until(values: Array, start: NDArray[np.int64], measure: str = "orders") -> Months:
    """The same from months x units of logarithms and the month each unit starts in."""
    found = did(values, start, YEAR, before=False)
    events = found.by_event[found.by_event["since"] >= 0].reset_index(drop=True)
    table = events.assign(since=events["since"] + 1)
    for name, own in (("to_date", "effect"), ("to_date_low", "low"), ("to_date_high", "high")):
        table[name] = found.through[own]
    table = table[["since", "effect", "low", "high", "to_date", "to_date_low", "to_date_high", "units"]]
    last = None
    for off in ((table["to_date_low"] > 0).to_numpy(), (table["to_date_high"] < 0).to_numpy()):
        if off[-1]:
            held = np.flatnonzero(~off)
            last = int(table["since"].iloc[held[-1] + 1 if len(held) else 0])
    return Months(measure, last, table, found)


def monthly(book: Book, panel: Panel, units: Units, measure: str) -> tuple[Array, int]:
    """Months x units: what the units' accounts ordered in each whole month that orders cover.

    Beside it the first of the months, as its number since year 0.
    """
    import pandas as pd

    known = book.as_of(panel.ends[-1])
    first, last = first_known(known), last_known(known)
    if first is None:
        raise BookError(label("effect_not_told"))
    begins = _month(first) + (first.day > 1 + LATE.days)
    many = _month(last + dt.timedelta(days=1)) - begins
    days = order_days(known)
    if measure == "margin" and "cost" not in days.columns:
        raise BookError(known.why_not("orders", "cost") or label("effect_not_told"))
    inside = units.member >= 0
    own = pd.DataFrame({"account_id": panel.account_id[inside], "unit": units.member[inside]})
    rows = days.join(ibis.memtable(own), "account_id")
    value = {
        "orders": (rows.bought & rows.bought_before.isnull()).cast("int64"),
        "revenue": rows.revenue,
        "margin": rows.costed_revenue - rows.cost if measure == "margin" else rows.revenue,
    }[measure]
    place = rows.ordered_on.year() * 12 + rows.ordered_on.month() - 1
    each = rows.group_by("unit", place=place).agg(total=value.sum().cast("float64"))
    frame = engine.frame(each.order_by("unit", "place"))
    sums = np.zeros((max(many, 0), len(units.names)))
    at = frame["place"].to_numpy(np.int64) - begins
    kept = (at >= 0) & (at < many)
    sums[at[kept], frame["unit"].to_numpy(np.int64)[kept]] = frame["total"].to_numpy(np.float64)[kept]
    return sums, begins


def _month(day: dt.date) -> int:
    return day.year * 12 + day.month - 1
