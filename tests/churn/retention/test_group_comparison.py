"""Log-rank tests and restricted means with late entry, against lifelines, statsmodels and numbers worked out by
hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_waltons
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import restricted_mean_survival_time
from scipy.stats import chi2, kstest
from statsmodels.duration.hazard_regression import PHReg
from tenure_frames import FEWER, frames, tenures_of

from crm_analysis.churn.retention.comparison import logrank, logrank_pairs, restricted_means
from crm_analysis.churn.retention.curves import curves
from crm_analysis.churn.retention.tenures import YEAR
from crm_analysis.errors import UserError


def random_tenures(rng: np.random.Generator, size: int, groups: str = "ab", late: bool = True) -> pd.DataFrame:
    entry = rng.uniform(0, 3, size) * late * rng.integers(0, 2, size)
    spent = rng.exponential(2, size)
    gone = spent < 3
    return tenures_of(entry + np.minimum(spent, 3), gone, entry, rng.choice(list(groups), size))


def test_waltons_logrank_of_lifelines_documentation():
    """Anchor: chi squared 122.249."""
    data = load_waltons()
    found = logrank(tenures_of(data["T"], data["E"], 0, data["group"].to_numpy())).iloc[0]
    assert found["statistic"] == pytest.approx(122.249, abs=5e-4)
    assert (found["groups"], found["gone"], found["df"]) == (2, 156, 1)
    assert found["p"] == pytest.approx(2.0e-28, rel=0.05)


@FEWER
@given(frames(late=False))
def test_without_late_entry_the_logrank_test_is_lifelines(frame):
    found = logrank(frame).iloc[0]
    if frame["group"].nunique() < 2 or found["df"] < frame["group"].nunique() - 1:
        assert np.isnan(found["p"]) or found["df"] > 0
        return
    theirs = multivariate_logrank_test(frame["duration"], frame["group"], frame["gone"])
    assert found["statistic"] == pytest.approx(theirs.test_statistic, abs=1e-9)
    assert found["p"] == pytest.approx(theirs.p_value, abs=1e-9)


@pytest.mark.parametrize("seed", range(2))
def test_with_late_entry_it_is_the_score_test_of_statsmodels_cox_model(seed):
    """Without ties the log-rank statistic is the score statistic of Cox's partial likelihood at 0."""
    frame = random_tenures(np.random.default_rng(seed), 80, "abc")
    dummies = pd.get_dummies(frame["group"]).iloc[:, 1:].to_numpy(float)
    model = PHReg(frame["duration"], dummies, status=frame["gone"], entry=frame["entry"], ties="breslow")
    score, information = model.score(np.zeros(2)), -model.hessian(np.zeros(2))
    assert logrank(frame)["statistic"].item() == pytest.approx(score @ np.linalg.solve(information, score), rel=1e-8)
    assert logrank(frame.assign(entry=0))["statistic"].item() != pytest.approx(logrank(frame)["statistic"].item())


def test_late_entry_logrank_by_hand():
    frame = tenures_of([2, 4, 5, 6], True, [0, 0, 3, 0], ["a", "b", "b", "a"])
    # at 2: one of 3 (two of a); at 4: one of 3 (one of a); at 5: one of 2 (one of a); at 6: a alone
    expected = 2 / 3 + 1 / 3 + 1 / 2 + 1
    variance = 2 / 9 + 2 / 9 + 1 / 4
    assert logrank(frame)["statistic"].item() == pytest.approx((2 - expected) ** 2 / variance)


def test_under_no_difference_p_is_even_although_one_group_enters_late():
    rng = np.random.default_rng(1)
    found, blind = [], []
    for _ in range(40):
        began, stays = rng.uniform(0, 4, 200), rng.exponential(2, 200)
        late = rng.integers(0, 2, 200).astype(bool)  # of this group the last two years only are seen
        entry = np.where(late, np.maximum(2 - began, 0), 0)
        keep = (stays > entry) & (began < 4)
        end = np.minimum(stays, 4 - began)
        frame = tenures_of(end[keep], (stays < 4 - began)[keep], entry[keep], np.where(late, "late", "all")[keep])
        found.append(logrank(frame)["p"].item())
        blind.append(logrank(frame.assign(entry=0))["p"].item())
    assert kstest(found, "uniform").pvalue > 0.01
    assert kstest(blind, "uniform").pvalue < 1e-6, "without entry, groups that leave alike look different"


