"""What chance does to numbers of complaints, where the complaints of one account are not independent.

Accounts differ in how readily they complain: nine complaints of one account are one unhappy account. So a number of
complaints scatters more than Poisson's. Around an expected number mu the count of one account has the variance
mu + unevenness x mu squared (as in a negative binomial), one unevenness for the whole book, and a group's variance is
the sum over its accounts: `spread` times Poisson's. A group of many small accounts is told apart almost as by
Poisson, one that lives from a single large account hardly at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL, effective

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]


def unevenness(complaints: ArrayLike, expected: ArrayLike) -> float:
    """How unevenly accounts complain beyond Poisson: 0 not at all; 1 where rates scatter as much as they are high.

    One number per account in both. By moments: what squared deviations have above Poisson's, by the sum of squared
    expectations (Breslow 1984 has the same variance).
    """
    found, mean = np.asarray(complaints, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    many, squares = len(found), float(mean @ mean)
    if many < 2 or squares <= 0:
        return 0.0
    excess = float(((found - mean) ** 2).sum()) * many / (many - 1) - float(found.sum())
    return max(0.0, excess / squares)


def spreads(expected: ArrayLike, place: ArrayLike, groups: int, uneven: float) -> Array:
    """By group (`place`, from 0), how many times Poisson's the variance of its number of complaints is.

    `expected` is one number per account. 1 where nothing is expected.
    """
    mean, own = np.asarray(expected, dtype=np.float64), np.asarray(place, dtype=np.intp)
    whole, squares = (np.bincount(own, weights, minlength=groups) for weights in (mean, mean**2))
    found: Array = 1 + uneven * np.divide(squares, whole, out=np.zeros(groups), where=whole > 0)
    return found


def interval(count: ArrayLike, level: float = LEVEL, spread: ArrayLike = 1.0) -> tuple[Array, Array]:
    """The exact interval of the mean of a Poisson number of which `count` came (Garwood 1936).

    With a `spread`, that of count / spread, times the spread: the same share of a standard deviation to either side.
    The count need not be whole.
    """
    from scipy.stats import chi2

    tail, size = (1 - level) / 2, np.asarray(spread, dtype=np.float64)
    number = np.asarray(count, dtype=np.float64) / size
    low = np.where(number > 0, chi2.ppf(tail, 2 * np.where(number > 0, number, 1.0)) / 2, 0.0)
    return low * size, chi2.isf(tail, 2 * number + 2) / 2 * size


def limits(expected: ArrayLike, level: float, spread: ArrayLike = 1.0) -> tuple[Array, Array]:
    """The counts at and beyond which a Poisson number with this mean comes with at most (1 - level) / 2 on each side.

    Exact: a whole number at or above the second has P(X >= it) <= (1 - level) / 2, one at or below the first
    P(X <= it) <= (1 - level) / 2, and between whole numbers the limits run on without steps. The first is NaN where
    even 0 is not so rare. With a `spread` as in `interval`. NaN where nothing is expected.

    `interval` of the expected number itself is what FunnelPlotR draws in their place. That is no probability limit of
    counts: of one expected complaint it would blame, or praise, a group for having none, which chance does to one in
    three.
    """
    from scipy.special import gdtrib

    tail, size = (1 - level) / 2, np.asarray(spread, dtype=np.float64)
    mean = np.asarray(expected, dtype=np.float64) / size
    some = mean > 0
    known = np.where(some, mean, 1.0)
    high = np.where(some, gdtrib(1.0, tail, known), np.nan)
    rare = some & (np.exp(-known) <= tail)
    low = np.where(rare, np.maximum(gdtrib(1.0, 1 - tail, np.where(rare, known, 10.0)) - 1, 0.0), np.nan)
    return low * size, high * size


def worth(part: float, of: float, scatter: float, accounts: int, level: float = LEVEL) -> float:
    """How many independent complaints tell as much of part / of as those of so many accounts do.

    As `definition.shares.effective`, less what is lost because few accounts tell little of their own scatter: the
    squared quotient of Student's quantiles (Korn & Graubard 1998). Shares of 0 and 1, where nothing scatters, are worth
    the number of accounts.
    """
    from scipy.stats import t as student

    many = float(effective(part, of, scatter, accounts))
    if not 0 < part < of:
        return many
    if accounts < 2:
        return min(many, 1.0)
    tail = (1 + level) / 2
    return many * float(student.ppf(tail, max(of - 1, 1)) / student.ppf(tail, accounts - 1)) ** 2


def compared(
    now: ArrayLike, before: ArrayLike, orders: float, orders_before: float, level: float = LEVEL
) -> tuple[float, float, float, float]:
    """A rate against an earlier one: their ratio, its interval, and p of no change; NaN without complaints or orders.

    `now` and `before` are complaints by account. Given how many came in all, those of now are a share of them, of which
    orders tell what it would be without a change. It is a share of clustered observations, the clusters being accounts:
    the interval is Clopper and Pearson's for as many independent complaints as they are worth (Korn & Graubard 1998),
    p twice the smaller tail.
    """
    from scipy.stats import beta

    one, two = np.asarray(now, dtype=np.float64), np.asarray(before, dtype=np.float64)
    each = one + two
    part, whole = float(one.sum()), float(each.sum())
    if whole <= 0 or orders <= 0 or orders_before <= 0:
        return float("nan"), float("nan"), float("nan"), float("nan")
    share, level_share = part / whole, orders / (orders + orders_before)
    scatter = float(((one - share * each) ** 2).sum())
    many = worth(part, whole, scatter, int((each > 0).sum()), level)
    x, tail = share * many, (1 - level) / 2
    low = float(beta.ppf(tail, x, many - x + 1)) if x > 0 else 0.0
    high = float(beta.isf(tail, x + 1, many - x)) if x < many else 1.0
    more = float(beta.cdf(level_share, x, many - x + 1)) if x > 0 else 1.0
    fewer = float(beta.sf(level_share, x + 1, many - x)) if x < many else 1.0
    by = orders_before / orders

    def ratio(value: float) -> float:
        return value / (1 - value) * by if value < 1 else float("inf")

    return ratio(share), ratio(low), ratio(high), min(1.0, 2 * min(more, fewer))
