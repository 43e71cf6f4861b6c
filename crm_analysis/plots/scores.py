"""Figures of the satisfaction page: scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import bracketed
from crm_analysis.plots.axes import COLOURS, INK, PALE, QUIET, STRONG, axes, drawn

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST_GROUPS = 25


def score_trend(table: pd.DataFrame) -> Axes:
    """Satisfaction by wave, a point and its interval each (`trend.trend`); waves of too few accounts are left open.

    The accounts heard stand below each wave.
    """
    ax = axes(label("figure_score_trend"), height=3.2)
    if "content" in table:
        told = table[table["content"].notna()]
        ax.vlines(told.index, told["low_content"], told["high_content"], color=STRONG, linewidth=1.6)
        ax.plot(told.index, told["content"], "o-", color=STRONG, markersize=5, linewidth=1.0)
    names = [
        f"{wave}\n{bracketed(f'{many:,}').strip()}"
        for wave, many in zip(table["wave"], table["accounts_heard"], strict=True)
    ]
    ax.set_xticks(list(table.index), names, fontsize=8)
    ax.set_xlim(-0.5, len(table) - 0.5)
    ax.set_ylim(0, 100)
    ax.set_ylabel(label("axis_points"), fontsize=9, color=INK)
    return ax


def score_groups(table: pd.DataFrame, overall: float) -> Axes:
    """Satisfaction by group with intervals (`groups.by_group`), against that of all accounts; no ranking.

    Groups stand in the order of the accounts heard, which are told beside each name; one that differs beyond chance is
    drawn in another colour. Of many groups the first MOST_GROUPS are drawn, those without a score not.
    """
    own = table[table["content"].notna()].head(MOST_GROUPS).reset_index(drop=True)
    ax = axes(label("figure_score_groups"), height=max(2.0, 1.0 + 0.3 * len(own)))
    ax.axvline(overall, color=QUIET, linewidth=1, linestyle="--")
    for sure, colour in ((False, STRONG), (True, COLOURS[1])):
        part = own[own["differs"].isin(("higher", "lower")) == sure]
        ax.hlines(part.index, part["low_content"], part["high_content"], color=colour, linewidth=1.6)
        ax.plot(part["content"], part.index, "o", color=colour, markersize=5)
    names = [
        drawn(code_said(name), place + 1) + bracketed(f"{many:,}")
        for place, (name, many) in enumerate(zip(own["group"], own["accounts_heard"], strict=True))
    ]
    ax.set_yticks(list(own.index), names, fontsize=8)
    for words in ax.get_yticklabels():
        words.set_parse_math(False)
    ax.set_ylim(len(own) - 0.5, -0.5)
    ax.set_xlim(0, 100)
    ax.set_xlabel(label("axis_points"), fontsize=9, color=INK)
    return ax


def score_bounds(row: pd.Series) -> Axes:
    """How far silence may move a score (`weighting.weighted`): ever less is assumed from top to bottom."""
    ax = axes(label("figure_score_bounds"), height=2.2)
    bars = (
        ("bar_worst", row["low_worst"], row["high_worst"], PALE),
        ("bar_odds", row["low_odds"], row["high_odds"], QUIET),
        ("bar_weighted", row["low"], row["high"], STRONG),
    )
    for place, (_, low, high, colour) in enumerate(bars):
        ax.barh(place, high - low, left=low, color=colour, height=0.5)
    ax.plot(row["weighted"], 2, "o", color="white", markersize=5)
    ax.plot(row["points"], 3, "o", color=INK, markersize=6)
    ax.set_ylim(-0.5, 3.5)
    ax.set_yticks(range(4), [label(bar[0]) for bar in bars] + [label("bar_heard")], fontsize=8)
    ax.set_xlim(-100 if row["score"] == "nps" else 0, 100)
    ax.set_xlabel(label("axis_points"), fontsize=9, color=INK)
    return ax
