"""Tiers: top 1, big 4, medium 15, small 80 % of active accounts (Curry & Curry 2000)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from frames import frame_of, frames
from hypothesis import given
from small_books import FEW

from crm_analysis.accounts import accounts, groups
from crm_analysis.value.pyramid import TIERS, pyramid, tiers, totals


def sizes(frame: pd.DataFrame) -> list[int]:
    return pyramid(frame).set_index("tier").accounts.reindex(list(TIERS)).tolist()


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        (1000, [10, 40, 150, 800]),
        (100, [1, 4, 15, 80]),
        (0, [0, 0, 0, 0]),
        (1, [1, 0, 0, 0]),
        (2, [1, 0, 0, 1]),
        (10, [1, 0, 1, 8]),
        (20, [1, 0, 3, 16]),
        (101, [2, 4, 15, 80]),
        (166, [2, 7, 25, 132]),
    ],
)
def test_tiers_are_1_4_15_80_per_cent_rounded_up(active, expected):
    frame = frame_of([float(i) for i in range(active)])
    assert sizes(frame)[:4] == expected
    assert sum(expected) == active


def test_who_is_in_which_tier():
    frame = frame_of(
        [5, 900, 100, 0, 0, 0, -3],
        active=[True, True, True, False, False, False, False],
        stage=[None, "suspect", "partner", "suspect", "prospect", "suspect", None],
    )
    frame.loc[5, "first_order"] = pd.Timestamp("2019-01-01")  # a suspect once more, but it did order
    assert tiers(frame).tolist() == ["small", "top", "small", "suspect", "prospect", "inactive", "prospect"]
    table = pyramid(frame).set_index("tier")
    assert table.revenue.to_dict() == {
        "top": 900, "big": 0, "medium": 0, "small": 105, "inactive": 0, "prospect": -3, "suspect": 0,
    }  # fmt: skip
    assert table.account_share.loc["small"] == pytest.approx(2 / 3)
    assert table.account_share.loc[["inactive", "prospect", "suspect"]].isna().all()
    assert math.isnan(table.revenue_per_account["big"])


def test_without_stages_nobody_is_a_suspect():
    frame = frame_of([1, 0], active=[True, False])
    assert tiers(frame).tolist() == ["top", "prospect"]


def test_equal_revenue_is_ranked_by_key_whatever_the_order_of_rows():
    frame = frame_of([7.0] * 200)
    expected = ["top"] * 2 + ["big"] * 8 + ["medium"] * 30 + ["small"] * 160
    assert tiers(frame).tolist() == expected
    turned = frame.sample(frac=1, random_state=2)
    assert tiers(turned).sort_index().tolist() == expected


def test_margin_rate_is_of_the_revenue_whose_cost_is_known():
    table = pyramid(frame_of([100, 50, 50], [40, None, -10])).set_index("tier")
    assert table.loc["top", ["margin", "margin_rate"]].tolist() == [40, 0.4]
    assert table.loc["small", ["margin", "margin_rate"]].tolist() == [-10, -0.2]
    assert table.loc["top", "margin_share"] == pytest.approx(40 / 30)


@FEW
@given(frames())
def test_counts_and_money_reconcile(frame):
    table = pyramid(frame)
    assert table.tier.tolist() == list(TIERS)
    assert table.accounts.sum() == len(frame)
    assert table.revenue.sum() == pytest.approx(frame.revenue.sum(), abs=1e-6)
    assert table.margin.sum() == pytest.approx(frame.margin.sum(), abs=1e-6)
    if frame.active.any():
        assert table.account_share.sum() == pytest.approx(1)
    if frame.revenue.sum() > 0:
        assert table.revenue_share.sum() == pytest.approx(1)
    active = int(frame.active.sum())
    assert table.accounts[:4].sum() == active
    assert np.cumsum(table.accounts[:3]).tolist() == [math.ceil(active * part / 100) for part in (1, 5, 20)]


@FEW
@given(frames())
def test_no_account_of_a_higher_tier_has_less_revenue(frame):
    tier = tiers(frame)
    order = [frame.revenue[tier == name] for name in TIERS[:4] if (tier == name).any()]
    for higher, lower in itertools.pairwise(order):
        assert higher.min() >= lower.max()
    assert set(tier[frame.active]) <= set(TIERS[:4])
    assert set(tier[~frame.active]) <= set(TIERS[4:])


@FEW
@given(frames(least=1))
def test_shuffled_rows_give_the_same_tiers(frame):
    turned = frame.sample(frac=1, random_state=len(frame))
    pd.testing.assert_series_equal(tiers(frame), tiers(turned).sort_index())


@FEW
@given(frames())
def test_totals_add_up_over_any_column(frame):
    table = totals(frame, "stage")
    assert table.accounts.sum() == len(frame)
    assert table.active.sum() == frame.active.sum()
    assert table.revenue.sum() == pytest.approx(frame.revenue.sum(), abs=1e-6)


def test_accounts_without_a_value_are_the_row_without_a_name():
    table = totals(frame_of([1, 2, 4], stage=["partner", None, float("nan")]), "stage")
    assert table.stage.tolist() == ["", "partner"]
    assert table.revenue.tolist() == [6, 1]


def test_groups_have_a_pyramid_of_their_own():
    from small_books import DAY, line, small_book

    book = small_book(
        [line(f"A{i:02}", "2026-01-01", 10 + i / 10) for i in range(20)] + [line("Z", "2026-01-01", 40)],
        [{"account_id": f"A{i:02}", "group_id": "G"} for i in range(20)] + [{"account_id": "Z", "group_id": None}],
    )
    frame = accounts(book, DAY)
    assert tiers(frame)[frame.account_id == "Z"].item() == "top"
    rolled = groups(frame)
    assert tiers(rolled)[rolled.group_id == "G"].item() == "top"
    assert pyramid(rolled).revenue.sum() == pytest.approx(frame.revenue.sum())
