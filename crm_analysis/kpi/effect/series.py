"""Interrupted time series: those that started at once, with nothing to compare with, held against their own past.

Segmented regression (Wagner, Soumerai, Zhang & Ross-Degnan 2002): a level and a trend before, a change of either from
the start on, and a season where three years tell one. Errors are autoregressive of order one. Their correlation is not
known in a short series, and an interval that takes it for known is too narrow, that of ordinary least squares and of
Newey & West most (Turner, Forbes, Karahalios, Taljaard & McKenzie 2021): so each correlation counts as far as the
restricted likelihood makes it likely (Zellner & Tiao 1964, with that likelihood).

Its weakness: nothing is held against it. Whatever else changed when the programme started, at our end or in the market,
counts as the programme's effect, and so does a trend that bends of its own. So it is a hint, and an effect is never
told by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.kpi.effect.assignments import ERROR
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

BEFORE, AFTER = 8, 2
"""Periods before and from the start on, without which nothing is said."""
SEASONS = 3
"""Years that tell a season."""
_RHOS = np.linspace(0.0, 0.98, 50)
"""Correlations that errors may have; business is seldom better in a quarter because it was worse in the last."""


@dataclass(frozen=True, eq=False)
class Series:
    """What changed at the start.

    `level`, `trend` (a period) and `effect`, the mean over the periods from the start on, each with its 95 % interval:
    `table`, a row each: term, effect, low, high. `rho`: correlation of one period's error with the next, its mean.
    `season`: whether one was allowed for. `fitted`: a row per period: period, value, expected (had nothing changed).
    """

    effect: float
    low: float
    high: float
    rho: float
    season: bool
    before: int
    after: int
    table: pd.DataFrame
    fitted: pd.DataFrame

    @property
    def off_zero(self) -> bool:
        """True where the interval leaves out zero; that is no proof of an effect (see above)."""
        return self.low > 0 or self.high < 0


def series(values: ArrayLike, start: int, year: int = 4) -> Series:
    """The change of a series (of logarithms, or of a rate) at the period `start`, counted from 0.

    `year`: periods of a year. Raises BookError for fewer than BEFORE periods before or AFTER from the start on, for
    values that are missing, and where a series does not vary.
    """
    import pandas as pd

    outcome = np.asarray(values, dtype=np.float64)
    after = len(outcome) - start
    if not np.isfinite(outcome).all() or start < max(BEFORE, year) or after < AFTER:
        raise BookError(label("effect_short_series", before=max(0, start), after=max(0, after), least=BEFORE))
    season = len(outcome) >= SEASONS * year
    design = _design(len(outcome), start, year if season else 1)
    if np.ptp(outcome) == 0:
        raise BookError(label("effect_short_series", before=start, after=after, least=BEFORE))
    fits = _fits(design, outcome)
    mean = np.zeros(design.shape[1])
    mean[-2:] = 1.0, (after - 1) / 2
    eye = np.eye(len(mean))
    rows = [(term, *fits.told(row)) for term, row in (("level", eye[-2]), ("trend", eye[-1]), ("effect", mean))]
    beta, rho = fits.weight @ fits.beta, float(fits.weight @ _RHOS)
    table = pd.DataFrame(rows, columns=["term", "effect", "low", "high"])
    expected = design[:, :-2] @ beta[:-2]
    fitted = pd.DataFrame({"period": np.arange(len(outcome)), "value": outcome, "expected": expected})
    return Series(*rows[2][1:], rho, season, start, after, table, fitted)


def _design(periods: int, start: int, year: int) -> Array:
    """Columns: level, trend, season but for its last period, change of level, change of trend."""
    place = np.arange(periods, dtype=np.float64)
    since = place - start
    columns = [np.ones(periods), place / periods]
    columns += [(place % year == part) * 1.0 - 1.0 / year for part in range(year - 1)]
    return np.stack([*columns, (since >= 0) * 1.0, np.maximum(since, 0.0)], axis=1)


@dataclass(frozen=True, eq=False)
class _Fits:
    """Generalised least squares for each of _RHOS, and how likely each is."""

    weight: Array
    beta: Array
    covariance: Array
    free: int

    def told(self, row: Array) -> tuple[float, float, float]:
        """A linear form of the coefficients: its mean and the 95 % of its law, Student's t mixed over _RHOS."""
        from scipy.optimize import brentq
        from scipy.stats import t

        middle = self.beta @ row
        scale = np.sqrt(np.einsum("i,rij,j->r", row, self.covariance, row))
        room = np.array([float((middle - 100 * scale).min()), float((middle + 100 * scale).max())])

        def below(at: float, share: float) -> float:
            return float(self.weight @ t.cdf((at - middle) / scale, self.free)) - share

        low, high = (float(brentq(below, *room, args=(share,))) for share in (ERROR / 2, 1 - ERROR / 2))
        return float(self.weight @ middle), low, high


def _fits(design: Array, outcome: Array) -> _Fits:
    free = len(outcome) - design.shape[1]
    both = np.column_stack([design, outcome])
    likely, betas, covariances = [], [], []
    for rho in _RHOS:
        moved = whitened(both, float(rho))
        cross = moved[:, :-1].T @ moved[:, :-1]
        beta = np.linalg.solve(cross, moved[:, :-1].T @ moved[:, -1])
        rest = max(float(np.sum((moved[:, -1] - moved[:, :-1] @ beta) ** 2)), 1e-300)
        likely.append(-0.5 * (free * np.log(rest) - np.log(1 - rho**2) + np.linalg.slogdet(cross)[1]))
        betas.append(beta)
        covariances.append(rest / free * np.linalg.inv(cross))
    weight = np.exp(np.array(likely) - max(likely))
    return _Fits(weight / weight.sum(), np.array(betas), np.array(covariances), free)


def whitened(values: Array, rho: float) -> Array:
    """Rows less `rho` times the row before, the first as Prais & Winsten (1954) do."""
    moved = values.copy()
    moved[1:] -= rho * values[:-1]
    moved[0] *= np.sqrt(1 - rho**2)
    return moved
