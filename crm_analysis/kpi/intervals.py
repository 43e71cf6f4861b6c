"""How sure KPIs are: intervals of one sum over another, accounts being the cases.

Sums and counts over a complete book are facts and have none. That of a ratio says how far the figure would lie from
where it does had the accounts been others like them: not how sure it is what these accounts did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import effective, wilson
from crm_analysis.kpi import definitions
from crm_analysis.potential.guard.exact import lower, upper
from crm_analysis.satisfaction.complaints import chance
from crm_analysis.satisfaction.scores.intervals import Sums, ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.kpi.definitions import Kpi

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

LEVEL = 0.95
NEAR = 1e-9
LEAST = 2
"""Accounts below which a ratio of sums over accounts has no interval."""


def intervals(kpi: Kpi, num: Array, den: Array | None, codes: Codes, groups: int) -> tuple[Array, Array]:
    """The ends of each group's 95 % interval, before the KPI's scale; NaN where there is none, and for facts.

    `num`, `den` and `codes` (-1 for none) are by account. Ratios of sums: `half_width`. Shares: Wilson's of as many
    independent cases as the clustered ones are worth (Korn & Graubard 1998). Shares of accounts: exact (Clopper &
    Pearson 1934). Events: exact for Poisson's numbers, widened by how unevenly accounts have them
    (`complaints.chance`). Answers: as on the page of satisfaction. All hold up where accounts are independent; what
    moves many at once is for `kpi.comparison`. Means of money over few very uneven accounts are held too seldom: of
    lognormal revenue of sigma 1.2, 80 % of intervals of 10 accounts, 85 % of 30 and 90 % of 100 hold the truth.
    """
    nothing = np.full(groups, np.nan)
    if den is None or kpi.interval == definitions.FACT:
        return nothing, nothing.copy()
    own = (codes >= 0) & ((num != 0) | (den != 0))
    num, den, codes = num[own], den[own], codes[own]
    top, whole, many = (total(codes, weights, groups) for weights in (num, den, np.ones(len(codes))))
    some = whole > 0
    if kpi.interval == definitions.ANSWERS:
        values = np.divide(num, den, out=np.full(len(num), np.nan), where=den > 0)
        return ends(Sums.of(values, codes, groups), "top_two" if kpi.name == "csat" else "nps", LEVEL)
    if kpi.interval == definitions.EXACT:
        low, high = (end(top, whole, (1 - LEVEL) / 2) for end in (lower, upper))
    elif kpi.interval == definitions.EVENTS:
        low, high = (divided(end, whole) for end in _events(num, den, codes, groups))
    else:
        rate = divided(top, whole)
        if kpi.interval == definitions.SHARES:
            scatter = total(codes, (num - np.where(some, rate, 0.0)[codes] * den) ** 2, groups)
            number = effective(top, whole, scatter, many)
            low, high = wilson(np.nan_to_num(rate) * number, number, LEVEL)
        else:
            half = half_width(num, den, codes, groups)
            low, high = rate - half, rate + half
    # no end beyond what the KPI can be, unless credit notes carry the value itself there
    (least, most), own_value = kpi.within, divided(top, whole)
    low, high = np.minimum(np.maximum(low, least), own_value), np.maximum(np.minimum(high, most), own_value)
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def total(codes: Codes, weights: Array, groups: int) -> Array:
    """Sums by group; codes of -1 are in none."""
    if codes.min(initial=0) < 0:
        own = codes >= 0
        codes, weights = codes[own], weights[own]
    if groups == 1:
        return np.array([weights.sum()], dtype=np.float64)
    return np.bincount(codes, weights, groups).astype(np.float64)


def divided(top: Array, whole: Array) -> Array:
    """One over the other; NaN where that is not positive."""
    return np.divide(top, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def half_width(num: Array, den: Array, codes: Codes, groups: int) -> Array:
    """Half the interval of each group's ratio of sums over accounts; NaN below LEAST accounts, and without a ratio.

    The jackknife's: each account in turn is left out (Tukey 1958), which is the linearised error (Cochran 1977, 6.13)
    with the pull of large accounts taken out of their own residuals. Student's t with as many accounts as the uneven
    ones are worth (Kish 1965), less one: few large ones tell little of how much they scatter.
    """
    from scipy.special import stdtrit

    whole, many = total(codes, den, groups), total(codes, np.ones(len(codes)), groups)
    rate, some = divided(total(codes, num, groups), whole), whole > 0
    weight = den / np.where(some, whole, 1.0)[codes]
    left_out = np.where(some, rate, 0.0)[codes] * weight - num / np.where(some, whole, 1.0)[codes]
    left_out /= 1 - np.minimum(weight, 1 - NEAR)
    variance = total(codes, left_out**2, groups) * (many - 1) / np.maximum(many, 1)
    worth = divided(np.ones(groups), total(codes, weight**2, groups))
    half: Array = stdtrit(np.maximum(worth - 1, 1), (1 + LEVEL) / 2) * np.sqrt(np.maximum(variance, 0))
    return np.where(some & (many >= LEAST), half, np.nan)


def _events(num: Array, den: Array, codes: Codes, groups: int) -> tuple[Array, Array]:
    """As `complaints.rates.by_group`: unevenness is learned from all accounts, at no rate below that of all."""
    usual = float(num.sum() / den.sum()) if den.sum() > 0 else 0.0
    uneven = chance.unevenness(num, usual * den)
    top, whole = total(codes, num, groups), total(codes, den, groups)
    mean = np.maximum(np.nan_to_num(divided(top, whole)), usual)[codes] * den
    return chance.interval(top, LEVEL, chance.spreads(mean, codes, groups, uneven))
