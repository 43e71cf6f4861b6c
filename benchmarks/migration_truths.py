"""Part of benchmarks/migration.py: books whose truth is known, of accounts that move between four states.

- `markov`: what an account does hangs on its state only. Rows of the truth are drawn anew for each book, around a book
  like the demo's, so that truths spread. With `shock` the odds of moving up and of moving down, and the logarithm of
  the number of entries, have a normal shock each year, of so much, one for all accounts.
- `lasting`: accounts differ for good: the logarithm of a year's revenue is an account's own level, a part that fades
  (.7 a year) and a year's luck; an account orders in a year with a chance that rises with its level. Groups of accounts
  may share part of all three but luck. The bars are two amounts that stay.
- `drifting`: the logarithm of a year's revenue moves on by steps, so that accounts cross the bars at the border; how
  far it goes back to an account's own level, and how much luck a year has, is drawn anew for each truth. Accounts leave
  for good at a rate of the truth.

The first two give places of accounts (`Ladder.places`) on days a year apart, the last of which is what came.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm_analysis.plan.moves.ladder import CLASS, Ladder

Ints = NDArray[np.int64]
Array = NDArray[np.float64]

LADDER = Ladder(CLASS, ("High", "Mid", "Low"), (8.0, 3.0))
USUAL = np.array(
    [[0.75, 0.2, 0.03, 0.02], [0.15, 0.65, 0.15, 0.05], [0.02, 0.06, 0.8, 0.12], [0.005, 0.01, 0.1, 0.885]]
)
ENTERED = np.array([0.01, 0.03, 0.95, 0.01])
START = np.array([0.06, 0.12, 0.62, 0.2])
LIKE = (5, 40)
"""Rows of a book are drawn around the usual ones with a weight between these."""
ENTRIES = 0.08
STEPS = (1, 2, 3, 4)
WARM = 12


def drawn_matrix(rng: np.random.Generator) -> Array:
    """Rows of a truth: 5 x 4, entries last."""
    weight = rng.uniform(*LIKE)
    return np.array([rng.dirichlet(row * weight) for row in (*USUAL, ENTERED)])


def markov(accounts: int, steps: int, shock: float, rng: np.random.Generator) -> tuple[Ints, Array]:
    """Places on steps + 2 days, and the truth of a year without a shock."""
    matrix = drawn_matrix(rng)
    days = steps + 2
    moves = rng.normal(0, 1, days - 1) * shock
    coming = rng.poisson(ENTRIES * accounts * np.exp(moves))
    places = np.full((days, accounts + coming.sum()), 4, dtype=np.int64)
    places[0, :accounts] = rng.choice(4, accounts, p=START)
    since = accounts
    for day in range(1, days):
        rows = shocked(matrix, moves[day - 1])
        before = places[day - 1].copy()
        luck = rng.random(len(before))
        after = (luck[:, None] > np.cumsum(rows, axis=1)[before, :3]).sum(axis=1)
        fresh = np.zeros(len(before), dtype=bool)
        fresh[since : since + coming[day - 1]] = True
        since += coming[day - 1]
        places[day] = np.where((before < 4) | fresh, after, 4)
    return places, matrix


def shocked(matrix: Array, shock: float) -> Array:
    """Odds of each cell above the diagonal times exp(shock), below it divided by it; entries are as ever."""
    moves = np.sign(np.arange(4)[:, None] - np.arange(4))
    rows = matrix.copy()
    rows[:4] = matrix[:4] * np.exp(shock * moves)
    return rows / rows.sum(axis=1, keepdims=True)


def lasting(
    accounts: int, steps: int, rng: np.random.Generator, group: int = 1, shared: float = 0.0
) -> tuple[Ints, Array, Ints]:
    """Places on steps + 2 days, a year's revenue on each, and groups, which share a part of variance."""
    days = WARM + steps + 2
    many = int(accounts * (1 + ENTRIES * (days - 1)))
    cluster = rng.permutation(np.arange(many) // group)
    came = np.sort(np.maximum(rng.uniform(-accounts / (many - accounts) * (days - 1), days - 1, many), 0.0))

    def mixed(*shape: int) -> Array:
        own = rng.standard_normal((*shape, many))
        both = rng.standard_normal((*shape, cluster.max() + 1))[..., cluster]
        return np.sqrt(1 - shared) * own + np.sqrt(shared) * both

    level = 0.9 * mixed()
    fades = np.empty((days, many))
    fades[0] = 0.7 * mixed()
    for day in range(1, days):
        fades[day] = 0.7 * fades[day - 1] + np.sqrt(1 - 0.49) * 0.7 * mixed()
    size = level + fades + 0.25 * rng.standard_normal((days, many))
    revenue = np.exp(size)
    customer = came[None, :] <= np.arange(days)[:, None]
    first = customer & ~np.vstack([np.zeros((1, many), bool), customer[:-1]])
    orders = rng.random((days, many)) < 1 / (1 + np.exp(-2.2 - 1.2 * (level + fades)))
    active = customer & (orders | first)
    revenue = np.where(active, revenue, 0.0)
    places = np.stack([LADDER.places(revenue[d], active[d], customer[d]) for d in range(days)]).astype(np.int64)
    return places[WARM:], revenue[WARM:], cluster


@dataclass(frozen=True)
class Drift:
    """A truth of `drifting`: spread of levels, part of the rest kept a year, its spread, luck of a year, leaving."""

    level: float
    kept: float
    rest: float
    luck: float
    leaving: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Drift:
        return cls(
            rng.uniform(0.3, 0.9),
            rng.uniform(0.6, 1),
            rng.uniform(0.5, 1),
            rng.uniform(0.1, 0.5),
            rng.uniform(0.03, 0.15),
        )


def drifting(accounts: int, days: int, truth: Drift, rng: np.random.Generator) -> tuple[NDArray[np.int8], Array]:
    """Places and revenue of accounts, all customers from the first day on: days x accounts."""
    level = truth.level * rng.standard_normal(accounts)
    rest, size = truth.rest * rng.standard_normal(accounts), np.empty((days, accounts))
    step = truth.rest * np.sqrt(max(1 - truth.kept**2, 0.1))
    for day in range(days):
        size[day] = level + rest + truth.luck * rng.standard_normal(accounts)
        rest = truth.kept * rest + step * rng.standard_normal(accounts)
    leaves = rng.geometric(truth.leaving, accounts)
    active = np.arange(days)[:, None] < leaves
    revenue = np.where(active, np.exp(size), 0.0)
    return LADDER.places(revenue, active, np.ones_like(active)), revenue


def gains(places: NDArray[np.int8], revenue: Array, begin: int, end: int) -> tuple[Array, Array]:
    """Of three days: what movers brought in the year after, and those that stayed."""
    own = places[0] == begin
    return revenue[2][own & (places[1] == end)], revenue[2][own & (places[1] == begin)]
