"""Which starts the units could have had instead, and what chance does to a statistic over all of these.

Randomisation inference (Fisher 1935; for difference in differences with few clusters, MacKinnon & Webb 2020): were the
starts dealt out anew among the units, how often would the statistic be as far from zero? It needs no law of the shocks
and no many units, but that the units could have changed places: it is exact where starts were drawn by lot.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

ALL = 5_000
"""All assignments are looked at up to this many."""
DRAWN, _SEED = 1_999, 20260930
"""Assignments drawn where there are more; the real one is counted with them (Phipson & Smyth 2010)."""
MANY = 1_000
"""Up to so many units, or units that start, assignments are looked at; with more the normal law comes to the same."""
ERROR = 0.05
_NEAR = 1e-9


def number(label: Ints) -> int:
    """In how many ways the labels of units can be dealt out among them.

    >>> number(np.array([0, 0, 0, 1, 1, 1]))
    20
    """
    return math.factorial(len(label)) // math.prod(math.factorial(int(many)) for many in np.bincount(label))


def assignments(label: Ints) -> Ints:
    """Labels of units dealt out anew: a row per assignment, a column per unit; the real one is the first.

    All of them where they are no more than ALL, else DRAWN at random beside the real one, seed fixed.
    """
    return _assignments(tuple(int(own) for own in label))


@lru_cache(maxsize=8)
def _assignments(labels: tuple[int, ...]) -> Ints:
    label = np.array(labels, dtype=np.int64)
    if number(label) <= ALL:
        every = np.array(list(_dealt(np.bincount(label))), dtype=np.int64)
        real = int(np.flatnonzero((every == label).all(axis=1))[0])
        made = np.concatenate([label[None, :], np.delete(every, real, axis=0)])
    else:
        drawn = np.random.default_rng(_SEED).permuted(np.tile(label, (DRAWN, 1)), axis=1)
        made = np.concatenate([label[None, :], drawn])
    made.setflags(write=False)
    return made


def _dealt(counts: Ints) -> Iterator[Ints]:
    """Every arrangement of so many 0, so many 1, ..."""
    free = int(counts.sum())
    if len(counts) == 1:
        yield np.zeros(free, dtype=np.int64)
        return
    for first in combinations(range(free), int(counts[0])):
        rest = np.ones(free, dtype=bool)
        rest[list(first)] = False
        for others in _dealt(counts[1:]):
            row = np.zeros(free, dtype=np.int64)
            row[rest] = others + 1
            yield row


def statistics(scores: Array, label: Ints) -> Array:
    """The statistic of each assignment, the real one first: the sum over units of the score each has under its label.

    `scores`: targets x labels x units; result: targets x assignments. With more than MANY units only those that do not
    have the commonest label are dealt out, DRAWN times; if they are more than MANY, too, there is but the real one.
    """
    if len(label) <= MANY:
        dealt = assignments(label)
        found = np.zeros((len(scores), len(dealt)))
        for own in range(scores.shape[1]):
            found += scores[:, own] @ (dealt == own).T.astype(np.float64)
        return found
    counts = np.bincount(label, minlength=scores.shape[1])
    common = int(counts.argmax())
    rest = np.flatnonzero(label != common)
    places = rest[None, :] if len(rest) > MANY else np.concatenate([rest[None, :], _places(len(label), len(rest))])
    found = np.repeat(scores[:, common].sum(axis=1)[:, None], len(places), axis=1)
    for own in np.unique(label[rest]):
        chosen = places[:, label[rest] == own]
        for target, row in enumerate(scores[:, own] - scores[:, common]):
            found[target] += row[chosen].sum(axis=1)
    return found


@lru_cache(maxsize=2)
def _places(units: int, chosen: int) -> Ints:
    """So many of the units in any order, DRAWN times, each a row."""
    rng = np.random.default_rng(_SEED)
    return np.stack([rng.choice(units, chosen, replace=False) for _ in range(DRAWN)])


def chance(found: Array) -> float:
    """The share of assignments whose statistic is as far from zero as that of the first, the real one."""
    near = _NEAR * max(1e-300, float(np.abs(found).max(initial=0.0)))
    return float(np.mean(np.abs(found) >= abs(float(found[0])) - near))


def interval(found: Array, slope: Array, error: float = ERROR) -> tuple[float, float]:
    """All effects t that the assignments do not reject, from the smallest to the largest.

    Not rejected: of more than `error` of all assignments |found - t slope| >= |found[0] - t|. `found` is the statistic
    of the outcome under each assignment, `slope` that of the real treatment (1 for the real assignment, else between -1
    and 1), so that found - t slope is the statistic once an effect of t is taken away from the treated. Each
    assignment's inequality holds on an interval around found[0], so that the set is one, too, and its ends are order
    statistics. An end is infinite where no effect of any size could be rejected.
    """
    real = float(found[0])
    near = _NEAR * max(1e-300, float(np.abs(found).max(initial=0.0)))
    ends = []
    for sign in (1.0, -1.0):
        over, under = real - sign * found, 1.0 - sign * slope
        flat = np.abs(under) < _NEAR
        root = np.divide(over, under, out=np.full(len(found), np.nan), where=~flat)
        root[flat & (over > near)] = np.inf
        root[flat & (over < -near)] = -np.inf
        ends.append(root)  # NaN: the same distance at every effect
    always = np.isnan(ends[0]) | np.isnan(ends[1])
    low = np.where(always, -np.inf, np.fmin(*ends))
    high = np.where(always, np.inf, np.fmax(*ends))
    needed = math.floor(error * len(found) + _NEAR)  # one more than these must hold
    return float(np.sort(low)[needed]), float(np.sort(high)[::-1][needed])
