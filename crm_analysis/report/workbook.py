"""All tables of a pack in one workbook, with the same bytes for the same tables.

Texts are written as texts: no cell can run as a formula or open a link. A table with more rows than
a sheet can hold gets a note that says where it is.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from crm_analysis.labels import column, label
from crm_analysis.report.values import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_575  # of a sheet, below its header
LONGEST_NAME = 31
LONGEST_TEXT = 32_767  # of a cell, in UTF-16 units
MADE = datetime.datetime(2000, 1, 1)  # a constant: a creation time would differ on every run
FORMATS = {
    "money": "#,##0.00",
    "exact": "#,##0.00",
    "share": "0.0%",
    "count": "#,##0",
    "number": "#,##0.####",
    "points": "#,##0.0",
    "measure": "General",
    "date": "yyyy-mm-dd",
    "text": "@",
    "flag": "@",
}


def write_workbook(path: Path, folder: Path, tables: Sequence[Mapping[str, Any]]) -> None:
    """Write the tables, Parquet files in folder, as the sheets of one workbook, in the given order.

    `tables` are entries of `tables.contents`. The first sheet lists them. Headings are frozen and
    filter; numbers carry the format of their kind; what is unknown is an empty cell.
    """
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": MADE})
        formats = {kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()}
        formats["head"] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        names = sheet_names([table["name"] for table in tables])
        _write_contents(book, tables, names, formats)
        for table, name in zip(tables, names, strict=True):
            _write_sheet(book.add_worksheet(name), folder, table, formats)


def sheet_names(names: Iterable[str], most: int = LONGEST_NAME) -> list[str]:
    """Names of sheets: at most 31 characters, each once whatever its case, none like the contents'.

    >>> sheet_names(["a" * 40, "a" * 50])[1]
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa_2'
    """
    taken = {label("sheet_contents").lower(), "history"}
    found = []
    for name in names:
        sheet, number = name[:most], 1
        while sheet.lower() in taken:
            number += 1
            sheet = f"{name[: most - len(str(number)) - 1]}_{number}"
        taken.add(sheet.lower())
        found.append(sheet)
    return found


def _write_contents(
    book: Workbook, tables: Sequence[Mapping[str, Any]], names: Sequence[str], formats: Mapping[str, Format]
) -> None:
    sheet = book.add_worksheet(label("sheet_contents"))
    sheet.set_column(0, 0, LONGEST_NAME + 2)
    sheet.set_column(1, 1, 90)
    for place, key in enumerate(("sheet_column", "sheet_description", "sheet_rows")):
        sheet.write_string(0, place, label(key), formats["head"])
    sheet.freeze_panes(1, 0)
    for row, (table, name) in enumerate(zip(tables, names, strict=True), start=1):
        sheet.write_string(row, 0, name, formats["text"])
        sheet.write_string(row, 1, _cut(table["caption"]), formats["text"])
        sheet.write_number(row, 2, table["rows"], formats["count"])


def _write_sheet(sheet: Worksheet, folder: Path, table: Mapping[str, Any], formats: Mapping[str, Format]) -> None:
    import pyarrow.parquet

    if table["rows"] > MOST_ROWS:
        words = label("sheet_too_long").format(rows=f"{table['rows']:,}", name=table["name"])
        sheet.write_string(0, 0, words, formats["text"])
        return
    kinds = table["kinds"]
    file = pyarrow.parquet.ParquetFile(folder / f"{table['name']}.parquet")
    batches = file.iter_batches(batch_size=10_000)
    first = next(batches, None)
    for place, name in enumerate(kinds):
        sample = [] if first is None else first.column(place).slice(0, 200).to_pylist()
        sheet.set_column(place, place, _width(column(name).title, sample, kinds[name]))
    for place, name in enumerate(kinds):
        sheet.write_string(0, place, column(name).title, formats["head"])
    sheet.freeze_panes(1, 0)
    if table["rows"]:
        sheet.autofilter(0, 0, table["rows"], len(kinds) - 1)
    row = 1
    while first is not None:
        for values in zip(*(part.to_pylist() for part in first.columns), strict=True):
            for place, (value, kind) in enumerate(zip(values, kinds.values(), strict=True)):
                _write_cell(sheet, row, place, value, kind, formats[kind])
            row += 1
        first = next(batches, None)


def _write_cell(sheet: Worksheet, row: int, place: int, value: Any, kind: str, shown: Format) -> None:
    if is_missing(value):
        return
    if kind == "text":
        sheet.write_string(row, place, _cut(str(value)), shown)
    elif kind == "flag":
        sheet.write_string(row, place, label("yes") if value else label("no"), shown)
    elif kind == "date":
        if value.year < 1900:  # before a spreadsheet's first day
            sheet.write_string(row, place, value.isoformat(), shown)
        else:
            sheet.write_datetime(row, place, value, shown)
    else:
        sheet.write_number(row, place, float(value), shown)


def _cut(text: str) -> str:
    """The text as far as a cell holds it, its end marked where it is cut."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * LONGEST_TEXT:
        return text
    return units[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"


def _width(heading: str, sample: Sequence[Any], kind: str) -> int:
    """Width of a column in characters: of its longest value among the first, within 8 to 50."""
    least = max(len(word) for word in heading.split()) + 3  # the filter's button
    if kind == "text":
        least = max([least, *(len(str(v)) + 1 for v in sample if v is not None)])
    return min(50, max(least, {"money": 14, "exact": 14, "date": 11}.get(kind, 8)))
