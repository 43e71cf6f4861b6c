"""Drift: against shares counted by hand, scipy's tests, and draws that did not move or did by a known amount."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact, hypergeom, ks_2samp
from small_books import FEW
from statsmodels.stats.multitest import multipletests

from crm_analysis.errors import UserError
from crm_analysis.potential.drift import drift, outcome_drift


def accounts(rng: np.random.Generator, many: int, shift: float = 0.0, unknown: float = 0.2) -> pd.DataFrame:
    frame = pd.DataFrame({"score": rng.normal(shift, 1, many), "size": rng.normal(0, 1, many), "same": 1.0})
    frame["asked"] = np.where(rng.random(many) < unknown, np.nan, rng.random(many))
    return frame


def test_shares_and_gaps_are_counted_by_hand():
    then = pd.DataFrame({"score": [1.0, 2, 3, 4], "paid": [1, np.nan, 3, 4]})
    now = pd.DataFrame({"score": [3.0, 4, 5, 6, 7], "paid": [1, np.nan, np.nan, 3, 4]})
    table = drift(then, now).table.set_index(["what", "kind"])
    assert list(table.index) == [("score", "score"), ("paid", "unknown"), ("paid", "value")]
    row = table.loc[("score", "score")]  # 4 of 4 and 2 of 5 are at or below 4: apart by .6, elsewhere by .5 at most
    assert row[["accounts_then", "accounts_now", "at"]].tolist() == [4, 5, 4]
    assert row[["then", "now", "gap"]].tolist() == pytest.approx([1.0, 0.4, 0.6])
    assert table.loc[("paid", "unknown"), ["then", "now", "gap"]].tolist() == pytest.approx([0.25, 0.4, 0.15])
    assert table.loc[("paid", "value"), ["accounts_then", "accounts_now", "gap"]].tolist() == [3, 3, 0]
    assert not table["moved"].any()


@FEW
@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_the_gap_is_the_largest_between_shares_at_or_below_any_value(then, now):
    row = drift(pd.DataFrame({"score": then}), pd.DataFrame({"score": now})).table.iloc[0]
    gaps = [abs(np.mean(np.array(then) <= at) - np.mean(np.array(now) <= at)) for at in range(10)]
    assert row["gap"] == pytest.approx(max(gaps))
    assert abs(row["then"] - row["now"]) == pytest.approx(row["gap"])
    assert row["p"] == pytest.approx(ks_2samp(then, now, method="exact").pvalue, abs=1e-9)


def test_p_values_are_scipys_and_holms_correction_statsmodels():
    rng = np.random.default_rng(1)
    then, now = accounts(rng, 900, unknown=0.1), accounts(rng, 700, 0.2, unknown=0.2)
    found = drift(then, now, level=0.05)
    table = found.table.set_index(["what", "kind"])
    for name in ("score", "size", "asked"):
        known = [frame[name].dropna() for frame in (then, now)]
        kind = "score" if name == "score" else "value"
        assert table.loc[(name, kind), "p"] == pytest.approx(ks_2samp(*known).pvalue, rel=0.01)
    blank = [int(frame["asked"].isna().sum()) for frame in (then, now)]
    exact = fisher_exact([[blank[0], 900 - blank[0]], [blank[1], 700 - blank[1]]]).pvalue
    assert table.loc[("asked", "unknown"), "p"] == pytest.approx(exact)
    others = table.drop(("score", "score"))
    assert others["p_holm"].tolist() == pytest.approx(multipletests(others["p"], method="holm")[1].tolist())
    assert table.loc[("score", "score"), "p_holm"] == table.loc[("score", "score"), "p"]


def test_trifles_are_not_told_of_many_and_nothing_is_of_few():
    rng = np.random.default_rng(2)
    many = drift(accounts(rng, 60_000), accounts(rng, 60_000, 0.1))
    assert many.table["p_holm"].iloc[0] < 1e-9
    assert 0.02 < many.table["gap"].iloc[0] < 0.06  # the gap of normals .1 apart is .04
    assert not many.moved
    few = drift(accounts(rng, 8), accounts(rng, 8, 0.5))
    assert not few.moved
    assert few.table["noticeable"].iloc[0] > 0.5


def test_what_moved_is_told_by_name():
    rng = np.random.default_rng(3)
    then, now = accounts(rng, 2000), accounts(rng, 2000, 0.5, unknown=0.6)
    found = drift(then, now)
    assert found.moved
    assert found.features == ["asked"]
    assert found.table["what"].iloc[0] == "score"
    gone = drift(then, now.assign(size=np.nan))
    assert "size" in gone.features
    empty = gone.table.set_index(["what", "kind"]).loc[("size", "value")]
    assert empty[["gap", "p", "p_holm"]].isna().all()
    assert not empty["moved"]


def test_a_noticeable_gap_is_one_that_is_significant():
    then, now = np.arange(1000.0), np.arange(1000.0)
    noticeable = drift(pd.DataFrame({"score": then}), pd.DataFrame({"score": now})).table["noticeable"].iloc[0]
    for more, clear in ((1.02, True), (0.98, False)):
        moved = pd.DataFrame({"score": now + round(noticeable * more * 1000)})
        assert (drift(pd.DataFrame({"score": then}), moved).table["p"].iloc[0] <= 0.05) == clear
    said = np.arange(500) < 25
    score, came, when = np.where(said, 0.0, 1.0), np.ones(500, bool), np.arange(500) % 5 == 0
    row = outcome_drift(score, came, when, low_end=0.05).table.iloc[1]
    low_now = round((row["noticeable"] + 25 / 400) / (1 / 100 + 1 / 400))
    assert hypergeom.sf(low_now - 1, 500, 25, 100) <= 0.05 < hypergeom.sf(low_now - 2, 500, 25, 100)


def test_the_order_of_rows_and_columns_changes_nothing():
    rng = np.random.default_rng(4)
    then, now = accounts(rng, 300), accounts(rng, 200)
    mixed = drift(then.sample(frac=1, random_state=1)[then.columns[::-1]], now.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(mixed.table, drift(then, now).table)


@pytest.mark.slow
def test_without_drift_it_is_told_no_oftener_than_level():
    """150 draws of 150 and 90 accounts; any gap would be told."""
    rng = np.random.default_rng(5)
    scores = features = 0
    for _ in range(150):
        found = drift(accounts(rng, 150), accounts(rng, 90), level=0.1, least=0)
        scores += found.moved
        features += bool(found.features)
    assert binomtest(scores, 150, 0.1).pvalue > 0.001  # continuous scores: nearly exact
    assert binomtest(features, 150, 0.1, alternative="greater").pvalue > 0.001


@pytest.mark.parametrize(
    ("then", "now", "says"),
    [
        ({"score": [1.0]}, {"score": [1.0], "size": [2.0]}, "same columns then and now; found size in one of them"),
        ({"points": [1.0]}, {"score": [1.0]}, "expected a column 'score' in 'then'; found \\['points'\\]"),
        ({"score": [1.0, np.nan]}, {"score": [1.0]}, "finite scores; found 1 of 2 in 'then'"),
        ({"score": [1.0], "town": ["A"]}, {"score": [1.0], "town": ["B"]}, "numbers in column 'town'"),
    ],
)
def test_what_cannot_be_compared_is_refused(then, now, says):
    with pytest.raises(UserError, match=says):
        drift(pd.DataFrame(then), pd.DataFrame(now))


# --- outcomes ---


def promising(rng: np.random.Generator, many: int, lower: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, outcomes and snapshots; in the latest, `lower` of the promising score as the lowest 4 % do."""
    score, came, when = rng.random(many), rng.random(many) < 0.1, rng.integers(0, 4, many)
    fall = came & (when == 3) & (rng.random(many) < lower)
    return np.where(fall, score * 0.04, score), came, when


