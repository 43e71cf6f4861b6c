"""Revenue by product family: the one cut that is not a column of the account."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import ibis

from crm_analysis.accounts import WINDOW
from crm_analysis.book.book import as_date
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


def families(book: Book, as_of: str | dt.date, window: str = WINDOW) -> pd.DataFrame:
    """One row per product family over the window ending on `as_of`, largest revenue first.

    Columns: family ("" where none is given), accounts (that bought it), revenue, revenue_share and, where costs are
    known, margin, margin_rate. Revenue adds up to the total of `accounts`. Raises BookError if the
    book has no families.
    """
    day = as_date(as_of)
    known = book.as_of(day)
    lines = known.need("orders", "family")
    lines = lines.filter(lines.ordered_on > ibis.literal(before(day, window)))
    costed = known.has("orders", "cost")
    sums = {
        "accounts": lines.account_id.nunique(where=lines.revenue > 0),
        "revenue": lines.revenue.sum().cast("float64"),
    }
    if costed:
        with_cost = lines.cost.notnull()
        sums["costed_revenue"] = lines.revenue.sum(where=with_cost).cast("float64")
        sums["margin"] = (lines.revenue.sum(where=with_cost) - lines.cost.sum(where=with_cost)).cast("float64")
    table = lines.group_by(family=lines.family.fill_null("")).agg(**sums)
    frame = table.order_by(ibis.desc("revenue"), "family").execute()
    whole = frame["revenue"].sum()
    frame["revenue_share"] = frame["revenue"] / (whole if whole > 0 else float("nan"))
    if costed:
        frame["margin_rate"] = frame["margin"] / frame["costed_revenue"].where(frame["costed_revenue"] > 0)
    columns = ["family", "accounts", "revenue", "revenue_share", *(["margin", "margin_rate"] if costed else [])]
    return frame[columns]
