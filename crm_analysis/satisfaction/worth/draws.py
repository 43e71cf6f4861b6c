"""Draws of what accounts think and of importances, multiplied: how sure a priority is, and which comes first.

Importances are drawn once for all accounts, so that what is not known of them moves all priorities together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.satisfaction.worth.curve import Curve
    from crm_analysis.satisfaction.worth.shrinkage import Shrunk

    Array = NDArray[np.float64]
    Single = NDArray[np.float32]
    Places = NDArray[np.intp]

BENCHMARK = 0.75
"""The quantile of accounts whose score is within reach of the others."""
TOP = 10
"""Accounts that can be served first."""
DRAWS = (100, 1000)
"""Draws at least and at most: as many as _CELLS of accounts and dimensions allow."""
_CELLS = 20_000_000
_BLOCK = 2_000_000
_ROUNDING = 1e-5


@dataclass(frozen=True, eq=False)
class Best:
    """Of each account: its first dimension (place, -1 for none), the ends of its priority, p_first and p_top."""

    first: Places
    low: Array
    high: Array
    p_first: Array
    p_top: Array


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of what accounts think and of importances, multiplied."""

    scores: list[Shrunk]
    whole: Shrunk | None
    curve: Curve | None
    heard: Places
    stake: Array
    importances: Array
    likeness: Array
    seed: int

    @cached_property
    def many(self) -> int:
        """How many draws."""
        return int(np.clip(_CELLS // (len(self.heard) * len(self.scores)), *DRAWS))

    @cached_property
    def benchmark(self) -> Array:
        """The score that a quarter of the accounts heard lie above, per dimension, by draws of what they think."""
        rng = np.random.default_rng([self.seed, 1])
        found = []
        for each in self.scores:
            own = self.heard[each.people[self.heard] > 0]
            if not len(own):
                found.append(np.nan)
                continue
            noise = rng.standard_normal((max(20, 4000 // len(own)), len(own)))
            found.append(float(np.quantile(np.clip(each.mean[own] + each.error[own] * noise, 0, 1), BENCHMARK)))
        return np.array(found)

    def made(self, level: float) -> tuple[Array, Best, Array]:
        """Mean priorities (account x dimension), the best of each account, and sums by draw and dimension."""
        rng = np.random.default_rng([self.seed, 2])
        rows = rng.permutation(np.resize(np.arange(len(self.importances)), self.many))
        weight = self.importances[rows].astype("float32")
        bent = self.curve.draws(self.many, rng) if self.curve is not None else None
        size = max(1, _BLOCK // (self.many * len(self.scores)))
        means, firsts, ends, chances, bests = [], [], [], [], []
        sums = np.zeros((self.many, len(self.scores)))
        for start in range(0, len(self.heard), size):
            made = self._block(self.heard[start : start + size], weight, bent, rng)
            known = ~np.isnan(made[0])
            made = np.nan_to_num(made)
            sums += made.sum(axis=1)
            mean = made.mean(axis=0).astype("float64")
            first = np.where(known, mean, -np.inf).argmax(axis=1)
            best = np.where(known, made, -np.inf).max(axis=2)
            own = np.take_along_axis(made, first[None, :, None], axis=2)[:, :, 0]
            means.append(mean)
            firsts.append(np.where(np.abs(made).max(axis=(0, 2)) > 0, first, -1))
            ends.append(np.quantile(own, [(1 - level) / 2, (1 + level) / 2], axis=0))
            chances.append(((own >= best) & (best > 0)).mean(axis=0))
            bests.append(np.maximum(best, 0))
        low, high = np.concatenate(ends, axis=1).astype("float64")
        top = _top(np.concatenate(bests, axis=1))
        return np.concatenate(means), Best(np.concatenate(firsts), low, high, np.concatenate(chances), top), sums

    def _block(self, own: Places, weight: Single, bent: Array | None, rng: np.random.Generator) -> Single:
        """Priorities of some accounts: draws x accounts x dimensions; NaN where an account was not heard."""
        mean, error = (
            np.column_stack([getattr(each, name)[own] for each in self.scores]).astype("float32")
            for name in ("mean", "error")
        )
        noise = rng.standard_normal((self.many, len(own), len(self.scores)), dtype="float32")
        noise = noise @ self.likeness.T.astype("float32")
        gap = self.benchmark.astype("float32") - np.clip(mean + error * noise, 0, 1)
        gap = np.where(np.isnan(gap) | (gap > _ROUNDING), gap, np.float32(0))
        gain = gap * weight[:, None, :]
        stake = self.stake[own].astype("float32")
        if self.curve is None or self.whole is None or bent is None:
            made: Single = gain * stake[:, None]
            return made
        # who was not asked for the whole, or did not say, is where its own dimensions are
        there, unsure = self.whole.mean[own], np.nan_to_num(self.whole.error[own])
        there = np.where(np.isnan(there), np.nanmean(mean, axis=1), there)
        now = np.clip(there + unsure * rng.standard_normal((self.many, len(own))), 0, 1)
        kept = np.empty_like(gain)
        for draw, at in enumerate(bent):
            then = self.curve.yearly(np.minimum(now[draw][:, None] + gain[draw], 1), at)
            kept[draw] = (self.curve.yearly(now[draw], at)[:, None] - then) * stake[:, None]
        return np.where(np.isnan(gain), np.float32(np.nan), kept)


def _top(best: Single) -> Array:
    """The share of draws (rows) in which each account (columns) is among the first TOP, and has something to gain."""
    if best.shape[1] <= TOP:
        return (best > 0).mean(axis=0)
    bar = np.partition(best, best.shape[1] - TOP, axis=1)[:, best.shape[1] - TOP]
    return ((best >= bar[:, None]) & (best > 0)).mean(axis=0)
