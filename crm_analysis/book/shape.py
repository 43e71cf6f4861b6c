"""What is made of one file while it is read: the contract's columns, and the first rule each row breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine, values
from crm_analysis.book.contract import CONTRACT, Column
from crm_analysis.book.delimited import BROKEN, ROW
from crm_analysis.book.derive import derived
from crm_analysis.book.faults import NO_END, Fault, Given, open_ended, row_faults
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from crm_analysis.book.layout import Lookup, TableMap

FILE = "__file"
"""Name of the row's file, within the book's folder."""
FAULT, VALUE = "__fault", "__value"
"""The first rule the row breaks, as a number (null if none), and the offending text."""
ROUNDED, UNMATCHED = "__rounded", "__unmatched"
"""True where a number was rounded, and where a lookup's key was not found."""
OF_ACCOUNT = "__account_"
"""Prefix of columns on order lines from which accounts are made."""


def columns_of(table: ibis.Table) -> tuple[str, ...]:
    """Names of a file's own columns."""
    return tuple(name for name in table.columns if not name.startswith("__"))


def must_have(table: ibis.Table, column: str, file: str, where: str) -> None:
    """Raises BookError if book.toml names, at `where`, a column that the file lacks."""
    if column not in columns_of(table):
        found = columns_of(table)
        raise BookError(
            f"{file}: column '{column}', named in {where} of book.toml, is missing; found {', '.join(found)}."
            f"{_other_delimiter(found)}"
        )


def _other_delimiter(found: Sequence[str]) -> str:
    """A file read into one column has another delimiter."""
    mark = next((mark for mark in (";", "\t", "|", ",") if len(found) == 1 and mark in found[0]), None)
    if mark is None:
        return ""
    return f" The file seems to be separated by {mark!r}: set delimiter under [format] in book.toml."


