"""`crm-analysis decide` as its users meet it: what it prints, what it leaves alone, and a book that opens."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from crm_analysis.cli import main

HEADS = ["Account", "Decided", "Reason of the decision", "Decided by", "Decided on", "Recommended"]


@pytest.fixture
def book(tmp_path) -> Path:
    place = tmp_path / "book"
    place.mkdir()
    (place / "accounts.csv").write_text("account_id,name\nA,alpha\nB,beta\n")
    (place / "orders.csv").write_text("line_id,account_id,ordered_on,revenue\n1,A,2026-01-01,10\n2,B,2026-09-30,5\n")
    return place


def filled(place: Path, *rows: list[object]) -> str:
    made = openpyxl.Workbook()
    made.active.title = "customer support"
    for line in (HEADS, *rows):
        made.active.append(line)
    made.save(place / "filled.xlsx")
    return str(place / "filled.xlsx")


def mistake(capsys, *arguments: str) -> str:
    assert main(["decide", *arguments]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith("crm-analysis: ")
    return found.err.removeprefix("crm-analysis: ").rstrip("\n")


def test_decisions_come_into_the_book_once_and_it_opens_with_them(capsys, book, tmp_path):
    file = filled(tmp_path, ["A", "keep", "project", None, None, "desk"], ["B", None, None, None, None, "desk"])
    place = book / "decisions.csv"
    assert main(["decide", str(book), file, "--on", "2026-10-12", "--by", "R7"]) == 0
    assert capsys.readouterr().out == f"{place}: 1 decision added; rows without a decision, left as they are: 1\n"
    assert place.read_text().splitlines()[1:] == ["A,2026-10-12,keep,desk,project,R7"]
    assert main(["decide", str(book), file, "--on", "2026-10-12", "--by", "R7"]) == 0
    assert "0 decisions added; already there: 1;" in capsys.readouterr().out
    assert main(["check", str(book)]) == 0  # although the decision is later than the extract
    assert "decisions          1             1                0" in capsys.readouterr().out


def test_decisions_other_than_recommended_without_a_reason_are_counted(capsys, book, tmp_path):
    file = filled(tmp_path, ["A", "keep", None, None, None, "desk"], ["B", "desk", None, None, None, "desk"])
    assert main(["decide", str(book), file, "--on", "2026-10-12"]) == 0
    assert "2 decisions added; other than recommended and without a reason: 1\n" in capsys.readouterr().out


def test_an_empty_list_is_said(capsys, book, tmp_path):
    assert main(["decide", str(book), filled(tmp_path, ["A", None, None, None, None, "desk"])]) == 0
    assert "nothing is decided in it, and nothing was written." in capsys.readouterr().out
    assert not (book / "decisions.csv").exists()


def test_after_one_mistake_nothing_is_written(capsys, book, tmp_path):
    file = filled(tmp_path, ["A", "keep", None, None, None, None], ["C", "keep", None, None, None, None])
    said = mistake(capsys, str(book), file, "--on", "2026-10-12").splitlines()
    assert said == [
        "filled.xlsx [customer support], row 3: account 'C' is not known; expected one that the book has, under "
        "'Account'.",
        "Nothing was written.",
    ]
    assert not (book / "decisions.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{book}/nowhere", "{file}"], "is no folder; expected the folder of a book"),
        (["{book}/orders.csv", "{file}"], "is no folder; expected the folder of a book"),
        (["postgresql://reader@erp/sales", "{file}"], "is no folder; expected the folder of a book"),
        (["{book}", "{book}/none.xlsx"], "expected the workbook with the decisions"),
        (["{book}", "{book}/orders.csv"], "is no Excel workbook; expected a file ending in"),
        (["{book}", "{file}", "--on", "12.10.2026"], "'12.10.2026' is no date; expected such as 2026-09-30"),
        (
            ["{book}", "{file}"],
            "there is no day of the decision; expected a date such as 2026-09-30 under 'Decided on'",
        ),
        (
            ["{book}", "{file}", "--on", "2062-10-12"],
            "the day of the decision is 2062-10-12; expected one up to a year",
        ),
        (
            ["{book}", "{file}", "--on", "2025-12-31"],
            "the day of the decision is 2025-12-31; expected one from the book's first order of 2026-01-01 on.",
        ),
        (["{book}", "{file}", "--toml", "none.toml"], "none.toml"),
    ],
)
def test_a_mistake_is_one_sentence(capsys, book, tmp_path, arguments, words):
    file = filled(tmp_path, ["A", "keep", None, None, None, None])
    assert words in mistake(capsys, *(one.format(book=book, file=file) for one in arguments))
    assert not (book / "decisions.csv").exists()


def test_a_value_of_the_sheet_cannot_steer_the_terminal(capsys, book, tmp_path):
    file = filled(tmp_path, ["A\u202e", "kee\u009bp", None, None, None, None])
    said = mistake(capsys, str(book), file, "--on", "2026-10-12")
    assert "\u202e" not in said
    assert "\u009b" not in said
