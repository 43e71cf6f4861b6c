"""The rules a row must keep, as data: name, what happens to a row that breaks it, and why.

Rules that look at one row alone are conditions on its columns; they are tried in this order and the
first that fires names the row. Rules that compare rows (`compare`) come after them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import ibis

from crm_analysis.book import values

if TYPE_CHECKING:
    from crm_analysis.book.contract import Column, Table
    from crm_analysis.book.mapping import Format

Action = Literal["quarantine", "duplicate", "warn"]


@dataclass(frozen=True)
class Rule:
    """A rule's name, its action and its reason."""

    name: str
    action: Action
    why: str


_ALL = (
    Rule("broken_record", "quarantine", "the record has more or fewer fields than the header: none can be trusted"),
    Rule("missing_key", "quarantine", "without its key a row belongs to nobody"),
    Rule("missing_value", "quarantine", "a required column is empty"),
    Rule("unparseable_date", "quarantine", "the text is no date of the stated form"),
    Rule("not_finite", "quarantine", "an amount is not-a-number or infinite, and would swallow every sum"),
    Rule("not_a_number", "quarantine", "the text is no number of the stated form, or is too large for one"),
    Rule("not_a_flag", "quarantine", "the text is neither true nor false"),
    Rule("absurd_date", "quarantine", "the date is a placeholder or a typing error: before 1950 or after 2199"),
    Rule("future_date", "quarantine", "the date lies after the extract, when it could not have been known"),
    Rule("overlapping_source", "duplicate", "the line stands in two overlapping files or sheets; it is kept once"),
    Rule("repeated_row", "duplicate", "the row repeats another with the same key, column for column"),
    Rule("duplicate_key", "quarantine", "another row has the same key and other values; the first by value is kept"),
    Rule("unknown_account", "quarantine", "the account of the row is not in `accounts`"),
    Rule("month_without_orders", "warn", "no order in a month between the first and the last: data may be missing"),
    Rule("contradiction", "warn", "order lines give an account two values; the latest line, then the key, decides"),
    Rule("ordered_before_known", "warn", "the account ordered before `known_since`: it counts as known from then"),
    Rule("known_date_missing", "warn", "the row has no known-at date; it counts as known from the day of the extract"),
    Rule("settles_after_extract", "warn", "the date lies after the extract: planned, counted as not yet happened"),
    Rule("alike_key", "warn", "another account's key differs only in capitals or leading zeros: perhaps the same one"),
    Rule("mangled_key", "warn", "the key looks like a number that a spreadsheet shortened, such as 1.2E+05"),
    Rule("unknown_level", "warn", "the value is none of those the contract lists; it is kept as it stands"),
    Rule("other_currency", "warn", "the line is in another currency; amounts are added up as if it were one"),
    Rule("spans_lines", "warn", "a field goes over several lines: a missing quote may have swallowed records"),
    Rule("unmatched_lookup", "warn", "the key was not found in the lookup's file; its columns stay empty"),
    Rule("rounded_amount", "warn", "a number had more than four decimals and was rounded"),
)
RULES: dict[str, Rule] = {rule.name: rule for rule in _ALL}
"""Every rule by name, in the order they are tried."""

_PLACEHOLDERS = (dt.date(1970, 1, 1),)
_FIRST, _FIRST_KNOWN, _LAST = dt.date(1950, 1, 1), dt.date(1900, 1, 2), dt.date(2199, 12, 31)


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
    """Faults of single rows, in the order they are tried; `given` holds the columns by contract name."""
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
            absurd = (item.value < first) | (item.value > _LAST) | item.value.isin(_PLACEHOLDERS)
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
