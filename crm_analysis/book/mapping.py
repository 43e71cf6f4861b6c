"""book.toml: how a company's own files and columns become the contract's tables.

Every key is checked: a misspelt one is refused by name, so that no setting is lost in silence.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.layout import Format, Lookup, Mapping, TableMap
from crm_analysis.book.questionnaire import PLAIN, questionnaire
from crm_analysis.errors import BookError

__all__ = ["Format", "Lookup", "Mapping", "TableMap", "database", "mapping", "table_map", "toml_of"]

NAMED = (".csv", ".parquet", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
"""Endings of files that are taken without being named in book.toml, if they bear a contract table's name."""
_DATE_CODES = frozenset(["%", "-d", "-m", "-y", "-H", "-I", "-M", "-S", "-j", *"aAbBdmyYHIpMSfgjzZ"])
"""What a form of dates may hold; the engine's own list is longer."""


def mapping(
    folder: Path | None, toml: Path | None = None, stored: Sequence[str] | None = None, name: str = ""
) -> Mapping:
    """The mapping of a folder, of a database, or of both: book.toml, and what bears a contract table's name.

    `toml` stands for the folder's book.toml, `stored` names the tables of the database, if there is one, and
    `name` the book where book.toml does not (default: the folder's). Raises BookError for an
    unknown key, a wrong value or a table that the contract lacks.
    """
    path = toml_of(folder, toml)
    read = _Reader(path).document() if path else {}
    mapped: dict[str, TableMap] = read.get("tables", {})
    tables: dict[str, TableMap] = {}
    for table in CONTRACT:
        plan = _plan(read, table, folder, stored or ())
        if plan.files or plan.stored or plan.made_from:
            tables[table] = plan
        elif table in mapped:
            made = ' or from = "orders"' if table == "accounts" else ""
            if stored is not None:
                raise BookError(f"book.toml: [{table}] needs `file`, `table`{made}; the database has no table {table}.")
            raise BookError(f"book.toml: [{table}] needs `file`{made}; there is no {table}.csv or {table}.parquet.")
    if stored is None:
        _no_database(tables.values())
    return Mapping(
        name=read.get("name", name or (folder.resolve().name if folder else "")),
        currency=read.get("currency"),
        extracted_on=read.get("extracted_on"),
        unchanged_since=read.get("unchanged_since"),
        tables=tables,
        path=path,
        notes=tuple(read.get("notes", ())),
        questionnaire=read.get("questionnaire", PLAIN),
    )


def table_map(folder: Path, table: str, toml: Path | None = None) -> TableMap:
    """How a folder's table is read or, where it has none, would be: then the plan has no files."""
    path = toml_of(folder, toml)
    return _plan(_Reader(path).document() if path else {}, table, folder, ())


def _plan(read: dict[str, Any], table: str, folder: Path | None, stored: Sequence[str]) -> TableMap:
    """A table's section of a book.toml, with what bears its name where it names nothing."""
    plan: TableMap = read.get("tables", {}).get(table, TableMap(table, form=read.get("format", Format())))
    return plan if plan.files or plan.stored or plan.made_from else _found(plan, folder, stored)


def toml_of(folder: Path | None, toml: Path | None) -> Path | None:
    """The file that maps a book: `toml`, else the folder's book.toml, if it has one."""
    return toml or (folder / "book.toml" if folder and (folder / "book.toml").exists() else None)


def _no_database(tables: Iterable[TableMap]) -> None:
    """Raises BookError if something is to be read from a database."""
    for plan in tables:
        if plan.stored or any(look.stored for look in plan.lookups):
            raise BookError(f"book.toml: [{plan.table}] names a `table`, but there is no `database`; expected both.")


def must_hold(plan: Mapping, place: str, found: str, expected: str) -> None:
    """Raises BookError if the mapping lacks orders or accounts: at `place` there is `found`, and not `expected`."""
    for name in ("orders", "accounts"):
        if name not in plan.tables:
            raise BookError(
                f"{place}: no {name}; found {found}. Expected {expected.format(name)}, or a [{name}] section in "
                "book.toml."
            )


