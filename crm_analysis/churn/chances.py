"""Draws of the probability of leaving: what is not known of a model's parameters moves all accounts together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.value.lifetime.fitting import normal_draws

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.survival.discrete import LeavingModel

_BLOCK = 4_000_000


def drawn(model: LeavingModel, panel: pd.DataFrame, draws: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The probability of each row of the panel to leave within the model's longest horizon: (draws, rows).

    A draw is of parameters, one for all rows, so that sums over accounts are as uncertain as these make them. On the
    scale of log(-log(staying)) probabilities move in a straight line with parameters (delta method), as in the model's
    own intervals, which these draws therefore have, row by row.
    """
    from scipy.special import expit

    design, last = model.design_, max(model.horizons_)
    moves = normal_draws(np.zeros(len(model.coefficients_)), model.covariance_, draws)
    moves = rng.permutation(moves)  # evenly spread draws of two models, in one order, would look related
    effects = len(model.coefficients_) - len(design.columns)
    chances = np.empty((draws, len(panel)), dtype=np.float32)
    size = max(1, _BLOCK // draws)
    for start in range(0, len(panel), size):
        of = slice(start, start + size)
        matrix = design.matrix(panel.iloc[of])
        stays = np.zeros(len(matrix))  # minus the logarithm of staying
        slope = np.zeros((len(matrix), len(model.coefficients_)))
        for step, effect in model.effects_.items():
            if step > last:
                break
            own = slice(0, None if step == 1 else design.always)
            columns = slice(effects, None if step == 1 else effects + design.always)
            odds = model.coefficients_[effect] + matrix[:, own] @ model.coefficients_[columns]
            hazard = expit(odds)
            stays += np.logaddexp(0.0, odds)
            slope[:, effect] += hazard
            slope[:, columns] += hazard[:, None] * matrix[:, own]
        moved = np.clip(slope @ moves.T / stays[:, None], -50.0, 50.0)
        chances[:, of] = -np.expm1(-stays[:, None] * np.exp(moved)).T
    return chances
