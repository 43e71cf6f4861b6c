"""A company's file turned into a contract table, row by row, with the first rule each row breaks."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import sources, values
from crm_analysis.book.contract import CONTRACT, Column, Table
from crm_analysis.book.derive import derived
from crm_analysis.book.rules import Fault, Given, row_faults
from crm_analysis.book.sources import BROKEN, ROW
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from crm_analysis.book.mapping import Format, Lookup, TableMap

FILE, FAULT, VALUE = "__file", "__fault", "__value"
ROUNDED, UNMATCHED = "__rounded", "__unmatched"
OF_ACCOUNT = "__account_"
"""Prefix of columns on order lines from which accounts are made."""


@dataclass(frozen=True)
class Staged:
    """A contract table before the rules that compare rows: typed columns, and per row its first fault.

    `table` has the columns in `present`, ROW, FILE, FAULT (place in `faults`, null if none), VALUE
    (offending text), ROUNDED and UNMATCHED (truths for the two warnings).
    """

    contract: Table
    table: ibis.Table
    present: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
    files: tuple[Path, ...]
    ignored: tuple[str, ...]


@dataclass
class Stage:
    """Reads the files of a book into `room`, a scratch folder."""

    con: Backend
    folder: Path
    room: Path
    read: list[Path] = field(default_factory=list)

    def _kept(self) -> Path:
        return self.room / f"part{len(self.read)}.parquet"

    def table(self, plan: TableMap, of_account: dict[str, str] | None = None) -> Staged:
        """One contract table; `of_account` names source columns to carry along, by account column.

        Raises BookError if a required column is neither mapped nor there under its own name.
        """
        parts: list[ibis.Table] = []
        lookups = [self._lookup(plan.table, look) for look in plan.lookups]
        shape: _Shape | None = None
        paths = list(dict.fromkeys(path for pattern in plan.files for path in sources.files(self.folder, pattern)))
        for path in paths:
            shape = _Shape(plan, path.name, lookups, of_account or {})
            self.read.append(path)
            parts.append(sources.load(self.con, path, plan.form, self._kept(), shape))
            if shape.outline != _outline(parts[0].columns):
                raise BookError(
                    f"{path.name}: gives {', '.join(shape.outline)}; expected the columns of {paths[0].name}: "
                    f"{', '.join(_outline(parts[0].columns))}."
                )
        assert shape is not None
        return Staged(
            CONTRACT[plan.table],
            functools.reduce(lambda one, other: one.union(other), parts),
            shape.outline,
            tuple((fault.rule, fault.column) for fault in shape.faults),
            tuple(paths),
            shape.ignored,
        )

    def _lookup(self, table: str, look: Lookup) -> tuple[Lookup, ibis.Table]:
        """The lookup's file with its key columns as text; each key must stand there once."""
        (path,) = sources.files(self.folder, look.file)[:1]
        self.read.append(path)

        def shape(raw: ibis.Table) -> ibis.Table:
            for column in (*look.on.values(), *look.take.values()):
                _known(raw, column, path.name, f"[[{table}.lookup]]")
            keys = {f"__key{i}": values.text(raw[name], look.form) for i, name in enumerate(look.on.values())}
            return raw.select(**keys, **{new: raw[old] for new, old in look.take.items()})

        kept = sources.load(self.con, path, look.form, self._kept(), shape)
        keys = [name for name in kept.columns if name.startswith("__key")]
        twice = kept.group_by(keys).agg(n=lambda t: t.count()).filter(lambda t: t.n > 1).order_by(keys).limit(1).execute()
        if len(twice):
            shown = ", ".join(f"{name} {twice[key][0]}" for name, key in zip(look.on.values(), keys, strict=True))
            raise BookError(f"{path.name}: {shown} stands there {twice['n'][0]} times; a lookup needs each key once.")
        return look, kept


def _outline(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in columns if not name.startswith("__"))


def _known(table: ibis.Table, column: str, file: str, where: str) -> None:
    if column not in table.columns or column.startswith("__"):
        found = ", ".join(_outline(table.columns))
        raise BookError(f"{file}: column '{column}', named in {where} of book.toml, is missing; found {found}.")


