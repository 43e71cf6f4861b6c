"""Text files of separated fields: their records as batches of trimmed text, none lost.

Delimiter, header and encoding are what book.toml says. Nothing is guessed, because a wrong guess
reads a whole file into one column in silence.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from pyarrow.csv import InvalidRow

    from crm_analysis.book.layout import Format

ROW = "__row"
"""Number of the record in its file, counted from 1; neither the header nor empty lines count."""
BROKEN = "__broken"
"""Text of a record with too few or too many fields; null for all others."""

_BLOCK = 1 << 23
_TRIED = ("utf-8", "gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "cp1250", "cp1251")


class TextFile:
    """A file of separated fields: `path`, `form`, its `columns`, and what reading it showed.

    `before` is the number of lines before the first record; `spanning` counts the records that go
    over several lines, and `broken` holds number and text of those with another number of fields.

    Raises BookError if the file is empty, two columns have one name, or the encoding is wrong.
    """

    def __init__(self, path: Path, form: Format) -> None:
        self.path, self.form = path, form
        self.before, self.spanning = form.skip, 0
        self.broken: list[tuple[int, str]] = []
        self.columns = self._header()

    @property
    def schema(self) -> pa.Schema:
        """Text columns, BROKEN and ROW."""
        return pa.schema([(name, pa.string()) for name in (*self.columns, BROKEN)] + [(ROW, pa.int64())])

    def _header(self) -> tuple[str, ...]:
        """The names in the first line that is not empty; `before` counts those skipped."""
        if isinstance(self.form.header, tuple):
            return self.form.header
        with self.opened() as file:
            for _ in range(self.form.skip):
                file.readline()
            line = file.readline()
            while line and not line.strip("\r\n"):
                self.before += 1
                line = file.readline()
            try:
                names = next(self.reader(_again(line, file)), [])
            except csv.Error:
                names = []
        if any("\n" in name for name in names) and (error := self.open_quote()):
            raise error
        if not any(name.strip() for name in names):
            raise BookError(f"{self.path.name}: the file is empty; expected a line with the names of the columns.")
        return tuple(name.strip() or f"column {place}" for place, name in enumerate(names, start=1))

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Records by Python's own parser."""
        return csv.reader(lines, delimiter=self.form.delimiter, quotechar=self.form.quote)

    @contextmanager
    def opened(self) -> Iterator[IO[str]]:
        """The file as text without its byte-order mark."""
        plain = self.form.encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        try:
            with self.path.open(encoding="utf-8-sig" if plain else self.form.encoding, newline="") as file:
                yield file
        except UnicodeError:
            raise self.wrong_encoding() from None

    def wrong_encoding(self) -> BookError:
        """Where the stated encoding fails, and which encodings do read the file's first megabyte."""
        found = "a byte it does not allow"
        wide = self.form.encoding.lower().replace("-", "").replace("_", "")[:5] in ("utf16", "utf32")
        with self.path.open("rb") as file:
            sample = file.read(1 << 20)
            file.seek(0)
            for number, line in enumerate([] if wide else file, start=1):
                try:
                    line.decode(self.form.encoding)
                except UnicodeError as problem:
                    found = f"{str(problem).rpartition(':')[2].strip()} in line {number:,}"
                    break
        fits = [name for name in _TRIED if name != self.form.encoding.lower() and _decodes(sample, name)]
        return BookError(
            f"{self.path.name}: not readable as {self.form.encoding}: {found}; expected the right `encoding` under "
            f"[format] in book.toml (its first megabyte is readable as {', '.join(fits) or 'none of those tried'})."
        )

    def open_quote(self) -> BookError | None:
        """The error that names the line where a quoted field begins that never ends; None if all end."""
        quote, start = self.form.quote, self.before + 1
        with self.opened() as file:
            for _ in range(self.before):
                file.readline()
            reader = csv.reader(file, delimiter=self.form.delimiter, quotechar=quote, strict=True)
            try:
                for _ in reader:
                    start = self.before + reader.line_num + 1
            except csv.Error as problem:
                if "unexpected end of data" not in str(problem) and "field larger" not in str(problem):
                    return None
                return BookError(
                    f"{self.path.name}: a quoted field begins in line {start:,} and never ends; expected a closing "
                    f"{quote} (or another `quote` under [format] in book.toml)."
                )
        return None