def test_rates_by_snapshot_are_shares_with_statsmodels_wilson_intervals():
    from statsmodels.stats.proportion import proportion_confint

    rng = np.random.default_rng(6)
    score, came, when = promising(rng, 800)
    rates = outcome_drift(score, came, pd.to_datetime("2024-03-31") + pd.to_timedelta(when, "D")).rates
    assert rates["origin"].is_monotonic_increasing
    for place, row in enumerate(rates.itertuples()):
        own = came[when == place]
        assert (row.accounts, row.promising, row.rate) == (len(own), own.sum(), own.mean())
        exact = proportion_confint(own.sum(), len(own), 0.1, "wilson")
        assert (row.low, row.high) == pytest.approx(exact)


def test_the_latest_promising_are_compared_with_the_earlier_ones():
    rng = np.random.default_rng(7)
    score, came, when = promising(rng, 4000)
    kept = rng.random(4000) < 0.3
    table = outcome_drift(score, came, when, kept, low_end=0.1).table
    own = np.where(kept, np.inf, score)
    before, after = own[came & (when < 3)], own[came & (when == 3)]
    assert table["kind"].tolist() == ["score", "low_end"]
    assert table["accounts_then"].tolist() == [len(before)] * 2
    assert table["p"].iloc[0] == pytest.approx(ks_2samp(before, after).pvalue, rel=0.01)
    at = table["at"].iloc[1]
    both = np.append(before, after)
    assert (both < at).mean() <= 0.1 < (both <= at).mean()
    low = [int((own < at).sum()) for own in (before, after)]
    odds = [[low[1], len(after) - low[1]], [low[0], len(before) - low[0]]]
    assert table["p"].iloc[1] == pytest.approx(fisher_exact(odds, "greater").pvalue)
    assert table["gap"].iloc[1] == pytest.approx(low[1] / len(after) - low[0] / len(before))
    assert table["p_holm"].tolist() == pytest.approx(multipletests(table["p"], method="holm")[1].tolist())


