"""What a book.toml says, as data: where each contract table comes from, and how its texts are written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.book.questionnaire import PLAIN, Questionnaire

if TYPE_CHECKING:
    import ibis


@dataclass(frozen=True)
class Source:
    """What a table is read from: a file, one sheet of it, the copy of a database's table, or that table itself.

    `name` is what errors, the quarantine and the column `source` call it.
    """

    name: str
    path: Path = Path()
    sheet: str | None = None
    table: ibis.Table | None = None


@dataclass(frozen=True)
class Format:
    """How a text file is written; of a sheet `header` and `skip` hold too, and all that says how texts are read."""

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
    """Columns taken from another table: `on` maps our column to the key there, `take` new names to its columns.

    `file` is its file, or the name of the database's table where `stored` says so.
    """

    file: str
    on: dict[str, str]
    take: dict[str, str]
    form: Format
    sheets: tuple[str, ...] = ()
    stored: bool = False
    copy: Source | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The file, as a table has its files."""
        return () if self.stored else (self.file,)


@dataclass(frozen=True)
class TableMap:
    """Where one contract table comes from: `files` and their `sheets`, a table `stored` in a database, or others.

    `copy` is what was read of a database's table.
    """

    table: str
    files: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    stored: str | None = None
    copy: Source | None = None
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
    questionnaire: Questionnaire = PLAIN
