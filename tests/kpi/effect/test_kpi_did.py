"""Difference in differences, against published figures, other implementations and brute force."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test, ttest_ind
from small_books import FEW

from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.effect.assignments import interval, number, statistics
from crm_analysis.kpi.effect.did import NEVER, design, did, two_by_two

STAGGERED = np.array([5] * 4 + [7] * 3 + [NEVER] * 5)


def outcomes(seed: int, start: np.ndarray, periods: int = 10) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, (periods, len(start))) + rng.normal(0, 3, len(start)) + rng.normal(0, 2, (periods, 1))


def fixed_effects(values: np.ndarray, start: np.ndarray) -> float:
    """The coefficient of one regression with fixed effects of units and periods."""
    periods, units = values.shape
    frame = pd.DataFrame({"y": values.ravel(), "t": np.repeat(range(periods), units), "u": [*range(units)] * periods})
    frame["d"] = (frame["t"].to_numpy() >= start[frame["u"].to_numpy()]).astype(float)
    return float(smf.ols("y ~ d + C(t) + C(u)", frame).fit().params["d"])


@pytest.mark.parametrize(
    ("new_jersey", "pennsylvania", "effect", "error"),
    [((0.59, 0.54), (-2.16, 1.25), 2.76, 1.36), ((0.47, 0.48), (-2.28, 1.25), 2.75, 1.34)],
)
def test_two_by_two_matches_card_and_krueger_1994_table_3(new_jersey, pennsylvania, effect, error):
    found = two_by_two(new_jersey, pennsylvania)
    assert found.effect == pytest.approx(effect, abs=0.0101)  # the published means are rounded
    assert found.error == pytest.approx(error, abs=0.005)
    assert (found.low > 0) is (effect > 1.96 * error)


def test_cells_of_staggered_starts_by_hand():
    #                 starts in 1  in 2      never
    values = np.array([[0, 2, 1, 1, 0, 4], [5, 7, 2, 4, 1, 5], [9, 9, 8, 8, 3, 7]], dtype=float)
    start = np.array([1, 1, 2, 2, NEVER, NEVER])
    plan = design(start, 3, base=1)
    contrast = plan.contrasts(values)
    effects = {}
    for (g, t), row in zip(plan.cells.tolist(), contrast, strict=True):
        later = start > max(g, t)
        effects[g, t] = float(row[start == g].mean() - row[later].mean())
    # of (1, 1): 5 - mean(1, 3, 1, 1); of (1, 2): 8 - mean(3, 3); of (2, 2): 5 - mean(2, 2)
    assert effects == {(1, 0): 0.0, (1, 1): 3.5, (1, 2): 5.0, (2, 0): -2.0 + 1.0, (2, 1): 0.0, (2, 2): 3.0}


def test_one_start_matches_the_regression_with_fixed_effects():
    start = np.array([4] * 5 + [NEVER] * 6)
    values = outcomes(3, start, 7)
    assert did(values, start).effect == pytest.approx(fixed_effects(values, start), abs=1e-12)


def test_growing_effects_mislead_one_regression_and_not_this():
    """Without noise: units differ, periods differ, and an effect of 1, 2, 3, ... periods since the start."""
    rng = np.random.default_rng(2)
    grown = np.maximum(0.0, np.arange(10)[:, None] - STAGGERED + 1.0)
    values = rng.normal(0, 3, len(STAGGERED)) + rng.normal(0, 2, (10, 1)) + grown
    found = did(values, STAGGERED)
    true = (4 * (1 + 2 + 3 + 4 + 5) + 3 * (1 + 2 + 3)) / (4 * 5 + 3 * 3)
    assert found.effect == pytest.approx(true)
    after = found.by_event[found.by_event["since"] >= 0]
    assert after["effect"].tolist() == pytest.approx([1, 2, 3, 4, 5])
    assert after["units"].tolist() == [7, 7, 7, 4, 4]
    assert found.through["effect"].tolist() == pytest.approx([1, 1.5, 2, 2.5, 3])
    assert abs(fixed_effects(values, STAGGERED) - true) > 0.3


def test_p_matches_scipys_exact_permutation_test():
    start = np.array([4] * 5 + [NEVER] * 5)
    values = outcomes(5, start, 6)
    change = values[4:].mean(axis=0) - values[:4].mean(axis=0)

    def apart(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return one.mean(axis=axis) - other.mean(axis=axis)

    oracle = permutation_test((change[:5], change[5:]), apart, vectorized=True)
    found = did(values, start)
    assert found.assignments == number(np.repeat([0, 1], 5)) == 252
    assert found.effect == pytest.approx(oracle.statistic)
    assert found.p == pytest.approx(oracle.pvalue)


@settings(FEW, max_examples=4)
@given(st.integers(0, 10_000), st.sampled_from([(4, 4, 4, 4), (3, 3, 3, 5, 5), (3, 3)]))
def test_interval_is_all_effects_that_are_not_rejected_by_brute_force(seed, begun):
    start = np.array([*begun, NEVER, NEVER, NEVER, NEVER][:8])
    values = outcomes(seed, start, 7)
    found = did(values, start, before=False)
    treatment = (np.arange(7)[:, None] >= start).astype(float)

    def p(tau: float) -> float:
        """Take an effect away, deal the starts out in every way, and estimate each time by hand."""
        left = values - tau * treatment
        rest = np.array([by_hand(left, np.array(row)) for row in sorted(set(permutations(start.tolist())))])
        return float(np.mean(np.abs(rest) >= abs(by_hand(left, start)) - 1e-9))

    for end, out in ((found.low, -1), (found.high, 1)):
        if np.isfinite(end):
            assert p(end + out * 1e-5) <= 0.05
            assert p(end - out * 1e-5) > 0.05


def by_hand(values: np.ndarray, start: np.ndarray) -> float:
    """The mean over units and periods since their start of what they gained more than units that start later."""
    total, many = 0.0, 0
    for g in sorted(set(start.tolist()) - {NEVER}):
        gained = values - values[max(0, g - 4) : g].mean(axis=0)
        for t in range(g, len(values)):
            later = start > t
            if later.sum() >= 2:
                total += gained[t, start == g].sum() - (start == g).sum() * gained[t, later].mean()
                many += int((start == g).sum())
    return total / many


@settings(FEW, max_examples=8)
@given(st.integers(0, 10_000), st.floats(-5, 5))
def test_a_planted_constant_effect_moves_everything_by_itself(seed, effect):
    values = outcomes(seed, STAGGERED)
    treatment = np.arange(10)[:, None] >= STAGGERED
    without, planted = did(values, STAGGERED), did(values + effect * treatment, STAGGERED)
    for name in ("effect", "low", "high"):
        assert getattr(planted, name) == pytest.approx(getattr(without, name) + effect, abs=1e-9)
    assert planted.before is not None
    assert without.before is not None
    assert planted.before.effect == pytest.approx(without.before.effect)


def test_the_order_of_units_changes_nothing():
    values, order = outcomes(1, STAGGERED), np.random.default_rng(0).permutation(len(STAGGERED))
    one, other = did(values, STAGGERED), did(values[:, order], STAGGERED[order])
    assert (one.effect, one.low, one.high, one.p) == (other.effect, other.low, other.high, other.p)
    assert one.by_event.equals(other.by_event)


def test_as_many_units_as_accounts_match_welchs_standard_error():
    start = np.where(np.arange(3000) < 1200, 4, NEVER)
    values = outcomes(4, start, 6)
    change = values[4:].mean(axis=0) - values[:4].mean(axis=0)
    oracle = ttest_ind(change[start == 4], change[start != 4], equal_var=False)
    found = did(values, start)
    assert found.assignments == 0
    assert found.effect / found.error == pytest.approx(oracle.statistic)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * found.error)


def test_few_that_start_among_many_accounts_are_dealt_out_among_all():
    start = np.where(np.arange(1500) < 10, 4, np.where(np.arange(1500) < 13, 5, NEVER))
    values = outcomes(4, start, 6)
    label = design(start, 6).label
    scores = np.random.default_rng(0).normal(0, 1, (2, 3, 1500))
    assert statistics(scores, label)[:, 0] == pytest.approx(
        [sum(row[own, place] for place, own in enumerate(label)) for row in scores]
    )
    found = did(values, start)
    assert found.assignments == 2000
    mine = []
    for g in (4, 5):
        gained = values[g:] - values[g - 4 : g].mean(axis=0)
        mine.append((gained[:, start == g].mean(axis=1) - gained[:, start == NEVER].mean(axis=1)).mean())
    assert found.effect == pytest.approx((20 * mine[0] + 3 * mine[1]) / 23, abs=0.005)
    # noise of variance 1: two periods less the mean of four for ten units, one less the mean of four for three
    error = np.sqrt((20 / 23) ** 2 * (1 / 2 + 1 / 4) / 10 + (3 / 23) ** 2 * (1 + 1 / 4) / 3)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.07)


def test_what_is_held_against_what_is_said_before_the_start_too():
    """A trend of its own is found on earlier data, which later values do not touch."""
    start = np.array([9] * 6 + [NEVER] * 6)
    values = 0.1 * outcomes(8, start, 12)
    assert did(values, start).before.p > 0.05  # type: ignore[union-attr]
    bent = values + np.where(start < NEVER, 0.5, 0.0) * np.arange(12)[:, None]
    before = did(bent, start).before
    assert before is not None
    assert before.p < 0.05
    assert before.effect == pytest.approx(2.0, abs=0.2)  # four periods of 0.5
    later = bent.copy()
    later[9:] += 100
    assert did(later, start).before.effect == before.effect  # type: ignore[union-attr]


@pytest.mark.parametrize(("treated", "others"), [(1, 8), (8, 1), (8, 0)])
def test_a_single_unit_on_a_side_says_nothing(treated, others):
    start = np.array([4] * treated + [NEVER] * others)
    with pytest.raises(BookError, match="2 at least are needed"):
        did(outcomes(1, start), start)


def test_three_against_three_never_tell_and_four_against_four_may():
    start = np.array([4] * 3 + [NEVER] * 3)
    with pytest.raises(BookError, match="With 3 on one side and 3 on the other no effect of any size"):
        did(outcomes(1, start), start)
    start = np.array([4] * 4 + [NEVER] * 4)
    values = 0.01 * outcomes(1, start) + 5.0 * (np.arange(10)[:, None] >= start)
    assert did(values, start).told


def test_wrong_outcomes_are_refused():
    values = outcomes(1, STAGGERED)
    with pytest.raises(UserError, match="found \\(10, 12\\) and \\(5,\\)"):
        did(values, STAGGERED[:5])
    with pytest.raises(UserError, match="to have one before it; found 0"):
        did(values, STAGGERED - 5)
    values[3, 3] = np.nan
    with pytest.raises(UserError, match="finite"):
        did(values, STAGGERED)


def test_interval_of_one_assignment_is_everything():
    assert interval(np.array([1.0]), np.array([1.0])) == (-np.inf, np.inf)
