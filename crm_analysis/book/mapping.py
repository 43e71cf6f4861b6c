"""book.toml: how a company's own files and columns become the contract's tables.

Every key is checked: a misspelt one is refused by name, so that no setting is lost in silence.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from crm_analysis.book.contract import CONTRACT
from crm_analysis.errors import BookError

_DATE_CODES = frozenset(["%", "-d", "-m", "-y", "-H", "-I", "-M", "-S", "-j", *"aAbBdmyYHIpMSfgjzZ"])
"""What a form of dates may hold; the engine's own list is longer."""


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
    unchanged_since: dt.date | None
    tables: dict[str, TableMap]
    path: Path | None
    notes: tuple[str, ...] = ()


def mapping(folder: Path, toml: Path | None = None) -> Mapping:
    """The mapping of a folder: its book.toml (or `toml`), and files that bear a contract table's name.

    Raises BookError for an unknown key, a wrong value or a table that the contract lacks.
    """
    path = toml or (folder / "book.toml" if (folder / "book.toml").exists() else None)
    read = _Reader(path).document() if path else {}
    mapped: dict[str, TableMap] = read.get("tables", {})
    tables: dict[str, TableMap] = {}
    for name in CONTRACT:
        plan = mapped.get(name, TableMap(name, form=read.get("format", Format())))
        if not plan.files and not plan.made_from and (file := _file_of(folder, name)):
            plan = replace(plan, files=(file,))
        if plan.files or plan.made_from:
            tables[name] = plan
        elif name in mapped:
            made = ' or from = "orders"' if name == "accounts" else ""
            raise BookError(f"book.toml: [{name}] needs `file`{made}; there is no {name}.csv or {name}.parquet.")
    return Mapping(
        name=read.get("name", folder.resolve().name),
        currency=read.get("currency"),
        extracted_on=read.get("extracted_on"),
        unchanged_since=read.get("unchanged_since"),
        tables=tables,
        path=path,
        notes=tuple(read.get("notes", ())),
    )


def _file_of(folder: Path, table: str) -> str | None:
    """The file that bears the table's name, capitals aside."""
    wanted = (f"{table}.csv", f"{table}.parquet")
    found = sorted(path.name for path in folder.iterdir() if path.name.lower() in wanted and path.is_file())
    if len(found) > 1:
        raise BookError(f"{folder.name}: both {found[0]} and {found[1]} are there; keep one, or name it in book.toml.")
    return found[0] if found else None


_DAYS = {"extracted_on", "unchanged_since"}


