"""A book split at a day: what was known of each account then, and how often it ordered afterwards.

What came is counted by the occasions of the histories themselves, so that a forecast and its outcome mean the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.accounts import LATE
from crm_analysis.book import engine
from crm_analysis.book.days import last_known
from crm_analysis.book.occasions import occasion_days, standing_days
from crm_analysis.errors import BookError
from crm_analysis.periods import after, before
from crm_analysis.value.histories import Histories, histories

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Counts = NDArray[np.int64]

RECENT = "recent"
"""The column of a history that baselines read beside the others: orders in the window before the split."""


def orders_between(book: Book, start: dt.date, end: dt.date, returns: str = "net") -> pd.Series:
    """Occasions after `start` up to and including `end`, by account_id, for accounts that had one.

    As they stand on the book's day: one that a credit had reversed by then is none, unless `returns` is "ignore".
    """
    days = standing_days(book, returns)
    days = days.filter(days.day > ibis.literal(start), days.day <= ibis.literal(end))
    found = engine.frame(days.group_by("account_id").agg(orders=days.count()))
    return found.set_index("account_id")["orders"].astype("int64").sort_index()


@dataclass(frozen=True)
class Split:
    """Histories as of a day, with the column RECENT, and the orders that came: one count per row of their frame."""

    histories: Histories
    window: str
    came: Counts


@dataclass(frozen=True)
class Splits:
    """A book split at any day, each day's histories read once; `unit`, `returns`, `covariates` as in `histories`."""

    book: Book
    unit: str = "week"
    returns: str = "net"
    covariates: tuple[str, ...] = ()
    _known: dict[dt.date, Histories] = field(default_factory=dict, repr=False, compare=False)
    _counts: dict[tuple[dt.date, dt.date, dt.date], pd.Series] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def begins(self) -> dt.date:
        """The day of the first order line; raises BookError if there is none."""
        first = occasion_days(self.book).known_on.min().cast("string").execute()
        if first is None or first != first:
            raise BookError(f"the book has no order line by {last_known(self.book)}; expected orders to learn from.")
        return dt.date.fromisoformat(str(first))

    @property
    def ends(self) -> dt.date:
        """The last day anything is known of."""
        return last_known(self.book)

    def known(self, day: dt.date, window: str, over: str | None = None) -> Histories:
        """Histories as of the day, with RECENT: the orders in the window that ends on it, as they stood then.

        With `over`, a longer window, those of it scaled to the window, if the orders reach back so far.
        """
        if day not in self._known:
            self._known[day] = histories(self.book, day, self.unit, self.returns, self.covariates)
        found = self._known[day]
        start = before(day, over or window)
        if over is None or start < self.begins - LATE:
            recent: Any = self._of(found, self._counted(day, before(day, window), day))
        else:
            part = (day - before(day, window)).days / (day - start).days
            recent = self._of(found, self._counted(day, start, day)) * part
        return Histories(
            found.frame.assign(**{RECENT: recent}), unit=found.unit, as_of=found.as_of, returns=found.returns
        )

    def at(self, day: dt.date, window: str, seen_on: dt.date | None = None) -> Split:
        """The book split on a day: what was known then, and what came in the window after it.

        What came is told as it stood on `seen_on`; on the window's last day unless given.
        """
        end = after(day, window)
        found = self.known(day, window)
        return Split(found, window, self._of(found, self._counted(seen_on or end, day, end)))

    def inner(self, day: dt.date, horizon: str) -> Split:
        """The latest split whose outcome was known on `day`, for what is learned from outcomes.

        Its window is the horizon, or half the time since the orders began where that is shorter, in days: the window
        before the split is then as long as the one after it.
        """
        start = before(day, horizon)
        half = (day - self.begins).days // 2
        if (day - start).days <= half:
            # the horizon after `start` need not end on `day`: months differ, and what came later is not known
            window = horizon if after(start, horizon) == day else f"{(day - start).days}D"
        else:
            window = f"{max(half, 1)}D"
        return self.at(before(day, window), window, seen_on=day)

    def between(self, start: dt.date, end: dt.date) -> pd.Series:
        """Orders after `start` up to `end` as they stood on `end`, by account_id, of accounts that ordered."""
        return self._counted(end, start, end)

    def brought(self, start: dt.date, end: dt.date, money: str) -> pd.Series:
        """Money of accounts with a history after `start` up to `end`, by account_id, counted as `returns` says.

        NaN where it is not known, as margin without costs.
        """
        then, now = (self.known(day, "1D").frame.set_index("account_id")[money] for day in (start, end))
        return now - then.reindex(now.index).fillna(0.0)

    def _counted(self, seen_on: dt.date, start: dt.date, end: dt.date) -> pd.Series:
        key = (seen_on, start, end)
        if key not in self._counts:
            self._counts[key] = orders_between(self.book.as_of(seen_on), start, end, self.returns)
        return self._counts[key]

    @staticmethod
    def _of(found: Histories, counts: pd.Series) -> Counts:
        """The counts of the accounts of histories, 0 where there is none."""
        return found.frame["account_id"].map(counts).fillna(0).to_numpy("int64")
