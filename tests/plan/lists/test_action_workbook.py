"""The action list as a workbook: read back with openpyxl, opened and printed by LibreOffice."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from treated_sample import PEOPLE, row, treated

from crm_analysis.plan.actions import actions
from crm_analysis.report import action_lists
from crm_analysis.report.action_lists import OFFERED, WIDTHS, write_action_lists
from crm_analysis.report.render import About

ABOUT = About("Nordic &Boards & Söhne " + "x" * 300, "2026Q3", "2026-09-30")
HOSTILE = (
    "=cmd|'/c calc'!A1",
    "<script>alert(1)</script>",
    "x" * 40_000,
    "🙂 emoji 日本語",
    "@SUM(1)",
    "+1\n-2\ttab",
    "ctrl\x01\x1f",
)
TEAMS = (
    "operations centre",
    "field/sales [north]: *all*?\\",
    "field/sales [north]: *ALL*?\\",
    "Summary",
    "'",
    "🙂" * 40,
)


@pytest.fixture
def table():
    rows = [row(f"H{n}", name=text, reason=text, action=text, owner=text) for n, text in enumerate(HOSTILE)]
    rows += [row(text, team="customer support") for text in HOSTILE if len(text) < 100]
    rows += [row(f"T{n}", team=team, revenue=1234.56) for n, team in enumerate(TEAMS)]
    rows += [row("N", **{"class": None}, grade="", revenue=float("nan"), team=None)]
    return actions(treated(*rows), PEOPLE)


@pytest.fixture
def path(table, tmp_path) -> Path:
    write_action_lists(tmp_path / "lists.xlsx", table, ABOUT, "EUR")
    return tmp_path / "lists.xlsx"


def plain(text: str) -> str:
    """A text as a workbook holds it, without the escapes of control characters, which openpyxl leaves."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def test_no_text_runs_and_none_is_lost(path, table):
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    place = list(WIDTHS).index("account_id")
    found = [line[place] for sheet in book.worksheets[1:-1] for line in sheet.iter_rows(min_row=2, values_only=True)]
    assert sorted(map(plain, found)) == sorted(table["account_id"])
    names = {line[place]: line[0] for line in book["sales administration"].iter_rows(min_row=2, values_only=True)}
    assert names["H0"] == HOSTILE[0]
    assert names["H2"] == "x" * 499 + "…"
    assert names["H3"] == HOSTILE[3]


def test_each_team_has_a_sheet_of_a_name_that_is_allowed(path):
    names = openpyxl.load_workbook(path).sheetnames
    assert names[0] == "Summary"
    assert names[-1] == "Words"
    assert len({name.lower() for name in names}) == len(names) == 2 + len(TEAMS) + 3
    assert {"field sales  north    all", "field sales  north    all_2"} <= {name.lower() for name in names}
    assert not [name for name in names if re.search(r"[\[\]:*?/\\]", name) or len(name.encode("utf-16-le")) > 62]


