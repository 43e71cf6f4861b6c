"""Leaving in a year by level: what was counted, with intervals that hold for few leavers and for repeated accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.survival.sample import codes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

YEAR = 365.25


def rates(rows: pd.DataFrame, levels: pd.Series, order: tuple[str, ...], level: float) -> pd.DataFrame:
    """One row per level found, in `order`: level, quarters (rows), accounts, left, rate, low, high.

    `rows` are `explain.cox_rows`. rate is the share that leaves within a year while the level stays as it is, one
    minus exp(-leavers by account-years). Its interval is Jeffreys' for a Poisson count, after leavers and account-years
    have been divided by the design effect of accounts (their variance, rows of an account added up, against that of a
    Poisson count; no less than 1): it holds at 0 leavers too.
    """
    import pandas as pd

    owner, _ = codes(rows["account_id"])
    years = (rows["stop"] - rows["start"]).to_numpy("float64") / YEAR
    event = rows["event"].to_numpy("float64")
    found = []
    for name in order:
        own = (levels == name).to_numpy()
        if not own.any():
            continue
        place, accounts = np.unique(owner[own], return_inverse=True)
        left, time = event[own].sum(), years[own].sum()
        events, times = (np.bincount(accounts, weights=part[own]).astype("float64") for part in (event, years))
        low, high = poisson(left, time, events, times, level)
        found.append(
            (name, int(own.sum()), len(place), int(left), *(-np.expm1(-at) for at in (left / time, low, high)))
        )
    return pd.DataFrame(found, columns=["level", "quarters", "accounts", "left", "rate", "low", "high"])


def poisson(left: float, time: float, events: Array, times: Array, level: float) -> tuple[float, float]:
    """Jeffreys' interval of left / time; `events` and `times` are those of each account and add up to them."""
    from scipy.stats import gamma

    many = len(events)
    effect = 1.0
    if left > 0 and many > 1:
        scatter = float(((events - left / time * times) ** 2).sum()) * many / (many - 1)
        effect = max(1.0, scatter / left)
    tail = (1 - level) / 2
    count, of = left / effect + 0.5, time / effect
    low = float(gamma.ppf(tail, count)) / of if left > 0 else 0.0
    return low, float(gamma.isf(tail, count)) / of
