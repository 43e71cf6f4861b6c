"""Figures of the KPI page: new accounts, the programme's effect by time since its start, funnels, months."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.labels import label
from crm_analysis.plots.axes import COLOURS, INK, PALE, QUIET, STRONG, axes, drawn, percent, short, small_axes
from crm_analysis.plots.fonts import heavy

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from crm_analysis.kpi.comparison.charts import MonthChart

NAMED = 4
"""Groups outside the limits that are named in a small chart."""


def became_high(table: pd.DataFrame, whole: str) -> Axes:
    """Shares that became High by quarters since the first order, a line per cohort (`becoming.Becoming.table`).

    The cohort named `whole` is drawn dark, with its intervals. Cohorts of which none became High would lie on the axis,
    and are not drawn.
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes(label("figure_became_high"), height=3.8)
    own = table[table["cohort"] == whole]
    ax.fill_between(own["quarters_since"], own["low_95"], own["high_95"], color=PALE, step="post", linewidth=0)
    some = table.groupby("cohort")["became"].transform("max") > 0
    others = table[(table["cohort"] != whole) & some]
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

    ax = axes(label("figure_effect", outcome=words), height=3.4)
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
    """KPIs by month with their mean and limits, one small chart each.

    Months without a figure are left open. A month that stands out is red only where that is for the worse.
    `titles` are the KPIs' names, with their unit. The first chart's axes are returned.
    """
    from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

    grid = _grid(len(charts), 1.75)
    for place, (name, own) in enumerate(charts.items()):
        ax = grid[place]
        ax.set_title(titles[name], loc="left", fontsize=9, color=INK, fontweight=heavy())
        month = own.table["month"].str.split("-").map(lambda parts: 12 * int(parts[0]) + int(parts[1]) - 1)
        first = int(month.iloc[0])
        line = own.table["value"].set_axis(month - first)
        line = line.reindex(range(int(line.index[-1]) + 1))
        ax.axhline(own.middle, color=INK, linewidth=0.8, label=label("axis_month_mean") if not place else None)
        for end, words in ((own.high, label("axis_month_limits")), (own.low, "")):
            ax.axhline(end, color=QUIET, linewidth=1.1, linestyle="--", label=words if words and not place else None)
        ax.plot(line.index, line, "o-", color=STRONG, markersize=3, linewidth=1.0)
        out = (own.table["signal"] != "").to_numpy()
        side = {"up": -1, "down": 1}.get(BY_NAME[name].better, 0)
        worse = out & (side * (own.table["value"] - own.middle) > 0).to_numpy()
        for which, colour, words in ((out & ~worse, INK, "axis_month_other"), (worse, COLOURS[4], "axis_month_worse")):
            ax.plot(
                (month - first)[which],
                own.table["value"][which],
                "o",
                color=colour,
                markersize=6,
                label="_" if place else label(words),
            )
        ticks = list(range(0, len(line), max(1, len(line) // 4)))
        ax.xaxis.set_major_locator(FixedLocator(ticks))
        ax.xaxis.set_major_formatter(
            FixedFormatter([f"{(first + at) // 12}-{(first + at) % 12 + 1:02}" for at in ticks])
        )
        if BY_NAME[name].unit == "share":
            ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))  # labels are whole percents
            percent(ax, "y")
    grid[0].figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return grid[0]


def kpi_funnels(tables: Mapping[str, pd.DataFrame], titles: Mapping[str, str]) -> Axes:
    """Groups by what their figure rests on, each with its own limits of chance, a small chart per KPI.

    `tables` are rows of `comparison.funnels.funnels` by KPI. Groups outside the outer limits are dark and named. The
    first chart's axes are returned.
    """
    grid = _grid(len(tables), 2.3)
    for place, (name, table) in enumerate(tables.items()):
        ax = grid[place]
        ax.set_title(titles[name], loc="left", fontsize=9, color=INK, fontweight=heavy())
        at = table["denominator"]
        for ends, colour, width, words in (("998", PALE, 5, "axis_limits_sure"), ("95", QUIET, 2, "axis_limits_warn")):
            low, high = table[f"low_{ends}"].fillna(table["value"]), table[f"high_{ends}"].fillna(table["value"])
            ax.vlines(at, low, high, color=colour, linewidth=width, label="_" if place else label(words))
        ax.axhline(float(table["company"].iloc[0]), color=INK, linewidth=0.8)
        out = table["way"].isin(("better", "worse"))
        for which, colour, size, words in (
            (~out, STRONG, 3.5, "axis_office"),
            (out, COLOURS[4], 5.5, "axis_office_outside"),
        ):
            ax.plot(
                at[which],
                table["value"][which],
                "o",
                color=colour,
                markersize=size,
                label="_" if place else label(words),
            )
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
        ax.set_xlabel(BY_NAME[name].denominator, fontsize=7.5, color=INK, wrap=True)
        _small(ax, name)
    grid[0].figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return grid[0]


def _grid(many: int, height: float) -> list[Axes]:
    """So many small charts, two in a row."""
    rows = -(-many // 2)
    every = list(small_axes(7.0, 0.6 + height * rows, rows, 2).flat)
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
