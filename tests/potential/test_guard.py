"""The guard: against numbers by hand, scipy's binomial test, MAPIE's risk control, draws whose miss rate is known."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapie.risk_control import BinaryClassificationController
from scipy.stats import beta, binom, binomtest
from small_books import FEW

from crm_analysis.errors import UserError
from crm_analysis.potential.guard import guard, measured, on_average

CASES = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=0, max_size=120)
SHARES = st.sampled_from([0.02, 0.05, 0.1, 0.2, 0.4])


def none_kept(many: int) -> np.ndarray:
    return np.zeros(many, dtype=bool)


def parted(cases: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in cases], float), np.array([kept for _, kept in cases], bool)


# --- numbers by hand ---


@pytest.mark.parametrize(("alpha", "needed"), [(0.05, 45), (0.1, 22)])
def test_cases_needed_without_a_miss_are_those_known_by_hand(alpha, needed):
    """.95^45 = .0994 and .95^44 = .1047; .9^22 = .0985 and .9^21 = .1094."""
    enough, few = (guard(range(many), none_kept(many), alpha, 0.1) for many in (needed, needed - 1))
    assert (enough.needed, enough.more_needed, few.more_needed) == (needed, 0, 1)
    assert (enough.declines, enough.threshold, enough.allowed_misses, enough.misses) == (False, 0.0, 0, 0)
    assert (few.declines, few.threshold, few.allowed_misses, few.bound) == (True, -math.inf, -1, 0.0)
    assert not few.may_cut(range(-50, 50), none_kept(100)).any()


def test_ten_cases_support_a_fifth_and_say_so():
    few = guard(range(10), none_kept(10), 0.05, 0.1)
    assert round(few.smallest_alpha, 2) == 0.21
    assert few.more_needed == 35


@pytest.mark.parametrize("cases", [1, 7, 10, 45, 1000])
def test_the_smallest_alpha_that_is_told_is_granted_and_none_below(cases):
    told = guard(range(cases), none_kept(cases), 0.001, 0.1).smallest_alpha
    assert not guard(range(cases), none_kept(cases), told, 0.1).declines
    assert guard(range(cases), none_kept(cases), told * 0.999, 0.1).declines
    mean = on_average(range(cases), none_kept(cases), 0.0001).smallest_alpha
    assert not on_average(
        range(cases),
        none_kept(cases),
        mean,
    ).declines
    assert on_average(range(cases), none_kept(cases), mean * 0.999).declines


def test_on_average_needs_nineteen_cases_for_a_twentieth():
    enough, few = (on_average(range(many), none_kept(many), 0.05) for many in (19, 18))
    assert (enough.needed, enough.declines, enough.expected) == (19, False, 0.05)
    assert (few.more_needed, few.declines, few.expected) == (1, True, 0.0)
    assert on_average(range(39), none_kept(39), 0.05).threshold == 1.0
    assert [on_average([], [], alpha).needed for alpha in (0.1, 0.2, 0.25, 0.3)] == [9, 4, 3, 3]


def test_an_alpha_of_nearly_one_is_no_error():
    found = on_average(range(10), none_kept(10), 1 - 1e-12)
    assert (found.threshold, found.misses) == (9.0, 9)


def test_without_cases_nothing_is_promised_or_cut():
    for found in (guard([], [], 0.05, 0.1), on_average([], [], 0.05)):
        assert found.declines
        assert found.smallest_alpha == 1.0
        assert found.more_needed == found.needed
        assert found.may_cut([], []).tolist() == []


def test_ties_at_the_threshold_are_not_cut():
    scores = [1.0] * 3 + [2.0] * 197
    found = guard(scores, none_kept(200), 0.05, 0.1)
    assert (found.allowed_misses, found.threshold, found.misses) == (5, 2.0, 3)
    assert found.may_cut([1.0, 2.0, np.nextafter(2.0, 0), 3.0], [False] * 4).tolist() == [True, False, True, False]
    assert found.bound == pytest.approx(binomtest(5, 200).proportion_ci(0.8, "exact").high)  # of all that are allowed
    assert guard([5.0] * 200, none_kept(200), 0.05, 0.1).misses == 0


def test_where_vetoes_keep_all_but_a_few_all_others_may_be_cut():
    kept = np.arange(200) >= 4
    found = guard(np.arange(200), kept, 0.05, 0.1)
    assert (found.vetoes_suffice, found.threshold, found.misses, found.cases) == (True, math.inf, 4, 200)
    assert found.may_cut([1e12, -1.0, 0.0], [False, False, True]).tolist() == [True, True, False]
    one_more = guard(np.arange(200), np.arange(200) >= 6, 0.05, 0.1)
    assert (one_more.vetoes_suffice, one_more.threshold, one_more.misses) == (False, 5.0, 5)


def test_a_veto_keeps_whatever_the_score():
    found = guard(range(100), none_kept(100), 0.05, 0.1)
    assert found.may_cut([-9.0, -9.0], [True, False]).tolist() == [False, True]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([1, 2], [False], 0.05, 0.1), "two columns of one length"),
        (([1, np.nan], [False, False], 0.05, 0.1), "found 1 of 2 that are not"),
        (([1, np.inf], [False, True], 0.05, 0.1), "expected finite scores"),
        (([1, 2], [0, 1], 0.05, 0.1), "True or False"),
        (([[1, 2]], [[False, True]], 0.05, 0.1), "two columns of one length"),
        (([1], [False], 0.0, 0.1), "alpha lies between 0 and 1"),
        (([1], [False], 0.05, 1.0), "delta lies between 0 and 1"),
        (([1], [False], math.nan, 0.1), "alpha lies between 0 and 1"),
    ],
)
def test_what_cannot_be_judged_is_refused(arguments, says):
    with pytest.raises(UserError, match=says):
        guard(*arguments)


# --- against other programs ---


def one_after_the_other(own: np.ndarray, alpha: float, delta: float) -> float:
    """Fixed-sequence testing as it is written: every threshold from the lowest up, scipy's test, stop at a failure."""
    passed = -math.inf
    for threshold in np.unique(own):
        misses = int((own < threshold).sum())
        if binomtest(misses, len(own), alpha, alternative="less").pvalue > delta:
            break
        passed = threshold
    return float(passed)


