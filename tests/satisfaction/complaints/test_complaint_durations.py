"""How long something lasts: lifelines and Greenwood as oracles, accounts as clusters, permutation tests that hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from scipy.stats import t as student
from small_books import FEW

from crm_analysis.satisfaction.complaints import durations
from crm_analysis.satisfaction.complaints.durations import alike, curve, ended_by, median


def rows_of(days, done, owner=None) -> pd.DataFrame:
    owner = [f"A{place:03}" for place in range(len(days))] if owner is None else owner
    return pd.DataFrame({"account_id": owner, "days": days, "done": done, "number": 1})


@settings(FEW, max_examples=12)
@given(st.lists(st.tuples(st.integers(0, 15), st.booleans()), min_size=1, max_size=40))
def test_curve_is_lifelines(cases):
    days, done = np.array([own for own, _ in cases]), np.array([own for _, own in cases])
    steps = curve(rows_of(days, done))
    # lifelines takes a duration of 0 as an event at the start, as here
    oracle = KaplanMeierFitter().fit(days, done)
    assert steps["lasting"].to_numpy() == pytest.approx(np.atleast_1d(oracle.survival_function_at_times(steps["days"])))
    assert ((steps["low"] <= steps["lasting"] + 1e-12) & (steps["lasting"] <= steps["high"] + 1e-12)).all()


def test_variance_is_greenwoods_where_each_account_has_one():
    """Greenwood (1926), on the scale of log(-log S), times the factor of clusters."""
    rng = np.random.default_rng(4)
    days, done = rng.integers(1, 30, 25), rng.random(25) < 0.7
    steps = curve(rows_of(days, done), 0.9)
    row = steps[(steps["lasting"] > 0) & (steps["lasting"] < 1)].iloc[5]
    upto = steps[(steps["days"] <= row["days"]) & (steps["ended"] > 0)]
    greenwood = (upto["ended"] / (upto["at_risk"] * (upto["at_risk"] - upto["ended"]))).sum()
    wide = student.ppf(0.95, 24) * np.sqrt(greenwood * 25 / 24) / abs(np.log(row["lasting"]))
    assert row["low"] == pytest.approx(row["lasting"] ** np.exp(wide))
    assert row["high"] == pytest.approx(row["lasting"] ** np.exp(-wide))


def test_complaints_of_one_account_widen_the_interval():
    rng = np.random.default_rng(5)
    days, done = np.repeat(rng.integers(1, 30, 12), 5), np.ones(60, dtype=bool)
    apart = curve(rows_of(days, done))
    together = curve(rows_of(days, done, np.repeat([f"A{place}" for place in range(12)], 5)))
    assert together["lasting"].tolist() == apart["lasting"].tolist()
    middle = len(apart) // 2
    assert together["high"][middle] - together["low"][middle] > 1.5 * (apart["high"][middle] - apart["low"][middle])


def test_rows_may_be_summed_and_come_in_any_order():
    rng = np.random.default_rng(6)
    rows = rows_of(rng.integers(0, 9, 200), rng.random(200) < 0.6, rng.integers(0, 20, 200).astype(str))
    summed = rows.groupby(["account_id", "days", "done"], as_index=False)["number"].sum()
    pd.testing.assert_frame_equal(curve(rows), curve(summed))
    pd.testing.assert_frame_equal(curve(rows), curve(rows.sample(frac=1, random_state=1)))


def test_none_ended_all_ended_and_one_account():
    still = curve(rows_of([3, 8], [False, False]))
    assert still[["days", "lasting"]].to_numpy().tolist() == [[0, 1]]
    assert np.isnan(median(still)[0])
    assert ended_by(still, [5, 10])["share"].tolist() == pytest.approx([0, np.nan], nan_ok=True)
    ended = curve(rows_of([2, 2], [True, True]))
    assert ended["lasting"].tolist() == [1, 0]
    assert ended_by(ended, [1, 2, 99])["share"].tolist() == [0, 1, 1]
    assert median(ended)[0] == 2
    alone = curve(rows_of([1, 2, 3], [True] * 3, ["A"] * 3))
    assert alone[["low", "high"]].to_numpy()[1].tolist() == [0, 1]
    assert curve(rows_of([], [])).empty


def test_that_nothing_ended_is_no_certainty():
    """None of n ended: the interval goes up to the share that leaves none of n with a chance of 5 %."""
    still = rows_of([200] * 24, [False] * 24)
    of_24, of_4 = (1 - 0.05 ** (1 / n) for n in (24, 4))
    assert ended_by(curve(still), [30])[["low", "high"]].to_numpy()[0].tolist() == pytest.approx([0, of_24])
    assert curve(still)[["low", "high"]].to_numpy()[0].tolist() == pytest.approx([1 - of_24, 1])
    once = still.assign(days=[100, *[200] * 23], done=[True, *[False] * 23])
    before, later = (ended_by(curve(once), [day]).iloc[0] for day in (99, 100))
    assert (before["share"], before["low"], before["high"]) == pytest.approx((0, 0, of_24))
    assert 0 < later["low"] < later["share"] < later["high"]
    # of accounts that were no longer seen on a day nothing is known of it
    gone = curve(still.assign(days=[20] * 20 + [200] * 4))
    assert ended_by(gone, [20, 21])["high"].tolist() == pytest.approx([of_24, of_4])
    # three complaints of one account are one account
    alone = curve(rows_of([50] * 3, [False] * 3, ["A"] * 3))
    assert ended_by(alone, [30])["high"].iloc[0] == pytest.approx(0.95)


def test_intervals_hold_for_few_accounts_with_several_complaints():
    """Of 120 samples of 15 accounts whose paces differ, 90 % intervals of the share closed by day 10."""
    rng = np.random.default_rng(8)

    def drawn(accounts: int) -> pd.DataFrame:
        owner = np.repeat(np.arange(accounts), np.minimum(rng.geometric(0.5, accounts), 8))
        pace = rng.gamma(2, 0.5, accounts)[owner]
        days = 1 + np.floor(rng.exponential(10 / pace)).astype(int)
        return rows_of(days, np.ones(len(owner), dtype=bool), owner.astype(str))

    true = float((drawn(30_000)["days"] <= 10).mean())
    held = 0
    for _ in range(120):
        row = ended_by(curve(drawn(15)), [10]).iloc[0]
        held += bool(row["low"] <= true <= row["high"])
    assert 0.84 <= held / 120 <= 0.97


def test_test_is_the_log_rank_test_where_accounts_have_one_row():
    """lifelines' multivariate log-rank test as oracle: the p-values of permutation lie beside its."""
    rng = np.random.default_rng(9)
    for _ in range(3):
        days, done = rng.integers(1, 25, 80), rng.random(80) < 0.8
        groups = pd.Series(np.array(["a", "b", "c"])[rng.integers(0, 3, 80)])
        oracle = multivariate_logrank_test(days, groups.to_numpy(), done).p_value
        assert alike(rows_of(days, done), groups)[1] == pytest.approx(oracle, abs=0.1)


