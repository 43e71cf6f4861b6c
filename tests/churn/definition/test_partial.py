"""Partial churn in small books made by hand, and what chance does."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.book import Book
from crm_analysis.churn.definition.partial import falls, partial, partial_outcomes
from crm_analysis.churn.definition.spells import spells
from crm_analysis.errors import UserError

# the last year is 2025-10-01 to 2026-09-30, the year before 2024-10-01 to 2025-09-30
BEFORE, NOW = ("2024-10-01", "2025-03-31", "2025-09-30"), ("2025-10-01", "2026-04-01", "2026-09-30")


def book_with(exits: list[dict] | None = None) -> Book:
    """Accounts by what they bring in each of three orders a year, and one that began late."""
    amounts = {"down": (100, 50), "almost": (100, 50.01), "up": (50, 100), "same": (70, 70), "back": (100, 40)}
    orders = [line("old", "2022-10-01", 1)]
    for name, (before, now) in amounts.items():
        orders += [line(name, day, before) for day in ("2023-11-01", "2024-05-01", *BEFORE)]
        orders += [line(name, day, now) for day in NOW]
    orders += [line("back", "2026-01-10", -5), line("down", "2024-05-02", 9_999)]
    orders += [line("new", day, 100) for day in (BEFORE[1], BEFORE[2])] + [line("new", NOW[0], 1)]
    orders += [line("gone", day, 100) for day in ("2023-11-01", "2024-05-01", *BEFORE)]
    return small_book(orders, **({} if exits is None else {"exits": exits}))


@pytest.fixture(scope="module")
def book() -> Book:
    return book_with()


def test_who_is_down_is_told_by_the_accounts_own_year_before(book):
    found = partial(book, DAY, spells(book, DAY, 330)).set_index("account_id")
    # "gone" has left, "new" has no whole year to fall from
    assert found.index.tolist() == ["almost", "back", "down", "same", "up"]
    assert found["revenue_before"].tolist() == [300, 300, 300, 210, 150]
    assert found["revenue"].tolist() == pytest.approx([150.03, 115, 150, 210, 300])
    assert found["change"].tolist() == pytest.approx([-0.4999, 115 / 300 - 1, -0.5, 0, 1])
    assert found["down"].tolist() == [False, True, True, False, False]
    assert found["up"].tolist() == [False, False, False, False, True]
    assert found["silence_ratio"].between(0, 0.1).all()
    deeper = partial(book, DAY, spells(book, DAY, 330), drop=0.6)
    assert deeper.set_index("account_id").query("down").index.tolist() == ["back"]


def test_who_said_goodbye_is_no_partial_churn():
    exits = [{"account_id": "down", "left_on": DAY, "known_on": DAY, "reason": "price"}]
    book = book_with(exits)
    assert "down" not in set(partial(book, DAY, spells(book, DAY, 330))["account_id"])


def test_falls_stand_beside_rises_as_far(book):
    found = falls(partial(book, DAY, spells(book, DAY, 330))).set_index("what")
    assert found["accounts"].to_dict() == {"down": 2, "up": 1, "beyond chance": 1}
    assert found["of"].eq(5).all()
    assert found["share"].tolist() == pytest.approx([0.4, 0.2, 0.2])
    assert found["revenue_change"].tolist() == pytest.approx([-185 - 150, 150, -185])
    assert (found["low"] <= found["share"]).all()
    assert (found["high"] >= found["share"]).all()
    # Newcombe's square and add, from the two Wilson intervals above
    (low_d, high_d), (low_u, high_u) = found.loc[["down", "up"], ["low", "high"]].to_numpy()
    assert found.loc["beyond chance", "low"] == pytest.approx(0.2 - np.hypot(0.4 - low_d, high_u - 0.2))
    assert found.loc["beyond chance", "high"] == pytest.approx(0.2 + np.hypot(high_d - 0.4, 0.2 - low_u))


def test_by_chance_alone_as_many_rise_as_fall():
    rng = np.random.default_rng(1)
    years = np.exp(rng.normal(5, 0.6, (4_000, 2)))
    made = pd.DataFrame(years, columns=["revenue_before", "revenue"])
    made["down"] = made["revenue"] <= made["revenue_before"] / 2
    made["up"] = made["revenue_before"] <= made["revenue"] / 2
    found = falls(made).set_index("what")
    assert found.loc["down", "share"] > 0.15
    assert found.loc["beyond chance", "low"] < 0 < found.loc["beyond chance", "high"]


def test_outcomes_tell_a_fall_from_leaving():
    exits = [{"account_id": "gone", "left_on": dt.date(2025, 9, 30), "known_on": DAY, "decided_by": "us"}]
    book = book_with(exits)
    rows = spells(book, DAY, 250)
    # 2024 against 2025: two orders and three of other sizes; "new" had not begun, "gone" ordered last in 2025
    assert partial_outcomes(book, "2024-12-31", 12, rows).to_dict() == {
        "almost": "stayed", "back": "stayed", "down": "down", "gone": "ours", "same": "stayed", "up": "up",
    }  # fmt: skip
    with pytest.raises(UserError, match="who left within 6 months of 2025-12-31 is not yet decidable"):
        partial_outcomes(book, "2025-12-31", 6, rows)


def test_what_cannot_be_is_refused(book):
    rows = spells(book, DAY, 330)
    for wrong in (0, 1, 50):
        with pytest.raises(UserError, match="a drop is a share between 0 and 1"):
            partial(book, DAY, rows, wrong)
    with pytest.raises(UserError, match="orders reach back to 2022-10-01; expected 2022-04-01"):
        partial(book, "2024-03-31", spells(book, "2024-03-31", 330))
