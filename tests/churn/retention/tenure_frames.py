"""Tenures and spells made by hand, for tests that know every number in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st
from small_books import FEW

from crm_analysis.churn.definition import Spells

FEWER = settings(FEW, max_examples=4)
"""Of examples that fit many curves."""
BEGINS, AS_OF = "2020-01-01", "2024-12-31"


def tenures_of(duration: Any, gone: Any, entry: Any = 0, group: Any = "all", **more: Any) -> pd.DataFrame:
    """A frame as `tenures` gives it; durations in days, `limit` far away unless given."""
    duration = np.asarray(duration, dtype=float)
    gone = np.broadcast_to(np.asarray(gone, dtype=bool), duration.shape)
    frame = pd.DataFrame(
        {
            "account_id": [f"A{place:05}" for place in range(len(duration))],
            "group": group,
            "entry": entry,
            "duration": duration,
            "kind": np.where(gone, "left", "stayed"),
            "gone": gone,
            "reason": None,
            "limit": 1e9,
        }
    )
    return frame.assign(**more)


def spells_of(rows: list[dict[str, Any]], silence: int = 100, as_of: str = AS_OF) -> Spells:
    """Spells as of the end of 2024 of a book that begins in 2020."""
    columns = ["account_id", "began", "last"]
    frame = pd.DataFrame(rows, columns=None if rows else columns)
    dates = [name for name in ("began", "last", "origin", "entered", "gone_on") if name in frame]
    frame = frame.astype(dict.fromkeys(dates, "datetime64[ns]"))
    for name in {"origin", "entered"} & set(frame):
        frame[name] = frame[name].fillna(frame["began"])
    return Spells.of(frame, silence=silence, as_of=as_of, begins=BEGINS)


def row(account: str, began: str, last: str, **more: Any) -> dict[str, Any]:
    return {"account_id": account, "began": began, "last": last, **more}


@st.composite
def frames(draw: Any, most: int = 25, late: bool = True) -> pd.DataFrame:
    """Tenures of a few days with many ties, in up to three groups, some of which enter late."""
    size = draw(st.integers(1, most))
    entry = draw(st.lists(st.integers(0, 8 if late else 0), min_size=size, max_size=size))
    more = draw(st.lists(st.integers(1, 9), min_size=size, max_size=size))
    gone = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    group = draw(st.lists(st.sampled_from("abc"), min_size=size, max_size=size))
    kind = draw(st.lists(st.sampled_from(["left", "ours", "closed"]), min_size=size, max_size=size))
    frame = tenures_of(np.add(entry, more), gone, entry, group)
    return frame.assign(kind=np.where(frame["gone"], kind, "stayed"))
