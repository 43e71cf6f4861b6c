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

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Kind = Literal["count", "days", "money", "move", "share"]

MOST = 3
"""Reasons told of an account."""
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

    key = pd.Series(segment.to_numpy(dtype=object), index=panel.index).fillna(label("tier_inactive"))
    places = np.unique(key.to_numpy(dtype=str), return_inverse=True)[1]
    added = {name: contributions[name].to_numpy("float64") for name in FIGURES if name in contributions}
    if said := [name for name in SILENCE if name in contributions]:
        added = {"silence": contributions[said].to_numpy("float64").sum(axis=1)} | added
    parts = [part for name in added for part in (("silence_days", "silence_ratio") if name == "silence" else (name,))]
    figures = {part: _Figure.of(part, panel, places) for part in parts}
    weight = np.zeros((len(panel), len(added)))
    for place, (name, own) in enumerate(added.items()):
        if name == "silence":
            raises = figures["silence_days"].raises | figures["silence_ratio"].raises
        else:
            raises = figures[name].raises
        weight[:, place] = np.where(raises & (own >= NOTICED), own, 0.0)
    order = np.argsort(-weight, axis=1, kind="stable")[:, :MOST]
    told = np.take_along_axis(weight, order, axis=1) > 0
    texts = np.full(order.shape, "", dtype=object)
    for place, name in enumerate(added):
        row, rank = np.nonzero((order == place) & told)
        texts[row, rank] = _silent(panel, row) if name == "silence" else figures[name].worded(row)
    return pd.Series(["; ".join(filter(None, row)) for row in texts], index=panel.index, dtype=object, name="reasons")


@dataclass(frozen=True)
class _Figure:
    """A feature's figures, what is usual in the segment of each (NaN where it is known of nobody there)."""

    name: str
    own: Array
    typical: Array

    @classmethod
    def of(cls, name: str, panel: pd.DataFrame, places: NDArray[np.intp]) -> _Figure:
        import pandas as pd

        own: Array = np.asarray(panel[name], dtype=np.float64)
        how = FIGURES[name][1] if name in FIGURES else "median"
        usual: Array = np.asarray(pd.Series(own).groupby(places).agg(how), dtype=np.float64)
        return cls(name, own, usual[places])

    @property
    def raises(self) -> NDArray[np.bool_]:
        """Where the figure lies on the side of the segment's that raises risk, or is unknown and that can be told."""
        sign = FEATURES[self.name].sign
        side = sign * (self.own - self.typical) > 0 if sign else self.own != self.typical
        told = ~np.isnan(self.typical) & (f"reason_{self.name}_unknown" in LABELS)
        return np.where(np.isnan(self.own), told, side)

    def worded(self, row: NDArray[np.intp]) -> list[str]:
        """The reason in words, of some rows."""
        kind = FIGURES[self.name][0]
        words, unknown = label(f"reason_{self.name}"), LABELS.get(f"reason_{self.name}_unknown", "")
        usual = {value: _figure(value, kind) for value in np.unique(self.typical[row]).tolist()}
        return [
            (unknown if math.isnan(own) else words).format(own=_figure(own, kind), typical=usual[typical])
            for own, typical in zip(self.own[row].tolist(), self.typical[row].tolist(), strict=True)
        ]


def _silent(panel: pd.DataFrame, row: NDArray[np.intp]) -> list[str]:
    """Silence in words, of some rows."""
    known, alone = label("reason_silence"), label("reason_silence_alone")
    days, rhythm = (panel[name].to_numpy("float64")[row].tolist() for name in ("silence_days", "rhythm_days"))
    return [
        (alone if math.isnan(gap) else known).format(own=_figure(own, "days"), rhythm=_figure(gap, "days"))
        for own, gap in zip(days, rhythm, strict=True)
    ]


def _figure(value: float, kind: Kind) -> str:
    """A figure as text; a move is the logarithm of a ratio.

    >>> _figure(0.1, "count"), _figure(2.0, "count"), _figure(0.041, "count"), _figure(-0.6931, "move")
    ('0.1', '2', '0.04', 'down 50%')
    """
    if math.isnan(value):
        return label("unknown")
    if kind == "move":
        return label("moved_down" if value < 0 else "moved_up").format(share=f"{abs(math.expm1(value)):.0%}")
    if kind == "share":
        return f"{value:.0%}"
    if kind == "count":
        return f"{value:.1g}" if 0 < value < 0.1 else f"{value:,.1f}".removesuffix(".0")
    return f"{value:,.0f}"
