"""Books split at a day, by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from small_books import line, small_book

from crm_analysis.errors import BookError
from crm_analysis.value.splits import Splits, orders_between

DAY = dt.date(2025, 9, 30)


def returned_later():
    """A buys on four days, one of them given back in November; B once, on the last day of the window."""
    lines = [line("A", day, 10, product="P", quantity=1) for day in ("2024-10-01", "2025-03-01", "2025-10-01")]
    lines += [line("A", "2025-10-01", 5, product="Q", quantity=1), line("A", "2025-10-20", 7, product="R", quantity=1)]
    lines += [line("A", "2025-11-20", -7, product="R", quantity=-1)]
    lines += [line("B", "2025-01-01", 3, product="P", quantity=1), line("B", "2026-09-30", 3, product="P", quantity=1)]
    lines += [line("C", "2026-02-01", 3, product="P", quantity=1)]
    return small_book(lines)


def test_orders_are_the_occasions_of_histories_as_they_stood():
    book, start = returned_later(), DAY
    first = orders_between(book.as_of("2025-10-31"), start, dt.date(2025, 10, 31))
    assert first.to_dict() == {"A": 2}
    assert orders_between(book, start, dt.date(2025, 10, 31)).to_dict() == {"A": 1}
    assert orders_between(book, start, dt.date(2025, 10, 31), "ignore").to_dict() == {"A": 2}
    # after the first day, up to and including the last
    assert orders_between(book, dt.date(2025, 10, 1), dt.date(2026, 9, 30)).to_dict() == {"B": 1, "C": 1}


def test_a_split_holds_what_was_known_and_what_came():
    splits = Splits(returned_later())
    assert splits.begins == dt.date(2024, 10, 1)
    assert splits.ends == dt.date(2026, 9, 30)
    split = splits.at(DAY, "12M")
    assert split.histories.frame["account_id"].tolist() == ["A", "B"]
    assert split.histories.frame["frequency"].tolist() == [1, 0]
    assert split.histories.frame["recent"].tolist() == [2, 1]
    assert split.came.tolist() == [1, 1]
    assert splits.at(DAY, "1M").came.tolist() == [2, 0]
    assert splits.at(DAY, "1M", seen_on=splits.ends).came.tolist() == [1, 0]
    assert splits.known(DAY, "6M").frame["recent"].tolist() == [0, 0]
    assert splits.between(DAY, splits.ends).to_dict() == {"A": 1, "B": 1, "C": 1}


def test_the_inner_split_ends_on_the_day():
    splits = Splits(returned_later())
    whole = splits.inner(dt.date(2026, 9, 30), "6M")
    assert (whole.histories.as_of, whole.window) == (dt.date(2026, 3, 31), "6M")
    # 364 days of orders: half of them before, half after
    short = splits.inner(DAY, "12M")
    assert (short.histories.as_of, short.window) == (dt.date(2025, 4, 1), "182D")
    assert short.came.tolist() == [0, 0]
    # a month before the 30th of March is the end of February, and a month after that the 31st
    odd = splits.inner(dt.date(2026, 3, 30), "1M")
    assert (odd.histories.as_of, odd.window) == (dt.date(2026, 2, 28), "30D")


def test_a_book_without_orders_is_told():
    splits = Splits(small_book([], accounts=[{"account_id": "A"}]))
    with pytest.raises(BookError, match="no order line by 2026-09-30"):
        _ = splits.begins
