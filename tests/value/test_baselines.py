"""Naive forecasts, against published errors, scipy's distributions and hand calculations."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from buying import cdnow_days
from scipy.optimize import approx_fprime, minimize
from scipy.stats import nbinom
from sklearn.base import clone

from crm_analysis.errors import UserError
from crm_analysis.value.baselines import BASELINES, WEAK, BoughtLately, LastWindow, Rate, _likelihood
from crm_analysis.value.histories import Histories


def made(recent: list[int] | np.ndarray, **columns: list[float] | np.ndarray) -> Histories:
    """Accounts first seen two years ago with this many orders lately."""
    many = len(recent)
    frame = {"frequency": np.full(many, 4), "recency": np.full(many, 90.0), "T": np.full(many, 104.0), "recent": recent}
    return Histories.of(pd.DataFrame(frame | columns), unit="week", as_of="2025-09-30")


@pytest.fixture(scope="module")
def counts() -> tuple[Histories, np.ndarray]:
    """Negative binomial counts with base 0.3, slope 0.8, size 2 by the orders of the window before."""
    rng = np.random.default_rng(3)
    recent = rng.integers(0, 6, 4000)
    return made(recent), rng.poisson(rng.gamma(2.0, (0.3 + 0.8 * recent) / 2.0))


def certain(model: LastWindow | Rate) -> LastWindow | Rate:
    """The model as if its parameters were known."""
    model.covariance_ = model.covariance_ * 0
    return model


def test_points_have_the_published_errors_on_the_cdnow_holdout():
    """shared/anchors.md: rate x time 1.024, bought in the last 13 of 39 weeks .814, always zero .798."""
    end = dt.date(1997, 9, 30)
    known = {name: [day for day in days if day <= end] for name, days in cdnow_days().items()}
    known = {name: days for name, days in known.items() if days}
    came = np.array([sum(day > end for day in cdnow_days()[name]) for name in sorted(known)])
    rows = [
        (len(days) - 1, (days[-1] - days[0]).days / 7, (end - days[0]).days / 7) for _, days in sorted(known.items())
    ]
    histories = Histories.of(pd.DataFrame(rows, columns=["frequency", "recency", "T"]), unit="week", as_of=end)
    assert round(np.abs(Rate().point(histories, 39.0) - came).mean(), 3) == 1.024
    assert round(np.abs(BoughtLately().point(histories, 39.0) - came).mean(), 3) == 0.814
    assert round(np.abs(came).mean(), 3) == 0.798


def test_points_by_hand():
    histories = made([5, 0, 2], frequency=[4, 0, 2], recency=[90.0, 0.0, 10.0], T=[104.0, 0.0, 52.0])
    assert LastWindow().point(histories, 52.0).tolist() == [5, 0, 2]
    assert Rate().point(histories, 52.0).tolist() == [2, 0, 2]
    assert BoughtLately().point(histories, 52.0).tolist() == [2, 0, 0]


def test_the_slopes_of_the_likelihood_are_those_of_differences():
    at, point = np.array([-1.0, 0.3, 0.7]), np.array([0.0, 1.0, 2.5, 40.0])
    y, count = np.array([0.0, 3.0, 1.0, 60.0]), np.array([5, 1, 2, 1])
    differences = approx_fprime(at, lambda t: _likelihood(t, point, y, count)[0], 1e-7)
    np.testing.assert_allclose(_likelihood(at, point, y, count)[1], differences, rtol=1e-5)


def test_the_fit_is_the_maximum_that_scipy_finds(counts):
    histories, came = counts
    model = LastWindow().fit(histories, "12M", came)
    start = np.log([0.2 * came.mean(), 0.7, 1.0])

    def minus(at: np.ndarray) -> float:
        base, slope, size = np.exp(at)
        mean = base + slope * histories.frame["recent"]
        prior = ((at - start) ** 2).sum() / 2 / WEAK**2
        return prior - nbinom.logpmf(came, size, size / (size + mean)).sum()

    theirs = minimize(minus, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 3000})
    np.testing.assert_allclose(model.params_, np.exp(theirs.x), rtol=1e-4)
    off = (np.log(model.params_) - np.log([0.3, 0.8, 2.0])) / np.sqrt(np.diag(model.covariance_))
    assert (off.abs() < 3.5).all()


def test_scores_chances_and_bounds_are_those_of_scipy(counts):
    histories, came = counts
    model = certain(LastWindow().fit(histories, "12M", came))
    base, slope, size = model.params_
    mean = base + slope * histories.frame["recent"].to_numpy()
    theirs = nbinom(size, size / (size + mean))
    np.testing.assert_allclose(model.log_score(histories, "12M", came), theirs.logpmf(came), rtol=1e-9, atol=1e-12)
    fewer, same = model.chances(histories, "12M", came)
    np.testing.assert_allclose(fewer, theirs.cdf(came - 1), atol=1e-12)
    np.testing.assert_allclose(same, theirs.pmf(came), atol=1e-12)
    table = model.orders(histories, "12M", level=0.8)
    np.testing.assert_allclose(table["expected_orders"], mean)
    np.testing.assert_array_equal(table["low"], theirs.ppf(0.1))
    np.testing.assert_array_equal(table["high"], theirs.ppf(0.9))


def test_bounds_reach_as_far_as_the_orders_do():
    histories = made([0, 10_000] * 20)
    model = certain(LastWindow().fit(histories, "12M", np.array([0, 10_000] * 20)))
    base, slope, size = model.params_
    wide = nbinom.ppf([0.05, 0.95], size, size / (size + base + slope * 10_000))
    assert model.orders(histories, "12M").loc[1, ["low", "high"]].tolist() == wide.tolist()


def test_draws_follow_the_distribution(counts):
    histories, came = counts
    model = LastWindow().fit(histories, "12M", came)
    rng = np.random.default_rng(1)
    draws = model.sampled(histories, "12M", model.parameter_draws(16), rng.random((16, 4000)))
    assert draws.shape == (16, 4000)
    assert draws.mean() == pytest.approx(model.orders(histories, "12M")["expected_orders"].mean(), rel=0.02)
    assert (draws == 0).mean() == pytest.approx((came == 0).mean(), abs=0.02)
    # as in purchase models, a small number of the uniform ones is many orders
    extremes = model.sampled(made([3]), "12M", model.parameter_draws(0), np.array([[0.999]]))
    assert extremes[0, 0] < model.sampled(made([3]), "12M", model.parameter_draws(0), np.array([[0.001]]))[0, 0]


def test_another_horizon_is_in_proportion(counts):
    histories, came = counts
    model = LastWindow().fit(histories, "26W", came)
    half, whole = (model.orders(histories, horizon)["expected_orders"] for horizon in ("26W", "52W"))
    np.testing.assert_allclose(whole, 2 * half)
    assert model.note(histories, "26W") == ""
    assert model.note(histories, "52W").startswith("fitted to a window of 26W and scaled to 52W")
    # the variance is that of a rate of the account's own: mean + mean^2 / size
    spread = certain(model).sampled(made([2] * 20_000), "52W", model.parameter_draws(0), _even(20_000)).var()
    assert spread == pytest.approx(
        whole[histories.frame["recent"] == 2].iloc[0] * (1 + _over(model, whole, histories)), rel=0.02
    )


def _even(many: int) -> np.ndarray:
    return ((np.arange(many) + 0.5) / many)[None]


def _over(model: LastWindow, whole: pd.Series, histories: Histories) -> float:
    return float(whole[histories.frame["recent"] == 2].iloc[0] / model.params_["size"])


@pytest.mark.parametrize("kind", BASELINES)
def test_nothing_known_is_still_a_forecast(kind):
    model = kind().fit(made([0, 0, 0], frequency=[0, 0, 0], recency=[0.0] * 3), "12M", [0, 0, 0])
    table = model.orders(made([0, 3]), "12M")
    assert np.isfinite(table["expected_orders"]).all()
    assert model.alive(made([0, 3]))["alive"].isna().all()
    assert not hasattr(clone(model), "params_")


def test_mistakes_are_told():
    plain = Histories.of(made([1, 2]).frame.drop(columns="recent"), unit="week", as_of="2025-09-30")
    with pytest.raises(UserError, match="the histories have no column 'recent'"):
        LastWindow().fit(plain, "12M", [1, 2])
    with pytest.raises(UserError, match="one for each of the 2 histories"):
        Rate().fit(plain, "12M", [1, 2, 3])
    model = Rate().fit(plain, "12M", [1, 2])
    with pytest.raises(UserError, match="counts in weeks, the histories in months"):
        model.orders(Histories.of(plain.frame, unit="month", as_of="2025-09-30"), "12M")
    with pytest.raises(UserError, match="level of an interval"):
        model.orders(plain, "12M", level=90)
