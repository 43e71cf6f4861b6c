"""The importance-performance map (Martilla & James 1977): what satisfaction hangs on against how it is rated.

Divided at the means of both. Where a dimension lies depends on the others, and on chance: with each stands the share of
the draws of accounts in which it lies in the same quadrant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.satisfaction.drivers.moments import ends
from crm_analysis.satisfaction.drivers.stated import by_account

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.drivers.derived import Derived

RECENT = "12M"
"""Performance is what each person said last, within a year; where too few were asked then, within the whole window."""
ENOUGH = 10
"""Accounts with an answer to each dimension that performance needs."""
IMPROVE, KEEP, LOW, OVERKILL = "improve", "keep", "low", "overkill"
"""Important and rated low: concentrate here; important and high; neither; high though little hangs on it."""


@dataclass(frozen=True)
class Map:
    """Importance and performance by dimension, and where the map is divided.

    `table`: dimension, performance (0 to 100: mean over accounts) with low and high, accounts, importance (share of R2)
    with low and high, quadrant (IMPROVE, KEEP, LOW or OVERKILL), quadrant_share (of the draws in which it lies there).
    `performance` are draws x dimensions; `window` is what performance is from.
    """

    table: pd.DataFrame
    importance_mean: float
    performance_mean: float
    performance: np.ndarray
    window: str


def importance_map(derived: Derived) -> Map:
    """The map of the dimensions of `derived`; with one dimension there is nothing to divide and quadrants are empty."""
    import pandas as pd

    values, codes, window = _recent(derived)
    asked, level = derived.asked, derived.level
    now, then = by_account(values, codes, len(asked.accounts), derived.weights)
    own = derived.table
    table = own[["dimension"]].copy()
    table["performance"] = now
    table["low_performance"], table["high_performance"] = ends(then, level, len(np.unique(codes)))
    table["accounts"] = [len(np.unique(codes[~np.isnan(values[:, place])])) for place in range(values.shape[1])]
    for name in ("importance", "low_importance", "high_importance"):
        table[name] = own[name]
    share = own["importance"].to_numpy("float64")
    places, drawn = _places(share[None], now[None])[0], _places(derived.shares, then)
    if len(table) > 1:
        table["quadrant"] = np.array([LOW, OVERKILL, IMPROVE, KEEP], dtype=object)[places]
        table["quadrant_share"] = (drawn == places).mean(axis=0)
    else:
        table["quadrant"] = ""
        table["quadrant_share"] = np.nan
    return Map(pd.DataFrame(table), float(np.nanmean(share)), float(np.nanmean(now)), then, window)


def _places(importance: np.ndarray, performance: np.ndarray) -> np.ndarray:
    """0 to 3 by draw and dimension: 2 where importance reaches its mean over dimensions, 1 where performance does."""
    high = [values >= values.mean(axis=1, keepdims=True) - 1e-9 for values in (importance, performance)]
    return 2 * high[0].astype("int64") + high[1]


def _recent(derived: Derived) -> tuple[np.ndarray, np.ndarray, str]:
    """Answers in points of 0 to 100 by dimension, with the codes of their accounts, and the window they are from."""
    asked = derived.asked
    groups = asked.groups
    source = asked.source.latest(RECENT)
    heard = [
        source.people["account_id"][source.shares[list(items)].notna().any(axis=1)].nunique()
        for items in groups.values()
    ]
    window = RECENT if min(heard) >= ENOUGH else asked.window
    source = asked.source.latest(window)
    values = np.column_stack([source.shares[list(items)].mean(axis=1) for items in groups.values()]) * 100
    account = source.people["account_id"].to_numpy(dtype=object).astype(str)
    return values, np.searchsorted(asked.accounts, account), window
