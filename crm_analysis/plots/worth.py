"""Figures of what satisfaction is worth, and of our own view beside the customers'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.plots.axes import COLOURS, INK, PALE, STRONG, axes, drawn, percent, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

ORANGE = COLOURS[1]


def leaving_by_voice(table: pd.DataFrame) -> Axes:
    """Shares that leave in a year with intervals, a row per level, a colour per signal (`Worth.leaving`)."""
    ax = axes(label("figure_leaving_voice"), height=1.2 + 0.3 * max(len(table), 3))
    signals = table["voice_question"].drop_duplicates().tolist()
    for place, (signal, share, low, high) in enumerate(
        zip(table["voice_question"], table["left_in_year"], table["low"], table["high"], strict=True)
    ):
        colour = COLOURS[signals.index(signal) % len(COLOURS)]
        ax.plot([low, high], [place, place], color=colour, linewidth=1.6, solid_capstyle="butt")
        ax.plot([share], [place], "o", color=colour, markersize=5.5)
    ax.set_yticks(range(len(table)), table["voice_level"].astype(str).tolist())
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.set_xlabel(label("axis_leave_year"), fontsize=9, color=INK)
    percent(ax, "x")
    return ax


def first_priorities(table: pd.DataFrame, currency: str = "", most: int = 10) -> Axes:
    """The first accounts by priority with intervals, the improvement beside the name (`Worth.improvements`).

    `currency` where priorities are money; without it they are points.
    """
    from matplotlib.ticker import FuncFormatter

    shown = table.head(most)
    ax = axes(label("figure_priorities", n=len(shown)), height=1.2 + 0.28 * max(len(shown), 3))
    places = list(range(len(shown)))
    for place, low, high in zip(places, shown["low"], shown["high"], strict=True):
        ax.plot([low, high], [place, place], color=STRONG, linewidth=1.6, solid_capstyle="butt")
    ax.plot(shown["priority"], places, "o", color=STRONG, markersize=5.5)
    names = [
        label("priority_bar", name=drawn(one, other), improvement=drawn(what, "?"))
        for one, other, what in zip(
            shown.get("name", shown["account_id"]), shown["account_id"], shown["improvement"], strict=True
        )
    ]
    ax.set_yticks(places, names)
    for words in ax.get_yticklabels():
        words.set_parse_math(False)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.axvline(0, color=PALE, linewidth=0.8)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda amount, _: short(amount)))
    along = label("axis_priority_money", currency=currency) if currency else label("axis_priority")
    ax.set_xlabel(along, fontsize=9, color=INK, parse_math=False)
    return ax


def focus_views(table: pd.DataFrame) -> Axes:
    """What our people and what customers say, two dots and a line per question (`Worth.focus`)."""
    ax = axes(label("figure_focus"), height=1.4 + 0.32 * max(len(table), 3))
    places = list(range(len(table)))
    ax.hlines(places, table["theirs_said"], table["ours_said"], color=PALE, linewidth=3)
    ax.plot(table["theirs_said"], places, "o", color=STRONG, markersize=6.5, label=label("axis_customers"))
    ax.plot(table["ours_said"], places, "D", color=ORANGE, markersize=5.5, label=label("axis_our_people"))
    ax.set_yticks(places, [drawn(item, "?") for item in table["focus_item"]])
    for words in ax.get_yticklabels():
        words.set_parse_math(False)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    ax.set_xlabel(label("axis_scale"), fontsize=9, color=INK)
    percent(ax, "x")
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax
