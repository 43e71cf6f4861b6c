"""The profit over plausible reactions, and how far chance may take it: who leaves, who bundles is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.plan.small_orders.break_even import LEAVING, round_half_up
from crm_analysis.plan.small_orders.reactions import Reactions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BUNDLING = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares, of the accounts that stay, that bundle."""
SEED = 20260930
DRAWS = 2000
FEW = 2000
"""Up to so many accounts chance is drawn; beyond, its first three moments, which are exact, tell where it ends."""
_AT_ONCE = 1_000_000  # numbers drawn at a time


def spread(
    of: Reactions, leaving: tuple[float, ...] = LEAVING, bundling: tuple[float, ...] = BUNDLING, seed: int = SEED
) -> pd.DataFrame:
    """Change of profit a year by how many leave and how many of the others bundle, a row per pair.

    Columns: leave_share, bundle_share (of those who stay); leaving, bundling, resting (accounts, rounded; resting do
    `rest`); profit_change (the mean over who it is), low_profit, high_profit (at LEVEL: so many accounts, drawn without
    replacement from those with a choice), worst_profit (no less than this, whoever it is). Accounts without a choice
    are gone in every row. All of it holds for the numbers of the row: how many react so is not known.
    """
    import pandas as pd

    table = of.choices[:, :3]
    many = len(table)
    pairs = [(leave, bundle) for leave in leaving for bundle in bundling]
    counts = np.array([_counts(many, *pair) for pair in pairs], dtype="int64").reshape(-1, 3)
    mean = counts / max(many, 1) @ table.sum(axis=0)
    worst = np.minimum(_worst(table, counts), mean)
    low, high = _drawn(table, counts, seed) if many <= FEW else _ends(table, counts)
    frame = pd.DataFrame(pairs, columns=["leave_share", "bundle_share"])
    frame[["leaving", "bundling", "resting"]] = counts
    frame["profit_change"] = mean + of.lost
    frame["low_profit"] = np.clip(low, worst, mean) + of.lost
    frame["high_profit"] = np.maximum(high, mean) + of.lost
    frame["worst_profit"] = worst + of.lost
    return frame


def _counts(many: int, leave: float, bundle: float) -> tuple[int, int, int]:
    gone = round_half_up(leave * many)
    bundles = round_half_up(bundle * (many - gone))
    return gone, bundles, many - gone - bundles


def moments(table: Array, counts: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Mean, variance and third central moment of a sum of one entry a row of `table`.

    A row of `counts` says how many entries are of each column; which rows take which column is chance, every way alike.
    The variance is Hoeffding's (1951, theorem 2) with columns that repeat; the third moment follows in the same way.
    """
    many = len(table)
    share = counts / max(many, 1)
    mean = share @ table.sum(axis=0)
    second, third = np.zeros(len(counts)), np.zeros(len(counts))
    if many > 1:
        centred = table - table.mean(axis=0)
        for place, own in enumerate(share):
            each = centred - (centred @ own)[:, None]
            second[place] = (each**2).sum(axis=0) @ own * many / (many - 1)
            third[place] = (each**3).sum(axis=0) @ own * many**2 / ((many - 1) * max(many - 2, 1))
    return mean, second, third


def _ends(table: Array, counts: NDArray[np.int64]) -> tuple[Array, Array]:
    """The quantiles at LEVEL from the moments, corrected for skewness: Cornish & Fisher (1937), first term."""
    from scipy.special import ndtri

    mean, variance, third = moments(table, counts)
    scale = np.sqrt(variance)
    skewness = np.divide(third, scale**3, out=np.zeros(len(third)), where=scale > 0)
    z = float(ndtri((1 + LEVEL) / 2))
    shift = skewness * (z**2 - 1) / 6
    return mean + scale * (shift - z), mean + scale * (shift + z)


def _worst(table: Array, counts: NDArray[np.int64]) -> Array:
    """A bound below every way to deal the columns: exact where no row would have to take two of them.

    Around each column in turn: what the others' rows lose most against it, as if one row could take several.
    """
    best = np.full(len(counts), -np.inf)
    for base in range(3):
        bound = np.full(len(counts), float(np.sort(table[:, base]).sum()))
        for other in range(3):
            if other != base:
                lost = np.concatenate([[0.0], np.cumsum(np.sort(table[:, other] - table[:, base]))])
                bound = bound + lost[counts[:, other]]
        best = np.maximum(best, bound)
    return best


def _drawn(table: Array, counts: NDArray[np.int64], seed: int) -> tuple[Array, Array]:
    """The quantiles at LEVEL over DRAWS random orders of the rows, the same for all counts.

    In each, those first in order take the first column, the next the second, the last the third.
    """
    many = len(table)
    rng = np.random.default_rng(seed)
    first, second = table[:, 0] - table[:, 2], table[:, 1] - table[:, 2]
    gone, bundled = counts[:, 0], counts[:, 0] + counts[:, 1]
    parts = []
    step = max(1, _AT_ONCE // max(many, 1))
    for begin in range(0, DRAWS, step):
        place = rng.random((min(step, DRAWS - begin), many)).argsort(axis=1)
        one, two = (np.pad(np.cumsum(each[place], axis=1), ((0, 0), (1, 0))) for each in (first, second))
        parts.append(one[:, gone] + two[:, bundled] - two[:, gone])
    sums = float(table[:, 2].sum()) + np.concatenate(parts)
    ends = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    low, high = np.quantile(sums, ends, axis=0, method="inverted_cdf")
    return np.asarray(low), np.asarray(high)
