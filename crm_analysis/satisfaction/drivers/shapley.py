"""R2 shared out among drivers that are correlated, and their coefficients: for many correlation matrices at once.

Every function takes correlations (b, p + 1, p + 1) of p drivers and, last, the target. LMG: Lindeman, Merenda & Gold
(1980), the Shapley value of R2: what a driver adds, averaged over all orders in which drivers can come. Johnson (2000):
relative weights. Neither is ever negative, so signs stand beside them, and a noise variable below.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    state = np.moveaxis(corr, 0, -1)[:, :, None]  # variables x variables x subsets x b: the long axes last
    for _ in range(corr.shape[1] - 1):
        pivot, column, rest = state[0, 0], state[1:, 0], state[1:, 1:]
        told = column / np.where(pivot > _NONE, pivot, np.inf)
        state = np.concatenate([rest, rest - told[:, None] * column[None]], axis=2)
    return np.clip(1 - state[0, 0], 0.0, 1.0)


def lmg(corr: Floats) -> Floats:
    """Each driver's part of R2 (b, p); a row adds up to its R2. ValueError beyond 15 drivers and a noise."""
    p = corr.shape[1] - 1
    if p > EXACT + 1:
        raise ValueError(f"{p} drivers have {2**p:,} subsets: exact to {EXACT} and a noise variable")
    orders = _orders(p)
    return np.concatenate([(orders @ every_r2(part)).T for part in _pieces(corr)])


def lmg_with_last(corr: Floats) -> tuple[Floats, Floats]:
    """As `lmg` without the last driver (b, p - 1), and what the last driver's part is where it is one too (b)."""
    p = corr.shape[1] - 1
    without, last = _orders(p - 1), _orders(p)[-1]
    parts, noise = [], []
    for piece in _pieces(corr):
        found = every_r2(piece)
        parts.append((without @ found[: len(found) // 2]).T)
        noise.append(last @ found)
    return np.concatenate(parts), np.concatenate(noise)


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


def _pieces(corr: Floats) -> Iterator[Floats]:
    """The matrices, so many at once as memory is meant to hold."""
    at_once = max(1, _AT_ONCE >> (corr.shape[1] - 1))
    return (corr[begin : begin + at_once] for begin in range(0, len(corr), at_once))


def _orders(p: int) -> Floats:
    """What R2 of every subset counts in each driver's Shapley value (p, 2 ** p).

    A set that the driver comes to counts against it, the set with it for it, by the share of orders in which it comes
    just then.
    """
    subsets = np.arange(2**p)
    size = np.array([int(s).bit_count() for s in subsets])
    weight = np.array([factorial(s) * factorial(p - 1 - s) / factorial(p) for s in range(p)])
    inside = (subsets >> np.arange(p)[:, None] & 1).astype(bool)
    comes = np.broadcast_to(np.where(inside, size - 1, np.minimum(size, p - 1)), inside.shape)
    return np.asarray(np.where(inside, 1.0, -1.0) * weight[comes])


def _decomposed(corr: Floats) -> tuple[Floats, Floats, Floats]:
    """Eigenvalues (those that are none set to 0) and vectors of the drivers' correlations; theirs with the target."""
    values, vectors = np.linalg.eigh(corr[:, :-1, :-1])
    return np.where(values > _NONE, values, 0.0), vectors, corr[:, :-1, -1]
