"""Orders and shipments by account and quarter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.book.days import order_days
from crm_analysis.kpi.panel.grid import Told, first_day, lacks, settled_since

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel.grid import Array, Grid

MONEY = ("revenue", "cost", "margin", "costed_revenue")
NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("revenue", "orders", "order_days"), ("orders",)),
    **dict.fromkeys(("cost", "margin", "costed_revenue"), ("orders", "cost")),
}
SHIPPING: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("shipped", "shipping_days"), ("orders", "shipped_on")),
    **dict.fromkeys(("due", "on_time"), ("orders", "promised_on", "shipped_on")),
}


@dataclass(frozen=True, eq=False)
class Orders:
    """`measures`, quarters x accounts, and the first day of a purchase by account (NaT without one)."""

    measures: dict[str, Array]
    first: NDArray[np.datetime64]


def orders(book: Book, grid: Grid) -> Orders:
    """What accounts ordered.

    orders (of positive revenue; one that goes on for months counts in the quarter it first bought in), order_days (days
    with a line of positive revenue), revenue (credits deducted) and, where the book has costs, cost, costed_revenue
    (of lines whose cost is known) and margin, the latter less the former.
    """
    days = order_days(book)
    sums: dict[str, Any] = {
        "revenue": days.revenue.sum(),
        "orders": (days.bought & days.bought_before.isnull()).sum(),
        "bought": days.bought.any(),
    }
    money = [name for name in ("revenue", "cost", "costed_revenue") if name in days.columns]
    sums |= {name: days[name].sum() for name in money}
    # a day on which several orders bought is one: days first, so that no distinct ones need be counted
    each = days.group_by("account_id", "ordered_on").agg(**sums)
    whole: dict[str, Any] = {name: each[name].sum().cast("float64") for name in money}
    whole |= {"orders": each.orders.sum(), "order_days": each.bought.sum()}
    whole["first"] = each.ordered_on.min(where=each.bought)
    cells = grid.cells(each.group_by("account_id", quarter=grid.quarter(each.ordered_on)).agg(**whole))
    measures = {name: cells.total(name) for name in whole if name != "first"}
    if "cost" in measures:
        measures["margin"] = np.round(measures["costed_revenue"] - measures["cost"], 4)
    never = np.datetime64("9999-12-31", "D")
    first, bought = np.full(len(grid.ids), never), cells.days("first")
    there = ~np.isnat(bought)
    np.minimum.at(first, cells.account[there], bought[there])
    return Orders(measures, np.where(first == never, np.datetime64("NaT", "D"), first))


def shipments(book: Book, grid: Grid) -> Told:
    """How lines of positive revenue were shipped, by lines.

    shipped and shipping_days (from order to shipment, in all), by the day of shipment; due, by the day promised, and
    on_time, those of them shipped by then.
    """
    why = lacks(book, SHIPPING)
    first = first_day(book.table("orders", "ordered_on").ordered_on)
    if len(why) == len(SHIPPING) or first is None:
        return Told({}, why, {})
    promising = "due" not in why
    columns = ("revenue", "ordered_on", "shipped_on", *(("promised_on",) if promising else ()))
    lines = book.table("orders", "account_id", *columns)
    wanted = grid.inside(lines.shipped_on).fill_null(False)
    if promising:
        wanted |= grid.inside(lines.promised_on).fill_null(False)
    rows = lines.filter(wanted & (lines.revenue > 0))
    keys: dict[str, Any] = {"shipped_in": grid.quarter(rows.shipped_on)}
    sums: dict[str, Any] = {
        "lines": rows.count(),
        "days": rows.shipped_on.delta(rows.ordered_on, unit="day").cast("int64").sum(),
    }
    if promising:
        keys["due_in"] = grid.quarter(rows.promised_on)
        sums["on_time"] = (rows.shipped_on <= rows.promised_on).fill_null(False).sum()
    cells = grid.cells(rows.group_by("account_id", **keys).agg(**sums))
    measures = {"shipped": cells.total("lines", "shipped_in"), "shipping_days": cells.total("days", "shipped_in")}
    since = dict.fromkeys(measures, settled_since(first))
    if promising:
        measures |= {"due": cells.total("lines", "due_in"), "on_time": cells.total("on_time", "due_in")}
        since |= dict.fromkeys(("due", "on_time"), first)
    return Told(measures, why, since)
