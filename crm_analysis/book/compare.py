"""The rules that compare rows with each other, and the keys that are made of a row's content.

Rows that cannot be concerned are set apart first, so that only the few others are ordered and
marked; nothing is joined back by a number of its own.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book.delimited import ROW
from crm_analysis.book.shape import FAULT, FILE, VALUE

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.staging import Staged

RULE, COLUMN = "__rule", "__column"
SAME_LINES = 20
"""Fewer lines that two sources have alike but for their keys may be chance."""
SILENCE = dt.timedelta(days=366)
"""Orders after a silence longer than this are typing errors, where no day of the extract is stated."""

Keep = Callable[[ibis.Table, str], ibis.Table]
"""Computes a table once, under a name."""


def marked(table: ibis.Table, when: Any, rule: Any, column: str, value: Any) -> ibis.Table:
    """The table with RULE, COLUMN and VALUE set where `when`."""
    return table.mutate(
        **{
            RULE: ibis.ifelse(when, rule, table[RULE]),
            COLUMN: ibis.ifelse(when, column, table[COLUMN]),
            VALUE: ibis.ifelse(when, value, table[VALUE]),
        }
    )


def _place(group_by: list[Any], order_by: list[Any]) -> Any:
    return ibis.row_number().over(ibis.window(group_by=group_by, order_by=order_by))


def repeated_files(staged: Staged, digests: Mapping[str, str]) -> dict[str, str]:
    """The files that hold the same rows as an earlier one of the table, with that one's name.

    Rows are the same if they are byte for byte (`digests`: SHA-256 by file), or in whatever order and
    form they are written. Rows and least and greatest values are compared first; they nearly always differ.
    """
    table, content = staged.table, [name for name in staged.present if name != "source"] + [FAULT, VALUE]
    if len(staged.files) < 2:
        return {}
    counts = table.group_by(file=FILE).agg(n=table.count()).order_by("file").execute()
    rows = dict(zip(counts["file"], map(int, counts["n"]), strict=True))
    alike = [name for name in staged.files if rows.get(name) and list(rows.values()).count(rows[name]) > 1]
    if not alike:
        return {}
    texts = {i: table[name].cast("string").fill_null("") for i, name in enumerate(content)}
    ends = {f"{end}{i}": getattr(text, end)() for i, text in texts.items() for end in ("min", "max")}
    prints = table.filter(table[FILE].isin(alike)).group_by(file=FILE).agg(**ends).execute().set_index("file")
    found: dict[str, str] = {}
    for place, name in enumerate(alike):
        for other in alike[:place]:
            if other in found or rows[other] != rows[name] or not prints.loc[other].equals(prints.loc[name]):
                continue
            equal = digests.get(other, other) == digests.get(name, name)
            if equal or _same_rows(table, other, name, content):
                found[name] = other
                break
    return found


def _same_rows(table: ibis.Table, one: str, other: str, content: list[str]) -> bool:
    """True if two files hold the same rows, each as often."""
    both = table.filter(table[FILE].isin([one, other]))
    each = both.group_by(content).agg(
        one=both.count(where=both[FILE] == one), other=both.count(where=both[FILE] == other)
    )
    return int(each.filter(each.one != each.other).count().execute()) == 0


def overlap_marked(table: ibis.Table, staged: Staged, keep: Keep) -> ibis.Table:
    """The order lines, those marked that stand in another source too.

    Lines are alike if all mapped columns but `source` are; of lines repeated inside a source the
    largest number that any one source has is kept, so honest repeats stay.
    """
    days = table.group_by("ordered_on").agg(n=origin(table).nunique())
    days = keep(days.filter(days.n > 1).select(day="ordered_on"), "overlap_days")
    both = table.semi_join(days, table.ordered_on == days.day)
    both = both.mutate(__origin=origin(both))
    content = [name for name in staged.present if name != "source"] + [FAULT, VALUE]
    both = both.mutate(__k=_place([*content, "__origin"], [*staged.carried, ROW]))
    both = both.mutate(__copy=_place([*content, "__k"], ["__origin", *staged.carried, ROW]))
    both = marked(both, both["__copy"] > 0, "overlapping_source", "source", both.source).drop("__k", "__copy")
    apart = table.anti_join(days, table.ordered_on == days.day)
    return apart.union(keep(both, "overlap").select(apart.columns))


def cancelled_marked(table: ibis.Table, keep: Keep) -> ibis.Table:
    """The order lines, those marked void that break no rule and that another row with their key says are void."""
    void = keep(table.filter(table[RULE] == "void_document").select(__void="line_id").distinct(), "void_lines")
    joined = table.left_join(void, table.line_id == void["__void"])
    when = joined[RULE].isnull() & joined["__void"].notnull()
    return marked(joined, when, "void_document", "state", joined.state).drop("__void")


def origin(table: ibis.Table) -> Any:
    """What a row came from: its file, and within it what the column `source` names, such as a sheet."""
    if "source" not in table.columns:
        return table[FILE]
    within = table.source.fill_null("")
    return ibis.ifelse(within == table[FILE], table[FILE], table[FILE] + " " + within)


def same_content(table: ibis.Table, staged: Staged, keep: Keep) -> tuple[int, str]:
    """Rows that stand in two origins but for their keys and what may change later; and where. 0 if they are few.

    They are few in each origin if less than half of its rows (of order lines, those of days that it shares), or
    less than SAME_LINES. Such rows break no rule of their own.
    """
    left_out = {"source", "order_id", *staged.contract.key}
    content = [
        column.name
        for column in staged.contract
        if column.name in staged.present and column.nature == "fixed" and column.name not in left_out
    ]
    clean = table.filter(table[RULE].isnull())
    clean = clean.mutate(__origin=origin(clean))
    if staged.contract.name == "orders":
        days = clean.group_by("ordered_on").agg(n=clean["__origin"].nunique())
        days = keep(days.filter(days.n > 1).select(day="ordered_on"), "shared_days")
        clean = clean.semi_join(days, clean.ordered_on == days.day)
    each = clean.group_by([*content, "__origin"]).agg(n=clean.count())
    each = each.mutate(origins=each.count().over(ibis.window(group_by=content)))
    by = each.group_by("__origin").agg(rows=each.n.sum(), again=each.n.sum(where=each.origins > 1).fill_null(0))
    frame = by.order_by("__origin").execute()
    much = frame[(frame["again"] >= SAME_LINES) & (frame["again"] * 2 >= frame["rows"])]
    names = [str(name).strip() for name in much["__origin"]]
    return int(much["again"].max()) if len(much) else 0, ", ".join(names[:3]) + (" and more" if len(names) > 3 else "")


def same_key_marked(table: ibis.Table, key: tuple[str, ...], staged: Staged, keep: Keep) -> ibis.Table:
    """The rows, those marked that break no rule and whose key another such row has.

    They repeat it column for column, or have other values; the first in order of values is kept.
    """
    clean = table.filter(table[RULE].isnull())
    shared = clean.group_by(list(key)).agg(__n=clean.count())
    shared = keep(shared.filter(shared["__n"] > 1).drop("__n"), f"{staged.contract.name}_keys")
    on = [_same(clean, shared, name, staged) for name in key]
    rows = clean.semi_join(shared, on)
    content = [name for name in staged.present if name not in key]
    rows = rows.mutate(__copy=_place([*key, *content], [*staged.carried, FILE, ROW]))
    rows = rows.mutate(__other=_place([*key, "__copy"], content or list(key)))
    which = ibis.ifelse(rows["__copy"] > 0, "repeated_row", "duplicate_key")
    again = (rows["__copy"] > 0) | (rows["__other"] > 0)
    rows = marked(rows, again, which, ", ".join(key), _text(rows, list(key), " / ", "")).drop("__copy", "__other")
    apart = table.filter(table[RULE].notnull()).union(clean.anti_join(shared, on))
    return apart.union(keep(rows, f"{staged.contract.name}_same_key").select(apart.columns))


def _same(table: ibis.Table, other: ibis.Table, name: str, staged: Staged) -> Any:
    """Equal, or both empty where the column may be; engines are quicker with a plain equality."""
    column = staged.contract.column(name)
    return table[name] == other[name] if column.required else table[name].identical_to(other[name])


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
    table = table.mutate(__place=_place(["__content"], ["source", *staged.carried, FILE, ROW]))
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
