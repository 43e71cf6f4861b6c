"""Classes by money bars, grades by one margin-rate bar."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from frames import cents, frame_of, frames
from hypothesis import assume, given
from hypothesis import strategies as some
from small_books import FEW

from crm_analysis.errors import UserError
from crm_analysis.value.segments import NO_COST, SEGMENTS, Bars, bars, segment_table, segments


def test_default_bars_are_the_accounts_that_reach_50_and_80_per_cent():
    """100 in all: 40, 30 (70 %), 15 (85 %), 10, 5."""
    assert bars(frame_of([5, 10, 40, 15, 30])) == Bars(30, 15, None)
    assert bars(frame_of([50, 30, 20])) == Bars(50, 30, None)  # exactly 50 %, exactly 80 %
    assert bars(frame_of([1] * 10)) == Bars(1, 1, None)
    assert bars(frame_of([7])) == Bars(7, 7, None)


def test_bars_look_at_active_accounts_and_the_rate_at_all_with_costs():
    frame = frame_of([60, 40, -50], [30, None, -40], active=[True, True, False])
    assert bars(frame) == Bars(60, 40, -10 / 10)
    assert bars(frame, margin_rate=0.2).margin_rate == 0.2
    assert bars(frame.drop(columns=["margin", "costed_revenue", "margin_rate"]), margin_rate=0.2).margin_rate is None


def test_given_bars_are_taken_as_they_are():
    frame = frame_of([60, 40], [30, 10])
    assert bars(frame, 1000, 100, 0.0) == Bars(1000, 100, 0.0)
    assert bars(frame, high=1000) == Bars(1000, 40, 0.4)
    assert bars(frame, mid=10) == Bars(60, 10, 0.4)


def test_bars_that_cannot_be_are_sentences():
    frame = frame_of([60, 40])
    with pytest.raises(UserError, match="expected no negative one"):
        bars(frame, high=-1)
    with pytest.raises(UserError, match="expected no negative one"):
        bars(frame, mid=-0.01)
    with pytest.raises(UserError, match=r"the Mid bar \(100.00\) is above the High bar \(60.00\)"):
        bars(frame, mid=100)


@pytest.mark.parametrize("revenue", [[], [0.0, 0.0], [10.0, -30.0], [-5.0]])
def test_accounts_that_bring_nothing_have_bars_of_nothing(revenue):
    frame = frame_of(revenue)
    at = bars(frame)
    assert at == Bars(0.0, 0.0, None)
    assert segment_table(frame, at).accounts.sum() == len(frame)


def test_segments_by_hand():
    frame = frame_of(
        [100, 99.99, 50, 50, 10, 10, -5, 0, 500],
        [30, 10, 10, 9.99, None, 2, -6, -1, 100],
        active=[True] * 8 + [False],
    )
    found = segments(frame, Bars(100, 50, 0.2))
    assert found.segment[:8].tolist() == [
        "High A",
        "Mid B",
        "Mid A",  # exactly the bar
        "Mid B",
        "Low (no cost)",
        "Low A",
        "Low B",  # returns only: costs are known, a rate is not
        "Low B",  # sold for nothing, at a cost
    ]
    assert found.loc[8].isna().all()
    assert found["class"][:3].tolist() == ["High", "Mid", "Mid"]
    assert found.grade[4] == NO_COST


def test_without_costs_there_is_no_grade():
    frame = frame_of([100, 1])
    table = segment_table(frame, bars(frame))
    assert table.segment.astype(str).tolist() == ["High (no cost)", "Low (no cost)"]
    assert "margin" not in table


def test_the_six_segments_are_shown_even_if_empty():
    frame = frame_of([100], [50])
    table = segment_table(frame, bars(frame))
    assert table.segment.astype(str).tolist() == ["High A", "High B", "Mid A", "Mid B", "Low A", "Low B"]
    assert table.accounts.tolist() == [1, 0, 0, 0, 0, 0]
    assert table.account_share.tolist() == [1, 0, 0, 0, 0, 0]


def test_no_active_account():
    frame = frame_of([5, 6], [1, 1], active=[False, False])
    at = bars(frame)
    assert (at.high, at.mid) == (0, 0)
    table = segment_table(frame, at)
    assert table.accounts.sum() == 0
    assert table.account_share.isna().all()
    assert segment_table(frame_of([5], active=[False]), Bars(0, 0, None)).empty


@FEW
@given(frames())
def test_every_active_account_is_in_exactly_one_segment(frame):
    at = bars(frame)
    found, table = segments(frame, at), segment_table(frame, at)
    assert found.segment[frame.active].isin(SEGMENTS).all()
    assert found[~frame.active].isna().all(axis=None)
    assert table.accounts.sum() == frame.active.sum()
    assert table.revenue.sum() == pytest.approx(frame.revenue[frame.active].sum(), abs=1e-6)
    assert table.margin.sum() == pytest.approx(frame.margin[frame.active].sum(), abs=1e-6)
    counted = found.segment[frame.active].value_counts()
    assert (table.set_index(table.segment.astype(str)).accounts[counted.index] == counted).all()


@FEW
@given(frames(costs=False, least=1))
def test_default_bars_split_the_revenue_of_active_accounts_where_they_say(frame):
    active = frame[frame.active].sort_values(["revenue", "account_id"], ascending=[False, True])
    whole = sum(round(amount * 100) for amount in active.revenue)  # cents, exactly
    assume(whole > 0)
    at = bars(frame)
    for bar, part in ((at.high, 5), (at.mid, 8)):
        above = sum(round(amount * 100) for amount in active.revenue if amount > bar)
        reached = sum(round(amount * 100) for amount in active.revenue if amount >= bar)
        assert above * 10 < part * whole <= reached * 10


@FEW
@given(frames(), cents.filter(lambda x: x > 0), cents.filter(lambda x: x > 0), some.floats(0, 1), some.floats(0, 1))
def test_raising_a_bar_moves_only_the_accounts_between_the_old_and_the_new(frame, one, other, rate, another):
    low, high = sorted((one, other))
    before, after = segments(frame, Bars(high, low, rate)), segments(frame, Bars(high * 2, low, rate))
    moved = before["class"].fillna("") != after["class"].fillna("")
    assert (moved == (frame.active & (frame.revenue >= high) & (frame.revenue < high * 2))).all()
    assert before.grade.equals(after.grade)
    first, second = sorted((rate, another))
    before, after = segments(frame, Bars(high, low, first)), segments(frame, Bars(high, low, second))
    moved = before.grade.fillna("") != after.grade.fillna("")
    assert (moved == (frame.active & (frame.margin_rate >= first) & (frame.margin_rate < second))).all()
    assert before["class"].equals(after["class"])


@FEW
@given(frames(least=2), some.randoms())
def test_other_accounts_cannot_move_an_account_once_bars_are_set(frame, random):
    at = bars(frame)
    keep = pd.Series([random.random() < 0.5 for _ in range(len(frame))])
    pd.testing.assert_frame_equal(segments(frame, at)[keep], segments(frame[keep], at))
    turned = frame.sample(frac=1, random_state=1)
    assert bars(turned).high == at.high
    pd.testing.assert_frame_equal(segments(frame, at), segments(turned, at).sort_index())


def test_names_decide_nothing_but_ties():
    """Other names in the same order, the same segments."""
    frame = frame_of([5, 5, 4, 3, 3, 3], [1, 2, None, 0, 1, 2])
    renamed = frame.assign(account_id="x" + frame.account_id)
    assert bars(frame) == bars(renamed)
    assert segments(frame, bars(frame)).equals(segments(renamed, bars(renamed)))


def test_a_rate_of_a_book_that_earns_nothing_is_no_bar():
    at = bars(frame_of([5, -5], [1, -2]))
    assert at.margin_rate is None
    assert not math.isnan(at.high)
    assert np.isfinite(at.high)
