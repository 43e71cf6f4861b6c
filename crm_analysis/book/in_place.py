"""A book behind an open connection, checked and used where it is: nothing is copied, nothing is kept.

For books that outgrow one machine. The same expressions run on DuckDB, Spark and PostgreSQL. What is
used again is held as long as the session lasts, on PostgreSQL in temporary tables. A user there who may not
create them has everything worked out anew for each question, and can use a clean book only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.book.asof import history_of
from crm_analysis.book.book import Book
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.copies import mentioned, with_sources
from crm_analysis.book.database import database_at
from crm_analysis.book.intake import Intake
from crm_analysis.book.layout import Source
from crm_analysis.book.mapping import database, mapping, must_hold, toml_of
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

ENGINES = ("duckdb", "postgres", "pyspark")
"""Engines on which the expressions were tried."""


def book_in_place(con: BaseBackend, toml: str | Path | None = None) -> Book:
    """The book of the tables behind an Ibis connection, which stays open and must outlive it.

    `toml` is a book.toml that maps tables and columns and may state the `schema`; tables that bear a contract table's
    name need no mapping. `book.check` has no inputs: nothing is hashed. On PostgreSQL numbers
    written as text with an exponent are taken for none. Raises BookError as `open_book` does, and for a
    book.toml that names files, or an engine other than ENGINES.
    """
    if con.name not in ENGINES:
        raise BookError(
            f"a connection of {con.name} is given; expected one of {', '.join(ENGINES)}, or a URL to copy from."
        )
    path = toml_of(None, Path(toml) if toml is not None else None)
    stated, schema = database(path)
    if stated is not None:
        raise BookError("book.toml: names a database, but a connection was given besides; expected one of the two.")
    base = database_at(con, schema)
    plan = mapping(None, path, base.tables, base.short)
    must_hold(plan, base.name, base.listing, "a table {0}")
    for table in plan.tables.values():
        files = (*table.files, *(name for look in table.lookups for name in look.files))
        if files:
            raise BookError(
                f"book.toml: [{table.table}] names the file '{files[0]}', but behind a connection are tables only."
            )
    sources = {}
    for name in mentioned(plan):
        exact, rows = base.table(name)
        sources[name] = Source(f"{base.schema}.{exact}", table=rows)
    intake = Intake(con, Path(), with_sources(plan, sources), {})
    check = intake.run()
    tables = {name: intake.accepted[name] for name in CONTRACT if name in intake.accepted}
    return Book(
        check.book,
        con,
        tables,
        check.extracted_on,
        check.currency,
        check,
        quarantine=intake.quarantined,
        unchanged_since=check.unchanged_since,
        questionnaire=check.questionnaire,
        history=history_of(tables),
    )
