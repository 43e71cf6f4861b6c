"""The sign-flip test: how often chance alone changes a figure as much, and which changes it leaves possible.

Every cluster (an account, or a sales office) brings a part of a change. Had nothing changed, what it did in one window
it might as well have done in the other, and its part would have the other sign. So the sum of all parts is held against
the sums that all ways of flipping signs make (Fisher 1935). That asks for no law, only for clusters that are
independent and windows that could be swapped.

Up to EXACT clusters all flips are made. Of more, tails come from the saddlepoint (Robinson 1982; Lugannani & Rice
1980), which needs no random draws and is right far out in the tail, where false-discovery control looks; of more than
MANY from the normal law.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

LEVEL = 0.95
FEWEST = 6
"""Clusters with which a change can at all be told from chance at 5 %: of 5, flips make it no rarer than 1 in 16."""
EXACT, MANY = 13, 1_500
LARGE, KEPT = 0.2, 60
"""Of more than EXACT clusters, those whose part squared is more than LARGE of all squares together are flipped
in all ways as few would be (a saddlepoint is blind to a sum that falls into two heaps), the next KEPT by the
saddlepoint, and the rest by the normal law."""
_NEAR = 1e-9


def chance(part: ArrayLike, shared: float = 0.0) -> float:
    """How often flipped signs make a sum as far from 0 as this, two-sided.

    `part`: one number per cluster. `shared`: variance of what several clusters of the sum have in common, and which
    therefore does not show in their scatter (`shocks`), added by the normal law. 1 where there is nothing to flip.
    """
    each = np.asarray(part, dtype=np.float64)
    each = each[each != 0]
    each = each[np.lexsort((each, np.abs(each)))]
    return min(1.0, 2 * _tail(each, shared, abs(float(each.sum()))))


def interval(part: ArrayLike, size: ArrayLike, level: float = LEVEL, shared: float = 0.0) -> tuple[float, float]:
    """The changes that the test does not reject at 1 - level, where a change of `d` is d x size in each cluster.

    `size` sums to 1 and has no negative number. Up to EXACT clusters these are Hartigan's (1969) typical values: order
    statistics of the change as every subset of the clusters tells it. 0 lies inside wherever `chance` is above
    1 - level. Both NaN where the clusters leave any change possible.
    """
    each, own = np.asarray(part, dtype=np.float64), np.asarray(size, dtype=np.float64)
    some = (each != 0) | (own != 0)
    each, own, tail = each[some], own[some], (1 - level) / 2
    order = np.lexsort((own, each))
    each, own = each[order], own[order]
    if len(each) < FEWEST:
        return float("nan"), float("nan")
    low, high = _normal(each, own, tail, shared)
    if len(each) > MANY:
        return low, high
    if len(each) <= EXACT and shared <= 0:
        return _typical(each, own, tail)
    middle = float(each.sum())
    wide = float(np.sqrt(each @ each + shared))
    steps = (low - middle, high - middle) if np.isfinite(high - low) else (-3 * wide, 3 * wide)
    low, high = (_end(each, own, tail, shared, middle, step) for step in steps)
    return low, high


def _tail(each: Array, shared: float, at: float) -> float:
    """P(sum of flipped parts >= at) for at >= 0; all parts other than 0."""
    variance = float(each @ each) + shared
    if variance <= 0:
        return 1.0 if at <= 0 else 0.0
    scale = float(np.sqrt(variance))
    each, at, shared = np.sort(np.abs(each)) / scale, at / scale, shared / variance
    if shared <= 0:
        if len(each) <= EXACT:
            return float((_sums(each) >= at - _NEAR).mean())
        if each.max() - each.min() <= _NEAR * each.max():  # each flip counts alike: a sign test
            from scipy.stats import binom

            return float(binom.sf(np.ceil((len(each) + at / each[0]) / 2 - _NEAR) - 1, len(each), 0.5))
        if at >= each.sum() - _NEAR:
            return float(0.5 ** len(each))
    if len(each) > MANY:
        from scipy.special import ndtr

        return float(ndtr(-at))
    each = each[::-1]
    large = int((each[: int(1 / LARGE)] ** 2 > LARGE).sum())
    shared += float((each[large + KEPT :] ** 2).sum())
    found = _saddlepoint(each[large : large + KEPT], shared, at - _sums(each[:large]))
    return float(max(found.mean(), 0.5 ** len(each)))


def _sums(each: Array) -> Array:
    """The sums of all ways of flipping signs."""
    found = np.zeros(1)
    for value in each:
        found = np.concatenate([found + value, found - value])
    return found


def _saddlepoint(each: Array, shared: float, at: Array) -> Array:
    """Lugannani and Rice's tails of a sum of parts with random signs and a normal one, by the value to be reached."""
    from scipy.special import ndtr

    spread, goal = float(np.sqrt(each @ each + shared)), np.abs(at)
    most = float(each.sum()) if shared <= 0 else np.inf
    inside = (goal > 1e-4 * spread) & (goal < most * (1 - _NEAR))
    point = np.where(inside, goal, 0.0) / spread**2
    for _ in range(200):  # from below, and never beyond: the slope falls
        bent = np.tanh(point[:, None] * each)
        slope = (1 - bent**2) @ each**2 + shared
        step = np.where(inside, goal - bent @ each - point * shared, 0.0) / np.maximum(slope, 1e-300)
        point = point + step
        if (np.abs(step) <= 1e-8 * point).all():
            break
    wide = point[:, None] * each
    curve = (1 - np.tanh(wide) ** 2) @ each**2 + shared
    grown = (wide + np.log1p(np.exp(-2 * wide)) - np.log(2)).sum(axis=1) + point**2 * shared / 2
    root, reach = np.sqrt(2 * np.maximum(point * goal - grown, 0)), point * np.sqrt(curve)
    usual = inside & (root > 1e-3) & (reach > 0)
    by = np.where(usual, root, 1.0), np.where(usual, reach, 1.0)
    tail = ndtr(-by[0]) + np.exp(-(by[0] ** 2) / 2) / np.sqrt(2 * np.pi) * (1 / by[1] - 1 / by[0])
    tail = np.where(usual, np.clip(tail, 0, 0.5), np.where(goal >= most * (1 - _NEAR), 0.0, ndtr(-goal / spread)))
    found: Array = np.where(at >= 0, tail, 1 - tail)
    return found


