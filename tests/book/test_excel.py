"""Sheets of workbooks: the same book as from text files, whatever kind of cell a value stands in."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from folders import ACCOUNTS, ORDERS, book_folder, folder

from crm_analysis.book import BookError, open_book
from crm_analysis.book.delimited import ROW
from crm_analysis.book.excel import Sheet
from crm_analysis.book.layout import Format

DAY = {"num_format": "dd.mm.yyyy"}
LINES = [line.split(",") for line in ORDERS.splitlines()]


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    """A workbook with these sheets from their first cell on; an exception class stands for an error cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format(DAY)
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(place, column, dt.datetime.combine(cell, dt.time()), day)
                    elif cell is ZeroDivisionError:
                        sheet.write_formula(place, column, "=1/0", None, "#DIV/0!")
                    elif cell is not None:
                        sheet.write(place, column, cell)
    return path


def cells(path: Path, sheet: str = "S", **form: Any) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Names, and records with their row's number."""
    read = Sheet(path, sheet, path.name, Format(**form))
    rows = [row for batch in read.batches() for row in batch.to_pylist()]
    return read.columns, [(row[ROW], *(row[name] for name in read.columns)) for row in rows]


def by_hand(place: Path, rows: list[list[Any]], **more: Any) -> Path:
    """A book whose orders are these rows of a workbook."""
    place = folder(place, accounts_csv=ACCOUNTS, **more)
    workbook(place / "orders.xlsx", S=rows)
    return place


def revenue(place: Path) -> list[tuple[str, Any]]:
    book = open_book(place)
    frame = book.table("orders").order_by("line_id").execute()
    return list(zip(frame.line_id, frame.revenue, strict=True))


def test_sheets_with_the_contracts_names_need_no_mapping(tmp_path):
    accounts = [line.split(",") for line in ACCOUNTS.splitlines()]
    workbook(tmp_path / "b" / "accounts.xlsx", S=accounts)
    workbook(tmp_path / "b" / "orders.xlsm", S=LINES)
    book = open_book(tmp_path / "b")
    plain = open_book(book_folder(tmp_path / "plain"))
    for name in plain.tables:
        mine = book.table(name).drop("source") if name == "orders" else book.table(name)
        theirs = plain.table(name).drop("source") if name == "orders" else plain.table(name)
        assert mine.execute().equals(theirs.execute())
    assert set(book.check.inputs) == {"accounts.xlsx", "orders.xlsm"}
    assert book.table("orders").source.execute().unique().tolist() == ["orders.xlsm"]


def test_cells_are_written_as_a_text_file_would_hold_them(tmp_path):
    row = [1, 1.0, 0.1 + 0.2, 1 / 3, -2.5, 123456789012345, 1e20, True, "  007 ", None, ZeroDivisionError, 1.5e-7]
    names = [f"c{place}" for place in range(len(row))]
    _, records = cells(workbook(tmp_path / "a.xlsx", S=[names, row, ["x"] * len(row)]))
    assert records[0] == (
        2, "1", "1", "0.3", "0.333333333333333", "-2.5", "123456789012345", "1e+20", "true", "007", "", "#DIV/0!",
        "1.5e-07",
    )  # fmt: skip


def test_columns_of_dates_stay_dates_and_others_are_written_in_the_stated_form(tmp_path):
    day = dt.date(2024, 3, 5)
    path = workbook(tmp_path / "a.xlsx", S=[["days", "mixed"], [day, day], [None, "6.3.2024"]])
    assert cells(path, date="%d.%m.%Y")[1] == [(2, day, "05.03.2024"), (3, None, "6.3.2024")]
    assert cells(path, date="%-d.%-m.%Y")[1][0] == (2, day, "05.03.2024")
    assert cells(path)[1][0] == (2, day, "2024-03-05")
    assert cells(path, date="%Y%m")[1][0] == (2, day, "2024-03-05")  # a form without the day would change it


def test_moments_times_and_durations(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("S")
        sheet.write_row(0, 0, ["at", "time", "long"])
        sheet.write(1, 0, 45000.25, book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}))
        sheet.write(1, 1, 0.25, book.add_format({"num_format": "hh:mm"}))
        sheet.write(1, 2, 1.25, book.add_format({"num_format": "[h]:mm"}))
    assert cells(tmp_path / "a.xlsx")[1] == [(2, dt.datetime(2023, 3, 15, 6), "06:00:00", "30:00:00")]


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx", {"date_1904": True}) as book:
        book.add_worksheet("S").write_column(0, 0, ["day"])
        book.get_worksheet_by_name("S").write_datetime(1, 0, dt.datetime(2024, 3, 5), book.add_format(DAY))
    assert cells(tmp_path / "a.xlsx")[1] == [(2, dt.date(2024, 3, 5))]


