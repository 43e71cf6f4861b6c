"""Order lines collapsed to the days of orders: what every sum over time starts from.

The lines are read once per book, and any number of dates is answered from the days. They are kept by
order, because how many orders a window saw cannot be added up from what each day saw: a call-off order
goes on for months and is one.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import ibis

from crm_analysis.book import engine
from crm_analysis.book.values import MONEY

if TYPE_CHECKING:
    from crm_analysis.book.book import Book


def order_days(book: Book) -> ibis.Table:
    """One row per account, day and order with lines on that day, as known on the book's day.

    Columns: account_id, ordered_on, order (lines without an order_id are one order a day), lines, revenue,
    bought (a line of positive revenue), bought_before (the last earlier day the order bought on; null if none) and,
    where the book has costs, cost (of lines whose cost is known) and costed_revenue (their revenue), 0
    where no cost is known. Money is decimal with four places.
    """
    if "order_days" not in book.kept:
        book.kept["order_days"] = engine.cached(book.con, _collapsed(book.whole["orders"]))
    days = book.kept["order_days"]
    return days if book.day is None else days.filter(days.ordered_on <= ibis.literal(last_known(book)))


def last_known(book: Book) -> dt.date:
    """The last day anything is known of: the book's day, or that of its extract if that is earlier."""
    return book.extracted_on if book.day is None else min(book.day, book.extracted_on)


def first_known(book: Book) -> dt.date | None:
    """The day of the first order line, as known on the book's day; None if there is none."""
    if "first_known" not in book.kept:
        first = book.whole["orders"].ordered_on.min().cast("string").execute()
        book.kept["first_known"] = dt.date.fromisoformat(str(first)) if first is not None and first == first else None
    first = book.kept["first_known"]
    return first if first is not None and first <= last_known(book) else None


def order_of(lines: ibis.Table) -> ibis.Value:
    """The order each line belongs to; lines without an order_id are one order a day."""
    day = lines.ordered_on.cast("string")
    return lines.order_id.fill_null(day) if "order_id" in lines.columns else day


def _collapsed(lines: ibis.Table) -> ibis.Table:
    order = order_of(lines)
    nothing = ibis.literal(0).cast(MONEY)
    sums = {"lines": lines.count(), "revenue": lines.revenue.sum(), "bought": (lines.revenue > 0).any()}
    if "cost" in lines.columns:
        costed = lines.cost.notnull()
        sums |= {
            "cost": lines.cost.sum(where=costed).fill_null(nothing),
            "costed_revenue": lines.revenue.sum(where=costed).fill_null(nothing),
        }
    days = lines.group_by("account_id", "ordered_on", order=order).agg(**sums)
    # sums of decimals are wider than the contract's money, and adding those up takes twice as long
    days = days.mutate(
        **{name: days[name].cast(MONEY) for name in sums if name in ("revenue", "cost", "costed_revenue")}
    )
    bought_on = ibis.ifelse(days.bought, days.ordered_on, ibis.null("date"))
    past = ibis.window(group_by=["account_id", "order"], order_by="ordered_on", preceding=(None, 1))
    return days.mutate(bought_before=bought_on.max().over(past))
