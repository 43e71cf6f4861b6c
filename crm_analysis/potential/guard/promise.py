"""The threshold below which accounts may be cut, and what is promised of it.

Two promises that must not be taken for each other. `guard`: with confidence 1 - delta over the draw of the known
promising accounts, the miss rate of the threshold found is at most alpha. `on_average`: the mean of that rate over all
such draws is at most alpha; the one at hand may be above it, and in almost every other draw it is.

Both speak of the population that the known accounts were drawn from, one row per account and independent of each
other, not of this quarter's list: that has few promising accounts, whose misses scatter around the rate. Both are
void where the model saw the known accounts, where alpha, delta or the score were chosen after looking at what
they allow, and where the population has moved since (`potential.drift`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.potential.guard.exact import (
    NEAR,
    allowed_misses,
    checked,
    effective,
    needed_cases,
    supported_alpha,
    upper,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """A threshold of the score, and the known promising accounts that it comes from.

    `cases`: how many there are; `allowed_misses`: how many of them may be cut, -1 if even none is too many;
    `misses`: how many would be, fewer than allowed where scores are tied or vetoes keep the rest. `threshold` is -inf
    where nobody may be cut, and +inf where vetoes keep so many of the promising that the score need not keep any.
    """

    alpha: float
    cases: int
    allowed_misses: int
    threshold: float
    misses: int

    @property
    def declines(self) -> bool:
        """Nobody may be cut: the evidence does not suffice."""
        return self.threshold == -math.inf

    @property
    def vetoes_suffice(self) -> bool:
        """All that no veto keeps may be cut: those of the promising that none keeps are as few as may be missed."""
        return self.threshold == math.inf

    def may_cut(self, score: Any, kept: Any) -> Flags:
        """Whether each account may be cut: it scores strictly below the threshold and no veto keeps it."""
        return effective(score, kept) < self.threshold


@dataclass(frozen=True)
class Guard(Line):
    """A threshold whose miss rate is at most alpha with confidence 1 - delta (`guard`).

    `bound` is the smallest alpha that the same threshold would have been found for, 0 where nobody may be cut.
    """

    delta: float
    bound: float

    @property
    def smallest_alpha(self) -> float:
        """The smallest alpha at which so many cases allow any cut, at this delta; 1 without cases."""
        return supported_alpha(self.cases, self.delta)

    @property
    def needed(self) -> int:
        """The fewest cases at which this alpha and delta allow any cut."""
        return needed_cases(self.alpha, self.delta)

    @property
    def more_needed(self) -> int:
        """How many cases are lacking for any cut; 0 if there are enough."""
        return max(0, self.needed - self.cases)


@dataclass(frozen=True)
class OnAverage(Line):
    """A threshold whose miss rate is at most alpha on average over calibrations, no more (`on_average`).

    `expected` is that average, where scores have no ties and vetoes do not keep nearly all; otherwise it is below.
    """

    expected: float

    @property
    def smallest_alpha(self) -> float:
        """The smallest alpha at which so many cases allow any cut; 1 without cases."""
        return 1 / (self.cases + 1)

    @property
    def needed(self) -> int:
        """The fewest cases at which this alpha allows any cut: 19 for 5 %, 9 for 10 %."""
        return math.ceil(1 / self.alpha - NEAR) - 1

    @property
    def more_needed(self) -> int:
        """How many cases are lacking for any cut; 0 if there are enough."""
        return max(0, self.needed - self.cases)


def guard(score: Any, kept: Any, alpha: float, delta: float) -> Guard:
    """The highest threshold whose miss rate is at most alpha with confidence 1 - delta.

    `score`: one row per account known to be promising, that the model never saw. `kept`: True where a veto would keep
    it whatever its score: it is in the denominator and never missed. Raises UserError for scores that are not finite,
    columns of different lengths, alpha or delta outside (0, 1).

    Fixed-sequence learn-then-test (Angelopoulos, Bates, Candes, Jordan & Lei 2021): thresholds are tested from the
    lowest upwards, each by the exact p-value P(Bin(n, alpha) <= its misses), up to the first above delta. Misses only
    grow with the threshold, so the last one to pass is the (k + 1)-th smallest score, k the most misses with a p-value
    up to delta: the order statistic of Wilks's tolerance limit (1941).

    No grid is needed, though every score in turn is tested: let t be the highest threshold with a miss rate up to
    alpha. The promise breaks only if the threshold found is above t, so only if at most k cases score at or below t.
    That is one event at one fixed place, where each case lies with probability alpha at least: its chance is
    P(Bin(n, alpha) <= k) at most, so delta at most; exactly this where scores have no ties. Ties make fewer misses.

    If vetoes keep all cases but k, the argument is the same with t = +inf: all others may be cut. Nothing is then
    asked of the score, and a promising account that no veto keeps is lost.

    >>> found = guard(range(60), [False] * 60, .05, .1)
    >>> found.threshold, found.allowed_misses, round(found.bound, 4)
    (0.0, 0, 0.0376)
    >>> few = guard(range(10), [False] * 10, .05, .1)
    >>> few.declines, round(few.smallest_alpha, 2), few.more_needed
    (True, 0.21, 35)
    """
    checked(alpha, "alpha")
    checked(delta, "delta")
    own = np.sort(effective(score, kept))
    most = allowed_misses(len(own), alpha, delta)
    threshold, misses = _place(own, most)
    # Of the misses allowed and not of those found: which of tied scores are met is chance, and the bound must not
    # gain by it.
    bound = float(upper(most, len(own), delta)) if most >= 0 else 0.0
    return Guard(alpha, len(own), most, threshold, misses, delta, bound)


def on_average(score: Any, kept: Any, alpha: float) -> OnAverage:
    """The highest threshold whose miss rate is at most alpha on average: split conformal on the promising accounts.

    Arguments and errors as for `guard`. A fresh promising account is equally likely to take each of the n + 1 places
    among the known ones, so it is below the j-th smallest with probability j / (n + 1) at most (Papadopoulos et al.
    2002; Vovk 2012 for the promise within a class). This is no statement about the threshold at hand.

    >>> on_average(range(19), [False] * 19, .05).threshold, on_average(range(18), [False] * 18, .05).declines
    (0.0, True)
    """
    checked(alpha, "alpha")
    own = np.sort(effective(score, kept))
    place = min(math.floor(alpha * (len(own) + 1) * (1 + NEAR)), len(own))
    threshold, misses = _place(own, place - 1)
    return OnAverage(alpha, len(own), place - 1, threshold, misses, place / (len(own) + 1))


def _place(own: Array, most: int) -> tuple[float, int]:
    """The threshold that at most so many of the sorted scores are strictly below, and how many are."""
    if most < 0:
        return -math.inf, 0
    threshold = float(own[most])
    return threshold, int(np.searchsorted(own, threshold, side="left"))
