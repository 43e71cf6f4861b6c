"""The panel of quarters and accounts, as known on the last quarter's end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.accounts import LATE, WINDOW
from crm_analysis.book.book import Book, as_date
from crm_analysis.book.days import first_known, last_known
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.panel import demand, events, money, service, trade, voice
from crm_analysis.kpi.panel.belonging import belonging
from crm_analysis.kpi.panel.grid import NOTHING, QUARTER, Grid, Told, first_day, lacks
from crm_analysis.labels import label
from crm_analysis.periods import after, before
from crm_analysis.plan.grades.bad import BILLING
from crm_analysis.progress import busy
from crm_analysis.reprs import Card, as_html, as_text, said
from crm_analysis.value.segments import Bars
from crm_analysis.value.segments import bars as bars_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

QUARTERS = 12
BEFORE = 8
"""Quarters before those that are shown: the year that each is compared with, and the year before that one."""
MOST = 40
HIGH, MID, LOW, NONE = 2, 1, 0, -1
_YEAR = 4
WHOLE = ("cut", "demand", *voice.ANSWERS, *voice.INVITED)
"""Measures of which no quarter is partly told: goodbyes are few, and surveys are only looked at as shares."""
SOURCES: tuple[Callable[[Book, Grid], Told], ...] = (
    trade.shipments, service.complaints, service.contacts, money.invoices, money.spending, voice.surveys,
    demand.demand, events.cut, events.left,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Panel:
    """Quarters x accounts, as known on the last quarter's end: `account_id` (sorted; n) and `ends` (ascending; Q).

    - `measures`: (Q, n) by name, sums of a quarter; what the book cannot tell is absent, and `why` tells why. NaN in
      quarters that begin more than LATE before `since`, when the measure's table begins (for what settles later, such
      as payments, a quarter after that); of invoices more than BILLING before, and of surveys and goodbyes never.
    - `covered`: whether orders cover the whole quarter.
    - `bars`: of value classes, those of `baseline`, a quarter's end.
    - `classes`: of the year to each quarter's end by these bars: 2 High, 1 Mid, 0 Low, -1 not one order, or not known.
    - `first_order`: datetime64[D], NaT without a purchase.
    - `groups`: by dimension ("sales_office", "region", "rep", "team"), (Q, n), the word at each quarter's end as known
      on it, "" where unknown. `cluster`: n whole numbers, "account" and, where known, "sales_office" (-1 unknown).

    Measures and what they count, by the quarter of the day in brackets: as `trade`, `service`, `money`, `voice`,
    `demand` and `events` tell.
    """

    account_id: NDArray[np.object_]
    ends: tuple[dt.date, ...]
    covered: tuple[bool, ...]
    measures: dict[str, Array]
    why: dict[str, str]
    since: dict[str, dt.date]
    bars: Bars
    baseline: dt.date
    classes: NDArray[np.int8]
    first_order: NDArray[np.datetime64]
    groups: dict[str, NDArray[np.object_]]
    cluster: dict[str, NDArray[Any]]

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        facts = {
            "accounts": len(self.account_id),
            "quarters": f"{len(self.ends)} ({said(self.ends[0])} – {said(self.ends[-1])})",
            "baseline": self.baseline,
            "groups": tuple(self.groups),
            "measures": tuple(self.measures),
            "untold": tuple(self.why) or None,
        }
        return Card("Panel", facts, next=('.measures["revenue"]', ".classes", '.groups["region"]', ".why"))

    @cached_property
    def _coded(self) -> dict[tuple[str, int], tuple[NDArray[np.int64], list[str]]]:
        return {}

    def coded(self, dimension: str, quarter: int) -> tuple[NDArray[np.int64], list[str]]:
        """The group of each account at a quarter's end, as a place in the sorted names beside it.

        Worked out once: every KPI asks for the same.
        """
        import pandas as pd

        key = dimension, quarter
        if key not in self._coded:
            codes, names = pd.factorize(self.groups[dimension][quarter], sort=True)
            self._coded[key] = codes.astype(np.int64), [str(name) for name in names]
        return self._coded[key]


@busy("progress_kpi")
def panel(
    book: Book,
    as_of: str | dt.date,
    quarters: int = QUARTERS,
    baseline: str | dt.date | None = None,
    bars: Bars | None = None,
) -> Panel:
    """Every account known on `as_of`, a quarter's end, in up to `quarters` and BEFORE quarters to it.

    They go back as far as orders reach. What settles after it began, such as a payment, counts in the quarter in which
    it settles, so that a quarter is the same whenever it is asked for, but for what was entered late: lines of
    accounts that were not known then, exits, a year's spending told at its end.

    `baseline`, a quarter's end, is by default the last one before the programme's first start, without one a year ago;
    where orders do not cover the year to it, the first whose year they cover, or the last quarter's end if there is
    none. `bars` are by default those of the year to it (`value.segments`).

    An `as_of` after the extract is the extract's day. UserError for a day that is no quarter's end, or for quarters not
    of 1 to MOST; BookError without an order, or where the extract is of the midst of a quarter that as_of is not in
    the past of.
    """
    if isinstance(quarters, bool) or not isinstance(quarters, int) or not 1 <= quarters <= MOST:
        raise UserError(f"quarters are a whole number from 1 to {MOST}; found {quarters!r}.")
    day = _last_end(book, as_date(as_of))
    known = book.as_of(day)
    first = first_known(known)
    if first is None:
        raise BookError(label("panel_no_order", day=day))
    ends = [day]
    while len(ends) < quarters + BEFORE and (earlier := before(ends[-1], QUARTER)) >= first:
        ends.append(earlier)
    grid = Grid(_ids(known), tuple(ends[::-1]))
    wide = grid.longer(_YEAR - 1)
    years = [first <= before(end, WINDOW) + dt.timedelta(days=1) + LATE for end in grid.ends]
    base = _baseline(known, grid, years, baseline)
    ordered = trade.orders(known, wide)
    year = {name: _trailing(values) for name, values in ordered.measures.items()}
    frozen = _bars(known, grid, year, base) if bars is None else bars
    trimmed = {name: values[_YEAR - 1 :].copy() for name, values in ordered.measures.items()}
    told = Told(trimmed, lacks(known, trade.NEEDS), dict.fromkeys(trimmed, first)) | _told(known, grid)
    own = belonging(known, grid)
    covered = tuple(first <= begin + LATE for begin in grid.begins())
    return Panel(
        np.array(grid.ids.to_pylist(), dtype=object), grid.ends, covered, _masked(told, grid), told.why | own.why,
        told.since, frozen, base, _classes(year, np.array(years), frozen), ordered.first, own.groups, own.cluster,
    )  # fmt: skip


def _last_end(book: Book, day: dt.date) -> dt.date:
    """The last quarter's end that is looked at."""
    if not _ends_quarter(day):
        raise UserError(f"KPIs are of whole quarters: expected a quarter's end such as 2026-09-30; found {day}.")
    last = last_known(book)
    over = _quarter_end(last)
    if over > last + LATE:  # a weekend or a holiday more or less does not matter
        over = before(over, QUARTER)
        if day > over:
            raise BookError(label("panel_not_over", day=day, last=last, over=over))
    return min(day, over)


