"""Kaplan-Meier curves with late entry: published medians, hand-made cases, and what must hold for any accounts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_multicenter_aids_cohort_study, load_waltons
from tenure_frames import FEWER, frames, tenures_of

from crm_analysis.churn.retention.curves import curves, medians, numbers_at_risk, survival_at
from crm_analysis.churn.retention.tenures import YEAR


def macs(entry: bool = True) -> pd.DataFrame:
    data = load_multicenter_aids_cohort_study()
    return tenures_of(data["T"] * YEAR, data["D"], data["W"].to_numpy() * YEAR if entry else 0)


@pytest.mark.parametrize("least", [1, 5, 10])
def test_macs_late_entry_median_of_lifelines_documentation(least):
    """Anchors: 3.062 years with entry, infinite without."""
    assert medians(curves(macs(), least=least))["median"].item() == pytest.approx(3.062, abs=5e-4)
    assert np.isnan(medians(curves(macs(entry=False), least=least))["median"].item())


def test_waltons_medians_of_lifelines_documentation():
    data = load_waltons()
    found = medians(curves(tenures_of(data["T"], data["E"], 0, data["group"].to_numpy())))
    assert (found.set_index("group")["median"] * YEAR).round(9).to_dict() == {"control": 58, "miR-137": 26}


def test_estimates_and_intervals_are_lifelines():
    data = load_multicenter_aids_cohort_study()
    model = KaplanMeierFitter(alpha=0.1).fit(data["T"], data["D"], entry=data["W"])
    found = curves(macs(), least=1)
    inner = found[(found["survival"] < 1) & (found["survival"] > 0)]
    at = model.survival_function_.reset_index().set_axis(["years", "survival"], axis=1)
    bounds = model.confidence_interval_.set_axis(["low", "high"], axis=1).reset_index(names="years")
    for table in (at, bounds):
        beside = pd.merge_asof(inner.assign(years=inner["years"] + 1e-9), table, on="years", suffixes=("", "_theirs"))
        for name in table.columns[1:]:
            assert beside[name].to_numpy() == pytest.approx(beside[f"{name}_theirs"].to_numpy(), abs=1e-12)


def test_late_entry_by_hand():
    frame = tenures_of([2, 4, 5, 5, 8], [True, True, True, False, False], [0, 0, 3, 2, 4])
    found = curves(frame, least=1).set_index("time")
    # at risk at 2: two; at 4: 4 days old, entered at 3, entered at 2; at 5: those two, and who entered at 4
    assert found["at_risk"].to_dict() == {0: 2, 2: 2, 4: 3, 5: 3, 8: 1}
    assert found["survival"].to_dict() == pytest.approx({0: 1, 2: 1 / 2, 4: 1 / 3, 5: 2 / 9, 8: 2 / 9})
    assert found["gone"].tolist() == [0, 1, 1, 1, 0]


def test_without_entry_an_old_account_alone_would_end_the_curve():
    """One account at risk that goes brings the product to 0, whoever comes later."""
    frame = tenures_of([1, *[40] * 20], [True, *[False] * 20], [0, *[2] * 20])
    assert curves(frame, least=1)["survival"].iloc[-1] == 1, "nobody is at risk on day 2: two curves, not one"
    joined = tenures_of([2, *[40] * 20], [True, *[False] * 20], [0, *[3] * 20])
    assert curves(joined)["time"].tolist() == [3, 40]
    assert curves(joined)["survival"].tolist() == [1, 1]


def test_bounds_exist_where_nobody_or_everybody_has_gone():
    nobody = curves(tenures_of(np.full(20, 400.0), False))
    assert nobody["survival"].tolist() == [1, 1, 1]
    assert nobody["low"].tolist() == pytest.approx([1, 0.05 ** (1 / 20), 0.05 ** (1 / 20)])
    all_gone = curves(tenures_of(np.full(20, 7.0), True)).iloc[-1]
    assert (all_gone["survival"], all_gone["low"]) == (0, 0)
    assert all_gone["high"] == pytest.approx(1 - 0.05 ** (1 / 20))


@FEWER
@given(frames(), st.integers(1, 3))
def test_curves_fall_and_wider_levels_hold_narrower_ones(frame, least):
    narrow, wide = curves(frame, 0.5, least), curves(frame, 0.95, least)
    for table in (narrow, wide):
        assert table["survival"].between(0, 1).all()
        assert (table["low"] <= table["survival"] + 1e-12).all()
        assert (table["survival"] <= table["high"] + 1e-12).all()
        for _, own in table.groupby("group"):
            assert (own["survival"].diff().fillna(0) <= 1e-12).all()
            assert own["survival"].iloc[0] == 1
    assert (wide["low"] <= narrow["low"] + 1e-12).all()
    assert (narrow["high"] <= wide["high"] + 1e-12).all()


@FEWER
@given(frames(), st.randoms(use_true_random=False))
def test_the_order_of_accounts_and_their_group_mates_change_nothing(frame, luck):
    order = list(frame.index)
    luck.shuffle(order)
    found = curves(frame, least=1)
    pd.testing.assert_frame_equal(curves(frame.loc[order], least=1), found)
    for name, own in frame.groupby("group"):
        alone = curves(own, least=1)
        pd.testing.assert_frame_equal(alone, found[found["group"] == name].reset_index(drop=True))


def test_the_curve_at_years_and_nothing_beyond_its_ends():
    frame = tenures_of([400.0] * 6 + [900.0] * 4 + [1000.0] * 10, [True] * 10 + [False] * 10)
    found = survival_at(curves(frame), (1, 2, 2.5, 3)).set_index("years")
    assert found["survival"].tolist()[:3] == pytest.approx([1, 0.7, 0.5])
    assert found.loc[3, ["survival", "low", "high"]].isna().all()
    half = medians(curves(frame))
    assert half["median"].item() == 900 / YEAR
    assert half["until_years"].item() == 1000 / YEAR
    late = tenures_of(np.full(10, 900.0), False, 500)
    assert survival_at(curves(late), (1, 2))["survival"].isna().tolist() == [True, False]
    assert survival_at(curves(late), (2,))["from_years"].item() == 500 / YEAR


def test_numbers_at_risk_rise_with_late_entries():
    frame = tenures_of([100, 800, 2000], False, [0, 0, 500], ["a", "a", "a"])
    assert numbers_at_risk(frame, (0, 1, 2, 5)).to_numpy().tolist() == [["a", 2, 1, 2, 1]]


def test_the_true_curve_is_found_where_old_accounts_were_seen_late_only():
    """Accounts began over ten years with a hazard of .3 a year; the book sees the last three. 2,000 began."""
    rng = np.random.default_rng(5)
    began, stays = rng.uniform(0, 10, 2000), rng.exponential(1 / 0.3, 2000)
    seen = began + stays > 7
    entry = np.maximum(7 - began, 0)
    end = np.minimum(stays, 10 - began)
    frame = tenures_of(end[seen] * YEAR, stays[seen] <= (10 - began)[seen], entry[seen] * YEAR)
    found = survival_at(curves(frame))
    truth = np.exp(-0.3 * found["years"])
    assert truth.between(found["low"], found["high"]).all()
    naive = survival_at(curves(frame.assign(entry=0)))
    assert (naive["low"] > truth).all(), "counted from their beginning they seem not to leave"


def test_numpy_warns_as_before():
    """lifelines silences numpy's warnings for the rest of the program when it fits."""
    before = np.geterr()
    curves(tenures_of(np.arange(1.0, 30), True))
    assert np.geterr() == before


def test_no_group_with_enough_accounts_is_an_empty_table():
    empty = curves(tenures_of([3.0, 4.0], True))
    assert empty.empty
    assert survival_at(empty).empty
    assert medians(empty).empty