@pytest.mark.parametrize("decimal", [",", "."])
def test_typed_cells_do_not_depend_on_the_stated_form_of_texts(tmp_path, decimal):
    """A sheet that holds numbers and dates both typed and as text."""
    rows = [
        ["line_id", "account_id", "ordered_on", "revenue"],
        ["L1", "A1", dt.date(2024, 1, 10), 1234.5],
        ["L2", "A1", "11.01.2024", f"12{decimal}25"],
        ["L3", "A1", dt.date(2024, 2, 12), -0.07],
    ]
    toml = f'[format]\ndate = "%d.%m.%Y"\ndecimal = "{decimal}"\nthousands = "{"." if decimal == "," else ","}"\n'
    place = by_hand(tmp_path / "b", rows, book_toml=toml)
    book = open_book(place)
    assert book.check.exit_code == 0
    frame = book.table("orders").order_by("line_id").execute()
    assert frame.revenue.tolist() == [Decimal("1234.5"), Decimal("12.25"), Decimal("-0.07")]
    assert [str(day)[:10] for day in frame.ordered_on] == ["2024-01-10", "2024-01-11", "2024-02-12"]


def test_rows_of_the_quarantine_are_those_that_excel_shows(tmp_path):
    rows = [
        ["Lines of the quarter"],
        [],
        ["line_id", "account_id", "ordered_on", "revenue"],
        ["L1", "A1", dt.date(2024, 1, 10), 1],
        [],
        ["L2", "A1", dt.date(2024, 1, 10), ZeroDivisionError],
        ["L3", "A1", ZeroDivisionError, 3],
        ["L4", "A2", dt.date(2024, 1, 11), 4],
        [" "],
        [None, ""],
    ]
    book = open_book(by_hand(tmp_path / "b", rows, book_toml="[orders.format]\nskip = 2\n"))
    lost = book.quarantine.order_by("row").execute()
    assert list(zip(lost.row, lost.rule, lost.column, lost.value, strict=True)) == [
        (5, "missing_key", "line_id", None),
        (6, "not_a_number", "revenue", "#DIV/0!"),
        (7, "unparseable_date", "ordered_on", "#DIV/0!"),
    ]
    assert book.check.rows["orders"].found == 5


def test_errors_in_cells_are_seen_in_any_block_of_the_sheet(tmp_path):
    rows: list[list[Any]] = [["id", "x"]]
    rows += [["x" * 20, ZeroDivisionError if place % 20_000 == 1 else place] for place in range(60_000)]
    _, records = cells(workbook(tmp_path / "a.xlsx", S=rows))
    assert [number for number, _, value in records if value == "#DIV/0!"] == [3, 20_003, 40_003]


