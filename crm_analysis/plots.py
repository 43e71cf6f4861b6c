"""Figures: a table in, matplotlib Axes out. Nothing is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

INK, QUIET, STRONG, PALE = "#1f2933", "#9aa5b1", "#1d5b8f", "#c9d6e2"
COLOURS = (STRONG, "#d98c3f", "#3f8f6b", "#8d5a97", "#b0413e", "#6b7a3a", "#4aa3b5", "#a08563", QUIET)


def axes(title: str, width: float = 7.0, height: float = 3.6) -> Axes:
    """Empty axes in the report's style: `width` x `height` inches, the title to the left."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    ax.set_title(title, loc="left", fontsize=11, color=INK, fontweight="bold")
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(QUIET)
    ax.tick_params(colors=INK, labelsize=9)
    return ax


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
    _percent(ax, "x")
    _legend(ax)
    return ax


def lorenz_curve(curve: pd.DataFrame) -> Axes:
    """The Lorenz curve beside the line of equal shares (`concentration.lorenz`)."""
    ax = axes(label("figure_lorenz"), width=5.0, height=4.2)
    ax.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--")
    ax.fill_between(curve["account_share"], curve["revenue_share"], curve["account_share"], color=PALE, alpha=0.5)
    ax.plot(curve["account_share"], curve["revenue_share"], color=STRONG, linewidth=2)
    ax.set_xlabel(label("axis_accounts_poorest_first"), fontsize=9, color=INK)
    ax.set_ylabel(label("axis_revenue_cumulative"), fontsize=9, color=INK)
    _percent(ax, "x")
    _percent(ax, "y")
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
    ax.set_xticks(range(len(table)), table["segment"].astype(str).tolist())
    ax.axhline(0, color=QUIET, linewidth=0.8)
    _percent(ax, "y")
    _legend(ax)
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
    ax.yaxis.set_major_formatter(FuncFormatter(lambda amount, _: _short(amount)))
    ax.set_ylabel(currency, fontsize=9, color=INK, parse_math=False)  # a currency may hold $ signs
    return ax


