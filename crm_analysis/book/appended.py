"""Rows written into a book's folder: appended to a table's own text file, which loses nothing by it.

What is there stays byte for byte. The longer file is written beside it, read back, and moved into its place at once.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import datetime as dt
import io
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from crm_analysis.book import excel
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.delimited import BROKEN, TextFile, batches
from crm_analysis.book.layout import Format, TableMap
from crm_analysis.book.mapping import database, table_map, toml_of
from crm_analysis.book.opening import SEAL
from crm_analysis.book.sources import files
from crm_analysis.errors import BookError

Row: TypeAlias = tuple[Any, ...]
"""A row of a table: a day, texts, in the order of the contract's columns."""
_FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20]")
_TEXT = (".csv", ".txt", ".tsv")


@dataclass(frozen=True)
class Appended:
    """A contract table that a command appends to.

    `noun` is what its rows are called; `key` names the columns, one of them the table's day, that tell rows apart;
    `plain` is how cells are written, and `clash` says what is wrong with a row of whose key the file says
    something else: the row, the file's, where the row was found, the file's name.
    """

    table: str
    noun: str
    key: tuple[str, ...]
    plain: Callable[[Row, Format], Row]
    clash: Callable[[Row, Row, str, str], str]

    @property
    def file(self) -> str:
        """The file of a book that names none."""
        return f"{self.table}.csv"

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns."""
        return CONTRACT[self.table].names

    @property
    def day(self) -> str:
        """The column of the day."""
        return CONTRACT[self.table].known_at

    def keyed(self, row: Row) -> Row:
        """What tells the row apart."""
        return tuple(row[self.columns.index(name)] for name in self.key)


@dataclass(frozen=True)
class Kept:
    """The file, how many rows were added to it, and how many it had already."""

    file: Path
    added: int
    there: int


def append(kind: Appended, folder: Path, rows: Sequence[tuple[Row, str]], toml: Path | None = None) -> Kept:
    """Append the rows that the folder's file has not yet; all of them, or none. With each row, where it was found.

    The file is what book.toml names for the table, in its delimiter, encoding and form of dates, or `kind.file`,
    which is made where there is none.

    Raises BookError, one line for each problem, if the table comes from anything but one text file whose columns hold
    it as it is; if a row contradicts what the file says of its key; or if the file lacks a column or its encoding
    a character.
    """
    plan = _plan(kind, folder, toml)
    try:
        return _kept(kind, folder, plan, {kind.plain(row, plan.form): where for row, where in rows})
    except OSError as problem:
        raise BookError(f"{problem.filename or folder}: {problem.strerror or problem}; nothing was written.") from None


def safe(text: str, form: Format) -> str:
    """The text on one line, and with a quote (') before what a spreadsheet would run; empty if it means nothing."""
    text = " ".join(text.split())
    return "" if text in form.null else f"'{text}" if _FORMULA.match(text) else text


def _kept(kind: Appended, folder: Path, plan: TableMap, where: Mapping[Row, str]) -> Kept:
    form = plan.form
    if not plan.files:
        path, columns, before, stamp = folder / kind.file, kind.columns, b"", None
        own, there = {name: name for name in kind.columns}, set[Row]()
        begin, newline, encoding = _lines([list(kind.columns)], form, "\n"), "\n", form.encoding
    else:
        path = files(folder, plan.files[0])[0].resolve()
        stamp, before = _stamp(path), path.read_bytes()
        file = TextFile(path, form)
        columns, own = file.columns, _own(kind, plan, file.columns, path.name)
        there = _read(kind, file, own)
        newline, begin = _ending(file)
        encoding = _without_mark(form.encoding, before)
    new = [row for row in where if row not in there]
    _agree(kind, new, there, where, path.name)
    _fit(kind, new, own, path.name)
    if new:
        texts = [[_cell(kind, row, column, own, form) for column in columns] for row in new]
        more = _encoded(begin, texts, new, where, form, newline, encoding, path.name)
        _put(kind, path, before + more, stamp, there.union(new), plan)
    return Kept(path, len(new), len(where) - len(new))


def _plan(kind: Appended, folder: Path, toml: Path | None) -> TableMap:
    """How the folder's table is read; raises BookError if none can be added to that by writing lines."""
    if (folder / SEAL).exists():
        raise BookError(f"{folder}: is the kept copy of a book; expected the folder of its own files.")
    plan = table_map(folder, kind.table, toml)
    stated, _ = database(toml_of(folder, toml))
    found = None
    if plan.stored or (stated and not plan.files):
        found = "come from a database"
    elif plan.derived:
        found = f"have a derived column, {next(iter(plan.derived))}"
    elif plan.lookups:
        found = "are looked up in another file"
    elif len(plan.files) > 1 or any("*" in name for name in plan.files):
        found = f"come from several files, {', '.join(plan.files)}"
    elif plan.files and Path(plan.files[0]).suffix.lower() not in _TEXT:
        found = f"come from {plan.files[0]}"
    elif len(set(plan.columns.values())) < len(plan.columns):
        found = "have two columns made of one"
    elif not plan.files and (plan.form.skip or plan.form.header is not True):
        found = "have no file yet, and [format] names lines before the header or no header"
    if found:
        raise BookError(
            f"{folder.name}: its {kind.noun} {found}; expected one text file with a column for each. Keep {kind.noun} "
            f'in a file of their own, file = "{kind.file}" under [{kind.table}] in book.toml, or write these where the '
            "others come from."
        )
    return plan


def _own(kind: Appended, plan: TableMap, columns: Sequence[str], file: str) -> dict[str, str]:
    """The file's own column for each of the contract's that it has; raises BookError for one that it should have."""
    own = {name: plan.columns.get(name, name) for name in kind.columns}
    needed = dict.fromkeys((*CONTRACT[kind.table].required, *kind.key, *plan.columns))
    for name in needed:
        if own[name] not in columns:
            raise BookError(f"{file}: column '{own[name]}' for {name} is missing; found {', '.join(columns)}.")
    return {name: column for name, column in own.items() if column in columns}


def _read(kind: Appended, file: TextFile, own: Mapping[str, str]) -> set[Row]:
    """The rows that the file holds, as they would be written; lines that are none are left out."""
    found = set()
    for batch in batches(file):
        rows = batch.to_pydict()
        cells = {name: rows[column] for name, column in own.items()}
        for place, broken in enumerate(rows[BROKEN]):
            if broken is not None:
                continue
            day = _day(cells[kind.day][place] or "", file.form)
            if day is not None:
                told = {name: cells[name][place] or "" for name in own} | {kind.day: day}
                found.add(kind.plain(tuple(told.get(name, "") for name in kind.columns), file.form))
    return found


def _day(text: str, form: Format) -> dt.date | None:
    try:
        if form.date is None:
            return dt.date.fromisoformat(text[:10])
        return dt.datetime.strptime(text, form.date.replace("%-", "%")).date()
    except ValueError:
        return None


def _agree(kind: Appended, new: Iterable[Row], there: set[Row], where: Mapping[Row, str], file: str) -> None:
    """Raises BookError where the file says something else of a key."""
    said = {kind.keyed(row): row for row in sorted(there, key=lambda row: tuple(map(str, row)))}
    wrong = [kind.clash(row, said[kind.keyed(row)], where[row], file) for row in new if kind.keyed(row) in said]
    if wrong:
        raise BookError("\n".join(wrong))


def differs(kind: Appended, row: Row, other: Row) -> str:
    """The first column in which two rows differ, and what the other has there."""
    name = next(name for name, one, two in zip(kind.columns, row, other, strict=True) if one != two)
    return f"another {name.replace('_', ' ')} there ('{other[kind.columns.index(name)]}')"


def _fit(kind: Appended, new: Iterable[Row], own: Mapping[str, str], file: str) -> None:
    """Raises BookError if a row says something that the file has no column for."""
    lacking = [name for place, name in enumerate(kind.columns) if name not in own and any(row[place] for row in new)]
    if lacking:
        raise BookError(
            f"{file}: there is no column '{lacking[0]}', which these {kind.noun} have; found "
            f"{', '.join(own.values())}. Add it to the file's header."
        )


def _cell(kind: Appended, row: Row, column: str, own: Mapping[str, str], form: Format) -> str:
    """The text of a row in a column of the file; empty in one that is not the contract's."""
    for name, other in own.items():
        if other == column:
            value = row[kind.columns.index(name)]
            return excel.written(value, form) if isinstance(value, dt.date) else str(value)
    return ""


def _lines(rows: Iterable[Sequence[str]], form: Format, newline: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=form.delimiter, quotechar=form.quote, lineterminator=newline).writerows(rows)
    return text.getvalue()


def _ending(file: TextFile) -> tuple[str, str]:
    """How the file ends its lines, and what its last line still needs."""
    with file.opened() as lines:
        text = lines.read()
    newline = "\r\n" if "\r\n" in text else "\n"
    return newline, "" if not text or text.endswith("\n") else newline


def _without_mark(encoding: str, before: bytes) -> str:
    """The encoding that goes on after `before`, without a byte-order mark of its own."""
    name = codecs.lookup(encoding).name
    if name in ("utf-16", "utf-32"):
        return f"{name}-{'be' if before[:2] in (codecs.BOM_UTF16_BE, b'') or before[:2] == bytes(2) else 'le'}"
    return "utf-8" if name == "utf-8-sig" else encoding


def _encoded(
    begin: str, rows: Sequence[Sequence[str]], new: Sequence[Row], where: Mapping[Row, str], form: Format,
    newline: str, encoding: str, file: str,
) -> bytes:  # fmt: skip
    try:
        return (begin + _lines(rows, form, newline)).encode(encoding)
    except UnicodeEncodeError:
        wrong = []
        for one, row in zip(new, rows, strict=True):
            try:
                "".join(row).encode(encoding)
            except UnicodeEncodeError as problem:
                found = str(problem.object)[problem.start]
                wrong.append(f"{where[one]}: {found!r} cannot be written in {encoding}, the encoding of {file}.")
        raise BookError("\n".join(wrong)) from None


def _stamp(path: Path) -> tuple[int, int]:
    there = path.stat()
    return there.st_mtime_ns, there.st_size


def _put(
    kind: Appended, path: Path, content: bytes, stamp: tuple[int, int] | None, meant: set[Row], plan: TableMap
) -> None:
    """The file as `content`, at once; raises BookError if it does not read as `meant`, or was changed meanwhile."""
    beside = path.with_name(f".{path.stem}-{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        back = TextFile(beside, plan.form)
        if _read(kind, back, _own(kind, plan, back.columns, path.name)) != meant:
            raise BookError(f"{path.name}: the {kind.noun} do not read as they were written; nothing was changed.")
        if stamp is not None:
            shutil.copymode(path, beside)
        if (_stamp(path) if path.exists() else None) != stamp:
            raise BookError(f"{path.name}: was changed while {kind.noun} were added; nothing was written. Try again.")
        os.replace(beside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
