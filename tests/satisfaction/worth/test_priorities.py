"""Shrunken scores and priorities: by hand, laws, one account, nobody heard, and what the curve says in money."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voice_sample import said

from crm_analysis.errors import BookError, UserError
from crm_analysis.satisfaction.worth.curve import Curve
from crm_analysis.satisfaction.worth.priorities import priorities
from crm_analysis.satisfaction.worth.shrinkage import ASSUMED, shrunk


def frame(**margin: float) -> pd.DataFrame:
    return pd.DataFrame({"account_id": list(margin), "margin": list(margin.values()), "rep_id": "R1"})


def importances(draws: int = 50, **effects: float) -> pd.DataFrame:
    return pd.DataFrame({name: np.full(draws, effect) for name, effect in effects.items()})


# --- shrinkage ---


def test_the_analysis_of_variance_by_hand():
    """Two people in each of three accounts: within 0.02, among 0.14, between (0.14 - 0.02) / 2."""
    scores = pd.Series([0.1, 0.3, 0.5, 0.7, 0.6, 0.8])
    found = shrunk(scores, np.array([0, 0, 1, 1, 2, 2]), 4)
    assert found.within == pytest.approx(0.02)
    among = 2 * np.var([0.2, 0.6, 0.7], ddof=1)
    assert found.between == pytest.approx((among - 0.02) / 2)
    part = found.between / (found.between + 0.01)
    assert found.mean[:3] == pytest.approx(0.5 + part * (np.array([0.2, 0.6, 0.7]) - 0.5))
    assert np.isnan(found.mean[3])  # of whom nobody was heard
    spread = found.between * (1 - part) + (1 - part) ** 2 * (found.between + 0.01) / 3
    assert found.error[:3] == pytest.approx(np.sqrt(spread))


def test_the_more_people_the_less_is_shrunk():
    rng = np.random.default_rng(1)
    place = np.repeat(np.arange(40), 3)
    scores = pd.Series(np.clip(np.repeat(rng.normal(0.5, 0.2, 40), 3) + rng.normal(0, 0.2, 120), 0, 1))
    one, many = pd.Series([0.0]), pd.Series([0.0] * 9)
    found = shrunk(pd.concat([scores, one, many]), np.r_[place, 40, [41] * 9], 42)
    assert 0 < found.mean[41] < found.mean[40] < 0.5
    assert found.error[41] < found.error[40]


def test_one_person_each_tells_nothing_of_people():
    found = shrunk(pd.Series([0.0, 0.5, 1.0]), np.arange(3), 3)
    assert found.assumed
    assert found.within == pytest.approx(ASSUMED * 0.25)
    assert shrunk(pd.Series([0.0, 0.5, 1.0]), np.arange(3), 3, share=0.2).within == pytest.approx(0.05)


@pytest.mark.parametrize("scores", [[0.7] * 6, [0.7], [np.nan, 0.4]])
def test_answers_that_are_all_alike_have_no_spread(scores):
    found = shrunk(pd.Series(scores), np.zeros(len(scores), dtype=int), 1)
    assert found.mean[0] == pytest.approx(np.nanmean(scores))
    assert np.isfinite(found.error[0])


def test_shrunk_scores_are_nearer_to_the_truth_and_their_intervals_hold_it():
    rng = np.random.default_rng(2)
    truth = rng.normal(0.6, 0.12, 3000)
    place = np.repeat(np.arange(3000), rng.integers(1, 4, 3000))
    found = shrunk(pd.Series(truth[place] + rng.normal(0, 0.2, len(place))), place, 3000)
    assert np.mean((found.mean - truth) ** 2) < 0.7 * np.mean((found.raw - truth) ** 2)
    inside = np.abs(found.mean - truth) <= 1.645 * found.error
    assert inside.mean() == pytest.approx(0.9, abs=0.02)


# --- priorities ---


@pytest.fixture(scope="module")
def heard():
    rng = np.random.default_rng(3)
    rows = []
    for place in range(30):
        own = rng.uniform(0.3, 0.9, 2)
        for person in range(2):
            good, prompt = np.clip(own + rng.normal(0, 0.05, 2), 0, 1)
            rows.append(
                {"account_id": f"A{place:02}", "person": f"P{person}", "prompt": prompt, "good": good, "whole": good}
            )
    return said(rows, overall="whole")


MARGIN = {f"A{place:02}": 100.0 * (place + 1) for place in range(32)}


def test_priorities_add_up_and_follow_their_parts(heard):
    found = priorities(heard, frame(**MARGIN), importances(good=0.6, prompt=0.2))
    assert found.index
    assert found.money == "margin"
    assert found.each["priority"].clip(lower=0).sum() == pytest.approx(1000)
    by = found.each.groupby("dimension")["priority"].sum()
    assert found.dimensions.set_index("dimension")["priority"].to_dict() == pytest.approx(by.to_dict())
    first = found.each.sort_values("priority").drop_duplicates("account_id", keep="last").set_index("account_id")
    own = found.accounts.set_index("account_id")
    assert own["priority"].to_dict() == pytest.approx(first["priority"].to_dict())
    assert found.accounts["priority"].is_monotonic_decreasing
    assert found.dimensions["accounts"].sum() == len(own)
    assert (own["low"] <= own["priority"]).all()
    assert (own["priority"] <= own["high"]).all()
    assert own["p_top"].sum() <= 10 + 1e-9
    assert found.unheard["account_id"].tolist() == ["A31", "A30"]  # the largest first
    lower = own[(own["score"] < own["benchmark"] - 0.2)]
    assert (lower["p_top"] > 0).any()


def test_nothing_uncertain_is_gap_by_importance_by_margin():
    """A hundred people each, nearly of one mind: scores are what was said."""
    rows = [
        {"account_id": name, "person": f"P{n}", "good": score + 0.001 * (n % 2)}
        for name, score in (("A", 0.2), ("B", 0.6), ("C", 0.8), ("D", 0.8), ("E", 0.8))
        for n in range(100)
    ]
    margin = {"A": 10.0, "B": 30.0, "C": 500.0, "D": 5.0, "E": -50.0}
    found = priorities(said(rows), frame(**margin), importances(good=0.5))
    own = found.accounts.set_index("account_id")
    assert own["benchmark"].iloc[0] == pytest.approx(0.8, abs=0.003)
    assert own.loc["A", "priority"] / own.loc["B", "priority"] == pytest.approx(0.6 * 10 / (0.2 * 30), rel=0.02)
    assert own.loc["E", "at_stake"] == 0  # a loss is nothing at stake
    assert own.loc["E", "priority"] == 0
    assert own.loc["A", "p_first"] == 1
    double = priorities(said(rows), frame(**margin), importances(good=0.5), expected=pd.Series({"A": 20.0, "B": 30.0}))
    assert double.money == "expected"
    twice = double.accounts.set_index("account_id")["priority"]
    assert twice["A"] / twice["B"] == pytest.approx(2 * own.loc["A", "priority"] / own.loc["B", "priority"], rel=0.02)


def test_a_curve_puts_priorities_into_money(heard):
    """Hazard exp(-2 s): the margin kept is the fall of the share that leaves."""
    bend = Curve(0.0, np.array([-2.0]), np.zeros((1, 1)), (), 0.0, 1.0)
    found = priorities(heard, frame(**MARGIN), importances(good=1.0), curve=bend)
    assert not found.index
    row = found.accounts.iloc[0]
    gap = row["benchmark"] - row["score"]
    wanted = row["at_stake"] * (bend.yearly(np.array([row["score"]])) - bend.yearly(np.array([row["score"] + gap])))[0]
    assert row["priority"] == pytest.approx(wanted, rel=0.25)
    level = Curve(0.0, np.array([0.0]), np.zeros((1, 1)), (), 0.0, 1.0)
    flat = priorities(heard, frame(**MARGIN), importances(good=1.0), curve=level)
    assert flat.accounts["priority"].abs().max() < 1e-3


def test_a_dimension_that_does_nothing_comes_first_for_few(heard):
    rng = np.random.default_rng(4)
    drawn = pd.DataFrame({"good": rng.normal(0.5, 0.05, 200), "prompt": rng.normal(0.0, 0.05, 200)})
    found = priorities(heard, frame(**MARGIN), drawn).dimensions.set_index("dimension")
    assert abs(found.loc["prompt", "priority"]) < 0.1 * found.loc["good", "priority"]
    assert found.loc["prompt", "low"] < 0 < found.loc["prompt", "high"]


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.permutations(range(12)))
def test_the_order_of_accounts_and_answers_changes_nothing(order):
    rows = [
        {"account_id": f"A{place % 8}", "person": f"P{place // 8}", "good": 0.05 * place, "prompt": 1 - 0.07 * place}
        for place in range(12)
    ]
    margin = {f"A{place}": 10.0 + place for place in range(9)}
    effects = importances(good=0.4, prompt=0.3)
    whole = priorities(said(rows), frame(**margin), effects)
    mixed = frame(**margin).iloc[[place for place in order if place < 9]]
    other = priorities(said([rows[place] for place in order]), mixed, effects)
    pd.testing.assert_frame_equal(whole.accounts, other.accounts)
    pd.testing.assert_frame_equal(whole.dimensions, other.dimensions)
    pd.testing.assert_frame_equal(whole.unheard, other.unheard)


def test_one_account_has_nobody_to_lag_behind():
    found = priorities(said([{"account_id": "A", "good": 0.3}]), frame(A=10.0), importances(good=0.5))
    assert found.accounts["priority"].tolist() == [0]
    assert found.accounts["dimension"].tolist() == [None]
    assert found.dimensions["accounts"].sum() == 0
    assert found.unheard.empty
    assert any("No account has answers of two people" in words for words in found.says)


def test_what_was_not_answered_has_no_priority_and_silence_no_score():
    rows = [
        {"account_id": "A", "good": 0.2, "prompt": np.nan},
        {"account_id": "B", "good": 0.9, "prompt": 0.9},
        {"account_id": "C", "good": np.nan, "prompt": np.nan, "other": 0.5},
        {"account_id": "stranger", "good": 0.5, "prompt": 0.5},
    ]
    found = priorities(said(rows), frame(A=10.0, B=10.0, C=10.0, D=10.0), importances(good=0.5, prompt=0.5))
    each = found.each.set_index(["account_id", "dimension"])["priority"]
    assert each["A", "prompt"] == 0
    assert found.unheard["account_id"].tolist() == ["D"]  # C spoke, though of nothing that could be improved
    assert set(found.accounts["account_id"]) == {"A", "B"}
    assert any(words.startswith("1 account answered, but nothing") for words in found.says)
    assert any(words.startswith("1 questionnaire is of an account") for words in found.says)


def test_refusals():
    answers = said([{"account_id": "A", "good": 0.3}])
    with pytest.raises(UserError, match=r"a column per dimension of the survey; found \['warm'\], expected some"):
        priorities(answers, frame(A=1.0), importances(warm=0.5))
    with pytest.raises(UserError, match="finite numbers"):
        priorities(answers, frame(A=1.0), importances(good=np.nan))
    with pytest.raises(BookError, match="No account of the book was heard"):
        priorities(said([{"account_id": "Z", "good": 0.3}]), frame(A=1.0), importances(good=0.5))
    old = said([{"account_id": "A", "good": 0.3, "answered_on": "2024-09-30"}])
    with pytest.raises(BookError, match="within two years"):
        priorities(old, frame(A=1.0), importances(good=0.5))
