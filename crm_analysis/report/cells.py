"""What all our workbooks share: the same bytes for the same rows, and no text that could run.

Texts are written as texts: no cell can run as a formula or open a link.
"""

from __future__ import annotations

import datetime
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crm_analysis.labels import label
from crm_analysis.report.values import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
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
HEAD = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f]")


@contextmanager
def new_workbook(path: Path) -> Iterator[Workbook]:
    """A workbook that is written row by row, so that its size does not depend on memory."""
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": MADE})
        yield book


def sheet_names(names: Iterable[str], most: int = LONGEST_NAME, taken: Iterable[str] = ()) -> list[str]:
    """Names of sheets: at most 31 characters, each once whatever its case, none like the contents' or one `taken`.

    What a sheet's name may not hold becomes a space, nothing becomes a dash.

    >>> sheet_names(["a" * 40, "a" * 50])[1]
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa_2'
    >>> sheet_names(["field/sales", "'"])
    ['field sales', '-']
    """
    there = {label("sheet_contents").lower(), "history", *(name.lower() for name in taken)}
    found = []
    for name in names:
        plain = _FORBIDDEN.sub(" ", name).encode("utf-8", "ignore").decode().strip("' ") or "-"
        sheet, number = _first(plain, most), 1
        while sheet.lower() in there:
            number += 1
            sheet = f"{_first(plain, most - len(str(number)) - 1)}_{number}"
        there.add(sheet.lower())
        found.append(sheet)
    return found


def _first(name: str, most: int) -> str:
    """The first characters, at most so many UTF-16 units: a sheet's name is measured in those."""
    return name.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore").rstrip("' ")


def write_cell(sheet: Worksheet, row: int, place: int, value: Any, kind: str, shown: Format) -> None:
    """One value in the format of its kind; what is unknown is an empty cell."""
    if is_missing(value):
        return
    if kind == "text":
        sheet.write_string(row, place, cut(str(value)), shown)
    elif kind == "flag":
        sheet.write_string(row, place, label("yes") if value else label("no"), shown)
    elif kind == "date":
        if value.year < 1900:  # before a spreadsheet's first day
            sheet.write_string(row, place, value.isoformat(), shown)
        else:
            sheet.write_datetime(row, place, value, shown)
    else:
        sheet.write_number(row, place, float(value), shown)


def cut(text: str, most: int = LONGEST_TEXT) -> str:
    """The text as far as a cell holds it, its end marked where it is cut."""
    if 2 * len(text) <= most:  # no character has more than two units
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "…"


def width(heading: str, sample: Sequence[Any], kind: str) -> int:
    """Width of a column in characters: of its longest value among the first, within 8 to 50."""
    least = max(len(word) for word in heading.split()) + 3  # the filter's button
    if kind == "text":
        least = max([least, *(len(str(v)) + 1 for v in sample if v is not None)])
    return min(50, max(least, {"money": 14, "exact": 14, "date": 11}.get(kind, 8)))
