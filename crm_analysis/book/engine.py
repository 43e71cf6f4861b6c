"""The one place that speaks to DuckDB itself; everything else is Ibis.

Threads and memory can be set by the environment, so that notebooks run side by side share the
machine: `CRM_ANALYSIS_THREADS` (a count) and `CRM_ANALYSIS_MEMORY` (megabytes).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.backends.duckdb import Backend

MEMORY_MB = 2048
"""Memory DuckDB may take before it spills to disk; the whole program stays below twice that."""


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.string), dt.timestamp))
def try_strptime(text: str, form: str) -> Any:
    """The timestamp that `text` writes in the form `form`, or null (DuckDB's function)."""


def connect(spill: Path | None = None) -> Backend:
    """An in-process engine; what does not fit in its memory goes to the folder `spill`."""
    con = ibis.duckdb.connect(
        threads=int(os.environ.get("CRM_ANALYSIS_THREADS") or os.cpu_count() or 1),
        memory_limit=f"{int(os.environ.get('CRM_ANALYSIS_MEMORY') or MEMORY_MB)}MB",
        **({} if spill is None else {"temp_directory": str(spill)}),
    )
    return con


def stream(con: Backend, name: str, reader: pa.RecordBatchReader) -> ibis.Table:
    """A table that can be read once, batch by batch, in order."""
    con.con.register(name, reader)
    return con.table(name)


def parquet(con: Backend, path: Path, rows: bool = False) -> ibis.Table:
    """A Parquet file as a table; with `rows`, also `file_row_number`, counted from 0."""
    return con.read_parquet(path, **({"file_row_number": True} if rows else {}))


def write(con: Backend, expression: ibis.Table, path: Path) -> None:
    """Write a table to one Parquet file, in the order the expression gives."""
    con.to_parquet(expression, path, compression="lz4")


def refuse_files(con: Backend) -> None:
    """From now on the engine opens no file that it has not open already."""
    con.con.execute("SET enable_external_access = false")