def test_a_doubled_miss_rate_is_told_though_scores_on_the_whole_stay():
    rng = np.random.default_rng(8)
    found = outcome_drift(*promising(rng, 16_000, lower=0.05))
    assert found.moved
    assert found.table.set_index("kind")["moved"].to_dict() == {"score": False, "low_end": True}
    assert not outcome_drift(*promising(rng, 16_000)).moved


def test_fewer_promising_at_the_low_end_are_no_reason_to_distrust():
    score, came = np.linspace(0, 1, 2000), np.ones(2000, bool)
    later = np.arange(2000) % 2 == 0
    found = outcome_drift(np.where(later & (score < 0.06), 0.06 + score / 100, score), came, later)
    assert found.table.iloc[1]["gap"] < -0.01
    assert not found.moved


@pytest.mark.slow
def test_without_drift_of_outcomes_it_is_told_no_oftener_than_level():
    rng = np.random.default_rng(9)
    told = sum(outcome_drift(*promising(rng, 1000), level=0.1, least=0).moved for _ in range(150))
    assert binomtest(told, 150, 0.1, alternative="greater").pvalue > 0.001


def test_where_one_side_has_no_promising_account_nothing_is_told():
    found = outcome_drift([1.0, 2, 3], [True, True, False], [0, 0, 1])
    assert not found.moved
    assert found.table["p"].isna().all()
    assert found.rates["promising"].tolist() == [2, 0]


@pytest.mark.parametrize(
    ("score", "came", "when", "says"),
    [
        ([1.0, 2], [True, False], [1, 1], "with earlier ones; found 1"),
        ([1.0, 2], [True], [1, 2], "columns of one length"),
        ([1.0, 2], [True, False], [1], "one outcome and one snapshot"),
        ([1.0, 2], [1, 0], [1, 2], "outcomes are True or False"),
        ([1.0, 2], [True, False], [1, None], "every row has a snapshot"),
        ([1.0, np.nan], [True, False], [1, 2], "finite scores"),
    ],
)
def test_outcomes_that_cannot_be_compared_are_refused(score, came, when, says):
    with pytest.raises(UserError, match=says):
        outcome_drift(score, came, when)
