"""A customer book: the contract's tables behind one engine, as known on a day."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.asof import barred, history_of, known
from crm_analysis.book.check import CheckResult
from crm_analysis.book.contract import CONTRACT, Column
from crm_analysis.book.questionnaire import PLAIN, Questionnaire
from crm_analysis.errors import BookError, Lack
from crm_analysis.labels import label
from crm_analysis.labels.language import UNLOCKS, words
from crm_analysis.reprs import Card, as_html, as_text

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from ibis.backends import BaseBackend


@dataclass(frozen=True)
class Book:
    """A customer book.

    `name`, `currency` and `extracted_on` describe it; `day` is the day `as_of` took it back to, None
    for the whole book. Of a book made of frames `check` and `quarantine` are None; otherwise they
    hold the result of its intake, and every row that was not accepted: table, rule, column, file, row
    (number in the file), value (what was found), revenue (decimal, null but for order lines).
    From `unchanged_since` on, by its owner's word, columns that the source overwrites are as on the day
    of the extract; None if the owner says nothing. `questionnaire` is what its survey asks. `kept`
    holds what is computed once for all days.
    """

    name: str
    con: BaseBackend
    whole: Mapping[str, ibis.Table]
    extracted_on: dt.date
    currency: str | None = None
    check: CheckResult | None = None
    day: dt.date | None = None
    quarantine: ibis.Table | None = None
    unchanged_since: dt.date | None = None
    questionnaire: Questionnaire = PLAIN
    history: Mapping[str, dt.date] = field(default_factory=dict, repr=False)
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _tables: dict[tuple[str, ...], ibis.Table] = field(default_factory=dict, repr=False, compare=False)

    def as_of(self, date: str | dt.date) -> Book:
        """The book as it was known at the end of that day, and nothing later.

        Rows known later are gone, values that settle later are null, and columns that the source
        overwrites come from their dated history or are barred. A book taken back stays back:
        `as_of(a).as_of(b)` is `as_of(min(a, b))`.
        """
        day = as_date(date)
        return replace(self, day=day if self.day is None else min(day, self.day), _tables={})

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        parts = [*self.whole] if self.check is None or self.day else []
        if not parts and self.check is not None:
            parts = [f"{name} ({int(total.accepted):,})" for name, total in self.check.rows.items()]
        facts = {"extracted": self.extracted_on, "as_of": self.day, "currency": self.currency, "tables": parts}
        return Card(f"Book: {self.name}", facts, next=('.as_of("2026-09-30")', '.table("orders")', ".check"))

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables the book has."""
        return tuple(self.whole)

    def table(self, name: str, *only: str) -> ibis.Table:
        """A table of the contract, with the columns the book has for it.

        `only` names the columns that are needed: on an earlier day others may be left out, which is quicker. Raises
        BookError if the book has no such table.
        """
        if name not in self.whole:
            raise BookError(self.why_not(name) or "")
        if (name, *only) not in self._tables:
            whole = self.whole[name]
            self._tables[name, *only] = whole if self.day is None else known(self, name, self.day, only)
        return self._tables[name, *only]

    def has(self, table: str, *columns: str) -> bool:
        """True if the book has the table and these columns of it, on its day."""
        return self.why_not(table, *columns) is None

    def why_not(self, table: str, *columns: str) -> str | None:
        """One sentence saying what is missing; None if all is there."""
        if table not in CONTRACT:
            near = difflib.get_close_matches(table, CONTRACT, n=1)
            return f"There is no table '{table}' in the contract" + (f"; did you mean '{near[0]}'?" if near else ".")
        if table not in self.whole:
            return Lack(label("lacks_table", table=table, unlocks=words(UNLOCKS, CONTRACT[table].unlocks)))
        for column in columns:
            if column not in self.whole[table].columns:
                return Lack(label("lacks_column", table=table, column=column))
            if self.day is not None and column in barred(self, table, self.day):
                lack = label("lacks_history", column=column, table=table, day=self.day, extracted=self.extracted_on)
                return Lack(lack)
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


def book_in(folder: Path, check: CheckResult, quarantine: str) -> Book:
    """The accepted book that an opening kept in `folder`, where `quarantine` names the file of the other rows."""
    con = engine.connect()
    tables = {name: engine.parquet(con, path) for name in CONTRACT if (path := folder / f"{name}.parquet").is_file()}
    return Book(
        check.book,
        con,
        tables,
        check.extracted_on,
        check.currency,
        check,
        quarantine=engine.parquet(con, folder / quarantine),
        unchanged_since=check.unchanged_since,
        questionnaire=check.questionnaire,
        history=history_of(tables),
    )


def book_of(frames: Mapping[str, pd.DataFrame], extracted_on: str | dt.date, name: str = "book") -> Book:
    """A book made of data frames that keep the contract already; nothing is checked.

    Cells are cast to the contract's types, missing ones (None, NaN, NaT) are null. Raises BookError for a
    table or column the contract lacks, or a cell that is not of its column's type.
    """
    import pyarrow as pa

    con = engine.connect()
    tables: dict[str, ibis.Table] = {}
    for table, frame in frames.items():
        if table not in CONTRACT:
            raise BookError(f"There is no table '{table}' in the contract.")
        if extra := sorted(set(frame.columns) - set(CONTRACT[table].names)):
            raise BookError(f"The contract's table '{table}' has no column '{extra[0]}'.")
        columns = {column: _cells(frame[column], CONTRACT[table].column(column), table) for column in frame.columns}
        tables[table] = con.create_table(table, pa.table(columns))
    return Book(name, con, tables, as_date(extracted_on), history=history_of(tables))


def _cells(series: pd.Series, column: Column, table: str) -> pa.Array:
    """A column of a frame as the contract's type."""
    import pyarrow as pa

    kinds = {"text": pa.string(), "date": pa.date32(), "integer": pa.int64(), "flag": pa.bool_()}
    cells = []
    for value, missing in zip(series.tolist(), series.isna(), strict=True):
        try:
            cells.append(None if missing else _CASTS[column.type](value))
        except (ArithmeticError, ValueError, BookError):
            raise BookError(f"{table}.{column.name}: {value!r} is no {column.type}.") from None
    return pa.array(cells, kinds.get(column.type, pa.decimal128(18, 4)))


_CASTS: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "date": as_date,
    "money": lambda value: Decimal(str(value)).quantize(Decimal("0.0001")),
    "number": lambda value: Decimal(str(value)).quantize(Decimal("0.0001")),
    "integer": int,
    "flag": bool,
}