def test_pairs_are_corrected_for_their_number():
    """Holm 1979: the smallest p times the number of pairs, the next times one less, never falling."""
    rng = np.random.default_rng(3)
    frame = random_tenures(rng, 150, "abc")
    frame["duration"] = np.where(
        frame["group"] == "c", frame["entry"] + 0.4 * (frame["duration"] - frame["entry"]), frame["duration"]
    )
    found = logrank_pairs(frame)
    assert len(found) == 3
    p = found["p"].to_numpy()
    assert (np.diff(p) >= 0).all()
    corrected = np.minimum(np.maximum.accumulate(p * [3, 2, 1]), 1)
    assert found["p_holm"].to_numpy() == pytest.approx(corrected)
    for pair in found.itertuples():
        own = frame[frame["group"].isin([pair.group, pair.other])]
        assert logrank(own)["p"].item() == pytest.approx(pair.p)
        assert pair.p == pytest.approx(chi2.sf(pair.statistic, 1))


def test_groups_that_are_never_beside_each_other_cannot_be_compared():
    apart = tenures_of([1, 2, 8, 9], True, [0, 0, 5, 5], ["a", "a", "b", "b"])
    assert np.isnan(logrank(apart)["p"].item())
    assert logrank_pairs(apart)["p_holm"].isna().all()
    beside = pd.concat([apart, tenures_of([1, 2, 8], True, 0, "c")], ignore_index=True)
    assert logrank_pairs(beside)["p_holm"].isna().sum() == 1
    assert logrank(apart.assign(gone=False))["df"].item() == 0
    assert logrank_pairs(apart.assign(group="a")).empty


def test_the_restricted_mean_is_the_area_under_lifelines_curve():
    frame = random_tenures(np.random.default_rng(8), 90, "a")
    frame[["entry", "duration"]] *= YEAR
    steps = curves(frame)
    until = steps["years"].max() * 0.7
    own = frame[frame["duration"] > steps["time"].iloc[0]]
    model = KaplanMeierFitter().fit(own["duration"], own["gone"], entry=own["entry"])
    found = restricted_means(steps, until).iloc[0]
    assert found["mean"] == pytest.approx(restricted_mean_survival_time(model, t=until * YEAR) / YEAR)
    assert found["low"] < found["mean"] < found["high"]


def test_without_censoring_its_error_is_that_of_a_mean_by_hand():
    """Greenwood's sum is then the variance of the years, cut at the end, over their number."""
    years = np.array([0.5, 0.5, 0.7, 1.1, 1.4, 1.4, 2.0, 3.0, 3.5, 4.0])
    steps = curves(tenures_of(years * YEAR, True), least=1)
    for until in (0.6, 1.4, 2.5):
        found = restricted_means(steps, until).iloc[0]
        cut = np.minimum(years, until)
        assert found["mean"] == pytest.approx(cut.mean())
        assert found["standard_error"] == pytest.approx(cut.std() / np.sqrt(len(cut)))


def test_the_restricted_mean_with_late_entry_by_hand():
    steps = curves(
        tenures_of(np.array([2, 4, 5, 8]) * YEAR, [True, True, True, False], np.array([0, 0, 3, 1]) * YEAR), least=1
    )
    # still there: 2/3 from 2 on (three at risk), 4/9 from 4 on (three), 2/9 from 5 on (two)
    found = restricted_means(steps, 8).iloc[0]
    assert found["mean"] == pytest.approx(2 + 2 * 2 / 3 + 4 / 9 + 3 * 2 / 9)
    after = [2 * 2 / 3 + 4 / 9 + 3 * 2 / 9, 4 / 9 + 3 * 2 / 9, 3 * 2 / 9]
    variance = after[0] ** 2 / (3 * 2) + after[1] ** 2 / (3 * 2) + after[2] ** 2 / (2 * 1)
    assert found["standard_error"] == pytest.approx(np.sqrt(variance))


def test_restricted_means_look_at_the_same_years_in_every_group():
    short, long = np.linspace(100, 500, 12), np.linspace(100, 1500, 12)
    late = tenures_of(np.full(12, 3000.0), False, 800, "z")
    frame = pd.concat([tenures_of(short, False, 0, "a"), tenures_of(long, False, 0, "b"), late], ignore_index=True)
    steps = curves(frame)
    found = restricted_means(steps).set_index("group")
    ends = steps.groupby("group")["years"].max()
    assert set(found["until_years"]) == {ends["a"]}
    assert found["mean"].tolist()[:2] == pytest.approx([ends["a"]] * 2)
    assert np.isnan(found.loc["z", "mean"]), "it is seen from an age above 0 only"
    assert restricted_means(steps, 2).set_index("group")["mean"].notna().tolist() == [False, True, False]
    with pytest.raises(UserError, match=r"curves are known from 0.00 to .* found 9.00 asked for"):
        restricted_means(steps, 9)
    assert restricted_means(steps[:0]).empty
