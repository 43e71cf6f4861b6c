"""Decisions written into a book's folder: appended to its file of decisions, which loses nothing by it.

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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crm_analysis.book import excel
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.delimited import BROKEN, TextFile, batches
from crm_analysis.book.layout import Format, TableMap
from crm_analysis.book.mapping import database, table_map, toml_of
from crm_analysis.book.opening import SEAL
from crm_analysis.book.sources import files
from crm_analysis.errors import BookError

TABLE, FILE = "decisions", "decisions.csv"
_COLUMNS = CONTRACT[TABLE].names
_FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20]")
_TEXT = (".csv", ".txt", ".tsv")
_INSTEAD = (
    f'expected one text file with a column for each. Keep decisions in a file of their own, file = "{FILE}" under '
    f"[{TABLE}] in book.toml, or write these where the others come from"
)


@dataclass(frozen=True)
class Decision:
    """A decision about an account; `where` is where it was found, for errors."""

    account_id: str
    decided_on: dt.date
    action: str
    recommended: str = ""
    reason: str = ""
    decided_by: str = ""
    where: str = ""


@dataclass(frozen=True)
class Kept:
    """The file of decisions, how many were added to it, and how many it had already."""

    file: Path
    added: int
    there: int


def keep(folder: Path, decisions: Sequence[Decision], toml: Path | None = None) -> Kept:
    """Append the decisions that the folder's file of decisions has not yet; all of them, or none.

    The file is what book.toml names under [decisions], in its delimiter, encoding and form of dates, or decisions.csv,
    which is made where there is none. White space in texts becomes one space, and a reason or name that a spreadsheet
    would run as a formula gets a quote (') before it.

    Raises BookError, one line for each problem, if decisions come from anything but one text file whose columns hold
    them as they are; if one contradicts what the file says of the same account and day; or if the file lacks a column
    or its encoding a character.
    """
    plan = _plan(folder, toml)
    try:
        return _kept(folder, plan, {_plain(one, plan.form): one.where for one in decisions})
    except OSError as problem:
        raise BookError(f"{problem.filename or folder}: {problem.strerror or problem}; nothing was written.") from None


def _kept(folder: Path, plan: TableMap, where: Mapping[Decision, str]) -> Kept:
    form = plan.form
    if not plan.files:
        path, columns, before, stamp = folder / FILE, _COLUMNS, b"", None
        own, there = {name: name for name in _COLUMNS}, set[Decision]()
        begin, newline, encoding = _lines([list(_COLUMNS)], form, "\n"), "\n", form.encoding
    else:
        path = files(folder, plan.files[0])[0].resolve()
        stamp, before = _stamp(path), path.read_bytes()
        file = TextFile(path, form)
        columns, own = file.columns, _own(plan, file.columns, path.name)
        there = _read(file, own)
        newline, begin = _ending(file)
        encoding = _without_mark(form.encoding, before)
    new = [one for one in where if one not in there]
    _agree(new, there, where, path.name)
    _fit(new, own, path.name)
    if new:
        rows = [[_cell(one, column, own, form) for column in columns] for one in new]
        more = _encoded(begin, rows, new, where, form, newline, encoding, path.name)
        _put(path, before + more, stamp, there.union(new), plan)
    return Kept(path, len(new), len(where) - len(new))


def _plan(folder: Path, toml: Path | None) -> TableMap:
    """How the folder's decisions are read; raises BookError if none can be added to that by writing lines."""
    if (folder / SEAL).exists():
        raise BookError(f"{folder}: is the kept copy of a book; expected the folder of its own files.")
    plan = table_map(folder, TABLE, toml)
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
        raise BookError(f"{folder.name}: its decisions {found}; {_INSTEAD}.")
    return plan


def _plain(one: Decision, form: Format) -> Decision:
    """The decision as it is written: plain words, texts on one line, none that a spreadsheet would run."""
    action, recommended = (re.sub(r"[\s_-]+", " ", words).strip().lower() for words in (one.action, one.recommended))
    reason, decided_by = (" ".join(text.split()) for text in (one.reason, one.decided_by))
    texts = ["" if text in form.null else text for text in (action, recommended, reason, decided_by)]
    texts[2:] = [f"'{text}" if _FORMULA.match(text) else text for text in texts[2:]]
    return Decision(one.account_id, one.decided_on, *texts)


def _own(plan: TableMap, columns: Sequence[str], file: str) -> dict[str, str]:
    """The file's own column for each of the contract's that it has; raises BookError for one that it should have."""
    own = {name: plan.columns.get(name, name) for name in _COLUMNS}
    for name in ("account_id", "decided_on", "action", *plan.columns):
        if own[name] not in columns:
            raise BookError(f"{file}: column '{own[name]}' for {name} is missing; found {', '.join(columns)}.")
    return {name: column for name, column in own.items() if column in columns}


def _read(file: TextFile, own: Mapping[str, str]) -> set[Decision]:
    """The decisions that the file holds, as they would be written; lines that are none are left out."""
    found = set()
    for batch in batches(file):
        rows = batch.to_pydict()
        cells = {name: rows[column] for name, column in own.items()}
        for place, broken in enumerate(rows[BROKEN]):
            if broken is not None:
                continue
            told = {name: cells[name][place] or "" for name in own}
            day = _day(told.pop("decided_on"), file.form)
            if day is not None:
                found.add(_plain(Decision(decided_on=day, **told), file.form))
    return found


def _day(text: str, form: Format) -> dt.date | None:
    try:
        if form.date is None:
            return dt.date.fromisoformat(text[:10])
        return dt.datetime.strptime(text, form.date.replace("%-", "%")).date()
    except ValueError:
        return None


def _agree(new: Iterable[Decision], there: set[Decision], where: Mapping[Decision, str], file: str) -> None:
    """Raises BookError where the file says something else of an account and day."""
    said = {(one.account_id, one.decided_on): one for one in sorted(there, key=lambda one: (one.action, one.reason))}
    wrong = []
    for one in new:
        other = said.get((one.account_id, one.decided_on))
        if other is not None:
            wrong.append(
                f"{where[one]}: '{one.action}' is decided of account {one.account_id} on {one.decided_on}; {file} has "
                f"a decision of that day, {_difference(one, other)}; expected the same, or another day."
            )
    if wrong:
        raise BookError("\n".join(wrong))


def _difference(one: Decision, other: Decision) -> str:
    names = [name for name in _COLUMNS[2:] if getattr(one, name) != getattr(other, name)]
    return f"with another {names[0].replace('_', ' ')} there ('{getattr(other, names[0])}')"


def _fit(new: Iterable[Decision], own: Mapping[str, str], file: str) -> None:
    """Raises BookError if a decision says something that the file has no column for."""
    lacking = [name for name in _COLUMNS if name not in own and any(getattr(one, name) for one in new)]
    if lacking:
        raise BookError(
            f"{file}: there is no column '{lacking[0]}', which these decisions have; found {', '.join(own.values())}. "
            "Add it to the file's header."
        )


def _cell(one: Decision, column: str, own: Mapping[str, str], form: Format) -> str:
    """The text of a decision in a column of the file; empty in one that is not the contract's."""
    for name, other in own.items():
        if other == column:
            value = getattr(one, name)
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
    begin: str, rows: Sequence[Sequence[str]], new: Sequence[Decision], where: Mapping[Decision, str], form: Format,
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


def _put(path: Path, content: bytes, stamp: tuple[int, int] | None, meant: set[Decision], plan: TableMap) -> None:
    """The file as `content`, at once; raises BookError if it does not read as `meant`, or was changed meanwhile."""
    beside = path.with_name(f".{path.stem}-{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        back = TextFile(beside, plan.form)
        if _read(back, _own(plan, back.columns, path.name)) != meant:
            raise BookError(f"{path.name}: the decisions do not read as they were written; nothing was changed.")
        if stamp is not None:
            shutil.copymode(path, beside)
        if (_stamp(path) if path.exists() else None) != stamp:
            raise BookError(f"{path.name}: was changed while decisions were added; nothing was written. Try again.")
        os.replace(beside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
