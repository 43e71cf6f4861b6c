"""Sales people and offices beside each other: who differs from the company by more than chance, with how little.

Spiegelhalter (2005), Funnel plots for comparing institutional performance. A group of few accounts lies high or low by
chance alone, so that limits are wide where a group is small. Accounts are the cases: what one account does many times
is no many-fold proof, and the limits count that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.kpi.definitions import BY_NAME, EVENTS, EXACT, SHARES, Kpi
from crm_analysis.kpi.values import counted
from crm_analysis.kpi.windows import YEAR, checked_dimension, checked_kind, window
from crm_analysis.satisfaction.complaints import chance
from crm_analysis.satisfaction.complaints.funnel import FEWEST, SURE, TRIMMED, WARN

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.kpi.panel import Panel

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

KPIS = (
    "complaints_per_100_orders", "resolution_days", "shipping_days", "on_time", "margin_rate", "account_retention",
    "nps", "csat", "response_rate", "proactive_share", "bad_account_share", "days_to_pay",
)  # fmt: skip
"""KPIs that groups can be held against each other by: ratios that do not depend on how large accounts are."""
LEAST = 2
"""Groups that a comparison needs."""
BETTER, WORSE, BETTER_PERHAPS, WORSE_PERHAPS, SAME, NONE = (
    "better", "worse", "better_perhaps", "worse_perhaps", "same", "none",
)  # fmt: skip
WAYS = (BETTER, WORSE, BETTER_PERHAPS, WORSE_PERHAPS, SAME, NONE)
LIMITS = ("low_95", "high_95", "low_998", "high_998")
COLUMNS = (
    "kpi", "dimension", "group", "quarter", "window", "accounts", "numerator", "denominator", "value", "company",
    *LIMITS, "way", "apart",
)  # fmt: skip


@dataclass(frozen=True)
class Law:
    """What an account's numerator scatters by around `rate` x its denominator: each x den + uneven x den squared.

    `each` is the part that adds up over an account's cases, `uneven` the part that is the account's own.
    """

    rate: float
    each: float
    uneven: float

    def variance(self, whole: Array, squares: Array) -> Array:
        """That of a group's numerator, from the sum of its denominators and that of their squares."""
        return self.each * whole + self.uneven * squares


def funnels(
    panel: Panel, dimension: str, kind: str = YEAR, quarter: str | int = -1, kpis: Sequence[str] = KPIS
) -> pd.DataFrame:
    """One row per KPI and group with accounts, in the order of `kpis`, then by group.

    Columns: kpi, dimension, group ("" for accounts without one, which make the company's figure but are held against
    nothing), quarter, window (`kind`, or the KPI's first), accounts, numerator, denominator, value, company (the figure
    of all), low_95, high_95, low_998, high_998 (in the KPI's unit: where a group like the company would lie in 95 % and
    99.8 %; within what the KPI can be); way: BETTER, WORSE beyond the outer limits, BETTER_PERHAPS, WORSE_PERHAPS
    beyond the inner ones, where 1 in 20 groups lies by chance alone, SAME inside, NONE without a value; apart: outside
    also of the inner limits widened by how much groups differ among each other (Spiegelhalter's random effects; False
    where fewer than FEWEST tell).

    KPIs that the panel or window does not tell, and those with fewer than LEAST groups, have no row. UserError for a
    dimension, window or KPI that nobody knows, BookError for a dimension that the book does not tell.
    """
    import pandas as pd

    checked_dimension(panel, dimension)
    checked_kind(kind)
    unknown = [name for name in kpis if name not in BY_NAME or not BY_NAME[name].ratio]
    if unknown:
        raise UserError(f"groups are compared by ratio KPIs such as {KPIS[0]}; found {unknown[0]!r}.")
    parts = [_funnel(panel, BY_NAME[name], dimension, kind, quarter) for name in kpis]
    told = [part for part in parts if part is not None]
    return pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=list(COLUMNS))


def law(kpi: Kpi, num: Array, den: Array) -> Law:
    """The law of an account's scatter, learned from all accounts.

    Events: Poisson's, with the unevenness of `complaints.chance`. Shares of cases: a binomial one whose cases of an
    account are alike to some degree (as in a beta-binomial; by moments). Others: by moments, from the sums of squared
    residuals and of squared residuals over denominators.
    """
    own = (num != 0) | (den != 0)
    num, den = num[own], den[own]
    whole = float(den.sum())
    rate = float(num.sum()) / whole if whole > 0 else float("nan")
    if kpi.interval == EVENTS:
        return Law(rate, rate, rate**2 * chance.unevenness(num, rate * den))
    rest = np.square(num - rate * den) * len(num) / max(len(num) - 1, 1)
    if kpi.interval in (SHARES, EXACT):
        one = rate * (1 - rate)
        pairs = one * float((den * (den - 1)).sum())
        alike = float(np.clip((rest.sum() - one * whole) / pairs, 0, 1)) if pairs > 0 else 0.0
        return Law(rate, one * (1 - alike), one * alike)
    some = den > 0
    rest, den = rest[some], den[some]
    sides = np.array([float((rest / den).sum()), float(rest.sum())])
    sums = np.array([[len(den), den.sum()], [den.sum(), float(den @ den)]])
    each, uneven = np.linalg.lstsq(sums, sides, rcond=None)[0] if len(den) else (0.0, 0.0)
    if each < 0 or uneven < 0:
        squares, whole = float(den @ den), float(den.sum())
        each, uneven = (0.0, sides[1] / squares) if each < 0 else (sides[1] / whole, 0.0)
    return Law(rate, float(each), float(uneven))


