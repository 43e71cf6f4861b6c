"""Logistic regression of risk rows: Newton steps on blocks, clusters, a penalty chosen by cross-validation.

Rows of one account and day differ by their step alone, so the features are held once per day and gathered block by
block: memory is that of the features, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.survival import penalty

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Places = NDArray[np.intp]

NEAR = 1e-9
"""A maximum is reached when no coefficient, per standard deviation, moves by more than this."""
TURNS = 30
"""Newton steps; a maximum that exists is reached in ten."""
_BLOCK = 16_384


@dataclass(frozen=True)
class Step:
    """The rows of one step: its effect's place, which row of the features each has, whether it left, all columns."""

    effect: int
    place: Places
    left: Array
    whole: bool


@dataclass(frozen=True)
class Rows:
    """Risk rows. Parameters: `effects` effects of steps, then a coefficient per column of `matrix`.

    `owner`: the account's number per row of the matrix, `accounts`: their ids. The first `always` columns count in
    every step, the others only in steps that are `whole`.
    """

    matrix: Array
    owner: Places
    accounts: NDArray[np.object_]
    always: int
    effects: int
    steps: tuple[Step, ...]

    @property
    def width(self) -> int:
        """The number of parameters."""
        return self.effects + self.matrix.shape[1]

    @property
    def count(self) -> int:
        """The number of risk rows."""
        return sum(len(step.place) for step in self.steps)

    @property
    def owners(self) -> Places:
        """The account's number per risk row."""
        return np.concatenate([self.owner[step.place] for step in self.steps])

    def of(self, accounts: Flags) -> Rows:
        """The rows of some accounts."""
        own = [(step, accounts[self.owner[step.place]]) for step in self.steps]
        steps = tuple(Step(step.effect, step.place[mask], step.left[mask], step.whole) for step, mask in own)
        return Rows(self.matrix, self.owner, self.accounts, self.always, self.effects, steps)

    def blocks(self) -> Iterator[tuple[int, slice, Array, Array, Places]]:
        """Part by part: the step's effect, the parameters of the columns, these, whether it left, whose row it is."""
        for step in self.steps:
            columns = self.matrix.shape[1] if step.whole else self.always
            for start in range(0, len(step.place), _BLOCK):
                place = step.place[start : start + _BLOCK]
                block = self.matrix[:, :columns][place]
                yield (
                    step.effect, slice(self.effects, self.effects + columns), block, step.left[start : start + _BLOCK],
                    self.owner[place],
                )  # fmt: skip

    def gram(self) -> Array:
        """Sums of products of all columns, those of the steps first."""
        total = np.zeros((self.width, self.width))
        for effect, own, block, _, _ in self.blocks():
            _add_products(total, effect, own, block, np.ones(len(block)))
        return _mirrored(total, self.effects)


@dataclass(frozen=True)
class Maximum:
    """Where Newton steps ended, with the log likelihood and the information there; `reached` if it is a maximum."""

    at: Array
    loglik: float
    information: Array
    reached: bool


def maximum(rows: Rows, ridge: float = 0.0, start: Array | None = None, near: float = NEAR) -> Maximum:
    """The maximum of the log likelihood less ridge / 2 times the sum of squared coefficients, steps' effects aside.

    Not reached where steps go on without end, as they do where columns part who left from who stayed.
    """
    weight = np.r_[np.zeros(rows.effects), np.full(rows.width - rows.effects, ridge)]
    at = _start(rows) if start is None else start.copy()
    value, slope, information = _likelihood(rows, at)
    value -= float(weight @ at**2) / 2
    for _ in range(TURNS):
        try:
            step = np.linalg.solve(information + np.diag(weight), slope - weight * at)
        except np.linalg.LinAlgError:
            return Maximum(at, value, information, False)
        if not np.isfinite(step).all():
            return Maximum(at, value, information, False)
        part = 1.0
        while True:
            tried = at + part * step
            higher, slope, information = _likelihood(rows, tried)
            higher -= float(weight @ tried**2) / 2
            if higher >= value - 1e-9 * abs(value) or part < 1e-3:
                break
            part /= 2
        at, value = tried, higher
        if np.max(np.abs(step)) < near:
            return Maximum(at, value, information, True)
    return Maximum(at, value, information, False)


