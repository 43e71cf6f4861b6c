"""Cumulative incidence with competing events, by cohort and quarter (Aalen & Johansen 1978)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.potential.guard.exact import lower, upper

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEVEL = 0.95
"""The level of intervals."""
EVENTS = ("high", "left", "cut")
"""What an account becomes first."""
COLUMNS = (
    "cohort", "accounts", "quarters_since", "followed", "became", "low_95", "high_95", "gone_left", "gone_cut",
)  # fmt: skip


def incidence(frame: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """The shares of each cohort that became High, left and were cut, by quarters since the first order.

    `frame` holds cohort, event, quarters and seen as `Becoming.accounts` does. One row per cohort (sorted) and quarter
    that any of its accounts is followed for. Columns: cohort, accounts (of the cohort), quarters_since (0: the quarter
    of the first order), followed (until then, with nothing come before), became (share that has become High by
    then), low_95, high_95 (pointwise, at `level`), gone_left, gone_cut (shares).

    Aalen & Johansen (1978), for events in whole quarters: accounts that are seen no longer than a quarter count as at
    risk in it. The variance is Greenwood's for several events, from the covariance of all shares
    (Marubini & Valsecchi 1995, ch. 10); intervals are the exact ones of as many accounts as would have that variance
    (Clopper & Pearson 1934; Dorey & Korn 1987), so that without censoring they are exact.
    """
    import pandas as pd

    parts = []
    for name, own in frame.groupby("cohort", sort=True):
        seen, quarters = own["seen"].to_numpy("int64"), own["quarters"].to_numpy("int64")
        size = int(seen.max()) + 1
        came = np.array([np.bincount(quarters[(own["event"] == event).to_numpy()], minlength=size)[:size]
                         for event in EVENTS], dtype="float64").T  # fmt: skip
        risk = (quarters[None, :] >= np.arange(size)[:, None]).sum(axis=1)
        followed = (seen[None, :] >= np.arange(size)[:, None]).sum(axis=1).astype("float64")
        shares, variance = _shares(came, risk.astype("float64"))
        low, high = _interval(shares[:, 0], variance, followed, (1 - level) / 2)
        table = {"cohort": name, "accounts": len(own), "quarters_since": np.arange(size), "followed": risk}
        found = {"became": shares[:, 0], "low_95": low, "high_95": high}
        parts.append(pd.DataFrame(table | found | {"gone_left": shares[:, 1], "gone_cut": shares[:, 2]}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _shares(came: Array, risk: Array) -> tuple[Array, Array]:
    """Cumulative incidences (quarters x events) and the variance of the first, quarter by quarter.

    State 0 is nothing yet; the others are the events. A step moves the hazards' share of state 0, whose
    estimates scatter as those of a multinomial, and carries on what the estimate before scattered (delta method).
    """
    size, events = came.shape
    state = np.zeros(1 + events)
    state[0] = 1.0
    spread = np.zeros((1 + events, 1 + events))
    shares, variance = np.zeros((size, events)), np.zeros(size)
    for place in range(size):
        hazard = came[place] / risk[place] if risk[place] else np.zeros(events)
        step = np.eye(1 + events)
        step[0, 0] = 1 - hazard.sum()
        step[0, 1:] = hazard
        own = np.zeros_like(spread)
        if risk[place]:
            own[1:, 1:] = (np.diag(hazard) - np.outer(hazard, hazard)) / risk[place]
            own[0, 1:] = own[1:, 0] = -own[1:, 1:].sum(axis=0)
            own[0, 0] = own[1:, 1:].sum()
        spread = step.T @ spread @ step + state[0] ** 2 * own
        state = state @ step
        shares[place], variance[place] = state[1:], spread[1, 1]
    return shares, variance


def _interval(share: Array, variance: Array, followed: Array, tail: float) -> tuple[Array, Array]:
    inside = (share > 0) & (share < 1) & (variance > 0)
    worth = np.where(inside, share * (1 - share) / np.where(inside, variance, 1.0), followed)
    many = share * worth
    # a whole number of accounts that the division missed by its last digits is one
    near = np.rint(many)
    many = np.where(np.abs(many - near) < 1e-9 * np.maximum(worth, 1), near, many)
    worth = np.maximum(worth, many)
    return lower(many, worth, tail), upper(many, worth, tail)