def database(path: Path | None) -> tuple[str | None, str | None]:
    """The database that a book.toml names, a file or a URL, and its schema."""
    read = _Reader(path).document() if path else {}
    return read.get("database"), read.get("schema")


def _found(plan: TableMap, folder: Path | None, stored: Sequence[str]) -> TableMap:
    """The plan with the file, or the table of the database, that bears the table's name, capitals aside."""
    wanted = {f"{plan.table}{ending}" for ending in NAMED}
    files = [path.name for path in folder.iterdir() if path.name.lower() in wanted and path.is_file()] if folder else []
    tables = [name for name in stored if name.lower() == plan.table]
    found = [*sorted(files), *(f"the database's table {name}" for name in tables)]
    if len(found) > 1:
        where = folder.name if folder else "book.toml"
        raise BookError(f"{where}: both {found[0]} and {found[1]} are there; keep one, or name it in book.toml.")
    return replace(plan, files=tuple(files), stored=tables[0] if tables else None)


_DAYS = {"extracted_on", "unchanged_since"}
_WORDS = ("name", "currency", "database", "schema")


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
        self.allowed("", read, {*_WORDS, *_DAYS, "notes", "format", "questionnaire", *CONTRACT})
        result: dict[str, Any] = {key: self.text(key, read[key]) for key in _WORDS if key in read}
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
        if "questionnaire" in read:
            result["questionnaire"] = questionnaire(self, read["questionnaire"])
        result["format"] = self.form("format", read.get("format", {}), Format())
        result["tables"] = {name: self.table(name, read[name], result["format"]) for name in CONTRACT if name in read}
        return result

    def placed(self, key: str, given: dict[str, Any]) -> None:
        """Raises BookError where a section names two places to read from, or a sheet of a database's table."""
        places = [name for name in ("file", "table", "from") if name in given]
        if len(places) > 1:
            raise self.error(f"[{key}]", f"has both `{places[0]}` and `{places[1]}`; keep one")
        if "sheet" in given and places not in ([], ["file"]):
            raise self.error(f"{key}.sheet", f"is given with `{places[0]}`; only files have sheets")

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
        self.allowed(name, given, {"file", "sheet", "table", "from", "columns", "derived", "lookup", "format"})
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
        self.placed(name, given)
        if made_from and (derived or "lookup" in given or "format" in given):
            raise self.error(f"[{name}]", "is made from orders; derived columns, lookups and format belong to [orders]")
        lookups = given.get("lookup", [])
        if not isinstance(lookups, list):
            raise self.error(f"[{name}.lookup]", f"is one section; write it with two brackets, [[{name}.lookup]]")
        return TableMap(
            name,
            files=self.texts(f"{name}.file", given["file"]) if "file" in given else (),
            sheets=self.texts(f"{name}.sheet", given["sheet"]) if "sheet" in given else (),
            stored=self.text(f"{name}.table", given["table"]) if "table" in given else None,
            made_from=made_from,
            columns=columns,
            derived=derived,
            lookups=tuple(self.lookup(f"{name}.lookup", item, form) for item in lookups),
            form=form,
        )

    def lookup(self, key: str, given: Any, base: Format) -> Lookup:
        self.allowed(key, given, {"file", "sheet", "table", "on", "take", "format"})
        self.placed(key, given)
        stored = "table" in given
        for need in ("table" if stored else "file", "on", "take"):
            if need not in given:
                raise self.error(f"[[{key}]]", f"needs `{need}`")
        on, take = given["on"], given["take"]
        if isinstance(take, list):
            take = {name: name for name in self.texts(f"{key}.take", take)}
        if not on or not take:
            raise self.error(f"[[{key}]]", "has an empty `on` or `take`; name at least one column")
        return Lookup(
            self.text(f"{key}.table", given["table"]) if stored else self.text(f"{key}.file", given["file"]),
            {on: on} if isinstance(on, str) else self.names(f"{key}.on", on),
            self.names(f"{key}.take", take),
            self.form(f"{key}.format", given.get("format", {}), base),
            self.texts(f"{key}.sheet", given["sheet"]) if "sheet" in given else (),
            stored,
        )
