"""The algorithm of PLS path modelling, for many covariance matrices at once; `satisfaction.paths` says what for.

Lohmoeller (1989); Tenenhaus, Esposito Vinzi, Chatelin & Lauro (2005): scores are weighted sums of items; each construct
is estimated by its neighbours, and each item's new weight is how it varies with that (mode A), until weights rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_analysis.satisfaction.drivers.moments import Floats, Spread

CENTROID, PATH = "centroid", "path"
"""Inner weights: signs of correlations; or coefficients on what a construct hangs on, else correlations."""
ROUNDS, _STILL = 300, 1e-9


@dataclass(frozen=True)
class Fit:
    """For b covariances at once: weights (b, items), loadings (b, items), paths (b, c, c: row hangs on column), r2."""

    weights: Floats
    loadings: Floats
    paths: Floats
    total: Floats
    r2: Floats
    settled: Floats
    rounds: int


def fit(spread: Spread, block: Floats, arrows: Floats, scheme: str, scaled: bool) -> Fit:
    """The algorithm for every draw at once; draws that have settled rest while others go on."""
    cov = spread.corr if scaled else spread.cov
    sd = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    draws, alive = len(cov), (np.diagonal(spread.cov, axis1=1, axis2=2) > 0).all(axis=1)
    joined = arrows | arrows.T
    weights = _unit(np.broadcast_to(block.astype("float64"), (draws, *block.shape)), cov)
    settled, rounds = np.zeros(draws, dtype=bool), 0
    while rounds < ROUNDS and (going := np.flatnonzero(alive & ~settled)).size:
        rounds += 1
        own, before = cov[going], weights[going]
        scores = np.swapaxes(before, 1, 2) @ own @ before
        inner = np.sign(scores) * joined if scheme == CENTROID else _inner_paths(scores, arrows)
        # mode A: an item's weight is how it varies with what its construct's neighbours say
        after = _unit(own @ before @ np.swapaxes(inner, 1, 2) * block, own)
        moved = np.abs(np.abs(after) - np.abs(before)).max(axis=(1, 2)) * np.abs(sd[going]).max(axis=1)
        weights[going] = after
        settled[going] = moved < _STILL
    covered = cov @ weights
    signs = np.where((covered / sd[:, :, None] * block).sum(axis=1) < 0, -1.0, 1.0)
    weights = weights * signs[:, None, :]
    scores = np.swapaxes(weights, 1, 2) @ cov @ weights
    loadings = ((cov @ weights) * block).sum(axis=2) / np.where(sd > 0, sd, 1.0)
    paths, r2 = _regressions(scores, arrows)
    total, step = np.zeros_like(paths), paths.copy()
    for _ in range(len(arrows)):
        total, step = total + step, step @ paths
    return Fit((weights * block).sum(axis=2), loadings, paths, total, r2, settled, rounds)


def _unit(weights: Floats, cov: Floats) -> Floats:
    """Weights scaled so that each construct's score has variance 1."""
    size = np.einsum("bic,bij,bjc->bc", weights, cov, weights, optimize=True)
    return np.asarray(weights / np.sqrt(np.maximum(size, 1e-300))[:, None, :])


def _inner_paths(scores: Floats, arrows: Floats) -> Floats:
    """Path weighting: coefficients on those a construct hangs on, correlations with those that hang on it."""
    return np.asarray(_regressions(scores, arrows)[0] + scores * arrows.T)


def _regressions(scores: Floats, arrows: Floats) -> tuple[Floats, Floats]:
    """Each construct on those it hangs on: coefficients (b, c, c), R2 (b, c; NaN where nothing leads to it)."""
    paths, r2 = np.zeros_like(scores), np.full(scores.shape[:2], np.nan)
    for place in np.flatnonzero(arrows.any(axis=1)):
        on = np.flatnonzero(arrows[place])
        right = scores[:, on, place]
        inner = np.linalg.pinv(scores[:, on[:, None], on], hermitian=True)
        found = np.einsum("bij,bj->bi", inner, right)
        paths[:, place, on] = found
        r2[:, place] = np.einsum("bi,bi->b", found, right)
    return paths, r2
