"""Figures of the potential page: how far down, whether potentials came true, what cutting by revenue would miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.plots.axes import COLOURS, INK, PALE, QUIET, STRONG, axes, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

ORANGE = COLOURS[1]


def cut_risk(table: pd.DataFrame, alpha: float, chosen: float, confidence: float) -> Axes:
    """Share missed and its bound by the share of Low accounts cut (`Outlook.down`), a line at alpha.

    `chosen` is the share that the guard's line cuts, NaN where it declines.
    """
    ax = axes(label("figure_down"))
    sure = label("drawn_bound", confidence=f"{100 * confidence:.4g}%")
    own = table[table["accounts"] > 0]
    ax.fill_between(own["share"], own["miss_rate"], own["bound"], step="post", color=PALE, linewidth=0)
    ax.step(own["share"], own["bound"], where="post", color=ORANGE, linewidth=1.8, label=sure)
    ax.step(own["share"], own["miss_rate"], where="post", color=STRONG, linewidth=1.8, label=label("drawn_missed"))
    ax.axhline(
        alpha,
        color=QUIET,
        linewidth=1,
        linestyle="--",
        label=label("drawn_allowed", alpha=f"{100 * alpha:.4g}%"),
    )
    if chosen > 0:
        ax.axvline(chosen, color=INK, linewidth=1.2, linestyle=":", label=label("drawn_chosen"))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    return _shares(ax, "axis_cut_share", "axis_missed")


def potential_calibration(table: pd.DataFrame) -> Axes:
    """Shares that grew, with intervals, against the potential told, by groups (`potential_trust.calibration`)."""
    most = min(1.0, 1.1 * float(max(table["high"].max(), table["chance"].max())))
    ax = axes(label("figure_potential_calibration"), width=5.0, height=4.0)
    ax.plot([0, most], [0, most], color=QUIET, linewidth=1, linestyle="--", label=label("axis_right"))
    ax.vlines(table["chance"], table["low"], table["high"], color=STRONG, linewidth=1.6)
    ax.plot(table["chance"], table["grew_share"], "o", color=STRONG, markersize=6, label=label("axis_grew"))
    ax.set_xlim(0, most)
    ax.set_ylim(0, most)
    return _shares(ax, "axis_potential")


def practice_missed(table: pd.DataFrame) -> Axes:
    """Shares of those that grew that cutting by revenue and by score would have missed (`Practice.table`)."""
    ax = axes(label("figure_practice"))
    for name, colour, mark, shift in (("revenue", ORANGE, "D", -0.006), ("score", STRONG, "o", 0.006)):
        at = table["cut_share"] + shift
        ax.vlines(at, table[f"low_missed_{name}"], table[f"high_missed_{name}"], color=colour, linewidth=1.4)
        words = label("drawn_by_revenue" if name == "revenue" else "drawn_by_score")
        ax.plot(at, table[f"missed_share_{name}"], mark, color=colour, markersize=5.5, label=words)
    ax.set_xlim(0, 0.05 + float(table["cut_share"].max()))
    ax.set_ylim(0, 1)
    return _shares(ax, "axis_cut_share", "axis_missed")


def _shares(ax: Axes, across: str, up: str = "") -> Axes:
    """The axes with both scales in percent, their labels, and the legend below."""
    ax.set_xlabel(label(across), fontsize=9, color=INK)
    ax.set_ylabel(label(up) if up else "", fontsize=9, color=INK)
    percent(ax, "x")
    percent(ax, "y")
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax
