"""How far off a score may be because of those who stayed silent, whatever a model says of who they are.

Two bounds. The worst case: all who are silent would give the worst answer, or the best (Manski 1989). And odds: of two
people alike in all that the model knows, the odds that the one answers may be up to `gamma` times those of the other,
depending on what they would say (marginal sensitivity model: Tan 2006; Zhao, Small & Bhattacharya 2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

GAMMA = 2.0
"""Times by which the odds of an answer may differ between people who look alike."""


def worst(said: Array, share: Array, low: float, high: float) -> tuple[float, float]:
    """The mean of all asked were the silent (NaN) all at the one end of the scale, or all at the other.

    `share` is what each invitation counts for; those of an account together count for 1.
    """
    silent = np.isnan(said)
    spoken = float(share[~silent] @ said[~silent])
    quiet, whole = float(share[silent].sum()), float(share.sum())
    return (spoken + quiet * low) / whole, (spoken + quiet * high) / whole


def sensitivity(said: Array, share: Array, chance: Array, gamma: float = GAMMA) -> tuple[float, float]:
    """The least and the greatest weighted mean where odds of an answer are off by up to `gamma` times.

    `said` are the answers, `chance` the probability that each would be given. The weight of an answer, 1 / chance =
    1 + odds against it, may be as small as 1 + odds / gamma and as great as 1 + odds * gamma. The least mean gives
    the great weights to all answers up to some value and the small ones to those above it: each value is tried.
    """
    values, own, odds = said, share, np.maximum(1 / chance - 1, 0)
    if (np.diff(said) < 0).any():
        order = np.argsort(said, kind="stable")
        values, own, odds = said[order], share[order], odds[order]
    first = np.flatnonzero(np.r_[True, np.diff(values) > 0])  # answers that are alike go together
    whole, against = np.add.reduceat(own, first), np.add.reduceat(own * odds, first)
    values, small, great = values[first], whole + against / gamma, whole + against * gamma
    return _least(values, small, great), -_least(-values[::-1], small[::-1], great[::-1])


def _least(values: Array, small: Array, great: Array) -> float:
    """The least mean of rising values: great weights on the first ones, small ones on the rest."""

    def mixed(one: Array, two: Array) -> Array:
        return np.r_[0.0, np.cumsum(one)] + np.r_[np.cumsum(two[::-1])[::-1], 0.0]

    weights = mixed(great, small)
    sums = mixed(great * values, small * values)
    return float(np.min(sums[weights > 0] / weights[weights > 0]))
