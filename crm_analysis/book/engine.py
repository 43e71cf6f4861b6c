"""The one place that speaks to DuckDB itself; everything else is Ibis.

Threads and memory can be set by the environment, so that notebooks run side by side share the
machine: `CRM_ANALYSIS_THREADS` (a count) and `CRM_ANALYSIS_MEMORY` (megabytes).
"""

from __future__ import annotations

import functools
import glob
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

from crm_analysis.errors import BookError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from ibis.backends import BaseBackend
    from ibis.backends.duckdb import Backend

MEMORY_MB = 2048
"""Memory DuckDB may take before it spills to disk; the whole program stays below twice that."""

_fences = itertools.count()


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.string), dt.timestamp))
def _try_strptime(text: str, form: str) -> Any:
    """DuckDB's function."""


def try_strptime(text: Any, form: str) -> Any:
    """The timestamp that `text` writes in the strptime form `form`, or null.

    Raises BookError on another engine than ours: forms mean other things there.
    """
    if _on(text) != "duckdb":
        raise BookError(
            f"a form of dates ({form!r}) is given for a book that is used in place on {_on(text)}; expected columns "
            "of dates, or texts such as 2026-09-30."
        )
    return _try_strptime(text, ibis.literal(form))


def trimmed(text: Any) -> Any:
    """The text without white space at its ends; PostgreSQL knows fewer kinds of it."""
    return text.strip() if _on(text) == "postgres" else text.re_replace(r"^[\s\pZ]+|[\s\pZ]+$", "")


