"""Before and after, as a manager would compare them: what everything that happened since did, the programme among it.

Shown beside the difference in differences, not in its place. Its interval takes accounts for independent, so that it
holds neither what a whole office nor what the whole market went through, and is far too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.kpi.effect.assignments import ERROR
from crm_analysis.kpi.effect.did import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

YEAR = 4
"""Quarters between a quarter and the same one a year before."""


@dataclass(frozen=True)
class Naive:
    """After against before: `effect`, of a sum the logarithm of the ratio, of a rate the difference.

    `low`, `high`: the 95 % interval of independent accounts; `accounts` and `quarters` went into it. NaN where nothing
    can be compared.
    """

    effect: float
    low: float
    high: float
    error: float
    accounts: int
    quarters: int


NOTHING = Naive(float("nan"), float("nan"), float("nan"), float("nan"), 0, 0)


def naive(above: Array, below: Array | None, start: Ints, scale: float = 1.0) -> Naive:
    """The quarters from the start on, at most a year of them, against the same quarters a year before.

    `above`, `below`: quarters x accounts (`below` None for a sum); `start`: the quarter in which each account's unit
    started, NEVER else. Accounts that did not start, and quarters that are not told in both years, count nothing.
    """
    after, before, quarters = windows(above, below, start)
    inside = start < NEVER
    return change(*after, *before, inside, scale, quarters)


def windows(
    above: Array, below: Array | None, start: Ints
) -> tuple[tuple[Array, Array | None], tuple[Array, Array | None], int]:
    """Sums of accounts after, and before; and how many quarters at most are in them."""
    told = np.isfinite(above if below is None else above + below).all(axis=1)
    place = np.arange(len(above))
    both = told & (place >= YEAR) & np.roll(told, YEAR)
    inside = both[:, None] & (place[:, None] >= start) & (place[:, None] < start + YEAR)
    # the first rows of `inside` are False, so what rolls over the end is, too
    shifted = np.roll(inside, -YEAR, axis=0)
    sums = []
    for chosen in (inside, shifted):
        own = np.where(chosen, above, 0.0).sum(axis=0)
        sums.append((own, None if below is None else np.where(chosen, below, 0.0).sum(axis=0)))
    return sums[0], sums[1], int(inside.any(axis=1).sum())


def change(
    after: Array,
    after_below: Array | None,
    before: Array,
    before_below: Array | None,
    inside: NDArray[np.bool_],
    scale: float = 1.0,
    quarters: int = 0,
) -> Naive:
    """The change of the accounts `inside` from sums before to sums after.

    The variance is the linearised one of independent accounts (delta method).
    """
    from scipy.stats import norm

    some = inside & ((after != 0) | (before != 0))
    if after_below is not None and before_below is not None:
        some = inside & ((after_below != 0) | (before_below != 0))
    many = int(some.sum())
    if many < 2:
        return NOTHING
    if after_below is None or before_below is None:
        totals = after[some].sum(), before[some].sum()
        if min(totals) <= 0:
            return NOTHING
        effect = float(np.log(totals[0] / totals[1]))
        influence = after[some] / totals[0] - before[some] / totals[1]
    else:
        under = after_below[some].sum(), before_below[some].sum()
        if min(under) <= 0:
            return NOTHING
        rates = after[some].sum() / under[0], before[some].sum() / under[1]
        effect = scale * float(rates[0] - rates[1])
        influence = (after[some] - rates[0] * after_below[some]) / under[0]
        influence = scale * (influence - (before[some] - rates[1] * before_below[some]) / under[1])
    error = float(np.sqrt(many * influence.var(ddof=1)))
    half = float(norm.ppf(1 - ERROR / 2)) * error
    return Naive(effect, effect - half, effect + half, error, many, quarters)
