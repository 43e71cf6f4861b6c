"""Simulated accounts: their money adds up, comes as the spend process says, and the truth of the horizon is its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from crm_analysis.value.histories import Histories
from crm_analysis.value.lifetime.simulated import (
    gamma_gamma_amounts,
    leaving_at_any_time,
    leaving_at_orders,
    normal_amounts,
)

BG = {"r": 0.8, "alpha": 3.0, "a": 0.5, "b": 4.0}
PARETO = {"r": 0.55, "alpha": 10.6, "s": 0.61, "beta": 11.7}
BUSY = {"r": 5.0, "alpha": 0.7, "a": 0.3, "b": 20.0}  # an order a day


def book(amounts: Callable[..., Any] | None = None, accounts: int = 4000, **how: Any) -> Histories:
    rng = np.random.default_rng(1)
    return leaving_at_orders(rng, rng.uniform(20, 80, accounts), "36M", BG, amounts=amounts, **how)


def test_orders_of_one_price_tell_how_many_there_were() -> None:
    """With every order at 10, money is 10 times the count, wherever one of the two is told."""
    frame = book(lambda of: np.full(len(of), 10.0), within=("12M",)).frame
    assert (frame["revenue"] == 10 * (1 + frame["frequency"])).all()
    assert (frame["revenue_squares"] == 100 * (1 + frame["frequency"])).all()
    assert (frame["first_revenue"] == 10).all()
    repeated = frame["frequency"] > 0
    assert (frame.loc[repeated, "monetary"] == 10).all()
    assert frame.loc[~repeated, "monetary"].isna().all()
    for ending in ("", "_12M"):
        assert (frame[f"total{ending}"] == 10 * frame[f"orders{ending}"]).all()
    assert (frame["orders_12M"] < frame["orders"]).any()
    assert (frame["orders_12M"] <= frame["orders"]).all()


def test_value_is_discounted_by_each_orders_own_time() -> None:
    """At 21 % a year an order is worth between 1/1.21^3 and all of it within 36 months; one year's at least 1/1.21."""
    frame = book(lambda of: np.full(len(of), 10.0), within=("12M",), annual_rate=0.21).frame
    some = frame[frame["orders"] > 0]
    share = some["value"] / some["total"]
    assert share.between(1.21**-3.01, 1).all()
    near = frame[frame["orders_12M"] > 0]
    assert (near["value_12M"] / near["total_12M"]).between(1.21**-1.01, 1).all()
    # many orders of an account that is there throughout are spread evenly: the mean of 1.21^-time over three years
    many = frame[(frame["orders"] > 60) & frame["alive"]]
    assert len(many) > 20
    # each share is a mean of some sixty orders' or more, and an account that left meanwhile ordered early
    assert share[many.index].median() == pytest.approx((1 - 1.21**-3) / (3 * np.log(1.21)), rel=0.01)


def test_gamma_gamma_amounts_have_the_means_of_fader_and_hardie_2013() -> None:
    """Mean p v / (q - 1), and squares p (p + 1) v^2 / ((q - 1)(q - 2)); an account keeps its scale."""
    rng = np.random.default_rng(2)
    drawn = gamma_gamma_amounts(rng, 200_000, {"p": 6.25, "q": 5.0, "v": 16.0})
    places = np.arange(200_000)
    one, other = drawn(places), drawn(places)
    assert one.mean() == pytest.approx(6.25 * 16 / 4, rel=0.01)
    assert (one * other).mean() == pytest.approx((6.25 * 16) ** 2 / 12, rel=0.02)
    assert (one * one).mean() == pytest.approx(6.25 * 7.25 * 16**2 / 12, rel=0.02)
    assert drawn(np.array([7, 7, 7])).shape == (3,)


