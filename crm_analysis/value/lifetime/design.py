"""Static covariates of accounts (industry, region, type) as columns of zeros and ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ENOUGH = 20
"""Accounts with repeat orders that a level needs for an effect of its own; rarer ones count as the reference."""


@dataclass(frozen=True)
class Design:
    """What a model knows of its covariates: per column the reference level, and the levels that have an effect."""

    references: dict[str, str]
    levels: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[str]) -> Design:
        """The design of histories with a column `count`; the commonest level of a column is its reference.

        Raises UserError if a column is missing or has one level only.
        """
        references, levels = {}, []
        for column in columns:
            if column not in frame:
                raise UserError(
                    f"the histories have no column {column!r}; ask for it when making them: covariates=({column!r},)."
                )
            texts = _texts(frame[column])
            counts = frame["count"].groupby(texts).sum()
            repeated = frame["count"].where(frame["frequency"] > 0, 0).groupby(texts).sum()
            reference = str(counts.sort_index().sort_values(ascending=False, kind="stable").index[0])
            own = [str(level) for level in counts.index if level != reference and repeated[level] >= ENOUGH]
            if not own:
                raise UserError(
                    f"the covariate {column!r} has only one level with {ENOUGH} accounts that ordered again "
                    f"({reference!r} and too few others); expected two at least."
                )
            references[column] = reference
            levels += [(column, level) for level in own]
        return cls(references, tuple(levels))

    @property
    def names(self) -> tuple[str, ...]:
        """The effects' names, such as industry=telecom."""
        return tuple(f"{column}={level}" for column, level in self.levels)

    def patterns(self, frame: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """The distinct rows of zeros and ones, and which of them each row of the frame has.

        Levels that had no effect of their own when the model was fitted, and unknown ones, count as the reference.
        """
        whole = np.zeros((len(frame), len(self.levels)))
        for place, (column, level) in enumerate(self.levels):
            if column not in frame:
                raise UserError(f"the histories have no column {column!r}, which the model was fitted with.")
            whole[:, place] = _texts(frame[column]) == level
        if not self.levels:
            return np.zeros((1, 0)), np.zeros(len(frame), dtype=np.intp)
        rows, back = np.unique(whole, axis=0, return_inverse=True)
        return rows, back.reshape(-1)


def _texts(series: pd.Series) -> pd.Series:
    return series.astype("string").fillna("").astype(object)
