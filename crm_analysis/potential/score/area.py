"""How well scores rank: the area under the ROC curve, with intervals that know of several days and of accounts.

The chance that a promising account scores higher than one that is not, of the same day. DeLong, DeLong &
Clarke-Pearson (1988), with the ranks of Sun & Xu (2014), summed by account where one is there on several days
(Obuchowski 1997).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.value.scores import LEVEL

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Area:
    """An area, and what each row adds to its error: those of one account are added before they are squared.

    `auc` is the mean over the days, weighted by their promising accounts; NaN where no day has both kinds. `few` is the
    number of accounts of the rarer kind.
    """

    auc: float
    pull: Array
    owner: Places
    few: int

    @property
    def error(self) -> float:
        """The standard error; NaN with fewer than two accounts of a kind."""
        return _error(self.pull, self.owner) if self.few >= 2 else float("nan")

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Bounds by log odds, so that they stay between 0 and 1, and Student's t; 0 and 1 where nothing can be told."""
        from scipy.special import expit, logit
        from scipy.stats import t

        error = self.error
        if not error > 0 or not 0 < self.auc < 1:
            return 0.0, 1.0
        wide = float(t.ppf((1 + level) / 2, self.few - 1)) * error / (self.auc * (1 - self.auc))
        return float(expit(logit(self.auc) - wide)), float(expit(logit(self.auc) + wide))

    def less(self, other: Area, level: float = LEVEL) -> tuple[float, float, float]:
        """This area less another of the same rows, and the bounds of the difference; -1 and 1 if it has no error."""
        from scipy.stats import t

        gap = self.auc - other.auc
        error = _error(self.pull - other.pull, self.owner) if self.few >= 2 else float("nan")
        if not error > 0:
            return (gap, 0.0, 0.0) if error == 0 and gap == 0 else (gap, -1.0, 1.0)
        wide = float(t.ppf((1 + level) / 2, self.few - 1)) * error
        return gap, gap - wide, gap + wide


def area(
    score: ArrayLike, promising: ArrayLike, accounts: ArrayLike | None = None, days: ArrayLike | None = None
) -> Area:
    """The area of one row per account, or per account and day. Equal scores count half.

    Raises UserError for columns of different lengths, scores that are not finite and outcomes other than 0 and 1.
    """
    import pandas as pd

    values, came = np.asarray(score, dtype="float64"), np.asarray(promising, dtype="float64")
    if values.ndim != 1 or values.shape != came.shape:
        raise UserError(f"scores and outcomes are two columns of one length; found {values.shape}, {came.shape}.")
    if not np.isfinite(values).all() or not np.isin(came, (0, 1)).all():
        raise UserError("scores are numbers, and outcomes are 1 (promising) or 0; found others.")
    owner = np.arange(len(values)) if accounts is None else pd.factorize(np.asarray(accounts))[0]
    day = np.zeros(len(values), dtype=np.intp) if days is None else pd.factorize(np.asarray(days))[0]
    pull, whole, weights = np.zeros(len(values)), 0.0, 0.0
    for number in range(int(day.max(initial=-1)) + 1):
        rows = np.flatnonzero(day == number)
        yes = came[rows] == 1
        many, others = int(yes.sum()), int((~yes).sum())
        if not many or not others:
            continue
        share = _placed(values[rows], yes)
        auc = float(share[yes].mean())
        shrink = np.where(yes, many, others).astype("float64")
        shrink = np.sqrt(shrink / np.maximum(shrink - 1, 1)) / shrink
        pull[rows] = many * shrink * (share - auc)
        whole, weights = whole + many * auc, weights + many
    few = min(len(np.unique(owner[came == kind])) for kind in (0, 1))
    if not weights:
        return Area(float("nan"), pull, owner, 0)
    return Area(whole / weights, pull / weights, owner, few)


def _placed(values: Array, yes: NDArray[np.bool_]) -> Array:
    """Of each row the share of the other kind that it is on the right side of; ties count half."""
    from scipy.stats import rankdata

    whole, found = rankdata(values), np.empty(len(values))
    for own in (yes, ~yes):
        found[own] = (whole[own] - rankdata(values[own])) / (~own).sum()
    found[~yes] = 1 - found[~yes]
    return found


def _error(pull: Array, owner: Places) -> float:
    sums = np.bincount(owner, pull)
    return float(np.sqrt((sums**2).sum()))
