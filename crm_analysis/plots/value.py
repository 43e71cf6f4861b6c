"""Figures of the data check, the segmentation and the value page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import code_said, label
from crm_analysis.plots.axes import INK, PALE, QUIET, STRONG, axes, drawn, legend, percent, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def tier_shares(pyramid: pd.DataFrame) -> Axes:
    """Shares of accounts beside shares of revenue, a pair of bars per active tier (`pyramid`'s first four rows)."""
    active = pyramid[pyramid["account_share"].notna()]
    ax = axes(label("figure_tiers"), height=3.0)
    places = range(len(active))
    names = [label(f"tier_{name}") for name in active["tier"]]
    ax.barh([place - 0.2 for place in places], active["account_share"], 0.38, color=PALE, label=label("axis_accounts"))
    ax.barh([place + 0.2 for place in places], active["revenue_share"], 0.38, color=STRONG, label=label("axis_revenue"))
    for place, one, other in zip(places, active["account_share"], active["revenue_share"], strict=True):
        ax.text(one + 0.008, place - 0.2, f"{one:.0%}", va="center", fontsize=8.5, color=INK)
        ax.text(other + 0.008, place + 0.2, f"{other:.0%}", va="center", fontsize=8.5, color=INK)
    ax.set_yticks(list(places), names)
    ax.invert_yaxis()
    percent(ax, "x")
    legend(ax)
    return ax


def lorenz_curve(curve: pd.DataFrame) -> Axes:
    """The Lorenz curve beside the line of equal shares (`concentration.lorenz`)."""
    ax = axes(label("figure_lorenz"), width=5.0, height=4.2)
    ax.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--")
    ax.fill_between(curve["account_share"], curve["revenue_share"], curve["account_share"], color=PALE, alpha=0.5)
    ax.plot(curve["account_share"], curve["revenue_share"], color=STRONG, linewidth=2)
    ax.set_xlabel(label("axis_accounts_poorest_first"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_revenue_cumulative"), fontsize=9, color=INK)
    percent(ax, "x")
    percent(ax, "y")
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=min(0.0, float(curve["revenue_share"].min())) if len(curve) else 0.0, top=1)
    return ax


def segment_shares(table: pd.DataFrame) -> Axes:
    """Shares of accounts, revenue and, where known, margin per segment (`segments.segment_table`)."""
    ax = axes(label("figure_segments"), height=3.4)
    shown = [name for name in ("account_share", "revenue_share", "margin_share") if name in table]
    colours = dict(zip(("account_share", "revenue_share", "margin_share"), (PALE, STRONG, "#d98c3f"), strict=True))
    words = {"account_share": "axis_accounts", "revenue_share": "axis_revenue", "margin_share": "axis_margin"}
    width = 0.8 / len(shown)
    for turn, name in enumerate(shown):
        places = [place + (turn - (len(shown) - 1) / 2) * width for place in range(len(table))]
        ax.bar(places, table[name].fillna(0), width * 0.92, color=colours[name], label=label(words[name]))
    ax.set_xticks(range(len(table)), [code_said(name) for name in table["segment"]])
    ax.axhline(0, color=QUIET, linewidth=0.8)
    percent(ax, "y")
    legend(ax)
    return ax


def monthly_revenue(months: pd.DataFrame, currency: str) -> Axes:
    """Revenue by month as bars, the last twelve months strong (`coverage.months`)."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax = axes(label("figure_months"), height=2.8)
    colours = [PALE] * max(0, len(months) - 12) + [STRONG] * min(12, len(months))
    ax.bar(range(len(months)), months["revenue"], 0.85, color=colours)
    ax.axhline(0, color=QUIET, linewidth=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    named = months["month"].tolist()
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda place, _: named[int(place)] if 0 <= place < len(named) and place == int(place) else "")
    )
    ax.yaxis.set_major_formatter(FuncFormatter(lambda amount, _: short(amount)))
    ax.set_ylabel(currency, fontsize=9, color=INK, parse_math=False)  # a currency may hold $ signs
    return ax


def largest_values(table: pd.DataFrame, currency: str, most: int = 20) -> Axes:
    """The first accounts of a list by value with their intervals, and last year repeated where the list has it.

    `table` has account_id, value, low, high, and may have name and repeated.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    shown = table.head(most)
    ax = axes(label("figure_values", n=len(shown)), height=1.2 + 0.24 * max(len(shown), 3))
    places = list(range(len(shown)))
    for place, low, high in zip(places, shown["low"], shown["high"], strict=True):
        ax.plot([low, high], [place, place], color=STRONG, linewidth=1.6, solid_capstyle="butt")
    ax.plot(shown["value"], places, "o", color=STRONG, markersize=5.5, label=label("axis_value"))
    if "repeated" in shown:
        ax.plot(shown["repeated"], places, "D", color="#d98c3f", markersize=4.5, label=label("axis_last_year"))
    names = [
        drawn(one, other)
        for one, other in zip(shown.get("name", shown["account_id"]), shown["account_id"], strict=True)
    ]
    ax.set_yticks(places, names)
    for words in ax.get_yticklabels():
        words.set_parse_math(False)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda amount, _: short(amount)))
    ax.set_xlabel(currency, fontsize=9, color=INK, parse_math=False)
    ax.grid(axis="y", color=PALE, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax


def orders_calibration(table: pd.DataFrame) -> Axes:
    """Orders forecast beside orders that came, by how often accounts had ordered again (`Outlook.calibration`)."""
    ax = axes(label("figure_calibration"), height=3.4)
    places = list(range(len(table)))
    ax.bar(places, table["predicted"], 0.62, color=PALE, label=label("axis_predicted"))
    for place, low, high in zip(places, table["low"], table["high"], strict=True):
        ax.plot([place, place], [low, high], color=STRONG, linewidth=1.6, solid_capstyle="butt")
    ax.plot(places, table["came"], "o", color=STRONG, markersize=6, label=label("axis_came"))
    ax.set_xticks(places, table["repeats"].tolist())
    ax.set_ylim(bottom=0)
    ax.set_xlabel(label("axis_repeats"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_orders"), fontsize=9, color=INK)
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax
