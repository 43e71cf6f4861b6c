"""What was known on a day: the one defence against using the future.

Rows are dropped, values masked and overwritten columns replaced or refused here and nowhere else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import values
from crm_analysis.book.contract import CONTRACT, Column
from crm_analysis.book.layout import Format

if TYPE_CHECKING:
    from crm_analysis.book.book import Book


def barred(book: Book, table: str, day: dt.date) -> tuple[str, ...]:
    """Columns of a table whose value on `day` cannot be known.

    They are overwritten by the source, the day is before the extract, and no dated history reaches
    back to it.
    """
    settled = min(book.unchanged_since or book.extracted_on, book.extracted_on)
    if day >= settled or table not in book.whole:
        return ()
    there = book.whole[table].columns
    return tuple(
        column.name
        for column in CONTRACT[table]
        if column.nature == "current" and column.name in there and not _told(book, table, column.name, day)
    )


def _told(book: Book, table: str, column: str, day: dt.date) -> bool:
    """True if a dated history tells the column's value on that day.

    Only what was recorded by then counts: later rows of the history must not even show that there is one.
    """
    if table == "accounts":
        return column in book.history and book.history[column] <= day
    if (table, column) == ("opportunities", "amount"):
        return "stage_changes" in book.whole and "amount" in book.whole["stage_changes"].columns
    return False


def history_of(tables: Mapping[str, ibis.Table]) -> dict[str, dt.date]:
    """The columns of `accounts` that have a dated history, with the day it begins."""
    if "account_history" not in tables:
        return {}
    rows = tables["account_history"]
    found = rows.group_by("field").agg(day=rows.known_on.min().cast("string")).order_by("field").execute()
    days = {str(field): str(day) for field, day in zip(found["field"], found["day"], strict=True)}
    return {name: dt.date.fromisoformat(days[name]) for name in CONTRACT["accounts"].names if name in days}


def known(book: Book, table: str, day: dt.date, only: Sequence[str] = ()) -> ibis.Table:
    """A table as known at the end of `day`; after the day of the extract nothing more is known.

    With `only`, these of its columns and its key.
    """
    contract, whole = CONTRACT[table], book.whole[table]
    last = ibis.literal(min(day, book.extracted_on))
    since = whole[contract.known_at] if contract.known_at in whole.columns else ibis.null("date")
    rows = whole.filter(since.fill_null(ibis.literal(book.extracted_on)) <= last)
    lost, wanted = barred(book, table, day), {*only, *contract.key}
    columns = {
        column.name: _masked(rows, column, book.extracted_on, last)
        for column in contract
        if column.name in rows.columns and column.name not in lost and (not only or column.name in wanted)
    }
    rows = rows.select(**columns)
    if day >= book.extracted_on:
        return rows
    if table == "accounts":
        return _as_then(book, rows, day)
    if table == "opportunities" and _told(book, table, "amount", day) and "amount" in rows.columns:
        return _amount_then(book, rows, day)
    return rows


def _masked(rows: ibis.Table, column: Column, extracted_on: dt.date, last: Any) -> Any:
    """The column, null where it settles after the day."""
    value = rows[column.name]
    if column.nature != "settles" or column.settles_with is None:
        return value
    if column.settles_with in rows.columns:
        settled = rows[column.settles_with].fill_null(ibis.literal(extracted_on))
    else:
        settled = ibis.literal(extracted_on)
    return ibis.ifelse(settled <= last, value, ibis.null(value.type()))


def _as_then(book: Book, accounts: ibis.Table, day: dt.date) -> ibis.Table:
    """Accounts with the columns that have a history as it tells them on the day."""
    fields = [name for name, since in book.history.items() if since <= day and name in accounts.columns]
    if not fields:
        return accounts
    changes = known(book, "account_history", day)
    newest = ibis.window(group_by=["account_id", "field"], order_by=[ibis.desc("known_on"), "value"])
    changes = changes.mutate(__age=ibis.row_number().over(newest))
    changes = changes.filter(changes["__age"] == 0)
    then = changes.group_by("account_id").agg(
        **{f"__then_{name}": changes.value.max(where=changes.field == name) for name in fields}
    )
    joined = accounts.left_join(then, "account_id")
    told = {
        name: values.read(joined[f"__then_{name}"], CONTRACT["accounts"].column(name).type, Format()) for name in fields
    }
    if book.unchanged_since is not None and book.unchanged_since <= day:
        # its owner's word for accounts of which the history has said nothing by then
        told = {name: ibis.coalesce(value, joined[name]) for name, value in told.items()}
    return joined.select(**{name: told.get(name, joined[name]) for name in accounts.columns})


def _amount_then(book: Book, opportunities: ibis.Table, day: dt.date) -> ibis.Table:
    """Opportunities with the amount of their latest change of stage; on one day the largest stage name wins."""
    changes = known(book, "stage_changes", day)
    changes = changes.filter(changes.amount.notnull())
    order = [ibis.desc("entered_on"), ibis.desc("stage"), ibis.desc("amount")]
    newest = ibis.window(group_by="opportunity_id", order_by=order)
    changes = changes.mutate(__age=ibis.row_number().over(newest))
    changes = changes.filter(changes["__age"] == 0).select("opportunity_id", __then="amount")
    joined = opportunities.left_join(changes, "opportunity_id")
    return joined.select(
        **{name: joined["__then"] if name == "amount" else joined[name] for name in opportunities.columns}
    )
