"""What counts as leaving in a book, in words and days."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.book import Book, BookError
from crm_analysis.churn.definition import Costs, leaving
from crm_analysis.churn.definition.silence import windows
from crm_analysis.errors import UserError

START = dt.date(2024, 1, 1)


def on(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def orders_of_accounts() -> list[tuple[int, dt.date]]:
    """24 accounts: 6 order every 40 days, 12 rest for half a year once and 6 leave."""
    rows = []
    for place in range(24):
        days = [day for day in range(place, 1000, 40) if place < 6 or not 200 < day < 400 or place > 17]
        rows += [(place, on(day)) for day in days if place < 18 or day < 120]
    return rows


def book_with(contracts: list[dict[str, Any]] | None = None) -> Book:
    orders = [line(f"A{place:02}", day, 10) for place, day in orders_of_accounts()]
    return small_book(orders, **({} if contracts is None else {"contracts": contracts}))


def contracts_for(*places: int, **more: Any) -> list[dict[str, Any]]:
    row = {"signed_on": START, "ends_on": on(365), "ended_on": None} | more
    return [{"contract_id": f"C{place}", "account_id": f"A{place:02}"} | row for place in places]


@pytest.fixture(scope="module")
def book() -> Book:
    return book_with()


def test_without_contracts_the_cheapest_silence_counts_and_says_what_it_promises(book):
    found = leaving(book, DAY)
    assert found.basis == "orders"
    pd.testing.assert_frame_equal(found.choice, windows(book, DAY))
    chosen = found.choice[found.choice["chosen"]].iloc[0]
    assert found.silence == found.spells.silence == chosen["days"]
    assert found.spells.frame["kind"].value_counts().to_dict() == {"open": 18, "left": 6}
    assert found.sentence == (
        "An account has left when 244 days (8 months) have passed since its last order. That is best if a false alarm "
        "costs as much as 6 months of delay: none of the accounts declared left would have ordered again, and a leaver "
        "is known 8 months late."
    )
    early = leaving(book, DAY, costs=Costs(false_alarm=1, late_month=1))
    assert early.silence == 61
    assert "(2 months) have passed" in early.sentence
    assert (
        "costs as much as 1 month of delay: of a hundred accounts declared left 67 order again (47 to" in early.sentence
    )
    assert early.spells.frame["spell"].max() == 2


def test_a_silence_that_is_given_counts_as_it_is(book):
    found = leaving(book, DAY, "3M")
    assert (found.silence, found.choice, found.spells.silence) == (91, None, 91)
    assert found.sentence.startswith("An account has left when 91 days have passed since its last order")


def test_contracts_tell_where_half_of_last_years_accounts_have_had_one():
    # 18 accounts ordered in the last year: nine with a contract are half of them; who left before counts for nothing
    eight = book_with(contracts_for(*range(8), 20, 21, 22))
    assert leaving(eight, DAY, "6M").basis == "orders"
    assert leaving(eight, DAY, "2M", basis="contracts").silence == 61
    nine = book_with(contracts_for(*range(9)))
    found = leaving(nine, DAY)
    assert (found.basis, found.silence, found.choice) == ("contracts", 30, None)
    assert len(found.spells.frame) == 9
    assert found.sentence == (
        "An account has left when its contract has ended and no other has begun within 30 days. 9 contracts that are "
        "past their agreed end but not ended count as renewed."
    )
    assert leaving(nine, DAY, "6M", basis="orders").basis == "orders"


def test_ends_that_were_only_agreed_are_said():
    rows = [{key: row[key] for key in row if key != "ended_on"} for row in contracts_for(*range(9))]
    found = leaving(book_with(rows), DAY)
    assert found.sentence.endswith("The book does not tell when contracts really ended: their agreed end counts.")
    assert found.spells.frame["left"].all()


def test_only_what_was_known_on_the_day_chooses(book):
    late = book_with(contracts_for(*range(9), signed_on=on(700)))
    assert leaving(late, on(699), "6M").basis == "orders"
    assert leaving(late, on(700), "6M").basis == "contracts"
    known = small_book(
        [line(f"A{place:02}", day, 10) for place, day in orders_of_accounts() if day <= on(600)], extracted_on=on(600)
    )
    pd.testing.assert_frame_equal(leaving(known, on(600)).choice, leaving(book, on(600)).choice)


def test_reasons_in_other_words_may_be_given():
    exits = [{"account_id": "A20", "left_on": on(120), "known_on": on(130), "reason": "Insolvenz"}]
    book = small_book([line("A20", on(100), 1), line("A21", on(300), 1)], exits=exits)
    assert leaving(book, DAY, 90).spells.frame["kind"].tolist() == ["left", "left"]
    assert leaving(book, DAY, 90, closed=["insolvenz"]).spells.frame["kind"].tolist() == ["closed", "left"]


def test_what_cannot_be_is_refused(book):
    with pytest.raises(UserError, match="one of auto, orders, contracts; found 'both'"):
        leaving(book, DAY, basis="both")
    with pytest.raises(BookError, match="no table 'contracts'"):
        leaving(book, DAY, basis="contracts")
    with pytest.raises(BookError, match="orders reach back 51 days"):
        leaving(book, on(50))
    with pytest.raises(UserError, match="a silence is a number of days"):
        leaving(book, DAY, "half a year")
