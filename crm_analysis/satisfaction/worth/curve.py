"""Leaving by the score itself, as a curve with bends, and what it would say of a score that rose.

Association, not effect: it is used to put a priority into money only, and only where the score goes with leaving.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.satisfaction.worth.rates import YEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BENDS = (1 / 3, 2 / 3)
"""Quantiles of the scores at which the curve may bend."""


@dataclass(frozen=True)
class Curve:
    """The share that leaves in a year, by satisfaction as a share of its scale.

    The hazard a year is exp(base + score x coefficients of its pieces); `low` and `high` are the ends of the scores
    learned from, beyond which it is level.
    """

    base: float
    at: Array
    covariance: Array
    knots: tuple[float, ...]
    low: float
    high: float

    def pieces(self, scores: Array) -> Array:
        """A column per coefficient: the score, and what it has above each bend; scores within what was seen."""
        own = np.clip(scores, self.low, self.high)
        return np.stack([own, *(np.maximum(own - knot, 0) for knot in self.knots)], axis=-1)

    def yearly(self, scores: Array, at: Array | None = None) -> Array:
        """The share that leaves within a year at these scores, by the estimate or by other coefficients."""
        shares: Array = -np.expm1(-np.exp(self.base + self.pieces(scores) @ (self.at if at is None else at)))
        return shares

    def draws(self, many: int, rng: np.random.Generator) -> Array:
        """So many draws of the coefficients: (many, coefficients)."""
        values, vectors = np.linalg.eigh(self.covariance)
        return self.at + rng.standard_normal((many, len(self.at))) @ (vectors * np.sqrt(np.maximum(values, 0))).T


def bends(scores: Array) -> tuple[float, ...]:
    """Where the curve may bend: BENDS of the scores, each once, none at their ends; empty where they hardly differ."""
    if not len(scores):
        return ()
    found = np.unique(np.quantile(scores, BENDS, method="inverted_cdf"))
    return tuple(float(knot) for knot in found if scores.min() + 1e-6 < knot < scores.max() - 1e-6)


def curve(at: Array, covariance: Array, knots: tuple[float, ...], scores: Array, event: Array, days: Array) -> Curve:
    """The curve of these coefficients that expects as many to leave as left."""
    raw = Curve(0.0, at, covariance, knots, float(scores.min()), float(scores.max()))
    expected = float((np.exp(raw.pieces(scores) @ at) * days).sum()) / YEAR
    base = float(np.log(max(float(event.sum()), 0.5) / expected))
    return Curve(base, at, covariance, knots, raw.low, raw.high)
