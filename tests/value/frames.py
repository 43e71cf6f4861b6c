"""Frames such as `accounts` returns, made of revenues, for tests that need no engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as some


def frame_of(revenue: list[float], margin: list[float | None] | None = None, **more: Any) -> pd.DataFrame:
    """Accounts A0000, A0001, ... with these revenues, active unless told; None in `margin` is: no cost known."""
    size = len(revenue)
    frame = pd.DataFrame({"account_id": [f"A{i:04}" for i in range(size)], "revenue": np.asarray(revenue, dtype=float)})
    frame["active"] = np.asarray(more.pop("active", [True] * size), dtype=bool)
    frame["first_order"] = pd.Series(pd.Timestamp("2025-01-01"), index=frame.index).where(frame["active"])
    if margin is not None:
        known = np.array([one is not None for one in margin], dtype=bool)
        frame["margin"] = np.array([one or 0.0 for one in margin], dtype=float)
        frame["costed_revenue"] = frame["revenue"].where(known, 0.0)
        frame["margin_rate"] = frame["margin"] / frame["costed_revenue"].where(frame["costed_revenue"] > 0)
    return frame.assign(**more)


cents = some.integers(-20_000, 2_000_000).map(lambda amount: amount / 100)


@some.composite
def frames(draw: Any, costs: bool = True, least: int = 0) -> pd.DataFrame:
    """Up to 40 accounts, with ties, returns, inactive ones, suspects and missing costs."""
    size = draw(some.integers(least, 40))
    few = draw(some.lists(cents, min_size=1, max_size=6))
    revenue = draw(some.lists(some.sampled_from(few) | cents, min_size=size, max_size=size))
    active = draw(some.lists(some.sampled_from([True, True, True, False]), min_size=size, max_size=size))
    margin = draw(some.lists(some.none() | cents, min_size=size, max_size=size)) if costs else None
    stage = draw(some.lists(some.sampled_from(["suspect", "partner", None]), min_size=size, max_size=size))
    frame = frame_of(revenue, margin, active=active, stage=pd.Series(stage, dtype=object))
    ordered = draw(some.lists(some.booleans(), min_size=size, max_size=size))
    frame["first_order"] = frame["first_order"].where(
        frame["active"] | ~np.array(ordered, dtype=bool), pd.Timestamp("2020-01-01")
    )
    return frame
