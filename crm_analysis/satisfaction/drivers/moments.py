"""Means and covariances of answers under weights of accounts: a draw of the bootstrap costs no pass over answers.

Accounts are what is drawn again, with all their questionnaires: several people of one account are a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

DRAWS, SEED = 400, 2026
"""Draws of the bootstrap, and where they begin: the same book gives the same bytes."""
LEAST = 0.5
"""Share of the questionnaires that must be whole; where fewer are, pairs of answers are used."""
_BLOCK = 4_000_000  # products of answers held in memory at once
_SMALL = 1e-8  # eigenvalue of a correlation matrix below which it counts as none

Floats = np.ndarray


@dataclass(frozen=True)
class Spread:
    """What is known of k variables in each of b draws: rows, pairs (b), mean (b, k), cov, between (b, k, k).

    `between` is the sum over accounts of the products of their sums of deviations, and `pairs` the number of ordered
    pairs of rows of one account: together they tell how much alike the answers of one account are. Covariances divide
    by the number of rows.
    """

    rows: Floats
    pairs: Floats
    mean: Floats
    cov: Floats
    between: Floats

    @property
    def corr(self) -> Floats:
        """Correlations (b, k, k); those of a variable that does not vary in a draw are 0."""
        sd = np.sqrt(np.diagonal(self.cov, axis1=1, axis2=2))
        sure = sd > 1e-9 * np.maximum(1, sd.max(axis=1, keepdims=True, initial=0.0))
        scale = np.where(sure, 1 / np.where(sure, sd, 1.0), 0.0)
        found = self.cov * scale[:, :, None] * scale[:, None, :]
        places = np.arange(found.shape[1])
        found[:, places, places] = 1.0
        return np.asarray(found)

    def repeated(self, times: int) -> Spread:
        """One draw, so many times."""
        parts = (self.rows, self.pairs, self.mean, self.cov, self.between)
        return Spread(*(np.repeat(part, times, axis=0) for part in parts))


@dataclass(frozen=True)
class Moments:
    """Answers `values` (rows x k, NaN where missing) of accounts `account` (codes 0..accounts-1, sorted).

    Whole rows only, or `pairwise`: each covariance from the rows that have both, made a possible one (no negative
    eigenvalue) where it is none.
    """

    values: Floats
    account: Floats
    accounts: int
    pairwise: bool = False
    _centre: Floats = field(init=False, repr=False)
    _scale: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.pairwise and np.isnan(self.values).any():
            raise ValueError("rows with a missing answer need pairwise=True")
        # sums of squares lose digits far from zero
        known = ~np.isnan(self.values)
        many = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, self.values, 0.0).sum(axis=0) / many
        scale = np.sqrt(np.where(known, (self.values - centre) ** 2, 0.0).sum(axis=0) / many)
        object.__setattr__(self, "_centre", centre)
        object.__setattr__(self, "_scale", np.where(scale > 1e-12, scale, 1.0))

    def under(self, weights: Floats | None = None) -> Spread:
        """The moments where account a counts weights[b, a] times; without weights one draw, each counting once."""
        weights = np.ones((1, self.accounts)) if weights is None else weights
        k = self.values.shape[1]
        y = (self.values - self._centre) / self._scale
        known = ~np.isnan(y)
        parts = [np.ones((len(y), 1)), np.where(known, y, 0.0)] + ([known.astype("float64")] if self.pairwise else [])
        wide = np.hstack(parts)
        upper = np.triu_indices(wide.shape[1])
        within = np.zeros((len(weights), len(upper[0])))
        among = np.zeros((len(weights), (k + 1) * (k + 2) // 2))
        pair = np.triu_indices(k + 1)
        first = np.searchsorted(self.account, np.arange(self.accounts + 1))
        there = np.flatnonzero(np.diff(first))  # accounts with rows
        size = max(1, _BLOCK * max(len(there), 1) // (max(len(y), 1) * len(upper[0])))  # accounts at once
        for begin in range(0, len(there), size):
            own = there[begin : begin + size]
            start, stop = first[own[0]], first[own[-1] + 1]
            rows, steps = wide[start:stop], first[own] - start
            sums = np.add.reduceat(rows[:, : k + 1], steps, axis=0)
            products = np.add.reduceat(rows[:, upper[0]] * rows[:, upper[1]], steps, axis=0)
            within += weights[:, own] @ products
            among += weights[:, own] @ (sums[:, pair[0]] * sums[:, pair[1]])
        return self._spread(_square(within, wide.shape[1]), _square(among, k + 1), k)

    def _spread(self, within: Floats, among: Floats, k: int) -> Spread:
        """From sums of products to moments, in the units of the values."""
        rows = within[:, 0, 0]
        sums, squares = within[:, 0, 1 : k + 1], within[:, 1 : k + 1, 1 : k + 1]
        if self.pairwise:
            both = within[:, k + 1 :, k + 1 :]
            crossed = within[:, 1 : k + 1, k + 1 :]  # sum of the first where the second is known too
            many = np.maximum(both, 1)
            mean = np.diagonal(crossed, axis1=1, axis2=2) / np.diagonal(many, axis1=1, axis2=2)
            cov = _possible(squares / many - (crossed / many) * np.swapaxes(crossed / many, 1, 2))
        else:
            many = np.maximum(rows, 1)[:, None]
            mean = sums / many
            cov = squares / many[:, :, None] - mean[:, :, None] * mean[:, None, :]
        n_sums, n_squares = among[:, 0, 1:], among[:, 0, 0]
        shifted = n_sums[:, :, None] * mean[:, None, :]
        between = among[:, 1:, 1:] - shifted - np.swapaxes(shifted, 1, 2)
        between += n_squares[:, None, None] * mean[:, :, None] * mean[:, None, :]
        square = self._scale[:, None] * self._scale[None, :]
        return Spread(rows, n_squares - rows, self._centre + mean * self._scale, cov * square, between * square)


@lru_cache(maxsize=1)
def resampled(accounts: int, draws: int = DRAWS, seed: int = SEED) -> Floats:
    """How often each account is drawn, draws x accounts: as many as there are, with replacement; read only."""
    rng = np.random.default_rng(seed)
    found = np.empty((draws, accounts))
    for place in range(draws):
        found[place] = np.bincount(rng.integers(0, accounts, accounts), minlength=accounts)
    found.flags.writeable = False
    return found


def ends(draws: Floats, level: float, accounts: int) -> tuple[Floats, Floats]:
    """The ends of the interval over the first axis; draws that could not be computed (NaN) do not count.

    Percentiles, a little wider than `level` where accounts are few: the draws vary less than samples do, by
    sqrt((n - 1) / n), and Student's t has longer tails than they have (Hesterberg 2015, expanded percentiles).
    """
    from scipy.special import ndtr, stdtrit

    few = max(accounts - 1, 1)
    tail = float(ndtr(np.sqrt(accounts / few) * stdtrit(few, (1 - level) / 2)))
    known = ~np.isnan(draws).all(axis=0)
    filled = np.where(known, draws, 0.0)
    low, high = np.nanquantile(filled, [tail, 1 - tail], axis=0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _square(upper: Floats, size: int) -> Floats:
    """Symmetric matrices (b, size, size) of their upper triangles (b, ...)."""
    found = np.empty((len(upper), size, size))
    row, column = np.triu_indices(size)
    found[:, row, column] = upper
    found[:, column, row] = upper
    return found


def _possible(cov: Floats) -> Floats:
    """Covariances of pairs put together, with the variances kept and no eigenvalue below zero."""
    variance = np.maximum(np.diagonal(cov, axis1=1, axis2=2), 0.0)
    sd = np.sqrt(variance)
    scale = np.where(sd > 1e-9, 1 / np.where(sd > 1e-9, sd, 1.0), 0.0)
    corr = cov * scale[:, :, None] * scale[:, None, :]
    places = np.arange(corr.shape[1])
    corr[:, places, places] = 1.0
    values, vectors = np.linalg.eigh(corr)
    if (values > -_SMALL).all():
        return cov
    mended = (vectors * np.maximum(values, _SMALL)[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    size = np.sqrt(np.diagonal(mended, axis1=1, axis2=2))
    mended /= size[:, :, None] * size[:, None, :]
    return np.asarray(mended * sd[:, :, None] * sd[:, None, :])
