"""Good and bad years: how much steps of a book differ from each other beyond chance, and what of it the next one has.

A shock moves all accounts up or down the states at once. From two or three steps its size is hardly known, so it has a
prior, as in meta-analyses of few studies, and the interval holds what is not known of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_GRID = 200
_REACH = 5.0


@dataclass(frozen=True, eq=False)
class Shocks:
    """What is known of the standard deviation of shocks: `sizes`, a grid, and `weights`, its posterior, summing to 1.

    `information` holds the precision of the shock seen in each step. `factor`: by how much the variance between
    steps is larger than chance makes it, never below 1; 1 for a single step, which shows no difference.
    """

    sizes: Array
    weights: Array
    information: Array

    @property
    def factor(self) -> float:
        """Variance between steps over that of chance; 1 where no step tells any."""
        if not len(self.information):
            return 1.0
        return 1.0 + float(np.square(self.sizes) @ self.weights) * float(self.information.mean())

    def draws(self, many: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draws of the mean of past shocks, which leans what was counted, and of it and the next step's shock."""
        if len(self.information) < 2:
            return np.zeros(many), np.zeros(many)
        size = rng.choice(self.sizes, many, p=self.weights)
        each = 1 / self.information
        # what the mean of all steps misses beyond the chance that draws of shares hold already
        more = 1 / (1 / (size[:, None] ** 2 + each)).sum(axis=1) - 1 / self.information.sum()
        mean = np.sqrt(np.maximum(more, 0)) * rng.standard_normal(many)
        return mean, mean + size * rng.standard_normal(many)


def shocks(seen: Array, information: Array, scale: float) -> Shocks:
    """The posterior of the size of shocks from those seen in each step, each with a variance of 1 / information.

    The prior is half-normal with `scale`, on the scale of `seen` (Roever, Bender, Dias et al., On weakly informative
    prior distributions for the heterogeneity parameter in Bayesian random-effects meta-analysis, 2021); the mean shock
    has none. With one step, or none, shocks are taken for 0.
    """
    known = information > 0
    seen, information = seen[known], information[known]
    if len(seen) < 2:
        return Shocks(np.zeros(1), np.ones(1), information)
    sizes = np.linspace(0, _REACH * scale, _GRID)
    precision = 1 / (sizes[:, None] ** 2 + 1 / information)
    mean = (precision * seen).sum(axis=1) / precision.sum(axis=1)
    fit = np.log(precision).sum(axis=1) - np.log(precision.sum(axis=1))
    fit -= (precision * np.square(seen - mean[:, None])).sum(axis=1) + np.square(sizes / scale)
    weights = np.exp((fit - fit.max()) / 2)
    return Shocks(sizes, weights / weights.sum(), information)
