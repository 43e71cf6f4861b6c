"""Figures of complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import code_said, label
from crm_analysis.plots.axes import COLOURS, INK, PALE, QUIET, STRONG, axes, drawn, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NAMED = 8
"""Groups outside the limits that are named in the figure."""


def complaint_funnel(table: pd.DataFrame, limits: pd.DataFrame, by: str) -> Axes:
    """Complaints for one expected against what is expected, a dot per group, in the funnel of chance.

    `table` is that of `complaints.funnel.Funnel`, `limits` its `curves`, `by` a word for the groups. Those outside
    their own limits are dark and named.
    """
    ax = axes(label("figure_complaint_funnel", by=by), height=3.8)
    own = table[table["expected"].notna()]
    outside = own["way"] != 0
    for name, style, words in (("95", "--", "axis_limits_warn"), ("998", "-", "axis_limits_sure")):
        ax.plot(limits["expected"], limits[f"high_{name}"], style, color=QUIET, linewidth=1.2, label=label(words))
        ax.plot(limits["expected"], limits[f"low_{name}"], style, color=QUIET, linewidth=1.2)
    ax.axhline(1, color=INK, linewidth=0.8)
    ax.plot(own["expected"][~outside], own["ratio"][~outside], "o", color=PALE, markeredgecolor=STRONG, markersize=6)
    ax.plot(own["expected"][outside], own["ratio"][outside], "o", color=COLOURS[4], markersize=7)
    for row in own[outside].head(NAMED).itertuples():
        ax.annotate(
            drawn(code_said(str(row.group)), "?"),
            (row.expected, row.ratio),
            xytext=(5, 4),
            textcoords="offset points",
            fontsize=8,
            color=INK,
            parse_math=False,
        )
    top = float(own["ratio"].max()) if len(own) else 1.0
    if len(limits):
        top = max(top, float(limits["high_95"].iloc[len(limits) // 4]))
    ax.set_ylim(0, max(2.0, 1.15 * top))
    ax.set_xlim(left=0)
    ax.set_xlabel(label("axis_complaints_expected"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_complaint_ratio"), fontsize=9, color=INK)
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax


def complaint_topics(table: pd.DataFrame) -> Axes:
    """Shares of topics with their intervals, the largest first, and the share cumulated (`complaints.topics`)."""
    ax = axes(label("figure_complaint_topics"), height=1.3 + 0.28 * max(len(table), 2))
    places = list(range(len(table)))
    ax.barh(places, table["share"], 0.62, color=PALE, label=label("axis_share_complaints"))
    for place, low, high in zip(places, table["low"], table["high"], strict=True):
        ax.plot([low, high], [place, place], color=STRONG, linewidth=1.6, solid_capstyle="butt")
    ax.plot(table["cumulated"], places, "o-", color=COLOURS[1], markersize=4, linewidth=1.2)
    ax.lines[-1].set_label(label("axis_cumulated"))
    ax.set_yticks(places, [drawn(name, "?") for name in table["topic"]])
    for words in ax.get_yticklabels():
        words.set_parse_math(False)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(0, 1.02)
    percent(ax, "x")
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax


def complaint_waits(steps: pd.DataFrame, days: int = 60) -> Axes:
    """Shares of complaints closed by days since they were opened, a line per group (`Resolution.curves`).

    The first six groups are drawn, with their intervals where there is one group only, up to `days`.
    """
    ax = axes(label("figure_complaint_waits"), height=3.6)
    groups = list(steps.groupby("group", sort=False))[:6]
    for colour, (name, own) in zip(COLOURS, groups, strict=False):
        shown = own[own["days"] <= days]
        ax.step(shown["days"], 1 - shown["lasting"], where="post", color=colour, linewidth=1.8, label=str(name))
        if len(groups) == 1:
            ax.fill_between(
                shown["days"], 1 - shown["high"], 1 - shown["low"], step="post", color=colour, alpha=0.15, linewidth=0
            )
    ax.set_ylim(0, 1)
    ax.set_xlim(0, days)
    ax.set_xlabel(label("axis_days_open"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_share_closed"), fontsize=9, color=INK)
    percent(ax, "y")
    if len(groups) > 1:
        legend = ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=3)
        for words in legend.get_texts():
            words.set_parse_math(False)
    return ax


def complaint_chart(table: pd.DataFrame, middle: float, low: float, high: float) -> Axes:
    """Complaints per 100 orders by month with their mean and limits; months with a signal are dark (`chart.Chart`)."""
    ax = axes(label("figure_complaint_chart"), height=3.2)
    places = list(range(len(table)))
    ax.axhline(middle, color=INK, linewidth=0.9, label=label("axis_month_mean"))
    ax.axhline(high, color=QUIET, linewidth=1.2, linestyle="--", label=label("axis_month_limits"))
    ax.axhline(low, color=QUIET, linewidth=1.2, linestyle="--")
    ax.plot(places, table["per_100"], "o-", color=STRONG, markersize=4.5, linewidth=1.2)
    told = [
        (place, rate) for place, rate, signal in zip(places, table["per_100"], table["signal"], strict=True) if signal
    ]
    ax.plot([place for place, _ in told], [rate for _, rate in told], "o", color=COLOURS[4], markersize=8)
    every = max(1, len(table) // 8)
    ax.set_xticks(places[::every], table["month"].tolist()[::every])
    ax.set_ylim(bottom=0)
    ax.set_ylabel(label("axis_complaints_per_100"), fontsize=9, color=INK)
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax
