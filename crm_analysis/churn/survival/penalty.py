"""How strongly effects are shrunk where accounts that left are few: as forecasts accounts left out best."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import numpy as np

from crm_analysis.churn.survival.sample import FOLDS, drawn, folds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Places = NDArray[np.intp]

PENALTIES = tuple(float(value) for value in 10 ** np.arange(4, -1.1, -0.5))
"""Strengths that are tried, the strongest first: from hardly any effect left to hardly any held back."""
TRIED_ON = 100_000
"""Rows that the strength is chosen on at most, whole accounts of them: it is that of a prior, and does not grow."""


class Rows(Protocol):
    """Rows of accounts, of which some can be taken."""

    @property
    def accounts(self) -> NDArray[np.object_]:
        """The ids of all accounts."""

    def of(self, accounts: Flags) -> Self:
        """The rows of some."""


R = TypeVar("R", bound=Rows)


def strength(
    rows: R, owner: Places, fit: Callable[[R, float, Array | None], Array], loglik: Callable[[R, Array], float]
) -> float:
    """The strength of PENALTIES that gives accounts left out the highest log likelihood.

    `owner` is the account's number per row, `fit(rows, strength, start)` the coefficients. Accounts are left out
    whole, in FOLDS parts made of their ids; what they add to the log likelihood of all is their score (Verweij & van
    Houwelingen 1993).
    """
    some = rows.of(drawn(owner, rows.accounts, TRIED_ON))
    part = folds(rows.accounts)
    scores = np.zeros(len(PENALTIES))
    for number in range(FOLDS):
        kept, at = some.of(part != number), None
        for place, penalty in enumerate(PENALTIES):
            at = fit(kept, penalty, at)
            scores[place] += loglik(some, at) - loglik(kept, at)
    return PENALTIES[int(np.argmax(np.where(np.isfinite(scores), scores, -np.inf)))]
