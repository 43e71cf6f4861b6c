"""Market shares of a table worked out by hand, and what it cannot tell."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from small_books import DAY, line, small_book

from crm_analysis.book import Book
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.markets import market_shares


def sold(period: str, segment: str | None, supplier: str, amount: int, known: str = "2026-01-31") -> dict[str, Any]:
    day = dt.date.fromisoformat(known)
    return {"period": period, "segment": segment, "supplier": supplier, "amount": amount, "known_on": day}


def book(*rows: dict[str, Any]) -> Book:
    return small_book([line("A", "2026-01-02", 1)], markets=rows)


YEARS = [
    sold(f"{year}Q{quarter}", "boards", supplier, amount)
    for year, amounts in ((2024, (10, 60, 20, 10)), (2025, (30, 40, 20, 10)))
    for quarter in (1, 2, 3, 4)
    for supplier, amount in zip(("Us", "Alpha", "Beta", "Gamma"), amounts, strict=True)
]


def test_shares_of_one_market_are_the_hands_and_told_once():
    frame = market_shares(book(*YEARS), DAY).set_index("quarter")
    assert list(frame.index) == ["2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4"]
    last = frame.loc["2025Q4"]
    assert (last["segment"], last["our_sales"], last["market"], last["suppliers"]) == ("", 120, 400, 4)
    assert (last["market_share"], last["share_before"]) == (0.3, 0.1)
    assert last["share_change"] == pytest.approx(0.2)
    # Alpha 160, us 120, Beta 80
    assert (last["place"], last["leader"], last["leader_share"], last["first_to_third"]) == (2, "Alpha", 0.4, 2)
    # three quarters of 10 and one of 30, in a market of 100 each
    assert frame.loc["2025Q1", "market_share"] == pytest.approx(0.15)


def test_all_markets_together_are_told_of_quarters_in_which_each_is():
    rows = [sold("2025Q1", "boards", "us", 30), sold("2025Q1", "boards", "Alpha", 70), sold("2025Q1", "flex", "us", 0),
            sold("2025Q1", "flex", "Alpha", 100), sold("2025Q2", "boards", "us", 50)]  # fmt: skip
    frame = market_shares(book(*rows), DAY, "quarter").set_index(["segment", "quarter"])
    assert frame["market_share"].to_dict() == {("", "2025Q1"): 0.15, ("boards", "2025Q1"): 0.3,
                                               ("boards", "2025Q2"): 1.0, ("flex", "2025Q1"): 0.0}  # fmt: skip
    assert frame.loc[("flex", "2025Q1"), ["place", "first_to_third"]].isna().all()


def test_a_figure_known_later_is_not_told():
    late = [sold("2026Q1", "boards", "us", 1, "2026-05-15"), sold("2026Q1", "boards", "Alpha", 1, "2026-05-15")]
    whole = book(*YEARS, *late)
    assert market_shares(whole, "2026-05-14", "quarter")["quarter"].max() == "2025Q4"
    assert market_shares(whole, "2026-05-15", "quarter")["quarter"].max() == "2026Q1"


def test_a_year_with_a_quarter_missing_is_not_told():
    assert market_shares(book(*YEARS[:16], *YEARS[20:]), DAY)["quarter"].tolist() == ["2024Q4"]


def test_what_the_table_cannot_tell_is_said_in_words():
    with pytest.raises(BookError, match="expected one called us, found others such as Alpha"):
        market_shares(book(sold("2025Q1", None, "Alpha", 1)), DAY)
    with pytest.raises(BookError, match="expected some like 2026Q1, found 2025-03"):
        market_shares(book(sold("2025-03", None, "us", 1)), DAY)
    with pytest.raises(BookError, match="No figure of a market is known on 2026-01-30"):
        market_shares(book(*YEARS), "2026-01-30")
    with pytest.raises(BookError, match="markets"):
        market_shares(small_book([line("A", "2026-01-02", 1)]), DAY)
    with pytest.raises(UserError, match="of a quarter or a year; found 'to_date'"):
        market_shares(book(*YEARS), DAY, "to_date")
