"""From the action list to the next quarter: filled in, decided, and told what became of it, in one folder of files."""

from __future__ import annotations

import openpyxl
import pandas as pd
from small_books import DAY
from treated_sample import PEOPLE, row, treated

from crm_analysis.accounts import accounts
from crm_analysis.book import open_book
from crm_analysis.cli import main
from crm_analysis.plan.actions import actions
from crm_analysis.plan.decisions.fate import fates
from crm_analysis.plan.facts import facts
from crm_analysis.potential.advice.decided import overrides, unknown
from crm_analysis.report.action_lists import WIDTHS, write_action_lists
from crm_analysis.report.render import About
from crm_analysis.value.segments import bars

NAMES = "ABCD"
PLACE = {name: number for number, name in enumerate(WIDTHS, start=1)}


def orders(until: str, stopped: str = "") -> str:
    """Monthly orders of all accounts; those in `stopped` order nothing after 30 September 2026."""
    lines = ["line_id,account_id,ordered_on,revenue"]
    for size, name in enumerate(NAMES, start=1):
        for day in pd.date_range("2024-01-15", until, freq="14D"):
            if name not in stopped or day.date() <= DAY:
                lines.append(f"{name}{day:%y%m%d},{name},{day:%Y-%m-%d},{100 * size}")
    return "\n".join(lines) + "\n"


def test_decisions_survive_the_next_quarter_and_are_told_about(tmp_path, capsys):
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "accounts.csv").write_text("account_id,name\n" + "".join(f"{name},company {name}\n" for name in NAMES))
    (folder / "orders.csv").write_text(orders("2026-09-30"))
    (folder / "book.toml").write_text("extracted_on = 2026-09-30\n")

    # the quarter's list, filled in
    words = {"A": ("keep", "desk"), "B": ("desk", "desk"), "C": ("goodbye", "cut")}
    table = actions(treated(*(row(name, recommended=words.get(name, ("", "desk"))[1]) for name in NAMES)), PEOPLE)
    write_action_lists(tmp_path / "lists.xlsx", table, About("b", "2026Q3", str(DAY)))
    book = openpyxl.load_workbook(tmp_path / "lists.xlsx")
    sheet = book["sales administration"]
    for line in range(2, sheet.max_row + 1):
        name = sheet.cell(line, PLACE["account_id"]).value
        if name in words:
            sheet.cell(line, PLACE["decision"]).value = words[name][0]
            sheet.cell(line, PLACE["decision_reason"]).value = "a project" if name == "A" else None
    book.save(tmp_path / "lists.xlsx")
    assert main(["decide", str(folder), str(tmp_path / "lists.xlsx"), "--on", "2026-10-05", "--by", "R2"]) == 0
    told = capsys.readouterr().out
    assert "3 decisions added; rows without a decision, left as they are: 1; other than recommended and" in told

    # the same quarter again: the decisions are later than its day, and nothing has become of them
    again = open_book(folder)
    assert again.check.exit_code == 0
    assert overrides(again, DAY).empty
    assert fates(again, DAY, facts(again, DAY, at(again)), at(again)).table.empty

    # two quarters later: new files beside the same decisions
    (folder / "orders.csv").write_text(orders("2027-03-31", stopped="C"))
    (folder / "book.toml").write_text("extracted_on = 2027-03-31\n")
    later = open_book(folder)
    assert later.check.exit_code == 0
    day = later.extracted_on
    held = overrides(later, day)
    assert held[["account_id", "action", "recommended", "reason", "decided_by"]].values.tolist() == [
        ["A", "keep", "desk", "a project", "R2"]
    ]
    assert unknown(later, day).empty
    found = fates(later, day, facts(later, day, at(later)), at(later))
    told = found.table.set_index("account_id")
    assert dict(told["follows"]) == {"A": "overridden", "B": "followed", "C": "followed"}
    assert list(told.loc[list("ABC"), "stood_days"]) == [177] * 3
    assert dict(told["left_since"]) == {"A": False, "B": False, "C": True}
    assert told.loc["C", "revenue_since"] == 0
    assert told.loc["A", "revenue_before"] == 2700  # an order of 100 each 14 days, first and last on 6 and 5 October
    assert told.loc["C", "name"] == "company C"
    assert found.says[0] == "There are 3 decisions about 3 accounts: 3 stand."

    # and once more: what was decided twice is there once
    assert main(["decide", str(folder), str(tmp_path / "lists.xlsx"), "--on", "2026-10-05", "--by", "R2"]) == 0
    assert "0 decisions added; already there: 3" in capsys.readouterr().out


def at(book):
    return bars(accounts(book, book.extracted_on))
