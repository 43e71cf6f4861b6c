"""Figures of the plan and what-if pages: service time, the loss bar, reactions to a proposal, moves between classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.labels.language import bracketed
from crm_analysis.plots.axes import COLOURS, INK, PALE, QUIET, STRONG, axes, percent, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap

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
    words = label("drawn_borne", share=f"{100 * borne:.4g}%")
    ax.axhline(borne, color=ORANGE, linewidth=1.2, linestyle="--", label=words)
    if passing < 1:
        ax.axvline(passing, color=INK, linewidth=1.2, linestyle=":", label=label("drawn_bar"))
    ax.set_ylim(bottom=0)
    ax.set_xlabel(label("axis_passing"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_bad_share"), fontsize=9, color=INK)
    percent(ax, "x")
    percent(ax, "y")
    _whole(ax, "y")
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=3)
    return ax


def reactions(table: pd.DataFrame, even: pd.DataFrame, currency: str) -> Axes:
    """Change of profit by the share that leaves, a line per share that bundles (`SmallOrders.grid`).

    `even` marks the shares at which lines reach nothing (`SmallOrders.break_even`; it may have no rows).
    """
    from matplotlib.ticker import FuncFormatter

    ax = axes(label("figure_reactions"), height=3.8)
    shares = sorted(table["bundle_share"].unique())
    for share, colour in zip(shares, COLOURS, strict=False):
        own = table[table["bundle_share"] == share].sort_values("leave_share")
        words = label("drawn_bundle", share=f"{share:.0%}")
        ax.plot(
            own["leave_share"], own["profit_change"], "-o", color=colour, markersize=3.5, linewidth=1.6, label=words
        )
    ax.axhline(0, color=QUIET, linewidth=1)
    marks = even.loc[even["break_even"] <= float(table["leave_share"].max()), "break_even"].tolist()
    if marks:
        words = label("drawn_break_even")
        ax.plot(marks, [0.0] * len(marks), "D", color=INK, markersize=7, zorder=3, label=words)
    ax.set_xlabel(label("axis_leave"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_profit_change", currency=currency), fontsize=9, color=INK, parse_math=False)
    percent(ax, "x")
    _whole(ax, "x")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda amount, _: short(amount)))
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax


def migration_matrix(table: pd.DataFrame, span: str) -> Axes:
    """Shares of accounts by state before (rows) and after (columns), states in words (`Migration.table`)."""
    begin, end = list(dict.fromkeys(table["from_state"])), list(dict.fromkeys(table["to_state"]))
    ax = axes(label("figure_matrix", span=span), height=1.2 + 0.5 * len(begin))
    grid = table.pivot(index="from_state", columns="to_state", values="moved_share").loc[begin, end]
    ax.imshow(grid.to_numpy(), cmap=_shades(), vmin=0, vmax=1, aspect="auto")
    rows = table.set_index(["from_state", "to_state"])
    for y, one in enumerate(begin):
        for x, other in enumerate(end):
            row = rows.loc[one, other]
            ends = f"{row['low_moved_share']:.0%}–{row['high_moved_share']:.0%}"
            colour = "white" if row["moved_share"] > 0.55 else INK
            ax.text(
                x, y, f"{row['moved_share']:.0%}{bracketed(ends)}", ha="center", va="center", fontsize=9, color=colour
            )
    ax.set_xticks(range(len(end)), end)
    ax.set_yticks(range(len(begin)), begin)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(length=0)
    return ax


def _whole(ax: Axes, axis: str) -> None:
    """Marks at whole percents along an axis."""
    from matplotlib.ticker import MaxNLocator

    getattr(ax, f"{axis}axis").set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))


def _shades() -> LinearSegmentedColormap:
    """From white to the report's blue."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("report", ["#ffffff", PALE, STRONG])
