"""A question that has nothing to do with anything: what importance chance alone gives.

LMG and Johnson's weights are never negative, so their intervals hardly ever include zero; the yardstick is a variable
of pure noise among the drivers. Answers of one account are alike, noise too, as much as the drivers are on average:
otherwise it would be easier to beat than a question that means nothing. It is never drawn row by row: how noise and
answers vary together is normal with a covariance that the moments of the answers tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_analysis.satisfaction.drivers.moments import Floats, Spread


def likeness(spread: Spread) -> float:
    """The intra-class correlation of the answers within accounts, 0 to 1: mean over the variables but the last.

    From the one draw in `spread`. The products of two rows of the same account are `between` less their squares;
    taken against as many products of any two rows. 0 where no account has two rows.
    """
    variance = np.diagonal(spread.cov[0])[:-1]
    rows, pairs = float(spread.rows[0]), float(spread.pairs[0])
    varies = variance > 0
    if pairs <= 0 or not varies.any():
        return 0.0
    own = np.diagonal(spread.between[0])[:-1][varies] - rows * variance[varies]
    return float(np.clip(np.mean(own / (pairs * variance[varies])), 0.0, 1.0))


def with_noise(spread: Spread, likeness: float, rng: np.random.Generator) -> Floats:
    """Correlations (b, k + 1, k + 1) with a fresh noise in each draw, the last driver before the target.

    The noise has `likeness` within accounts. Given the answers X, centred, its products with them are normal with
    covariance (1 - likeness) X'X + likeness * between; its own sum of squares is what X tells of it and a chi-square of
    what is left (Cochran), so that the correlations are always possible ones.
    """
    corr, n = spread.corr, np.maximum(spread.rows, 2.0)
    draws, k = corr.shape[:2]
    sd = np.sqrt(np.diagonal(spread.cov, axis1=1, axis2=2))
    scale = np.where(sd > 0, 1 / np.where(sd > 0, sd, 1.0), 0.0)
    between = spread.between * scale[:, :, None] * scale[:, None, :]
    shared = (1 - likeness) * corr * n[:, None, None] + likeness * between
    values, vectors = np.linalg.eigh(shared)
    root = np.sqrt(np.maximum(values, 0.0))
    product = np.einsum("bij,bj->bi", vectors, root * rng.standard_normal((draws, k)))
    inner, axes = np.linalg.eigh(corr)
    turned = np.einsum("bji,bj->bi", axes, product)
    told = (np.where(inner > 1e-9, turned**2 / np.where(inner > 1e-9, inner, 1.0), 0.0)).sum(axis=1) / n
    left = rng.chisquare(np.maximum(n - 1 - k, 1.0))
    r = product / np.sqrt(n * (told + left))[:, None]
    # what the answers do not span cannot go with the noise
    r = np.einsum("bij,bj->bi", axes, np.where(inner > 1e-9, np.einsum("bji,bj->bi", axes, r), 0.0))
    found = np.empty((draws, k + 1, k + 1))
    answers = [*range(k - 1), k]
    found[np.ix_(range(draws), answers, answers)] = corr
    found[:, k - 1, answers] = r
    found[:, answers, k - 1] = r
    found[:, k - 1, k - 1] = 1.0
    return found
