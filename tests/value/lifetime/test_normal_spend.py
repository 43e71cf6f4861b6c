"""Normal spend: scipy's t distributions, the rule of conditional probability, hand calculation, known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.base import clone
from spending import cdnow, changed, coverage_fits, histories_from, histories_of

from crm_analysis.errors import UserError
from crm_analysis.value.lifetime.fitting import NotIdentified
from crm_analysis.value.lifetime.gamma_gamma import GammaGamma
from crm_analysis.value.lifetime.normal_spend import NormalSpend, _Likelihood

TRUTH = {"kappa": 0.8, "nu": 3.0, "s": 20.0, "mu0": -5.0}
FEW = [[5.0], [9.0, -20.0, 40.0], [-30.0, 1.0], [2.0, 2.0, 2.0, 2.0]]


def simulated(rng, accounts=3000, kappa=0.8, nu=3.0, s=20.0, mu0=-5.0):
    """Histories of margin, and the mean and standard deviation of each account's orders."""
    sizes = rng.geometric(0.3, accounts)
    sigma = s * np.sqrt(nu / rng.chisquare(nu, accounts))
    mean = rng.normal(mu0, sigma / np.sqrt(kappa))
    return histories_from(sizes, rng.normal(np.repeat(mean, sizes), np.repeat(sigma, sizes)), "margin"), mean, sigma


def joint(amounts, kappa, nu, s, mu0):
    """The log density of an account's orders: a multivariate t (Gelman et al., 3.3)."""
    n = len(amounts)
    return stats.multivariate_t(np.full(n, mu0), s**2 * (np.eye(n) + 1 / kappa), df=nu).logpdf(amounts)


@pytest.fixture(scope="module")
def book():
    return simulated(np.random.default_rng(1))


@pytest.fixture(scope="module")
def fitted(book):
    return NormalSpend("margin").fit(book[0])


def test_likelihood_is_that_of_scipys_multivariate_t():
    n, mean, squares = NormalSpend()._known(histories_of(FEW))
    weight = np.array([1.0, 2.0, 1.0, 0.5])
    for theta in ((0.8, 3.0, 20.0, -5.0), (5.0, 0.4, 1.0, 3.0), (0.01, 80.0, 300.0, 0.0)):
        expected = sum(w * joint(amounts, *theta) for w, amounts in zip(weight, FEW, strict=True))
        at = np.array([*np.log(theta[:3]), theta[3]])
        assert _Likelihood(n, mean, squares, weight)(at)[0] == pytest.approx(expected, rel=1e-10)


def test_slopes_equal_finite_differences():
    rng = np.random.default_rng(2)
    n = rng.integers(1, 300, 50).astype(float)
    likelihood = _Likelihood(
        n, rng.normal(0, 2, 50), np.where(n > 1, rng.lognormal(2, 2, 50), 0), rng.uniform(0, 3, 50)
    )
    for at in rng.normal(0, 1.5, (5, 4)):
        moved = [(likelihood(at + step)[0] - likelihood(at - step)[0]) / 2e-5 for step in np.eye(4) * 1e-5]
        assert_allclose(likelihood(at)[1], moved, rtol=1e-5, atol=1e-4)


def test_likelihood_of_the_fit_is_in_the_books_money(fitted):
    amounts = [
        [20.0, -4.0, 7.0],
        [1.0],
        [500.0, 480.0],
        [30.0, 31.0, 90.0],
        [-60.0, 10.0],
        [5.0, 8.0],
        [-9.0, 4.0, -70.0],
    ]
    model = NormalSpend().fit(histories_of(amounts * 8))
    expected = 8 * sum(joint(own, *model.params_) for own in amounts)
    assert model.loglik_ == pytest.approx(expected, rel=1e-10)
    assert model.size_ == 56
    rng = np.random.default_rng(0)
    for _ in range(20):  # nothing near is better
        near = model.params_ * np.exp(rng.normal(0, 0.05, 4))
        assert 8 * sum(joint(own, *near) for own in amounts) <= model.loglik_ + 1e-9


def test_expected_value_by_hand():
    model = NormalSpend.from_params(kappa=1, nu=3, s=4, mu0=2)
    means = model.mean(histories_of([[9.0, 10.0, 11.0], [-6.0], [2.0, 2.0]]))
    assert means.tolist() == [(1 * 2 + 3 * 10) / 4, (1 * 2 - 6) / 2, 2.0]
    assert means.name == "mean_revenue"


def test_density_of_the_next_order_is_the_joint_one_over_that_of_the_orders_before():
    model = NormalSpend.from_params(**TRUTH)
    theta = tuple(TRUTH.values())
    found = model.log_density(histories_of(FEW), [1, 1, 1, 0], [12.0, -90.0, 3.0, 0.0])
    for place, came in enumerate([12.0, -90.0, 3.0]):
        assert found[place] == pytest.approx(joint([*FEW[place], came], *theta) - joint(FEW[place], *theta), rel=1e-9)
    assert found[3] == 0


