"""Derived importance: what the answers themselves tell of how much satisfaction hangs on each dimension.

Importance is not cause: it says whose answers go with the overall answer, shared out among dimensions that go with each
other. It stands beside the coefficient, which tells the direction and what is left to a dimension when the others are
known, and above or below the importance of a question of pure noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.labels import label
from crm_analysis.satisfaction.drivers import shapley
from crm_analysis.satisfaction.drivers.moments import DRAWS, SEED, ends, resampled
from crm_analysis.satisfaction.drivers.noise import likeness, with_noise

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.drivers.asked import Asked

LMG, JOHNSON = "lmg", "johnson"
NOISES = 50
"""Noise variables whose importance is averaged."""


@dataclass(frozen=True)
class Derived:
    """Importance as derived from `asked`.

    `table` is one row per dimension, in the order asked: dimension, correlation (with the target), coefficient
    (standardised) with low and high, points (of the target that go with ten points of the dimension, the others
    equal) with low and high, importance (share of R2) with low and high, other_importance (by the other method; NaN
    beyond 15 dimensions), above_noise (importance less noise, in shares of R2) with low and high, real (the interval of
    that lies above 0).

    `shares` are the draws of importance, draws x dimensions; `weights` how often each account of `asked` counts in each
    draw. `noise` is the share of R2 that a question of pure noise gets, `r2` what all dimensions tell, with `r2_low`
    and `r2_high`.
    """

    asked: Asked
    table: pd.DataFrame
    method: str
    shares: np.ndarray
    weights: np.ndarray
    noise: float
    r2: float
    r2_low: float
    r2_high: float
    level: float

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, and by which rule."""
        if self.method == LMG:
            return self.asked.notes
        many = label("drivers_johnson", many=len(self.asked.dimensions), most=shapley.EXACT)
        return (*self.asked.notes, many)


def derived(asked: Asked, level: float = LEVEL, draws: int = DRAWS, seed: int = SEED) -> Derived:
    """Importance, coefficients and their intervals (`level`, over draws of accounts).

    Each draw has a noise variable of its own. By LMG to 15 dimensions, else by Johnson's relative weights.
    """
    import pandas as pd

    moments, many = asked.moments, len(asked.dimensions)
    method = LMG if many <= shapley.EXACT else JOHNSON
    weights = resampled(len(asked.accounts), draws, seed)
    now, then = moments.under(), moments.under(weights)
    rng = np.random.default_rng([seed, 1])
    alike = likeness(now)
    noises = with_noise(now.repeated(NOISES), alike, rng)
    part, _ = _importance(now.corr, method)
    noise = float(_noise(noises, method).mean())
    parts, chance = _importance(then.corr, method, with_noise(then, alike, rng))
    r2, r2s = float(shapley.r2(now.corr)[0]), shapley.r2(then.corr)
    whole = np.where(r2s > 0, r2s, np.nan)[:, None]
    shares, above = parts / whole, (parts - chance[:, None]) / whole
    coefficient, slope = _coefficients(now.corr, now.cov)
    coefficients, slopes = _coefficients(then.corr, then.cov)
    share = part[0] / r2 if r2 > 0 else np.full(many, np.nan)
    columns: dict[str, np.ndarray] = {"correlation": now.corr[0, :-1, -1]}
    for name, value, drawn in (
        ("coefficient", coefficient[0], coefficients),
        ("points", 10 * slope[0], 10 * slopes),
        ("importance", share, shares),
        ("above_noise", share - (noise / r2 if r2 > 0 else np.nan), above),
    ):
        low, high = ends(drawn, level, asked.heard)
        columns |= {name: value, f"low_{name}": low, f"high_{name}": high}
    other = JOHNSON if method == LMG else LMG
    beside = _importance(now.corr, other)[0][0] / r2 if many <= shapley.EXACT and r2 > 0 else np.full(many, np.nan)
    table = pd.DataFrame({"dimension": asked.dimensions} | columns)
    table["other_importance"] = beside
    table["real"] = table["low_above_noise"] > 0
    r2_low, r2_high = (float(end[0]) for end in ends(r2s[:, None], level, asked.heard))
    noise_share = noise / r2 if r2 > 0 else float("nan")
    return Derived(asked, table, method, shares, weights, noise_share, r2, r2_low, r2_high, level)


def _importance(corr: np.ndarray, method: str, noisy: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Parts of R2 (b, p), and that of a noise where it is one driver more (b)."""
    if method == LMG and noisy is not None:
        return shapley.lmg_with_last(noisy)
    parts = shapley.lmg(corr) if method == LMG else shapley.johnson(corr)
    return parts, np.zeros(len(corr)) if noisy is None else _noise(noisy, method)


def _noise(noisy: np.ndarray, method: str) -> np.ndarray:
    """The part of R2 of the last driver (b)."""
    return shapley.lmg_with_last(noisy)[1] if method == LMG else shapley.johnson(noisy)[:, -1]


def _coefficients(corr: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standardised coefficients, and those in the units of the variables (b, p)."""
    beta = shapley.coefficients(corr)
    sd = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    own = np.where(sd[:, :-1] > 0, sd[:, :-1], np.nan)
    return beta, beta * sd[:, -1:] / own
