"""Figures of the plan and what-if pages: service time, the loss bar, reactions to a proposal, moves between classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.plots.axes import COLOURS, INK, PALE, QUIET, STRONG, axes, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

ORANGE = COLOURS[1]


def service_time(table: pd.DataFrame) -> Axes:
    """Hours a year today beside planned, a pair of bars per class (class in words, hours_today, hours_planned)."""
    ax = axes(label("figure_time"), height=1.2 + 0.45 * len(table))
    places = list(range(len(table)))
    most = float(table[["hours_today", "hours_planned"]].max().max())
    for name, colour, shift, words in (
        ("hours_today", PALE, -0.2, "drawn_today"),
        ("hours_planned", STRONG, 0.2, "drawn_planned"),
    ):
        values = table[name].fillna(0).tolist()
        ax.barh([place + shift for place in places], values, 0.38, color=colour, label=label(words))
        for place, value in zip(places, values, strict=True):
            ax.text(value + 0.01 * most, place + shift, f"{value:,.0f}", va="center", fontsize=8.5, color=INK)
    ax.set_yticks(places, table["class"].tolist())
    ax.invert_yaxis()
    ax.set_xlim(0, 1.08 * most if most else 1)
    ax.set_xlabel(label("axis_hours"), fontsize=9, color=INK)
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax


def loss_bars(table: pd.DataFrame, borne: float, passing: float) -> Axes:
    """Share of accounts that went bad by the share supplied against invoice (`LossBar.steps`), a line at `borne`.

    `passing` is the share that the bar lets pass; 1 where there is none.
    """
    ax = axes(label("figure_loss"))
    ax.fill_between(table["passing_share"], table["low"], table["high"], color=PALE, linewidth=0)
    ax.plot(table["passing_share"], table["share"], color=STRONG, linewidth=1.8, label=label("drawn_bad"))
    words = label("drawn_borne").format(share=f"{100 * borne:.4g}%")
    ax.axhline(borne, color=ORANGE, linewidth=1.2, linestyle="--", label=words)
    if passing < 1:
        ax.axvline(passing, color=INK, linewidth=1.2, linestyle=":", label=label("drawn_bar"))
    ax.set_ylim(bottom=0)
    ax.set_xlabel(label("axis_passing"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_bad_share"), fontsize=9, color=INK)
    percent(ax, "x")
    percent(ax, "y")
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=3)
    return ax
