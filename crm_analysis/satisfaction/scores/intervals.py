"""Scores of accounts with intervals that hold from few of them: what pseudo-responses add, and what weights take away.

The unit is the account: several people of one account are one value, their mean. To the accounts heard a few are added
that say something of everything (`KINDS`), so that an interval has a width where all say the same and is not too narrow
where few speak. The score told is that of the accounts heard, without them.

For NPS three pseudo-responses are added, 3/4 promoters, 3/2 passive, 3/4 detractors, for 95 % (Rocks 2016). They stand
for the shrinkage of the score interval, which is by z squared (Wilson 1927 for shares; Agresti & Coull 1998): for other
levels their number therefore goes with z squared. What these intervals cover is in docs/satisfaction_measured.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.intp]

POINTS = 100.0
"""Scores are told in points: a share of a scale, or of accounts, times this."""
LEAST = 2
"""Accounts, and accounts' worth of weight, below which there is no interval."""


class Kind(NamedTuple):
    """A kind of score: the ends of its values, and the pseudo-responses that are added to accounts heard.

    They number `pseudo` times z squared, lie around the middle of the scale, and their variance is `spread` times the
    square of half its width: 1 if all are at the ends, 1/2 if half are in the middle, 1/3 if they are spread evenly.
    `student` takes Student's quantile for the normal one: means of skewed answers need it.
    """

    low: float
    high: float
    pseudo: float
    spread: float
    student: bool


_THREE = 3 / 1.959963984540054**2
KINDS = {
    "content": Kind(0.0, 1.0, _THREE, 1 / 3, True),
    "top_two": Kind(0.0, 1.0, 1.0, 1.0, False),
    "nps": Kind(-1.0, 1.0, _THREE, 1 / 2, False),
    "lead": Kind(-1.0, 1.0, _THREE, 1 / 3, True),
}
"""content: a mean of answers as shares of their scales; top_two: a share of people; nps: promoters less detractors;
lead: a difference of two answers as shares of their scales."""


class Sums(NamedTuple):
    """What is needed of the accounts of each group: how many, what their weights come to, and sums of values.

    Weights are scaled so that their sum and the sum of their squares are the effective number (Kish 1965) of accounts:
    equal weights are 1. `one`, `two`: sums of values and of squared values; those `by` squared weights too.
    """

    accounts: Array
    effective: Array
    one: Array
    by_one: Array
    by_two: Array

    @classmethod
    def of(cls, values: Any, group: Any = None, groups: int = 1, weights: Any = None) -> Sums:
        """Of values per account, NaN where it said nothing; `group` numbers each account's group from 0."""
        values = np.asarray(values, dtype=np.float64)
        weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
        group = np.zeros(len(values), dtype=np.intp) if group is None else np.asarray(group, dtype=np.intp)
        known = ~np.isnan(values) & (weights > 0) & (group >= 0)
        values, weights, group = values[known], weights[known], group[known]

        def total(numbers: Array) -> Array:
            return np.bincount(group, numbers, groups).astype(np.float64)

        whole, squares = total(weights), total(weights**2)
        unit = np.divide(squares, whole, out=np.ones(groups), where=whole > 0)
        own = weights / unit[group]
        effective = total(own)
        return cls(total(np.ones(len(own))), effective, total(own * values), total(own**2 * values),
                   total(own**2 * values**2))  # fmt: skip

    def without(self, group: Sums) -> Sums:
        """The rest: these sums less those of groups of them, where weights are equal."""
        return Sums(*(whole - part for whole, part in zip(self, group, strict=True)))

    @property
    def mean(self) -> Array:
        """The score of the accounts heard; NaN without any."""
        return np.divide(self.one, self.effective, out=np.full(len(self.one), np.nan), where=self.effective > 0)


class Adjusted(NamedTuple):
    """The mean with pseudo-responses, its variance, and how many responses there are with them."""

    mean: Array
    variance: Array
    many: Array


