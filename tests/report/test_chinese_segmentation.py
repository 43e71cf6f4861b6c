"""The segmentation in Chinese: no English word is left, and segments are said in words that the files keep as codes."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from english_left import english_left
from pages import shown
from small_books import line, small_book

from crm_analysis.book import open_book
from crm_analysis.labels.language import speaking

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.mark.parametrize(
    "book",
    [
        lambda: small_book([line(f"A{place}", "2026-08-01", 10 * place) for place in range(1, 9)]),
        lambda: small_book([line("A", "2023-08-01", 10)]),
        lambda: small_book([], [{"account_id": "A"}]),
    ],
    ids=("no costs", "an old order", "no order"),
)
def test_a_poor_book_leaves_no_english(book, tmp_path):
    assert english_left("segmentation", book(), tmp_path) == []


def test_segments_are_said_in_words_and_kept_as_codes(tmp_path):
    book = small_book([line(f"A{place}", "2026-08-01", 10 * place, cost=place % 3) for place in range(1, 9)])
    with speaking("zh-CN"):
        page, folder = shown("segmentation", book, tmp_path)
    assert {"高A", "低A"} <= set(page.text.split())
    assert {"High A", "Low A"} <= set(pq.read_table(folder / "accounts.parquet")["segment"].to_pylist())


@pytest.mark.slow
def test_the_demo_company_leaves_no_english(tmp_path):
    assert english_left("segmentation", open_book(DEMO), tmp_path) == []
