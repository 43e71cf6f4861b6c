"""Differences of scores: between groups of accounts, and between two waves in which some answered both times.

Accounts that answered both times are counted as such: each account's influence on both means adds up before it is
squared. To either side half of the pseudo-responses are added (as Agresti & Caffo 2000 do for shares).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.satisfaction.scores.intervals import KINDS, LEAST, POINTS, Adjusted, Sums, adjusted, pseudo, quantile

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Difference(NamedTuple):
    """The second less the first, in points: its interval and the p-value of no difference; NaN below LEAST accounts."""

    points: Array
    low: Array
    high: Array
    p: Array


def between(first: Sums, second: Sums, kind: str, level: float = LEVEL, together: Array | float = 0.0) -> Difference:
    """The difference of two scores of a kind, group by group.

    `together` is the covariance of the two adjusted means, 0 where no account is on both sides. Quantiles
    are Student's for every kind, with Satterthwaite's (1946) degrees of freedom: of a small group beside a large one
    they are about the small one's, and one group in many must not stand out by chance. The interval, around
    the difference of the scores of the accounts heard, excludes 0 if and only if p is below 1 - level, but where its
    end is that difference itself.
    """
    from scipy.special import stdtr

    one, two = (adjusted(sums, kind, pseudo(kind, level) / 2) for sums in (first, second))
    variance = np.maximum(one.variance + two.variance - 2 * together, 1e-12)
    moved, error, many = two.mean - one.mean, np.sqrt(variance), _freedom(one, two) + 1
    half = quantile(kind, level, many, uneven=True) * error
    raw, width = second.mean - first.mean, KINDS[kind].high - KINDS[kind].low
    low, high = np.maximum(moved - half, -width), np.minimum(moved + half, width)
    ratio = -np.abs(moved / error)
    p = 2 * stdtr(np.maximum(many - 1, 1), ratio)
    told = (first.accounts >= LEAST) & (second.accounts >= LEAST)
    low, high = np.minimum(low, raw), np.maximum(high, raw)
    return Difference(*(np.where(told, values, np.nan) for values in (POINTS * raw, POINTS * low, POINTS * high, p)))


def _freedom(one: Adjusted, two: Adjusted) -> Array:
    """Degrees of freedom of a difference: those of both sides together where these scatter alike, else fewer."""
    lost = sum(side.variance**2 / np.maximum(side.many - 1, 1) for side in (one, two))
    return (one.variance + two.variance) ** 2 / np.maximum(lost, 1e-300)


class Change(NamedTuple):
    """A score of two waves: before, now and the change in points, its interval and p-value, accounts of each wave.

    `both` accounts told it in both waves; `paired` is the change of these alone.
    """

    before: float
    now: float
    change: float
    low: float
    high: float
    p: float
    accounts_before: int
    accounts_now: int
    both: int
    paired: float


def change(before: pd.Series, now: pd.Series, kind: str, level: float = LEVEL) -> Change:
    """The change from one wave to another; both are accounts' values by account_id, NaN left out."""
    before, now = before.dropna(), now.dropna()
    first, second = Sums.of(before), Sums.of(now)
    one, two = (adjusted(sums, kind, pseudo(kind, level) / 2) for sums in (first, second))
    both = before.index.intersection(now.index)
    then, later = before[both].to_numpy(np.float64), now[both].to_numpy(np.float64)
    together = float((then - one.mean) @ (later - two.mean)) / (one.many * two.many)
    found = between(first, second, kind, level, together)
    paired = POINTS * float(np.mean(later - then)) if len(both) else float("nan")
    was, is_ = (POINTS * float(sums.mean[0]) for sums in (first, second))
    moved, low, high, p = (float(values[0]) for values in found)
    return Change(was, is_, moved, low, high, p, len(before), len(now), len(both), paired)