class _Shape:
    """What is made of one file while it is read; afterwards it knows the faults and the columns left out."""

    def __init__(
        self, plan: TableMap, file: str, lookups: Sequence[tuple[Lookup, ibis.Table]], of_account: dict[str, str]
    ) -> None:
        self.plan, self.file, self.lookups, self.of_account = plan, file, lookups, of_account
        self.contract = CONTRACT[plan.table]
        self.faults: list[Fault] = []
        self.outline: tuple[str, ...] = ()
        self.ignored: tuple[str, ...] = ()

    def __call__(self, raw: ibis.Table) -> ibis.Table:
        raw = self.joined(raw)
        form, used = self.plan.form, set[str]()
        given = {column.name: item for column in self.contract if (item := self.given(raw, column, used))}
        self.require(given, raw)
        self.faults = row_faults(self.contract, given, raw[BROKEN], form)
        for column, name in self.of_account.items():
            _known(raw, name, self.file, f"[accounts.columns] {column}")
        carried = {
            f"{OF_ACCOUNT}{column}": values.text(raw[name], form) for column, name in self.of_account.items()
        }
        self.outline = tuple(given)
        used |= {name for look in self.plan.lookups for name in look.on} | set(self.of_account.values())
        self.ignored = tuple(name for name in _outline(raw.columns) if name not in used)
        typed = raw.mutate(
            **{FAULT: ibis.cases(*((fault.when, ibis.literal(i, "int16")) for i, fault in enumerate(self.faults)))}
        )
        shown = ibis.cases(*((typed[FAULT] == i, fault.value) for i, fault in enumerate(self.faults)))
        money = [item for item in given.values() if item.column.type == "money"]
        return typed.select(
            **{name: item.value for name, item in given.items()},
            **carried,
            **{
                ROW: typed[ROW],
                FILE: ibis.literal(self.file),
                FAULT: typed[FAULT],
                VALUE: shown,
                ROUNDED: _any([_rounded(item, form) for item in money]),
                UNMATCHED: _any(
                    [typed[f"__hit{i}"].isnull() & self.looked_up(typed, i) for i in range(len(self.lookups))]
                ),
            },
        )

    def joined(self, raw: ibis.Table) -> ibis.Table:
        """The file with the columns of its lookups."""
        for number, (look, there) in enumerate(self.lookups):
            for ours in look.on:
                _known(raw, ours, self.file, f"[[{self.plan.table}.lookup]]")
            if clash := sorted(set(look.take) & set(raw.columns)):
                raise BookError(
                    f"{self.file}: the lookup of {look.file} takes a column '{clash[0]}' that is there already; "
                    f'give it another name: take = {{"other name" = "{look.take[clash[0]]}"}}.'
                )
            keys = {f"__key{number}_{i}": values.text(raw[ours], self.plan.form) for i, ours in enumerate(look.on)}
            renamed = there.rename({f"__there{number}_{i}": f"__key{i}" for i in range(len(look.on))})
            raw = raw.mutate(**keys)
            raw = raw.left_join(renamed, [(f"__key{number}_{i}", f"__there{number}_{i}") for i in range(len(look.on))])
            raw = raw.rename({f"__hit{number}": f"__there{number}_0"})
        return raw

    def looked_up(self, table: ibis.Table, number: int) -> Any:
        return table[f"__key{number}_0"].notnull()

    def given(self, raw: ibis.Table, column: Column, used: set[str]) -> Given | None:
        """The column as book.toml maps it, or as it is there under its own name; None if neither."""
        form, name = self.plan.form, column.name
        if name in self.plan.derived:
            where = f"book.toml: {self.plan.table}.derived.{name}"
            source, reads = derived(self.plan.derived[name], raw, form, where)
            used.update(reads)
            known = _any([values.known(raw[part], form) for part in reads])
            listed = [ibis.literal(f"{part} = ") + values.shown(raw[part], form).fill_null("") for part in reads]
            shown = ibis.literal(", ").join(listed) if listed else ibis.literal("")
            if column.type != "text" and source.type().is_string():
                source = values.text(source, form)
            return Given(column, source, values.read(source, column.type, form), known, shown, derived=True)
        if name in self.plan.columns:
            mapped = self.plan.columns[name]
            _known(raw, mapped, self.file, f"[{self.plan.table}.columns] {name}")
        elif name in raw.columns:
            mapped = name
        elif (self.plan.table, name) == ("orders", "source"):
            file = ibis.literal(self.file)
            return Given(column, file, file, ibis.literal(True), file)
        else:
            return None
        used.add(mapped)
        source = raw[mapped]
        value = values.read(source, column.type, form)
        return Given(column, source, value, values.known(source, form), values.shown(source, form))

    def require(self, given: dict[str, Given], raw: ibis.Table) -> None:
        """Every required column is there, but for line_id, which can be made."""
        table = self.contract.name
        for name in self.contract.required:
            if name not in given and (table, name) != ("orders", "line_id"):
                found = list(_outline(raw.columns))
                hint = f"Map it under [{table}.columns] in book.toml."
                if len(found) == 1:
                    mark = next((mark for mark in (";", "\t", "|", ",") if mark in found[0]), None)
                    if mark:
                        hint = f"The file seems to be separated by {mark!r}: set delimiter under [format] in book.toml."
                raise BookError(f"{self.file}: column '{name}' is missing; found {', '.join(found)}. {hint}")


def _any(truths: list[Any]) -> Any:
    result = ibis.literal(False)
    for truth in truths:
        result = result | truth.fill_null(False)
    return result


def _rounded(item: Given, form: Format) -> Any:
    """True where the source's amount has more places than the contract keeps."""
    kind = item.raw.type()
    if kind.is_string():
        return values.text(item.raw, form).re_search(re.escape(form.decimal) + r"\d{4}\d*[1-9]")
    if kind.is_floating():
        return (item.raw - item.value.cast("float64")).abs() > 2e-5
    if kind.is_decimal() and (kind.scale or 0) > 4:
        return item.raw != item.value.cast(kind)
    return ibis.literal(False)
