"""The rules that compare rows with each other, and the keys that are made of a row's content."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book.delimited import ROW
from crm_analysis.book.shape import FAULT, FILE, VALUE

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.staging import Staged

RULE, COLUMN, ID = "__rule", "__column", "__id"
SILENCE = dt.timedelta(days=366)
"""Orders after a silence longer than this are typing errors, where no day of the extract is stated."""


def ruled(staged: Staged, last: dt.date) -> ibis.Table:
    """The staged rows with ID, and with RULE and COLUMN of the first rule each breaks by itself.

    `last` is the latest date that could have been known. ID is a whole number, unique, and the same
    on every run over the same files.
    """
    files = ibis.cases(*((staged.table[FILE] == file, ibis.literal(i, "int64")) for i, file in enumerate(staged.files)))
    table = staged.table.mutate(**{ID: files * 10**12 + staged.table[ROW]})
    dates = [column.name for column in staged.contract.known_dates if column.name in staged.present]
    late = [(table[FAULT].isnull() & (table[name] > last), name) for name in dates]
    fault = [(table[FAULT] == i, rule, column) for i, (rule, column) in enumerate(staged.faults)]
    named = fault + [(when, "future_date", name) for when, name in late]
    return table.mutate(
        **{
            RULE: ibis.cases(*((when, rule) for when, rule, _ in named)),
            COLUMN: ibis.cases(*((when, column) for when, _, column in named)),
            VALUE: ibis.coalesce(
                table[VALUE],
                *(ibis.ifelse(when, table[name].cast("string"), ibis.null("string")) for when, name in late),
            ),
        }
    )


def _place(group_by: list[Any], order_by: list[Any]) -> Any:
    return ibis.row_number().over(ibis.window(group_by=group_by, order_by=order_by))


def overlapping(table: ibis.Table, staged: Staged) -> ibis.Table:
    """ID of order lines that stand in another source too, with `found`, `at` and `text` of the rule.

    Lines are alike if all mapped columns but `source` are; of lines repeated inside a source the
    largest number that any one source has is kept, so honest repeats stay.
    """
    days = table.group_by("ordered_on").agg(n=table.source.nunique())
    days = days.filter(days.n > 1).select(day="ordered_on")
    both = table.semi_join(days, table.ordered_on == days.day)
    content = [name for name in staged.present if name != "source"] + [FAULT, VALUE]
    both = both.mutate(__k=_place([*content, "source"], [*staged.carried, ID]))
    both = both.mutate(__copy=_place([*content, "__k"], ["source", *staged.carried, ID]))
    return both.filter(both["__copy"] > 0).select(
        ID, found=ibis.literal("overlapping_source"), at=ibis.literal("source"), text=both.source
    )


def same_key(table: ibis.Table, key: tuple[str, ...], staged: Staged) -> ibis.Table:
    """ID of clean rows whose key another row has, with `found`, `at` and `text` of the rule.

    They repeat it column for column, or have other values; the first in order of values is kept.
    """
    shared = table.group_by(list(key)).agg(n=table.count())
    shared = shared.filter(shared.n > 1)
    rows = table.semi_join(shared, [table[name].identical_to(shared[name]) for name in key])
    content = [name for name in staged.present if name not in key]
    rows = rows.mutate(__copy=_place([*key, *content], [*staged.carried, ID]))
    rows = rows.mutate(__other=_place([*key, "__copy"], content or list(key)))
    lost = rows.filter((rows["__copy"] > 0) | (rows["__other"] > 0))
    return lost.select(
        ID,
        found=ibis.ifelse(lost["__copy"] > 0, "repeated_row", "duplicate_key"),
        at=ibis.literal(", ".join(key)),
        text=_text(lost, list(key), " / ", ""),
    )


def _text(table: ibis.Table, columns: list[str], mark: str, empty: str) -> Any:
    """The columns as one text."""
    first, *others = (table[name].cast("string").fill_null(empty) for name in columns)
    return functools.reduce(lambda one, other: one + mark + other, others, first)


def numbered(table: ibis.Table, staged: Staged) -> ibis.Table:
    """The accepted order lines with `line_id` made of each line's content; honest repeats are counted.

    The same lines in another order get the same keys. MD5 is cut to 80 bits: among a thousand
    million lines two different ones share a key with a probability below one in a million.
    """
    content = [name for name in staged.present if name != "source"]
    table = table.mutate(__content=_text(table, content, "\u241f", "\u2400").hexdigest("md5").left(20))
    table = table.mutate(__place=_place(["__content"], ["source", *staged.carried, ID]))
    return table.mutate(line_id=table["__content"] + "-" + (table["__place"] + 1).cast("string"))


def last_plausible(days: pd.DataFrame) -> dt.date | None:
    """The last day of orders before a silence of more than a year; None without days.

    `days`: day (date), lines (count). Later days are typing errors. The search starts at the median
    line, so a few mistyped years on either side do not matter.
    """
    if days.empty:
        return None
    days = days.sort_values("day")
    reached = days["lines"].cumsum() >= days["lines"].sum() / 2
    ahead = list(days.loc[reached, "day"])
    last: dt.date = ahead[0]
    for day in ahead:
        if day - last > SILENCE:
            break
        last = day
    return last
