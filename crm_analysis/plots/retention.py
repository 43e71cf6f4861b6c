"""Figures of the retention page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import bracketed
from crm_analysis.plots.axes import COLOURS, INK, QUIET, STRONG, axes, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def cohort_heatmap(table: pd.DataFrame, revenue: bool = False) -> Axes:
    """Shares as colours, cohorts down and quarters since the first order across (`cohorts.wide`).

    Cells not yet decided stay empty; a cohort's accounts stand beside its name. With `revenue`, shares of revenue.
    """
    import seaborn as sns
    from matplotlib.ticker import PercentFormatter

    cells = table.drop(columns=["cohort", "accounts"]).astype(float)
    title = label("figure_cohorts_revenue" if revenue else "figure_cohorts")
    ax = axes(title, width=max(5.0, 2.4 + 0.42 * cells.shape[1]), height=max(2.2, 1.2 + 0.26 * len(cells)))
    if cells.size:
        sns.heatmap(
            cells,
            ax=ax,
            cmap=sns.light_palette(STRONG, as_cmap=True),
            vmin=0,
            vmax=2 if revenue else 1,
            annot=(cells * 100).round(),
            fmt=".0f",
            annot_kws={"fontsize": 7},
            linewidths=0.5,
            cbar_kws={"format": PercentFormatter(1, decimals=0), "shrink": 0.8},
        )
    counts = zip(table["cohort"], table["accounts"], strict=True)
    names = [code_said(name) + bracketed(f"{many:,}") for name, many in counts]
    ax.set_yticks([place + 0.5 for place in range(len(names))], names, rotation=0, fontsize=8)
    ax.set_xlabel(label("axis_quarters_since"), fontsize=9, color=INK)
    ax.set_ylabel("")
    return ax


def survival_curves(steps: pd.DataFrame, level: float = 0.9, since: object = None) -> Axes:
    """Shares still there by years of tenure, a line and its band of intervals per group (`retention.curves.curves`).

    `since` is the day that years are counted from, if that is not each account's own begin.
    Of many groups the first nine are drawn, and bands only where there are at most three.
    """
    ax = axes(label("figure_standing", day=since) if since else label("figure_survival"), height=3.8)
    groups = list(steps.groupby("group", sort=False))[: len(COLOURS)]
    for colour, (name, own) in zip(COLOURS, groups, strict=False):
        ax.step(own["years"], own["survival"], where="post", color=colour, linewidth=1.8, label=code_said(name))
        if len(groups) <= 3:
            ax.fill_between(own["years"], own["low"], own["high"], step="post", color=colour, alpha=0.15, linewidth=0)
    _share_by_years(ax, "axis_still_there", len(groups) > 1)
    if since:
        ax.set_xlabel(label("axis_years_after", day=since), fontsize=9, color=INK)
    if len(groups) <= 3:
        ax.text(1, 1.01, label("axis_interval", level=f"{level:.0%}"), transform=ax.transAxes, ha="right", fontsize=8)
    return ax


def incidence_areas(table: pd.DataFrame) -> Axes:
    """Shares gone by each cause, stacked, by years of tenure (`retention.reasons.incidence`)."""
    ax = axes(label("figure_incidence"), height=3.8)
    causes = table["cause"].drop_duplicates().tolist()
    if causes:
        wide = table.pivot(index="years", columns="cause", values="incidence")[causes].ffill()
        colours = [COLOURS[place % len(COLOURS)] for place in range(len(causes))]
        ax.stackplot(
            wide.index, wide.T.to_numpy(), step="post", labels=list(map(code_said, causes)), colors=colours, alpha=0.8
        )
    _share_by_years(ax, "axis_gone", len(causes) > 0)
    return ax


def projection_curves(table: pd.DataFrame) -> Axes:
    """Shares still there, seen as dots with intervals, projections as lines (`retention.projection.projected`)."""
    ax = axes(label("figure_projection"), height=3.8)
    for place, (name, own) in enumerate(table.groupby("model", sort=False)):
        colour = COLOURS[place % len(COLOURS)]
        if name == "seen":
            ax.plot(own["years"], own["survival"], "o", color=INK, markersize=3.5, label=code_said(name))
            ax.vlines(own["years"], own["low"], own["high"], color=INK, linewidth=0.8)
        else:
            ax.plot(own["years"], own["survival"], color=colour, linewidth=1.6, label=code_said(name))
            ax.fill_between(own["years"], own["low"], own["high"], color=colour, alpha=0.12, linewidth=0)
    _share_by_years(ax, "axis_still_there", len(table) > 0)
    return ax


def reactivation_curve(table: pd.DataFrame, silence: int) -> Axes:
    """Shares of silent accounts that order again, with intervals, by months of silence (`silence.reactivation`).

    `silence`, in days, is what counts as leaving.
    """
    ax = axes(label("figure_reactivation"), height=3.2)
    ax.fill_between(table["months"], table["low"], table["high"], color=STRONG, alpha=0.15, linewidth=0)
    ax.plot(table["months"], table["share"], "o-", color=STRONG, markersize=3.5, linewidth=1.6)
    ax.axvline(silence * 12 / 365.25, color="#d98c3f", linestyle="--", linewidth=1.2, label=label("axis_window"))
    ax.set_ylim(0, 1)
    ax.set_xlim(left=0)
    ax.set_xlabel(label("axis_months_silent"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_ordered_again"), fontsize=9, color=INK)
    percent(ax, "y")
    ax.legend(frameon=False, fontsize=9, loc="upper right")
    return ax


def leaving_calibration(table: pd.DataFrame) -> Axes:
    """Shares that left, with intervals, against the probability forecast, by groups of risk (`Risks.calibration`)."""
    ax = axes(label("figure_leaving_calibration"), width=5.0, height=4.0)
    ax.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--", label=label("axis_right"))
    ax.vlines(table["chance"], table["low"], table["high"], color=STRONG, linewidth=1.6)
    ax.plot(table["chance"], table["came_true"], "o", color=STRONG, markersize=6, label=label("axis_left"))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel(label("axis_chance"), fontsize=9, color=INK)
    percent(ax, "x")
    percent(ax, "y")
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax


def _share_by_years(ax: Axes, share: str, named: bool) -> None:
    """Axes of a share by years since the first order."""
    ax.set_ylim(0, 1)
    ax.set_xlim(left=0)
    ax.set_xlabel(label("axis_years_since"), fontsize=9, color=INK)
    ax.set_ylabel(label(share), fontsize=9, color=INK)
    percent(ax, "y")
    if named:
        legend = ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=3)
        for words in legend.get_texts():
            words.set_parse_math(False)