class _Reader:
    """Reads one book.toml; every error names the file and the key."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, key: str, problem: str) -> BookError:
        return BookError(f"{self.path.name}: {key} {problem}{'' if problem.endswith('?') else '.'}")

    def document(self) -> dict[str, Any]:
        try:
            read = tomllib.loads(self.path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise BookError(f"{self.path}: there is no such file; expected a book.toml.") from None
        except IsADirectoryError:
            raise BookError(f"{self.path}: is a folder; expected a file such as book.toml.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise BookError(f"{self.path.name}: not readable as TOML: {problem}.") from None
        self.allowed("", read, {"name", "currency", *_DAYS, "notes", "format", *CONTRACT})
        result: dict[str, Any] = {key: self.text(key, read[key]) for key in ("name", "currency") if key in read}
        for name in _DAYS & read.keys():
            day = read[name]
            if not isinstance(day, dt.date) or isinstance(day, dt.datetime):
                raise self.error(name, f"is {day!r}; expected a date such as 2026-09-30, without quotes")
            result[name] = day
        if result.keys() >= _DAYS and result["unchanged_since"] > result["extracted_on"]:
            raise self.error(
                "unchanged_since", f"is after extracted_on, {result['extracted_on']}; expected a day before"
            )
        result["notes"] = self.texts("notes", read.get("notes", []))
        result["format"] = self.form("format", read.get("format", {}), Format())
        result["tables"] = {name: self.table(name, read[name], result["format"]) for name in CONTRACT if name in read}
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

    def texts(self, key: str, value: Any) -> tuple[str, ...]:
        """A text or a list of texts, as a tuple."""
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(item, str) and item for item in listed):
            raise self.error(key, f"is {value!r}; expected a text or a list of texts")
        return tuple(listed)

    def names(self, key: str, value: Any) -> dict[str, str]:
        """A section of name = text."""
        if not isinstance(value, dict):
            raise self.error(key, f"is {value!r}; expected a section of names")
        return {name: self.text(f"{key}.{name}", item) for name, item in value.items()}

    def form(self, key: str, given: Any, base: Format) -> Format:
        self.allowed(key, given, (item.name for item in fields(Format)))
        read: dict[str, Any] = dict(given)
        for name, value in given.items():
            where = f"{key}.{name}"
            if name == "header" and value is not True:
                if value is False:
                    raise self.error(where, "is false; give the names of the columns as a list instead")
                read[name] = self.texts(where, value)
            elif name == "null":
                read[name] = self.texts(where, value)
            elif name == "skip":
                if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                    raise self.error(where, f"is {value!r}; expected a number of lines")
            elif name != "header" and not isinstance(value, str):
                raise self.error(where, f"is {value!r}; expected a text")
        form = replace(base, **read)
        self.sound(key, form)
        return form

    def sound(self, key: str, form: Format) -> None:
        """Raises BookError where a setting is no encoding, no single character, or no form of dates."""
        try:
            "".encode(form.encoding)
        except (LookupError, ValueError):
            raise self.error(f"{key}.encoding", f"is {form.encoding!r}, which is not an encoding") from None
        for name in ("delimiter", "quote", "decimal"):
            value = getattr(form, name)
            if len(value) != 1 or value in "\r\n" or (name != "decimal" and not value.isascii()):
                raise self.error(f"{key}.{name}", f"is {value!r}; expected one character")
        if form.delimiter == form.quote:
            raise self.error(f"{key}.delimiter", f"is {form.delimiter!r}, as is quote; expected two characters")
        if len(form.thousands) > 1 or form.thousands == form.decimal:
            raise self.error(f"{key}.thousands", f"is {form.thousands!r}; expected one character other than decimal")
        if form.negative not in ("leading", "trailing", "parentheses"):
            raise self.error(f"{key}.negative", f"is {form.negative!r}; expected leading, trailing or parentheses")
        if form.date is not None:
            codes = re.findall(r"%(-?.?)", form.date)
            strange = [code for code in codes if code not in _DATE_CODES]
            if strange or not {"Y", "y", "-y"} & set(codes):
                found = f"has %{strange[0]}, which is unknown" if strange else "names no year"
                raise self.error(f"{key}.date", f'is {form.date!r} and {found}; expected such as "%d.%m.%Y"')
        if isinstance(form.header, tuple):
            times = Counter(form.header)
            if twice := [name for name in form.header if times[name] > 1]:
                raise self.error(f"{key}.header", f"names '{twice[0]}' twice; expected each name once")

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
            raise self.error(f"{name}.from", f'is {made_from!r}; only accounts can be made, from "orders"')
        if made_from and "file" in given:
            raise self.error(f"[{name}]", "has both `file` and `from`; keep one")
        if made_from and (derived or "lookup" in given or "format" in given):
            raise self.error(f"[{name}]", "is made from orders; derived columns, lookups and format belong to [orders]")
        lookups = given.get("lookup", [])
        if not isinstance(lookups, list):
            raise self.error(f"[{name}.lookup]", f"is one section; write it with two brackets, [[{name}.lookup]]")
        return TableMap(
            name,
            files=self.texts(f"{name}.file", given["file"]) if "file" in given else (),
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
        if isinstance(take, list):
            take = {name: name for name in self.texts(f"{key}.take", take)}
        if not on or not take:
            raise self.error(f"[[{key}]]", "has an empty `on` or `take`; name at least one column")
        return Lookup(
            self.text(f"{key}.file", given["file"]),
            {on: on} if isinstance(on, str) else self.names(f"{key}.on", on),
            self.names(f"{key}.take", take),
            self.form(f"{key}.format", given.get("format", {}), base),
        )
