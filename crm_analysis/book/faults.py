"""What is wrong with a row by itself: the conditions of the rules that look at no other row."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import values
from crm_analysis.book.layout import Format
from crm_analysis.book.rules import TERMS

if TYPE_CHECKING:
    from crm_analysis.book.contract import Column, Table

_PLACEHOLDERS = (dt.date(1970, 1, 1),)
_FIRST, _FIRST_KNOWN, _LAST = dt.date(1950, 1, 1), dt.date(1900, 1, 2), dt.date(2199, 12, 31)


NO_END = dt.date(9999, 12, 31)
"""How some systems write that there is no end."""


def open_ended(column: Column) -> bool:
    """True for dates that may be to come: NO_END in them means none."""
    return column.type == "date" and (column.may_be_future or column.nature == "settles")


@dataclass(frozen=True)
class Fault:
    """One way a row can break a rule: which rule, in which column, when, and the offending text."""

    rule: str
    column: str
    when: Any
    value: Any


@dataclass(frozen=True)
class Given:
    """A contract column as the source gives it.

    `raw` is the source's value, `value` the parsed one, `known` whether the source says anything,
    `shown` its text for the quarantine; `derived` marks columns computed by book.toml.
    """

    column: Column
    raw: Any
    value: Any
    known: Any
    shown: Any
    derived: bool = False


def row_faults(table: Table, given: dict[str, Given], broken: Any, form: Format) -> list[Fault]:
    """Faults of rows as they are read, in the order they are tried; `given` holds the columns by contract name."""
    faults = [Fault("broken_record", "", broken.notnull(), broken)]
    for rule in ("missing_key", "missing_value"):
        for item in given.values():
            is_key = item.column.name in table.key or item.column.name == "account_id"
            if item.column.required and is_key == (rule == "missing_key"):
                faults.append(Fault(rule, item.column.name, ~item.known, ibis.null("string")))
    for item in given.values():
        faults += _unreadable(item, form)
    for item in given.values():
        if item.column.type == "date":
            first = _FIRST_KNOWN if item.column.name == "known_since" else _FIRST
            late = item.value > _LAST
            if open_ended(item.column):
                late = late & (item.value != NO_END)
            absurd = (item.value < first) | late | item.value.isin(_PLACEHOLDERS)
            faults.append(Fault("absurd_date", item.column.name, absurd, item.shown))
    return faults


def _unreadable(item: Given, form: Format) -> list[Fault]:
    """A value is given and could not be read; of derived columns only a required one must have a value."""
    column, lost = item.column, item.known & item.value.isnull()
    if column.type == "text":
        key = item.derived and column.required
        return [Fault("missing_key", column.name, lost, item.shown)] if key else []
    if item.derived and not column.required:
        return []
    if column.type == "date":
        return [Fault("unparseable_date", column.name, lost, item.shown)]
    if column.type == "flag":
        return [Fault("not_a_flag", column.name, lost, item.shown)]
    not_finite = Fault("not_finite", column.name, lost & values.not_finite(item.raw, form), item.shown)
    return [*([] if item.derived else [not_finite]), Fault("not_a_number", column.name, lost, item.shown)]


def typed_faults(table: Table, rows: ibis.Table, last: dt.date, currency: str | None) -> list[Fault]:
    """Faults of rows that could be read, in the order they are tried.

    `last` is the latest date that could have been known, `currency` the one that book.toml states.
    """

    def fault(rule: str, column: str, when: Any) -> Fault:
        return Fault(rule, column, when.fill_null(False), values.text(rows[column], Format()))

    faults = [
        fault("future_date", column.name, rows[column.name] > last)
        for column in table.known_dates
        if column.name in rows.columns
    ]
    if table.name == "surveys":
        has = {name for name in ("score", "scale_min", "scale_max") if name in rows.columns}
        if has >= {"scale_min", "scale_max"}:
            faults.append(fault("off_scale", "scale_max", rows.scale_max <= rows.scale_min))
        if has >= {"score", "scale_min"}:
            faults.append(fault("off_scale", "score", rows.score < rows.scale_min))
        if has >= {"score", "scale_max"}:
            faults.append(fault("off_scale", "score", rows.score > rows.scale_max))
    for column in table:
        if (table.name, column.name) in TERMS and {column.name, column.after} <= set(rows.columns):
            faults.append(fault("empty_term", column.name, rows[column.name] < rows[column.after]))
    if table.name == "orders" and "state" in rows.columns:
        faults.append(fault("void_document", "state", rows.state.lower() == "void"))
    if table.name == "orders" and "currency" in rows.columns and currency:
        faults.append(fault("other_currency", "currency", rows.currency.upper() != currency.upper()))
    return faults