def test_law_and_permutation_agree_where_accounts_are_many(monkeypatch):
    rng = np.random.default_rng(10)
    owner = rng.integers(0, 200, 400)
    rows = rows_of(rng.integers(1, 40, 400), rng.random(400) < 0.8, owner.astype(str))
    groups = pd.Series(np.array(list("abc"))[owner % 3])
    drawn = alike(rows, groups)
    monkeypatch.setattr(durations, "EXACT", 10)
    law = alike(rows, groups)
    assert law[0] == drawn[0] == 3
    assert law[1] == pytest.approx(drawn[1], abs=0.1)


def test_groups_that_differ_are_found_and_those_alike_seldom():
    rng = np.random.default_rng(12)
    wrong = 0
    for _ in range(30):
        owner = np.repeat(np.arange(20), rng.integers(1, 5, 20))
        days = 1 + np.floor(rng.exponential(10 / rng.gamma(2, 0.5, 20)[owner])).astype(int)
        rows = rows_of(days, np.ones(len(days), dtype=bool), owner.astype(str))
        wrong += alike(rows, pd.Series(np.where(owner % 2, "a", "b")))[1] <= 0.05
    assert wrong <= 5  # 1.5 expected; 6 or more would come in 3 of 1,000
    slow = rows.assign(days=np.where(owner % 2, rows["days"] * 8, rows["days"]))
    assert alike(slow, pd.Series(np.where(owner % 2, "a", "b")))[1] <= 0.01


def test_what_cannot_be_compared():
    rows = rows_of([1, 2, 3, 4], [True] * 4)
    assert np.isnan(alike(rows, pd.Series(["a"] * 4))[1])
    assert np.isnan(alike(rows.assign(done=False), pd.Series(list("abab")))[1])
    assert np.isnan(alike(rows.assign(account_id="A"), pd.Series(list("abab")))[1])
