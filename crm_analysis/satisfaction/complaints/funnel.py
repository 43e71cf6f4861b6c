"""Whether a group's complaints are more than chance: a funnel around what its orders let expect.

Spiegelhalter (2005), Funnel plots for comparing institutional performance. A group inside the funnel is not told from
any other, however its rate compares: small groups lie high and low by chance alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.satisfaction.complaints.chance import interval, limits, spreads, unevenness
from crm_analysis.satisfaction.complaints.rates import by_group, rate

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

WARN, SURE = 0.95, 0.998
"""Levels of the limits: about two standard deviations, and three."""
MORE, FEWER = 1, -1
TRIMMED = 0.1
"""Share of groups at either end that is drawn in before it is said how much groups differ."""
FEWEST = 5
"""Groups with an expectation from which on it can be told how much groups differ."""


@dataclass(frozen=True)
class Funnel:
    """Groups beside each other: what came, what their orders let expect at the rate of all, and the limits of chance.

    `table`: one row per group, as `rates.by_group`, with

    - expected (at the rate of all accounts), ratio (complaints over that), both NaN without orders; spread (the
      variance of the group's number, times Poisson's; 1 if accounts complained evenly);
    - low_95, high_95, low_998, high_998: the limits of the ratio (`chance.limits`); the lower is 0 where even no
      complaint at all is nothing rare;
    - way: 1 more, -1 fewer, 0 as chance would have it; level: 0.95 or 0.998 beyond whose limits it lies, else 0;
    - alone: more, but no more than expected without the account that complained most: that account's matter and not the
      group's; apart: outside, and beyond WARN also of the limits widened by how much groups differ among each other.

    `uneven`: how unevenly accounts complain (`chance.unevenness`). `phi`: the mean square of winsorised standard scores
    of the groups, 1 if groups do not differ; `tau2`: the variance of the square root of their true ratios; both
    NaN where fewer than FEWEST groups have an expectation.
    """

    table: pd.DataFrame
    uneven: float
    phi: float
    tau2: float

    @property
    def beyond(self) -> pd.DataFrame:
        """The groups with more than chance explains, the surest first, but for those that owe it to one account."""
        found = self.table[(self.table["way"] == MORE) & ~self.table["alone"]]
        return found.sort_values(["level", "ratio", "group"], ascending=[False, False, True], ignore_index=True)

    @property
    def tested(self) -> int:
        """The groups that could lie outside: those with orders."""
        return int(self.table["expected"].notna().sum())


def funnel(frame: pd.DataFrame, groups: pd.Series) -> Funnel:
    """The funnel of groups; `frame` and `groups` as for `rates.by_group`."""
    import pandas as pd

    table = by_group(frame, groups)
    place = pd.Index(table["group"]).get_indexer(pd.Index(groups))
    mean = rate(frame) * frame["orders"].to_numpy(dtype=np.float64)
    some = ((frame["orders"] > 0) | (frame["complaints"] > 0)).to_numpy()
    uneven = unevenness(frame["complaints"].to_numpy()[some], mean[some])
    expected: Array = np.bincount(place, mean, minlength=len(table)).astype(np.float64)
    spread = spreads(mean, place, len(table), uneven)
    known = np.where(expected > 0, expected, np.nan)
    found: Array = table["complaints"].to_numpy(dtype=np.float64)
    table["expected"], table["ratio"], table["spread"] = known, found / known, spread
    way, level = np.zeros(len(table), dtype=np.int64), np.zeros(len(table))
    for name, size in (("95", WARN), ("998", SURE)):
        low, high = limits(known, size, spread)
        table[f"low_{name}"] = np.where(np.isnan(known), np.nan, np.nan_to_num(low) / known)
        table[f"high_{name}"] = high / known
        out = np.select([found >= high, found <= low], [MORE, FEWER], 0)
        way, level = np.where(out != 0, out, way), np.where(out != 0, size, level)
    table["way"], table["level"] = way, level
    table["alone"] = (table["way"] == MORE) & _one_account(frame, place, mean, found, expected)
    phi, tau2 = between(found, known, spread)
    low, high = wider(known, WARN, spread, tau2)
    ratio = table["ratio"].to_numpy()
    table["apart"] = (way != 0) & ((ratio > high) | (ratio < low))
    return Funnel(table, uneven, phi, tau2)


def _one_account(
    frame: pd.DataFrame, place: NDArray[np.intp], mean: Array, found: Array, expected: Array
) -> NDArray[np.bool_]:
    """By group, whether it has no more complaints than expected once its loudest account is taken away."""
    own = frame["complaints"].to_numpy(dtype=np.float64)
    order = np.lexsort((mean, -own, place))
    first = order[np.r_[True, place[order][1:] != place[order][:-1]]]
    rest, rest_mean = found.copy(), expected.copy()
    rest[place[first]] -= own[first]
    rest_mean[place[first]] -= mean[first]
    alone: NDArray[np.bool_] = rest <= rest_mean + 1e-9
    return alone


def curves(table: pd.DataFrame, points: int = 120) -> pd.DataFrame:
    """The limits by what is expected, for a figure: expected, low_95, high_95, low_998, high_998, a row per point.

    Groups differ in their spread; the curves are those of the median one, so that a point near a curve may lie on its
    other side: what counts are each group's own limits in `Funnel.table`.
    """
    import pandas as pd

    own = table[table["expected"] > 0]
    if own.empty:
        return pd.DataFrame(columns=["expected", "low_95", "high_95", "low_998", "high_998"], dtype=np.float64)
    last = float(own["expected"].max()) * 1.1
    at = np.linspace(min(0.5, float(own["expected"].min())), max(last, 1.0), points)
    made = pd.DataFrame({"expected": at})
    for name, size in (("95", WARN), ("998", SURE)):
        low, high = limits(at, size, float(own["spread"].median()))
        made[f"low_{name}"], made[f"high_{name}"] = np.nan_to_num(low) / at, high / at
    return made


def funnelplotr(expected: ArrayLike, level: float = WARN) -> tuple[Array, Array]:
    """The limits of the ratio as the R package FunnelPlotR draws them: `chance.interval` of the expected number.

    For comparison with reports that were made with it; `chance.limits` says why the page does not take them.
    """
    mean = np.asarray(expected, dtype=np.float64)
    low, high = interval(mean, level)
    return low / mean, high / mean


def between(found: ArrayLike, expected: ArrayLike, spread: ArrayLike = 1.0) -> tuple[float, float]:
    """How much groups differ among each other: phi and tau2 of `Funnel`.

    Standard scores of the square root of the ratio, whose standard error is sqrt(spread / expected) / 2, are
    winsorised by TRIMMED; phi is their mean square. Where phi of k groups exceeds (k - 1) / k, tau2 is the variance
    that random effects need to explain it (Spiegelhalter 2005, section 4.2; DerSimonian & Laird 1986), else 0.
    """
    mean = np.asarray(expected, dtype=np.float64)
    some = mean > 0
    many = int(some.sum())
    if many < FEWEST:
        return float("nan"), float("nan")
    error = _error(mean, spread)[some]
    score = (np.sqrt(np.asarray(found, dtype=np.float64)[some] / mean[some]) - 1) / error
    score = np.clip(score, *np.quantile(score, [TRIMMED, 1 - TRIMMED]))
    phi = float(np.mean(score**2))
    weight = 1 / error**2
    free = float(weight.sum() - (weight**2).sum() / weight.sum())
    return phi, max(0.0, (many * phi - (many - 1)) / free) if free > 0 else 0.0


def wider(expected: ArrayLike, level: float, spread: ArrayLike, tau2: float) -> tuple[Array, Array]:
    """Limits of the ratio by the normal law of its square root, widened by the variance between groups.

    Without one (0 or NaN) they are those of the square root alone, about as `chance.limits`.
    """
    from scipy.stats import norm

    wide = float(norm.ppf((1 + level) / 2)) * np.sqrt(_error(expected, spread) ** 2 + np.nan_to_num(tau2))
    return np.maximum(1 - wide, 0.0) ** 2, (1 + wide) ** 2


def _error(expected: ArrayLike, spread: ArrayLike) -> Array:
    mean = np.asarray(expected, dtype=np.float64)
    size = np.broadcast_to(np.asarray(spread, dtype=np.float64), mean.shape)
    return np.sqrt(np.divide(size, mean, out=np.full(mean.shape, np.nan), where=mean > 0)) / 2
