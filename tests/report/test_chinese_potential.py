"""The potential page in Chinese: no English word is left, whatever the book lacks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from english_left import english_left
from pages import table_of
from planned_company import company, sold
from small_books import line, small_book

from crm_analysis.book import open_book

DEMO = Path(__file__).parents[2] / "data" / "demo"


def test_a_whole_book_leaves_no_english(tmp_path):
    assert english_left("potential", company(), tmp_path) == []
    listed, said = (table_of(tmp_path / "potential", name) for name in ("accounts", "overrides"))
    assert set(listed["advice"]) <= {"可停止主动服务", "先调查", "保留"}
    assert said[["decision", "recommended"]].to_numpy().tolist() == [["保留", "内勤"]]


@pytest.mark.parametrize(
    "book",
    [
        lambda: small_book([{name: row[name] for name in ("account_id", "ordered_on", "revenue")} for row in sold(12)]),
        lambda: small_book(sold(12, 14)),
        lambda: small_book([line("A", "2026-08-01", 10)]),
        lambda: small_book([line("A", "2023-08-01", 10)]),
        lambda: small_book([], [{"account_id": "A"}]),
        lambda: small_book(
            sold(12),
            decisions=[
                {"account_id": "A001", "decided_on": dt.date(2025, 8, 1), "action": "保留", "recommended": "等等"}
            ],
        ),
    ],
    ids=("no costs", "fourteen months", "one order", "an old order", "no order", "a word that is not known"),
)
def test_a_poor_book_leaves_no_english(book, tmp_path):
    assert english_left("potential", book(), tmp_path) == []


def test_sizes_by_margin_and_another_horizon_leave_no_english(tmp_path):
    found = english_left("potential", small_book(sold()), tmp_path, by="margin", growth_horizon="6M", surveys=0)
    assert found == []


@pytest.mark.slow
def test_the_demo_company_leaves_no_english(tmp_path):
    assert english_left("potential", open_book(DEMO), tmp_path) == []
