"""Figures of the KPI page: new accounts, the programme's effect by time since its start, funnels, months."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.labels import label
from crm_analysis.plots.axes import COLOURS, INK, PALE, QUIET, STRONG, axes, drawn, percent, short

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from crm_analysis.kpi.comparison.charts import MonthChart

NAMED = 4
"""Groups outside the limits that are named in a small chart."""


def became_high(table: pd.DataFrame, whole: str) -> Axes:
    """Shares that became High by quarters since the first order, a line per cohort (`becoming.Becoming.table`).

    The cohort named `whole` is drawn dark, with its intervals.
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes(label("figure_became_high"), height=3.8)
    own = table[table["cohort"] == whole]
    ax.fill_between(own["quarters_since"], own["low_95"], own["high_95"], color=PALE, step="post", linewidth=0)
    others = table[table["cohort"] != whole]
    colours = [colour for colour in COLOURS if colour != STRONG]
    for place, (name, rows) in enumerate(others.groupby("cohort", sort=True)):
        colour = colours[place % len(colours)]
        ax.step(
            rows["quarters_since"],
            rows["became"],
            where="post",
            color=colour,
            linewidth=1.2,
            alpha=0.9,
            label=str(name),
        )
    words = label("drawn_all_new")
    ax.step(own["quarters_since"], own["became"], where="post", color=STRONG, linewidth=2.2, label=words)
    ax.set_xlim(left=0)
    top = float(max(others["became"].max() if len(others) else 0, own["high_95"].iloc[:9].max() if len(own) else 0))
    ax.set_ylim(0, min(1.0, max(0.1, 1.1 * top)))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(label("axis_quarters_since"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_became_high"), fontsize=9, color=INK)
    percent(ax, "y")
    ax.figure.legend(frameon=False, fontsize=8.5, loc="outside lower left", ncols=5)
    return ax


def effect_by_quarter(table: pd.DataFrame, shares: bool, words: str) -> Axes:
    """The difference between units that started and others, by quarters since the start (`effect.did.Did.by_event`).

    Quarters before the start are pale. `shares`: the outcome is a logarithm, told as a share; `words` names it.
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes(label("figure_effect").format(outcome=words), height=3.4)
    ax.axhline(0, color=INK, linewidth=0.9)
    ax.axvline(-0.5, color=COLOURS[1], linewidth=1.2, linestyle="--", label=label("drawn_start"))
    for before, colour, key in ((True, QUIET, "drawn_before_start"), (False, STRONG, "drawn_since_start")):
        own = table[(table["since"] < 0) == before]
        if len(own):
            ax.vlines(own["since"], own["low"], own["high"], color=colour, linewidth=1.8)
            ax.plot(own["since"], own["effect"], "o", color=colour, markersize=5.5, label=label(key))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(label("axis_since_start"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_effect"), fontsize=9, color=INK)
    if shares:
        percent(ax, "y")
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=3)
    return ax


def kpi_months(charts: Mapping[str, MonthChart], titles: Mapping[str, str]) -> Axes:
    """KPIs by month with their mean and limits, one small chart each; months with a signal are dark.

    `titles` are the KPIs' names, with their unit. The first chart's axes are returned.
    """
    grid = _grid(len(charts), 1.75)
    for place, (name, own) in enumerate(charts.items()):
        ax = grid[place]
        ax.set_title(titles[name], loc="left", fontsize=9, color=INK, fontweight="bold")
        at, values = list(range(len(own.table))), own.table["value"].tolist()
        ax.axhline(own.middle, color=INK, linewidth=0.8, label=label("axis_month_mean") if not place else None)
        for end, words in ((own.high, label("axis_month_limits")), (own.low, "")):
            ax.axhline(end, color=QUIET, linewidth=1.1, linestyle="--", label=words if words and not place else None)
        ax.plot(at, values, "o-", color=STRONG, markersize=3, linewidth=1.0)
        told = [(x, y) for x, y, signal in zip(at, values, own.table["signal"], strict=True) if signal]
        ax.plot([x for x, _ in told], [y for _, y in told], "o", color=COLOURS[4], markersize=6)
        every = max(1, len(at) // 4)
        ax.set_xticks(at[::every], own.table["month"].tolist()[::every])
        if BY_NAME[name].unit == "share":
            percent(ax, "y")
    grid[0].figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return grid[0]


def kpi_funnels(tables: Mapping[str, pd.DataFrame], titles: Mapping[str, str]) -> Axes:
    """Groups by what their figure rests on, each with its own limits of chance, a small chart per KPI.

    `tables` are rows of `comparison.funnels.funnels` by KPI. Groups outside the outer limits are dark and named. The
    first chart's axes are returned.
    """
    grid = _grid(len(tables), 2.1)
    for place, (name, table) in enumerate(tables.items()):
        ax = grid[place]
        ax.set_title(titles[name], loc="left", fontsize=9, color=INK, fontweight="bold")
        at = table["denominator"]
        for ends, colour, width, words in (("998", PALE, 5, "axis_limits_sure"), ("95", QUIET, 2, "axis_limits_warn")):
            low, high = table[f"low_{ends}"].fillna(table["value"]), table[f"high_{ends}"].fillna(table["value"])
            ax.vlines(at, low, high, color=colour, linewidth=width, label="_" if place else label(words))
        ax.axhline(float(table["company"].iloc[0]), color=INK, linewidth=0.8)
        out = table["way"].isin(("better", "worse"))
        ax.plot(at[~out], table["value"][~out], "o", color=STRONG, markersize=3.5)
        ax.plot(at[out], table["value"][out], "o", color=COLOURS[4], markersize=5.5)
        for row in table[out].head(NAMED).itertuples():
            ax.annotate(
                drawn(row.group, "?", 18),
                (row.denominator, row.value),
                xytext=(4, 3),
                textcoords="offset points",
                fontsize=7.5,
                color=INK,
                parse_math=False,
            )
        ax.set_xlim(left=0)
        _small(ax, name)
    grid[0].figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return grid[0]


def _grid(many: int, height: float) -> list[Axes]:
    """So many small charts, two in a row."""
    import matplotlib.pyplot as plt

    rows = -(-many // 2)
    _, found = plt.subplots(rows, 2, figsize=(7.0, 0.6 + height * rows), layout="constrained", squeeze=False)
    every = [ax for row in found for ax in row]
    for ax in every[many:]:
        ax.set_visible(False)
    for ax in every:
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(QUIET)
        ax.tick_params(colors=INK, labelsize=8)
    return every


def _small(ax: Axes, name: str) -> None:
    """The axis of a small chart in the KPI's unit."""
    from matplotlib.ticker import FuncFormatter

    if BY_NAME[name].unit == "share":
        percent(ax, "y")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda number, _: short(number)))
