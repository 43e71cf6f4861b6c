"""Why an account is at risk, in words: what raises its risk most against its segment, and by how much it differs.

Reasons are what a model saw, not what made the account leave.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from crm_analysis.churn.survival.features import FEATURES, SILENCE
from crm_analysis.labels import LABELS, label
from crm_analysis.labels.language import clauses
from crm_analysis.value.segments import INACTIVE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Kind = Literal["count", "days", "money", "move", "share"]

MOST = 3
"""Reasons told of an account."""
LONG = 91
"""Days of silence from which on it is told although the account's own rhythm explains it."""
NOTICED = 0.1
"""Log odds from which on a contribution is a reason: a tenth more."""
FIGURES: dict[str, tuple[Kind, Literal["mean", "median"]]] = {
    "trend": ("move", "median"),
    "recent": ("move", "median"),
    "order_count": ("count", "median"),
    "families": ("count", "median"),
    "margin_rate": ("share", "median"),
    "tenure_days": ("days", "median"),
    "revenue": ("money", "median"),
    "complaints_year": ("count", "mean"),
    "complaints_open": ("count", "mean"),
    "complaints_late": ("count", "mean"),
    "on_time": ("share", "mean"),
    "days_to_pay": ("days", "median"),
    "overdue": ("count", "mean"),
    "satisfaction": ("share", "mean"),
    "unanswered": ("share", "mean"),
    "contacts": ("count", "median"),
    "contacts_theirs": ("share", "mean"),
    "contract": ("share", "mean"),
    "contract_ends": ("days", "median"),
}
"""How a feature's figure is written, and what of its segment stands beside it; classes and segments are no reason."""


def reasons(contributions: pd.DataFrame, panel: pd.DataFrame, segment: pd.Series) -> pd.Series:
    """The reasons of each row, the largest first, as a text such as "silent for 94 days; open complaints: 2, ...".

    `panel` has the features of a day, a row per account; `contributions`, in the same order, what a LeavingModel makes
    of them against `segment`. Silence is one reason, however many features tell it. A feature counts only if it adds
    NOTICED or more, and if its figure lies on the side of its segment's that is expected to raise risk (`FEATURES`):
    where it does not, the model only corrects another feature by it, which no reader could follow. Empty where there is
    none.
    """
    import pandas as pd

    key = pd.Series(segment.to_numpy(dtype=object), index=panel.index).fillna(INACTIVE)
    places = np.unique(key.to_numpy(dtype=str), return_inverse=True)[1]
    added = {name: contributions[name].to_numpy("float64") for name in FIGURES if name in contributions}
    if said := [name for name in SILENCE if name in contributions]:
        added = {"silence": contributions[said].to_numpy("float64").sum(axis=1)} | added
    figures = {name: _Figure.of(name, panel, places) for name in added}
    weight = np.zeros((len(panel), len(added)))
    for place, (name, own) in enumerate(added.items()):
        weight[:, place] = np.where(figures[name].raises & (own >= NOTICED), own, 0.0)
    order = np.argsort(-weight, axis=1, kind="stable")[:, :MOST]
    told = np.take_along_axis(weight, order, axis=1) > 0
    texts = np.full(order.shape, "", dtype=object)
    for place, name in enumerate(added):
        row, rank = np.nonzero((order == place) & told)
        texts[row, rank] = figures[name].worded(row)
    return pd.Series([clauses(filter(None, row)) for row in texts], index=panel.index, dtype=object, name="reasons")


@dataclass(frozen=True)
class _Figure:
    """A feature's figures, what is usual in the segment of each (NaN where it is known of nobody there).

    Of silence also the account's own rhythm: what lasts longer than that is told by it, and not by the segment.
    """

    name: str
    own: Array
    typical: Array
    rhythm: Array | None = None

    @classmethod
    def of(cls, name: str, panel: pd.DataFrame, places: NDArray[np.intp]) -> _Figure:
        import pandas as pd

        silence = name == "silence"
        own: Array = np.asarray(panel["silence_days" if silence else name], dtype=np.float64)
        how = "median" if silence else FIGURES[name][1]
        usual: Array = np.asarray(pd.Series(own).groupby(places).agg(how), dtype=np.float64)
        rhythm: Array | None = np.asarray(panel["rhythm_days"], dtype=np.float64) if silence else None
        return cls(name, own, usual[places], rhythm)

    @property
    def raises(self) -> NDArray[np.bool_]:
        """Where the figure lies on the side that raises risk, or is unknown and that can be told."""
        if self.rhythm is not None:
            return (self.own > self.rhythm) | ((self.own > self.typical) & (self.own >= LONG))
        sign = FEATURES[self.name].sign
        side = sign * (self.own - self.typical) > 0 if sign else self.own != self.typical
        told = ~np.isnan(self.typical) & (f"reason_{self.name}_unknown" in LABELS)
        return np.where(np.isnan(self.own), told, side)

    def worded(self, row: NDArray[np.intp]) -> list[str]:
        """The reason in words, of some rows."""
        own, against = self.own[row], self.typical[row]
        if self.rhythm is None:
            kind, other, other_words = FIGURES[self.name][0], np.isnan(own), f"reason_{self.name}_unknown"
        else:
            kind, other, other_words = "days", own > self.rhythm[row], "reason_silence_long"
            against = np.where(other, self.rhythm[row], against)
        words = {False: label(f"reason_{self.name}"), True: label(other_words) if other_words in LABELS else ""}
        shown = {value: figure(value, kind) for value in np.unique(against).tolist()}
        return [
            words[which].format(own=figure(value, kind), typical=shown[usual])
            for value, usual, which in zip(own.tolist(), against.tolist(), other.tolist(), strict=True)
        ]


def figure(value: float, kind: Kind) -> str:
    """A figure as text; a move is the logarithm of a ratio.

    >>> figure(0.1, "count"), figure(2.0, "count"), figure(0.041, "count"), figure(-0.6931, "move")
    ('0.1', '2', '0.04', 'down 50%')
    """
    if math.isnan(value):
        return label("unknown")
    if kind == "move":
        return label("moved_down" if value < 0 else "moved_up", share=f"{abs(math.expm1(value)):.0%}")
    if kind == "share":
        return f"{value:.0%}"
    if kind == "count":
        return f"{value:.1g}" if 0 < value < 0.1 else f"{value:,.1f}".removesuffix(".0")
    return f"{value:,.0f}"
