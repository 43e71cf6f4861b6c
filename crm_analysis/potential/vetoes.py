"""Vetoes: what keeps an account off the cut list whatever its score, as known on a day.

The same rules hold when the guard is calibrated on an earlier day and when it is used today. One that could not be
known on that day is not applied there, which makes the guard stricter and never laxer; nor is "too new" where orders
reach back so little that old accounts look new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.features.feature import Feature, lack

if TYPE_CHECKING:
    from crm_analysis.book.book import Book

VETOES: dict[str, Feature] = {
    "new": Feature("orders", (), "time", 0),
    "opportunity": Feature("opportunities", ("closed_on",), "time", 0),
    "complaint": Feature("complaints", ("closed_on",), "time", 0),
    "contract": Feature("contracts", (), "time", 0),
    "sibling": Feature("accounts", ("group_id",), "time", 0),
    "key_account": Feature("accounts", ("key_account",), "time", 0),
}
"""Every veto and what the book needs for it, the one that is told first if several hold.

- new: the first order lies less than NEW back, too little to judge by;
- opportunity: one is open; complaint: one of theirs is not resolved; contract: one is in force;
- sibling: another account of its group is High; key_account: named one.
"""
NEW = "6M"
SEEN = "18M"
"""Orders must reach back so far before a day for "too new" to hold old accounts and new ones apart."""
PREFIX = "veto_"


def missing(book: Book) -> dict[str, str]:
    """The vetoes the book cannot tell, each with a sentence saying what it lacks, in the order of VETOES."""
    reasons = {name: lack(book, veto) for name, veto in VETOES.items()}
    return {name: why for name, why in reasons.items() if why is not None}


def vetoed(frame: Any, but: str = "") -> Any:
    """Whether any veto holds, `but` one: a Series of bool with the index of `frame`, which has the columns veto_..."""
    return frame[[f"{PREFIX}{name}" for name in VETOES if name != but]].any(axis=1)


def first_veto(frame: Any) -> Any:
    """The first veto that holds of each row, "" where none does: a Series of words with the index of `frame`."""
    import numpy as np
    import pandas as pd

    holds = [frame[f"{PREFIX}{name}"].to_numpy(bool) for name in VETOES]
    return pd.Series(np.select(holds, list(VETOES), default=""), index=frame.index, dtype=object)
