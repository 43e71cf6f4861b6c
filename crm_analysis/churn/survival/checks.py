"""What is wrong with the columns of a model, found before it is fitted: repeats, separation, too few that left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MINIMUM = 20
"""Accounts that left below which nothing is fitted, and as many that stayed: with fewer the overall rate itself is not
known to a factor of 1.5 (95 %), and each of five parts of a cross-validation would hold three or less."""
PER_PARAMETER = 10
"""Accounts that left per parameter from which on nothing is penalised (Peduzzi, Concato, Kemper et al. 1996)."""
REPEATED = 1_000.0
"""A column whose variance others explain up to one part in this says what they say, and is left out."""


def enough(left: int, stayed: int, what: str) -> None:
    """Raise UserError, with the numbers found and needed, where too few accounts left or stayed to learn from."""
    for found, did in ((left, "left"), (stayed, "stayed")):
        if found < MINIMUM:
            raise UserError(label(f"learned_few_{did}", what=what, found=f"{found:,}", least=MINIMUM))


def repeats(gram: Array, given: int) -> list[tuple[int, int]]:
    """Columns that earlier ones explain, each with the earlier one it is most like.

    `gram` holds sums of products, the first `given` columns being those that are always there (an intercept, or effects
    of steps). Column by column; what is left out explains nothing further. Places count from the first column after
    these; a column that only the given ones explain is beside itself: it is constant.
    """
    size = len(gram)
    lower = np.zeros((size, size))  # rows of kept columns, orthogonalised
    kept: list[int] = []
    found = []
    for place in range(size):
        own = gram[place, place]
        part = _solved(lower, kept, gram[kept, place])
        rest = own - part @ part
        steps = part[: sum(other < given for other in kept)]
        free = own - steps @ steps
        if place >= given and (rest <= free / REPEATED or free <= 1e-12 * max(own, 1e-300)):
            likeness = _likeness(gram, given, kept, place)
            constant = free <= 1e-12 * max(own, 1e-300) or not len(likeness)
            found.append((place - given, place - given if constant else int(likeness[0])))
            continue
        if own <= 0:  # a step without rows
            continue
        lower[len(kept), : len(kept)] = part
        lower[len(kept), len(kept)] = np.sqrt(max(rest, 1e-300))
        kept.append(place)
    return found


def told(found: Sequence[tuple[int, int]], terms: Sequence[str]) -> list[str]:
    """What `repeats` found, in sentences."""
    same = [terms[place] for place, like in found if place == like]
    alike = [
        label("learned_alike_term", term=terms[place], other=terms[like]) for place, like in found if place != like
    ]
    says = [label("learned_same", terms=listed(same))] if same else []
    return says + ([label("learned_alike", terms=listed(alike))] if alike else [])


def inflation(gram: Array, given: int) -> Array:
    """The variance inflation factor of each column after the given ones: 1 where others say nothing of it."""
    from scipy.linalg import cho_factor, cho_solve

    inner = _within(gram, given)
    spread = np.sqrt(np.diag(inner))
    like = inner / np.outer(spread, spread)
    factors: Array = np.diag(cho_solve(cho_factor(like), np.eye(len(like))))
    return np.maximum(factors, 1.0)


class Overlap:
    """Smallest and largest value of each column among rows that left and rows that stayed, added up in blocks."""

    def __init__(self, columns: int) -> None:
        self.ends = {which: (np.full(columns, np.inf), np.full(columns, -np.inf)) for which in (True, False)}

    def add(self, block: Array, left: Flags) -> None:
        """Take in rows; a block may have fewer columns, which are then the first ones."""
        for which, rows in ((True, block[left]), (False, block[~left])):
            if len(rows):
                low, high = self.ends[which]
                own = slice(0, block.shape[1])
                low[own] = np.minimum(low[own], rows.min(axis=0))
                high[own] = np.maximum(high[own], rows.max(axis=0))

    def parted(self) -> list[int]:
        """Columns by which alone all that left are on one side of all that stayed, borders shared."""
        (low, high), (below, above) = self.ends[True], self.ends[False]
        return [int(place) for place in np.flatnonzero((low >= above) | (high <= below))]


def holm(p: Array) -> Array:
    """p-values corrected for their number. Holm (1979); statsmodels' own collects garbage, half a second, each time."""
    order = np.argsort(p, kind="stable")
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return corrected


def held_back(left: int, parameters: int, parted: Sequence[str]) -> str | None:
    """Why effects are to be penalised, as a sentence; None if they need not be."""
    if parted:
        terms = reduce(lambda one, other: label("learned_and", one=one, other=other), parted)
        return label("learned_held_parted", terms=terms)
    if left < PER_PARAMETER * parameters:
        each = f"{left / parameters:.1f}"
        return label("learned_held_few", left=f"{left:,}", effects=parameters, each=each, wanted=PER_PARAMETER)
    return None


def _solved(lower: Array, kept: list[int], products: Array) -> Array:
    from scipy.linalg import solve_triangular

    if not kept:
        return np.zeros(0)
    solved: Array = solve_triangular(lower[: len(kept), : len(kept)], products, lower=True)
    return solved


def _within(gram: Array, given: int) -> Array:
    """Sums of products of the columns after the given ones, these taken out."""
    there = np.flatnonzero(np.diag(gram)[:given] > 0)
    across = gram[np.ix_(there, np.arange(given, len(gram)))]
    inner: Array = gram[given:, given:]
    if len(there):
        inner = inner - across.T @ np.linalg.solve(gram[np.ix_(there, there)], across)
    return inner


def _likeness(gram: Array, given: int, kept: list[int], place: int) -> list[int]:
    """Kept columns by how much they are alike one, the most alike first."""
    inner = _within(gram, given)
    own = np.array([other - given for other in kept if other >= given], dtype=np.intp)
    spread = np.sqrt(np.maximum(np.diag(inner), 1e-300))
    like = np.abs(inner[own, place - given]) / spread[own] / spread[place - given]
    return [int(other) for other in own[np.argsort(-like, kind="stable")]]
