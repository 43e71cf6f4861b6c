"""Gamma-Gamma: published values, lifetimes, scipy's beta-prime distribution, and books of known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifetimes import GammaGammaFitter
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.base import clone
from spending import cdnow, changed, coverage_fits, histories_from, histories_of

from crm_analysis.errors import UserError
from crm_analysis.value.lifetime.fitting import NotIdentified, normal_draws
from crm_analysis.value.lifetime.gamma_gamma import GammaGamma, _Likelihood

TRUTH = {"p": 3.0, "q": 4.0, "v": 60.0}


def simulated(rng, accounts=4000, orders=None, p=3.0, q=4.0, v=60.0):
    """Histories, and the rate of each account."""
    sizes = 1 + (rng.geometric(0.35, accounts) - 1 if orders is None else orders)
    nu = rng.gamma(q, 1 / v, accounts)
    return histories_from(sizes, rng.gamma(p, 1 / np.repeat(nu, sizes))), nu


@pytest.fixture(scope="module")
def published():
    return GammaGamma().fit(cdnow())


def test_cdnow_gives_the_parameters_of_fader_and_hardie_2013_and_clvtools_likelihood(published):
    assert len(cdnow().frame) == 2357
    assert published.size_ == 946
    assert published.params_.round(2).to_dict() == {"p": 6.25, "q": 3.74, "v": 15.44}
    assert published.loglik_ == pytest.approx(-4055.918, abs=5e-4)


def test_expected_value_equals_that_of_lifetimes_at_equal_parameters(published):
    frame = cdnow().frame
    fitter = GammaGammaFitter()
    fitter.params_ = published.params_
    theirs = fitter.conditional_expected_average_profit(frame["frequency"], frame["monetary"].fillna(0))
    ours = published.mean(cdnow())
    assert_allclose(ours, theirs, rtol=1e-12)
    assert ours.index.equals(frame.index)
    p, q, v = published.params_
    assert_allclose(ours[frame["frequency"] == 0], p * v / (q - 1), rtol=1e-12)


def test_lifetimes_fits_no_better():
    book, _ = simulated(np.random.default_rng(5), 800)
    used = book.frame[book.frame["frequency"] > 0]
    fitter = GammaGammaFitter().fit(used["frequency"], used["monetary"], tol=1e-8)
    model = GammaGamma().fit(book)
    theirs = -GammaGammaFitter._negative_log_likelihood(
        np.log(fitter.params_.to_numpy()), used["frequency"], used["monetary"], np.ones(len(used)), 0.0
    ) * len(used)
    assert model.loglik_ >= theirs - 1e-6
    assert_allclose(model.params_, fitter.params_, rtol=1e-3)


def test_likelihood_is_that_of_scipys_beta_prime(published):
    used = cdnow().frame.query("frequency > 0")
    for p, q, v in [(6.25, 3.74, 15.44), (0.2, 15.0, 900.0), (40.0, 1.2, 0.5)]:
        x, total = used["frequency"].to_numpy(float), (used["frequency"] * used["monetary"]).to_numpy()
        value, _ = _Likelihood(x, total, np.ones(len(x)))(np.log([p, q, v]))
        assert value == pytest.approx(np.sum(stats.betaprime.logpdf(total / v, p * x, q) + np.log(x / v)), rel=1e-10)


def test_slopes_equal_finite_differences():
    rng = np.random.default_rng(2)
    x, total, weight = rng.integers(1, 300, 50).astype(float), rng.lognormal(3, 2, 50), rng.uniform(0, 3, 50)
    likelihood = _Likelihood(x, total, weight)
    for at in rng.normal(0, 1.5, (5, 3)):
        moved = [(likelihood(at + step)[0] - likelihood(at - step)[0]) / 2e-5 for step in np.eye(3) * 1e-5]
        assert_allclose(likelihood(at)[1], moved, rtol=1e-5, atol=1e-4)


def test_known_truth_is_recovered():
    book, nu = simulated(np.random.default_rng(3))
    model = GammaGamma().fit(book)
    off = (np.log(model.params_) - np.log(pd.Series(TRUTH))) / np.sqrt(np.diag(model.covariance_))
    assert off.abs().max() < 3
    assert (model.summary_["low"] < model.summary_["estimate"]).all()
    assert np.corrcoef(np.log(model.mean(book)), -np.log(nu))[0, 1] > 0.6


def test_currency_order_and_duplicates_of_accounts_change_nothing(published):
    frame = cdnow().frame
    dear = GammaGamma().fit(changed(cdnow(), monetary=frame["monetary"] * 1000))
    assert_allclose(dear.params_, published.params_ * [1, 1, 1000], rtol=1e-6)
    assert_allclose(dear.covariance_, published.covariance_, rtol=1e-4)
    assert dear.loglik_ == pytest.approx(published.loglik_ - 946 * np.log(1000), rel=1e-9)
    assert_allclose(dear.independence_.table["correlation"], published.independence_.table["correlation"], atol=1e-5)
    money = ["frequency", "recency", "T", "monetary"]
    mixed = histories_like(frame[money].sample(frac=1, random_state=1))
    assert_allclose(GammaGamma().fit(mixed).params_, published.params_, rtol=1e-7)
    twice = GammaGamma().fit(histories_like(pd.concat([frame[money]] * 2)))
    weighed = GammaGamma().fit(cdnow(), weights=np.full(len(frame), 2.0))
    for doubled in (twice, weighed):
        assert_allclose(doubled.params_, published.params_, rtol=1e-6)
        assert_allclose(doubled.covariance_ * 2, published.covariance_, rtol=1e-4)
        assert doubled.loglik_ == pytest.approx(2 * published.loglik_)


def histories_like(frame):
    from crm_analysis.value.histories import Histories

    return Histories.of(frame, unit="week", as_of="1997-09-30")


def test_log_density_of_a_total_is_scipys_beta_prime(published):
    book = histories_of([[5.0], [9.0, 20.0, 40.0], [30.0, 1.0]])
    p, q, v = published.params_
    known, orders = np.array([[0, 0], [2, 60], [1, 1]]), np.array([1, 3, 0])
    found = published.log_density(book, orders, [12.0, 100.0, 0.0])
    for at, total in ((0, 12.0), (1, 100.0)):
        x, money = known[at]
        expected = stats.betaprime.logpdf(total, p * orders[at], q + p * x, scale=v + money)
        assert found[at] == pytest.approx(expected, rel=1e-10)
    assert found[2] == 0
    assert published.log_density(book, [1, 1, 1], [-3.0, 0.0, 1.0])[:2].tolist() == [-np.inf, -np.inf]


def test_draws_of_a_total_follow_scipys_beta_prime():
    model = GammaGamma.from_params(**TRUTH)
    book = histories_of([[5.0], [9.0, 20.0, 40.0], [30.0, 1.0]])
    counts = np.tile([1, 4, 0], (3000, 1))
    drawn = model.sampled(book, counts, np.tile(model.parameter_draws(0), (3000, 1)), np.random.default_rng(4))
    assert (drawn[:, 2] == 0).all()
    for at, (x, money) in enumerate([(0, 0), (2, 60)]):
        law = stats.betaprime(3.0 * counts[0, at], 4 + 3.0 * x, scale=60 + money)
        assert stats.kstest(drawn[:, at], law.cdf).pvalue > 0.001


def test_totals_to_come_lie_in_nine_of_ten_intervals():
    rng = np.random.default_rng(6)
    model = GammaGamma().fit(simulated(rng)[0])
    book, nu = simulated(rng, 500)  # others than fitted to, or their errors would be one
    orders = 1 + rng.poisson(2, 500)
    came = rng.gamma(3.0 * orders, 1 / nu)
    drawn = model.sampled(book, np.tile(orders, (256, 1)), model.parameter_draws(256), rng)
    place = (drawn < came).mean(axis=0)
    assert coverage_fits((place >= 0.05) & (place < 0.95), 0.9)
    assert stats.kstest(place, "uniform").pvalue > 0.001


def test_parameter_draws_have_the_fits_mean_and_covariance_and_are_unrelated_to_a_purchase_models(published):
    draws = published.parameter_draws(1024)
    assert draws.shape == (1024, 3)
    assert_allclose(draws.mean(axis=0), np.log(published.params_), rtol=1e-6)
    assert_allclose(np.cov(draws.T), published.covariance_, rtol=0.05)
    assert_allclose(published.parameter_draws(0)[0], np.log(published.params_))
    purchase = normal_draws(np.zeros(4), np.eye(4), 1024)
    assert np.abs(np.corrcoef(draws.T, purchase.T)[:3, 3:]).max() < 0.12


def test_correlations_are_scipys_and_that_of_cdnow_is_fader_hardie_and_lees(published):
    used = cdnow().frame.query("frequency > 0")
    table = published.independence_.table.set_index("measure")
    pearson = stats.pearsonr(used["frequency"], used["monetary"])
    assert round(table.loc["pearson", "correlation"], 2) == 0.11  # 2005, p. 425
    assert_allclose(table.loc["pearson", ["low", "high"]].astype(float), pearson.confidence_interval(0.95), rtol=1e-9)
    assert table.loc["spearman", "correlation"] == pytest.approx(
        stats.spearmanr(used["frequency"], used["monetary"])[0], rel=1e-9
    )


def test_the_check_within_the_model_is_silent_where_spearman_raises_a_false_alarm():
    rng = np.random.default_rng(8)
    orders = rng.geometric(0.15, 4000)
    found = GammaGamma().fit(simulated(rng, orders=orders, p=0.2)[0]).independence_
    table = found.table.set_index("measure")
    assert table.loc["spearman", "low"] > 0.1
    assert abs(table.loc["within model", "correlation"]) < 0.05
    assert not found.doubtful
    assert found.sentence.startswith("Nothing speaks against")


@pytest.mark.parametrize(
    ("slope", "words"), [(0.4, ("more per order", "too low")), (-0.4, ("less per order", "too high"))]
)
def test_orders_worth_more_or_less_to_frequent_buyers_are_doubtful(slope, words):
    rng = np.random.default_rng(9)
    orders = rng.integers(1, 12, 1500)
    nu = rng.gamma(4.0, 1 / 60, 1500) / orders**slope
    found = GammaGamma().fit(histories_from(orders + 1, rng.gamma(3.0, 1 / np.repeat(nu, orders + 1)))).independence_
    assert found.doubtful
    assert all(word in found.sentence for word in words)


def test_where_all_order_equally_often_the_check_says_so():
    rng = np.random.default_rng(10)
    found = GammaGamma().fit(simulated(rng, 2000, orders=np.full(2000, 3))[0]).independence_
    assert "equally often" in found.sentence
    assert not found.doubtful


def test_money_of_zero_or_less_is_refused_with_its_number():
    book = histories_of([[5.0, 4.0], [9.0, -20.0], [30.0, 1.0, -1.0], [-4.0]])
    with pytest.raises(UserError, match=r"2 of 3 accounts .* mean revenue of 0 or less.*NormalSpend"):
        GammaGamma().fit(book)
    with pytest.raises(UserError, match="2 of 3 accounts"):
        GammaGamma.from_params(**TRUTH).mean(book)


def test_amounts_without_a_finite_mean_are_refused():
    book, _ = simulated(np.random.default_rng(11), q=0.7)
    with pytest.raises(UserError, match=r"q is 0\.\d+, and at 1 or less the mean revenue of an order is infinite"):
        GammaGamma().fit(book)
    with pytest.raises(UserError, match=r"q is 0\.7"):
        GammaGamma.from_params(p=3, q=0.7, v=60).mean(book)


def test_what_the_data_do_not_tell_is_refused():
    alike = np.random.default_rng(12).gamma(3.0, 20.0, 2000)  # accounts do not differ: q and v may be anything large
    with pytest.raises(NotIdentified, match="q and v"):
        GammaGamma().fit(histories_from(np.full(500, 4), alike))
    with pytest.raises(NotIdentified, match="none of the 2 accounts has a repeat order"):
        GammaGamma().fit(histories_of([[5.0], [6.0]]))


def test_margin_reads_its_own_columns_and_counts_orders_with_costs_only():
    rng = np.random.default_rng(13)
    sizes = rng.integers(1, 9, 500)
    flat = rng.gamma(3.0, 1 / np.repeat(rng.gamma(4.0, 1 / 60, 500), sizes))
    as_revenue, as_margin = histories_from(sizes, flat), histories_from(sizes, flat, "margin")
    model = GammaGamma("margin").fit(as_margin)
    assert_allclose(model.params_, GammaGamma().fit(as_revenue).params_)
    assert model.mean(as_margin).name == "mean_margin"
    costed = np.minimum(as_margin.frame["frequency"], 1)  # as if the cost of one repeat order each were known
    lean = GammaGamma.from_params("margin", **TRUTH).mean(changed(as_margin, costed=costed))
    mean = as_margin.frame["monetary_margin"].fillna(0)
    assert_allclose(lean, 3 * (60 + costed * mean) / (3 * costed + 3))
    with pytest.raises(UserError, match=r"no column 'monetary_margin'.*costs"):
        GammaGamma("margin").fit(as_revenue)
    with pytest.raises(UserError, match="monetary is not known of any account"):
        GammaGamma().fit(as_margin)


def test_scikit_learn_knows_it(published):
    assert clone(GammaGamma("margin")).get_params() == {"money": "margin", "prior": None}
    with pytest.raises(UserError, match="found 'profit'"):
        GammaGamma("profit").fit(cdnow())
    with pytest.raises(UserError, match="has the parameters p, q, v; found p"):
        GammaGamma.from_params(p=1)
    with pytest.raises(UserError, match="above 0"):
        GammaGamma.from_params(p=1, q=-1, v=2)
    with pytest.raises(UserError, match="one per account"):
        GammaGamma().fit(cdnow(), weights=[1.0])
    with pytest.raises(UserError, match=r"\(1, 2357\); found \(2, 2\)"):
        published.sampled(cdnow(), np.ones((2, 2)), published.parameter_draws(0), np.random.default_rng(0))


def test_a_weak_prior_stands_in_where_the_means_do_not_tell_p_and_v(published):
    """Few repeat accounts: plain likelihood refuses, the prior gives nearly the same means as the truth does."""
    rng = np.random.default_rng(2)
    sizes = rng.integers(2, 4, 25)
    amounts = [
        rng.gamma(6.25, 1, size) / rate for size, rate in zip(sizes, rng.gamma(3.74, 1 / 15.44, 25), strict=True)
    ]
    few = histories_of(amounts)
    with pytest.raises(NotIdentified):
        GammaGamma().fit(few)
    weak = GammaGamma(prior=2.0).fit(few)
    assert (weak.mean(few) / published.mean(few)).mean() == pytest.approx(1, abs=0.15)
    with pytest.raises(UserError, match="above 0"):
        GammaGamma(prior=0).fit(few)