def limits(kpi: Kpi, own: Law, whole: Array, squares: Array, level: float) -> tuple[Array, Array]:
    """Between which values, before the KPI's scale, a group like the company lies in `level` of cases.

    Events as `chance.limits`; shares by the binomial law of as many independent cases as the group's are worth; others
    by the normal law. A group at a limit is as rare as one beyond it. NaN where nothing can lie beyond. Where what is
    divided by is as uneven over accounts as revenue is, the normal law is too narrow far out: of simulated groups of
    ten accounts with lognormal sizes (sd 1.5) 1 in 16 lay beyond the inner limits, and 1 in 80 beyond the outer ones.
    """
    from scipy.special import bdtrik, ndtri

    variance, tail = own.variance(whole, squares), (1 - level) / 2
    some = (whole > 0) & (variance > 0)
    by, whole = np.where(some, variance, 1.0), np.where(some, whole, 1.0)
    if kpi.interval == EVENTS:
        mean = own.rate * whole
        low, high = (end / whole for end in chance.limits(mean, level, by / mean))
    elif kpi.interval in (SHARES, EXACT):
        cases = own.rate * (1 - own.rate) * whole**2 / by
        with np.errstate(invalid="ignore"):
            high = (bdtrik(1 - tail, cases, own.rate) + 1) / cases
            low = np.where((1 - own.rate) ** cases <= tail, bdtrik(tail, cases, own.rate) / cases, np.nan)
        high = np.where(own.rate**cases <= tail, high, np.nan)
    else:
        half = -float(ndtri(tail)) * np.sqrt(by) / whole
        low, high = own.rate - half, own.rate + half
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def between(value: Array, rate: float, error: Array) -> float:
    """The variance between groups that their standard errors leave unexplained; NaN of fewer than FEWEST groups.

    Standard scores are winsorised by TRIMMED at either end (Spiegelhalter 2005, 4.2; DerSimonian & Laird 1986).
    """
    some = np.isfinite(value) & (error > 0)
    many = int(some.sum())
    if many < FEWEST:
        return float("nan")
    score = (value[some] - rate) / error[some]
    score = np.clip(score, *np.quantile(score, [TRIMMED, 1 - TRIMMED]))
    weight = 1 / error[some] ** 2
    free = float(weight.sum() - (weight**2).sum() / weight.sum())
    return max(0.0, (float((score**2).sum()) - (many - 1)) / free) if free > 0 else 0.0


def _funnel(panel: Panel, kpi: Kpi, dimension: str, kind: str, quarter: str | int) -> pd.DataFrame | None:
    """The rows of one KPI; None where it is not told."""
    import pandas as pd
    from scipy.special import ndtri

    own = window(panel, kind if kind in kpi.windows else kpi.windows[0], quarter)
    found = None if dimension in kpi.apart or not own.inside else counted(kpi, own, dimension)
    if found is None:
        return None
    num, den, codes, names = found
    if den is None:
        return None
    fitted = law(kpi, num, den)
    used = (codes >= 0) & ((num != 0) | (den != 0))

    def total(values: Array) -> Array:
        return np.bincount(codes[used], values[used], len(names)).astype(np.float64)

    accounts, top, whole, squares = total(np.ones(len(num))), total(num), total(den), total(np.maximum(den, 0) ** 2)
    value = np.divide(top, whole, out=np.full(len(names), np.nan), where=whole > 0)
    named = np.array([bool(name) for name in names])
    if np.isnan(fitted.rate) or int((named & np.isfinite(value)).sum()) < LEAST:
        return None
    way: NDArray[np.object_] = np.full(len(names), SAME, dtype=object)
    ends: dict[str, Array] = {}
    signs = {1: (BETTER, BETTER_PERHAPS), -1: (WORSE, WORSE_PERHAPS)}
    up = 1 if kpi.better != "down" else -1
    for place, name, level in ((1, "95", WARN), (0, "998", SURE)):  # the sure ones last, so that they stand
        low, high = limits(kpi, fitted, whole, squares, level)
        for side, out in ((up, value >= high), (-up, value <= low)):
            way = np.where(out & (fitted.variance(whole, squares) > 0), signs[side][place], way)
        least, most = kpi.within
        ends |= {f"low_{name}": np.fmax(low, least), f"high_{name}": np.fmin(high, most)}
    error = np.sqrt(fitted.variance(whole, squares)) / np.where(whole > 0, whole, np.nan)
    groups = between(value[named], fitted.rate, error[named])
    wide = -float(ndtri((1 - WARN) / 2)) * np.sqrt(error**2 + groups)
    outside = np.isin(way, (SAME, NONE), invert=True)
    told = {
        "kpi": kpi.name, "dimension": dimension, "group": np.array(names, dtype=object), "quarter": own.quarter,
        "window": own.kind, "accounts": accounts.astype(np.int64), "numerator": top, "denominator": whole,
        "value": kpi.scale * value, "company": kpi.scale * fitted.rate,
        **{name: np.where(named, kpi.scale * ends[name], np.nan) for name in LIMITS},
        "way": np.where(np.isnan(value) | ~named, NONE, way),
        "apart": outside & named & (np.abs(value - fitted.rate) > wide),
    }  # fmt: skip
    return pd.DataFrame(told)[accounts > 0][list(COLUMNS)]
