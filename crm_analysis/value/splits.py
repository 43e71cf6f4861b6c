"""A book split at a day: what was known of each account then, and how often it ordered afterwards.

What came is counted by the occasions of the histories themselves, so that a forecast and its outcome mean the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import ibis

from crm_analysis.accounts import LATE, accounts
from crm_analysis.book import engine
from crm_analysis.book.days import first_known, last_known
from crm_analysis.book.occasions import standing_days
from crm_analysis.errors import BookError
from crm_analysis.labels import label
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


class _Read:
    """What was read of a book: histories by day, accounts by day and window, orders by day seen on, start and end."""

    def __init__(self) -> None:
        self.histories: dict[dt.date, Histories] = {}
        self.accounts: dict[tuple[dt.date, str], pd.DataFrame] = {}
        self.orders: dict[tuple[dt.date, dt.date, dt.date], pd.Series] = {}


@dataclass(frozen=True)
class Splits:
    """A book split at any day; `unit`, `returns`, `covariates` as in `histories`.

    Each day is read once, as long as there are any splits of the book that count alike.
    """

    book: Book
    unit: str = "week"
    returns: str = "net"
    covariates: tuple[str, ...] = ()

    @cached_property
    def _read(self) -> _Read:
        shared = self.book.kept.setdefault("splits", WeakValueDictionary())
        own = tuple(name for name in self.covariates if name != "late_entry")  # which histories always tell
        found: _Read = shared.setdefault((self.unit, self.returns, own), _Read())
        return found

    @cached_property
    def begins(self) -> dt.date:
        """The day of the first order line; raises BookError if there is none."""
        first = first_known(self.book)
        if first is None:
            raise BookError(label("trial_no_order", day=self.ends))
        return first

    @property
    def ends(self) -> dt.date:
        """The last day anything is known of."""
        return last_known(self.book)

    def of(self, day: dt.date) -> Histories:
        """Histories as of the day."""
        day = min(day, self.ends)
        if day not in self._read.histories:
            self._read.histories[day] = histories(self.book, day, self.unit, self.returns, self.covariates)
        return self._read.histories[day]

    def accounts(self, window: str) -> pd.DataFrame:
        """As `accounts.accounts`, on the last day anything is known of."""
        key = (self.ends, window)
        if key not in self._read.accounts:
            self._read.accounts[key] = accounts(self.book, self.ends, window)
        return self._read.accounts[key].copy()

    def known(self, day: dt.date, window: str, over: str | None = None) -> Histories:
        """Histories as of the day, with RECENT: the orders in the window that ends on it, as they stood then.

        With `over`, a longer window, those of it scaled to the window, if the orders reach back so far.
        """
        found = self.of(day)
        start = before(day, over or window)
        if over is None or start < self.begins - LATE:
            recent: Any = self._each(found, self._counted(day, before(day, window), day))
        else:
            part = (day - before(day, window)).days / (day - start).days
            recent = self._each(found, self._counted(day, start, day)) * part
        return Histories(
            found.frame.assign(**{RECENT: recent}), unit=found.unit, as_of=found.as_of, returns=found.returns
        )

    def at(self, day: dt.date, window: str, seen_on: dt.date | None = None) -> Split:
        """The book split on a day: what was known then, and what came in the window after it, as `onward` tells it."""
        return self.onward(self.known(day, window), window, seen_on)

    def onward(self, known: Histories, window: str, seen_on: dt.date | None = None) -> Split:
        """Histories of a day and the orders that came in the window after it.

        What came is told as it stood on `seen_on`; on the window's last day unless given.
        """
        end = after(known.as_of, window)
        return Split(known, window, self._each(known, self._counted(seen_on or end, known.as_of, end)))

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
        then, now = (self.of(day).frame.set_index("account_id")[money] for day in (start, end))
        return now - then.reindex(now.index).fillna(0.0)

    def _counted(self, seen_on: dt.date, start: dt.date, end: dt.date) -> pd.Series:
        key = (min(seen_on, self.ends), start, end)
        if key not in self._read.orders:
            self._read.orders[key] = orders_between(self.book.as_of(seen_on), start, end, self.returns)
        return self._read.orders[key]

    @staticmethod
    def _each(found: Histories, counts: pd.Series) -> Counts:
        """The counts of the accounts of histories, 0 where there is none."""
        return found.frame["account_id"].map(counts).fillna(0).to_numpy("int64")
