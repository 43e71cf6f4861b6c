"""Why an account's potential is high or low, in words: what moves it most from the usual Low account's, with figures.

Reasons are what a model saw, not what makes an account grow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crm_analysis.churn.in_words import MOST, NOTICED, figure
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses
from crm_analysis.potential.features import FEATURES, WORDS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.in_words import Kind

    Array = NDArray[np.float64]


class Figure(NamedTuple):
    """How a reason is told: by which feature, for which features together, how it is written, what is usual."""

    features: tuple[str, ...]
    kind: Kind
    usual: str = "median"
    logged: bool = False

    @property
    def told(self) -> str:
        """The feature whose figure is told."""
        return self.features[0]


FIGURES = (
    Figure(("size",), "share", logged=True),
    Figure(("pace",), "share", logged=True),
    Figure(("trend",), "move"),
    Figure(("recent",), "move"),
    Figure(("order_count",), "count"),
    Figure(("silence_days", "silence_gaps"), "days"),
    Figure(("families",), "count"),
    Figure(("margin_rate",), "share"),
    Figure(("days_to_pay",), "days"),
    Figure(("overdue",), "count", "mean"),
    Figure(("on_time",), "share", "mean"),
    Figure(("complaints_year",), "count", "mean"),
    Figure(("satisfaction",), "share", "mean"),
    Figure(("pipeline_open",), "count", "mean"),
    Figure(("pipeline_won",), "count", "mean"),
    Figure(("contacts",), "count"),
    Figure(("contacts_theirs",), "share", "mean"),
    Figure(("demand",), "share", logged=True),
    Figure(("share_of_wallet",), "share"),
    Figure(("demand_growth",), "share"),
    Figure(("siblings", "siblings_size"), "count", "mean"),
)
"""The reasons that have a figure. Words are reasons too; tenure is none, because it ends after a year."""


def reasons(contributions: pd.DataFrame, rows: pd.DataFrame, usual: pd.DataFrame | None = None) -> pd.Series:
    """The reasons of each row, the largest first, as a text; MOST at most, empty where there is none.

    `rows` are accounts of a day with their features; `contributions`, in the same order, what a model makes of them
    (`Choice.contributions`); `usual` are the accounts whose figures are usual, `rows` themselves unless given. Of an
    account whose contributions add up to more than 0 what raises its potential is told, of others what lowers it. A
    feature counts only if it moves the log odds by NOTICED or more, is known, and if its figure lies on the side of the
    usual one that is expected to do so (`FEATURES`): where it does not, the model only corrects another feature by it,
    which no reader could follow. Features that tell the same, such as silence in days and in gaps, are one reason.
    """
    import pandas as pd

    usual = rows if usual is None else usual
    side = np.where(contributions.to_numpy("float64").sum(axis=1) > 0, 1.0, -1.0)
    figures = [own for own in FIGURES if own.told in contributions]
    words = [name for name in WORDS if name in contributions]
    weight = np.zeros((len(rows), len(figures) + len(words)))
    for place, own in enumerate(figures):
        added = sum((contributions[name].to_numpy("float64") for name in own.features if name in contributions), 0.0)
        weight[:, place] = np.where(_agrees(own, rows, usual, side), side * added, 0.0)
    for place, name in enumerate(words, start=len(figures)):
        weight[:, place] = np.where(rows[name].notna(), side * contributions[name].to_numpy("float64"), 0.0)
    weight[weight < NOTICED] = 0.0
    order = np.argsort(-weight, axis=1, kind="stable")[:, :MOST]
    told = np.take_along_axis(weight, order, axis=1) > 0
    texts = np.full(order.shape, "", dtype=object)
    told_by: list[Figure | str] = [*figures, *words]
    for place, one in enumerate(told_by):
        row, rank = np.nonzero((order == place) & told)
        texts[row, rank] = _worded(one, rows, usual, row)
    return pd.Series([clauses(filter(None, row)) for row in texts], index=rows.index, dtype=object, name="reasons")


def _typical(own: Figure, usual: pd.DataFrame) -> float:
    """The usual figure; NaN where it is known of nobody."""
    values = usual[own.told].dropna().to_numpy("float64")
    if not len(values):
        return float("nan")
    return float(np.median(values) if own.usual == "median" else np.mean(values))


def _agrees(own: Figure, rows: pd.DataFrame, usual: pd.DataFrame, side: Array) -> NDArray[np.bool_]:
    """Whether a row's figure lies where it is expected to move the potential to its side; anywhere else if none is."""
    gap = rows[own.told].to_numpy("float64") - _typical(own, usual)
    sign = FEATURES[own.told].sign
    found: NDArray[np.bool_] = (sign * gap * side > 0) if sign else (np.abs(gap) > 0)
    return found


def _worded(one: Figure | str, rows: pd.DataFrame, usual: pd.DataFrame, row: NDArray[np.intp]) -> list[str]:
    """The reason in words, of some rows."""
    if isinstance(one, str):
        return [label(f"reason_potential_{one}", own=word) for word in rows[one].iloc[row]]
    key, typical = f"reason_potential_{one.told}", _shown(one, _typical(one, usual))
    values, place = np.unique(rows[one.told].to_numpy("float64")[row], return_inverse=True)
    texts = np.array([label(key, own=_shown(one, value), typical=typical) for value in values.tolist()], dtype=object)
    found: list[str] = texts[place].tolist()
    return found


def _shown(own: Figure, value: Any) -> str:
    return figure(float(np.exp(value)) if own.logged else float(value), own.kind)
