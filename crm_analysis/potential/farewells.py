"""Accounts we stopped serving: whoever was told goodbye cannot show promise, and has no outcome."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.book.days import last_known
from crm_analysis.features.trade import ENDS
from crm_analysis.features.windows import Landmark, Ledger, Marks, days_since_epoch
from crm_analysis.periods import after
from crm_analysis.potential.advice.words import coded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

ACTIONS = ("goodbye", "cut", "may be cut", "drop")
"""Actions of `decisions` that end active service; any later one takes them back.

An order does not: who is no longer served actively may still order. But who orders after an exit that we decided is
served again.
"""
_US = "us"


@dataclass(frozen=True, eq=False)
class Farewells:
    """By landmark, for each account: whether we had said goodbye by then (`gone`), or did within the horizon after."""

    gone: list[Flags]
    between: list[Flags]


def farewells(book: Book, marks: Marks, orders: Ledger, horizon: str) -> Farewells:
    """What `decisions` and, where it says who decided, `exits` tell of goodbyes on our side.

    `orders` holds order rows (`trade.order_rows`) of the same landmarks.
    """
    last, bought = last_known(book), marks.cuts(*ENDS)
    ends = [min(after(mark.day, horizon), last) for mark in marks]
    days = sorted({mark.day for mark in marks} | set(ends))
    both = Marks(tuple(map(Landmark.of, days)), marks.ids, marks.begins, marks.since)
    cuts = both.cuts("day")
    decided, exits = _decisions(book, both), _exits(book, both)
    never = np.full(len(marks.ids), -np.inf)

    def latest(ledger: Ledger | None, name: str, day: dt.date) -> Floats:
        return never if ledger is None else ledger.latest(name, -1, cuts.at(day))

    gone, between = [], []
    for mark, end in zip(marks, ends, strict=True):
        said, other = (latest(decided, name, mark.day) for name in ("cut", "other"))
        left = latest(exits, "left", mark.day)
        ordered = orders.latest("last", -1, bought.at(mark.day))
        gone.append(((said >= other) & (said > never)) | ((left > other) & (left >= ordered) & (left > never)))
        goodbye = np.maximum(latest(decided, "cut", end), latest(exits, "left", end))
        between.append(goodbye > days_since_epoch(mark.day))
    return Farewells(gone, between)


def _decisions(book: Book, marks: Marks) -> Ledger | None:
    """The last day of a goodbye, and of another decision, by account and piece."""
    if not book.has("decisions"):
        return None
    rows = book.table("decisions").filter(lambda row: row.account_id.notnull())
    rows = rows.mutate(ends=coded(rows.action).isin(list(ACTIONS)))
    sums = {"cut": rows.decided_on.max(where=rows.ends), "other": rows.decided_on.max(where=~rows.ends)}
    return marks.ledger(rows.group_by("account_id", since=marks.cuts("day").piece(rows.decided_on)).agg(**sums))


def _exits(book: Book, marks: Marks) -> Ledger | None:
    """The last day an exit on our side was known and done, by account and piece."""
    if not book.has("exits", "decided_by"):
        return None
    rows = book.table("exits")
    rows = rows.filter((rows.decided_by.lower() == _US) & rows.account_id.notnull())
    left = rows.left_on if "left_on" in rows.columns else ibis.null("date")
    rows = rows.mutate(on=ibis.greatest(left.fill_null(rows.known_on), rows.known_on))
    return marks.ledger(
        rows.group_by("account_id", since=marks.cuts("day").piece(rows["on"])).agg(left=rows["on"].max())
    )
