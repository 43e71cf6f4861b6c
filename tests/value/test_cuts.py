"""Cuts by a column of the account, and by product family."""

from __future__ import annotations

import pytest
from frames import frame_of, frames
from hypothesis import given
from small_books import DAY, FEW, line, small_book

from crm_analysis.book import BookError
from crm_analysis.value.cuts import cut
from crm_analysis.value.families import families


def test_a_cut_by_hand():
    frame = frame_of([10, 20, 20, 5], [5, 10, None, 1], region=["N", "S", None, "N"], active=[True, False, True, True])
    table = cut(frame, "region")
    assert table.region.tolist() == ["", "S", "N"]  # largest revenue first; equal ones by name
    assert table.accounts.tolist() == [1, 1, 2]
    assert table.active.tolist() == [1, 0, 2]
    assert table.revenue.tolist() == [20, 20, 15]
    assert table.margin_rate[1:].tolist() == [0.5, 0.4]
    assert table.margin_rate.isna().tolist() == [True, False, False]
    assert table.revenue_per_account.tolist() == [20, 20, 7.5]


def test_postal_areas_are_the_first_characters():
    frame = frame_of([1, 2, 4, 8, 16], postal_code=["70545", "70261", "7", None, "602 81"])
    table = cut(frame, "postal_code", first=2).set_index("postal_code")
    assert table.revenue.to_dict() == {"60": 16, "": 8, "7": 4, "70": 3}


def test_numbers_and_flags_are_cut_as_text():
    frame = frame_of([1, 2, 4], key_account=[True, None, False])
    assert cut(frame, "key_account").key_account.tolist() == ["False", "", "True"]


def test_a_column_the_frame_lacks_is_an_empty_table():
    assert cut(frame_of([1]), "region").empty
    assert cut(frame_of([], region=[]), "region").empty


@FEW
@given(frames())
def test_cuts_add_up(frame):
    for by, first in (("stage", 0), ("account_id", 4)):
        table = cut(frame, by, first)
        assert table.accounts.sum() == len(frame)
        assert table.active.sum() == frame.active.sum()
        assert table.revenue.sum() == pytest.approx(frame.revenue.sum(), abs=1e-6)
        assert table.margin.sum() == pytest.approx(frame.margin.sum(), abs=1e-6)
        assert table.revenue.is_monotonic_decreasing
        assert table[by].is_unique
        if frame.revenue.sum() > 0:
            assert table.revenue_share.sum() == pytest.approx(1)


def test_families_by_hand():
    book = small_book(
        [
            line("A", "2026-01-01", 10, cost=4, family="x"),
            line("A", "2026-01-02", 30, cost=None, family="x"),
            line("B", "2026-01-02", -5, cost=-2, family="x"),  # a return: bought nothing
            line("B", "2026-01-02", 50, cost=None, family="y"),
            line("B", "2026-01-02", 35, cost=20, family=None),
            line("B", "2025-09-30", 1000, cost=1, family="old"),
        ]
    )
    table = families(book, DAY)
    assert table.family.tolist() == ["y", "", "x"]  # equal revenue: by name
    assert table.revenue.tolist() == [50, 35, 35]
    assert table.accounts.tolist() == [1, 1, 1]
    assert table.revenue_share.tolist() == pytest.approx([50 / 120, 35 / 120, 35 / 120])
    rates = table.set_index("family").margin_rate
    assert rates[""] == pytest.approx(15 / 35)
    assert rates["x"] == pytest.approx(3 / 5)
    assert rates.isna()["y"]


def test_families_of_books_that_have_none_or_no_order_in_the_window():
    with pytest.raises(BookError, match="has no column 'family'"):
        families(small_book([line("A", "2026-01-01", 1)]), DAY)
    assert families(small_book([line("A", "2020-01-01", 1, family="x", cost=1)]), DAY).empty
