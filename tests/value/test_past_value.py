"""The value forecast put to the test: against simulated truth, and the same money on both sides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.accounts import accounts
from crm_analysis.book import Book
from crm_analysis.book.occasions import days_ordered
from crm_analysis.value.histories import histories
from crm_analysis.value.lifetime import MBGCNBD, NormalSpend, against_last_year, lifetime_value
from crm_analysis.value.past_value import past_value
from crm_analysis.value.spend_choice import spend_choice
from crm_analysis.value.splits import Splits

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    """60 accounts over three years: orders at random, amounts about a level of each, some credits, unknown costs."""
    rng = np.random.default_rng(12)
    start, found = pd.Timestamp("2023-10-01"), []
    for who in range(60):
        level, pace, day = np.exp(rng.normal(5, 0.5)), rng.gamma(2, 12), rng.uniform(0, 200)
        while day < 1095:
            date = (start + pd.Timedelta(days=int(day))).date().isoformat()
            amount = round(level * rng.gamma(20) / 20, 2)
            known = who % 6 or date < "2025-10-01"
            found.append(line(f"A{who:02}", date, amount, cost=round(0.7 * amount, 2) if known else None))
            if rng.random() < 0.1:
                found.append(line(f"A{who:02}", date, round(-0.4 * amount, 2), cost=round(-0.28 * amount, 2)))
            day += 1 + rng.exponential(pace + 5)
    return found


@pytest.fixture(scope="module")
def book(rows: list[dict]) -> Book:
    return small_book(rows)


@pytest.mark.parametrize("returns", ["net", "ignore"])
def test_money_is_counted_alike_in_forecast_and_outcome(rows: list[dict], book: Book, returns: str) -> None:
    known = histories(book, DAY, returns=returns)
    spend = spend_choice(book, DAY, known, "revenue")
    found = past_value(book, DAY, MBGCNBD(k=1, prior=2.0), spend.model, "12M", returns=returns)
    year = [row for row in rows if row["ordered_on"] > "2025-09-30" and (returns == "net" or row["revenue"] > 0)]
    then = set(found.accounts["account_id"])
    by_hand = sum(row["revenue"] for row in year if row["account_id"] in then)
    total = found.total.iloc[0]
    assert total["came"] == pytest.approx(by_hand)
    assert abs(total["bias"]) < 0.2  # nothing drives these accounts together
    assert total["accounts"] == len(found.accounts) == 60
    assert (spend.scores["bias"].dropna().abs() < 0.1).all()


def test_accounts_whose_costs_are_not_known_are_in_neither_sum(book: Book) -> None:
    known = histories(book, DAY)
    model, spend = MBGCNBD(k=1, prior=2.0).fit(known), NormalSpend("margin").fit(known)
    found = past_value(book, DAY, model, spend, "12M")
    lost = {f"A{who:02}" for who in range(0, 60, 6)}
    assert lost.isdisjoint(found.accounts["account_id"])
    told = against_last_year(lifetime_value(known, model, spend), accounts(book, DAY)).set_index("account_id")
    assert (told.loc[sorted(lost & set(told.index)), "told"] == "unknown").all()
    assert (told.drop(sorted(lost & set(told.index)))["told"] != "unknown").all()
    choice = spend_choice(book, DAY, known, "margin")
    assert choice.scores["accounts"].max() == 60 - len(lost)
    assert not choice.scores["note"].str.contains("0 or less, which it rules out").any()


def test_the_future_changes_no_forecast(rows: list[dict], book: Book) -> None:
    cut = [row if row["ordered_on"] <= "2025-09-30" else row | {"revenue": 1} for row in rows]
    model, spend = MBGCNBD(k=1, prior=2.0), NormalSpend("revenue")
    one, other = (past_value(some, DAY, model, spend, "12M") for some in (book, small_book(cut)))
    names = ["account_id", "value", "low", "high"]
    pd.testing.assert_frame_equal(one.accounts[names], other.accounts[names])


def test_the_path_of_an_account_of_a_book(rows: list[dict], book: Book) -> None:
    known = histories(book, DAY)
    model = MBGCNBD(k=1, prior=2.0).fit(known)
    days = days_ordered(book.as_of(DAY), "A07")
    assert [day.isoformat() for day in days] == sorted(
        {row["ordered_on"] for row in rows if row["account_id"] == "A07" and row["revenue"] > 0}
    )
    path = model.alive_path(days, DAY)
    alive = model.alive(known).set_index("account_id")["alive"]
    assert path["alive"].iloc[-1] == pytest.approx(alive["A07"], rel=1e-9)
    assert days_ordered(book, "nobody") == []


def test_a_longer_window_of_the_past_stands_in_where_the_inner_split_is_short() -> None:
    book = small_book([line("A", f"2025-{month:02}-15", 1) for month in range(1, 13)])
    splits = Splits(book)
    day = pd.Timestamp("2025-12-31").date()
    assert splits.known(day, "6M").frame["recent"].tolist() == [6]
    assert splits.known(day, "6M", "11M").frame["recent"].tolist() == [pytest.approx(11 * 184 / 334)]
    assert splits.known(day, "6M", "24M").frame["recent"].tolist() == [6]  # the orders do not reach back so far
