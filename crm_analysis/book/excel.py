"""Sheets of workbooks as records of trimmed text, as a text file exported from them would hold.

Read by calamine, which gives the values of cells and not how they are shown: 7 shown as 007 is 7. A
typed number is written in the table's own stated form, so that it is read back as that number
whatever that form is; columns that hold nothing but dates stay dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from crm_analysis.book.delimited import BROKEN, ROW
from crm_analysis.book.error_cells import error_cells
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

    from crm_analysis.book.layout import Format

ENDINGS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
EVERY = "*"
"""Stands for all sheets of a workbook."""
_BATCH = 50_000
_EXACT = 2**53
"""Up to here a double holds every whole number."""


def sheets(path: Path, wanted: Sequence[str], table: str | None) -> tuple[str, ...]:
    """The names of the sheets to read of a workbook: those wanted, or the only one, or the one called as the table.

    Sheets without any cell are left out, unless they are asked for by name. Raises BookError for a sheet that is not
    there, if several could be meant, or if the workbook cannot be read.
    """
    from python_calamine import SheetTypeEnum

    with _workbook(path) as book:
        there = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        if wanted and EVERY not in wanted:
            for name in wanted:
                if name not in there:
                    raise BookError(f"{path.name}: there is no sheet '{name}'; found {_listed(there)}.")
            return tuple(dict.fromkeys(wanted))
        if not wanted and (named := [name for name in there if name.lower() == table]):
            return (named[0],)
        filled = [name for name in there if len(there) == 1 or book.get_sheet_by_name(name).start is not None]
    if not filled:
        raise BookError(f"{path.name}: all sheets are empty; expected a row with the names of the columns.")
    if len(filled) > 1 and not wanted:
        called = f", one called '{table}'" if table else ""
        raise BookError(
            f"{path.name}: has {len(filled)} sheets, {_listed(filled)}; expected one{called}, or sheet = "
            '"..." in book.toml, where "*" stands for all of them.'
        )
    return tuple(filled)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:10]) + (" and more" if len(names) > 10 else "")


def _workbook(path: Path) -> CalamineWorkbook:
    """Raises BookError where calamine cannot read the file."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    with path.open("rb"):  # a file that may not be read is named by the system's own error
        pass
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError:
        raise BookError(f"{path.name}: the workbook is protected by a password; save it without one.") from None
    except CalamineError as problem:
        raise BookError(f"{path.name}: not readable as a workbook ({path.suffix}): {problem}.") from None


