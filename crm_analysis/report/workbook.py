"""All tables of a pack in one workbook, with the same bytes for the same tables.

No cell can run (`cells`). A table with more rows than a sheet can hold gets a note that says where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.labels import column, label
from crm_analysis.report.cells import (
    FORMATS,
    HEAD,
    LONGEST_NAME,
    MOST_ROWS,
    cut,
    new_workbook,
    sheet_names,
    width,
    write_cell,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet


def write_workbook(path: Path, folder: Path, tables: Sequence[Mapping[str, Any]]) -> None:
    """Write the tables, Parquet files in folder, as the sheets of one workbook, in the given order.

    `tables` are entries of `tables.contents`. The first sheet lists them. Headings are frozen and
    filter; numbers carry the format of their kind; what is unknown is an empty cell.
    """
    with new_workbook(path) as book:
        formats = {kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()}
        formats["head"] = book.add_format(HEAD)
        names = sheet_names([table["name"] for table in tables])
        _write_contents(book, tables, names, formats)
        for table, name in zip(tables, names, strict=True):
            _write_sheet(book.add_worksheet(name), folder, table, formats)


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
        sheet.write_string(row, 1, cut(table["caption"]), formats["text"])
        sheet.write_number(row, 2, table["rows"], formats["count"])


def _write_sheet(sheet: Worksheet, folder: Path, table: Mapping[str, Any], formats: Mapping[str, Format]) -> None:
    import pyarrow.parquet

    if table["rows"] > MOST_ROWS:
        words = label("sheet_too_long", rows=f"{table['rows']:,}", name=table["name"])
        sheet.write_string(0, 0, words, formats["text"])
        return
    kinds = table["kinds"]
    file = pyarrow.parquet.ParquetFile(folder / f"{table['name']}.parquet")
    batches = file.iter_batches(batch_size=10_000)
    first = next(batches, None)
    for place, name in enumerate(kinds):
        sample = [] if first is None else first.column(place).slice(0, 200).to_pylist()
        sheet.set_column(place, place, width(column(name).title, sample, kinds[name]))
    for place, name in enumerate(kinds):
        sheet.write_string(0, place, column(name).title, formats["head"])
    sheet.freeze_panes(1, 0)
    if table["rows"]:
        sheet.autofilter(0, 0, table["rows"], len(kinds) - 1)
    row = 1
    while first is not None:
        for values in zip(*(part.to_pylist() for part in first.columns), strict=True):
            for place, (value, kind) in enumerate(zip(values, kinds.values(), strict=True)):
                write_cell(sheet, row, place, value, kind, formats[kind])
            row += 1
        first = next(batches, None)