def law(account, orders, kappa, nu, s, mu0):
    """Scipy's t for the total of so many orders, from Gelman et al., 3.3, written out."""
    n, mean = len(account), np.mean(account)
    left = nu * s**2 + np.sum((account - mean) ** 2) + kappa * n / (kappa + n) * (mean - mu0) ** 2
    middle = (kappa * mu0 + n * mean) / (kappa + n)
    scale = np.sqrt(left / (nu + n) * (orders + orders**2 / (kappa + n)))
    return stats.t(nu + n, orders * middle, scale)


def test_totals_follow_scipys_t():
    model = NormalSpend.from_params(**TRUTH)
    counts = np.tile([1, 5, 2, 0], (3000, 1))
    at = np.tile(model.parameter_draws(0), (3000, 1))
    drawn = model.sampled(histories_of(FEW), counts, at, np.random.default_rng(4))
    assert (drawn[:, 3] == 0).all()
    density = model.log_density(histories_of(FEW), counts[0], [3.0, 70.0, -400.0, 0.0])
    for place, total in enumerate([3.0, 70.0, -400.0]):
        own = law(np.array(FEW[place]), counts[0, place], *TRUTH.values())
        assert stats.kstest(drawn[:, place], own.cdf).pvalue > 0.001
        assert density[place] == pytest.approx(own.logpdf(total), rel=1e-10)


def test_known_truth_is_recovered(book, fitted):
    off = np.append(np.log(fitted.params_[:3] / list(TRUTH.values())[:3]), fitted.params_["mu0"] + 5)
    assert np.max(np.abs(off) / np.sqrt(np.diag(fitted.covariance_))) < 3
    plain = book[0].frame["margin"] / (book[0].frame["frequency"] + 1)
    off, plainly_off = ((guess - book[1]).abs() / book[2] for guess in (fitted.mean(book[0]), plain))
    assert off.mean() < 0.85 * plainly_off.mean()
    assert (fitted.summary_["parameter"] == ["kappa", "nu", "s", "mu0"]).all()


def test_totals_to_come_lie_in_nine_of_ten_intervals(fitted):
    rng = np.random.default_rng(6)
    known, mean, sigma = simulated(rng, 500)  # others than fitted to, or their errors would be one
    orders = 1 + rng.poisson(2, 500)
    came = rng.normal(orders * mean, np.sqrt(orders) * sigma)
    drawn = fitted.sampled(known, np.tile(orders, (256, 1)), fitted.parameter_draws(256), rng)
    place = (drawn < came).mean(axis=0)
    assert coverage_fits((place >= 0.05) & (place < 0.95), 0.9)
    assert stats.kstest(place, "uniform").pvalue > 0.001


def test_currency_level_order_and_duplicates_of_accounts_change_nothing(book, fitted):
    frame = book[0].frame
    n = frame["frequency"] + 1
    dear = NormalSpend("margin").fit(
        changed(book[0], margin=frame["margin"] * 1000, margin_squares=frame["margin_squares"] * 1e6)
    )
    assert_allclose(dear.params_, fitted.params_ * [1, 1, 1000, 1000], rtol=1e-6)
    assert_allclose(dear.summary_["standard_error"], fitted.summary_["standard_error"] * [1, 1, 1000, 1000], rtol=1e-4)
    assert dear.loglik_ == pytest.approx(fitted.loglik_ - n.sum() * np.log(1000), rel=1e-9)
    squares = frame["margin_squares"] + 200 * frame["margin"] + n * 100**2
    raised = NormalSpend("margin").fit(changed(book[0], margin=frame["margin"] + 100 * n, margin_squares=squares))
    assert_allclose(raised.params_, fitted.params_ + np.array([0, 0, 0, 100]), rtol=1e-6)
    mixed = frame.drop(columns="account_id").sample(frac=1, random_state=1)
    assert_allclose(NormalSpend("margin").fit(like(mixed)).params_, fitted.params_, rtol=1e-7)
    twice = NormalSpend("margin").fit(like(pd.concat([frame.drop(columns="account_id")] * 2)))
    weighed = NormalSpend("margin").fit(book[0], weights=np.full(len(frame), 2.0))
    for doubled in (twice, weighed):
        assert_allclose(doubled.params_, fitted.params_, rtol=1e-6)
        assert_allclose(doubled.covariance_ * 2, fitted.covariance_, rtol=1e-4, atol=1e-9)


def like(frame):
    from crm_analysis.value.histories import Histories

    return Histories.of(frame, unit="week", as_of="1997-09-30")


def test_accounts_of_no_weight_do_not_count(book, fitted):
    frame = book[0].frame
    half = np.arange(len(frame)) % 2
    some = NormalSpend("margin").fit(book[0], weights=half)
    assert_allclose(some.params_, NormalSpend("margin").fit(like(frame[half == 1])).params_, rtol=1e-7)
    assert some.size_ == half.sum()


