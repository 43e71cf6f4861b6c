"""What serving an account costs and would not cost without it, as far as spending names the account."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import ibis

from crm_analysis.accounts import WINDOW
from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

SHORTEST = 60
"""Days of spending below which no cost of a year is told from it."""


def avoidable(book: Book, as_of: str | dt.date, window: str = WINDOW) -> pd.DataFrame:
    """Avoidable cost of a year by account, from spending whose period ended in the window: account_id, cost_to_serve.

    One row per account that spending names, sorted; others have no cost of their own. Rows with `fixed` true and
    rows that name no account are left out: sharing those out is another question. Where the book's spending begins
    inside the window, or ends before it, the cost of the time it covers is scaled to a year. Raises BookError if the
    book has no spending that names an account, or less than SHORTEST days of it.
    """
    from crm_analysis.errors import BookError

    day = as_date(as_of)
    rows = book.as_of(day).need("spend", "account_id")
    start = before(day, window)
    inside = rows.filter(rows.period_end > ibis.literal(start))
    begin = inside.period_start if "period_start" in inside.columns else inside.period_end
    span = engine.frame(inside.agg(first=begin.min(), last=inside.period_end.max()))
    own = inside.filter(inside.account_id.notnull())
    if "fixed" in own.columns:
        own = own.filter(~own.fixed.fill_null(ibis.literal(False)))
    sums = own.group_by("account_id").agg(cost_to_serve=own.amount.sum())
    frame = engine.frame(sums.mutate(cost_to_serve=sums.cost_to_serve.cast("float64")).order_by("account_id"))
    first, last = span["first"].iloc[0], span["last"].iloc[0]
    covered = (last.date() - max(first.date() - dt.timedelta(days=1), start)).days if first == first else 0
    if frame.empty or covered < SHORTEST:
        raise BookError(
            f"The book's spending in the {window} to {day} names {len(frame)} accounts over {covered} days; expected "
            f"at least one account and {SHORTEST} days."
        )
    frame["cost_to_serve"] *= 365.25 / covered
    return frame
