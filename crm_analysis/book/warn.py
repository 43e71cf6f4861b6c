"""What is odd among accepted rows, and is said, not mended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ibis

from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.rules import TERMS
from crm_analysis.book.tally import listed

Oddity = tuple[str, str, int, str]
"""What was found: rule, column, rows, examples."""
_MANGLED = r"^-?\d+([.,]\d+)?[eE]\+\d+$|^-?\d+[.,]\d+[eE]\d+$"


@dataclass(frozen=True)
class Odd:
    """A warning about single rows: which rule, in which column, when; `value` is shown of the rows, if anything."""

    rule: str
    column: str
    when: Any
    value: Any = None


def row_wise(name: str, rows: ibis.Table, extracted: dt.date) -> list[Odd]:
    """What may be odd about single accepted rows of a table; all of it is counted in one query."""
    contract = CONTRACT[name]
    odd: list[Odd] = []
    if name != "accounts":
        missing = rows[contract.known_at].isnull() if contract.known_at in rows.columns else ibis.literal(True)
        odd.append(Odd("known_date_missing", contract.known_at, missing))
    for column in contract:
        if column.name not in rows.columns:
            continue
        value = rows[column.name]
        if column.settles_with == column.name:
            odd.append(Odd("settles_after_extract", column.name, value > extracted))
        if column.after in rows.columns and (name, column.name) not in TERMS:
            before = rows[column.after]
            dates = value.cast("string") + " before " + before.cast("string")
            odd.append(Odd("dates_out_of_order", column.name, value < before, dates))
        levels = column.levels
        if (name, column.name) == ("account_history", "field"):
            levels = CONTRACT["accounts"].names
        if levels:
            odd.append(Odd("unknown_level", column.name, ~value.isin(levels), value))
    if name == "accounts":
        odd.append(Odd("mangled_key", "account_id", rows.account_id.re_search(_MANGLED), rows.account_id))
    return odd


def examples(rows: ibis.Table, odd: Odd) -> str:
    """The three most frequent values of the rows that are odd."""
    return "" if odd.value is None else times(rows.filter(odd.when), odd.value)[1]


def times(rows: ibis.Table, value: Any) -> tuple[int, str]:
    """How many rows there are, and their three most frequent values."""
    some = rows.select(value=value).group_by("value").agg(rows=lambda t: t.count())
    frame = some.order_by(ibis.desc("rows"), "value").execute()
    return int(frame["rows"].sum()), listed(frame)


def accounts(rows: ibis.Table) -> Iterator[Oddity]:
    """Keys that capitals or leading zeros alone set apart."""
    plain = rows.group_by(key=_plain(rows.account_id)).agg(
        n=rows.count(), low=rows.account_id.min(), high=rows.account_id.max()
    )
    alike = plain.filter(plain.n > 1).order_by("key").execute()
    shown = "; ".join(f"{low} and {high}" for low, high in zip(alike["low"][:3], alike["high"][:3], strict=True))
    yield "alike_key", "account_id", int(alike["n"].sum()), shown


def nearly_known(lost: ibis.Table, known: ibis.Table) -> str:
    """Unknown accounts that only capitals or leading zeros set apart from a known one: the first three."""
    unknown = lost.filter(lost.rule == "unknown_account").select(unknown="value").distinct()
    unknown = unknown.mutate(key=_plain(unknown.unknown))
    keys = known.group_by(key=_plain(known.account_id)).agg(account_id=known.account_id.min())
    near = unknown.join(keys, "key").order_by("unknown").limit(3).execute()
    return "; ".join(f"{mine} ({theirs})" for mine, theirs in zip(near["unknown"], near["account_id"], strict=True))


def _plain(key: Any) -> Any:
    return key.lower().re_replace("^0+", "")
