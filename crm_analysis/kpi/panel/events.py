"""Goodbyes: accounts that we stopped serving, and accounts that left, in the quarter in which it happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.churn.definition.exits import OURS
from crm_analysis.kpi.panel.grid import Told, lacks, untold
from crm_analysis.labels import label
from crm_analysis.potential.advice.decided import told as decided
from crm_analysis.potential.advice.outcome import CUT

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel.grid import Grid


def cut(book: Book, grid: Grid) -> Told:
    """cut: 1 in the quarter in which the account was told goodbye, by a decision or an exit that we decided.

    An exit counts from the day it was known and done. Who was told goodbye once is told so anew only after another
    decision. Quarters before the first record are 0: nobody is known to have been cut; `since` says from when it is
    recorded.
    """
    import pandas as pd

    parts = []
    if book.has("decisions"):
        rows = decided(book)
        found = engine.frame(rows.filter(rows.meant != "").select("account_id", "meant", on=rows.decided_on))
        parts.append(found[["account_id", "on"]].assign(cut=found["meant"] == CUT))
    if book.has("exits", "decided_by"):
        gone = _exits(book)
        own = gone[gone["ours"]]
        parts.append(own[["account_id"]].assign(on=own[["left_on", "known_on"]].max(axis=1), cut=True))
    if not parts:
        return untold(["cut"], label("panel_no_cut"))
    # on one day a goodbye comes after everything else
    rows = pd.concat(parts, ignore_index=True).astype({"on": "datetime64[ns]", "cut": bool})
    rows = rows[rows["on"] <= pd.Timestamp(grid.ends[-1])].sort_values(["account_id", "on", "cut"], ignore_index=True)
    account = rows["account_id"].to_numpy(object)
    again = np.zeros(len(rows), dtype=bool)
    again[1:] = (account[1:] == account[:-1]) & rows["cut"].to_numpy()[:-1]
    told = rows[rows["cut"] & ~again]
    since = {"cut": rows["on"].min().date()} if len(rows) else {}
    return Told({"cut": _happened(told, grid)}, {}, since)


def left(book: Book, grid: Grid) -> Told:
    """left_them: 1 in the quarter in which the account left, if we did not decide it.

    By left_on, or known_on without it, of exits known by the last day: one that is learned of late is missing in its
    quarter until then.
    """
    why = lacks(book, {"left_them": ("exits",)})
    if why:
        return Told({}, why, {})
    rows = _exits(book)
    if rows.empty:
        return untold(["left_them"], label("panel_empty", table="exits", day=grid.ends[-1]))
    rows["on"] = rows["left_on"]
    return Told({"left_them": _happened(rows[~rows["ours"]], grid)}, {}, {"left_them": rows["on"].min().date()})


def _exits(book: Book) -> pd.DataFrame:
    """Exits: account_id, left_on (known_on without it), known_on, ours (we decided, or the reason says so)."""
    rows = book.table("exits")
    left_on = rows.left_on.fill_null(rows.known_on) if "left_on" in rows.columns else rows.known_on
    words = {
        name: rows[name].fill_null("") if name in rows.columns else ibis.literal("")
        for name in ("decided_by", "reason")
    }
    frame = engine.frame(rows.select("account_id", "known_on", left_on=left_on, **words))
    plain = {name: frame.pop(name).map(lambda word: " ".join(word.casefold().split())) for name in words}
    return frame.assign(ours=(plain["decided_by"] == "us") | plain["reason"].isin(OURS))


def _happened(rows: pd.DataFrame, grid: Grid) -> np.ndarray:
    at = grid.place(rows["on"].to_numpy("datetime64[D]"))
    return grid.cells(rows[["account_id"]].assign(at=at)).any("at")
