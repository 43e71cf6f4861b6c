"""The figure of the account brief."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.plots.axes import PALE, QUIET, STRONG, axes, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def brief_quarters(table: pd.DataFrame) -> Axes:
    """Revenue as bars and, where it is known, margin as narrower ones in front; by the month that each ends with.

    `table` is `brief.trade.Trade.quarters`.
    """
    ax = axes("", width=3.5, height=1.15)
    places = list(range(len(table)))
    ax.bar(places, table["revenue"], width=0.72, color=PALE, label=label("axis_brief_revenue"))
    if table["margin"].notna().any():
        ax.bar(places, table["margin"].fillna(0.0), width=0.36, color=STRONG, label=label("axis_brief_margin"))
    ax.axhline(0, color=QUIET, linewidth=0.8)
    shown = places[::-2]  # every second one, the last always
    ax.set_xticks(shown, [f"{table['until'].iloc[place]:%Y-%m}" for place in shown])
    ax.tick_params(labelsize=7)
    ax.yaxis.set_major_formatter(lambda amount, _: short(amount))
    ax.yaxis.set_major_locator(_few())
    ax.legend(frameon=False, fontsize=7, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    return ax


def _few():  # type: ignore[no-untyped-def]
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4)