def test_a_formula_that_was_never_calculated_is_no_empty_cell(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "S"
    for row in (["id", "x"], ["a", "=1+1"], ["b", 3]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert cells(tmp_path / "a.xlsx")[1] == [(2, "a", "#NOT CALCULATED!"), (3, "b", "3")]


def test_a_table_that_begins_elsewhere_and_columns_without_a_name(tmp_path):
    rows = [[], [None, None, "id", None, "x"], [None, None, 1, "note", 2], [], [None, None, 3, None, 4]]
    names, records = cells(workbook(tmp_path / "a.xlsx", S=rows))
    assert names == ("id", "column 4", "x")
    assert records == [(3, "1", "note", "2"), (4, "", "", ""), (5, "3", "", "4")]


def test_names_of_columns_where_the_sheet_has_none(tmp_path):
    path = workbook(tmp_path / "a.xlsx", S=[[1, 2], [3, 4]])
    assert cells(path, header=("x", "y")) == (("x", "y"), [(1, "1", "2"), (2, "3", "4")])
    assert cells(path, header=("x", "y"), skip=1)[1] == [(2, "3", "4")]
    assert cells(path, header=("x", "y", "z"))[1] == [(1, "1", "2", ""), (2, "3", "4", "")]
    with pytest.raises(BookError, match=r"a.xlsx: has 2 columns; `header` in book.toml names 1"):
        cells(path, header=("x",))


def test_many_batches_keep_their_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("crm_analysis.book.excel._BATCH", 7)
    path = workbook(tmp_path / "a.xlsx", S=[["n"], *([place] for place in range(2, 50))])
    assert [(number, int(value)) for number, value in cells(path)[1]] == [(n, n) for n in range(2, 50)]


def test_the_sheet_is_named_or_the_only_one_or_called_as_the_table(tmp_path):
    other = [["other"], [1]]
    toml = '[orders]\nfile = "book.xlsx"\n'
    place = folder(tmp_path / "b", accounts_csv=ACCOUNTS, book_toml=toml)
    workbook(place / "book.xlsx", S=LINES, Empty=[])
    assert [line for line, _ in revenue(place)] == ["L1", "L2"]
    workbook(place / "book.xlsx", Orders=LINES, Other=other)
    assert [line for line, _ in revenue(place)] == ["L1", "L2"]
    workbook(place / "book.xlsx", Lines=LINES, Other=other)
    with pytest.raises(BookError) as problem:
        open_book(place)
    assert str(problem.value) == (
        "book.xlsx: has 2 sheets, 'Lines', 'Other'; expected one, one called 'orders', or sheet = \"...\" in "
        'book.toml, where "*" stands for all of them.'
    )
    folder(place, book_toml=toml + 'sheet = "Lines"\n')
    assert [line for line, _ in revenue(place)] == ["L1", "L2"]
    folder(place, book_toml=toml + 'sheet = "lines"\n')
    with pytest.raises(BookError, match=r"book.xlsx: there is no sheet 'lines'; found 'Lines', 'Other'"):
        open_book(place)


@pytest.mark.parametrize("sheet", ['"*"', '["Q1", "Q2"]'])
def test_several_sheets_are_one_table_and_lines_that_two_share_are_kept_once(tmp_path, sheet):
    head, first, second = LINES
    third = ["L3", "A2", "2024-02-11", "7"]
    place = folder(tmp_path / "b", accounts_csv=ACCOUNTS, book_toml=f'[orders]\nfile = "y.xlsx"\nsheet = {sheet}\n')
    workbook(place / "y.xlsx", Q1=[head, first, second], Q2=[head, second, third], Empty=[])
    if sheet != '"*"':
        workbook(place / "y.xlsx", Q1=[head, first, second], Q2=[head, second, third], Other=[["x"], [1]])
    book = open_book(place)
    orders = book.table("orders").order_by("line_id").execute()
    assert list(zip(orders.line_id, orders.source, strict=True)) == [
        ("L1", "y.xlsx [Q1]"),
        ("L2", "y.xlsx [Q1]"),
        ("L3", "y.xlsx [Q2]"),
    ]
    lost = book.quarantine.execute()
    assert list(zip(lost.rule, lost.file, lost.row, strict=True)) == [("overlapping_source", "y.xlsx [Q2]", 2)]


def test_a_lookup_in_a_workbook_and_the_lock_file_of_an_open_one(tmp_path):
    toml = """
[orders]
file = "lines*.xlsx"
[[orders.lookup]]
file = "products.xlsx"
sheet = "P"
on = "product"
take = ["family"]
"""
    place = folder(tmp_path / "b", accounts_csv=ACCOUNTS, book_toml=toml)
    head, *lines = LINES
    workbook(place / "lines1.xlsx", S=[[*head, "product"], *([*line, 7] for line in lines)])
    (place / "~$lines1.xlsx").write_bytes(b"lock")
    workbook(place / "products.xlsx", P=[["product", "family"], [7, "boards"]], Q=[["x"]])
    assert open_book(place).table("orders").family.execute().tolist() == ["boards", "boards"]
    folder(place, book_toml=toml.replace('sheet = "P"', 'sheet = "*"'))
    with pytest.raises(BookError, match=r"the lookup's file 'products.xlsx' is 2 sheets; name one"):
        open_book(place)


def test_mistakes_in_book_toml(tmp_path):
    place = folder(tmp_path / "b", accounts_csv=ACCOUNTS, orders_csv=ORDERS, book_toml='[orders]\nsheet = "S"\n')
    with pytest.raises(BookError, match=r"orders.csv: `sheet` is given in book.toml, but only workbooks have sheets"):
        open_book(place)
    folder(place, book_toml='[accounts]\nfrom = "orders"\nsheet = "S"\n')
    with pytest.raises(BookError, match=r"accounts.sheet is given with `from`; only files have sheets"):
        open_book(place)
    (place / "book.toml").unlink()
    workbook(place / "orders.xlsx", S=LINES)
    with pytest.raises(BookError, match=r"both orders.csv and orders.xlsx are there; keep one"):
        open_book(place)


def test_names_given_twice_and_sheets_without_any(tmp_path):
    head, *lines = LINES
    with pytest.raises(BookError, match=r"orders.xlsx: two columns are called 'revenue', capitals aside"):
        open_book(by_hand(tmp_path / "b", [[*head, "Revenue"], *lines]))
    with pytest.raises(BookError, match=r"orders.xlsx: the sheet is empty; expected a row with the names"):
        open_book(by_hand(tmp_path / "c", []))
    with pytest.raises(BookError, match=r"orders.xlsx: the file has no rows"):
        open_book(by_hand(tmp_path / "d", [head]))
    workbook(tmp_path / "d" / "orders.xlsx", S=[], T=[])
    with pytest.raises(BookError, match=r"orders.xlsx: all sheets are empty"):
        open_book(tmp_path / "d")


def locked() -> bytes:
    """The smallest compound file that says it holds an encrypted workbook."""

    def entry(name: str, kind: int, child: int, right: int = -1) -> bytes:
        text = name.encode("utf-16-le")
        links = struct.pack("<iii", -1, right, child)
        return (
            text.ljust(64, b"\0")
            + struct.pack("<HBB", len(text) + 2, kind, 1)
            + links
            + bytes(36)
            + (struct.pack("<iQ", -2, 0))
        )

    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIiIIiIiI", 0, 1, 1, 0, 4096, -2, 0, -2, 0)
    head += struct.pack("<i", 0) + struct.pack("<i", -1) * 108
    fat = struct.pack("<ii", -3, -2) + struct.pack("<i", -1) * 126
    folder_ = entry("Root Entry", 5, 1) + entry("EncryptedPackage", 2, -1, 2) + entry("EncryptionInfo", 2, -1)
    return head + fat + folder_.ljust(512, b"\0")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("orders.xlsx", locked, "orders.xlsx: the workbook is protected by a password; save it without one"),
        ("orders.xlsx", lambda: b"PK\x03\x04junk", r"orders.xlsx: not readable as a workbook \(.xlsx\): "),
        ("orders.xlsx", lambda: b"", r"orders.xlsx: not readable as a workbook \(.xlsx\): "),
        ("orders.xls", lambda: b"a;b\n1;2\n", r"orders.xls: not readable as a workbook \(.xls\): "),
        ("orders.xlsb", lambda: b"a;b\n1;2\n", r"orders.xlsb: not readable as a workbook \(.xlsb\): "),
        ("orders.ods", lambda: b"a;b\n1;2\n", r"orders.ods: not readable as a workbook \(.ods\): "),
    ],
)
def test_what_is_no_workbook_is_refused_in_one_sentence(
    tmp_path: Path, name: str, content: Callable[[], bytes], sentence: str
) -> None:
    place = folder(tmp_path / "b", accounts_csv=ACCOUNTS)
    (place / name).write_bytes(content())
    with pytest.raises(BookError, match=sentence) as problem:
        open_book(place)
    assert "\n" not in str(problem.value)


def test_open_document_sheets(tmp_path):
    """A file such as LibreOffice writes, made by hand; days and numbers are typed there too."""
    names = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{n}</text:p></table:table-cell>' for n in LINES[0]
    )
    line = (
        '<table:table-cell office:value-type="string"><text:p>L1</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string"><text:p>A1</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2024-01-10"><text:p>10.01.24</text:p>'
        "</table:table-cell>"
        '<table:table-cell office:value-type="float" office:value="10.5"><text:p>10,50</text:p></table:table-cell>'
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    rows = "".join(f"<table:table-row>{row}</table:table-row>" for row in (names, line))
    body = f'<table:table table:name="S">{rows}</table:table>'
    place = folder(tmp_path / "b", accounts_csv=ACCOUNTS)
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(place / "orders.ods", "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>{body}'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    orders = open_book(place).table("orders").execute()
    assert (orders.line_id[0], str(orders.ordered_on[0])[:10], orders.revenue[0]) == (
        "L1",
        "2024-01-10",
        Decimal("10.5"),
    )