class Sheet:
    """A sheet: its `columns`, and by `batches` its records, typed as `schema` says.

    `form` is the table's stated form: `skip` counts rows of the sheet, `header` is the row with the
    names, or the names themselves. Rows are numbered as Excel does. `label` names the sheet in errors.

    Raises BookError if the sheet is empty, or the given header does not fit.
    """

    def __init__(self, path: Path, name: str, label: str, form: Format) -> None:
        from python_calamine import CalamineError

        self.label, self.form = label, form
        with _workbook(path) as book:
            try:
                self._sheet: CalamineSheet = book.get_sheet_by_name(name)
            except CalamineError as problem:
                raise BookError(f"{label}: not readable as a sheet: {problem}.") from None
        self._errors = error_cells(path, name)
        self._first = 0
        """Place of the first record among the sheet's rows, counted from 0."""
        self._end = 0
        names = self._header()
        kinds = self._kinds(len(names))
        left = (self._sheet.start or (0, 0))[1]
        self._used = [place for place, name in enumerate(names) if name or kinds[place]]
        self.columns = tuple(names[place] or f"column {left + place + 1}" for place in self._used)
        self._types = [_type(kinds[place]) for place in self._used]

    @property
    def schema(self) -> pa.Schema:
        """The columns, dates as dates and all else as text; BROKEN (always null) and ROW."""
        own = zip(self.columns, self._types, strict=True)
        return pa.schema([*own, (BROKEN, pa.string()), (ROW, pa.int64())])

    def _rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Every row from the sheet's first to its last, with its place counted from 0; error cells as their text."""
        left = (self._sheet.start or (0, 0))[1]
        for place, row in enumerate(self._sheet.iter_rows()):
            for column, text in self._errors.get(place, ()):
                if left <= column < left + len(row):
                    row[column - left] = text
            yield place, row

    def _header(self) -> list[str]:
        """The names of the columns; sets where the records begin."""
        width = self._sheet.width
        given = self.form.header
        if isinstance(given, tuple):
            if width > len(given):
                raise BookError(f"{self.label}: has {width} columns; `header` in book.toml names {len(given)}.")
            self._first = self.form.skip
            return list(given)
        for place, row in self._rows():
            if place >= self.form.skip and any(map(_filled, row)):
                self._first = place + 1
                return [_text(cell, self.form).strip() for cell in row]
        raise BookError(f"{self.label}: the sheet is empty; expected a row with the names of the columns.")

    def _blocks(self) -> Iterator[tuple[int, list[list[Any]]]]:
        """The rows from the first record on, many at once, each time with the place of the first of them."""
        rows: list[list[Any]] = []
        start = self._first
        for place, row in self._rows():
            if place >= self._first:
                rows.append(row)
                if len(rows) == _BATCH:
                    yield start, rows
                    start, rows = place + 1, []
        if rows:
            yield start, rows

    def _kinds(self, width: int) -> list[set[type]]:
        """The kinds of cells in each column; also finds the end, after which all rows are empty."""
        kinds: list[set[type]] = [set() for _ in range(width)]
        for start, rows in self._blocks():
            for kind, column in zip(kinds, zip(*rows, strict=True), strict=False):
                found = set(map(type, column))
                if str in found and not any(isinstance(cell, str) and cell.strip() for cell in column):
                    found.remove(str)
                kind |= found
            last = next((place for place in reversed(range(len(rows))) if any(map(_filled, rows[place]))), None)
            if last is not None:
                self._end = start + last + 1
        return kinds

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The records in order."""
        for start, rows in self._blocks():
            if start < self._end:
                yield self._batch(rows[: self._end - start], start)

    def _batch(self, rows: list[list[Any]], start: int) -> pa.RecordBatch:
        cells = list(zip(*rows, strict=True))
        columns = []
        for place, kind in zip(self._used, self._types, strict=True):
            if place >= len(cells):  # `header` names more columns than the sheet has
                columns.append(pa.array([""] * len(rows), kind))
            elif pa.types.is_string(kind):
                texts = pa.array([_text(cell, self.form) for cell in cells[place]], kind)
                columns.append(pc.utf8_trim_whitespace(texts))
            else:
                columns.append(pa.array([None if isinstance(cell, str) else cell for cell in cells[place]], kind))
        numbers = pa.array(range(start + 1, start + len(rows) + 1), pa.int64())
        return pa.record_batch([*columns, pa.nulls(len(rows), pa.string()), numbers], schema=self.schema)


def _filled(cell: Any) -> bool:
    return not (isinstance(cell, str) and not cell.strip())


def _type(kinds: set[type]) -> pa.DataType:
    """What a column of such cells is kept as."""
    if kinds == {dt.date}:
        return pa.date32()
    if kinds and kinds <= {dt.date, dt.datetime}:
        return pa.timestamp("us")
    return pa.string()


def _text(cell: Any, form: Format) -> str:
    """A cell as a text file in that form would hold it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number(cell).replace(".", form.decimal)
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return written(cell, form) if isinstance(cell, dt.date) else str(cell)


def written(cell: dt.date, form: Format) -> str:
    """A day in the stated form; as YYYY-MM-DD where that has none, or names no whole day."""
    if form.date is not None:
        padded = form.date.replace("%-", "%")  # which Python does not read, nor Windows write
        told = cell.strftime(padded)
        if _day(told, padded) == (cell.date() if isinstance(cell, dt.datetime) else cell):
            return told
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell)


def _day(written: str, form: str) -> dt.date | None:
    """The day read back; None for a form of dates that does not name the whole day."""
    try:
        return dt.datetime.strptime(written, form).date()
    except ValueError:
        return None


def _number(value: float) -> str:
    """Whole numbers without a point, others with the 15 digits that Excel itself keeps."""
    if abs(value) < _EXACT and value == int(value):
        return str(int(value))
    return f"{value:.15g}"