def _quarter_end(day: dt.date) -> dt.date:
    """The end of the quarter that a day is in."""
    month = (day.month + 2) // 3 * 3
    return after(dt.date(day.year, month, 1), "1M") - dt.timedelta(days=1)


def _ends_quarter(day: dt.date) -> bool:
    return _quarter_end(day) == day


def _ids(known: Book) -> pa.Array:
    import pyarrow as pa

    found = known.table("accounts", "account_id").account_id.to_pyarrow().to_pylist()
    return pa.array(sorted(found), pa.string())


def _baseline(known: Book, grid: Grid, years: list[bool], given: str | dt.date | None) -> dt.date:
    """The baseline's day; `years`: whether orders cover the year to each end."""
    told = [end for end, year in zip(grid.ends, years, strict=True) if year]
    if given is not None:
        day = as_date(given)
        if not _ends_quarter(day):
            raise UserError(f"a baseline is a quarter's end such as 2025-09-30; found {day}.")
        if day not in told:
            since = told[0] if told else label("panel_no_year")
            raise BookError(label("panel_no_baseline", day=day, since=since, last=grid.ends[-1]))
        return day
    wanted = before(grid.ends[-1], WINDOW)
    if known.has("programme") and (start := first_day(known.table("programme").started_on)):
        wanted = before(_quarter_end(start), QUARTER)
    if not told:
        return grid.ends[-1]
    return max((end for end in told if end <= wanted), default=told[0])


def _trailing(values: Array) -> Array:
    """Sums of each quarter and the three before, in whole ten-thousandths, so that they are as one sum."""
    sums = sum(values[place : len(values) - (_YEAR - 1) + place] for place in range(_YEAR))
    return np.round(sums, 4)  # type: ignore[no-any-return]


def _bars(known: Book, grid: Grid, year: dict[str, Array], base: dt.date) -> Bars:
    """The bars of the year to the baseline, of accounts known on it: as `accounts` and `bars` make them."""
    import pandas as pd
    import pyarrow.compute as pc

    there = known.as_of(base).table("accounts", "account_id").account_id.to_pyarrow()
    own = pc.is_in(grid.ids, value_set=there.cast(grid.ids.type)).to_numpy(zero_copy_only=False)
    at = grid.ends.index(base)
    frame = pd.DataFrame({name: values[at][own] for name, values in year.items()})
    return bars_of(frame.assign(active=frame["order_days"] > 0))


def _classes(year: dict[str, Array], covered: NDArray[np.bool_], at: Bars) -> NDArray[np.int8]:
    revenue = year["revenue"]
    found = np.select([revenue >= at.high, revenue >= at.mid], [HIGH, MID], LOW)
    return np.where((year["order_days"] > 0) & covered[:, None], found, NONE).astype(np.int8)


def _told(known: Book, grid: Grid) -> Told:
    """What the book's tables tell, but orders."""
    told = NOTHING
    for source in SOURCES:
        told |= source(known, grid)
    return told


def _masked(told: Told, grid: Grid) -> dict[str, Array]:
    """Measures, NaN in quarters that begin before their table does."""
    found = {}
    for name, values in told.measures.items():
        if name not in WHOLE and (since := told.since.get(name)):
            late = BILLING if name in money.INVOICES else LATE
            early = np.array([begin + late < since for begin in grid.begins()])
            values[early] = np.nan
        found[name] = values
    return found
