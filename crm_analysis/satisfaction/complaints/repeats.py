"""Complaints that are followed by another of the same account: whether it was mended, or only closed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.labels import label
from crm_analysis.labels.language import listed
from crm_analysis.satisfaction.complaints.durations import curve, ended_by

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.satisfaction.complaints.counts import Counts

WITHIN = (90, 180)
"""Days within which another complaint counts as a repeat."""


def followed(book: Book, start: dt.date, end: dt.date, same_topic: bool = False) -> pd.DataFrame:
    """How long it took until an account complained again: account_id, days, done, number; as known on `end`.

    A row stands for the days on which an account complained in (start, end]: several complaints on one day (with
    `same_topic`, of one topic on one day) are one occasion. done: it complained again (of the same topic), so many days
    later; else it had not within the days until the last one known. With `same_topic` those without a topic are left
    out; raises BookError if the book has none.
    """
    known = book.as_of(end)
    known.need("complaints", *(["topic"] if same_topic else []))
    rows = known.table("complaints", "account_id", "opened_on", *(["topic"] if same_topic else []))
    keys = ["account_id", "topic"] if same_topic else ["account_id"]
    if same_topic:
        rows = rows.filter(engine.trimmed(rows.topic).fill_null("") != "")
    each = rows.group_by(*keys, "opened_on").agg(together=rows.count())
    again: Any = each.opened_on.lead().over(ibis.window(group_by=keys, order_by="opened_on"))
    each = each.mutate(again=again)
    each = each.filter(each.opened_on > ibis.literal(start))
    last = ibis.literal(last_known(known))
    each = each.mutate(days=each.again.fill_null(last).delta(each.opened_on, unit="day"), done=each.again.notnull())
    summed = each.group_by("account_id", "days", "done").agg(number=each.count())
    frame = engine.frame(summed.order_by("account_id", "days", "done"))
    return frame.astype({"days": np.int64, "number": np.int64, "done": bool})


def repeats(rows: pd.DataFrame, level: float = LEVEL) -> dict[str, Any]:
    """The share of complaints that were followed by another: complaints (occasions), accounts, within_90, low_90, ...

    Late complaints count for as long as they could be watched (`durations.curve`); an account that left counts as one
    that did not complain again. NaN where nothing was watched for so long.
    """
    found: dict[str, Any] = {"complaints": int(rows["number"].sum()), "accounts": rows["account_id"].nunique()}
    later = rows["days"] > WITHIN[-1]  # of no interest here
    told = rows.assign(days=rows["days"].clip(upper=WITHIN[-1] + 1), done=rows["done"] & ~later)
    for ended in ended_by(curve(told, level), WITHIN).itertuples():
        found |= {f"within_{ended.days}": ended.share, f"low_{ended.days}": ended.low, f"high_{ended.days}": ended.high}
    return found


def most(counts: Counts, each: pd.DataFrame | None, count: int = 20) -> pd.DataFrame:
    """The accounts with the most complaints of the window, two or more: at most `count`, the most first, then by id.

    Columns: account_id, complaints, orders, per_100 (complaints per 100 orders; NaN without an order) and, with `each`
    (`topics.by_account`), about (its topics, the commonest first, as words).
    """
    own = counts.frame[counts.frame["complaints"] > 1]
    own = own.sort_values(["complaints", "account_id"], ascending=[False, True]).head(count).reset_index(drop=True)
    table = own[["account_id", "complaints", "orders"]].copy()
    table["per_100"] = 100 * table["complaints"] / table["orders"].where(table["orders"] > 0)
    if each is not None:
        told = each[each["account_id"].isin(own["account_id"]) & (each["complaints"] > 0)]
        told = told.sort_values(["account_id", "complaints", "group"], ascending=[True, False, True])
        words = {
            name: listed(
                label("complaints_topic_count", topic=row.group, n=row.complaints) for row in rows.itertuples()
            )
            for name, rows in told.groupby("account_id")
        }
        table["about"] = table["account_id"].map(words)
    return table