def test_one_absurd_order_hardly_moves_the_others(book, fitted):
    frame = book[0].frame
    at = int(frame["frequency"].argmax())
    n, total = frame.loc[at, "frequency"] + 1, frame.loc[at, "margin"]
    margin, squares = frame["margin"].copy(), frame["margin_squares"].copy()
    margin[at], squares[at] = total + 1e7, squares[at] + 1e14
    spoilt = changed(book[0], margin=margin, margin_squares=squares)
    model = NormalSpend("margin").fit(spoilt)
    others = frame.index != at
    moved = (model.mean(spoilt) - fitted.mean(book[0]))[others].abs()
    assert (moved / book[2][others]).max() < 0.05
    drawn = [m.sampled(h, np.ones((200, len(frame))), m.parameter_draws(200), np.random.default_rng(3))[:, at]
             for m, h in ((fitted, book[0]), (model, spoilt))]  # fmt: skip
    wide = [np.subtract(*np.quantile(own, [0.9, 0.1])) for own in drawn]
    assert wide[1] > 1e7 / n > 100 * wide[0]


def test_orders_of_one_amount_leave_no_negative_squares():
    amounts = [[0.1 * place] * (2 + place % 9) for place in range(1, 200)]
    n, mean, squares = NormalSpend()._known(histories_of(amounts))
    assert (squares == 0).all()
    assert_allclose(mean, 0.1 * np.arange(1, 200))
    assert n[0] == 3


def test_cdnow_where_both_models_apply_gives_nearly_the_same_values():
    normal, gamma = NormalSpend().fit(cdnow()), GammaGamma().fit(cdnow())
    repeated = cdnow().frame["frequency"] >= 3
    both = stats.spearmanr(normal.mean(cdnow())[repeated], gamma.mean(cdnow())[repeated])[0]
    assert both > 0.9
    assert normal.params_["nu"] < 2.2  # far from normal: a bound at 2 would refuse even this book


def test_parameter_draws_have_the_fits_mean_and_covariance(fitted):
    draws = fitted.parameter_draws(1024)
    assert_allclose(draws.mean(axis=0), [*np.log(fitted.params_[:3]), fitted.params_["mu0"]], rtol=1e-6)
    error = np.sqrt(np.diag(fitted.covariance_))
    assert_allclose(np.cov(draws.T) / np.outer(error, error), fitted.covariance_ / np.outer(error, error), atol=0.03)


def test_what_the_data_do_not_tell_is_refused():
    with pytest.raises(NotIdentified, match="none of the 3 histories do two orders differ in revenue"):
        NormalSpend().fit(histories_of([[5.0], [6.0], [3.0, 3.0]]))
    alike = np.random.default_rng(12).normal(50, 20, 2000)  # accounts do not differ: kappa and nu may be anything large
    with pytest.raises(NotIdentified, match="kappa"):
        NormalSpend().fit(histories_from(np.full(500, 4), alike))


@pytest.mark.parametrize("model", [NormalSpend, GammaGamma])
def test_far_out_and_on_the_smallest_books_there_is_a_refusal_and_no_warning(model):
    likelihood = _Likelihood(np.array([2.0, 1.0]), np.array([1.0, 2.0]), np.array([3.0, 0.0]), np.ones(2))
    for at in ([800.0, 0, 0, 0], [0, 800.0, 0, 0], [0, 0, -800.0, 0], [0, 0, 0, 1e300]):
        value, slopes = likelihood(np.array(at))
        assert np.isfinite(slopes).all()
        assert value == -np.inf or np.isfinite(value)
    with pytest.raises(NotIdentified):
        model().fit(histories_of([[1.0, 2.0], [3.0, 5.0]]))


def test_orders_without_costs_tell_nothing_of_margin(book):
    frame = book[0].frame.head(3).copy()
    frame["costed"] = [frame.loc[0, "frequency"], 0, 0]
    frame.loc[1, ["margin", "first_margin", "margin_squares"]] = [12.0, 12.0, 144.0]
    frame.loc[2, ["margin", "first_margin", "margin_squares"]] = np.nan
    n, mean, squares = NormalSpend("margin")._known(like(frame))
    assert n.tolist() == [frame.loc[0, "frequency"] + 1, 1, 0]
    assert mean[1:].tolist() == [12, 0]
    assert squares[1:].tolist() == [0, 0]
    model = NormalSpend.from_params("margin", **TRUTH)
    assert model.mean(like(frame))[2] == -5
    with pytest.raises(UserError, match=r"no column 'margin'.*costs"):
        NormalSpend("margin").fit(cdnow())
    with pytest.raises(UserError, match="revenue is not known of any account"):
        NormalSpend().fit(book[0])


def test_scikit_learn_knows_it():
    assert clone(NormalSpend("margin")).get_params() == {"money": "margin"}
    with pytest.raises(UserError, match="has the parameters kappa, nu, s, mu0; found p"):
        NormalSpend.from_params(p=1)
