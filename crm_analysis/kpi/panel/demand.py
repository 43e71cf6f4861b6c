"""What accounts say they need in a year, as known at each quarter's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.book import engine
from crm_analysis.kpi.panel.grid import Told, first_day, lacks, untold
from crm_analysis.labels import label
from crm_analysis.periods import before

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel.grid import Grid

FRESH = "24M"
"""What was said of demand longer ago than this tells nothing of today, as in `features.market`."""


def demand(book: Book, grid: Grid) -> Told:
    """demand: a year's demand from all suppliers, as the account last said by the quarter's end, within two years.

    NaN where it said nothing. Of several answers of one day the mean counts.
    """
    why = lacks(book, {"demand": ("market_surveys", "annual_demand")})
    if why:
        return Told({}, why, {})
    rows = book.table("market_surveys")
    rows = rows.filter(rows.annual_demand.notnull())
    if (first := first_day(rows.surveyed_on)) is None:
        return untold(["demand"], label("panel_empty", table="market_surveys", day=grid.ends[-1]))
    sums: dict[str, Any] = {"sum": rows.annual_demand.sum().cast("float64"), "told": rows.count()}
    each = engine.frame(rows.group_by("account_id", on=rows.surveyed_on).agg(**sums).order_by("account_id", "on"))
    on = each["on"].to_numpy("datetime64[D]")
    order = np.argsort(on, kind="stable")
    cells = grid.cells(each[["account_id"]].assign(on=each["on"], mean=each["sum"] / each["told"]).iloc[order])
    on, said = cells.days("on"), cells.numbers("mean")
    found = np.full(grid.shape, np.nan)
    for place, end in enumerate(grid.ends):
        low, high = (np.datetime64(day, "D") for day in (before(end, FRESH), end))
        inside = slice(*np.searchsorted(on, [low, high], side="right"))
        found[place, cells.account[inside]] = said[inside]  # the last one stands
    return Told({"demand": found}, {}, {"demand": first})
