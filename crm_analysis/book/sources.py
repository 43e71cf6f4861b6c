"""Files as tables, nothing interpreted yet: CSV as trimmed text, Parquet as it is typed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from crm_analysis.book import delimited, engine
from crm_analysis.book.delimited import BROKEN, ROW, TextFile
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from crm_analysis.book.mapping import Format

ENDINGS = (".csv", ".txt", ".tsv", ".parquet")
_EDGES = r"^[\s\pZ]+|[\s\pZ]+$"


def files(folder: Path, pattern: str) -> list[Path]:
    """The files a book.toml names, in order of name; `*` stands for anything.

    Raises BookError if there is none, or if the name leads out of the folder.
    """
    if ".." in Path(pattern).parts or PurePosixPath(pattern).is_absolute() or PureWindowsPath(pattern).drive:
        raise BookError(f"book.toml: file '{pattern}' leads out of the book's folder; name a file inside it.")
    found = sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]
    found = [path for path in found if path.is_file()]
    if not found:
        raise BookError(f"{folder.name}: there is no file '{pattern}'; found {listing(folder)}.")
    return found


def listing(folder: Path) -> str:
    """The names of the first ten files of a folder, for an error."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    return ", ".join(names[:10]) + (" and more" if len(names) > 10 else "") or "no files"


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


Shape = Callable[[ibis.Table], ibis.Table]
"""What is made of a file's columns (and ROW and BROKEN) while it is read."""


def load(con: Backend, path: Path, form: Format, to: Path, shape: Shape) -> tuple[ibis.Table, int]:
    """One file, read once, shaped, and kept as Parquet in `to`: the table there, and how many records span lines.

    Raises BookError for an ending other than csv, txt, tsv or parquet, a wrong encoding, no header,
    two columns of one name, or a quoted field that never ends.
    """
    ending, spanning = path.suffix.lower(), 0
    if ending == ".parquet":
        _keep_parquet(con, path, to, shape)
    elif ending in ENDINGS:
        file = TextFile(path, form)
        _refuse_names(path, file.columns)
        _keep_text(con, file, to, shape)
        spanning = file.spanning
    else:
        raise BookError(f"{path.name}: files ending in '{ending}' are not read; expected {', '.join(ENDINGS)}.")
    return engine.parquet(con, to), spanning


def _keep_parquet(con: Backend, path: Path, to: Path, shape: Shape) -> None:
    try:
        table = engine.parquet(con, path, rows=True)
    except Exception as problem:  # noqa: BLE001 - the engine raises several kinds for a file it cannot read
        raise BookError(f"{path.name}: not readable as Parquet: {str(problem).splitlines()[0]}") from None
    table = table.mutate(**{ROW: table.file_row_number.cast("int64") + 1}).drop("file_row_number")
    _refuse_names(path, [name for name in table.columns if name != ROW])
    trimmed = {name: table[name].re_replace(_EDGES, "") for name in table.columns if table[name].type().is_string()}
    table = engine.fenced(con, table.mutate(**trimmed, **{BROKEN: ibis.null("string")}))
    engine.write(con, shape(table), to)


def _refuse_names(path: Path, columns: Sequence[str]) -> None:
    """The engine does not tell names apart by case, and names with two underscores are the program's own."""
    times = Counter(name.lower() for name in columns)
    for name in columns:
        if times[name.lower()] > 1:
            raise BookError(f"{path.name}: two columns are called '{name}', capitals aside; expected each name once.")
        if name.startswith("__") and not name.endswith("__"):
            raise BookError(f"{path.name}: column '{name}' begins with two underscores; rename it.")


def _keep_text(con: Backend, file: TextFile, to: Path, shape: Shape) -> None:
    """What the batches raise is raised here, not inside the engine."""
    failed: list[Exception] = []

    def guarded(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except Exception as problem:  # noqa: BLE001 - raised again below, outside the engine
            failed.append(problem)

    reader = pa.RecordBatchReader.from_batches(file.schema, guarded(delimited.batches(file)))
    engine.write(con, shape(engine.stream(con, "__stream", reader)), to)
    if failed:
        raise failed[0]