class FileShape:
    """The shape of one file; after the call it knows `present`, `faults`, `carried` and `ignored`.

    The work goes in steps behind fences (`engine.fenced`), so that every cell is parsed once: first
    the source's cells, then their values, then their faults.
    """

    def __init__(
        self,
        con: Backend,
        plan: TableMap,
        file: str,
        lookups: Sequence[tuple[Lookup, ibis.Table]],
        of_account: dict[str, str],
    ) -> None:
        self.con, self.plan, self.file, self.lookups, self.of_account = con, plan, file, lookups, of_account
        self.contract = CONTRACT[plan.table]
        self.faults: list[Fault] = []
        self.present: tuple[str, ...] = ()
        self.carried: tuple[str, ...] = ()
        self.ignored: tuple[str, ...] = ()
        self.used: set[str] = set()

    def __call__(self, raw: ibis.Table) -> ibis.Table:
        """The file's rows as a contract table: see `Staged`."""
        own = columns_of(raw)
        raw = self.joined(raw)
        cells = {column.name: cell for column in self.contract if (cell := self.cell(raw, column)) is not None}
        self.require(cells, own)
        self.present = tuple(cells)
        carried = self.carried_along(raw)
        self.carried = tuple(carried)
        self.used |= {name for look in self.plan.lookups for name in look.on}
        self.ignored = tuple(name for name in own if name not in self.used)
        parts = {f"__{what}_{name}": item for name, cell in cells.items() for what, item in cell.items()}
        rows = engine.fenced(self.con, raw.select(ROW, BROKEN, **parts, **carried, **{UNMATCHED: self.unmatched(raw)}))
        rows = engine.fenced(self.con, rows.mutate(**{f"__value_{name}": self.value(rows, name) for name in cells}))
        given = {name: self.given(rows, name) for name in cells}
        self.faults = row_faults(self.contract, given, rows[BROKEN], self.plan.form)
        fault = ibis.cases(*((fault.when, ibis.literal(i, "int16")) for i, fault in enumerate(self.faults)))
        rows = engine.fenced(self.con, rows.mutate(**{FAULT: fault}))
        given = {name: self.given(rows, name) for name in cells}
        shown = row_faults(self.contract, given, rows[BROKEN], self.plan.form)
        numbers = [item for item in given.values() if item.column.type in ("money", "number")]
        return rows.select(
            **{
                name: item.value.nullif(ibis.literal(NO_END)) if open_ended(item.column) else item.value
                for name, item in given.items()
            },
            **{name: rows[name] for name in (*carried, ROW, FAULT)},
            **{
                FILE: ibis.literal(self.file),
                VALUE: chosen(rows[FAULT], [fault.value for fault in shown]),
                ROUNDED: _any([values.rounded(item.raw, item.value, self.plan.form) for item in numbers]),
                UNMATCHED: rows[UNMATCHED],
            },
        )

    def joined(self, raw: ibis.Table) -> ibis.Table:
        """The file with the columns of its lookups."""
        for number, (look, there) in enumerate(self.lookups):
            for ours in look.on:
                must_have(raw, ours, self.file, f"[[{self.plan.table}.lookup]]")
            taken = {name.lower() for name in raw.columns}
            if clash := sorted(name for name in look.take if name.lower() in taken):
                raise BookError(
                    f"{self.file}: the lookup of {look.file} takes a column '{clash[0]}' that is there already; "
                    f'give it another name: take = {{"other name" = "{look.take[clash[0]]}"}}.'
                )
            keys = {f"__key{number}_{i}": values.text(raw[ours], self.plan.form) for i, ours in enumerate(look.on)}
            renamed = there.rename({f"__there{number}_{i}": f"__key{i}" for i in range(len(look.on))})
            raw = raw.mutate(**keys)
            raw = raw.left_join(renamed, [(f"__key{number}_{i}", f"__there{number}_{i}") for i in range(len(look.on))])
        return raw

    def unmatched(self, raw: ibis.Table) -> Any:
        """True where a lookup's key is given and was not found."""
        return _any(
            [
                raw[f"__there{number}_0"].isnull()
                & _all([raw[f"__key{number}_{i}"].notnull() for i in range(len(look.on))])
                for number, (look, _) in enumerate(self.lookups)
            ]
        )

    def cell(self, raw: ibis.Table, column: Column) -> dict[str, Any] | None:
        """The column's `raw` cell, and for derived ones `known` and `shown` too; None if it is not given.

        It is as book.toml maps it, or as it is there under its own name.
        """
        name, form = column.name, self.plan.form
        if name in self.plan.derived:
            return self.derived_cell(raw, column)
        if name in self.plan.columns:
            source = self.plan.columns[name]
            must_have(raw, source, self.file, f"[{self.plan.table}.columns] {name}")
        elif name in raw.columns:
            source = name
        elif (self.plan.table, name) == ("orders", "source"):
            return {"raw": ibis.literal(self.file)}
        else:
            return None
        self.used.add(source)
        cell = raw[source]
        kind = cell.type()
        if kind.is_nested() or kind.is_binary():
            raise BookError(f"{self.file}: column '{source}' holds {kind}; expected texts, numbers or dates.")
        return {"raw": values.text(cell, form) if kind.is_string() else cell}

    def derived_cell(self, raw: ibis.Table, column: Column) -> dict[str, Any]:
        """The cell that an expression of book.toml gives; it is known where any cell it reads is."""
        form, where = self.plan.form, f"book.toml: {self.plan.table}.derived.{column.name}"
        source, reads = derived(self.plan.derived[column.name], raw, form, where)
        kind = source.type()
        if kind.is_boolean() and column.type not in ("flag", "text"):
            raise BookError(f"{where}: is a condition; expected a {column.type}.")
        self.used.update(reads)
        listed = [ibis.literal(f"{part} = ") + values.shown(raw[part], form).fill_null("") for part in reads]
        return {
            "raw": values.text(source, form) if kind.is_string() else source,
            "known": _any([values.known(raw[part], form) for part in reads]) if reads else ibis.literal(True),
            "shown": ibis.literal(", ").join(listed) if listed else ibis.literal(""),
        }

    def value(self, rows: ibis.Table, name: str) -> Any:
        """The cell read as the contract's type."""
        return values.read(rows[f"__raw_{name}"], self.contract.column(name).type, self.plan.form)

    def given(self, rows: ibis.Table, name: str) -> Given:
        """The column in the fenced rows."""
        column, form = self.contract.column(name), self.plan.form
        raw, value = rows[f"__raw_{name}"], rows[f"__value_{name}"]
        if f"__known_{name}" in rows.columns:
            return Given(column, raw, value, rows[f"__known_{name}"], rows[f"__shown_{name}"], derived=True)
        known = value.notnull() if column.type == "text" else values.known(raw, form)
        return Given(column, raw, value, known, values.shown(raw, form))

    def carried_along(self, raw: ibis.Table) -> dict[str, Any]:
        """The account's columns on order lines, as text."""
        for column, source in self.of_account.items():
            must_have(raw, source, self.file, f"[accounts.columns] {column}")
        self.used |= set(self.of_account.values())
        return {
            f"{OF_ACCOUNT}{column}": values.text(raw[source], self.plan.form)
            for column, source in self.of_account.items()
        }

    def require(self, given: dict[str, Any], own: tuple[str, ...]) -> None:
        """Every required column is there, but for line_id, which can be made."""
        table = self.contract.name
        for name in self.contract.required:
            if name not in given and (table, name) != ("orders", "line_id"):
                hint = _other_delimiter(own) or f" Map it under [{table}.columns] in book.toml."
                raise BookError(f"{self.file}: column '{name}' is missing; found {', '.join(own)}.{hint}")


def chosen(number: Any, each: Sequence[Any]) -> Any:
    """The one of `each` that a column of numbers from 0 names, null where it is null; most rows have none."""
    alike: dict[Any, tuple[Any, list[int]]] = {}
    for i, one in enumerate(each):  # several faults show the same cell
        alike.setdefault(one if isinstance(one, str) else one.op(), (one, []))[1].append(i)
    return ibis.ifelse(number.notnull(), ibis.cases(*((number.isin(at), one) for one, at in alike.values())), None)


def _any(truths: list[Any]) -> Any:
    result = ibis.literal(False)
    for truth in truths:
        result = result | truth.fill_null(False)
    return result


def _all(truths: list[Any]) -> Any:
    result, *others = truths
    for truth in others:
        result = result & truth
    return result
