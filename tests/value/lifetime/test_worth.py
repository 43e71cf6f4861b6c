"""Lifetime value against hand calculation and simulation, what it holds, and how it adds up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from small_books import DAY, line, small_book

from crm_analysis.accounts import accounts
from crm_analysis.errors import BookError, UserError
from crm_analysis.value.cost_to_serve import avoidable
from crm_analysis.value.histories import Histories, histories
from crm_analysis.value.lifetime.dropout import BGNBD, MBGCNBD
from crm_analysis.value.lifetime.gamma_gamma import GammaGamma
from crm_analysis.value.lifetime.normal_spend import NormalSpend
from crm_analysis.value.lifetime.simulated import leaving_at_orders
from crm_analysis.value.lifetime.worth import Worth, against_last_year, group_key, lifetime_value

ORDERS = BGNBD.from_params("week", r=0.8, alpha=6, a=0.5, b=8)
SPEND = GammaGamma.from_params(p=6.25, q=3.74, v=15.44)


@pytest.fixture(scope="module")
def book() -> Histories:
    """120 accounts of BG/NBD, with a year more to come, and money of Gamma-Gamma."""
    rng = np.random.default_rng(4)
    some = leaving_at_orders(
        rng, rng.uniform(13, 104, 120), "12M", {"r": 0.8, "alpha": 6, "a": 0.5, "b": 8}, first=False
    )
    rate = rng.gamma(3.74, 1 / 15.44, 120)
    repeats = rng.gamma(6.25 * np.maximum(some.frame["frequency"], 1)) / rate
    frame = some.frame.drop(columns=["first_order", "last_order"])
    frame["monetary"] = (repeats / frame["frequency"]).where(frame["frequency"] > 0)
    frame["came"] = rng.gamma(6.25 * np.maximum(frame["orders"], 1)) / rate * (frame["orders"] > 0)
    return Histories.of(frame, unit="week", as_of="2026-09-30")


@pytest.fixture(scope="module")
def worth(book: Histories) -> Worth:
    return lifetime_value(book, ORDERS, SPEND, horizon="12M")


def test_value_is_orders_times_money_discounted_less_cost(book: Histories, worth: Worth) -> None:
    """Gamma-Gamma's published mean, (p x m + p v / ...) by hand; orders by the model; a year's money is worth less."""
    found = worth.accounts
    x, mean = book.frame["frequency"], book.frame["monetary"].fillna(0)
    by_hand = 6.25 * (15.44 + x * mean) / (6.25 * x + 3.74 - 1)
    assert found["order_value"].to_numpy() == pytest.approx(by_hand.to_numpy())
    expected = ORDERS.orders(book, "12M")["expected_orders"]
    assert found["expected_orders"].to_numpy() == pytest.approx(expected.to_numpy())
    whole = (expected * by_hand).to_numpy()
    assert (found["gross"] < whole).all()
    assert found["gross"].sum() == pytest.approx(whole.sum() * worth.years, rel=0.02)
    assert worth.years == pytest.approx((1 - 1.1 ** -(365 / 365.25)) / np.log(1.1))
    assert (found["value"] == found["gross"]).all()
    assert worth.holds.startswith("Value is revenue, for the book has no cost of goods. No cost to serve is taken off")


def test_what_came_lies_inside_the_intervals_as_often_as_they_say(book: Histories, worth: Worth) -> None:
    """Known parameters, one book: an exact binomial test of the randomised place of what came among the draws."""
    undiscounted = lifetime_value(book, ORDERS, SPEND, horizon="12M", annual_rate=1e-9)
    draws, came = undiscounted._draws, book.frame["came"].to_numpy()
    rng = np.random.default_rng(9)
    below, same = (draws < came - 1e-9).sum(axis=0), (np.abs(draws - came) <= 1e-9).sum(axis=0)
    place = (below + rng.random(len(came)) * (same + 1)) / (len(draws) + 1)
    assert binomtest(int(((place > 0.05) & (place < 0.95)).sum()), len(came), 0.9).pvalue > 1e-3


def test_cost_to_serve_runs_while_the_account_is_there(book: Histories, worth: Worth) -> None:
    cost = pd.DataFrame({"account_id": book.frame["account_id"][:60], "cost_to_serve": 12.0})
    less = lifetime_value(book, ORDERS, SPEND, cost, horizon="12M")
    years = ORDERS.stream(book, "12M", 0.1)["years"]
    assert less.accounts["cost_to_serve"][:60].to_numpy() == pytest.approx(12 * years[:60].to_numpy())
    assert (less.accounts["cost_to_serve"][60:] == 0).all()
    assert (years < worth.years).all()
    assert (years < ORDERS.alive(book)["alive"] * worth.years + 1e-9).all()
    assert less.accounts["value"].to_numpy() == pytest.approx(
        (worth.accounts["value"] - less.accounts["cost_to_serve"]).to_numpy()
    )
    silent = less._draws[:, :60] == 0  # no order, so the account may have left, and then it costs nothing
    assert silent.any()
    assert "60 of 120 accounts" in less.holds


def test_intervals_nest_and_are_the_same_on_every_run(book: Histories, worth: Worth) -> None:
    again = lifetime_value(book, ORDERS, SPEND, horizon="12M")
    pd.testing.assert_frame_equal(worth.accounts, again.accounts, check_exact=True)
    narrow = lifetime_value(book, ORDERS, SPEND, horizon="12M", level=0.5).accounts
    assert (worth.accounts["low"] <= narrow["low"]).all()
    assert (narrow["high"] <= worth.accounts["high"]).all()
    with pytest.raises(UserError, match="between 0 and 1"):
        lifetime_value(book, ORDERS, SPEND, horizon="12M", level=1.5)
    with pytest.raises(UserError, match="above 0"):
        lifetime_value(book, ORDERS, SPEND, annual_rate=0)


def test_groups_add_up_and_their_intervals_are_those_of_sums(worth: Worth) -> None:
    names = worth.accounts["account_id"]
    by = pd.Series(np.where(np.arange(120) % 3 == 0, "north", "south"), index=names).iloc[:100]
    table = worth.rolled(by)
    assert set(table["key"]) == {"north", "south", ""}
    assert table["accounts"].sum() == 120
    assert table["value"].sum() == pytest.approx(worth.accounts["value"].sum())
    assert table["value"].is_monotonic_decreasing
    total = worth.total.iloc[0]
    assert total["low"] < total["value"] < total["high"]
    single = worth.rolled(pd.Series(names.to_numpy(), index=names)).set_index("key").loc[names]
    assert single[["low", "high"]].to_numpy() == pytest.approx(worth.accounts[["low", "high"]].to_numpy(), rel=1e-5)
    # chances add up in sums: the whole is surer than its parts
    assert total["high"] - total["low"] < 0.5 * (worth.accounts["high"] - worth.accounts["low"]).sum()


def test_margins_may_be_negative_and_the_answer_says_it_holds_margin() -> None:
    rng = np.random.default_rng(1)
    orders = [
        line(
            f"A{who:02}",
            f"2025-{month:02}-{1 + who % 20:02}",
            100,
            cost=f"{100 - money:.2f}",
            line_id=f"L{who}-{month}",
        )
        for who, level in enumerate(rng.normal(5, 30, 30))
        for month, money in zip(range(1, 12, 1 + who % 3), rng.normal(level, 5, 11), strict=False)
    ]
    book = small_book(orders)
    known = histories(book, DAY)
    spend = NormalSpend("margin").fit(known)
    found = lifetime_value(known, MBGCNBD(k=1, prior=2.0).fit(known), spend)
    assert (found.accounts["value"] < 0).any()
    assert found.holds.startswith("Value is margin")
    told = against_last_year(found, accounts(book, DAY))
    assert told["repeated"].to_numpy() == pytest.approx((told["last_year"] * found.years).to_numpy())
    assert set(told["rank_value"]) == set(range(1, 31))
    assert (told.loc[told["told"] == "more", "low"] > told.loc[told["told"] == "more", "repeated"]).all()
    assert (told.loc[told["told"] == "less", "high"] < told.loc[told["told"] == "less", "repeated"]).all()


def test_a_group_is_its_offices_and_an_account_without_one_is_its_own() -> None:
    frame = pd.DataFrame({"account_id": ["A", "B", "C"], "group_id": ["G", None, "G"]})
    assert group_key(frame).to_dict() == {"A": "G", "B": "B", "C": "G"}
    assert group_key(frame[["account_id"]]).to_dict() == {"A": "A", "B": "B", "C": "C"}


# --- avoidable cost to serve ---


def spent(
    end: str, amount: str, account: str | None = None, fixed: bool | None = False, start: str | None = None
) -> dict:
    return {"period_end": end, "activity": "visits", "amount": amount, "account_id": account, "fixed": fixed} | (
        {"period_start": start} if start else {}
    )


def quarters(*rows: dict) -> pd.DataFrame:
    book = small_book([line("A", "2026-01-01", 1), line("B", "2026-01-01", 1)], spend=[dict(row) for row in rows])
    return avoidable(book, DAY)


def test_avoidable_cost_is_what_names_the_account_and_is_not_fixed() -> None:
    found = quarters(
        spent("2025-12-31", "10", "A", start="2025-10-01"),
        spent("2026-03-31", "20.5", "A", start="2026-01-01"),
        spent("2026-06-30", "5", "B", fixed=None, start="2026-04-01"),
        spent("2026-09-30", "7", "B", start="2026-07-01"),
        spent("2026-09-30", "1000", "B", fixed=True, start="2026-07-01"),
        spent("2026-09-30", "9000", None, start="2026-07-01"),
        spent("2025-09-30", "500", "A", start="2025-07-01"),  # before the window
    )
    year = 1
    assert found["account_id"].tolist() == ["A", "B"]
    assert found["cost_to_serve"].tolist() == pytest.approx([30.5 * year, 12 * year])


def test_spending_of_part_of_a_year_is_scaled_and_too_little_is_refused() -> None:
    half = quarters(
        spent("2026-06-30", "10", "A", start="2026-04-01"), spent("2026-09-30", "10", "A", start="2026-07-01")
    )
    assert half["cost_to_serve"].tolist() == pytest.approx([20 * 365 / 183])
    with pytest.raises(BookError, match="names 1 accounts over 30 days; expected at least one account and 60 days"):
        quarters(spent("2026-09-30", "10", "A", start="2026-09-01"))
    with pytest.raises(BookError, match="names 0 accounts"):
        quarters(spent("2026-09-30", "10", None, start="2025-10-01"))
    with pytest.raises(BookError, match="no table 'spend'"):
        avoidable(small_book([line("A", "2026-01-01", 1)]), DAY)


@pytest.mark.parametrize("day", ["2026-06-30", "2026-07-15", "2026-08-15", "2026-09-15", "2026-09-30"])
@pytest.mark.parametrize("whole_years", [False, True])
def test_a_steady_cost_is_the_same_on_every_day_of_the_year(day: str, whole_years: bool) -> None:
    """1,000 a year, booked by quarters or by years: periods that began before the window count for their days in it."""
    ends = (
        pd.period_range("2023Q1", "2026Q3", freq="Q") if not whole_years else pd.period_range("2022", "2026", freq="Y")
    )
    rows = [
        spent(str(p.end_time.date()), "1000" if whole_years else "250", "A", start=str(p.start_time.date()))
        for p in ends
    ]
    book = small_book([line("A", "2023-01-01", 1)], spend=rows)
    found = avoidable(book, day)
    assert found["cost_to_serve"].tolist() == pytest.approx([1000], rel=0.02)
