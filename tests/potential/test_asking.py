"""The worth of asking: against a decision worked by hand, the textbook's formula, and decisions that are simulated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from small_books import DAY, FEW, line, small_book

from crm_analysis.errors import UserError
from crm_analysis.potential.advice.asking import ASSUMED, Accuracy, Right, about, accuracy, asked, survey_list

CHANCES = st.floats(0.001, 0.999)
RIGHT = Accuracy(Right(0.8, 0, np.nan, np.nan), Right(0.8, 0, np.nan, np.nan), True)


def today(potential, **more):
    rows = {"account_id": [f"A{place:03}" for place in range(len(potential))], "potential": potential, "revenue": 100.0}
    rows |= {"satisfaction": 0.5, "bits": np.arange(len(potential), dtype="uint64") * 977 % 101}
    return pd.DataFrame(rows | more)


def test_an_account_worked_by_hand():
    """P(yes) = .05 x .8 + .95 x .2 = .23, of whom .04 / .23 grow; not served now, served after a yes."""
    found = asked([0.05], 10_000, 0.1, 0.8, 0.8, cost=50)
    assert found.p_yes[0] == pytest.approx(0.23)
    assert found.if_yes[0] == pytest.approx(0.04 / 0.23)
    assert found.if_no[0] == pytest.approx(0.01 / 0.77)
    assert found.changes[0] == pytest.approx(0.23)
    assert found.at_stake[0] == pytest.approx((0.04 / 0.23 - 0.1) * 10_000)
    assert found.value[0] == pytest.approx(0.04 * 10_000 - 0.23 * 0.1 * 10_000 - 50)


@FEW
@given(CHANCES, CHANCES, CHANCES, CHANCES, st.floats(0, 1e5))
def test_value_is_raiffa_and_schlaifers_sum_over_answers(p, star, yes, no, gain):
    if yes + no <= 1:
        yes, no = 1 - yes, 1 - no
    found = asked([p], gain, star, yes, no)
    said = p * yes + (1 - p) * (1 - no)
    after_yes, after_no = p * yes / said, p * (1 - yes) / (1 - said)
    best = said * max(0, after_yes - star) + (1 - said) * max(0, after_no - star) - max(0, p - star)
    assert found.value[0] == pytest.approx(best * gain, abs=1e-6 * max(gain, 1))
    assert found.value[0] >= 0
    assert (found.changes[0] > 0) == ((after_yes >= star) != (after_no >= star))
    if found.changes[0] == 0:
        assert found.value[0] == 0


def test_value_is_that_of_simulated_decisions():
    rng, many, star, gain, yes, no = np.random.default_rng(7), 200_000, 0.12, 500.0, 0.75, 0.85
    for p in (0.02, 0.08, 0.12, 0.2, 0.45):
        found = asked([p], gain, star, yes, no, cost=3)
        grows = rng.random(many) < p
        says = np.where(grows, rng.random(many) < yes, rng.random(many) >= no)
        # what is best is looked up among the simulated accounts themselves, by what they came to
        worth = (grows - star) * gain
        informed = sum(max(0.0, worth[says == answer].sum()) for answer in (True, False)) / many
        blind = max(0.0, worth.mean())
        error = 4 * gain / np.sqrt(many)
        assert found.value[0] == pytest.approx(informed - blind - 3, abs=error)


def test_value_peaks_where_the_decision_turns():
    p = np.linspace(0.001, 0.999, 999)
    value = asked(p, 1000, 0.3, 0.7, 0.9).value
    peak = int(np.argmax(value))
    assert p[peak] == pytest.approx(0.3, abs=0.0015)
    assert (np.diff(value[: peak + 1]) >= -1e-9).all()
    assert (np.diff(value[peak:]) <= 1e-9).all()
    mirrored = asked(p, 1000, 0.5, 0.8, 0.8).value
    np.testing.assert_allclose(mirrored, mirrored[::-1], atol=1e-9)


def test_answers_that_tell_nothing_are_worth_nothing():
    for yes, no in ((0.5, 0.5), (0.2, 0.3), (1.0, 0.0)):
        found = asked([0.05, 0.1, 0.4], 1000, 0.1, yes, no, cost=7)
        assert list(found.value) == [-7, -7, -7]
        np.testing.assert_array_equal(found.if_yes, [0.05, 0.1, 0.4])
    assert list(asked([0.0, 1.0], 1000, 0.1, 1.0, 1.0).value) == [0, 0]
    assert asked([0.1], -5, 0.1, 0.8, 0.8).value[0] == 0


def test_the_list_goes_by_worth_and_ends_with_the_budget():
    rows = today([0.01, 0.08, 0.1, 0.3, 0.09, 0.07], satisfaction=[0.5, np.nan, 0.5, 0.5, np.nan, 0.5])
    outcomes = pd.DataFrame({"outcome": "survey", "because": ["between"] * 4 + ["veto", "between"]})
    own = pd.DataFrame({"account_id": rows["account_id"], "name": list("abcdef"),
                        "surveyed_on": pd.to_datetime([None, None, "2026-01-05", None, None, None])})  # fmt: skip
    found = survey_list(rows, 10_000, 0.1, RIGHT, 100, 2, outcomes, own)
    assert list(found["name"][:3]) == ["c", "b", "f"]
    assert set(found["name"]) == set("abcdf")
    assert found["value"].is_monotonic_decreasing
    assert list(found.loc[found["within"], "name"]) == ["b", "f"]
    assert list(found.loc[found["unheard"], "name"]) == ["b"]
    np.testing.assert_allclose(found["value"], found["changes"] * found["at_stake"] - 100)
    assert not survey_list(rows, 10_000, 0.1, RIGHT, 100, 0)["within"].any()
    assert not survey_list(rows, 10_000, 0.1, RIGHT, 1e6, 6)["within"].any()


def test_without_a_known_gain_the_order_stands_and_money_does_not():
    rows = today([0.01, 0.05, 0.09, 0.3])
    known, blind = (survey_list(rows, gain, 0.1, RIGHT, 0, 2) for gain in (900, np.nan))
    assert list(known["account_id"]) == list(blind["account_id"])
    assert list(known["within"]) == list(blind["within"])
    assert blind[["value", "at_stake"]].isna().all(axis=None)


def test_permuting_and_renaming_accounts_changes_nothing():
    rows = today([0.05] * 6 + [0.08, 0.2])
    plain = survey_list(rows, 1000, 0.1, RIGHT, 1, 3)
    names = {name: f"Z{place}" for place, name in enumerate(reversed(rows["account_id"]))}
    other = rows.assign(account_id=rows["account_id"].map(names)).sample(frac=1, random_state=3)
    changed = survey_list(other, 1000, 0.1, RIGHT, 1, 3)
    pd.testing.assert_frame_equal(changed, plain.assign(account_id=plain["account_id"].map(names)))


def test_accuracy_is_counted_on_the_latest_case_of_each_account():
    grew = pd.DataFrame(
        {"account_id": [f"P{n}" for n in range(10)], "promising": 1.0, "demand": [0.0] * 7 + [-0.1] * 3}
    )
    rest = pd.DataFrame(
        {"account_id": [f"R{n}" for n in range(20)], "promising": 0.0, "demand": [-1.0] * 18 + [2.0] * 2}
    )
    late = pd.concat([grew, rest]).assign(as_of=pd.Timestamp("2025-09-30"))
    early = late.assign(as_of=pd.Timestamp("2025-06-30"), demand=-late["demand"])
    silent = late.head(3).assign(account_id=["x", "y", "z"], demand=np.nan)
    found = accuracy(pd.concat([late, early, silent]))
    assert not found.assumed
    assert found.tells
    assert found.yes[:2] == (0.7, 10)
    assert found.no[:2] == (0.9, 20)
    for own, part in ((found.yes, 7), (found.no, 18)):
        interval = binomtest(part, own.accounts).proportion_ci(0.9, method="exact")
        assert (own.low, own.high) == pytest.approx((interval.low, interval.high))


def test_accuracy_is_assumed_of_few_or_without_surveys():
    few = pd.DataFrame({"account_id": [f"P{n}" for n in range(19)], "promising": [1.0] * 9 + [0.0] * 10, "demand": 1.0,
                        "as_of": pd.Timestamp("2025-09-30")})  # fmt: skip
    for known, counts in ((few, (9, 10)), (few.drop(columns="demand"), (0, 0))):
        found = accuracy(known)
        assert found.assumed
        assert (found.yes.share, found.no.share) == (ASSUMED, ASSUMED)
        assert (found.yes.accounts, found.no.accounts) == counts
        assert np.isnan(found.yes.low)


def test_a_market_survey_counts_for_two_years_and_not_before_it_was_made():
    told = [("A", "2024-09-30"), ("B", "2024-10-01"), ("B", "2025-03-01"), ("C", "2026-10-01")]
    rows = [{"account_id": name, "surveyed_on": day, "annual_demand": 5} for name, day in told]
    book = small_book([line(name, "2026-01-01", 5) for name in "ABC"], market_surveys=rows)
    found = about(book, DAY).set_index("account_id")["surveyed_on"]
    assert found["B"] == pd.Timestamp("2025-03-01")
    assert found[["A", "C"]].isna().all()
    assert about(small_book([line("A", "2026-01-01", 5)]), DAY)["surveyed_on"].isna().all()


@pytest.mark.parametrize("given_", [([1.2], 1, 0.1, 0.8, 0.8), ([0.1], 1, -0.1, 0.8, 0.8), ([0.1], 1, 0.1, 1.8, 0.8)])
def test_chances_are_refused_that_are_none(given_):
    with pytest.raises(UserError, match="expected chances from 0 to 1"):
        asked(*given_)


def test_budgets_and_costs_below_nothing_are_refused():
    with pytest.raises(UserError, match="0 or more accounts; found -1"):
        survey_list(today([0.1]), 1, 0.1, RIGHT, 0, -1)
    with pytest.raises(UserError, match="cost of asking is 0 or more; found -2"):
        asked([0.1], 1, 0.1, 0.8, 0.8, cost=-2)
