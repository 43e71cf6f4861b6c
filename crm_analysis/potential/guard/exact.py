"""Numbers of misses among independent cases: how many are allowed, how many cases are needed, exact intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crm_analysis.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

NEAR = 1e-9
"""Relative room for rounding, so that the alpha told to be supportable is supported when it is asked for."""


def allowed_misses(cases: int, alpha: float, delta: float) -> int:
    """The largest k with P(Bin(cases, alpha) <= k) <= delta; -1 where not even 0 misses are so rare.

    >>> [allowed_misses(cases, .05, .1) for cases in (44, 45, 76, 77)]
    [-1, 0, 0, 1]
    """
    from scipy.special import bdtr

    if cases < 1:
        return -1
    chances = bdtr(np.arange(cases), cases, alpha)
    return int(np.searchsorted(chances, delta * (1 + NEAR), side="right")) - 1


def needed_cases(alpha: float, delta: float) -> int:
    """The fewest cases of which none may be missed: the smallest n with (1 - alpha)^n <= delta.

    >>> needed_cases(.05, .1), needed_cases(.1, .1)
    (45, 22)
    """
    return max(1, math.ceil(math.log(delta) / math.log1p(-alpha) - NEAR))


def supported_alpha(cases: int, delta: float) -> float:
    """The smallest alpha that cases without a miss support: 1 - delta^(1 / cases); 1 without cases.

    >>> round(supported_alpha(10, .1), 2)
    0.21
    """
    return -math.expm1(math.log(delta) / cases) if cases else 1.0


def lower(misses: ArrayLike, cases: ArrayLike, delta: float) -> Array:
    """The lower bound of the rate, element by element, at confidence 1 - delta. Clopper & Pearson (1934)."""
    from scipy.special import betaincinv

    x, n = np.asarray(misses, dtype=np.float64), np.asarray(cases, dtype=np.float64)
    some = x > 0
    return np.where(some, betaincinv(np.where(some, x, 1.0), n - np.where(some, x, n) + 1, delta), 0.0)


def upper(misses: ArrayLike, cases: ArrayLike, delta: float) -> Array:
    """The upper bound of the rate, element by element, at confidence 1 - delta; 1 without cases.

    Clopper & Pearson (1934): the rate at which so few misses have the probability delta.
    """
    from scipy.special import betainccinv

    x, n = np.asarray(misses, dtype=np.float64), np.asarray(cases, dtype=np.float64)
    some = x < n
    return np.where(some, betainccinv(x + 1, np.where(some, n - x, 1.0), delta), 1.0)


class Measured(NamedTuple):
    """A miss rate as it came out: of so many promising cases, so many misses; rate is NaN without cases."""

    cases: int
    misses: int
    rate: float
    low: float
    high: float


def measured(kept_promising_cut: int, kept_promising: int, delta: float) -> Measured:
    """The miss rate measured afterwards, with its exact interval; each end holds at confidence 1 - delta.

    Of accounts that a lot exempted from the cut, `kept_promising` proved promising, and the rule would have cut
    `kept_promising_cut` of them. The lot must have been drawn among all accounts the rule judged, whatever their
    score: drawn among the ones to be cut alone, every case would be a miss. 0 to 1 without cases.

    >>> [round(part, 3) for part in measured(1, 30, .1)]
    [30, 1, 0.033, 0.004, 0.124]
    """
    checked(delta, "delta")
    misses, cases = int(kept_promising_cut), int(kept_promising)
    if not 0 <= misses <= cases:
        raise UserError(f"a measured miss rate: found {misses} misses of {cases} promising accounts, expected a part.")
    rate = misses / cases if cases else float("nan")
    return Measured(cases, misses, rate, float(lower(misses, cases, delta)), float(upper(misses, cases, delta)))


def checked(value: float, name: str) -> None:
    """Refuse what is not strictly between 0 and 1."""
    if not 0 < value < 1:
        raise UserError(f"{name} lies between 0 and 1, ends excluded; found {value}.")


def effective(score: Any, kept: Any, name: str = "score") -> Array:
    """Scores with +inf where a veto keeps the account, or UserError: one finite score and one True or False a row."""
    values, veto = np.asarray(score, dtype=np.float64), np.asarray(kept)
    if values.ndim != 1 or values.shape != veto.shape:
        raise UserError(f"{name}: expected scores and vetoes in two columns of one length; found {values.shape}, "
                        f"{veto.shape}.")  # fmt: skip
    if veto.dtype != np.bool_ and len(veto):
        raise UserError(f"{name}: vetoes are True or False; found values of type {veto.dtype}.")
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise UserError(f"{name}: expected finite scores; found {wrong} of {len(values)} that are not.")
    return np.where(veto.astype(np.bool_), np.inf, values)
