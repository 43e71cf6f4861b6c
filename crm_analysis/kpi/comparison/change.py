"""One figure in two windows: what changed, which changes chance leaves possible, and how often it makes as much.

A figure is a sum over accounts, or the quotient of two. An account, or a sales office with all its accounts, is a
cluster: what it does in a window is one thing, however many orders that were. With N and D the sums of both windows and
theta = N / D, a cluster's part of the change is (its numerator - theta x its denominator) now less the same then, over
the harmonic mean of the two denominators: parts sum to the change exactly, and a cluster whose windows are swapped
changes the sign of its part and nothing else, which is what `flips` needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.kpi.comparison.flips import FEWEST, LEVEL, chance, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Codes = NDArray[np.intp]

OFFICES = 10
"""Sales offices from which on they are the clusters; with fewer, accounts are, and `shocks` stands for offices."""


@dataclass(frozen=True, eq=False)
class Sums:
    """A figure of one window by account: `part`, and what it is divided by, or None where it is the sum itself."""

    part: Array
    of: Array | None = None

    def total(self) -> float:
        """The figure; NaN where it is divided by nothing, or not told of an account."""
        top = float(self.part.sum())
        if self.of is None:
            return top
        below = float(self.of.sum())
        return top / below if below > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class Contrast:
    """A change and each cluster's part of it.

    `now`, `before`: the figures; `part` sums to the `change`; `size`, each cluster's share of the figure's base, to 1;
    `level`: what a total is measured by, its mean of both windows (NaN for others); `accounts` with anything in either
    window. Without a figure the change is NaN and the arrays empty.
    """

    now: float
    before: float
    change: float
    part: Array
    size: Array
    level: float
    accounts: int

    @property
    def clusters(self) -> int:
        """Clusters that tell of the change."""
        return int(((self.part != 0) | (self.size != 0)).sum())


@dataclass(frozen=True)
class Change:
    """What `change` found: figures, their difference, its interval and `p` (of no change); NaN where not known."""

    now: float = float("nan")
    before: float = float("nan")
    change: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    p: float = float("nan")
    clusters: int = 0
    accounts: int = 0


def clusters(codes: ArrayLike) -> tuple[Codes, int]:
    """Cluster numbers from 0, and how many have a code; accounts without one (-1) are clusters of their own, after."""
    names, own = np.unique(np.asarray(codes, dtype=np.intp), return_inverse=True)
    lone = names[own] < 0
    own = own - int((names < 0).any())
    many = int((names >= 0).sum())
    return np.where(lone, many + np.cumsum(lone) - 1, own).astype(np.intp), many


def contrast(now: Sums, then: Sums, cluster: Codes, scale: float = 1.0) -> Contrast:
    """The parts that clusters have in the change of a figure, `scale` times what its sums give.

    `cluster`: the number of each account's cluster, from 0.
    """
    count = int(cluster.max(initial=-1)) + 1
    figures = scale * now.total(), scale * then.total()
    told = _any(now, then)
    changed = figures[0] - figures[1]
    if not np.isfinite(changed) or not told.any():
        return Contrast(*figures, changed, np.zeros(0), np.zeros(0), float("nan"), int(told.sum()))

    def whole(values: Array) -> Array:
        return np.bincount(cluster, values, count).astype(np.float64)

    one, two, level = whole(now.part), whole(then.part), float("nan")
    if now.of is None or then.of is None:
        size, level, part = np.abs(one) + np.abs(two), (figures[0] + figures[1]) / 2, scale * (one - two)
        size = size / size.sum() if size.sum() > 0 else size
    else:
        base, base_two = whole(now.of), whole(then.of)
        first, second = base.sum(), base_two.sum()
        theta = (one.sum() + two.sum()) / (first + second)
        half = 2 * first * second / (first + second)
        part = scale * ((one - theta * base) - (two - theta * base_two)) / half
        size = np.maximum(base / first + base_two / second, 0)
        size = size / size.sum()
    part[np.abs(part) < 1e-12 * np.abs(part).max(initial=0)] = 0.0  # what rounding left is no part
    return Contrast(*figures, changed, part, size, level, int(told.sum()))


def seasoned(late: Contrast, early: Contrast) -> Contrast:
    """The change from one quarter to the next, less that of a year before: its season is the same, and falls out.

    `late`: a quarter against the same one a year before; `early`: the quarter before it, alike, of the same clusters.
    What was now and then is swapped for both at once. `now` and `before` are the two quarters' figures; the change is
    their difference less that of a year before.
    """
    changed, accounts = late.change - early.change, max(late.accounts, early.accounts)
    if not len(late.part) or not len(early.part):
        return Contrast(late.now, early.now, changed, np.zeros(0), np.zeros(0), float("nan"), accounts)
    size, level = (late.size + early.size) / 2, (late.level + early.level) / 2
    return Contrast(late.now, early.now, changed, late.part - early.part, size, level, accounts)


def change(found: Contrast, level: float = LEVEL, shared: float = 0.0) -> Change:
    """The change with its interval and p; these are NaN with fewer than FEWEST clusters.

    `shared`: as for `flips.chance`.
    """
    figures = found.now, found.before, found.change
    if found.clusters < FEWEST:
        return Change(*figures, clusters=found.clusters, accounts=found.accounts)
    low, high = interval(found.part, found.size, level, shared)
    return Change(*figures, low, high, chance(found.part, shared), found.clusters, found.accounts)


def shocks(past: Sequence[tuple[Contrast, Contrast]], office: Codes) -> float:
    """The variance of what accounts of one sales office have in common in a change, from earlier changes; 0 for none.

    `past`: earlier changes by account and, the same, by office; `office`: each account's. By moments: how far offices
    stray from the change of all, squared, less what the scatter of their accounts explains, by the squares of their
    sizes (as Moulton 1990 counts them). Of a total, in units of its level. A change that all offices share cannot be
    told from one of the figure.
    """
    excess, squares = 0.0, 0.0
    for each, whole in past:
        by = 1.0 if np.isnan(each.level) else each.level
        if not len(each.part) or by <= 0:
            continue
        rest = np.square((each.part - each.change * each.size) / by)
        own = np.bincount(office, rest, len(whole.size))
        share = whole.size
        stray = np.square((whole.part - whole.change * share) / by)
        every = float((share**2).sum())
        # the change of all is itself made of these offices
        chance_alone = own * (1 - 2 * share) + share**2 * own.sum()
        excess += float((stray - chance_alone).sum())
        squares += float((share**2 * (1 - 2 * share + every)).sum())
    return max(0.0, excess / squares) if squares > 0 else 0.0


def shared(found: Contrast, office: Codes, variance: float) -> float:
    """The variance that `shocks` of offices add to a change whose clusters are accounts."""
    if not len(found.size) or variance <= 0:
        return 0.0
    by = 1.0 if np.isnan(found.level) else found.level
    return variance * by**2 * float(np.square(np.bincount(office, found.size)).sum())


def _any(now: Sums, then: Sums) -> NDArray[np.bool_]:
    """Accounts with anything in either window."""
    found: NDArray[np.bool_] = np.zeros(len(now.part), dtype=bool)
    for sums in (now, then):
        found |= sums.part != 0
        if sums.of is not None:
            found |= sums.of != 0
    return found
