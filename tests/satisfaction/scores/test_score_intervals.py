"""Intervals of scores: anchors, hand calculations, and laws that hold whatever was said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from small_books import FEW

from crm_analysis.churn.definition.shares import wilson
from crm_analysis.satisfaction.scores.change import between, change
from crm_analysis.satisfaction.scores.intervals import KINDS, Sums, adjusted, ends, pseudo, score

HUNDRED = [1.0] * 50 + [0.0] * 30 + [-1.0] * 20


def values_of(kind: str) -> st.SearchStrategy[list[float]]:
    own = KINDS[kind]
    return st.lists(st.sampled_from(np.linspace(own.low, own.high, 7).tolist()), min_size=1, max_size=30)


def test_nps_of_fifty_thirty_twenty_by_definition():
    """The anchor: .30, variance .61, standard error .0781; without pseudo-responses."""
    sums = Sums.of(HUNDRED)
    plain = adjusted(sums, "nps", 0.0)
    assert plain.mean[0] == pytest.approx(0.30)
    assert plain.variance[0] * 100 == pytest.approx(0.61)
    assert np.sqrt(plain.variance[0]) == pytest.approx(0.0781, abs=5e-5)


def test_three_pseudo_responses_at_95_by_hand():
    """103 responses: 50.75 promoters, 31.5 passive, 20.75 detractors (Rocks 2016)."""
    mean = (50.75 - 20.75) / 103
    error = np.sqrt(((50.75 + 20.75) / 103 - mean**2) / 103)
    found = score(HUNDRED, "nps", level=0.95)
    assert (found.points, found.accounts) == (pytest.approx(30.0), 100)
    assert found.low == pytest.approx(100 * (mean - 1.959964 * error), abs=1e-4)
    assert found.high == pytest.approx(100 * (mean + 1.959964 * error), abs=1e-4)


def test_pseudo_responses_go_with_z_squared():
    assert pseudo("nps", 0.95) == pytest.approx(3.0)
    assert pseudo("nps", 0.90) / pseudo("nps", 0.99) == pytest.approx((1.644854 / 2.575829) ** 2, rel=1e-5)


@pytest.mark.parametrize(("part", "of"), [(3, 10), (0, 10), (10, 10), (7, 200)])
def test_shares_are_about_wilsons(part, of):
    """Agresti & Coull (1998) lies around Wilson's interval: same middle, a little wider."""
    found = score([1.0] * part + [0.0] * (of - part), "top_two", level=0.95)
    low, high = wilson(part, of, 0.95)
    assert found.low <= 100 * low + 1e-6
    assert found.high >= 100 * high - 1e-6
    assert found.high - found.low < 100 * (high - low) * 1.15 + 1


def test_nothing_and_one_account_have_no_interval():
    for kind in KINDS:
        for values in ([], [float("nan")], [0.5]):
            found = score(values, kind)
            assert np.isnan(found.low)
            assert np.isnan(found.high)
    assert np.isnan(score([], "nps").points)
    assert score([1.0], "nps").points == 100.0


@pytest.mark.parametrize("kind", KINDS)
def test_all_equal_answers_have_a_width(kind):
    own = KINDS[kind]
    for value in (own.low, (own.low + own.high) / 2, own.high):
        found = score([value] * 10, kind)
        assert found.high - found.low > 5
        assert found.low <= found.points <= found.high


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_intervals_hold_the_score_and_lie_on_the_scale(kind, data):
    values = data.draw(values_of(kind))
    weights = data.draw(st.lists(st.floats(0.01, 1000), min_size=len(values), max_size=len(values)))
    for found in (score(values, kind), score(values, kind, weights)):
        if np.isnan(found.low):
            assert found.accounts < 2 or found.effective < 2
            continue
        assert 100 * KINDS[kind].low - 1e-9 <= found.low <= found.points + 1e-9
        assert found.points - 1e-9 <= found.high <= 100 * KINDS[kind].high + 1e-9
        assert found.high > found.low


@FEW
@given(values=values_of("nps"), seed=st.integers(0, 9))
def test_the_order_of_accounts_does_not_matter(values, seed):
    weights = np.linspace(1, 5, len(values))
    order = np.random.default_rng(seed).permutation(len(values))
    one = score(values, "nps", weights)
    two = score(np.array(values)[order], "nps", weights[order])
    assert np.allclose(one, two, equal_nan=True)


