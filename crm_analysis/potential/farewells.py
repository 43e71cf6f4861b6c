"""Accounts we stopped serving: whoever was told goodbye cannot show promise, and has no outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.book.days import last_known
from crm_analysis.features.windows import Landmark, Ledger, Marks, days_since_epoch
from crm_analysis.periods import after

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Flags = NDArray[np.bool_]

ACTIONS = ("goodbye", "cut")
"""Actions of `decisions` that end active service; any later one takes them back."""
_US = "us"


@dataclass(frozen=True, eq=False)
class Farewells:
    """By landmark, for each account: whether we had said goodbye by then (`gone`), or did within the horizon after."""

    gone: list[Flags]
    between: list[Flags]


def farewells(book: Book, marks: Marks, horizon: str) -> Farewells:
    """What `decisions` and, where it says who decided, `exits` tell of goodbyes on our side."""
    last = last_known(book)
    ends = [min(after(mark.day, horizon), last) for mark in marks]
    days = sorted({mark.day for mark in marks} | set(ends))
    both = Marks(tuple(map(Landmark.of, days)), marks.ids, marks.begins, marks.since)
    cuts = both.cuts("day")
    ledgers = _ledgers(book, both)

    def latest(name: str, upto: int) -> NDArray[np.float64]:
        none = np.full(len(marks.ids), -np.inf)
        return np.maximum.reduce([none, *(each.latest(name, -1, upto) for each in ledgers if name in each.values)])

    gone, between = [], []
    for mark, end in zip(marks, ends, strict=True):
        said, other = (latest(name, cuts.at(mark.day)) for name in ("goodbye", "other"))
        gone.append((said >= other) & np.isfinite(said))
        between.append(latest("goodbye", cuts.at(end)) > days_since_epoch(mark.day))
    return Farewells(gone, between)


def _ledgers(book: Book, marks: Marks) -> list[Ledger]:
    """The last day of a goodbye, and of another decision or an order, by account and piece."""
    cuts, found = marks.cuts("day"), []
    if book.has("decisions"):
        rows = book.table("decisions").filter(lambda row: row.account_id.notnull())
        rows = rows.mutate(cut=rows.action.strip().lower().isin(list(ACTIONS)))
        sums = {"goodbye": rows.decided_on.max(where=rows.cut), "other": rows.decided_on.max(where=~rows.cut)}
        found.append(marks.ledger(rows.group_by("account_id", since=cuts.piece(rows.decided_on)).agg(**sums)))
    if book.has("exits", "decided_by"):
        rows = book.table("exits")
        rows = rows.filter((rows.decided_by.lower() == _US) & rows.account_id.notnull())
        left = rows.left_on if "left_on" in rows.columns else ibis.null("date")
        rows = rows.mutate(on=ibis.greatest(left.fill_null(rows.known_on), rows.known_on))
        found.append(
            marks.ledger(rows.group_by("account_id", since=cuts.piece(rows["on"])).agg(goodbye=rows["on"].max()))
        )
    return found
