"""Figures of the satisfaction page: what satisfaction hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import code_said, label
from crm_analysis.plots.axes import COLOURS, INK, QUIET, STRONG, axes, drawn, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_NAMED = 25  # dimensions beyond which names would cover each other


def importance_map(table: pd.DataFrame, importance_mean: float, performance_mean: float) -> Axes:
    """Importance upward against performance across, with intervals both ways (`drivers.quadrants.importance_map`).

    The lines are the means; the words in the corners name the quarters. Of more than 25 dimensions only the first 25
    are named.
    """
    ax = axes(label("figure_importance_map"), width=7.0, height=4.6)
    ax.hlines(
        table["importance"], table["low_performance"], table["high_performance"], color=STRONG, linewidth=0.9, alpha=0.6
    )
    ax.vlines(
        table["performance"], table["low_importance"], table["high_importance"], color=STRONG, linewidth=0.9, alpha=0.6
    )
    ax.plot(table["performance"], table["importance"], "o", color=STRONG, markersize=6)
    for row in table.head(_NAMED).itertuples():
        if row.performance == row.performance and row.importance == row.importance:
            ax.annotate(
                drawn(row.dimension, None),
                (row.performance, row.importance),
                xytext=(6, 5),
                textcoords="offset points",
                fontsize=9,
                color=INK,
                parse_math=False,
            )
    for mean, line in ((importance_mean, ax.axhline), (performance_mean, ax.axvline)):
        if mean == mean:
            line(mean, color=QUIET, linewidth=1, linestyle="--")
    for corner, x, y, across, up in (
        ("quadrant_improve", 0.01, 0.99, "left", "top"),
        ("quadrant_keep", 0.99, 0.99, "right", "top"),
        ("quadrant_low", 0.01, 0.01, "left", "bottom"),
        ("quadrant_overkill", 0.99, 0.01, "right", "bottom"),
    ):
        words = label(corner)
        ax.text(x, y, words, transform=ax.transAxes, ha=across, va=up, fontsize=9, color=QUIET, style="italic")
    ax.margins(0.12, 0.15)
    ax.set_xlabel(label("axis_performance"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_importance"), fontsize=9, color=INK)
    percent(ax, "y")
    return ax


def team_impressions(table: pd.DataFrame) -> Axes:
    """Ratings of the impressions by team, dots with intervals (`Drivers.team_details`).

    Teams without figures are left out. Of more than 20 teams the first 20 are drawn.
    """
    known = table[table["performance"].notna()]
    teams = known["team"].drop_duplicates().tolist()[:20]
    ax = axes(label("figure_team_impressions"), height=max(2.4, 1.3 + 0.5 * len(teams)))
    names = known["impression"].drop_duplicates().tolist()
    step = 0.7 / max(len(names), 1)
    for place, name in enumerate(names):
        own = known[(known["impression"] == name) & known["team"].isin(teams)]
        rows = [teams.index(team) + (place - (len(names) - 1) / 2) * step for team in own["team"]]
        colour = COLOURS[place % len(COLOURS)]
        ax.hlines(rows, own["low"], own["high"], color=colour, linewidth=1.2)
        ax.plot(own["performance"], rows, "o", color=colour, markersize=5, label=name)
    ax.set_yticks(range(len(teams)), [drawn(code_said(team), None) for team in teams], fontsize=9)
    for words in ax.get_yticklabels():
        words.set_parse_math(False)
    ax.set_ylim(max(len(teams), 1) - 0.5, -0.5)
    ax.set_xlabel(label("axis_performance"), fontsize=9, color=INK)
    if names:
        ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax
