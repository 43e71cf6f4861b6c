"""The share of money missed: against sums by hand, an optimum of the bets by scipy, and draws with known shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binomtest
from small_books import FEW

from crm_analysis.errors import UserError
from crm_analysis.potential.guard import guard, weighted_miss
from crm_analysis.potential.guard.exact import upper

ROWS = st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.floats(0, 50)), min_size=1, max_size=60)


def parted(rows: list[tuple[int, bool, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    score, kept, weight = zip(*rows, strict=True)
    return np.array(score, float), np.array(kept, bool), np.array(weight)


def test_shares_are_sums_by_hand():
    found = weighted_miss([1, 2, 3, 0], [False, False, False, True], [10, 30, 50, 10], 2.5, 0.1, cap=20)
    assert found.share == 0.4  # 10 and 30 of 100; the account that is kept is not missed
    assert found.capped_share == pytest.approx(30 / 60)
    assert found.beyond_cap == pytest.approx(0.4)
    assert (found.cases, found.cap, found.delta) == (4, 20, 0.1)


def test_the_bound_is_where_the_mean_of_ten_bets_is_worth_ten():
    """Products written out, none of them logarithms."""
    lost, left = np.array([0.5, 1.0]), np.array([1.0] * 30 + [0.2] * 30)
    score = np.array([0.0] * 2 + [1.0] * 60)

    def worth(share: float) -> float:
        odds = share / (1 - share)
        bets = [np.prod(1 - bet * lost) * np.prod(1 + bet * odds * left) for bet in np.arange(1, 11) / 10]
        return float(np.mean(bets)) - 10

    found = weighted_miss(score, score < 0, np.append(lost, left) * 7, 0.5, 0.1, cap=7)
    assert found.bound == pytest.approx(brentq(worth, 0.01, 0.9), rel=1e-8)


@pytest.mark.parametrize(("many", "missed"), [(45, 0), (77, 1), (200, 5), (500, 18)])
def test_with_equal_weights_the_bound_is_above_the_exact_one_by_a_half_at_most(many, missed):
    found = weighted_miss(np.arange(many), np.zeros(many, bool), np.full(many, 3.0), missed, 0.1, cap=3)
    exact = float(upper(missed, many, 0.1))
    assert found.share == pytest.approx(missed / many)
    assert exact < found.bound < 1.5 * exact


@FEW
@given(ROWS, st.integers(0, 20), st.floats(1, 60), st.randoms(use_true_random=False))
def test_laws_of_the_bound(rows, threshold, cap, random):
    """It is above the share, grows with the threshold, falls with delta, and asks neither for units nor for order."""
    here = weighted_miss(*parted(rows), threshold, 0.1, cap=cap)
    if not np.isnan(here.capped_share):
        assert here.bound >= here.capped_share - 1e-9
    assert weighted_miss(*parted(rows), threshold + 1, 0.1, cap=cap).bound >= here.bound - 1e-9
    assert weighted_miss(*parted(rows), threshold, 0.2, cap=cap).bound <= here.bound + 1e-9
    assert weighted_miss(*parted(random.sample(rows, len(rows))), threshold, 0.1, cap=cap).bound == here.bound
    score, kept, weight = parted(rows)
    other = weighted_miss(score * 2 + 1, kept, weight * 8, threshold * 2 + 1, 0.1, cap=cap * 8)
    assert other.bound == pytest.approx(here.bound, abs=1e-9)


def test_where_nobody_may_be_cut_nothing_is_missed_and_where_nothing_is_known_nothing_is_promised():
    own = np.arange(5.0), np.zeros(5, bool)
    assert weighted_miss(*own, np.ones(5), -np.inf, 0.1, cap=1).bound == 0
    assert weighted_miss(*own, np.ones(5), np.inf, 0.1, cap=1).bound == 1
    nothing = weighted_miss(*own, np.zeros(5), 2, 0.1, cap=1)
    assert np.isnan(nothing.share)
    assert nothing.bound == 1
    assert weighted_miss([], [], [], 2, 0.1, cap=1).bound == 1


@pytest.mark.parametrize(
    ("weight", "threshold", "cap", "says"),
    [
        ([1, -2], 1, 1, "found 1 of 2 that are not"),
        ([1, np.nan], 1, 1, "amounts of 0 or more"),
        ([1], 1, 1, "expected one for each of 2 scores"),
        ([1, 2], np.nan, 1, "threshold: expected a number"),
        ([1, 2], 1, 0, "cap: expected an amount above 0"),
        ([1, 2], 1, np.inf, "cap: expected an amount above 0"),
    ],
)
def test_what_is_no_money_is_refused(weight, threshold, cap, says):
    with pytest.raises(UserError, match=says):
        weighted_miss([1, 2], [False, False], weight, threshold, 0.1, cap=cap)


@pytest.mark.parametrize("threshold", ["fixed", "the guard's"])
def test_the_bound_holds_where_the_missed_are_the_largest(threshold):
    """The lowest 5 % by score hold 1 each, the others .1: below t <= .05 lies t / (.05 + .095) of the money."""
    rng = np.random.default_rng(3)
    over, kept = 0, np.zeros(100, bool)
    for _ in range(200):
        score = rng.random(100)
        at = 0.04 if threshold == "fixed" else guard(score, kept, 0.05, 0.1).threshold
        found = weighted_miss(score, kept, np.where(score < 0.05, 1.0, 0.1), at, 0.1, cap=1)
        truth = (min(at, 0.05) + max(at - 0.05, 0) * 0.1) / 0.145
        over += truth > found.bound
    assert binomtest(over, 200, 0.1, alternative="greater").pvalue > 0.001
