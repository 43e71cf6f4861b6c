"""Windows of quarters that a KPI is told for: one quarter, the year to its end, or the year so far.

What is summed over a window is compared with the same window a year before, so that no season gets in between. Who
belongs to a class is decided before the window begins: an account that grows does not carry its growth into another
class's figures.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.kpi.panel import Panel

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

QUARTER, YEAR, TO_DATE = "quarter", "year", "to_date"
KINDS = (QUARTER, YEAR, TO_DATE)
"""One quarter; the four quarters to its end; from January to its end."""
SEGMENT = "segment"
"""The dimension of value classes; the others are those of `Panel.groups`."""
CLASSES = ("High", "Mid", "Low", "")
"""Value classes as groups; the last is of accounts that ordered nothing in the year before: new ones, and returning."""
QUARTERS = 4


def name_of(day: dt.date) -> str:
    """The quarter of a day.

    >>> name_of(dt.date(2026, 9, 30))
    '2026Q3'
    """
    return f"{day.year}Q{(day.month + 2) // 3}"


@dataclass(frozen=True, eq=False)
class Window:
    """The quarters `first` to `last` of a panel, by their places in `panel.ends`; places below 0 are not in the panel.

    `codes` numbers the group of each account where a KPI ranks accounts within groups (the first 20 %): all are one
    group unless `within` says otherwise; -1 is in none.
    """

    panel: Panel
    kind: str
    first: int
    last: int
    codes: Codes | None = None

    @property
    def quarter(self) -> str:
        """The window's last quarter, such as 2026Q3."""
        return name_of(self.panel.ends[self.last])

    @property
    def inside(self) -> bool:
        """Whether all its quarters are in the panel."""
        return 0 <= self.first <= self.last < len(self.panel.ends)

    def earlier(self, quarters: int = QUARTERS) -> Window:
        """The same window so many quarters before; by default a year."""
        return replace(self, first=self.first - quarters, last=self.last - quarters)

    def within(self, codes: Codes) -> Window:
        """The same window, accounts being ranked within these groups."""
        return replace(self, codes=codes)

    @cached_property
    def before(self) -> Window:
        """The same window a year before."""
        return self.earlier()

    def tells(self, *names: str) -> bool:
        """Whether the panel has these measures for every quarter of the window."""
        known = self.panel.measures
        return self.inside and not any(
            name not in known or np.isnan(known[name][self.first : self.last + 1]).all(axis=1).any() for name in names
        )

    def sum(self, name: str) -> Array:
        """What a measure comes to in the window, by account; NaN where one of its quarters is not known."""
        if not self.inside:
            return np.full(len(self.panel.account_id), np.nan)
        total: Array = self.panel.measures[name][self.first : self.last + 1].sum(axis=0)
        return total

    def state(self, name: str) -> Array:
        """A measure of the window's last quarter, by account."""
        if not self.inside:
            return np.full(len(self.panel.account_id), np.nan)
        return self.panel.measures[name][self.last]

    @cached_property
    def ordered(self) -> NDArray[np.bool_]:
        """Which accounts ordered in the window: bought on a day of it."""
        found: NDArray[np.bool_] = self.sum("order_days") > 0
        return found

    def group(self, dimension: str) -> tuple[Codes, list[str]] | None:
        """The group of each account in this window, as a place in the names beside it, or None where none is known.

        SEGMENT: the value class at the end of the quarter before the window. Others: the word at its last quarter's
        end, "" where unknown. UserError for a dimension nobody knows, BookError for one that the book does not tell.
        """
        if dimension == SEGMENT:
            if self.first < 1 or not self.inside:
                return None
            known = self.panel.classes[self.first - 1]
            if (known < 0).all():
                return None
            return np.where(known < 0, 3, 2 - known).astype(np.int64), list(CLASSES)
        checked_dimension(self.panel, dimension)
        if not self.inside:
            return None
        return self.panel.coded(dimension, self.last)


def window(panel: Panel, kind: str, quarter: str | int = -1) -> Window:
    """The window of a kind that ends with a quarter of the panel, by its name or place; the panel's last by default.

    UserError for another kind, or a quarter that the panel does not have.
    """
    checked_kind(kind)
    names = [name_of(end) for end in panel.ends]
    if isinstance(quarter, str):
        if quarter not in names:
            raise UserError(f"KPIs are told for the quarters {names[0]} to {names[-1]}; found {quarter!r}.")
        last = names.index(quarter)
    else:
        last = quarter % len(names)
    many = {QUARTER: 1, YEAR: QUARTERS, TO_DATE: (panel.ends[last].month + 2) // 3}[kind]
    return Window(panel, kind, last - many + 1, last)


def checked_kind(kind: str) -> str:
    """The kind of a window, or UserError."""
    if kind not in KINDS:
        raise UserError(f"a window of KPIs is one of {', '.join(KINDS)}; found {kind!r}.")
    return kind


def checked_dimension(panel: Panel, dimension: str) -> str:
    """A dimension that the panel has; BookError for one that this book does not tell, UserError for any other."""
    others = ("sales_office", "region", "rep", "team")
    if dimension != SEGMENT and dimension not in (*others, *panel.groups):
        raise UserError(f"KPIs are told by {', '.join((SEGMENT, *others))}; found {dimension!r}.")
    if dimension != SEGMENT and dimension not in panel.groups:
        raise BookError(panel.why.get(dimension) or label("kpi_no_dimension", dimension=dimension))
    return dimension


def dimensions(panel: Panel) -> tuple[str, ...]:
    """The dimensions that this book tells."""
    found: Any = (name for name in ("team", "sales_office", "region", "rep") if name in panel.groups)
    return (SEGMENT, *found)
