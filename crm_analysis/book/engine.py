"""The one place that speaks to DuckDB itself; everything else is Ibis.

Threads and memory can be set by the environment, so that notebooks run side by side share the
machine: `CRM_ANALYSIS_THREADS` (a count) and `CRM_ANALYSIS_MEMORY` (megabytes).
"""

from __future__ import annotations

import glob
import itertools
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt

from crm_analysis.errors import BookError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from ibis.backends.duckdb import Backend

MEMORY_MB = 2048
"""Memory DuckDB may take before it spills to disk; the whole program stays below twice that."""

_fences = itertools.count()


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.string), dt.timestamp))
def try_strptime(text: str, form: str) -> Any:
    """The timestamp that `text` writes in the form `form`, or null (DuckDB's function)."""


@ibis.udf.scalar.builtin(name="regexp_full_match", signature=((dt.string, dt.string), dt.boolean))
def full_match(text: str, pattern: str) -> Any:
    """True where the whole of `text` matches; half the time of a search (DuckDB's function)."""


_SIX, _TWELVE = dt.Decimal(18, 6), dt.Decimal(18, 12)


@ibis.udf.scalar.builtin(name="multiply", signature=((_SIX, _SIX), _TWELVE))
def product(one: Any, other: Any) -> Any:
    """The product with all its places, which Ibis would take for one of six and not round (DuckDB's function)."""


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


def _setting(name: str, default: int) -> int:
    given = os.environ.get(name) or str(default)
    if not given.isdecimal() or int(given) < 1:
        raise BookError(f"{name} is {given!r}; expected a positive whole number.")
    return int(given)


def stream(con: Backend, name: str, reader: pa.RecordBatchReader) -> ibis.Table:
    """A table that can be read once, batch by batch, in order."""
    con.con.register(name, reader)
    return con.table(name)


def parquet(con: Backend, path: Path, rows: bool = False) -> ibis.Table:
    """A Parquet file as a table; with `rows`, also `file_row_number`, counted from 0."""
    options = {"file_row_number": True} if rows else {}
    return con.read_parquet(glob.escape(str(path)), hive_partitioning=False, binary_as_string=True, **options)


def rows(path: Path) -> int:
    """The number of rows of a Parquet file."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def fenced(con: Backend, table: ibis.Table) -> ibis.Table:
    """The same table behind a view.

    Ibis merges one select into the next and repeats a column's whole expression wherever it is
    used; behind a view the engine computes it once.
    """
    name = f"__fence{next(_fences)}"
    con.con.execute(f'CREATE TEMPORARY VIEW "{name}" AS {con.compile(table)}')
    return con.table(name)


def write(con: Backend, expression: ibis.Table, path: Path) -> None:
    """Write a table to one Parquet file, in the order the expression gives."""
    con.to_parquet(expression, path, compression="lz4")


def kept(con: Backend, expression: ibis.Table, path: Path) -> ibis.Table:
    """The table, computed once: written to a Parquet file, and read from there."""
    write(con, expression, path)
    return parquet(con, path)


def cached(con: Backend, expression: ibis.Table) -> ibis.Table:
    """The table, computed once and kept as long as the engine is."""
    name = f"__kept{next(_fences)}"
    con.con.execute(f'CREATE TEMPORARY TABLE "{name}" AS {con.compile(expression)}')
    return con.table(name)


def frame(expression: ibis.Table) -> pd.DataFrame:
    """The rows as a frame, dates as datetime64[ns]; the same on every engine, and faster than Ibis' own."""
    found = expression.to_pyarrow().to_pandas(date_as_object=False)
    return found.astype(dict.fromkeys(found.select_dtypes("datetime"), "datetime64[ns]"))
