"""Draws of a mean over few accounts of very different size, for intervals of what hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DRAWS = 4000
SEED = 20260930
MANY = 2000
"""Clusters from which on a mean is as good as normal."""
_TAIL = (1 - LEVEL) / 2
_BLOCK = 4_000_000


def mean_draws(
    values: Array, cluster: NDArray[np.int64], draws: int, rng: np.random.Generator, student: bool = True
) -> Array:
    """Draws of the mean of accounts' values: a bootstrap of clusters (customer groups), widened for few of them.

    A bootstrap of few is too narrow; its deviations are stretched by sqrt(n / (n - 1)) and by Student's quantile over
    the normal one, at n - 1 degrees, unless not `student` (Hesterberg, What Teachers Should Know about the
    Bootstrap, 2015). NaN where there
    are fewer than two clusters, which have no spread to tell a mean's error by. From MANY on draws are normal.
    """
    from scipy.special import ndtri, stdtrit

    sums, sizes = by_cluster(values, cluster)
    many = len(sums)
    if many < 2:
        return np.full(draws, np.nan)
    middle = float(sums.sum() / sizes.sum())
    stretch = float(np.sqrt(many / (many - 1)))
    if student:
        stretch *= float(stdtrit(many - 1, LEVEL + _TAIL) / ndtri(LEVEL + _TAIL))
    if many > MANY:
        residual = sums - middle * sizes
        error = float(np.sqrt(np.square(residual).sum())) / float(sizes.sum())
        return middle + error * stretch * rng.standard_normal(draws)
    found, step = np.empty(draws), max(1, _BLOCK // many)
    for start in range(0, draws, step):
        pick = rng.integers(0, many, (min(step, draws - start), many))
        found[start : start + len(pick)] = sums[pick].sum(axis=1) / sizes[pick].sum(axis=1)
    return middle + (found - middle) * stretch


def by_cluster(values: Array, cluster: NDArray[np.int64]) -> tuple[Array, Array]:
    """Sums of values and numbers of accounts by cluster, in an order that does not hang on names or rows."""
    order = np.lexsort((values, cluster))  # sums of floats are taken in one order
    _, place = np.unique(cluster[order], return_inverse=True)
    sums = np.bincount(place, values[order])
    sizes = np.bincount(place).astype("float64")
    by = np.lexsort((sizes, sums))
    return np.asarray(sums[by], dtype="float64"), np.asarray(sizes[by], dtype="float64")


def ends(draws: Array) -> tuple[float, float]:
    """The interval of draws at LEVEL; NaN where they are."""
    if np.isnan(draws).any():
        return np.nan, np.nan
    low, high = np.quantile(draws, [_TAIL, 1 - _TAIL])
    return float(low), float(high)
