"""A workbook made in one language, read back by a command that speaks another; the book keeps codes."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import openpyxl
import pytest
from treated_sample import PEOPLE, row, treated

from crm_analysis.cli import main
from crm_analysis.errors import UserError
from crm_analysis.labels import column, label
from crm_analysis.labels.language import LANGUAGES, speaking
from crm_analysis.plan.actions import ANSWER, OFFERED, actions
from crm_analysis.plan.decisions.answers import NAMES, answers
from crm_analysis.potential.advice.decided import WORDS
from crm_analysis.potential.advice.words import SAID, decision_read, decision_said
from crm_analysis.report.action_lists import WIDTHS, write_action_lists
from crm_analysis.report.render import About
from crm_analysis.report.sentences.plan_words import worded

EXTRACT, ON = dt.date(2026, 9, 30), dt.date(2026, 10, 15)
IDS = ("A", "B", "C", "D")
PLACE = {name: number for number, name in enumerate(WIDTHS, start=1)}


def filled(path: Path, code: str, words: dict[str, str], **more: object) -> Path:
    """The action list in a language, with these words of it written into the rows of accounts."""
    rows = [row(name, recommended=word) for name, word in zip(IDS, ("desk", "cut", "survey first", "key"), strict=True)]
    with speaking(code):
        table = worded(actions(treated(*rows), PEOPLE))
        write_action_lists(path, table, About("b", "2026Q3", "2026-09-30"), "EUR")
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets[1:-1]:
        for line in range(2, sheet.max_row + 1):
            word = words.get(sheet.cell(line, PLACE["account_id"]).value)
            if word:
                for name, value in {"decision": word, **more}.items():
                    sheet.cell(line, PLACE[name]).value = value
    book.save(path)
    return path


@pytest.mark.parametrize(("made", "spoken"), [*itertools.product(LANGUAGES, LANGUAGES)])
def test_a_workbook_of_one_language_is_read_in_another(tmp_path, made, spoken):
    codes = {"A": "keep", "B": "small order price", "C": "survey first", "D": "goodbye"}
    with speaking(made):
        words = {name: decision_said(code) for name, code in codes.items()}
    path = filled(tmp_path / "lists.xlsx", made, words, decision_reason="有一个项目", decided_by="R1")
    with speaking(spoken):
        found = answers(path, frozenset(IDS), EXTRACT, ON)
    assert {one.account_id: one.action for one in found.decisions} == codes
    assert sorted(one.recommended for one in found.decisions) == ["cut", "desk", "key", "survey first"]
    assert {(one.reason, one.decided_by) for one in found.decisions} == {("有一个项目", "R1")}


def test_the_book_keeps_codes_whatever_the_language(tmp_path, capsys):
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "accounts.csv").write_text("account_id,name\n" + "".join(f"{name},company {name}\n" for name in IDS))
    (folder / "orders.csv").write_text("account_id,ordered_on,revenue\nA,2026-01-15,100\n")
    (folder / "book.toml").write_text("extracted_on = 2026-09-30\n")
    path = filled(tmp_path / "行动清单.xlsx", "zh-CN", {"A": "保留", "B": "停止主动服务"})
    assert main(["decide", str(folder), str(path), "--on", "2026-10-15"]) == 0
    assert "2 decisions added" in capsys.readouterr().out
    header, *lines = (folder / "decisions.csv").read_text(encoding="utf-8").splitlines()
    assert header.startswith("account_id,decided_on,action,recommended")
    assert sorted(line.split(",")[:4] for line in lines) == [
        ["A", "2026-10-15", "keep", "desk"],
        ["B", "2026-10-15", "cut", "cut"],
    ]


@pytest.mark.parametrize("code", LANGUAGES)
def test_words_and_headings_are_each_of_one_meaning(code):
    with speaking(code):
        assert {decision_read(decision_said(word)) for word in WORDS} == set(WORDS) == set(SAID)
        assert len({column(name).title.casefold() for name in WIDTHS}) == len(WIDTHS)
        assert len({decision_said(word) for word in WORDS}) == len(WORDS)
    every = [heading for one in LANGUAGES for heading in _headings(one)]
    assert len(every) == len(set(every))


def _headings(code: str) -> list[str]:
    with speaking(code):
        return [column(name).title.casefold() for name in NAMES]


def test_a_mistake_is_told_with_the_words_of_the_sheet(tmp_path):
    path = filled(tmp_path / "lists.xlsx", "zh-CN", {"A": "小单"})
    with pytest.raises(UserError) as mistake:
        answers(path, frozenset(IDS), EXTRACT, ON)
    said = str(mistake.value)
    with speaking("zh-CN"):
        heading, words = column("decision").title, [decision_said(code) for code in OFFERED]
    assert f"'小单' under '{heading}' is not known; did you mean '小单加价'?" in said
    assert ", ".join(words) in said


def test_a_workbook_in_chinese_speaks_it_throughout(tmp_path):
    book = openpyxl.load_workbook(filled(tmp_path / "lists.xlsx", "zh-CN", {}))
    with speaking("zh-CN"):
        assert [book.sheetnames[0], book.sheetnames[-1]] == [label("sheet_summary"), label("sheet_words")]
        heads = [cell.value for cell in book.worksheets[1][1]]
        assert heads[PLACE["decision"] - 1] == column("decision").title
    assert len(ANSWER) == sum(cell.fill.bgColor.rgb == "FFFFF2CC" or cell.fill.fgColor.rgb == "FFFFF2CC"
                              for cell in book.worksheets[1][1])  # fmt: skip
    texts = [str(cell.value) for sheet in (book.worksheets[0], book.worksheets[-1]) for line in sheet for cell in line
             if cell.value is not None]  # fmt: skip
    left = [text for text in texts if text.isascii() and any(map(str.isalpha, text)) and text != "Bo"]
    assert left == []
