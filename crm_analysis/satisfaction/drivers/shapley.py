"""R2 shared out among drivers that are correlated, and their coefficients: for many correlation matrices at once.

Every function takes correlations (b, p + 1, p + 1) of p drivers and, last, the target. LMG: Lindeman, Merenda & Gold
(1980), the Shapley value of R2: what a driver adds, averaged over all orders in which drivers can come. Johnson (2000):
relative weights. Neither is ever negative, so signs stand beside them, and a noise variable below.
"""

from __future__ import annotations

from math import factorial

import numpy as np

EXACT = 15
"""Drivers up to which every subset is looked at: 32,768."""
_NONE = 1e-9  # share of a driver's variance that others leave, below which it has nothing of its own
_AT_ONCE = 2**21  # numbers of the last step held at once

Floats = np.ndarray


def every_r2(corr: Floats) -> Floats:
    """R2 of every subset of the drivers (2 ** p, b); driver d is in subset s where bit d of s is set.

    Each step takes the next driver out of the matrices: once dropped, once swept, so that what is left of the others
    is what it does not tell. All subsets cost hardly more than the last step.
    """
    state = corr[None]
    for _ in range(corr.shape[1] - 1):
        pivot, column, rest = state[..., :1, :1], state[..., 1:, :1], state[..., 1:, 1:]
        own = pivot > _NONE
        told = column * np.swapaxes(column, -1, -2) / np.where(own, pivot, 1.0)
        state = np.concatenate([rest, rest - np.where(own, told, 0.0)], axis=0)
    return np.clip(1 - state[..., 0, 0], 0.0, 1.0)


def lmg(corr: Floats) -> Floats:
    """Each driver's part of R2 (b, p); the parts of a row add up to its R2. ValueError beyond 15 drivers and a noise."""
    p = corr.shape[1] - 1
    if p > EXACT + 1:
        raise ValueError(f"{p} drivers have {2**p:,} subsets: exact to {EXACT} and a noise variable")
    at_once = max(1, _AT_ONCE >> p)
    parts = [_parts(every_r2(corr[i : i + at_once])) for i in range(0, len(corr), at_once)]
    return np.concatenate(parts)


def lmg_with_last(corr: Floats) -> tuple[Floats, Floats]:
    """As `lmg` without the last driver (b, p - 1), and what the last driver's part is where it is one too (b)."""
    p = corr.shape[1] - 1
    at_once = max(1, _AT_ONCE >> p)
    without, last = [], []
    for i in range(0, len(corr), at_once):
        found = every_r2(corr[i : i + at_once])
        without.append(_parts(found[: len(found) // 2]))
        last.append(_part(found, p, p - 1))
    return np.concatenate(without), np.concatenate(last)


def johnson(corr: Floats) -> Floats:
    """Relative weights (b, p): the parts of R2 that fall to the uncorrelated variables nearest to the drivers."""
    values, vectors, right = _decomposed(corr)
    root = np.sqrt(values)[:, None, :]
    nearest = (vectors * root) @ np.swapaxes(vectors, 1, 2)
    inverse = np.where(root > 0, 1 / np.where(root > 0, root, 1.0), 0.0)
    beta = (vectors * inverse) @ (np.swapaxes(vectors, 1, 2) @ right[:, :, None])
    return np.asarray((nearest**2 @ beta**2)[:, :, 0])


def coefficients(corr: Floats) -> Floats:
    """Standardised coefficients of the regression on all drivers (b, p); the shortest ones where several would do."""
    values, vectors, right = _decomposed(corr)
    inverse = np.where(values > 0, 1 / np.where(values > 0, values, 1.0), 0.0)
    return np.asarray(np.einsum("bij,bj,bkj,bk->bi", vectors, inverse, vectors, right, optimize=True))


def r2(corr: Floats) -> Floats:
    """R2 of the regression on all drivers (b)."""
    return np.clip(np.einsum("bi,bi->b", coefficients(corr), corr[:, :-1, -1]), 0.0, 1.0)


def told_by_others(corr: Floats) -> list[int]:
    """Drivers, by place, that those before them in the matrix (p + 1, p + 1) tell exactly."""
    left, found = corr[:-1, :-1].copy(), []
    for place in range(len(left)):
        pivot = left[place, place]
        if pivot <= _NONE * 10:
            found.append(place)
            continue
        left = left - np.outer(left[:, place], left[place]) / pivot
    return found


def _parts(found: Floats) -> Floats:
    """The Shapley values (b, p) of R2s (2 ** p, b)."""
    p = len(found).bit_length() - 1
    return np.stack([_part(found, p, driver) for driver in range(p)], axis=1) if p else np.zeros((found.shape[1], 0))


def _part(found: Floats, p: int, driver: int) -> Floats:
    """One driver's Shapley value (b)."""
    steps = found.reshape(2 ** (p - 1 - driver), 2, 2**driver, -1)
    size = np.array([int(s).bit_count() for s in range(2 ** (p - 1))])  # of the set it comes to
    weight = np.array([factorial(s) * factorial(p - 1 - s) / factorial(p) for s in range(p)])[size]
    return np.asarray(weight @ (steps[:, 1] - steps[:, 0]).reshape(2 ** (p - 1), -1))


def _decomposed(corr: Floats) -> tuple[Floats, Floats, Floats]:
    """Eigenvalues (those that are none set to 0) and vectors of the drivers' correlations; theirs with the target."""
    values, vectors = np.linalg.eigh(corr[:, :-1, :-1])
    return np.where(values > _NONE, values, 0.0), vectors, corr[:, :-1, -1]
