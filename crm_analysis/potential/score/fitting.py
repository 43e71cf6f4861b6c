"""What a model of potential is fitted to, and how far its coefficients hang on that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.potential import lots
from crm_analysis.potential.score import design

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

MOST = 300_000
"""Rows that are fitted to at most; of more, whole accounts are drawn by lot."""
_LOT = 3  # what lots are drawn for: the guard's is 1, the never-cut group's 2


class Data:
    """Rows that were drawn, in their order, as far as a model takes them; `ordered` sorts them by what they hold.

    `came` (promising, 1 or 0), `owner` (a number per account), `weight`, one per row; `kept`: the features that tell
    rows apart; `dropped`: of the others, a sentence each saying why not; `lexicon`, `table`: as `design` makes them;
    `sampled`: whether accounts were drawn. Raises UserError for columns or weights that are none, where all or none are
    promising, and where nothing tells rows apart.
    """

    def __init__(
        self, rows: pd.DataFrame, features: Sequence[str], weight: ArrayLike | None, seed: int, ordered: bool
    ) -> None:
        import pandas as pd

        given = np.ones(len(rows)) if weight is None else np.asarray(weight, dtype="float64")
        _checked(rows, features, given)
        self.sampled = len(rows) > MOST and "bits" in rows
        if self.sampled:
            kept = lots.lots(rows["bits"].to_numpy(np.uint64), seed, _LOT) < MOST / len(rows)
            rows, given = rows[kept], given[kept]
        if ordered:
            order = design.in_order(rows, features)
            rows, given = rows.iloc[order], given[order]
        self.came = rows["promising"].to_numpy("float64").astype("int64")
        if not 0 < self.came.sum() < len(self.came):
            raise UserError(label("score_one_kind", promising=int(self.came.sum()), cases=len(self.came)))
        self.kept, self.dropped = design.told(rows, features)
        if not self.kept:
            raise UserError(label("score_nothing"))
        self.weight = given
        # trees take much longer with weights than without, even if all are equal
        self.weighted = None if np.ptp(given) == 0 else given
        self.owner = pd.factorize(rows["account_id"])[0]
        self.lexicon = design.lexicon(rows, self.kept)
        self.table = design.table(rows, self.kept, self.lexicon)
        self.signs: list[int] = []
        self.words: list[bool] = []

    def middle(self, name: str) -> float:
        """A feature's usual value: the median of numbers, the most frequent of words (of several the first)."""
        values = self.table[name]
        return float(values.mode().iloc[0] if name in self.lexicon else values.median())


def sandwich(made: Array, data: Data, at: Array, strength: float) -> Array:
    """Covariance of intercept and coefficients, clustered by account: bread, filling, bread.

    `made`: the columns fitted to; `at`: the log odds told; `strength`: scikit-learn's C. Liang & Zeger (1986).
    """
    from scipy.linalg import cho_factor, cho_solve
    from scipy.special import expit

    wide = np.column_stack([np.ones(len(made)), made])
    chance = expit(at)
    bread = (wide * (data.weight * chance * (1 - chance))[:, None]).T @ wide
    bread[np.arange(1, len(bread)), np.arange(1, len(bread))] += 1 / strength
    order = np.argsort(data.owner, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(data.owner[order]) != 0])
    wide *= (data.weight * (data.came - chance))[:, None]
    sums = np.add.reduceat(wide[order], starts, axis=0)
    many = len(sums)
    factor = cho_factor(bread)
    half = cho_solve(factor, sums.T)
    found: Array = half @ half.T * (many / max(many - 1, 1))
    return found


def _checked(rows: pd.DataFrame, features: Sequence[str], weight: Array) -> None:
    for name in ("account_id", "promising", *features):
        if name not in rows:
            raise UserError(f"cases have no column {name!r}; found {', '.join(map(str, rows.columns))}.")
    if not np.isin(rows["promising"].to_numpy("float64"), (0, 1)).all():
        raise UserError("a model of potential learns from cases that were promising (1) or not (0); found others.")
    if len(weight) != len(rows) or not (np.isfinite(weight) & (weight > 0)).all():
        raise UserError("weights are one number above 0 for each case; found others.")
