"""Decisions that people wrote into the action list, read back: against what was typed, and every mistake in words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from treated_sample import PEOPLE, row, treated

from crm_analysis.errors import UserError
from crm_analysis.plan.actions import ANSWER, actions
from crm_analysis.plan.decisions.answers import MOST, answers
from crm_analysis.report.action_lists import OFFERED, WIDTHS, write_action_lists
from crm_analysis.report.render import About

EXTRACT, ON = dt.date(2026, 9, 30), dt.date(2026, 10, 15)
IDS = ("A", "B", "007", "=1+1", "C")
PLACE = {name: number for number, name in enumerate(WIDTHS, start=1)}


def filled(place: Path, *typed: tuple[str, dict[str, object]], ids: tuple[str, ...] = IDS) -> Path:
    """The action list of accounts, with what was typed into the row of an account."""
    rows = [row(name, team="customer support" if number % 2 else "sales administration")
            for number, name in enumerate(ids)]  # fmt: skip
    path = place / "lists.xlsx"
    write_action_lists(path, actions(treated(*rows), PEOPLE), About("b", "2026Q3", "2026-09-30"), "EUR")
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets[1:-1]:
        for line in range(2, sheet.max_row + 1):
            for account, cells in typed:
                if sheet.cell(line, PLACE["account_id"]).value == account:
                    for name, value in cells.items():
                        sheet.cell(line, PLACE[name]).value = value
                        if isinstance(value, str):
                            sheet.cell(line, PLACE[name]).data_type = "s"
    book.save(path)
    return path


def read(path: Path, on: dt.date | None = ON, by: str = ""):
    return answers(path, frozenset(IDS), EXTRACT, on, by)


def told(path: Path, **more) -> list[str]:
    with pytest.raises(UserError) as mistake:
        read(path, **more)
    *lines, last = str(mistake.value).splitlines()
    assert last == "Nothing was written."
    return lines


def test_what_was_typed_comes_back_and_rows_without_a_word_are_counted(tmp_path):
    path = filled(
        tmp_path,
        ("A", {"decision": " Small-Order  Price", "decision_reason": "knows of a project", "decided_by": "R1"}),
        ("007", {"decision": "keep", "decided_on": dt.datetime(2026, 10, 2)}),
        ("=1+1", {"decision": "desk", "decided_on": "2026-10-03"}),
    )
    found = read(path, by="R9")
    assert found.blank == 2
    keys = [(one.account_id, one.action, one.recommended, one.reason, one.decided_by, one.decided_on.isoformat())
            for one in found.decisions]  # fmt: skip
    assert sorted(keys) == [
        ("007", "keep", "desk", "", "R9", "2026-10-02"),
        ("=1+1", "desk", "desk", "", "R9", "2026-10-03"),
        ("A", "small order price", "desk", "knows of a project", "R1", "2026-10-15"),
    ]


@pytest.mark.parametrize("word", OFFERED)
def test_every_word_offered_is_read(tmp_path, word):
    assert [one.action for one in read(filled(tmp_path, ("A", {"decision": word}))).decisions] == [word]


def test_each_mistake_is_a_sentence_that_names_sheet_row_and_both_sides(tmp_path):
    path = filled(
        tmp_path,
        ("A", {"account_id": "Z", "decision": "keep"}),
        ("B", {"decision": "kepe"}),
        ("007", {"decision": "desk", "decided_on": "soon"}),
        ("=1+1", {"decision_reason": "a project"}),
        ("C", {"account_id": None, "decision": "keep"}),
    )
    lines = told(path)
    assert len(lines) == 5
    assert lines[1].startswith(
        "lists.xlsx [customer support], row 3: 'kepe' under 'Decided' is not known; did you mean 'keep'? "
        f"Expected one of {', '.join(OFFERED)}."
    )
    text = "\n".join(lines)
    assert "account 'Z' is not known; expected one that the book has, under 'Account'." in text
    assert "there is no account number; expected one that the book has, under 'Account'." in text
    assert "'soon' is no date; expected a date such as 2026-09-30 under 'Decided on', or --on DATE." in text
    assert "there is a reason, 'a project', and no decision; expected a word under 'Decided'." in text


def test_a_decision_needs_a_day_that_can_be(tmp_path):
    path = filled(tmp_path, ("A", {"decision": "keep"}))
    assert "there is no day of the decision; expected a date" in told(path, on=None)[0]
    assert (
        "the day of the decision is 2027-10-02; expected one up to a year after"
        in told(path, on=dt.date(2027, 10, 2))[0]
    )
    with pytest.raises(UserError, match=r"is 2020-12-31; expected one from the book's first order of 2021-01-01 on\."):
        answers(path, frozenset(IDS), EXTRACT, dt.date(2020, 12, 31), first=dt.date(2021, 1, 1))
    assert len(read(path, on=dt.date(2027, 10, 1)).decisions) == 1


def test_one_account_is_decided_of_once_a_day(tmp_path):
    twice = ("A", "B")
    path = filled(tmp_path, ("A", {"decision": "keep"}), ("B", {"account_id": "A", "decision": "desk"}), ids=twice)
    said = told(path)[0]
    assert "account 'A' has two decisions on 2026-10-15: 'keep' here, 'desk' in lists.xlsx" in said
    assert said.endswith("; keep one.")
    path = filled(tmp_path, ("A", {"decision": "keep"}), ("B", {"account_id": "A", "decision": "keep"}), ids=twice)
    assert len({one.account_id for one in read(path).decisions}) == 1


def test_many_mistakes_are_counted_after_the_first(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["account_id", *ANSWER])
    for number in range(MOST + 7):
        book.active.append([f"Z{number}", "keep"])
    book.save(tmp_path / "x.xlsx")
    lines = told(tmp_path / "x.xlsx")
    assert len(lines) == MOST + 1
    assert lines[-1] == "And 7 more."


def sheet_of(place: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for line in rows:
        book.active.append(line)
    book.save(place / "own.xlsx")
    return place / "own.xlsx"


def test_columns_go_by_their_headings_in_any_order(tmp_path):
    more = ["Decided on", "Decided by", "Reason of the  decision"]
    path = sheet_of(tmp_path, ["mine", "DECIDED", "Account", *more], ["x", "keep", "A"], [], ["y", "desk", 7])
    found = answers(path, {"A", "7"}, EXTRACT, ON)
    assert [(one.account_id, one.action, one.recommended) for one in found.decisions] == [
        ("A", "keep", ""),
        ("7", "desk", ""),
    ]


def test_a_workbook_that_is_none_or_has_no_such_sheet(tmp_path):
    needed = "'Account', 'Decided', 'Reason of the decision', 'Decided by', 'Decided on'"
    with pytest.raises(UserError, match=f"no sheet has the columns {needed} in its first row; found sheets Sheet"):
        read(sheet_of(tmp_path, ["Account", "Decided"], ["A", "keep"]))
    with pytest.raises(UserError, match="the column 'decision' is there twice"):
        read(sheet_of(tmp_path, ["Account", "Decided", "decision"], ["A", "keep", "keep"]))
    (tmp_path / "a.xlsx").write_text("no workbook")
    with pytest.raises(UserError, match=r"a\.xlsx: is no Excel workbook"):
        read(tmp_path / "a.xlsx")
    with pytest.raises(UserError, match=r"none\.xlsx: No such file"):
        read(tmp_path / "none.xlsx")
    with pytest.raises(UserError, match=r"a\.csv: is no Excel workbook; expected a file ending in \.xlsx"):
        read(tmp_path / "a.csv")
