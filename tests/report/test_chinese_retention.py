"""The retention page in Chinese: no English word is left, whatever the book lacks; numbers are those in English."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from english_left import english_left
from leaving_company import company
from small_books import DAY, line, small_book

from crm_analysis.book import open_book
from crm_analysis.churn.outlook import outlook
from crm_analysis.labels.language import speaking

DEMO = Path(__file__).parents[2] / "data" / "demo"


def rows(many: int, days: int, every: int = 30) -> list[dict[str, Any]]:
    """Orders of accounts, each at a rhythm of its own, every third of which stops half way."""
    return [
        line(f"A{place:02}", DAY - dt.timedelta(days=back), 100)
        for place in range(many)
        for back in range(days // 2 if place % 3 == 0 else place % 11, days, every + place)
    ]


@pytest.mark.parametrize(
    "book",
    [
        lambda: small_book(rows(45, 100, 10)),
        lambda: small_book(rows(45, 500)),
        lambda: small_book([line("A", "2026-08-01", 10)]),
        lambda: small_book([], [{"account_id": "A"}]),
    ],
    ids=("three months", "a year and a half", "one order", "no order"),
)
def test_a_poor_book_leaves_no_english(book, tmp_path):
    assert english_left("retention", book(), tmp_path) == []


@pytest.mark.slow
def test_the_demo_company_leaves_no_english(tmp_path):
    assert english_left("retention", open_book(DEMO), tmp_path) == []


@pytest.mark.slow
def test_numbers_do_not_depend_on_the_language():
    """Draws go by codes of segments, not by words, whose order is another."""
    book, tables = company(), []
    for code in ("en", "zh-CN"):
        with speaking(code):
            tables.append(outlook(book, DAY).what_if.table)
    assert tables[0].equals(tables[1])