def largest_values(table: pd.DataFrame, currency: str, most: int = 20) -> Axes:
    """The first accounts of a list by value with their intervals, and last year repeated where the list has it.

    `table` has account_id, value, low, high, and may have name and repeated.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    shown = table.head(most)
    ax = axes(label("figure_values").format(n=len(shown)), height=1.2 + 0.24 * max(len(shown), 3))
    places = list(range(len(shown)))
    for place, low, high in zip(places, shown["low"], shown["high"], strict=True):
        ax.plot([low, high], [place, place], color=STRONG, linewidth=1.6, solid_capstyle="butt")
    ax.plot(shown["value"], places, "o", color=STRONG, markersize=5.5, label=label("axis_value"))
    if "repeated" in shown:
        ax.plot(shown["repeated"], places, "D", color="#d98c3f", markersize=4.5, label=label("axis_last_year"))
    names = [
        _drawn(one, other)
        for one, other in zip(shown.get("name", shown["account_id"]), shown["account_id"], strict=True)
    ]
    ax.set_yticks(places, names)
    for words in ax.get_yticklabels():
        words.set_parse_math(False)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda amount, _: _short(amount)))
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
    names = [f"{name} ({many:,})" for name, many in zip(table["cohort"], table["accounts"], strict=True)]
    ax.set_yticks([place + 0.5 for place in range(len(names))], names, rotation=0, fontsize=8)
    ax.set_xlabel(label("axis_quarters_since"), fontsize=9, color=INK)
    ax.set_ylabel("")
    return ax


def survival_curves(steps: pd.DataFrame, level: float = 0.9, since: object = None) -> Axes:
    """Shares still there by years of tenure, a line and its band of intervals per group (`retention.curves.curves`).

    `since` is the day that years are counted from, if that is not each account's own begin.
    Of many groups the first nine are drawn, and bands only where there are at most three.
    """
    ax = axes(label("figure_standing").format(day=since) if since else label("figure_survival"), height=3.8)
    groups = list(steps.groupby("group", sort=False))[: len(COLOURS)]
    for colour, (name, own) in zip(COLOURS, groups, strict=False):
        ax.step(own["years"], own["survival"], where="post", color=colour, linewidth=1.8, label=str(name))
        if len(groups) <= 3:
            ax.fill_between(own["years"], own["low"], own["high"], step="post", color=colour, alpha=0.15, linewidth=0)
    _share_by_years(ax, "axis_still_there", len(groups) > 1)
    if since:
        ax.set_xlabel(label("axis_years_after").format(day=since), fontsize=9, color=INK)
    if len(groups) <= 3:
        ax.text(
            1, 1.01, label("axis_interval").format(level=f"{level:.0%}"), transform=ax.transAxes, ha="right", fontsize=8
        )
    return ax


def incidence_areas(table: pd.DataFrame) -> Axes:
    """Shares gone by each cause, stacked, by years of tenure (`retention.reasons.incidence`)."""
    ax = axes(label("figure_incidence"), height=3.8)
    causes = table["cause"].drop_duplicates().tolist()
    if causes:
        wide = table.pivot(index="years", columns="cause", values="incidence")[causes].ffill()
        colours = [COLOURS[place % len(COLOURS)] for place in range(len(causes))]
        ax.stackplot(wide.index, wide.T.to_numpy(), step="post", labels=causes, colors=colours, alpha=0.8)
    _share_by_years(ax, "axis_gone", len(causes) > 0)
    return ax


def projection_curves(table: pd.DataFrame) -> Axes:
    """Shares still there, seen as dots with intervals, projections as lines (`retention.projection.projected`)."""
    ax = axes(label("figure_projection"), height=3.8)
    for place, (name, own) in enumerate(table.groupby("model", sort=False)):
        colour = COLOURS[place % len(COLOURS)]
        if name == "seen":
            ax.plot(own["years"], own["survival"], "o", color=INK, markersize=3.5, label=str(name))
            ax.vlines(own["years"], own["low"], own["high"], color=INK, linewidth=0.8)
        else:
            ax.plot(own["years"], own["survival"], color=colour, linewidth=1.6, label=str(name))
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
    _percent(ax, "y")
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
    _percent(ax, "x")
    _percent(ax, "y")
    ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=2)
    return ax


def _share_by_years(ax: Axes, share: str, named: bool) -> None:
    """Axes of a share by years since the first order."""
    ax.set_ylim(0, 1)
    ax.set_xlim(left=0)
    ax.set_xlabel(label("axis_years_since"), fontsize=9, color=INK)
    ax.set_ylabel(label(share), fontsize=9, color=INK)
    _percent(ax, "y")
    if named:
        legend = ax.figure.legend(frameon=False, fontsize=9, loc="outside lower left", ncols=3)
        for words in legend.get_texts():
            words.set_parse_math(False)


def _drawn(name: object, other: object, longest: int = 32) -> str:
    """The name, cut where it is long; the other where there is none, or the font lacks one of its characters."""
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont("DejaVu Sans"))
    for words in (name, other):
        line = " ".join(words.split()) if isinstance(words, str) else ""
        if line and all(font.get_char_index(ord(one)) for one in line):
            return line if len(line) <= longest else f"{line[: longest - 1]}…"
    return "?"


def _legend(ax: Axes) -> None:
    """In a row below the figure, where it covers neither bars nor title."""
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, -0.1), ncols=3)


def _percent(ax: Axes, axis: str) -> None:
    from matplotlib.ticker import PercentFormatter

    getattr(ax, f"{axis}axis").set_major_formatter(PercentFormatter(1, decimals=0))


def _short(amount: float) -> str:
    """An amount for an axis: 1.2M, 350k."""
    for size, mark in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{amount / size:g}{mark}"
    return f"{amount:g}"
