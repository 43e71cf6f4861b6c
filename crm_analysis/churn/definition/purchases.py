"""The days accounts bought on, each with the one before: what silence, rhythm and spells are told from."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from crm_analysis.book import engine
from crm_analysis.book.days import last_known, order_days
from crm_analysis.errors import BookError
from crm_analysis.labels import label

if TYPE_CHECKING:
    from crm_analysis.book.book import Book


def purchases(book: Book) -> ibis.Table:
    """One row per account and day with a line of positive revenue, as known on the book's day.

    Columns: account_id, ordered_on, before (the account's last such day before; null at its first). Worked out once per
    book: each day looks back only, so what is known on any date is the rows up to that date.
    """
    if "purchases" not in book.kept:
        days = order_days(replace(book, day=None))
        days = days.filter(days.bought).select("account_id", "ordered_on")
        one = ibis.window(group_by="account_id", order_by="ordered_on")
        days = days.mutate(before=days.ordered_on.lag().over(one))
        # of several orders of a day all but one follow upon the same day: half the time of making days distinct first
        days = days.filter(days.before.isnull() | (days.before < days.ordered_on))
        book.kept["purchases"] = engine.cached(book.con, days)
    days = book.kept["purchases"]
    return days.filter(days.ordered_on <= ibis.literal(last_known(book)))


def begin_of(book: Book) -> dt.date:
    """The day of the first order line known on the book's day; raises BookError without one."""
    import pandas as pd

    days = order_days(book)
    found = engine.frame(days.agg(first=days.ordered_on.min()))["first"][0]
    if pd.isna(found):
        raise BookError(label("no_line_known", day=last_known(book)))
    return dt.date(found.year, found.month, found.day)
