"""Which impression is rated below the others, and which team loses on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from driver_answers import said
from scipy import stats

from crm_analysis.churn.survival.checks import holm
from crm_analysis.errors import BookError
from crm_analysis.satisfaction.drivers.impressions import by_team, overall, ratings

MAP = {"first": ("warmth", "facilities"), "second": ("reliability",), "third": ("timeliness",)}
ITEMS = ["warmth", "facilities", "reliability", "timeliness"]


def rated(teams: int = 4, each: int = 30, drop: float = 0.0, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Ratings of accounts, and their teams; the first team's third impression is `drop` points worse."""
    rng = np.random.default_rng(seed)
    n = teams * each
    values = 60 + rng.normal(0, 12, (n, 1)) + rng.normal(0, 8, (n, 3))
    values[:each, 2] -= drop
    accounts = [f"A{i:04}" for i in range(n)]
    frame = pd.DataFrame(np.clip(values, 0, 100), columns=list(MAP), index=pd.Index(accounts, name="account_id"))
    return frame, pd.Series(np.repeat([f"team {i}" for i in range(teams)], each), index=frame.index)


def test_ratings_are_means_of_items_then_people_by_account():
    shares = pd.DataFrame([[1, 0, 0.5, 0.25], [0.5, np.nan, 0.5, 0.75], [np.nan] * 4], columns=ITEMS)
    found = ratings(said(shares, ["A", "A", "B"]), MAP)
    assert found.index.tolist() == ["A"]
    assert found.loc["A"].tolist() == [50, 50, 50]


def test_overall_is_students_interval_and_the_difference_from_the_others():
    frame, _ = rated()
    table = overall(frame).set_index("impression")
    low, high = stats.t.interval(0.9, len(frame) - 1, frame["second"].mean(), stats.sem(frame["second"]))
    assert table.loc["second", ["performance", "low", "high"]].tolist() == pytest.approx(
        [frame["second"].mean(), low, high]
    )
    apart = (frame["first"] + frame["third"]) / 2 - frame["second"]
    assert table.loc["second", "points_lost"] == pytest.approx(apart.mean())
    assert table["points_lost"].sum() == pytest.approx(0)
    worse = overall(frame.assign(third=frame["third"] - 10)).set_index("impression")
    assert worse["loses"].to_dict() == {"first": False, "second": False, "third": True}


def test_the_impressions_are_compared_together():
    """Their p-values are Student's, corrected by Holm; two impressions are one comparison."""
    frame, _ = rated(seed=5)
    table = overall(frame).set_index("impression")
    p = [stats.ttest_1samp(frame.drop(columns=name).mean(axis=1) - frame[name], 0).pvalue for name in frame]
    assert table["p_holm"].tolist() == pytest.approx(holm(np.array(p)).tolist())
    two = frame[["first", "second"]]
    alone = stats.ttest_rel(two["first"], two["second"]).pvalue
    assert overall(two)["p_holm"].tolist() == pytest.approx([alone, alone])


def test_impressions_alike_are_rarely_called_a_loss():
    """Of 150 books of equal impressions at most 10 % should name one; of each alone 16 % would."""
    tables = [overall(rated(teams=1, each=58, seed=seed)[0]) for seed in range(150)]
    named = sum(table["loses"].any() for table in tables)
    alone = sum((table["low_points_lost"] > 0).any() for table in tables)
    assert stats.binomtest(named, 150, 0.1, alternative="greater").pvalue > 0.01
    assert named < alone


def test_a_team_that_loses_is_found_and_only_there():
    table = by_team(*rated(drop=15))
    lost = table[table["loses"]]
    assert lost[["team", "impression"]].to_numpy().tolist() == [["team 0", "third"]]
    assert lost["points_lost"].iloc[0] == pytest.approx(15, abs=5)
    assert (lost["low_points_lost"] > 0).all()
    assert table["impression"].tolist() == ["first", "second", "third"] * 4


def test_the_comparison_is_students_test_with_a_common_variance():
    frame, team = rated(teams=2, drop=5)
    table = by_team(frame, team)
    row = table[(table["team"] == "team 0") & (table["impression"] == "third")].iloc[0]
    one, two = frame["third"][team == "team 0"], frame["third"][team == "team 1"]
    test = stats.ttest_ind(two, one)
    low, high = test.confidence_interval(0.9)
    assert row[["points_lost", "low_points_lost", "high_points_lost"]].tolist() == pytest.approx(
        [two.mean() - one.mean(), low, high]
    )


def test_chance_is_rarely_called_a_loss():
    """Of 40 books without any difference at most 10 % should name one; exact binomial test."""
    named = sum(by_team(*rated(each=8, seed=seed))["loses"].any() for seed in range(40))
    assert stats.binomtest(named, 40, 0.1, alternative="greater").pvalue > 0.01


def test_small_teams_show_their_number_only():
    frame, team = rated()
    team.iloc[:4] = "new"
    table = by_team(frame, team).set_index("team")
    assert table.loc["new", "accounts"].tolist() == [4, 4, 4]
    assert table.loc["new", ["performance", "low", "points_lost", "p_holm"]].isna().all(axis=None)
    assert not table.loc["new", "loses"].any()


def test_a_few_accounts_that_agree_are_not_sure():
    frame, team = rated(each=6)
    frame.iloc[:6] = 55.0
    own = by_team(frame, team).set_index("team").loc["team 0"]
    assert (own["high"] - own["low"] > 5).all()


def test_all_answers_alike_have_no_interval_and_nobody_loses():
    frame, team = rated()
    table = by_team(frame * 0 + 50, team)
    assert (table["performance"] == 50).all()
    assert table[["low", "high", "points_lost"]].isna().all(axis=None)
    assert not table["loses"].any()
    assert overall(frame * 0 + 50)["low"].isna().all()


def test_what_cannot_be_compared_is_a_sentence():
    frame, team = rated(teams=1)
    with pytest.raises(BookError, match="at least two of them have 5 accounts"):
        by_team(frame, team)
    with pytest.raises(BookError, match="Fewer than two of the three impressions"):
        ratings(said(pd.DataFrame({"reliability": [0.5]})), {"second": ("reliability",)})
    shares = pd.DataFrame([[0.5] * 4], columns=ITEMS)
    with pytest.raises(BookError, match="Nobody rated an impression in the 12 months to"):
        ratings(said(shares, days="2020-01-01"), MAP)


def test_one_account_has_a_mean_and_no_interval():
    table = overall(pd.DataFrame({"first": [40.0], "second": [60.0]}, index=["A"]))
    assert table["performance"].tolist() == [40, 60]
    assert table[["low", "high", "low_points_lost"]].isna().all(axis=None)
    assert not table["loses"].any()