def test_a_sheet_freezes_filters_asks_and_prints(path):
    book = openpyxl.load_workbook(path)
    sheet = book["customer support"]
    rows = sum(len(text) < 100 for text in HOSTILE)
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:N{rows + 1}"
    assert sheet.print_title_rows == "$1:$1"
    setup = sheet.page_setup
    assert (setup.orientation, setup.fitToWidth or 1, setup.fitToHeight) == ("landscape", 1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.oddFooter.left.text.startswith("Nordic &&Boards && Söhne")
    assert sheet.oddFooter.left.text.endswith("…")
    assert sheet.oddFooter.center.text == "customer support"
    assert sheet.oddFooter.right.text == "Page &P of &N"
    words, day = sheet.data_validations.dataValidation
    assert (words.type, words.formula1, str(words.sqref)) == (
        "list",
        f"'Words'!$A$2:$A${len(OFFERED) + 1}",
        f"J2:J{rows + 1}",
    )
    assert (day.type, str(day.sqref)) == ("date", f"M2:M{rows + 1}")
    heads = [cell.value for cell in sheet[1]]
    assert heads[8:13] == ["Revenue (EUR)", "Decided", "Reason of the decision", "Decided by", "Decided on"]
    assert [cell.value for cell in book["Words"]["A"]][1:] == list(OFFERED)
    assert sheet["D2"].alignment.wrap_text


def test_rows_are_as_high_as_their_texts(path):
    sheet = openpyxl.load_workbook(path)["sales administration"]
    high = {sheet.cell(line, 2).value: sheet.row_dimensions[line].height for line in range(2, sheet.max_row + 1)}
    assert high["H0"] == 30  # the owner's column is the narrowest
    assert openpyxl.load_workbook(path)["operations centre"].row_dimensions[2].height is None
    assert high["H2"] == 405  # no row can be higher than 409 points
    assert high["H5"] == 30


def test_the_summary_adds_up(path, table):
    sheet = openpyxl.load_workbook(path)["Summary"]
    lines = {line[0]: line for line in sheet.iter_rows(min_row=7, max_row=7 + len(TEAMS) + 3, values_only=True)}
    assert lines["all"][2] == len(table)
    assert lines["all"][5] == pytest.approx(table["revenue"].sum())
    assert lines["operations centre"][1:] == ("operations centre", 1, 0, 0, 1234.56)
    assert lines["no team"][2] == 1


def test_same_rows_same_bytes(path, table, tmp_path):
    write_action_lists(tmp_path / "again.xlsx", table.copy(), ABOUT, "EUR")
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_more_rows_than_a_sheet_go_on_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(action_lists, "MOST_ROWS", 3)
    table = actions(treated(*(row(f"A{n}") for n in range(8))))
    write_action_lists(tmp_path / "l.xlsx", table, ABOUT)
    book = openpyxl.load_workbook(tmp_path / "l.xlsx")
    assert book.sheetnames[1:-1] == ["sales administration", "sales administration_2", "sales administration_3"]
    assert [sheet.max_row for sheet in book.worksheets[1:-1]] == [4, 4, 3]
    assert book["Summary"]["B7"].value == "sales administration, sales administration_2, sales administration_3"


def test_nothing_to_do_is_said(tmp_path):
    write_action_lists(tmp_path / "l.xlsx", actions(treated(row("A", due=None))), ABOUT)
    book = openpyxl.load_workbook(tmp_path / "l.xlsx")
    assert book.sheetnames == ["Summary", "Words"]
    assert book["Summary"]["A5"].value == "There is nothing to do."


SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_without_a_warning_and_prints_it(path, tmp_path):
    assert zipfile.ZipFile(path).testzip() is None
    out = tmp_path / "out"
    for ending in ("pdf", "xlsx"):
        done = subprocess.run(
            [str(SOFFICE), "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--convert-to",
             ending, "--outdir", str(out), str(path)],
            capture_output=True, text=True, check=False, timeout=300, env=os.environ | {"HOME": str(tmp_path)},
        )  # fmt: skip
        # what it says of a machine without Java is no word about the file
        told = [line for line in done.stderr.splitlines() if line.strip() and "javaldx" not in line]
        assert (done.returncode, told) == (0, [])
    pages = len(re.findall(rb"/Type\s*/Page\b", (out / "lists.pdf").read_bytes()))
    assert pages >= 2 + len(TEAMS) + 3  # the summary and the words, and at least one for each team
    before, after = openpyxl.load_workbook(path), openpyxl.load_workbook(out / "lists.xlsx")
    assert after.sheetnames == before.sheetnames
    own, kept = before["customer support"], after["customer support"]
    for sheet in (own, kept):
        sheet.texts = [[plain(cell.value or "") for cell in line[:5]] for line in sheet["A1:E8"]]
    assert kept.texts == own.texts
    assert [cell.value for cell in kept["F"]] == [cell.value for cell in own["F"]]
    # without a window it keeps nothing of how sheets are looked at, panes included
    assert kept.auto_filter.ref == own.auto_filter.ref
    assert kept.print_title_rows == own.print_title_rows
    assert len(kept.data_validations.dataValidation) == 2
    assert (kept.page_setup.orientation, kept.page_setup.fitToWidth) == ("landscape", 1)
    assert kept.oddFooter.right.text == "Page &P of &N"
