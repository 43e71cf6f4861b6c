"""Files as tables, nothing interpreted yet: CSV as text, Parquet as it is typed.

Delimiter, header and encoding are what book.toml says. Nothing is guessed, because a wrong guess
reads a whole file into one column in silence.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import ibis
import pyarrow as pa

from crm_analysis.book import engine
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from crm_analysis.book.mapping import Format

ROW = "__row"
"""Number of the record in its file, counted from 1; the header does not count."""
BROKEN = "__broken"
"""Text of a record with too few or too many fields; null for all others."""

_BATCH = 100_000


def files(folder: Path, pattern: str) -> list[Path]:
    """The files a book.toml names, in order of name; `*` stands for anything.

    Raises BookError if there is none, or if the name leads out of the folder by `..`.
    """
    if ".." in Path(pattern).parts or Path(pattern).is_absolute():
        raise BookError(f"book.toml: file '{pattern}' leads out of the book's folder; name a file inside it.")
    found = sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]
    found = [path for path in found if path.is_file()]
    if not found:
        there = ", ".join(sorted(path.name for path in folder.iterdir() if path.is_file())[:10]) or "nothing"
        raise BookError(f"{folder.name}: there is no file '{pattern}'; found {there}.")
    return found


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


Shape = Callable[[ibis.Table], ibis.Table]
"""What is made of a file's columns (and ROW and BROKEN) while it is read."""


def load(con: Backend, path: Path, form: Format, to: Path, shape: Shape) -> ibis.Table:
    """One file, read once, shaped, and kept as Parquet in `to`; the result reads from there.

    Raises BookError for an ending other than csv, txt, tsv or parquet, a wrong encoding, no header,
    or two columns of one name.
    """
    ending = path.suffix.lower()
    if ending == ".parquet":
        _keep_parquet(con, path, to, shape)
    elif ending in (".csv", ".txt", ".tsv"):
        _keep_text(con, path, form, to, shape)
    else:
        raise BookError(f"{path.name}: files ending in '{ending}' are not read; expected .csv, .txt, .tsv or .parquet.")
    return engine.parquet(con, to)


def _keep_parquet(con: Backend, path: Path, to: Path, shape: Shape) -> None:
    try:
        table = engine.parquet(con, path, rows=True)
    except Exception as problem:  # noqa: BLE001 - the engine raises several kinds for a file it cannot read
        raise BookError(f"{path.name}: not readable as Parquet: {str(problem).splitlines()[0]}") from None
    number = table.file_row_number.cast("int64") + 1
    numbered = table.mutate(**{ROW: number, BROKEN: ibis.null("string")}).drop("file_row_number")
    engine.write(con, shape(numbered), to)


def _keep_text(con: Backend, path: Path, form: Format, to: Path, shape: Shape) -> None:
    columns = header(path, form)
    schema = pa.schema([(column, pa.string()) for column in (*columns, BROKEN)] + [(ROW, pa.int64())])
    broken: list[str] = []
    try:
        _keep_batches(con, schema, _fast(path, form, columns, schema, broken), to, shape)
    except UnicodeError:
        raise BookError(_encoding_mistake(path, form)) from None
    except pa.ArrowInvalid as problem:
        if "UTF8" in str(problem):
            raise BookError(_encoding_mistake(path, form)) from None
        broken.append(str(problem))
    if broken:
        _keep_batches(con, schema, _exact(path, form, columns, schema), to, shape)


def _keep_batches(
    con: Backend, schema: pa.Schema, batches: Iterator[pa.RecordBatch], to: Path, shape: Shape
) -> None:
    """What the batches raise is raised here, not inside the engine."""
    failed: list[Exception] = []

    def guarded() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except (BookError, UnicodeError, pa.ArrowInvalid) as problem:
            failed.append(problem)

    reader = pa.RecordBatchReader.from_batches(schema, guarded())
    engine.write(con, shape(engine.stream(con, "__stream", reader)), to)
    if failed:
        raise failed[0]


@contextmanager
def _opened(path: Path, form: Format) -> Iterator[IO[str]]:
    """The file as text without its byte-order mark; a byte the encoding does not allow is a BookError."""
    encoding = "utf-8-sig" if form.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else form.encoding
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield file
    except UnicodeError:
        raise BookError(_encoding_mistake(path, form)) from None


