"""Accounts as the book keeps them: when each was known, or made of order lines where no file has them."""

from __future__ import annotations

import datetime as dt
import functools

import ibis

from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.shape import OF_ACCOUNT


def known_accounts(accounts: ibis.Table, orders: ibis.Table, extracted: dt.date) -> ibis.Table:
    """The accounts with `known_since` filled: as stated, the first order if earlier, else the extract.

    Two truths besides: `__early`, the first order came before the stated day; `__never`, neither is known.
    """
    columns = {*accounts.columns, "known_since"}
    if "known_since" not in accounts.columns:
        accounts = accounts.mutate(known_since=ibis.null("date"))
    first = orders.group_by("account_id").agg(__first=orders.ordered_on.min())
    joined = accounts.left_join(first, "account_id").drop("account_id_right")
    stated, ordered = joined.known_since, joined["__first"]
    known = ibis.coalesce(ibis.least(stated, ordered), stated, ordered, ibis.literal(extracted))
    early, never = (ordered < stated).fill_null(False), stated.isnull() & ordered.isnull()
    joined = joined.mutate(known_since=known, __early=early, __never=never)
    return joined.select(*(name for name in CONTRACT["accounts"].names if name in columns), "__early", "__never")


def accounts_made(orders: ibis.Table) -> tuple[ibis.Table, ibis.Table | None]:
    """The accounts in accepted order lines, and the dated history of what lines say of them.

    First table: account_id, the columns carried along, known_since (first order), by account_id.
    Second: account_id, field, value, known_on, a row for each day the value changed; None where
    nothing is carried. Where lines disagree the latest line decides, and on one day the last line_id.
    """
    fields = [name.removeprefix(OF_ACCOUNT) for name in orders.columns if name.startswith(OF_ACCOUNT)]
    accounts = orders.group_by("account_id").agg(known_since=orders.ordered_on.min())
    if not fields:
        return accounts.order_by("account_id"), None
    histories = [_history(orders, field) for field in fields]
    for field, history in zip(fields, histories, strict=True):
        newest = ibis.window(group_by="account_id", order_by=ibis.desc("known_on"))
        last = history.mutate(__age=ibis.row_number().over(newest))
        last = last.filter(last["__age"] == 0).select("account_id", **{field: last.value})
        accounts = accounts.left_join(last, "account_id").drop("account_id_right")
    ordered = accounts.select("account_id", *fields, "known_since").order_by("account_id")
    history = functools.reduce(lambda one, other: one.union(other), histories)
    return ordered, history.order_by("known_on", "account_id", "field")


def _history(orders: ibis.Table, field: str) -> ibis.Table:
    """One field's changes: account_id, field, value, known_on."""
    value = orders[f"{OF_ACCOUNT}{field}"]
    said = orders.filter(value.notnull()).select("account_id", "ordered_on", "line_id", value=value)
    by_day = ibis.window(group_by=["account_id", "ordered_on"], order_by=ibis.desc("line_id"))
    said = said.mutate(__place=ibis.row_number().over(by_day))
    said = said.filter(said["__place"] == 0)
    before = said.value.lag().over(ibis.window(group_by="account_id", order_by="ordered_on"))
    said = said.mutate(__before=before)
    changed = said.filter(said["__before"].isnull() | (said["__before"] != said.value))
    return changed.select("account_id", field=ibis.literal(field), value=changed.value, known_on=changed.ordered_on)


def contradictions(orders: ibis.Table) -> list[tuple[str, int, str]]:
    """For each carried column that lines of one account disagree on: its name, how many accounts, the first three."""
    found = []
    for name in orders.columns:
        if not name.startswith(OF_ACCOUNT):
            continue
        value = orders[name]
        both = orders.group_by("account_id").agg(n=value.nunique(), low=value.min(), high=value.max())
        frame = both.filter(both.n > 1).order_by("account_id").execute()
        if len(frame):
            shown = [f"{row.account_id}: {row.low} and {row.high}" for row in frame.head(3).itertuples()]
            found.append((name.removeprefix(OF_ACCOUNT), len(frame), "; ".join(shown)))
    return found
