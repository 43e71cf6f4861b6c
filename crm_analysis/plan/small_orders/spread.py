"""The profit over plausible reactions, and how far chance may take it: who leaves, who bundles is not known."""

from __future__ import annotations

from itertools import chain, combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.plan.small_orders.break_even import LEAVING, round_half_up
from crm_analysis.plan.small_orders.reactions import Reactions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

BUNDLING = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares, of the accounts that stay, that bundle."""
SEED = 20260930
DRAWS = 2000
FEW = 2000
"""Up to so many accounts chance is drawn; beyond, its first three moments, which are exact, tell where it ends."""
WAYS = 50_000
"""Up to so many ways to deal the reactions all are gone through, so that where chance ends is exact."""
SETS = 10_000
"""Beyond, up to so many sets of accounts that may leave each set counts alike, and only who bundles is drawn, so often
that there are as many draws: where one account in twenty brings much, draws of who leaves hit it too seldom."""
_AT_ONCE = 1_000_000  # numbers drawn at a time


def spread(
    of: Reactions, leaving: tuple[float, ...] = LEAVING, bundling: tuple[float, ...] = BUNDLING, seed: int = SEED
) -> pd.DataFrame:
    """Change of profit a year by how many leave and how many of the others bundle, a row per pair.

    Columns: leave_share, bundle_share (of those who stay); leaving, bundling, resting (accounts, rounded; resting do
    `rest`); profit_change (the mean over who it is), low_profit, high_profit (at LEVEL: so many accounts, drawn without
    replacement from those with a choice; exact up to WAYS ways), worst_profit (no less than this, whoever it is).
    Accounts without a choice are gone in every row. All of it holds for the numbers of the row: how many react so is
    not known.
    """
    import pandas as pd

    table = of.choices[:, :3]
    many = len(table)
    pairs = [(leave, bundle) for leave in leaving for bundle in bundling]
    counts = np.array([_counts(many, *pair) for pair in pairs], dtype="int64").reshape(-1, 3)
    mean = counts / max(many, 1) @ table.sum(axis=0)
    worst = np.minimum(_worst(table, counts), mean)
    low, high = _few(table, counts, seed) if many <= FEW else _ends(table, counts)
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


def moments(table: Array, counts: Ints) -> tuple[Array, Array, Array]:
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


def _ends(table: Array, counts: Ints) -> tuple[Array, Array]:
    """The quantiles at LEVEL from the moments, corrected for skewness: Cornish & Fisher (1937), first term."""
    from scipy.special import ndtri

    mean, variance, third = moments(table, counts)
    scale = np.sqrt(variance)
    skewness = np.divide(third, scale**3, out=np.zeros(len(third)), where=scale > 0)
    z = float(ndtri((1 + LEVEL) / 2))
    shift = skewness * (z**2 - 1) / 6
    return mean + scale * (shift - z), mean + scale * (shift + z)


def _worst(table: Array, counts: Ints) -> Array:
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


def _few(table: Array, counts: Ints, seed: int) -> tuple[Array, Array]:
    """The quantiles at LEVEL: exact where WAYS allow, else by sets that leave where SETS allow, else drawn."""
    low, high = np.full((2, len(counts)), np.nan)
    rest = []
    for place, (gone, bundled, _) in enumerate(counts.tolist()):
        sets = comb(len(table), gone)
        if sets * comb(len(table) - gone, bundled) <= WAYS:
            low[place], high[place] = _quantiles(_every(table, counts[place]))
        elif gone and sets <= SETS:
            low[place], high[place] = _quantiles(_by_sets(table, gone, bundled, seed))
        else:
            rest.append(place)
    if rest:
        low[rest], high[rest] = _drawn(table, counts[rest], seed)
    return low, high


def _quantiles(sums: Array) -> tuple[Array, Array]:
    """The quantiles at LEVEL of sums that are equally likely, along the first axis."""
    low, high = np.quantile(sums, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=0, method="inverted_cdf")
    return np.asarray(low), np.asarray(high)


def _sets(many: int, size: int) -> Ints:
    """Every set of so many of `many` places, a row each, ascending."""
    told = chain.from_iterable(combinations(range(many), size))
    return np.fromiter(told, "int64", comb(many, size) * size).reshape(comb(many, size), size)


def _every(table: Array, count: Ints) -> Array:
    """The sum of every way to deal the columns so often, from the two that are dealt least."""
    one, two, base = np.argsort(count, kind="stable")
    first = _sets(len(table), int(count[one]))
    second = np.repeat(_sets(len(table) - int(count[one]), int(count[two]))[None], len(first), axis=0)
    for taken in first.T:  # from the least: places behind one that is taken move on
        second += second >= taken[:, None, None]
    more = (table[:, one] - table[:, base])[first].sum(axis=1)
    sums = more[:, None] + (table[:, two] - table[:, base])[second].sum(axis=2)
    return np.asarray(table[:, base].sum() + sums.ravel())


def _by_sets(table: Array, gone: int, bundled: int, seed: int) -> Array:
    """Sums where every set of so many leaves equally often, and who of the others bundles is drawn."""
    many = len(table)
    rng = np.random.default_rng([seed, gone, bundled])
    sets = _sets(many, gone)
    sets = np.tile(sets, (-(-SETS // len(sets)), 1))
    base = table[:, 2]
    left = (table[:, 0] - base)[sets].sum(axis=1)
    step = max(1, _AT_ONCE // many)
    parts = []
    for begin in range(0, len(sets), step):
        own = sets[begin : begin + step]
        place = rng.random((len(own), many))
        np.put_along_axis(place, own, 2.0, axis=1)  # who leaves comes last
        parts.append((table[:, 1] - base)[place.argpartition(bundled - 1, axis=1)[:, :bundled]].sum(axis=1))
    return np.asarray(base.sum() + left + np.concatenate(parts))


def _drawn(table: Array, counts: Ints, seed: int) -> tuple[Array, Array]:
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
    return _quantiles(float(table[:, 2].sum()) + np.concatenate(parts))
