"""The KPI page in Chinese: no English word is left, whatever the book lacks and whatever a programme chose."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from english_left import english_left
from pages import table_of
from planned_company import company, sold
from small_books import line, small_book

from crm_analysis.book import Book, open_book
from crm_analysis.kpi.definitions import KPIS
from crm_analysis.labels.language import CHINESE, speaking
from crm_analysis.report.sentences.kpi import group_said
from crm_analysis.report.sentences.kpi_words import changed, figure

DEMO = Path(__file__).parents[2] / "data" / "demo"
CODES = {"company: company"}
"""What stands for the whole company in the column `dimension` of a file, which a page does not show."""
START = {"started_on": dt.date(2025, 10, 1), "name": "focus"}


def left(book: Book, folder: Path, **given: Any) -> set[str]:
    return set(english_left("kpi", book, folder, **given)) - CODES


def test_a_whole_book_leaves_no_english(tmp_path):
    assert left(company(16), tmp_path) == set()
    cells = table_of(tmp_path / "kpi", "cells")
    classes = set(cells.loc[cells["dimension"] == "segment", "of_whom"])
    assert classes <= {"高价值", "中价值", "低价值", "新客户和回归客户"}
    assert set(cells.loc[cells["dimension"] == "segment", "group"]) <= {"High", "Mid", "Low", ""}  # codes for programs


def started(*rows: dict[str, Any]) -> Book:
    """Accounts of three offices, and a programme."""
    people = [{"account_id": f"A{place:03}", "sales_office": f"Office {place % 3}"} for place in range(9)]
    return small_book(sold(9, 32), people, programme=[START | row for row in rows])


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([{"sales_office": None}], id="everywhere"),
        pytest.param([{"sales_office": "Office 0"}], id="one office"),
        pytest.param([{"account_id": f"A{place:03}"} for place in range(0, 9, 2)], id="accounts"),
        pytest.param([{"account_id": "A001"}, {"segment": "High A"}], id="two kinds"),
        pytest.param([{"segment": "High A"}, {"segment": "Low B"}], id="segments", marks=pytest.mark.slow),
        pytest.param(
            [{"sales_office": "Office 0"}, {"sales_office": "Office 1"}], id="all but one", marks=pytest.mark.slow
        ),
        pytest.param(
            [{"sales_office": "Office 0", "started_on": dt.date(2027, 1, 1)}],
            id="yet to start",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_whatever_a_programme_chose_no_english_is_left(rows, tmp_path):
    assert left(started(*rows), tmp_path, kpi_window="quarter") == set()


@pytest.mark.parametrize(
    "book",
    [
        lambda: small_book([{name: row[name] for name in ("account_id", "ordered_on", "revenue")} for row in sold(12)]),
        lambda: small_book([line("A", "2026-08-01", 10)]),
        lambda: small_book([line("A", "2023-08-01", 10)]),
        lambda: small_book([], [{"account_id": "A"}]),
    ],
    ids=("no costs", "one order", "an old order", "no order"),
)
def test_a_poor_book_leaves_no_english(book, tmp_path):
    assert left(book(), tmp_path, kpi_window="to_date") == set()


def test_figures_and_changes_are_written_as_the_language_does():
    with speaking(CHINESE.code):
        assert [figure(value, "money", "EUR") for value in (3_260_000, 980)] == ["EUR 326万", "EUR 980"]
        assert figure(84.7, "days") == "84.7天"
        assert changed(0.012, -0.019, 0.04, 0.2, "share") == "+1.2个百分点（-1.9至4.0）"
        assert changed(5.0, -2.0, 12.0, 100.0, "money") == "+5.0%（-2.0%至12.0%）"
        assert [group_said(*pair) for pair in (("sales_office", "Brno"), ("region", ""), ("segment", "Low"))] == [
            "Brno办事处", "未分地区", "低价值"
        ]  # fmt: skip
        teams = ("customer support", "Nord")
        assert [group_said("team", team) for team in teams] == ["客户支持部（团队）", "Nord（团队）"]


def test_every_kpi_has_a_name_of_its_own():
    with speaking(CHINESE.code):
        titles = pd.Series([kpi.title for kpi in KPIS])
    assert titles.is_unique
    assert not titles.map(str.isascii).any()


@pytest.mark.slow
def test_the_demo_company_leaves_no_english(tmp_path):
    assert left(open_book(DEMO), tmp_path) == set()
