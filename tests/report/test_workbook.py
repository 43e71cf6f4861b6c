from __future__ import annotations

import datetime
import zipfile

import openpyxl
import pandas as pd
import pytest
from report_samples import HOSTILE

from crm_analysis.report import workbook
from crm_analysis.report.tables import contents, write_table
from crm_analysis.report.workbook import sheet_names, write_workbook

KINDS = {"account_id": "text", "name": "text", "ordered_on": "date", "revenue": "money", "margin_rate": "share"}


@pytest.fixture
def tables(tmp_path):
    frame = pd.DataFrame(
        {
            "account_id": [f"{i:03}" for i in range(len(HOSTILE))],
            "name": HOSTILE,
            "ordered_on": [datetime.date(2026, 1, 1), None, datetime.date(1899, 1, 1), *[None] * 5],
            "revenue": [1.5, float("nan"), float("inf"), *[-1234.5] * 5],
            "margin_rate": 0.25,
        }
    )
    write_table(frame, KINDS, tmp_path, "a" * 40, f"First {HOSTILE[1]}")
    write_table(frame, KINDS, tmp_path, "a" * 41, HOSTILE[1])
    return tmp_path


def test_no_cell_runs_as_a_formula_or_a_link(tables):
    write_workbook(tables / "t.xlsx", tables, contents(tables)["tables"])
    book = openpyxl.load_workbook(tables / "t.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    sheet = book["a" * 31]
    assert [row[1].value for row in sheet.iter_rows(min_row=2, max_row=7)] == list(HOSTILE[:6])
    assert sheet["A2"].value == "000"
    assert sheet["D3"].value is None
    assert sheet["C2"].value == datetime.datetime(2026, 1, 1)
    assert sheet["C4"].value == "1899-01-01"
    assert (sheet["E2"].number_format, sheet["C2"].number_format) == ("0.0%", "yyyy-mm-dd")
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:E{len(HOSTILE) + 1}"
    assert book.sheetnames[0] == "Contents"


def test_same_tables_same_bytes(tables):
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tables / name, tables, contents(tables)["tables"])
    assert (tables / "a.xlsx").read_bytes() == (tables / "b.xlsx").read_bytes()


def test_sheet_names_fit_and_differ():
    names = sheet_names(["contents", "history", *["x" * 60] * 12])
    assert len({name.lower() for name in names} | {"contents", "history"}) == 16
    assert max(map(len, names)) == 31


def test_a_table_too_long_for_a_sheet_gets_a_note(tables, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 5)
    write_workbook(tables / "t.xlsx", tables, contents(tables)["tables"])
    assert openpyxl.load_workbook(tables / "t.xlsx")["a" * 31]["A1"].value.startswith("8 rows are more than")


def test_a_text_longer_than_a_cell_is_cut_and_marked(tmp_path):
    write_table(pd.DataFrame({"name": ["x" * 40_000, "🙂" * 20_000]}), {"name": "text"}, tmp_path, "t")
    write_workbook(tmp_path / "t.xlsx", tmp_path, contents(tmp_path)["tables"])
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["t"]
    assert len(sheet["A2"].value) == 32_767
    assert sheet["A2"].value.endswith("…")
    assert sheet["A3"].value.endswith("🙂…")


def test_no_tables_still_make_a_workbook(tmp_path):
    write_workbook(tmp_path / "t.xlsx", tmp_path, [])
    assert zipfile.is_zipfile(tmp_path / "t.xlsx")
