"""Tables of a database copied as Parquet, each once, before a book is made of them.

A copy holds only the columns that the mapping mentions, and its rows stand in the order of their
values: equal tables give equal copies, in whatever order a database hands out rows. Decimals travel
as text, because PostgreSQL's may be NaN or infinite and have more places than any type here.
"""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa

from crm_analysis.book import engine
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.layout import Source
from crm_analysis.book.shape import FileShape, must_have
from crm_analysis.book.sources import digest
from crm_analysis.errors import BookError
from crm_analysis.progress import busy, tracked

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from crm_analysis.book.database import Database
    from crm_analysis.book.layout import Format, Mapping, TableMap

_ROWS = 50_000
"""Rows in memory at once."""
_DIGITS = r"-?\d+(\.\d+)?"
_DAYS = dt.date(1, 1, 1), dt.date(9999, 12, 31)
_MOMENTS = dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)


@busy("progress_copy")
def copied(base: Database, plan: Mapping, room: Path) -> tuple[Mapping, dict[str, str]]:
    """The mapping with a copy in `room` of each table it takes from the database, and by name their SHA-256.

    Raises BookError for a table or column that is not there or may not be read.
    """
    own = engine.connect(room)
    try:
        copies: dict[str, Source] = {}
        for name, (wanted, form) in tracked(mentioned(plan).items()):
            exact, table = base.table(name)
            shown = f"{base.schema}.{exact}"
            _must_map(own, table, plan, name, shown)
            copies[name] = Source(shown, room / f"copy{len(copies)}.parquet")
            some = {
                column: _portable(table[column], f"{shown}: column '{column}'")
                for column in table.columns
                if column in wanted
            }
            decimals = [column for column in some if table[column].type().is_decimal()]
            raw = copies[name].path.with_suffix(".raw")
            try:
                _stream(base, table.select(**some), raw)
            except Exception as problem:  # noqa: BLE001 - each database raises kinds of its own
                raise base.error(f"table '{name}' cannot be read", problem) from None
            rows = engine.parquet(own, raw)
            rows = rows.mutate(**_decimals(rows, decimals, form))
            engine.write(own, rows.order_by(rows.columns), copies[name].path)
            raw.unlink()
    finally:
        own.disconnect()
    return with_sources(plan, copies), {source.name: digest(source.path) for source in copies.values()}


def with_sources(plan: Mapping, copies: dict[str, Source]) -> Mapping:
    """The mapping with what each table of the database is read from, by its name."""
    tables = {}
    for name, table in plan.tables.items():
        lookups = tuple(replace(look, copy=copies[look.file]) if look.stored else look for look in table.lookups)
        tables[name] = replace(table, lookups=lookups, copy=copies[table.stored] if table.stored else None)
    return replace(plan, tables=tables)


def mentioned(plan: Mapping) -> dict[str, tuple[set[str], Format]]:
    """By name of each table of the database that the book reads: the columns its mapping may use, and its format."""
    found: dict[str, tuple[set[str], Format]] = {}
    for table in plan.tables.values():
        if table.stored:
            found.setdefault(table.stored, (set(), table.form))[0].update(_names(plan, table))
        for look in table.lookups:
            if look.stored:
                found.setdefault(look.file, (set(), look.form))[0].update(look.on.values(), look.take.values())
    return found


def _names(plan: Mapping, table: TableMap) -> Iterable[str]:
    """The columns that a table's mapping may use, and perhaps words that are none."""
    yield from CONTRACT[table.table].names
    yield from table.columns.values()
    for look in table.lookups:
        yield from look.on
    if table.table == "orders" and plan.tables["accounts"].made_from:
        yield from plan.tables["accounts"].columns.values()
    for expression in table.derived.values():
        try:
            nodes = list(ast.walk(ast.parse(expression.strip(), mode="eval")))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # which is said where the expression is compiled
        yield from (node.id for node in nodes if isinstance(node, ast.Name))
        yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _must_map(own: Backend, table: ibis.Table, plan: Mapping, name: str, shown: str) -> None:
    """Raises BookError if a column is missing, listing those of the database's table and not of its copy."""
    accounts = plan.tables["accounts"]
    for part in plan.tables.values():
        taken = {new for look in part.lookups for new in look.take}
        of_account = accounts.columns if accounts.made_from == part.table else {}
        if part.stored == name:
            for section, columns in ((part.table, part.columns), ("accounts", of_account)):
                for column, wanted in columns.items():
                    if wanted not in taken:
                        must_have(table, wanted, shown, f"[{section}.columns] {column}")
            given = dict.fromkeys([*part.columns, *of_account, *part.derived, *taken, *table.columns])
            FileShape(own, part, shown, (), {}).require(given, tuple(table.columns))
        for look in part.lookups:
            if look.stored and look.file == name:
                for wanted in (*look.on.values(), *look.take.values()):
                    must_have(table, wanted, shown, f"[[{part.table}.lookup]]")


def _stream(base: Database, table: ibis.Table, to: Path) -> None:
    """The rows as they come, to Parquet."""
    import pyarrow.parquet as pq

    with base.con.to_pyarrow_batches(table, chunk_size=_ROWS) as reader:
        schema = pa.schema([(field.name, _plain(field.type)) for field in reader.schema])
        with pq.ParquetWriter(to, schema, compression="lz4") as writer:
            for batch in reader:
                columns = [column.cast(kind) for column, kind in zip(batch.columns, schema.types, strict=True)]
                writer.write_batch(pa.record_batch(columns, schema=schema))


def _plain(kind: pa.DataType) -> pa.DataType:
    """Moments without a time zone, in UTC, to the microsecond; all other types as they are."""
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind


def _portable(column: Any, shown: str) -> Any:
    """The column as every database hands it out: decimals as text, and days of this calendar.

    Days and moments that the calendar lacks, such as PostgreSQL's "infinity", become its first or last.
    """
    kind = column.type()
    if kind.is_string() or kind.is_boolean() or kind.is_integer() or kind.is_floating():
        return column
    if kind.is_date() or kind.is_timestamp():
        first, last = _DAYS if kind.is_date() else _MOMENTS
        least, most = ibis.literal(first).cast(kind), ibis.literal(last).cast(kind)
        return ibis.cases((column < least, least), (column > most, most), else_=column)
    if kind.is_nested() or kind.is_binary() or kind.is_json() or kind.is_geospatial() or kind.is_interval():
        raise BookError(f"{shown} holds {kind}; expected texts, numbers or dates.")
    return column.cast("string")


def _decimals(rows: ibis.Table, names: list[str], form: Format) -> dict[str, Any]:
    """Columns of decimals written as text, as decimals with all their places.

    A column with a number that is not finite, or that 38 digits do not hold, stays text, in the
    table's stated format, for the check to judge each.
    """
    if not names:
        return {}
    terms = {}
    for name in names:
        text = rows[name]
        point = text.find(".")
        whole = ibis.ifelse(point < 0, text.length(), point)
        terms[f"{name} whole"] = whole.max()
        terms[f"{name} places"] = ibis.ifelse(point < 0, 0, text.length() - point - 1).max()
        terms[f"{name} odd"] = (~engine.full_match(text, _DIGITS)).sum()
    found = rows.agg(**terms).execute().fillna(0).astype(int).iloc[0]
    result = {}
    for name in names:
        whole, places, odd = (int(found[f"{name} {what}"]) for what in ("whole", "places", "odd"))
        if odd or whole + places > 38:
            result[name] = rows[name].replace(".", form.decimal)
        else:
            result[name] = rows[name].cast(f"decimal({18 if whole + places <= 18 else 38}, {places})")
    return result
