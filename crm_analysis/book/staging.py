"""The sources of a book read into contract tables, row by row, before rows are compared."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from crm_analysis.book import engine, sources, values
from crm_analysis.book.contract import CONTRACT, Table
from crm_analysis.book.shape import FAULT, FileShape, columns_of, must_have
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from crm_analysis.book.layout import Lookup, TableMap


@dataclass(frozen=True)
class Staged:
    """A contract table before the rules that compare rows: typed columns, and per row its first fault.

    `table` has the columns in `present` and those of `shape` (ROW, FILE, FAULT, VALUE, ROUNDED,
    UNMATCHED and, for accounts to be made, the columns carried along); `faults` gives rule and
    column by FAULT's number; `files` are the names of the files in order; `ignored` the columns of
    the last file that nothing used; `spanning` the records that go over several lines; `sound` is true if no row has a
    fault, and false where that would have to be asked.
    """

    contract: Table
    table: ibis.Table
    present: tuple[str, ...]
    carried: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    ignored: tuple[str, ...]
    spanning: int
    sound: bool


@dataclass
class Stage:
    """Reads the files of a book in `folder` into `room`, a scratch folder."""

    con: Backend
    folder: Path
    room: Path
    _parts: int = field(default=0)

    def table(self, plan: TableMap, of_account: dict[str, str] | None = None) -> Staged:
        """One contract table; `of_account` names source columns to carry along, by account column.

        Raises BookError if a required column is neither mapped nor there under its own name, or two
        files of the table give different columns.
        """
        lookups = [self._lookup(plan.table, look) for look in plan.lookups]
        parts: list[ibis.Table] = []
        shapes: list[FileShape] = []
        spanning, sound = 0, True
        for source in sources.named(self.folder, plan):
            shape = FileShape(self.con, plan, source.name, lookups, of_account or {})
            to = self._part()
            part, lines = sources.load(self.con, source, plan.form, to, shape)
            if shapes and shape.present != shapes[0].present:
                raise BookError(
                    f"{source.name}: gives {', '.join(shape.present)}; expected the columns of {shapes[0].file}: "
                    f"{', '.join(shapes[0].present)}."
                )
            parts.append(part)
            shapes.append(shape)
            spanning += lines
            sound = sound and to.is_file() and engine.empty(to, FAULT)
        last = shapes[-1]
        return Staged(
            CONTRACT[plan.table],
            functools.reduce(lambda one, other: one.union(other), parts),
            last.present,
            last.carried,
            tuple((fault.rule, fault.column) for fault in last.faults),
            tuple(shape.file for shape in shapes),
            last.ignored,
            spanning,
            sound,
        )

    def _part(self) -> Path:
        self._parts += 1
        return self.room / f"part{self._parts}.parquet"

    def _lookup(self, table: str, look: Lookup) -> tuple[Lookup, ibis.Table]:
        """The lookup's table with its key columns as text; each key must stand there once."""
        found = sources.named(self.folder, look)
        if len(found) > 1:
            what = "sheets" if len({source.path for source in found}) == 1 else "files"
            raise BookError(f"book.toml: the lookup's file '{look.file}' is {len(found)} {what}; name one.")
        (source,) = found

        def shape(raw: ibis.Table) -> ibis.Table:
            for column in (*look.on.values(), *look.take.values()):
                must_have(raw, column, source.name, f"[[{table}.lookup]]")
            keys = {f"__key{i}": values.text(raw[name], look.form) for i, name in enumerate(look.on.values())}
            taken = {new: raw[old] for new, old in look.take.items()}
            return raw.select(**keys, **taken).filter([ibis._[key].notnull() for key in keys])

        kept, _ = sources.load(self.con, source, look.form, self._part(), shape)
        keys = [name for name in kept.columns if name not in columns_of(kept)]
        twice = kept.group_by(keys).agg(__n=kept.count()).filter(ibis._["__n"] > 1).order_by(keys).limit(1).execute()
        if len(twice):
            shown = ", ".join(f"{name} {twice[key][0]}" for name, key in zip(look.on.values(), keys, strict=True))
            times = twice["__n"][0]
            raise BookError(f"{source.name}: {shown} stands there {times} times; a lookup needs each key once.")
        return look, kept
