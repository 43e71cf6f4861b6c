"""Lorenz curve and Gini coefficient against their definitions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from frames import frame_of, frames
from hypothesis import given
from small_books import FEW

from crm_analysis.value.concentration import gini, lorenz, top_share


@pytest.mark.parametrize(
    ("revenue", "expected"),
    [
        ([0, 0, 0, 1], 0.75),
        ([5, 5, 5, 5], 0.0),
        ([7], 0.0),
        ([1, 3], 0.25),
        ([1, 2, 3, 4, 5], 4 / 15),  # (n - 1 / n) / (3 (n + 1)) of 1..n, without correction: (n - 1) / 3 n
        (list(range(1, 101)), 99 / 300),
        ([0] * 99 + [1], 0.99),
        ([-1, 1, 2], (2 + 3 + 1) * 2 / (2 * 9 * (2 / 3))),  # mean difference of pairs over twice the mean
    ],
)
def test_gini_of_published_and_hand_made_cases(revenue, expected):
    assert gini(frame_of(revenue)) == pytest.approx(expected)
    assert gini(frame_of(revenue[::-1])) == pytest.approx(expected)


def test_nothing_to_share_has_no_gini():
    for frame in (frame_of([]), frame_of([0, 0]), frame_of([-5, 2]), frame_of([5], active=[False])):
        assert math.isnan(gini(frame))
        assert math.isnan(top_share(frame))
        assert lorenz(frame).empty


def test_only_active_accounts_count():
    frame = frame_of([1, 3, 1000], active=[True, True, False])
    assert gini(frame) == 0.25
    assert top_share(frame) == 0.75
    assert len(lorenz(frame)) == 3


def test_the_first_fifth_is_rounded_up():
    assert top_share(frame_of([10, 5, 3, 1, 1])) == 0.5
    assert top_share(frame_of([10, 5, 3, 1, 1, 0])) == 0.75  # two of six
    assert top_share(frame_of([4])) == 1.0
    assert top_share(frame_of([1] * 10), 30) == pytest.approx(0.3)


@FEW
@given(frames())
def test_gini_is_the_mean_difference_of_all_pairs_over_twice_the_mean(frame):
    x = frame.revenue[frame.active].to_numpy()
    if len(x) and x.sum() > 1:
        pairs = np.abs(x[:, None] - x[None, :]).sum()
        assert gini(frame) == pytest.approx(pairs / (2 * len(x) * x.sum()))


@FEW
@given(frames())
def test_the_lorenz_curve_is_convex_and_gini_is_one_less_twice_its_area(frame):
    curve = lorenz(frame)
    if curve.empty:
        return
    x, y = curve.account_share.to_numpy(), curve.revenue_share.to_numpy()
    assert (x[0], y[0], x[-1]) == (0, 0, 1)
    assert y[-1] == pytest.approx(1)
    assert (np.diff(x) > 0).all()
    steps = np.diff(y)
    scale = max(1.0, float(np.abs(y).max()))
    assert (np.diff(steps) >= -1e-9 * scale).all()  # poorest first: convex
    if frame.revenue[frame.active].min() >= 0:
        assert (steps >= -1e-12).all()
        assert (y <= x + 1e-12).all()
        assert gini(frame) + 1e-12 >= 0
        assert gini(frame) < 1
    area = float(np.sum((y[1:] + y[:-1]) / 2 * np.diff(x)))
    assert gini(frame) == pytest.approx(1 - 2 * area, abs=1e-9 * scale)


@FEW
@given(frames())
def test_the_share_of_all_is_one_and_shares_rise(frame):
    if frame.revenue[frame.active].sum() > 0 and frame.revenue[frame.active].min() >= 0:
        shares = [top_share(frame, percent) for percent in (1, 5, 20, 50, 80, 100)]
        assert shares[-1] == 1.0
        assert all(low <= high + 1e-12 for low, high in itertools.pairwise(shares))
        assert shares[2] >= math.ceil(frame.active.sum() / 5) / frame.active.sum() - 1e-12


@FEW
@given(frames())
def test_other_units_of_money_and_copies_of_everybody_change_nothing(frame):
    """Scale invariance and Dalton's principle of population."""
    import pandas as pd

    if frame.revenue[frame.active].sum() > 1:
        assert gini(frame.assign(revenue=frame.revenue * 128)) == pytest.approx(gini(frame))
        assert gini(pd.concat([frame, frame])) == pytest.approx(gini(frame))