def log_likelihood(rows: Rows, at: Array) -> float:
    """The log likelihood of rows."""
    total = 0.0
    for effect, own, block, left, _ in rows.blocks():
        odds = at[effect] + block @ at[own]
        total += float(left @ odds - np.logaddexp(0, odds).sum())
    return total


def covariance(rows: Rows, found: Maximum, ridge: float) -> Array:
    """The covariance of the parameters, rows of an account being no independent ones.

    Without a penalty the sandwich with the factor G / (G - 1) (n - 1) / (n - p) for G accounts, n rows and p
    parameters, as statsmodels has it. With one, the prior that the penalty stands for counts as information of its
    own on both sides, so that a feature of which the data say nothing has the prior's spread and not none.
    """
    from scipy.sparse import csr_array

    many, width = len(rows.accounts), rows.width
    sums = np.zeros((many, width))
    for effect, own, block, left, owner in rows.blocks():
        miss = left - _chance(found.at[effect] + block @ found.at[own])
        sums[:, effect] += np.bincount(owner, weights=miss, minlength=many)
        sums[:, own] += csr_array((miss, (owner, np.arange(len(owner)))), shape=(many, len(owner))) @ block
    clusters = int((np.bincount(rows.owners, minlength=many) > 0).sum())
    factor = clusters / (clusters - 1) * (rows.count - 1) / (rows.count - width)
    weight = np.diag(np.r_[np.zeros(rows.effects), np.full(width - rows.effects, ridge)])
    bread = np.linalg.inv(found.information + weight)
    spread: Array = bread @ (factor * (sums.T @ sums) + weight) @ bread
    return (spread + spread.T) / 2


def strength(rows: Rows) -> float:
    """The penalty that forecasts accounts left out best (`penalty.strength`)."""
    return penalty.strength(
        rows, rows.owners, lambda own, ridge, start: maximum(own, ridge, start, near=1e-4).at, log_likelihood
    )


def _start(rows: Rows) -> Array:
    """Effects of the steps as if nothing else had one."""
    at, left, many = np.zeros(rows.width), np.zeros(rows.effects), np.zeros(rows.effects)
    for step in rows.steps:
        left[step.effect] += step.left.sum()
        many[step.effect] += len(step.left)
    at[: rows.effects] = np.log((left + 0.5) / (many - left + 0.5))
    return at


def _chance(odds: Array) -> Array:
    from scipy.special import expit

    chance: Array = expit(odds)
    return chance


def _likelihood(rows: Rows, at: Array) -> tuple[float, Array, Array]:
    """Log likelihood, its slope and minus its second derivatives."""
    value, slope = 0.0, np.zeros(rows.width)
    information = np.zeros((rows.width, rows.width))
    for effect, own, block, left, _ in rows.blocks():
        odds = at[effect] + block @ at[own]
        value += float(left @ odds - np.logaddexp(0, odds).sum())
        chance = _chance(odds)
        miss = left - chance
        slope[effect] += miss.sum()
        slope[own] += miss @ block
        _add_products(information, effect, own, block, chance * (1 - chance))
    return value, slope, _mirrored(information, rows.effects)


def _add_products(total: Array, effect: int, own: slice, block: Array, weight: Array) -> None:
    total[effect, effect] += weight.sum()
    total[effect, own] += weight @ block
    scaled = block * np.sqrt(weight)[:, None]
    total[own, own] += scaled.T @ scaled


def _mirrored(total: Array, effects: int) -> Array:
    total[effects:, :effects] = total[:effects, effects:].T
    return total
