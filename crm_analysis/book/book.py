"""A customer book: the contract's tables behind one engine, as known on a day."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine, values
from crm_analysis.book.asof import barred, known
from crm_analysis.book.check import CheckResult
from crm_analysis.book.contract import CONTRACT
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    import pandas as pd
    from ibis.backends import BaseBackend

TYPES = {"text": "string", "date": "date", "money": values.MONEY, "number": values.MONEY, "integer": "int64", "flag": "boolean"}
"""The contract's types as the engine's."""


@dataclass(frozen=True)
class Book:
    """A customer book.

    `name`, `currency` and `extracted_on` describe it; `day` is the day `as_of` took it back to, None
    for the whole book; `check` is the result of its intake, None for a book made of frames.
    """

    name: str
    con: BaseBackend
    whole: Mapping[str, ibis.Table]
    extracted_on: dt.date
    currency: str | None = None
    check: CheckResult | None = None
    day: dt.date | None = None
    history_fields: tuple[str, ...] = ()
    _tables: dict[str, ibis.Table] = field(default_factory=dict, repr=False, compare=False)

    def as_of(self, date: str | dt.date) -> Book:
        """The book as it was known at the end of that day, and nothing later.

        Rows known later are gone, values that settle later are null, and columns that the source
        overwrites come from their dated history or are barred. A book taken back stays back:
        `as_of(a).as_of(b)` is `as_of(min(a, b))`.
        """
        day = as_date(date)
        return replace(self, day=day if self.day is None else min(day, self.day), _tables={})

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables the book has."""
        return tuple(self.whole)

    def table(self, name: str) -> ibis.Table:
        """A table of the contract, with the columns the book has for it.

        Raises BookError if the book has no such table.
        """
        if name not in self.whole:
            raise BookError(self.why_not(name) or "")
        if name not in self._tables:
            self._tables[name] = self.whole[name] if self.day is None else known(self, name, self.day)
        return self._tables[name]

    def has(self, table: str, *columns: str) -> bool:
        """True if the book has the table and these columns of it, on its day."""
        return self.why_not(table, *columns) is None

    def why_not(self, table: str, *columns: str) -> str | None:
        """One sentence saying what is missing; None if all is there."""
        if table not in CONTRACT:
            near = difflib.get_close_matches(table, CONTRACT, n=1)
            return f"There is no table '{table}' in the contract" + (f"; did you mean '{near[0]}'?" if near else ".")
        if table not in self.whole:
            return f"The book has no table '{table}', which unlocks {CONTRACT[table].unlocks}."
        for column in columns:
            if column not in self.whole[table].columns:
                return f"The book's table '{table}' has no column '{column}'."
            if self.day is not None and column in barred(self, table, self.day):
                return (
                    f"Column '{column}' of '{table}' is overwritten by its source and has no dated history, "
                    f"so its value on {self.day} is not known (the book was extracted on {self.extracted_on})."
                )
        return None

    def need(self, table: str, *columns: str) -> ibis.Table:
        """The table, if it has these columns; raises BookError saying what is missing otherwise."""
        if missing := self.why_not(table, *columns):
            raise BookError(missing)
        return self.table(table)


def as_date(date: str | dt.date) -> dt.date:
    """A day given as a date or as text, YYYY-MM-DD.

    Raises BookError for anything else, a timestamp with a time of day included.
    """
    if isinstance(date, dt.datetime):
        if date.time() != dt.time():
            raise BookError(f"{date} has a time of day; expected a date such as 2026-09-30.")
        return date.date()
    if isinstance(date, dt.date):
        return date
    try:
        return dt.date.fromisoformat(date)
    except (TypeError, ValueError):
        raise BookError(f"{date!r} is no date; expected such as 2026-09-30.") from None


def book_in(folder: Path, check: CheckResult) -> Book:
    """The accepted book that an opening kept in `folder`."""
    con = engine.connect()
    tables = {name: engine.parquet(con, path) for name in CONTRACT if (path := folder / f"{name}.parquet").is_file()}
    return Book(
        check.book, con, tables, check.extracted_on, check.currency, check, history_fields=_history_fields(tables)
    )


def book_of(frames: Mapping[str, pd.DataFrame], extracted_on: str | dt.date, name: str = "book") -> Book:
    """A book made of data frames that keep the contract already; nothing is checked.

    Columns are cast to the contract's types. Raises BookError for a table or column the contract lacks.
    """
    con = engine.connect()
    tables = {}
    for table, frame in frames.items():
        if table not in CONTRACT:
            raise BookError(f"There is no table '{table}' in the contract.")
        if extra := sorted(set(frame.columns) - set(CONTRACT[table].names)):
            raise BookError(f"The contract's table '{table}' has no column '{extra[0]}'.")
        types = {column: TYPES[CONTRACT[table].column(column).type] for column in frame.columns}
        tables[table] = con.create_table(table, ibis.memtable(_plain(frame), schema=types))
    return Book(name, con, tables, as_date(extracted_on), history_fields=_history_fields(tables))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame.notna(), None)


def _history_fields(tables: Mapping[str, Any]) -> tuple[str, ...]:
    if "account_history" not in tables:
        return ()
    fields = tables["account_history"].select("field").distinct().order_by("field").execute()["field"]
    return tuple(name for name in fields if name in CONTRACT["accounts"].names)