def _encoding_mistake(path: Path, form: Format) -> str:
    """Where the stated encoding fails, and which encodings do read the file's first megabyte."""
    found = "a byte it does not allow"
    with path.open("rb") as file:
        sample = file.read(1 << 20)
        file.seek(0)
        for number, line in enumerate(file, start=1):
            try:
                line.decode(form.encoding)
            except UnicodeError as problem:
                found = f"{str(problem).rpartition(':')[2].strip()} in line {number:,}"
                break
    fits = []
    for encoding in ("utf-8", "gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "cp1250", "cp1251"):
        try:
            sample.decode(encoding)
        except UnicodeDecodeError as problem:
            if problem.start < len(sample) - 4:
                continue
        fits.append(encoding)
    able = ", ".join(name for name in fits if name != form.encoding.lower())
    return (
        f"{path.name}: not readable as {form.encoding}: {found}; "
        f"expected the right `encoding` under [format] in book.toml (its first megabyte is readable as {able or 'none tried'})."
    )


def header(path: Path, form: Format) -> tuple[str, ...]:
    """Names of the file's columns, trimmed.

    Raises BookError if the file is empty, or two columns have one name.
    """
    if isinstance(form.header, tuple):
        names = [name.strip() for name in form.header]
    else:
        with _opened(path, form) as file:
            for _ in range(form.skip):
                file.readline()
            names = [name.strip() for name in next(csv.reader(file, delimiter=form.delimiter, quotechar=form.quote), [])]
    if not any(names):
        raise BookError(f"{path.name}: the file is empty; expected a line with the names of the columns.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BookError(f"{path.name}: two columns are called '{twice[0]}'; expected each name once.")
    return tuple(names)


def _fast(
    path: Path, form: Format, columns: tuple[str, ...], schema: pa.Schema, broken: list[str]
) -> Iterator[pa.RecordBatch]:
    """The file's records by pyarrow; those with another number of fields go to `broken` and are left out."""
    import numpy as np
    from pyarrow import csv as arrow

    def note(row: arrow.InvalidRow) -> str:
        broken.append(row.text)
        return "skip"

    start = 1
    try:
        reader = arrow.open_csv(
            path,
            read_options=arrow.ReadOptions(
                column_names=list(columns), skip_rows=_first(form), encoding=form.encoding, block_size=1 << 23
            ),
            parse_options=arrow.ParseOptions(
                delimiter=form.delimiter, quote_char=form.quote, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=arrow.ConvertOptions(
                column_types={column: pa.string() for column in columns}, strings_can_be_null=False
            ),
        )
        for batch in reader:
            rows = pa.array(np.arange(start, start + batch.num_rows))
            start += batch.num_rows
            yield pa.record_batch([*batch.columns, pa.nulls(batch.num_rows, pa.string()), rows], schema=schema)
    except pa.ArrowInvalid as problem:
        if "Empty CSV" not in str(problem):
            raise


def _first(form: Format) -> int:
    """Lines before the first record."""
    return form.skip + (form.header is True)


def _exact(
    path: Path, form: Format, columns: tuple[str, ...], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """The same by Python's csv, for a file with broken records: slower, and every record keeps its number."""
    width = len(columns)
    with _opened(path, form) as file:
        for _ in range(_first(form)):
            file.readline()
        rows: list[list[str | int | None]] = []
        number = 0
        for record in _split(file, path, form):
            if not record:
                continue
            number += 1
            if len(record) == width:
                rows.append([*record, None, number])
            else:
                broken = f"{len(record)} fields, not {width}: {form.delimiter.join(record)[:200]}"
                rows.append([None] * width + [broken, number])
            if len(rows) == _BATCH:
                yield _batch(rows, schema)
                rows = []
        yield _batch(rows, schema)


def _split(file: IO[str], path: Path, form: Format) -> Iterator[list[str]]:
    reader = csv.reader(file, delimiter=form.delimiter, quotechar=form.quote)
    start = 1
    try:
        for record in reader:
            yield record
            start = reader.line_num + 1
    except csv.Error:
        raise BookError(
            f"{path.name}: a quoted field begins in line {start + _first(form):,} and never ends; expected a closing "
            f"{form.quote} (or another `quote` under [format] in book.toml)."
        ) from None


def _batch(rows: list[list[str | int | None]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pa.record_batch([pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)
