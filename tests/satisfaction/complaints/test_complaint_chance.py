"""Chance: exact Poisson limits, the scatter of accounts, and rates compared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, poisson
from small_books import FEW

from crm_analysis.satisfaction.complaints.chance import compared, interval, limits, spreads, unevenness
from crm_analysis.satisfaction.complaints.funnel import between, funnelplotr, wider


@pytest.mark.parametrize(
    ("expected", "low", "high"), [(15, 0.5596924, 1.649348), (20, 0.6108260, 1.544419), (30, 0.6746958, 1.427562)]
)
def test_limits_of_funnelplotr_tests(expected, low, high):
    """FunnelPlotR's tests, Poisson limits at 95 %."""
    found = funnelplotr(expected)
    assert float(found[0]) == pytest.approx(low, abs=5e-8)
    assert float(found[1]) == pytest.approx(high, abs=5e-7)


def test_interval_of_garwood_1936():
    """Garwood (1936), 95 % limits of a Poisson mean, as in every later table: of 0 to 3.689, of 10 4.795 to 18.390."""
    low, high = interval([0, 10], 0.95)
    assert low == pytest.approx([0, 4.795], abs=5e-4)
    assert high == pytest.approx([3.689, 18.390], abs=5e-4)


@FEW
@given(st.floats(1e-3, 5e3), st.sampled_from([0.9, 0.95, 0.998]))
def test_limits_are_the_exact_tails(expected, level):
    tail = (1 - level) / 2
    low, high = (float(end) for end in limits(expected, level))
    first = int(np.ceil(high))
    assert poisson.sf(first - 1, expected) <= tail * (1 + 1e-6)
    assert poisson.sf(first - 2, expected) > tail * (1 - 1e-6)
    if np.isnan(low):
        assert poisson.cdf(0, expected) > tail
    else:
        assert poisson.cdf(int(np.floor(low)), expected) <= tail * (1 + 1e-6)
        assert poisson.cdf(int(np.floor(low)) + 1, expected) > tail * (1 - 1e-6)


def test_no_complaint_where_one_is_expected_is_nothing_rare():
    """FunnelPlotR's lower limit is above 0 there, so that it would single out what comes in 37 % of cases."""
    low, _ = limits([1.0, 0.0], 0.95)
    assert np.isnan(low).all()
    assert float(funnelplotr(1.0)[0]) > 0


def test_a_spread_scales_count_and_limits():
    low, high = limits(20.0, 0.95, 4.0)
    plain = limits(5.0, 0.95)
    assert float(high) == pytest.approx(4 * float(plain[1]))
    assert np.isnan(plain[0]) == np.isnan(low)
    assert float(interval(8, 0.9, 2.0)[1]) == pytest.approx(2 * chi2.isf(0.05, 10) / 2)


def test_unevenness_by_hand_and_of_gamma_poisson_accounts():
    # deviations of 2, -1, -1 from a mean of 1: 6 x 3 / 2 less 3 complaints, by 3 squared means
    assert unevenness([3, 0, 0], [1, 1, 1]) == pytest.approx((6 * 1.5 - 3) / 3)
    assert unevenness([1, 1, 1], [1, 1, 1]) == 0
    assert unevenness([5], [1]) == unevenness([0, 0], [0, 0]) == 0
    rng = np.random.default_rng(1)
    mean = rng.uniform(0.2, 3, 20_000)
    found = rng.poisson(mean * rng.gamma(0.5, 2, len(mean)))
    assert unevenness(found, mean) == pytest.approx(2, abs=0.15)


def test_a_group_of_one_large_account_scatters_more_than_one_of_many_small():
    mean, place = [5.0, *[0.5] * 10], [0, *[1] * 10]
    found = spreads(mean, place, 3, 1.0)
    assert found == pytest.approx([1 + 5, 1 + 0.5, 1])


def test_rates_of_accounts_with_a_complaint_each_compare_as_binomial():
    """Given their sum, two Poisson numbers compare as a binomial share; scipy's exact test is the oracle."""
    now, before = [1] * 12 + [0] * 5, [0] * 12 + [1] * 5
    ratio, low, high, p = compared(now, before, 1000, 800, 0.95)
    oracle = binomtest(12, 17, 1000 / 1800, alternative="greater")
    ends = binomtest(12, 17).proportion_ci(0.95, "exact")
    lowest, highest = (end / (1 - end) * 0.8 for end in (ends.low, ends.high))
    assert ratio == pytest.approx((12 / 1000) / (5 / 800))
    # the factor of clusters and Student's law make 17 complaints worth 14: wider
    assert 0.7 * lowest < low < lowest
    assert highest < high < 1.4 * highest
    assert 2 * oracle.pvalue < p < 1.4 * 2 * oracle.pvalue


def test_complaints_of_one_account_are_one_observation():
    alone = compared([12, 0, 0], [0, 3, 2], 1000, 800)
    apart = compared([1] * 12 + [0] * 5, [0] * 12 + [1] * 5, 1000, 800)
    assert alone[0] == pytest.approx(apart[0])
    assert alone[1] < apart[1]
    assert alone[2] > apart[2]
    assert alone[3] > apart[3]


def test_what_cannot_be_compared_and_what_began():
    assert np.isnan(compared([0, 0], [0, 0], 10, 10)).all()
    assert np.isnan(compared([1, 0], [0, 2], 0, 10)).all()
    ratio, low, high, p = compared([1] * 9, [0] * 9, 100, 100)
    assert (ratio, high) == (float("inf"), float("inf"))
    assert 1 < low < float("inf")
    assert p == pytest.approx(2 * 0.5**9)
    assert compared([0] * 9, [1] * 9, 100, 100)[:2] == (0, 0)


def test_groups_alike_have_no_variance_between_them_and_unlike_ones_have():
    """Spiegelhalter (2005), section 4.2: tau squared is 0 where phi of k groups is below (k - 1) / k."""
    rng = np.random.default_rng(2)
    mean = np.full(60, 25.0)
    phi, tau2 = between(rng.poisson(mean), mean)
    assert phi < 1.3
    assert tau2 < 0.01
    true = 0.16
    ratio = (1 + rng.normal(0, np.sqrt(true), 60)).clip(0.05) ** 2
    phi, tau2 = between(rng.poisson(mean * ratio), mean)
    assert phi > 3
    assert tau2 == pytest.approx(true, rel=0.5)
    assert np.isnan(between([1, 2], [1.0, 2.0])).all()
    low, high = wider(25.0, 0.95, 1.0, 0.0)
    assert float(low) == pytest.approx(0.646, abs=0.01)
    assert float(high) == pytest.approx(1.43, abs=0.01)
    assert float(wider(25.0, 0.95, 1.0, tau2)[1]) > float(high)


def test_tau2_by_hand():
    """Five groups of 4 expected: standard error of the root .25, scores of roots 1, 1, 1, 1, 2 winsorised at 10 %."""
    phi, tau2 = between([4, 4, 4, 4, 16], [4.0] * 5)
    top = 4 * 0.6  # the 90 % quantile of 0, 0, 0, 0, 4
    assert phi == pytest.approx(top**2 / 5)
    assert tau2 == pytest.approx((top**2 - 4) / (5 * 16 - 16))
