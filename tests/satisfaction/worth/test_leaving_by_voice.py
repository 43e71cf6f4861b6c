"""Leaving by what was said: hands, lifelines, known truths that a straight line would miss, and refusals in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxTimeVaryingFitter
from scipy.stats import gamma
from scipy.stats import t as student
from voice_sample import simulated

from crm_analysis.churn.definition import Spells
from crm_analysis.churn.survival.explain import cox_rows
from crm_analysis.errors import BookError
from crm_analysis.satisfaction.worth import leaving
from crm_analysis.satisfaction.worth.categories import CUTS, LEVELS, categories, cuts_of
from crm_analysis.satisfaction.worth.leaving import linked
from crm_analysis.satisfaction.worth.rates import poisson, rates

U_SHAPED = {"low": 0.9, "middle": 0.0, "high": 0.9, "silent": 0.5, "complaints_1": 0.4, "complaints_2": 0.9}
SURE = 0.999
"""A level at which a truth is missed once in a thousand; how often 90 % intervals miss is for the benchmark to say."""


@pytest.fixture(scope="module")
def bent():
    panel, spells = simulated(1500, 1, U_SHAPED)
    return panel, spells, linked(panel, spells, level=SURE)


def level_of(found, name: str) -> pd.Series:
    return found.table.set_index("level").loc[name]


# --- levels ---


def test_silence_is_a_level_of_its_own_and_never_a_middling_answer():
    panel = pd.DataFrame(
        {
            "satisfaction": [0.2, 0.5, 0.75, 1.0, 0.9, np.nan, np.nan, np.nan],
            "unanswered": [0, np.nan, 0, 0, 1, 1, np.nan, 0],
            "complaints_year": [0, 1, 2, 1.4, 365 / 91, np.nan, 0, 0],
            "complaints_open": [0, 1, 0, 0, np.nan, np.nan, 0, 0],
            "complaints_late": [0, 0, 2, 0, 0, np.nan, 0, 0],
        }
    )
    found = categories(panel, CUTS)
    assert found["satisfaction"].tolist() == [
        "low", "middle", "high", "high", "silent", "silent", "unasked", "unasked"
    ]  # fmt: skip
    zero, one, two = LEVELS["complaints"]
    assert found["complaints"].tolist() == [zero, one, two, one, two, None, zero, zero]
    no, yes = LEVELS["trouble"]
    assert found["trouble"].tolist() == [no, yes, yes, no, no, None, no, no]


def test_without_invitations_nobody_can_say_who_was_asked():
    panel = pd.DataFrame({"satisfaction": [0.2, np.nan]})
    assert categories(panel)["satisfaction"].tolist() == ["low", "unheard"]
    assert list(categories(pd.DataFrame({"complaints_year": [0.0]}))) == ["complaints"]


def test_levels_part_the_scale_or_else_the_answers():
    spread = pd.Series([0.1, 0.3, 0.6, 0.7, 0.8, 0.9, 1.0, np.nan])
    assert cuts_of(spread) == CUTS
    high = pd.Series([0.7, 0.8, 0.8, 0.9, 0.9, 1.0])  # nobody is under half the scale
    assert cuts_of(high) == pytest.approx((0.8, 0.9))
    for alike in (pd.Series([0.9] * 20), pd.Series([np.nan]), pd.Series([0.0, 1.0] * 9)):
        assert cuts_of(alike) == CUTS


# --- rates ---


def test_rates_by_hand():
    rows = pd.DataFrame(
        {
            "account_id": ["A", "A", "B", "C"],
            "start": [0.0, 91.3125, 0.0, 0.0],
            "stop": [91.3125, 182.625, 182.625, 365.25],
            "event": [False, True, False, False],
        }
    )
    found = rates(rows, pd.Series(["low", "low", "low", "high"]), ("low", "middle", "high"), 0.9).set_index("level")
    assert found.loc["low", ["quarters", "accounts", "left"]].tolist() == [3, 2, 1]
    assert found.loc["low", "rate"] == pytest.approx(1 - np.exp(-1))  # one left in a year of two accounts
    assert found.loc["low", "high"] == pytest.approx(1 - np.exp(-gamma.ppf(0.95, 1.5)))  # Jeffreys
    assert found.loc["high", ["rate", "low"]].tolist() == [0, 0]
    assert found.loc["high", "high"] == pytest.approx(1 - np.exp(-gamma.ppf(0.95, 0.5)))


def test_leavers_of_one_account_are_fewer_than_they_count():
    alone = poisson(8, 40.0, np.ones(8), np.full(8, 5.0), 0.9)
    twice = poisson(8, 40.0, np.array([4.0, 4.0, 0, 0, 0, 0, 0, 0]), np.full(8, 5.0), 0.9)
    assert twice[0] < alone[0] < 0.2 < alone[1] < twice[1]


# --- adjusted ratios ---


def test_ratios_are_lifelines(bent):
    panel, spells, _ = bent
    plain = panel.drop(columns=["complaints_year", "revenue"])  # nothing to adjust for
    found = linked(plain, spells).table.set_index("level")["ratio"]
    rows = cox_rows(plain, spells)
    said = categories(rows)["satisfaction"]
    wide = pd.get_dummies(said).drop(columns="high").astype(float)
    data = wide.assign(id=range(len(rows)), start=rows["start"], stop=rows["stop"], event=rows["event"])
    oracle = CoxTimeVaryingFitter().fit(data, "event", "start", "stop", id_col="id")
    assert np.log(found[wide.columns]).to_numpy() == pytest.approx(oracle.params_.to_numpy(), abs=1e-5)


def test_a_bent_effect_is_found_that_a_straight_line_misses(bent):
    found = bent[2]
    test = found.tests.set_index("question").loc["satisfaction"]
    assert test["reference"] == "high"
    assert test["p_any"] < 1e-4
    assert test["p_bent"] < 1e-4
    for name, truth in (("low", 0.0), ("middle", -0.9), ("silent", -0.4), ("unasked", -0.9)):
        row = level_of(found, name)
        assert row["low_ratio"] < np.exp(truth) < row["high_ratio"]
    assert level_of(found, "low")["rate"] > level_of(found, "middle")["rate"] < level_of(found, "high")["rate"]
    one, two = (level_of(found, f"complaints_{n}") for n in (1, 2))
    assert one["low_ratio"] < np.exp(0.4) < one["high_ratio"]
    assert two["low_ratio"] < np.exp(0.9) < two["high_ratio"]
    shares = found.curve.yearly(np.array([0.2, 0.6, 1.0]))
    assert shares[0] > shares[1] < shares[2]


def test_no_effect_is_seldom_found():
    tests = [linked(*simulated(250, seed, {})).tests.set_index("question").loc["satisfaction"] for seed in range(10)]
    for name in ("p_any", "p_heard", "p_bent"):
        assert sum(test[name] < 0.05 for test in tests) <= 3  # P(more) = 0.001 where none is there


def test_a_confounder_is_taken_out():
    """Small accounts are discontented and leave more; satisfaction itself does nothing."""
    panel, spells = simulated(2000, 3, {}, size=-0.8, sizes_matter=1.2)
    found = linked(panel, spells, level=SURE)
    low, high = level_of(found, "low"), level_of(found, "high")
    assert low["low"] > high["high"]  # the rates tell another story
    assert low["low_ratio"] < 1 < low["high_ratio"]
    assert any("revenue" in words for words in found.says)


def test_the_order_of_rows_changes_nothing(bent):
    panel, spells, found = bent
    other = linked(panel.sample(frac=1, random_state=2), spells, level=SURE)
    pd.testing.assert_frame_equal(found.table, other.table, rtol=1e-9)
    pd.testing.assert_frame_equal(found.tests, other.tests, rtol=1e-7)


def test_of_many_rows_whole_accounts_are_drawn_for_ratios(bent, monkeypatch):
    monkeypatch.setattr(leaving, "MOST", 5000)
    panel, spells, whole = bent
    found = linked(panel, spells)
    assert any("account-quarters, whole accounts drawn" in words for words in found.says)
    pd.testing.assert_series_equal(found.table["rate"], whole.table["rate"])
    assert level_of(found, "low")["ratio"] != level_of(whole, "low")["ratio"]


def test_levels_that_too_few_left_from_have_counts_and_no_ratio():
    panel, spells = simulated(300, 5, {"low": -9.0})
    found = linked(panel, spells)
    low = level_of(found, "low")
    assert low["left"] == 0
    assert np.isnan(low["ratio"])  # none left: no finite ratio is likeliest
    assert low["high"] > 0
    assert np.isfinite(level_of(found, "middle")["ratio"])


@pytest.mark.parametrize(("accounts", "seed", "effect", "a_year"), [(400, 6, -1.6, 0.15), (80, 3, 1.8, 0.2)])
def test_levels_are_chosen_by_the_leavers_to_be_expected_and_never_by_those_that_came(accounts, seed, effect, a_year):
    """With FEW or more to be expected a level has a ratio though fewer left; with fewer it has none though more did.

    Chosen by those that came, a level that does nothing has a ratio where chance made it large.
    """
    panel, spells = simulated(accounts, seed, {"complaints_2": effect}, a_year=a_year)
    table = linked(panel, spells).table.set_index("level")
    own = table[table.index.str.startswith("complaints")]
    row = own.loc["complaints_2"]
    expected = own["left"].sum() * row["quarters"] / own["quarters"].sum()  # quarters are about alike in length
    assert (row["left"] < leaving.FEW) == (expected > leaving.FEW)
    assert bool(row["ratio"] > 0) == (expected > leaving.FEW)
    assert bool(row["low_ratio"] > 0) == (expected > leaving.FEW)


def test_tests_are_by_f_with_few_degrees_of_freedom_where_few_left():
    """With the degrees of freedom of those that left less the parameters."""
    one, other = (leaving._Fit(np.array([1.0]), np.array([[0.25]]), left, left - 3, "") for left in (10, 100))
    assert one.p(np.eye(1)) == pytest.approx(2 * student.sf(2, 7))
    assert other.p(np.eye(1)) == pytest.approx(2 * student.sf(2, 97))
    assert one.p(np.eye(1), wider=True) == pytest.approx(2 * student.sf(2 * np.sqrt(0.7), 7))
    assert np.isnan(one.p(np.eye(1)[:0]))


def test_what_is_adjusted_for_gives_way_where_few_left():
    """Four levels beside the reference and four features are eight effects, for which 40 leavers are wanted."""
    panel, spells = simulated(220, 6, {}, a_year=0.08)
    rng = np.random.default_rng(1)
    more = {name: rng.normal(size=len(panel)) for name in ("trend", "tenure_days", "order_count")}
    found = linked(panel.assign(**more), spells)
    assert 30 <= found.left < 40
    assert any("Too few left" in words and words.endswith("orders within a year.") for words in found.says)


def test_complaints_alone_are_told():
    panel, spells = simulated(600, 7, {"complaints_2": 1.0})
    found = linked(panel.drop(columns=["satisfaction", "unanswered"]), spells)
    assert set(found.table["question"]) == {"complaints"}
    assert found.curve is None


def test_refusals_name_what_lacks():
    panel, spells = simulated(150, 8, {}, a_year=0.02)
    with pytest.raises(BookError, match=r"\d+ of 150 accounts are known to have left, and at least 20"):
        linked(panel, spells)
    with pytest.raises(BookError, match="neither answers to surveys nor complaints"):
        linked(panel.drop(columns=["satisfaction", "complaints_year"]), spells)
    young = Spells.of(spells.frame, silence=2000, as_of=spells.as_of, begins=spells.begins)
    with pytest.raises(BookError, match=r"cannot be told: .*decided by"):
        linked(panel, young)