def test_normal_amounts_have_the_moments_of_a_normal_inverse_gamma() -> None:
    """Variance within an account s^2 nu / (nu - 2), between accounts that over kappa."""
    rng = np.random.default_rng(3)
    drawn = normal_amounts(rng, 200_000, {"kappa": 2.0, "nu": 8.0, "s": 20.0, "mu0": -5.0})
    one, other = drawn(np.arange(200_000)), drawn(np.arange(200_000))
    within = 20.0**2 * 8 / 6
    assert one.mean() == pytest.approx(-5.0, abs=0.2)
    assert np.cov(one, other)[0, 1] == pytest.approx(within / 2, rel=0.03)
    assert ((one - other) ** 2).mean() / 2 == pytest.approx(within, rel=0.02)


def test_pareto_accounts_order_and_stay_as_expected_and_at_the_mean_amount() -> None:
    """Expected orders r / alpha * beta / (s - 1) * (1 - (beta / (beta + t))^(s - 1)), and P(alive)."""
    rng = np.random.default_rng(4)
    accounts = 40_000
    drawn = gamma_gamma_amounts(rng, accounts, {"p": 6.25, "q": 5.0, "v": 16.0})
    frame = leaving_at_any_time(rng, np.full(accounts, 52.0), "12M", PARETO, amounts=drawn).frame
    r, alpha, s, beta = PARETO.values()

    def expected(t: float) -> float:
        return r / alpha * beta / (s - 1) * (1 - (beta / (beta + t)) ** (s - 1))

    t = 365 / 7
    for found, wanted in ((frame["frequency"], expected(52)), (frame["orders"], expected(52 + t) - expected(52))):
        assert found.mean() == pytest.approx(wanted, abs=4 * found.std() / accounts**0.5)
    assert frame["alive"].mean() == pytest.approx((beta / (beta + 52)) ** s, abs=0.01)
    assert frame["total"].sum() / frame["orders"].sum() == pytest.approx(25.0, rel=0.05)


def test_whole_days_make_one_occasion_of_the_orders_of_a_day() -> None:
    rng = np.random.default_rng(5)
    T = rng.uniform(10, 30, 500)
    priced = {"amounts": lambda of: np.full(len(of), 10.0)}
    exact = leaving_at_orders(np.random.default_rng(6), T, "3M", BUSY, **priced).frame
    dated = leaving_at_orders(np.random.default_rng(6), T, "3M", BUSY, whole_days=True, **priced).frame
    for name in ("recency", "T"):
        days = dated[name] * 7
        assert np.allclose(days, days.round(), atol=1e-9)
    assert (dated["frequency"] <= (dated["recency"] * 7).round()).all()
    assert dated["frequency"].mean() < 0.8 * exact["frequency"].mean()
    # nothing of the money is lost when orders join, and the money of a day is squared as one
    assert dated["revenue"].sum() == pytest.approx(exact["revenue"].sum(), rel=0.1)
    assert ((dated["revenue"] / 10) % 1 == 0).all()
    of = dated["frequency"] > 0
    assert (dated["revenue_squares"] >= dated["revenue"] ** 2 / (1 + dated["frequency"]) - 1e-6).all()
    assert (dated["revenue_squares"] > 10 * dated["revenue"] + 1e-6)[of].mean() > 0.5
    assert (dated["log_gaps"][of] >= dated["frequency"][of] * np.log(1 / 7) - 1e-9).all()


def test_log_gaps_are_those_of_the_orders() -> None:
    """Two of them that add up to the recency have at most the product of equal ones; a single one is the recency."""
    frame = book(k=3).frame
    one, two = frame[frame["frequency"] == 1], frame[frame["frequency"] == 2]
    assert np.allclose(one["log_gaps"], np.log(one["recency"]))
    assert (two["log_gaps"] <= 2 * np.log(two["recency"] / 2) + 1e-12).all()
    assert (frame.loc[frame["frequency"] == 0, "log_gaps"] == 0).all()


def test_without_amounts_there_is_no_money() -> None:
    frame = book(within=("12M",)).frame
    assert not {"total", "value", "total_12M", "value_12M"} & set(frame)
    assert frame["revenue"].isna().all()
    assert {"orders", "orders_12M"} <= set(frame)
