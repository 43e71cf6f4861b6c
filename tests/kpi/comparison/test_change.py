"""One change with its chance: by hand, by the laws it must keep, against Student, and on simulated offices."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_rel
from small_books import FEW

from crm_analysis.kpi.comparison.change import Sums, change, clusters, contrast, seasoned, shared, shocks
from crm_analysis.kpi.comparison.flips import FEWEST, chance

numbers = st.lists(st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 30)] * 2), min_size=FEWEST, max_size=30).map(
    lambda rows: np.array(rows, dtype=float).T
)


def each(many: int) -> np.ndarray:
    return np.arange(many, dtype=np.intp)


def ratio(rows: np.ndarray, code: np.ndarray | None = None, scale: float = 1.0):
    now, then, base, base_then = rows
    return contrast(Sums(now, base), Sums(then, base_then), each(len(now)) if code is None else code, scale=scale)


def test_a_ratio_by_hand():
    """30 / 100 now, 20 / 100 then, of two accounts: theta 50 / 200, parts over the harmonic mean of 100 and 100.

    Account 1: (20 - .25 x 60) - (5 - .25 x 40) = 10; account 2: (10 - .25 x 40) - (15 - .25 x 60) = 0.
    Sizes: (60 / 100 + 40 / 100) / 2 = .5, and (40 + 60) / 200.
    """
    found = contrast(
        Sums(np.array([20.0, 10]), np.array([60.0, 40])), Sums(np.array([5.0, 15]), np.array([40.0, 60])), each(2)
    )
    assert (found.now, found.before) == (0.3, 0.2)
    assert found.part.tolist() == pytest.approx([0.1, 0.0])
    assert found.size.tolist() == pytest.approx([0.5, 0.5])
    assert found.accounts == found.clusters == 2


def test_a_total_by_hand():
    """90 now, 60 then, in three accounts of which one is new and one left; their shares of all that was sold."""
    found = contrast(Sums(np.array([50.0, 40, 0])), Sums(np.array([40.0, 0, 20])), each(3), scale=1.0)
    assert found.part.tolist() == [10, 40, -20]
    assert found.size.tolist() == pytest.approx([90 / 150, 40 / 150, 20 / 150])
    assert (found.change, found.level) == (30, 75)
    assert np.isnan(change(found).p)  # three accounts tell nothing


def test_accounts_of_one_office_are_one_cluster():
    rows = np.array([[1.0, 2, 3, 4], [2.0, 2, 2, 2], [5.0] * 4, [5.0] * 4])
    found, alone = ratio(rows, np.array([0, 0, 1, 1])), ratio(rows)
    assert found.part.tolist() == pytest.approx([alone.part[:2].sum(), alone.part[2:].sum()])
    assert found.change == pytest.approx(alone.change) == pytest.approx(10 / 20 - 8 / 20)


def test_accounts_without_an_office_are_their_own():
    code, offices = clusters([3, -1, 3, 7, -1])
    assert code.tolist() == [0, 2, 0, 1, 3]
    assert offices == 2


@FEW
@given(numbers, st.floats(0.01, 1000), st.randoms(use_true_random=False))
def test_swapping_scaling_and_order(rows, by, lot):
    found = change(ratio(rows))
    assert found.change == pytest.approx(rows[0].sum() / rows[2].sum() - rows[1].sum() / rows[3].sum(), abs=1e-12)
    back = change(ratio(rows[[1, 0, 3, 2]]))
    assert back.change == pytest.approx(-found.change, abs=1e-12)
    assert back.p == pytest.approx(found.p, rel=1e-6)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low), rel=1e-3, abs=1e-9, nan_ok=True)
    money = change(ratio(np.array([by * rows[0], by * rows[1], rows[2], rows[3]])))
    assert money.p == pytest.approx(found.p, rel=1e-6)
    assert (money.low, money.high) == pytest.approx((by * found.low, by * found.high), rel=1e-3, abs=1e-9, nan_ok=True)
    order = list(range(rows.shape[1]))
    lot.shuffle(order)
    mixed = change(ratio(rows[:, order]))
    assert (mixed.p, mixed.low, mixed.high) == pytest.approx((found.p, found.low, found.high), rel=1e-3, nan_ok=True)


@FEW
@given(numbers)
def test_totals_keep_the_same_laws(rows):
    def total(now: np.ndarray, then: np.ndarray):
        return change(contrast(Sums(now), Sums(then), each(len(now))))

    found, back = total(*rows[:2]), total(rows[1], rows[0])
    assert (found.now, found.before, found.change) == (rows[0].sum(), rows[1].sum(), rows[0].sum() - rows[1].sum())
    assert (back.change, back.p) == (-found.change, pytest.approx(found.p, nan_ok=True))


def test_many_even_accounts_are_a_paired_t_test():
    rng = np.random.default_rng(3)
    now, then = rng.normal(10.4, 2, 400), rng.normal(10, 2, 400)
    found, oracle = change(contrast(Sums(now), Sums(then), each(400))), ttest_rel(now, then)
    assert found.p == pytest.approx(oracle.pvalue, rel=0.1)
    ends = oracle.confidence_interval()
    assert (found.low, found.high) == pytest.approx((400 * ends.low, 400 * ends.high), rel=0.1)


def test_the_season_falls_out():
    """Every account sells twice as much in the third quarter, in both years, and 5 more than the year before."""
    rng = np.random.default_rng(1)
    base = rng.uniform(5, 20, 30)
    code = each(30)
    late = contrast(Sums(2 * base + 5), Sums(2 * base), code)
    early = contrast(Sums(base + 5), Sums(base), code)
    found = seasoned(late, early)
    assert found.change == pytest.approx(0)
    assert (found.now, found.before) == (late.now, early.now)
    assert change(seasoned(late, contrast(Sums(base), Sums(base), code))).change == pytest.approx(150)


def test_without_a_figure_there_is_no_change():
    nothing = np.zeros(8)
    found = change(contrast(Sums(nothing, nothing), Sums(nothing + 1, nothing + 1), each(8)))
    assert np.isnan([found.now, found.change, found.low, found.p]).all()
    none = change(contrast(Sums(nothing), Sums(nothing), each(8)))
    assert (none.change, none.clusters) == (0, 0)
    assert np.isnan(none.p)
    told = contrast(Sums(nothing + 1, nothing + 1), Sums(nothing + 1, nothing + 1), each(8))
    assert np.isnan(change(seasoned(told, contrast(Sums(nothing, nothing), Sums(nothing, nothing), each(8)))).change)


def book(rng: np.random.Generator, offices: int, many: int, sd: float, windows: int) -> tuple[list[Sums], np.ndarray]:
    """A rate by account in windows, with what hits all accounts of an office in one."""
    office = np.repeat(np.arange(offices), many)
    made = []
    for _ in range(windows):
        base = rng.poisson(8, len(office)) + 1.0
        level = 1 + rng.normal(0, 0.2, len(office)) + sd * rng.normal(0, 1, offices)[office]
        made.append(Sums(base * level, base))
    return made, office


def test_what_an_office_has_in_common_is_learned_from_earlier_changes():
    """Two windows of office shocks of variance .01 make a change of .02."""
    found = []
    for seed in range(40):
        windows, office = book(np.random.default_rng(seed), 5, 20, 0.1, 7)
        past = [(contrast(a, b, each(100)), contrast(a, b, office)) for a, b in pairwise(windows)]
        found.append(shocks(past, office))
    assert np.mean(found) == pytest.approx(0.02, rel=0.1)
    even, office = book(np.random.default_rng(1), 5, 20, 0.0, 7)
    past = [(contrast(a, b, each(100)), contrast(a, b, office)) for a, b in pairwise(even)]
    assert shocks(past, office) < 0.002


def test_few_offices_need_what_they_have_in_common():
    """Nothing changes but by shocks to five offices: accounts alone call a quarter of that a change."""
    alone, right = 0, 0
    for seed in range(120):
        windows, office = book(np.random.default_rng(seed), 5, 20, 0.1, 10)
        pairs = [(contrast(a, b, each(100)), contrast(a, b, office)) for a, b in pairwise(windows)]
        now = pairs[0][0]
        alone += chance(now.part) <= 0.05
        right += chance(now.part, shared(now, office, shocks(pairs[1:], office))) <= 0.05
    assert alone > 20
    assert binomtest(right, 120, 0.05).pvalue > 0.01


def test_offices_as_clusters_hold_their_level():
    """18 offices of uneven sizes with shocks: 5 % of changes by chance, but for chance."""
    wrong, rng = 0, np.random.default_rng(7)
    office = rng.choice(18, 300, p=rng.dirichlet(np.full(18, 2.0)))
    for _ in range(200):
        sums = []
        for _ in range(2):
            base = rng.poisson(5, 300) + 1.0
            sums.append(Sums(base * np.exp(0.3 * rng.normal(size=18)[office] + 0.3 * rng.normal(size=300)), base))
        wrong += chance(contrast(*sums, office).part) <= 0.05
    assert binomtest(wrong, 200, 0.05).pvalue > 0.01
