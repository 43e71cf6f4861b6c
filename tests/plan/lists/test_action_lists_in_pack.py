"""A pack has the action lists where its plan page wrote the table, and is as it was where not."""

from __future__ import annotations

import openpyxl
import pytest
from nbformat.v4 import new_notebook
from treated_sample import row, treated

from crm_analysis.labels import column
from crm_analysis.plan.actions import actions
from crm_analysis.report.index import index
from crm_analysis.report.kernels import Run
from crm_analysis.report.render import About
from crm_analysis.report.run import WORK, _write_pages
from crm_analysis.report.tables import write_table

ABOUT = About("Nordic Boards", "2026Q3", "2026-09-30")


@pytest.fixture
def pack(tmp_path):
    def made(name: str):
        table = actions(treated(row("A", name="=1+1", revenue=5.5), row("B", owner="")))
        kinds = {key: column(key).kind for key in table}
        write_table(table, kinds, tmp_path / WORK / "data_check", name, "To do.", "EUR")
        run = Run("data_check", new_notebook(), 1.0)
        return tmp_path, index(ABOUT, _write_pages(tmp_path, ABOUT, [run]))

    return made


def test_the_table_of_actions_becomes_a_workbook_that_the_index_links(pack):
    folder, page = pack("plan_actions")
    assert '<a href="action_lists.xlsx">action_lists.xlsx</a>' in page
    book = openpyxl.load_workbook(folder / "action_lists.xlsx")
    assert book.sheetnames == ["Summary", "sales administration", "Words"]
    rows = list(book["sales administration"].iter_rows(values_only=True))
    assert rows[0][8] == "Revenue (EUR)"
    assert [line[0] for line in rows[1:]] == ["company B", "=1+1"]
    assert rows[2][5].isoformat() == "2026-10-20T00:00:00"
    assert (folder / "tables" / "plan_actions.csv").exists()


def test_a_pack_without_it_has_none(pack):
    folder, page = pack("other")
    assert "action_lists" not in page
    assert not (folder / "action_lists.xlsx").exists()
