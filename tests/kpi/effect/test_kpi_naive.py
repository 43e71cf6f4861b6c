"""Before and after by hand, and its interval against the jackknife."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.kpi.effect.did import NEVER
from crm_analysis.kpi.effect.naive import change, naive

ORDERS = np.array(
    # account 0, 1 start in quarter 5, account 2 in 7, account 3 never
    [[9, 9, 9, 9], [1, 2, 0, 5], [2, 2, 0, 5], [3, 2, 4, 5], [9, 9, 9, 9], [4, 2, 7, 8], [4, 4, 7, 8], [1, 1, 8, 8]],
    dtype=float,
)
START = np.array([5, 5, 7, NEVER])


def test_only_units_that_started_and_the_same_quarters_a_year_before_count():
    found = naive(ORDERS, None, START)
    after, before = (4 + 4 + 1) + (2 + 4 + 1) + 8, (1 + 2 + 3) + (2 + 2 + 2) + 4
    assert found.effect == pytest.approx(np.log(after / before))
    assert (found.accounts, found.quarters) == (3, 3)


def test_a_quarter_that_is_not_told_counts_in_neither_year():
    gap = ORDERS.copy()
    gap[2] = np.nan
    found = naive(gap, None, START)
    after, before = (4 + 1) + (2 + 1) + 8, (1 + 3) + (2 + 2) + 4
    assert found.effect == pytest.approx(np.log(after / before))


def test_rates_are_compared_by_their_difference():
    found = naive(ORDERS, np.full_like(ORDERS, 10.0), START, scale=100.0)
    assert found.effect == pytest.approx(100 * (24 / 70 - 16 / 70))


@pytest.mark.parametrize("rate", [True, False])
def test_error_matches_the_jackknife(rate):
    rng = np.random.default_rng(1)
    before, below = rng.lognormal(0, 0.5, (2, 400))
    after, over = before * rng.lognormal(0.1, 0.3, 400), below * rng.lognormal(0, 0.2, 400)
    every = np.ones(400, dtype=bool)

    def value(own: np.ndarray) -> float:
        if rate:
            return float(after[own].sum() / over[own].sum() - before[own].sum() / below[own].sum())
        return float(np.log(after[own].sum() / before[own].sum()))

    left = np.array([value(np.arange(400) != place) for place in range(400)])
    jackknife = np.sqrt(399 * left.var())
    found = change(after, over if rate else None, before, below if rate else None, every)
    assert found.effect == pytest.approx(value(every))
    assert found.error == pytest.approx(jackknife, rel=0.02)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * found.error)


def test_nothing_to_compare_is_nothing():
    assert np.isnan(naive(ORDERS, None, np.full(4, NEVER)).effect)
    assert np.isnan(naive(ORDERS[:3], None, np.array([1, 1, 1, 1])).effect)
