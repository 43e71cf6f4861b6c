"""What serving an account costs and would not cost without it, as far as spending names the account."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import ibis

from crm_analysis.accounts import WINDOW
from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

SHORTEST = 60
"""Days of spending below which no cost of a year is told from it."""


def avoidable(book: Book, as_of: str | dt.date, window: str = WINDOW) -> pd.DataFrame:
    """Avoidable cost of a year by account, from spending of the window: account_id, cost_to_serve.

    One row per account that spending names, sorted; others have no cost of their own. Rows with `fixed` true and
    rows that name no account are left out: sharing those out is another question. Of a period that began before the
    window only the days inside count, evenly. Where the book's spending begins inside the window, or ends before it,
    the cost of the time it covers is scaled to a year. Raises BookError if the book has no spending that names an
    account, or less than SHORTEST days of it.
    """
    import numpy as np
    import pandas as pd

    day = as_date(as_of)
    rows = book.as_of(day).need("spend", "account_id")
    start = before(day, window)
    inside = rows.filter(rows.period_end > ibis.literal(start))
    begin = inside.period_start if "period_start" in inside.columns else ibis.null("date")
    own = inside.mutate(begin=begin.fill_null(inside.period_end))
    span = engine.frame(own.agg(first=own.begin.min(), last=own.period_end.max()))
    own = own.filter(own.account_id.notnull())
    if "fixed" in own.columns:
        own = own.filter(~own.fixed.fill_null(ibis.literal(False)))
    sums = own.group_by("account_id", "begin", "period_end").agg(amount=own.amount.sum())
    frame = engine.frame(sums.mutate(amount=sums.amount.cast("float64")).order_by("account_id", "begin", "period_end"))
    first, last = span["first"].iloc[0], span["last"].iloc[0]
    covered = (last.date() - max(first.date() - dt.timedelta(days=1), start)).days if first == first else 0
    if frame.empty or covered < SHORTEST:
        many = frame["account_id"].nunique()
        raise BookError(label("cost_too_little", window=window, day=day, accounts=many, days=covered, least=SHORTEST))
    length = (frame["period_end"] - frame["begin"]).dt.days + 1
    counted = np.minimum((frame["period_end"] - np.datetime64(start)).dt.days, length)
    year = (day - before(day, "12M")).days
    cost = (frame["amount"] * counted / length * year / covered).to_numpy("float64")
    codes, ids = frame["account_id"].factorize()  # they come sorted
    return pd.DataFrame({"account_id": ids, "cost_to_serve": np.bincount(codes, cost, len(ids))})