def try_cast(value: Any, to: str) -> Any:
    """The value as a decimal or a date, null where it is none.

    PostgreSQL would fail there, so what it is given is looked at first; of numbers written with an exponent it says
    that they are none.
    """
    if _on(value) != "postgres":
        return value.try_cast(to)
    kind, goal = value.type(), dt.dtype(to)
    if goal.is_decimal():
        digits = goal.precision - goal.scale
        if kind.is_numeric():  # there not-a-number and infinity are larger than every number
            return ibis.ifelse(value.abs() < 10**digits, value, ibis.null(kind)).cast(to)
        text = value.cast("string")
        sound = full_match(text, rf"[+-]?(0*\d{{1,{digits - 1}}}(\.\d*)?|\.\d+)")
    elif goal.is_date():
        text = value.cast("string")
        sound = full_match(text, r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
        year, month, day = (
            ibis.ifelse(sound, text, "2000-01-01").substr(at, n).cast("int64") for at, n in ((0, 4), (5, 2), (8, 2))
        )
        leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
        last = ibis.cases((month == 2, ibis.ifelse(leap, 29, 28)), (month.isin([4, 6, 9, 11]), 30), else_=31)
        sound = sound & (day <= last) & (year > 0)
    else:
        return value.cast(to)
    return ibis.ifelse(sound, text, ibis.null("string")).cast(to)


@ibis.udf.scalar.builtin(name="regexp_full_match", signature=((dt.string, dt.string), dt.boolean))
def _full_match(text: str, pattern: str) -> Any:
    """DuckDB's function takes half the time of a search."""


def full_match(text: Any, pattern: str) -> Any:
    """True where the whole of `text` matches."""
    return _full_match(text, pattern) if _on(text) == "duckdb" else text.re_search(f"^({pattern})$")


def _on(value: Any) -> str:
    """The name of the engine an expression runs on; ours where it is bound to none yet."""
    return str(value.get_backend().name)


_SIX, _TWELVE = dt.Decimal(18, 6), dt.Decimal(18, 12)


@ibis.udf.scalar.builtin(name="multiply", signature=((_SIX, _SIX), _TWELVE))
def _product(one: Any, other: Any) -> Any:
    """DuckDB's function."""


def product(one: Any, other: Any) -> Any:
    """The product of two decimals with all its places, which Ibis would take for one of six and not round."""
    return _product(one, other) if _on(one) == "duckdb" else (one * other).cast("decimal(38, 12)")


def connect(spill: Path | None = None, file: Path | None = None) -> Backend:
    """An in-process engine that installs nothing; what does not fit in its memory goes to the folder `spill`.

    With `file`, on that DuckDB file, which is only read.

    Raises BookError if one of the two environment variables is no positive whole number.
    """
    room = spill or Path(tempfile.gettempdir()) / f"crm_analysis-{os.getpid()}"
    con = ibis.duckdb.connect(
        file or ":memory:",
        read_only=file is not None,
        threads=_setting("CRM_ANALYSIS_THREADS", os.cpu_count() or 1),
        memory_limit=f"{_setting('CRM_ANALYSIS_MEMORY', MEMORY_MB)}MB",
        temp_directory=str(room),
        autoinstall_known_extensions=False,
    )
    if con.con.sql("SELECT current_setting('enable_progress_bar')").fetchone() == (True,):
        # On where Python looks interactive, and would write into what a program prints; where it is
        # off, setting it fails in a notebook without ipywidgets.
        con.con.execute("SET enable_progress_bar = false")
    return con


@contextmanager
def connected(spill: Path) -> Iterator[Backend]:
    """`connect`, for as long as the block runs."""
    con = connect(spill)
    try:
        yield con
    finally:
        con.disconnect()


def _setting(name: str, default: int) -> int:
    given = os.environ.get(name) or str(default)
    if not given.isdecimal() or int(given) < 1:
        raise BookError(f"{name} is {given!r}; expected a positive whole number.")
    return int(given)


def stream(con: Backend, name: str, reader: pa.RecordBatchReader) -> ibis.Table:
    """A table that can be read once, batch by batch, in order."""
    con.con.register(name, reader)
    return _named(con, name)


def parquet(con: Backend, path: Path, rows: bool = False) -> ibis.Table:
    """A Parquet file as a table; with `rows`, also `file_row_number`, counted from 0."""
    place = glob.escape(str(path)).replace("'", "''")
    options = "hive_partitioning = false, binary_as_string = true" + (", file_row_number = true" if rows else "")
    return _viewed(con, f"SELECT * FROM read_parquet('{place}', {options})")


def rows(path: Path) -> int:
    """The number of rows of a Parquet file."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def empty(path: Path, column: str) -> bool:
    """True if a Parquet file says of a column that it holds nothing but nulls."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    place = file.schema_arrow.get_field_index(column)
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    told = [(group.column(place).statistics, group.num_rows) for group in groups]
    return all(said is not None and said.has_null_count and said.null_count == rows for said, rows in told)


def fenced(con: BaseBackend, table: ibis.Table) -> ibis.Table:
    """The same table behind a view.

    Ibis merges one select into the next and repeats a column's whole expression wherever it is
    used; behind a view the engine computes it once. On PostgreSQL, where a view
    is a right to be granted, it is a query within the query.
    """
    if con.name not in ("duckdb", "pyspark"):
        return con.sql(con.compile(table), schema=table.schema())
    return _viewed(con, con.compile(table))


def _viewed(con: BaseBackend, query: str) -> ibis.Table:
    """The query as a temporary view."""
    name = f"__fence{next(_fences)}"
    if con.name == "pyspark":  # a view made by CREATE VIEW would be analysed anew wherever it is used
        con.raw_sql(query).createOrReplaceTempView(name)
    else:
        con.raw_sql(f"CREATE TEMPORARY VIEW {name} AS {query}")
    return _named(con, name)


def _named(con: BaseBackend, name: str) -> ibis.Table:
    """A table or view of the session by its name.

    Ibis would describe it in a query and parse each column's type again: on ours, ten times slower.
    """
    if con.name != "duckdb":
        return con.table(name)
    there = con.con.table(name)
    kinds = {column: _kind(str(kind)) for column, kind in zip(there.columns, there.types, strict=True)}
    return ops.DatabaseTable(name, schema=ibis.schema(kinds), source=con).to_expr()


@functools.lru_cache(maxsize=256)
def _kind(kind: str) -> dt.DataType:
    """A type as DuckDB writes it."""
    from ibis.backends.sql.datatypes import DuckDBType

    return DuckDBType.from_string(kind)


def write(con: Backend, expression: ibis.Table, path: Path) -> None:
    """Write a table to one Parquet file, in the order the expression gives."""
    con.to_parquet(expression, path, compression="lz4")


def kept(con: Backend, expression: ibis.Table, path: Path) -> ibis.Table:
    """The table, computed once: written to a Parquet file, and read from there."""
    write(con, expression, path)
    return parquet(con, path)


def cached(con: BaseBackend, expression: ibis.Table) -> ibis.Table:
    """The table, computed once and kept as long as the session lasts; as it stands where `may_keep` is false."""
    if not may_keep(con):
        return fenced(con, expression)
    name = f"__kept{next(_fences)}"
    query = con.compile(expression)
    if con.name == "pyspark":
        con.raw_sql(query).persist().createOrReplaceTempView(name)
    else:
        con.raw_sql(f"CREATE TEMPORARY TABLE {name} AS {query}")
    if con.name == "postgres":
        con.raw_sql(f"ANALYZE {name}")  # else the planner takes it for a small one
        con.con.commit()
    return _named(con, name)


def may_keep(con: BaseBackend) -> bool:
    """True where temporary tables may be made: PostgreSQL grants that right, or not."""
    if con.name != "postgres":
        return con.name in ("duckdb", "pyspark")
    asked = (
        "SELECT has_database_privilege(current_database(), 'TEMP') AND current_setting('transaction_read_only') = 'off'"
    )
    with con.raw_sql(asked) as cursor:
        return bool(cursor.fetchone()[0])


def frame(expression: ibis.Table) -> pd.DataFrame:
    """The rows as a frame, dates as datetime64[ns]; the same on every engine, and faster than Ibis' own."""
    found = expression.to_pyarrow()
    return found.to_pandas(date_as_object=False, coerce_temporal_nanoseconds=True)