def test_equal_weights_are_no_weights_and_their_unit_does_not_matter():
    plain, weighted = score(HUNDRED, "top_two"), score(HUNDRED, "top_two", [7.5] * 100)
    assert np.allclose(plain, weighted)
    uneven = np.linspace(1, 9, 100)
    assert np.allclose(score(HUNDRED, "nps", uneven), score(HUNDRED, "nps", 1000 * uneven))


def test_one_large_account_leaves_few_accounts_worth():
    found = score([1.0] * 9 + [-1.0], "nps", [1.0] * 9 + [91.0])
    assert found.points == pytest.approx(100 * (9 - 91) / 100)
    assert found.effective == pytest.approx(100**2 / (9 + 91**2))
    assert np.isnan(found.low)


def test_groups_at_once_are_groups_one_by_one():
    rng = np.random.default_rng(1)
    values, group = rng.choice([1.0, 0.0, -1.0], 60), rng.integers(0, 4, 60)
    low, high = ends(Sums.of(values, group, 4), "nps")
    for place in range(4):
        alone = score(values[group == place], "nps")
        assert (100 * low[place], 100 * high[place]) == pytest.approx((alone.low, alone.high))


# --- differences ---


def paired(before: list[float], now: list[float], same: bool = True):
    import pandas as pd

    names = [f"A{place}" for place in range(len(before))]
    later = names if same else [f"B{place}" for place in range(len(now))]
    return change(pd.Series(before, names), pd.Series(now, later), "content")


def test_accounts_in_both_waves_make_a_change_surer():
    before, now = [0.1, 0.5, 0.9, 0.3, 0.7] * 4, [0.2, 0.6, 1.0, 0.4, 0.8] * 4
    both, apart = paired(before, now), paired(before, now, same=False)
    assert (both.change, apart.change) == (pytest.approx(10.0), pytest.approx(10.0))
    assert (both.both, apart.both) == (20, 0)
    assert both.paired == pytest.approx(10.0)
    assert np.isnan(apart.paired)
    assert both.high - both.low < 0.6 * (apart.high - apart.low)
    assert both.p < 0.05 < apart.p


def test_an_interval_excludes_no_change_if_p_is_small():
    rng = np.random.default_rng(5)
    for shift in np.linspace(-0.4, 0.4, 9):
        before, now = rng.random(15) * 0.6, np.clip(rng.random(15) * 0.6 + shift, 0, 1)
        found = paired(before.tolist(), now.tolist(), same=False)
        if found.low < found.change < found.high:
            assert (found.low > 0 or found.high < 0) == (found.p < 0.1)


def test_a_difference_without_accounts_is_none():
    found = between(Sums.of([]), Sums.of([0.5, 0.7]), "content")
    assert np.isnan(found.p[0])
    assert np.isnan(found.low[0])


def test_a_difference_has_welchs_degrees_of_freedom():
    """Of a small group beside a large one they are about the small one's, not those of both together."""
    rng = np.random.default_rng(3)
    one, two = rng.random(80), rng.random(5)
    small = between(Sums.of(np.tile(one, 50)), Sums.of(two), "content")
    large = between(Sums.of(np.tile(one, 50)), Sums.of(np.tile(two, 50)), "content")
    sides = [adjusted(Sums.of(values), "content", pseudo("content") / 2) for values in (np.tile(one, 50), two)]
    v = [float(side.variance[0]) for side in sides]
    freedom = sum(v) ** 2 / sum(part**2 / (float(side.many[0]) - 1) for part, side in zip(v, sides, strict=True))
    ratio = float(sides[1].mean[0] - sides[0].mean[0]) / np.sqrt(sum(v))
    assert small.p[0] == pytest.approx(2 * stats.t.sf(abs(ratio), freedom))
    assert 4 < freedom < 6
    assert large.high[0] - large.low[0] < small.high[0] - small.low[0]


def test_a_change_backwards_is_the_same_change():
    before, now = [0.1, 0.5, 0.9, 0.3], [0.2, 0.6, 0.6, 0.9]
    one, two = paired(before, now), paired(now, before)
    assert one.change == pytest.approx(-two.change)
    assert (one.low, one.high) == pytest.approx((-two.high, -two.low))
    assert one.p == pytest.approx(two.p)