def _again(line: str, rest: IO[str]) -> Iterator[str]:
    yield line
    yield from rest


def _decodes(sample: bytes, encoding: str) -> bool:
    """True if the sample reads in that encoding, but for a character cut at its end."""
    try:
        sample.decode(encoding)
    except UnicodeDecodeError as problem:
        return problem.start >= len(sample) - 4
    return True


def batches(file: TextFile) -> Iterator[pa.RecordBatch]:
    """The records of a file in order, every field as trimmed text, then those that are broken."""
    start, last = 1, ""
    try:
        for batch in _parsed(file):
            if not batch.num_rows:
                continue
            columns = [pc.utf8_trim_whitespace(column) for column in batch.columns]
            numbers = _numbers(start, batch.num_rows, file)
            start = int(numbers[-1]) + 1
            last = batch.columns[-1][-1].as_py()
            file.spanning += _spanning(columns)
            nulls = pa.nulls(batch.num_rows, pa.string())
            yield pa.record_batch([*columns, nulls, pa.array(numbers)], schema=file.schema)
    except UnicodeError:
        raise file.wrong_encoding() from None
    except pa.ArrowInvalid as problem:
        raise _refusal(file, str(problem)) from None
    if file.broken and file.broken[-1][0] >= start:
        last = file.broken[-1][1]
    if "\n" in last and (error := file.open_quote()):
        raise error
    yield _broken(file)


def _parsed(file: TextFile) -> Iterator[pa.RecordBatch]:
    from pyarrow import csv as arrow

    form = file.form
    header = int(form.header is True)
    width = len(file.columns)

    def note(row: InvalidRow) -> str:
        text = f"{row.actual_columns} fields, not {width}: {row.text[:200]}"
        file.broken.append((row.number - file.before - header, text))
        return "skip"

    try:
        # One thread: only then are the numbers of broken records known.
        yield from arrow.open_csv(
            file.path,
            read_options=arrow.ReadOptions(
                column_names=list(file.columns),
                skip_rows=file.before,
                skip_rows_after_names=header,
                encoding=form.encoding,
                block_size=_BLOCK,
                use_threads=False,
            ),
            parse_options=arrow.ParseOptions(
                delimiter=form.delimiter, quote_char=form.quote, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=arrow.ConvertOptions(
                column_types={column: pa.string() for column in file.columns}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as problem:
        if "Empty CSV" not in str(problem) and not _header_only(file):
            raise


def _header_only(file: TextFile) -> bool:
    """True if nothing follows the header: without a last line end pyarrow takes it for a cut record."""
    if file.path.stat().st_size > 1 << 20:
        return False
    with file.opened() as lines:
        for _ in range(file.before):
            lines.readline()
        records = file.reader(iter(lines))
        next(records, None)
        return not any(records)


def _numbers(start: int, count: int, file: TextFile) -> np.ndarray:
    """Numbers of the next `count` whole records, leaving out those of broken ones."""
    broken = [number for number, _ in file.broken if number >= start]
    numbers = np.arange(start, start + count + len(broken))
    return np.setdiff1d(numbers, broken, assume_unique=True)[:count] if broken else numbers


def _spanning(columns: list[pa.Array]) -> int:
    """How many records have a field with a line break inside."""
    found = [pc.match_substring(column, "\n") for column in columns]
    found = [mask for mask in found if pc.any(mask).as_py()]
    if not found:
        return 0
    whole = found[0]
    for mask in found[1:]:
        whole = pc.or_(whole, mask)
    return int(pc.sum(whole).as_py())


def _broken(file: TextFile) -> pa.RecordBatch:
    numbers = pa.array([number for number, _ in file.broken], pa.int64())
    texts = pa.array([text for _, text in file.broken], pa.string())
    nothing = [pa.nulls(len(file.broken), pa.string()) for _ in file.columns]
    return pa.record_batch([*nothing, texts, numbers], schema=file.schema)


def _refusal(file: TextFile, problem: str) -> BookError:
    """The complaint of pyarrow in the user's words."""
    if "UTF8" in problem:
        return file.wrong_encoding()
    if error := file.open_quote():
        return error
    return BookError(f"{file.path.name}: not readable as a file of separated fields: {problem}.")
