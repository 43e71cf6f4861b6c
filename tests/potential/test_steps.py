"""Reversible steps: against orders and sums worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_books import DAY, FEW, line, small_book

from crm_analysis.errors import UserError
from crm_analysis.potential.advice.money import Gain, Money
from crm_analysis.potential.advice.steps import DESK, MINIMUM, PRICE, Sizes, sizes, steps

GAIN = Gain("margin", 1000.0, 800, 1200, 30, 0.1, False, 1000.0)


def four(money="margin", gain=GAIN, **columns):
    """Four accounts: one kept, three concerned; potential .5, .1, .2, .04."""
    ids = ["K", "A", "B", "C"]
    today = pd.DataFrame({"account_id": ids, "revenue": [900.0, 400, 600, 50], "potential": [0.5, 0.1, 0.2, 0.04]})
    today = today.assign(low=today["potential"] / 2, high=today["potential"] * 1.5)
    outcomes = pd.DataFrame({"account_id": ids, "outcome": ["keep", "cut", "survey", "cut"]})
    frame = {"account_id": ids, "brings": [90.0, 40, 60, 5], "cost_to_serve": [8.0, 6, 0, 4], "visits": [1.0, 2, 0, 0],
             "minutes_visits": [30.0, 60, 0, 0], "cost_visits": [10.0, 14, 0, 0]}  # fmt: skip
    own = Money(pd.DataFrame(frame | columns), money, gain, {}, ())
    orders = pd.DataFrame(
        {"account_id": ["A", "B", "C", "K", "X"], "orders": [4, 6, 2, 9, 5], "small": [1, 3, 2, 4, 5]}
    )
    return today, outcomes, own, Sizes(orders, 100.0, False)


def by_step(found):
    return found.table.set_index("step")


def test_each_step_by_hand():
    found = by_step(steps(*four(), price=5))
    desk = found.loc[DESK]
    assert (desk["accounts"], desk["minutes"]) == (1, 60)
    assert desk["freed_share"] == pytest.approx(60 / 90)
    assert desk["promising"] == pytest.approx(0.1)
    assert (desk["low_promising"], desk["high_promising"]) == pytest.approx((0.05, 0.15))
    assert desk["risk_share"] == pytest.approx(0.1 / 0.84)
    assert desk["freed_per_risk"] == pytest.approx((60 / 90) / (0.1 / 0.84))
    assert desk["growth_at_risk"] == pytest.approx(100)
    assert desk["break_even"] == pytest.approx(14 / (40 + 100))
    least = found.loc[MINIMUM]
    assert (least["accounts"], least["small_orders"], least["too_small"]) == (3, 6, 1)
    assert least["freed_share"] == pytest.approx(6 / 10)
    assert (least["revenue"], least["brings"]) == (1050, 105)
    assert least["freed_cost"] == pytest.approx(6 / 4 + 0 + 4)
    assert least["break_even"] == pytest.approx(5.5 / (105 + 340))
    assert found.loc[PRICE, "freed_cost"] == 30
    assert found.loc[PRICE, "break_even"] == pytest.approx(30 / 445)


def test_what_frees_most_for_its_risk_comes_first_and_ties_go_to_what_is_taken_back_most_cheaply():
    assert list(steps(*four()).table["step"]) == [DESK, PRICE, MINIMUM]
    dear = four(minutes_visits=[3000.0, 1, 0, 0])
    assert list(steps(*dear).table["step"]) == [PRICE, MINIMUM, DESK]


def test_the_step_to_take_first_is_the_one_taken_back_most_cheaply():
    found = steps(*four()).accounts
    assert list(found["account_id"]) == ["A", "B", "C"]
    assert list(found["step"]) == [DESK, MINIMUM, PRICE]  # C's whole year is below the minimum
    assert list(found["outcome"]) == ["cut", "survey", "cut"]
    today, outcomes, own, orders = four()
    none = Sizes(orders.accounts.assign(small=0), 0.0, True)
    assert list(steps(today, outcomes, own, none).accounts["step"]) == [DESK, "", ""]


def test_without_costs_or_gain_no_break_even_is_told():
    unknown = Gain("margin", np.nan, np.nan, np.nan, 0, np.nan, False, np.nan)
    for given_ in (four(money="revenue"), four(gain=unknown), four(cost_visits=np.nan, cost_to_serve=np.nan)):
        assert steps(*given_).table["break_even"].isna().all()
    assert np.isnan(by_step(steps(*four())).loc[PRICE, "freed_cost"])  # no price was said


def test_without_contacts_the_desk_is_told_without_what_it_frees():
    blind = four(visits=np.nan, minutes_visits=np.nan, cost_visits=np.nan)
    desk = by_step(steps(*blind)).loc[DESK]
    assert desk["accounts"] == 3
    assert desk[["minutes", "freed_share", "freed_per_risk", "break_even"]].isna().all()
    assert list(steps(*blind).table["step"])[-1] == DESK


def test_accounts_that_bring_nothing_may_all_leave():
    nothing = Gain("margin", -5.0, -9, 0, 30, 0.1, False, -5.0)
    found = by_step(steps(*four(gain=nothing, brings=[1.0, -3, -2, 0])))
    assert found.loc[DESK, "break_even"] == 1
    assert found.loc[DESK, "growth_at_risk"] == 0


def test_nobody_concerned_is_a_table_of_nothing():
    today, outcomes, own, orders = four()
    found = steps(today, outcomes.assign(outcome="keep"), own, orders)
    assert found.table["accounts"].tolist() == [0, 0, 0]
    assert found.accounts.empty


def test_permuting_the_rows_changes_nothing():
    today, outcomes, own, orders = four()
    place = [2, 0, 3, 1]
    own_too = Money(own.accounts.iloc[place], own.money, own.gain, {}, ())
    found = steps(today.iloc[place], outcomes.iloc[place], own_too, orders)
    pd.testing.assert_frame_equal(found.table, steps(*four()).table)
    pd.testing.assert_frame_equal(found.accounts, steps(*four()).accounts)


def test_orders_are_whole_began_in_the_year_and_came_to_something():
    lines = [
        line("A", "2026-01-01", 60, order_id="1"), line("A", "2026-02-01", 50, order_id="1"),  # 110, called off twice
        line("A", "2026-03-01", 99, order_id="2"), line("A", "2026-04-01", -40, order_id="3"),
        line("A", "2025-09-01", 500, order_id="4"), line("A", "2025-12-01", 5, order_id="4"),  # began before the year
        line("B", "2025-10-01", 100, order_id="5"), line("B", "2026-10-01", 1, order_id="6"),
    ]  # fmt: skip
    found = sizes(small_book(lines, extracted_on=pd.Timestamp("2026-12-31").date()), DAY, 1e9, minimum=100)
    assert not found.chosen
    assert found.accounts.to_dict("list") == {"account_id": ["A", "B"], "orders": [2, 1], "small": [1, 0]}


@pytest.mark.slow
@settings(FEW, max_examples=8)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_the_minimum_is_numpys_lower_quartile_of_low_accounts_orders(values):
    lines = [line(f"A{place % 3}", "2026-01-01", value, order_id=f"{place}") for place, value in enumerate(values)]
    book = small_book([*lines, line("H", "2026-01-01", 5000, order_id="H")])
    found = sizes(book, DAY, 4000)
    assert found.chosen
    assert found.minimum == np.quantile(values, 0.25, method="inverted_cdf")
    small = found.accounts.set_index("account_id")["small"]
    assert small.drop("H").sum() == sum(value < found.minimum for value in values)
    assert small["H"] == 0


def test_low_may_be_told_by_margin():
    lines = [line("A", "2026-01-01", 10, cost=9), line("B", "2026-01-01", 7, cost=0)]
    book = small_book(lines)
    assert sizes(book, DAY, 5, by="margin").minimum == 10
    assert sizes(book, DAY, 8).minimum == 7
    assert sizes(book, DAY, 0.5, by="margin").minimum == 0


def test_what_does_not_fit_is_refused():
    today, outcomes, own, orders = four()
    with pytest.raises(UserError, match="outcomes: expected the accounts of today in their order"):
        steps(today, outcomes.iloc[::-1], own, orders)
    with pytest.raises(UserError, match="price of a small order is 0 or more; found -1"):
        steps(today, outcomes, own, orders, price=-1)
    with pytest.raises(UserError, match="a minimum order is an amount of money; found -1"):
        sizes(small_book([line("A", "2026-01-01", 10)]), DAY, 5, minimum=-1)