def pseudo(kind: str, level: float = LEVEL) -> float:
    """How many pseudo-responses are added for intervals of a level.

    >>> round(pseudo("nps", .95), 6), round(pseudo("nps"), 3), round(pseudo("top_two", .95), 3)
    (3.0, 2.113, 3.841)
    """
    return KINDS[kind].pseudo * normal(level) ** 2


def normal(level: float) -> float:
    """The normal quantile of two-sided intervals of a level."""
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def adjusted(sums: Sums, kind: str, added: float) -> Adjusted:
    """Mean and variance with `added` pseudo-responses; accounts are drawn with their weights (ratio estimator)."""
    own = KINDS[kind]
    middle, spread = (own.low + own.high) / 2, own.spread * ((own.high - own.low) / 2) ** 2
    many = sums.effective + added
    mean = (sums.one + added * middle) / many
    heard = sums.by_two - 2 * mean * sums.by_one + mean**2 * sums.effective
    variance = (np.maximum(heard, 0) + added * (spread + (middle - mean) ** 2)) / many**2
    return Adjusted(mean, variance, many)


def quantile(kind: str, level: float, many: Array, uneven: Any = False) -> Array:
    """What a standard error is multiplied by; `many` responses, pseudo-responses included.

    Student's quantile, too, where weights are `uneven`: the few large accounts then make the standard error unsure.
    """
    from scipy.special import stdtrit

    student: Array = stdtrit(np.maximum(many - 1, 1), (1 + level) / 2)
    return student if KINDS[kind].student else np.where(uneven, student, normal(level))


def ends(sums: Sums, kind: str, level: float = LEVEL) -> tuple[Array, Array]:
    """The interval of each group's score, within the scale and around the score; NaN below LEAST accounts.

    NaN, too, where weights leave fewer than LEAST accounts' worth.
    """
    own, found = KINDS[kind], adjusted(sums, kind, pseudo(kind, level))
    uneven = sums.effective < sums.accounts - 1e-9
    half = quantile(kind, level, found.many, uneven) * np.sqrt(found.variance)
    told = (sums.accounts >= LEAST) & (sums.effective >= LEAST - 1e-9)
    low = np.minimum(np.maximum(found.mean - half, own.low), sums.mean)
    high = np.maximum(np.minimum(found.mean + half, own.high), sums.mean)
    return np.where(told, low, np.nan), np.where(told, high, np.nan)


def off_zero(sums: Sums, kind: str, level: float = LEVEL) -> Array:
    """The p-value of each group's score being 0 in truth; NaN below LEAST accounts.

    It is below 1 - level if and only if the interval of `ends` leaves 0 out, but where its end is the score itself.
    """
    from scipy.special import ndtr, stdtr

    found = adjusted(sums, kind, pseudo(kind, level))
    ratio = -np.abs(found.mean) / np.sqrt(found.variance)
    p = 2 * (stdtr(np.maximum(found.many - 1, 1), ratio) if KINDS[kind].student else ndtr(ratio))
    return np.where((sums.accounts >= LEAST) & (sums.effective >= LEAST - 1e-9), p, np.nan)


class Score(NamedTuple):
    """A score in points: of how many accounts, its interval, and as how many equal accounts weights leave them."""

    accounts: int
    points: float
    low: float
    high: float
    effective: float


def score(values: Any, kind: str, weights: Any = None, level: float = LEVEL) -> Score:
    """The score of accounts, one value each (NaN where an account said nothing).

    >>> [round(part, 1) for part in score([1] * 50 + [0] * 30 + [-1] * 20, "nps", level=.95)]
    [100, 30.0, 13.8, 44.4, 100.0]
    """
    sums = Sums.of(values, weights=weights)
    low, high = ends(sums, kind, level)
    points, low_, high_ = (POINTS * float(part[0]) for part in (sums.mean, low, high))
    return Score(int(sums.accounts[0]), points, low_, high_, float(sums.effective[0]))