@FEW
@given(CASES, SHARES, SHARES)
def test_the_threshold_is_that_of_testing_one_after_the_other_by_scipy(cases, alpha, delta):
    score, kept = parted(cases)
    own = np.where(kept, np.inf, score)
    found = guard(score, kept, alpha, delta)
    assert found.threshold == one_after_the_other(own, alpha, delta)
    assert found.misses == (own < found.threshold).sum()


@pytest.mark.parametrize(("many", "kept"), [(64, 0), (128, 0), (128, 40), (512, 30), (512, 500)])
@pytest.mark.parametrize(("alpha", "delta"), [(0.05, 0.1), (0.1, 0.1), (0.1, 0.05), (0.25, 0.2)])
def test_the_threshold_is_mapies_on_every_score(many, kept, alpha, delta):
    """Numbers of cases are powers of two, for which MAPIE's recall is not rounded. Kept cases score .995 for it."""
    rng = np.random.default_rng(many + kept)
    score = np.round(rng.beta(2, 4, many), 3) * 0.9
    veto = np.arange(many) < kept
    found = guard(score, veto, alpha, delta)
    proba = np.where(veto, 0.995, score)
    grid = np.unique(np.append(proba, 0.99))
    others = rng.random(200) * 0.9  # accounts that did not prove promising: recall does not ask for them
    control = BinaryClassificationController(
        lambda x: np.column_stack([1 - x[:, 0], x[:, 0]]),
        "recall",
        target_level=1 - alpha,
        confidence_level=1 - delta,
        list_predict_params=grid,
        fwer_method="fixed_sequence",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no threshold is valid: tested below
        control.calibrate(np.append(proba, others)[:, None], np.append(np.ones(many, int), np.zeros(200, int)))
    valid = np.asarray(control.valid_predict_params, float)
    if found.declines:
        assert len(valid) == 0
    elif found.vetoes_suffice:
        assert valid.max() == 0.995
    else:
        assert valid.max() == found.threshold


@FEW
@given(st.integers(1, 3000), SHARES, SHARES)
def test_the_bound_is_clopper_and_pearsons_by_scipy(many, alpha, delta):
    found = guard(np.arange(many), none_kept(many), alpha, delta)
    if found.declines:
        assert binom.cdf(0, many, alpha) > delta
        return
    exact = binomtest(found.misses, many).proportion_ci(1 - 2 * delta, "exact") if delta < 0.5 else None
    assert found.bound == pytest.approx(exact.high, abs=1e-12)
    assert found.bound <= alpha * (1 + 1e-8)
    assert found.bound == pytest.approx(beta.isf(delta, found.misses + 1, many - found.misses), abs=1e-12)


@pytest.mark.parametrize(("misses", "cases"), [(0, 30), (1, 30), (7, 41), (30, 30), (3, 20_000)])
@pytest.mark.parametrize("delta", [0.05, 0.1])
def test_a_measured_rate_has_scipys_exact_interval(misses, cases, delta):
    found = measured(misses, cases, delta)
    exact = binomtest(misses, cases).proportion_ci(1 - 2 * delta, "exact")
    assert found == pytest.approx((cases, misses, misses / cases, exact.low, exact.high), abs=1e-12)


def test_a_measured_rate_of_none_is_not_known_and_of_more_than_all_an_error():
    none = measured(0, 0, 0.1)
    assert math.isnan(none.rate)
    assert (none.low, none.high) == (0.0, 1.0)
    for misses, cases in ((3, 2), (-1, 2)):
        with pytest.raises(UserError, match="expected a part"):
            measured(misses, cases, 0.1)


# --- laws ---


@FEW
@given(CASES, SHARES, SHARES)
def test_more_tolerance_and_more_doubt_never_cut_less(cases, alpha, delta):
    score, kept = parted(cases)
    here = guard(score, kept, alpha, delta)
    assert guard(score, kept, alpha * 1.5, delta).threshold >= here.threshold
    assert guard(score, kept, alpha, delta * 1.5).threshold >= here.threshold
    assert on_average(score, kept, alpha).threshold >= guard(score, kept, alpha, min(delta, 0.3)).threshold


@FEW
@given(CASES, SHARES, st.integers(0, 30), st.randoms(use_true_random=False))
def test_good_news_of_the_promising_never_cuts_less(cases, alpha, score_of_one, random):
    """A further case that a veto keeps, a veto for one that had none, a higher score."""
    score, kept = parted(cases)
    for line in (lambda *known: guard(*known, alpha, 0.1), lambda *known: on_average(*known, alpha)):
        here = line(score, kept).threshold
        assert line(np.append(score, score_of_one), np.append(kept, True)).threshold >= here
        if len(score):
            one = random.randrange(len(score))
            vetoed, raised = kept.copy(), score.copy()
            vetoed[one], raised[one] = True, raised[one] + 3
            assert line(score, vetoed).threshold >= here
            assert line(raised, kept).threshold >= here


@FEW
@given(CASES, SHARES, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_scale_of_scores_matters(cases, alpha, random):
    today, veto = np.arange(-1.0, 32.0), np.arange(33) % 5 == 0
    mixed = random.sample(cases, len(cases))
    score, kept = parted(cases)
    for line in (lambda *known: guard(*known, alpha, 0.1), lambda *known: on_average(*known, alpha)):
        here = line(score, kept)
        assert line(*parted(mixed)) == here
        other = line(np.exp(score / 7), kept)
        assert (other.may_cut(np.exp(today / 7), veto) == here.may_cut(today, veto)).all()


# --- draws whose miss rate is known ---


@pytest.mark.parametrize(("many", "alpha", "delta"), [(45, 0.05, 0.1), (100, 0.05, 0.1), (60, 0.1, 0.2)])
def test_the_miss_rate_exceeds_alpha_as_often_as_the_binomial_says(many, alpha, delta):
    """Uniform scores: the miss rate of a threshold is the threshold. 2,000 calibrations; delta is never exceeded."""
    rng = np.random.default_rng(7)
    scores = rng.random((2000, many))
    found = [guard(own, none_kept(many), alpha, delta).threshold for own in scores]
    over = int((np.array(found) > alpha).sum())
    chance = binom.cdf(guard(scores[0], none_kept(many), alpha, delta).allowed_misses, many, alpha)
    assert chance <= delta
    assert binomtest(over, len(scores), chance).pvalue > 0.001


@pytest.mark.parametrize("many", [19, 60])
def test_on_average_is_exact_on_average_and_exceeds_half_the_time(many):
    rng = np.random.default_rng(8)
    found = [on_average(own, none_kept(many), 0.05) for own in rng.random((2000, many))]
    rates = np.array([line.threshold for line in found])
    assert abs(rates.mean() - found[0].expected) < 4 * rates.std() / np.sqrt(len(rates))
    assert found[0].expected <= 0.05
    chance = binom.cdf(found[0].allowed_misses, many, 0.05)
    assert binomtest(int((rates > 0.05).sum()), len(rates), chance).pvalue > 0.001
    assert chance > 0.3


@pytest.mark.parametrize("veto_share", [0.0, 0.5, 0.93, 0.96])
def test_vetoes_and_ties_keep_the_promise(veto_share):
    """Scores of 12 values, low ones vetoed less: the miss rate of each threshold is worked out, 500 calibrations."""
    rng = np.random.default_rng(9)
    values, chances = np.arange(12.0), np.array([1, 1, 1, 2, 2, 3, 5, 10, 15, 20, 20, 20]) / 100
    keeps = np.clip(veto_share + (values - 9) * 0.01, 0, 1) if veto_share else np.zeros(12)
    over = 0
    for _ in range(500):
        place = rng.choice(12, 120, p=chances)
        found = guard(values[place], rng.random(120) < keeps[place], 0.05, 0.1)
        over += ((chances * (1 - keeps))[values < found.threshold]).sum() > 0.05
    assert binomtest(over, 500, 0.1, alternative="greater").pvalue > 0.001
