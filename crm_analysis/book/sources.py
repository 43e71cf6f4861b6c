"""Files as tables, nothing interpreted yet: text files and sheets as trimmed text, Parquet as it is typed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from crm_analysis.book import delimited, engine, excel
from crm_analysis.book.delimited import BROKEN, ROW, TextFile
from crm_analysis.book.layout import Format, Lookup, Source, TableMap
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends import BaseBackend
    from ibis.backends.duckdb import Backend

ENDINGS = (".csv", ".txt", ".tsv", ".parquet", *excel.ENDINGS)
_OFFICE_LOCK = "~$"


def files(folder: Path, pattern: str) -> list[Path]:
    """The files a book.toml names, in order of name; `*` stands for anything.

    Raises BookError if there is none, or if the name leads out of the folder.
    """
    inside(pattern)
    found = sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]
    found = [path for path in found if path.is_file() and not path.name.startswith(_OFFICE_LOCK)]
    if not found:
        raise BookError(f"{folder.name}: there is no file '{pattern}'; found {listing(folder)}.")
    return found


def inside(name: str) -> None:
    """Raises BookError if a name in book.toml leads out of the book's folder."""
    if ".." in Path(name).parts or PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive:
        raise BookError(f"book.toml: file '{name}' leads out of the book's folder; name a file inside it.")


def listing(folder: Path) -> str:
    """The names of the first ten files of a folder, for an error."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    return ", ".join(names[:10]) + (" and more" if len(names) > 10 else "") or "no files"


def named(folder: Path, part: TableMap | Lookup) -> list[Source]:
    """What a table or lookup of book.toml is read from, in order.

    Raises BookError if a file or sheet is missing, or a sheet is named of a file that has none.
    """
    if part.copy is not None:
        return [part.copy]
    found: list[Source] = []
    for path in dict.fromkeys(path for pattern in part.files for path in files(folder, pattern)):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() not in excel.ENDINGS:
            if part.sheets:
                raise BookError(f"{name}: `sheet` is given in book.toml, but only workbooks have sheets.")
            found.append(Source(name, path))
            continue
        names = excel.sheets(path, part.sheets, part.table if isinstance(part, TableMap) else None)
        alone = not part.sheets and len(names) == 1
        found += [Source(name if alone else f"{name} [{sheet}]", path, sheet) for sheet in names]
    return found


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


Shape = Callable[[ibis.Table], ibis.Table]
"""What is made of a file's columns (and ROW and BROKEN) while it is read."""


def load(con: Backend, source: Source, form: Format, to: Path, shape: Shape) -> tuple[ibis.Table, int]:
    """One source, read once, shaped, and kept as Parquet in `to`: the table there, and how many records span lines.

    Raises BookError for an ending that is not in ENDINGS, a wrong encoding, no header,
    two columns of one name, or a quoted field that never ends.
    """
    if source.table is not None:
        rows = source.table.mutate(**{ROW: ibis.null("int64")})
        return engine.cached(con, shape(_typed(con, source, rows))), 0
    path = source.path
    ending, spanning = path.suffix.lower(), 0
    if ending == ".parquet":
        return _parquet(con, source, shape), spanning
    elif source.sheet is not None:
        sheet = excel.Sheet(path, source.sheet, source.name, form)
        _refuse_names(source.name, sheet.columns)
        _keep_stream(con, sheet.schema, sheet.batches(), to, shape)
    elif ending in ENDINGS:
        file = TextFile(path, form)
        _refuse_names(path.name, file.columns)
        _keep_stream(con, file.schema, delimited.batches(file), to, shape)
        spanning = file.spanning
    else:
        raise BookError(f"{path.name}: files ending in '{ending}' are not read; expected {', '.join(ENDINGS)}.")
    return engine.parquet(con, to), spanning


def _parquet(con: Backend, source: Source, shape: Shape) -> ibis.Table:
    """A Parquet file is not copied: what is made of it is a view."""
    try:
        table = engine.parquet(con, source.path, rows=True)
    except Exception as problem:  # noqa: BLE001 - the engine raises several kinds for a file it cannot read
        raise BookError(f"{source.path.name}: not readable as Parquet: {str(problem).splitlines()[0]}") from None
    table = table.mutate(**{ROW: table.file_row_number.cast("int64") + 1}).drop("file_row_number")
    return engine.fenced(con, shape(_typed(con, source, table)))


def _typed(con: BaseBackend, source: Source, table: ibis.Table) -> ibis.Table:
    """A table with its types and ROW, its texts trimmed, with no record broken."""
    _refuse_names(source.name, [name for name in table.columns if name != ROW])
    trimmed = {name: engine.trimmed(table[name]) for name in table.columns if table[name].type().is_string()}
    return engine.fenced(con, table.mutate(**trimmed, **{BROKEN: ibis.null("string")}))


def _refuse_names(source: str, columns: Sequence[str]) -> None:
    """The engine does not tell names apart by case, and names with two underscores are the program's own."""
    times = Counter(name.lower() for name in columns)
    for name in columns:
        if times[name.lower()] > 1:
            raise BookError(f"{source}: two columns are called '{name}', capitals aside; expected each name once.")
        if name.startswith("__") and not name.endswith("__"):
            raise BookError(f"{source}: column '{name}' begins with two underscores; rename it.")


def _keep_stream(con: Backend, schema: pa.Schema, batches: Iterable[pa.RecordBatch], to: Path, shape: Shape) -> None:
    """What the batches raise is raised here, not inside the engine."""
    failed: list[Exception] = []

    def guarded() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except Exception as problem:  # noqa: BLE001 - raised again below, outside the engine
            failed.append(problem)

    reader = pa.RecordBatchReader.from_batches(schema, guarded())
    engine.write(con, shape(engine.stream(con, "__stream", reader)), to)
    if failed:
        raise failed[0]
