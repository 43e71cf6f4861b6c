"""The data check in Chinese: no English word is left, and what was found before is said in the language of today."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from english_left import english_left
from pages import order, written

from crm_analysis.book import Book, open_book
from crm_analysis.labels.language import speaking
from crm_analysis.report import sentences as said

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A folder without a book.toml in which much is odd; the second opening takes the book from the cache."""
    many = [
        order(f"A{place % 4}", f"2025-{month:02}-{place % 28 + 1:02}", 5.0 * (1000 if month == 11 else 1))
        for month in (1, 2, 3, 4, 6, 7, 8, 9, 10, 11)
        for place in range(32)
    ]
    rows = [row | {"line_id": f"L{place}", "colour_code": "red"} for place, row in enumerate(many)]
    rows[0] |= {"shipped_on": "2024-12-24"}
    rows += [order("a1", "2025-11-02", 3, line_id="M"), order("B9", "31.31.2025", 3, line_id="N")]
    people = [{"account_id": name, "known_since": "2020-01-01"} for name in ("A0", "A1", "A2", "A3", "0A3")]
    folder = written(tmp_path_factory.mktemp("messy") / "messy", orders=rows, accounts=people)
    open_book(folder)
    return open_book(folder)


def test_a_messy_book_leaves_no_english(messy, tmp_path):
    assert english_left("data_check", messy, tmp_path) == []
    rules = pq.read_table(tmp_path / "data_check" / "rules.parquet").to_pandas().set_index("rule")["examples"]
    assert rules["dates_out_of_order"] == "2024-12-24早于2025-01-01 (1)"
    assert rules["alike_key"] == "0A3与A3"
    assert rules["month_without_orders"] == "2025-05"
    assert rules["scale_change"] == "2025-11 (约大1,000倍)"


def test_what_was_assumed_is_kept_in_english_and_said_in_the_language_of_today(messy):
    english = list(messy.check.notes)
    assert "orders: columns not used: colour_code (orders.csv)" in english
    with speaking("zh-CN"):
        told = said.assumptions(messy.check)["note"].tolist()
    assert "orders：未使用的列：colour_code（orders.csv）" in told
    assert any("客户账簿按2025年11月28日导出计" in note for note in told)
    assert said.assumptions(messy.check)["note"].tolist() == english


@pytest.mark.slow
def test_the_demo_company_leaves_no_english(tmp_path):
    assert english_left("data_check", open_book(DEMO), tmp_path) == []