def _normal(each: Array, own: Array, tail: float, shared: float) -> tuple[float, float]:
    """Where the normal law's test of what is left after a change is taken off rejects: a quadratic (Fieller 1954)."""
    from scipy.special import ndtri

    z2, middle = float(ndtri(tail)) ** 2, float(each.sum())
    first = 1 - z2 * float(own @ own)
    second = middle - z2 * float(each @ own)
    third = middle**2 - z2 * (float(each @ each) + shared)
    root = second**2 - first * third
    if first <= 0 or root < 0:
        return float("nan"), float("nan")
    wide = float(np.sqrt(root))
    return (second - wide) / first, (second + wide) / first


def _typical(each: Array, own: Array, tail: float) -> tuple[float, float]:
    """Order statistics of the change by subsets; NaN where even the outermost are not rare enough."""
    parts, sizes = np.zeros(1), np.zeros(1)
    for value, weight in zip(each, own, strict=True):
        parts, sizes = np.concatenate([parts, parts + value]), np.concatenate([sizes, sizes + weight])
    # the empty subset is below any change and above any; one without size by the sign of its parts
    some = sizes > 0
    ratio = parts[some] / sizes[some]
    rest = parts[~some]
    under = np.sort(np.concatenate([np.full((rest <= 0).sum(), -np.inf), ratio, np.full((rest > 0).sum(), np.inf)]))
    over = np.sort(np.concatenate([np.full((rest < 0).sum(), -np.inf), ratio, np.full((rest >= 0).sum(), np.inf)]))
    # as many subsets as flips may be as rare: a change is rejected while at most this many lie on its side
    many = int(np.floor(tail * len(parts) + _NEAR))
    low, high = float(under[many]), float(over[len(over) - 1 - many])
    return (low, high) if np.isfinite(low) and np.isfinite(high) else (float("nan"), float("nan"))


def _end(each: Array, own: Array, tail: float, shared: float, middle: float, half: float) -> float:
    """The change on one side of the middle, about `half` away, at which the test begins to reject; NaN if nowhere.

    Sought on the scale of the normal law, on which tails are nearly straight lines, by false position
    (Illinois).
    """
    from scipy.special import ndtri

    goal = float(ndtri(tail))
    inner, above, outer, below, at, side = middle, -goal, float("nan"), float("nan"), middle + half, 0
    for _ in range(60):
        rest = each - at * own
        found = float(ndtri(_tail(rest[rest != 0], shared, abs(float(rest.sum()))))) - goal
        if abs(found) < 1e-5 or half == 0:
            return at
        if found > 0:
            inner, above, below, side = at, found, below / (2 if side > 0 else 1), 1
        else:
            outer, below, above, side = at, found, above / (2 if side < 0 else 1), -1
        if np.isnan(outer):
            at = middle + (at - middle) * min(4.0, 1.001 * goal / min(found + goal, 0.25 * goal))
        else:
            at = inner + (outer - inner) * above / (above - below)
    return at if np.isfinite(outer) else float("nan")
