"""book.toml: how a company's own files and columns become the contract's tables.

Every key is checked: a misspelt one is refused by name, so that no setting is lost in silence.
"""

from __future__ import annotations

import codecs
import datetime as dt
import difflib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from crm_analysis.book.contract import CONTRACT
from crm_analysis.errors import BookError


@dataclass(frozen=True)
class Format:
    """How a text file is written."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header: bool | tuple[str, ...] = True
    """True where the first line names the columns; else the names themselves."""
    skip: int = 0
    """Lines before the header, such as a title."""
    date: str | None = None
    """strptime form of dates; None is ISO, YYYY-MM-DD with or without a time."""
    decimal: str = "."
    thousands: str = ""
    negative: str = "leading"
    """Where the minus of a negative number stands: leading, trailing or parentheses."""
    null: tuple[str, ...] = ()
    """Words that mean "not known"; an empty cell always does."""


@dataclass(frozen=True)
class Lookup:
    """Columns taken from another file: `on` maps our column to the key there, `take` new names to its columns."""

    file: str
    on: dict[str, str]
    take: dict[str, str]
    form: Format


@dataclass(frozen=True)
class TableMap:
    """Where one contract table comes from."""

    table: str
    files: tuple[str, ...] = ()
    made_from: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)
    lookups: tuple[Lookup, ...] = ()
    form: Format = Format()


@dataclass(frozen=True)
class Mapping:
    """A whole book.toml, or what holds without one."""

    name: str
    currency: str | None
    extracted_on: dt.date | None
    tables: dict[str, TableMap]
    path: Path | None
    notes: tuple[str, ...] = ()


def mapping(folder: Path, toml: Path | None = None) -> Mapping:
    """The mapping of a folder: its book.toml (or `toml`), and files that bear a contract table's name.

    Raises BookError for an unknown key, a wrong value or a table that the contract lacks.
    """
    path = toml or (folder / "book.toml" if (folder / "book.toml").is_file() else None)
    read = _Reader(path).document() if path else {}
    named = {
        table: TableMap(table, files=(file,), form=read.get("format", Format()))
        for table in CONTRACT
        if (file := _file_of(folder, table))
    }
    return Mapping(
        name=read.get("name", folder.resolve().name),
        currency=read.get("currency"),
        extracted_on=read.get("extracted_on"),
        tables=named | read.get("tables", {}),
        path=path,
        notes=tuple(read.get("notes", ())),
    )


def _file_of(folder: Path, table: str) -> str | None:
    found = [name for ending in ("csv", "parquet") if (folder / (name := f"{table}.{ending}")).is_file()]
    if len(found) > 1:
        raise BookError(f"{folder}: both {found[0]} and {found[1]} are there; keep one, or name it in book.toml.")
    return found[0] if found else None


class _Reader:
    """Reads one book.toml; every error names the file and the key."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, key: str, problem: str) -> BookError:
        return BookError(f"{self.path.name}: {key} {problem}.")

    def document(self) -> dict[str, Any]:
        try:
            read = tomllib.loads(self.path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise BookError(f"{self.path}: there is no such file; expected a book.toml.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise BookError(f"{self.path.name}: not readable as TOML: {problem}.") from None
        self.allowed("", read, {"name", "currency", "extracted_on", "notes", "format", *CONTRACT})
        result: dict[str, Any] = {
            key: self.text(key, read[key]) for key in ("name", "currency") if key in read
        }
        if "extracted_on" in read:
            day = read["extracted_on"]
            if not isinstance(day, dt.date) or isinstance(day, dt.datetime):
                raise self.error("extracted_on", f"is {day!r}; expected a date such as 2026-09-30, without quotes")
            result["extracted_on"] = day
        result["notes"] = [self.text("notes", note) for note in self.listed("notes", read.get("notes", []))]
        result["format"] = self.form("format", read.get("format", {}), Format())
        result["tables"] = {
            name: self.table(name, read[name], result["format"]) for name in CONTRACT if name in read
        }
        return result

    def allowed(self, key: str, given: Any, known: Iterable[str]) -> None:
        if not isinstance(given, dict):
            raise self.error(f"[{key}]", f"is {given!r}; expected a section")
        known = sorted(known)
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(known)}"
                raise self.error(f"key '{f'{key}.' if key else ''}{name}'", f"is not known{hint}")

    def text(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise self.error(key, f"is {value!r}; expected a text")
        return value

    def listed(self, key: str, value: Any) -> list[Any]:
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list):
            raise self.error(key, f"is {value!r}; expected a text or a list of texts")
        return value

    def names(self, key: str, value: Any) -> dict[str, str]:
        """A section of name = text."""
        if not isinstance(value, dict):
            raise self.error(key, f"is {value!r}; expected a section of names")
        return {name: self.text(f"{key}.{name}", item) for name, item in value.items()}

    def form(self, key: str, given: Any, base: Format) -> Format:
        self.allowed(key, given, (item.name for item in fields(Format)))
        read: dict[str, Any] = dict(given)
        for name, value in read.items():
            where = f"{key}.{name}"
            if name == "header":
                read[name] = value if isinstance(value, bool) else tuple(self.listed(where, value))
                if read[name] is False:
                    raise self.error(where, "is false; give the names of the columns as a list instead")
            elif name == "null":
                read[name] = tuple(self.listed(where, value))
            elif name == "skip":
                if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                    raise self.error(where, f"is {value!r}; expected a number of lines")
            elif not isinstance(value, str):
                raise self.error(where, f"is {value!r}; expected a text")
        form = replace(base, **read)
        try:
            codecs.lookup(form.encoding)
        except LookupError:
            raise self.error(f"{key}.encoding", f"is {form.encoding!r}, which is not an encoding") from None
        for name in ("delimiter", "quote", "decimal"):
            if len(getattr(form, name)) != 1:
                raise self.error(f"{key}.{name}", f"is {getattr(form, name)!r}; expected one character")
        if len(form.thousands) > 1 or form.thousands == form.decimal:
            raise self.error(f"{key}.thousands", f"is {form.thousands!r}; expected one character other than decimal")
        if form.negative not in ("leading", "trailing", "parentheses"):
            raise self.error(f"{key}.negative", f"is {form.negative!r}; expected leading, trailing or parentheses")
        if form.date is not None and "%" not in form.date:
            raise self.error(f"{key}.date", f"is {form.date!r}; expected such as \"%d.%m.%Y\"")
        return form

    def table(self, name: str, given: Any, base: Format) -> TableMap:
        self.allowed(name, given, {"file", "from", "columns", "derived", "lookup", "format"})
        contract = CONTRACT[name]
        form = self.form(f"{name}.format", given.get("format", {}), base)
        columns = self.names(f"{name}.columns", given.get("columns", {}))
        derived = self.names(f"{name}.derived", given.get("derived", {}))
        for section, part in (("columns", columns), ("derived", derived)):
            self.allowed(f"{name}.{section}", part, contract.names)
        if twice := sorted(columns.keys() & derived.keys()):
            raise self.error(f"{name}.derived.{twice[0]}", f"is given in {name}.columns too; keep one")
        made_from = given.get("from")
        if made_from is not None and (name, made_from) != ("accounts", "orders"):
            raise self.error(f"{name}.from", f"is {made_from!r}; only accounts can be made, from \"orders\"")
        if (made_from is None) == ("file" not in given):
            raise self.error(f"[{name}]", "needs `file`" + (' or from = "orders"' if name == "accounts" else ""))
        if made_from and (derived or "lookup" in given):
            raise self.error(f"[{name}]", "is made from orders; derived columns and lookups belong to [orders]")
        lookups = self.listed(f"{name}.lookup", given.get("lookup", []))
        return TableMap(
            name,
            files=tuple(self.text(f"{name}.file", item) for item in self.listed(f"{name}.file", given.get("file", []))),
            made_from=made_from,
            columns=columns,
            derived=derived,
            lookups=tuple(self.lookup(f"{name}.lookup", item, form) for item in lookups),
            form=form,
        )

    def lookup(self, key: str, given: Any, base: Format) -> Lookup:
        self.allowed(key, given, {"file", "on", "take", "format"})
        for need in ("file", "on", "take"):
            if need not in given:
                raise self.error(f"[[{key}]]", f"needs `{need}`")
        on, take = given["on"], given["take"]
        return Lookup(
            self.text(f"{key}.file", given["file"]),
            {on: on} if isinstance(on, str) else self.names(f"{key}.on", on),
            {name: name for name in take} if isinstance(take, list) else self.names(f"{key}.take", take),
            self.form(f"{key}.format", given.get("format", {}), base),
        )
