"""The value page in Chinese: no English word is left, whatever the book lacks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from english_left import english_left
from small_books import DAY, line, small_book

from crm_analysis.book import Book, open_book

DEMO = Path(__file__).parents[2] / "data" / "demo"


def rows(many: int, days: int, every: int = 30, **more: Any) -> list[dict[str, Any]]:
    """Orders of accounts, each at a rhythm of its own, within the last days of the book."""
    return [
        line(f"A{place:02}", DAY - dt.timedelta(days=back), 100 + 7 * (place + back) % 90, **more)
        for place in range(many)
        for back in range(place % 11, days, every + place)
    ]


def losing() -> Book:
    """Accounts whose orders cost more than they bring: Gamma-Gamma refuses them."""
    return small_book(rows(12, 300, cost=190))


@pytest.mark.parametrize(
    "book",
    [
        lambda: small_book(rows(12, 300)),
        losing,
        lambda: small_book([line("A", "2026-08-01", 10), line("B", "2026-09-01", 10)]),
        lambda: small_book([line("A", "2026-08-01", -10)]),
        lambda: small_book([], [{"account_id": "A"}]),
    ],
    ids=("ten months", "losses", "two orders", "a credit", "no order"),
)
def test_a_poor_book_leaves_no_english(book, tmp_path):
    assert english_left("value", book(), tmp_path) == []


@pytest.mark.slow
def test_the_demo_company_leaves_no_english(tmp_path):
    assert english_left("value", open_book(DEMO), tmp_path) == []
