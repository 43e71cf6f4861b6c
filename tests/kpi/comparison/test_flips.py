"""The sign-flip test and its interval: against scipy, against all subsets, and on simulated data."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, permutation_test, ttest_1samp
from small_books import FEW

from crm_analysis.kpi.comparison.flips import EXACT, FEWEST, MANY, chance, interval

parts = st.lists(st.integers(-40, 40), min_size=FEWEST, max_size=25).map(lambda v: np.array(v, dtype=float))


def scipy_p(each: np.ndarray, **how: int) -> float:
    return permutation_test((each,), np.sum, permutation_type="samples", vectorized=False, **how).pvalue


def test_all_flips_are_scipys_permutation_test():
    each = np.array([3.0, -1, 4, 1, 5, -9, 2, 6, 5, 3.5])
    assert chance(each) == pytest.approx(scipy_p(each, n_resamples=5000), abs=1e-12)


def test_by_hand_three_of_three():
    assert chance([1.0, 2, 4]) == 2 / 8
    assert chance([1.0, 2, -3]) == 1
    assert chance([0.0, 0]) == 1


@pytest.mark.parametrize("seed", range(6))
def test_the_saddlepoint_is_close_to_all_flips(seed):
    """Against all 2**18 flips, skewed parts and few large ones, near and far."""
    rng = np.random.default_rng(seed)
    each = rng.lognormal(0, 1, 18) * np.where(rng.random(18) < 0.6 + seed / 20, 1, -1)
    sums = np.zeros(1)
    for value in each:
        sums = np.concatenate([sums + value, sums - value])
    exact = (np.abs(sums) >= abs(each.sum()) - 1e-9).mean()
    assert chance(each) == pytest.approx(exact, rel=0.06, abs=2**-17)


def test_parts_of_one_size_are_a_sign_test():
    each = np.array([1.0] * 20 + [-1.0] * 9)
    assert chance(each) == pytest.approx(binomtest(20, 29).pvalue)
    assert chance([2.5] * 40) == pytest.approx(2 * 0.5**40)


def test_many_parts_are_students_test():
    each = np.random.default_rng(4).normal(0.05, 1, MANY + 500)
    assert chance(each) == pytest.approx(ttest_1samp(each, 0).pvalue, rel=0.02)
    assert chance(each[:MANY]) == pytest.approx(ttest_1samp(each[:MANY], 0).pvalue, rel=0.02)


@FEW
@given(parts, st.floats(0.001, 1000))
def test_signs_scale_order_and_zeros_change_nothing(each, by):
    assert chance(-each) == chance(each)
    assert chance(by * each) == pytest.approx(chance(each), rel=1e-7)
    assert chance(np.r_[0, each[::-1], 0]) == chance(each)


@FEW
@given(parts, st.lists(st.integers(1, 9), min_size=25, max_size=25), st.sampled_from([0.0, 50.0]))
def test_the_interval_holds_what_the_test_does_not_reject(each, sizes, shared):
    own = np.array(sizes[: len(each)]) / sum(sizes[: len(each)])
    low, high = interval(each, own, shared=shared)
    if np.isnan(low):
        return
    inside = chance(each, shared) > 0.05
    assert (low <= 1e-9 and high >= -1e-9) or not inside
    for end, way in ((low, -1), (high, 1)):
        step = 1e-6 * (high - low + 1)
        assert chance(each - (end + way * step) * own, shared) <= 0.05 + 1e-4
        assert chance(each - (end - way * step) * own, shared) > 0.05 - 1e-4 or high - low < 1e-9
    assert interval(-each, own, shared=shared) == pytest.approx((-high, -low), abs=1e-6)


def test_typical_values_by_hand():
    """Six clusters of one size: of 63 subset means the lowest but none is the least (64 x .025 = 1.6: one may lie out).

    The empty subset lies out on either side, so the ends are the least and the greatest part.
    """
    each = np.array([1.0, 2, 3, 5, 8, 11])
    means = sorted(np.mean(some) for n in range(1, 7) for some in itertools.combinations(each * 6, n))
    assert interval(each, np.full(6, 1 / 6)) == pytest.approx((means[0], means[-1]))
    assert np.isnan(interval(each[:5], np.full(5, 0.2))).all()


@pytest.mark.parametrize(("many", "sigma"), [(8, 1.0), (18, 2.0)])
def test_the_interval_covers_where_signs_are_even(many, sigma):
    """Heavy-tailed symmetric parts about a change of 1: exact for few, so at least 95 % but for chance."""
    rng = np.random.default_rng(many)
    held = 0
    for _ in range(150):
        own = rng.dirichlet(np.full(many, 3.0))
        noise = own * rng.lognormal(0, sigma, many) * rng.choice([-1.0, 1], many)
        low, high = interval(own + noise, own)
        held += low <= 1 <= high
    assert binomtest(held, 150, 0.95).pvalue > 0.01


def test_what_is_shared_widens():
    each, own = np.linspace(-1, 3, 40), np.full(40, 1 / 40)
    alone, with_more = interval(each, own), interval(each, own, shared=float(((each - 1) ** 2).sum()))
    assert with_more[1] - with_more[0] == pytest.approx(2**0.5 * (alone[1] - alone[0]), rel=0.1)
    assert chance(each, 100.0) > chance(each)
    assert EXACT < 40
