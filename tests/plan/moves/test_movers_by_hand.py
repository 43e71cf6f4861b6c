"""What movers brought: by hand, and against the class average on accounts that drift across a bar."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from moves_by_hand import BARS, LADDER, known
from scipy.stats import t

from crm_analysis.book import BookError
from crm_analysis.errors import UserError
from crm_analysis.plan.moves.ladder import class_ladder
from crm_analysis.plan.moves.means import mean_draws
from crm_analysis.plan.moves.movers import Years, movers
from crm_analysis.plan.moves.past import Past

YEARS = {
    "A": [10, 60, 90],  # lifted, and stays there
    "B": [20, 70, 30],  # lifted, falls back
    "C": [30, 80, None],  # lifted, and leaves
    "S1": [10, 10, 20],
    "S2": [10, 30, 40],
    "X": [60, 60, 80],  # Mid all the time
}


def of(years=YEARS, **more):
    found = known(years, **more)
    return movers(found, class_ladder(found, *BARS))


def test_the_gain_of_a_lift_by_hand_counts_those_that_fell_back_and_left():
    found = of(cost=0.5).table.set_index(["from_state", "to_state"]).loc[("Low", "Mid")]
    assert found["movers"] == 3
    assert found["held_share"] == pytest.approx(1 / 3)
    assert found["brought_revenue"] == pytest.approx((90 + 30 + 0) / 3)
    assert found["stayed_revenue"] == pytest.approx((20 + 40) / 2)
    assert found["gain_revenue"] == pytest.approx(40 - 30)
    assert found["gain_margin"] == pytest.approx(5)
    assert found["head_start_revenue"] == pytest.approx(20 - 10)
    # now Mid: A 90, X 80; Low: B 30, S1 20, S2 40
    assert found["average_revenue"] == pytest.approx(85 - 30)
    assert found["low_gain_revenue"] < 10 < found["high_gain_revenue"]


def test_an_account_that_moved_twice_counts_once_with_its_mean():
    stay = {f"S{i}": [10.0, 10, 10, 10, 10] for i in range(3)}
    found = of({"A": [10, 60, 40, 60, 80], "B": [10, 10, 10, 60, 60]} | stay)
    lift = found.lifts["Low", "Mid"]
    assert lift.accounts == 2
    assert sorted(lift.gains["revenue"]) == pytest.approx([(40 + 80) / 2 - 10, 60 - 10])


def test_a_year_in_which_nobody_stayed_does_not_count():
    """B and C rise in the first year, when none is Low and stays; A in the second, beside S."""
    years = {"A": [None, 10, 60, 90], "B": [10, 70, 30, 20], "C": [20, 60, 90, 90], "S": [None, 30, 30, 40]}
    lift = of(years, cost=0.5).lifts["Low", "Mid"]
    assert lift.years == Years(2, 1)
    assert lift.accounts == 1
    assert (lift.gain("revenue"), lift.gain("margin")) == (90 - 40, 25)
    assert (lift.brought["revenue"], lift.stayed["revenue"], lift.head_start["revenue"]) == (90, 40, 10 - 30)
    assert lift.held == 1
    alone = of({"A": [10, 60, 90]}).lifts["Low", "Mid"]
    assert (alone.years, alone.accounts, alone.brought["revenue"]) == (Years(1, 0), 1, 90)
    assert np.isnan(alone.gain("revenue"))
    assert of().lifts["Low", "Mid"].years == Years(1, 1)
    assert of().lifts["Mid", "High"].years == Years(0, 0)


def test_an_account_that_moved_twice_counts_with_the_year_that_others_stayed_in():
    """A rises in the first year, when nobody stays, and again in the third, beside S: only then, 80 - 20."""
    lift = of({"A": [10, 60, 10, 60, 80], "S": [None, None, 10, 10, 20]}).lifts["Low", "Mid"]
    assert (lift.years, lift.accounts) == (Years(2, 1), 1)
    assert lift.gain("revenue") == pytest.approx(60)


def test_the_gain_without_the_largest_mover_by_hand():
    """A gains 90 - 30, B nothing, C loses 30: without A the mean of the others is - 15."""
    lift = of(cost=0.5).lifts["Low", "Mid"]
    assert lift.share_of_largest("revenue") == lift.largest == 1
    assert lift.gain_without_largest("revenue") == pytest.approx(-15)
    assert lift.gain_without_largest("margin") == pytest.approx(-7.5)
    assert np.isnan(of({"A": [10, 60, 60], "S": [10, 10, 10]}).lifts["Low", "Mid"].gain_without_largest("revenue"))


def test_one_mover_has_no_interval_and_none_no_gain():
    found = of({"A": [10, 60, 60], "S": [10, 10, 10], "T": [10, 10, 12]}).table.set_index(["from_state", "to_state"])
    assert found.loc[("Low", "Mid"), "gain_revenue"] == pytest.approx(49)
    assert np.isnan(found.loc[("Low", "Mid"), "low_gain_revenue"])
    assert found.loc[("Mid", "High"), "movers"] == 0
    assert np.isnan(found.loc[("Mid", "High"), "gain_revenue"])


def test_names_change_nothing():
    names = dict(zip(YEARS, "QWERTZ", strict=True))
    renamed = of({names[name]: amounts for name, amounts in YEARS.items()})
    assert of().table.equals(renamed.table)


def test_too_few_years_and_steps_of_other_lengths_are_refused():
    found = known({"A": [10, 60]})
    with pytest.raises(BookError, match="one for the move and one after it"):
        movers(found, class_ladder(found, *BARS))
    found = known(YEARS, quarters=2)
    with pytest.raises(UserError, match="steps of 2"):
        movers(found, class_ladder(found, *BARS))


def test_the_interval_of_a_mean_of_few_normal_values_is_near_students():
    rng = np.random.default_rng(1)
    ratios = []
    for _ in range(40):
        values = rng.normal(10, 3, 8)
        low, high = np.quantile(mean_draws(values, np.arange(8), 2000, rng), [0.05, 0.95])
        exact = 2 * t.ppf(0.95, 7) * values.std(ddof=1) / np.sqrt(8)
        ratios.append((high - low) / exact)
    assert np.mean(ratios) == pytest.approx(1, abs=0.03)


def test_offices_of_one_group_count_as_one_in_the_interval():
    rng = np.random.default_rng(2)
    values = np.repeat(rng.normal(0, 1, 10), 20)
    together = mean_draws(values, np.repeat(np.arange(10), 20), 2000, rng)
    alone = mean_draws(values, np.arange(200), 2000, rng)
    assert together.std() > 3 * alone.std()
    assert np.isnan(mean_draws(values, np.zeros(200, dtype=np.int64), 10, rng)).all()


def test_the_luck_of_few_accounts_shrinks_with_their_number():
    found = of({f"M{i}": [10, 60, 60 + 9 * i] for i in range(9)} | {f"S{i}": [10, 10, 10] for i in range(9)})
    lift = found.lifts["Low", "Mid"]
    each = [np.std(lift.gain_draws("revenue", many) / many) for many in (1, 10, 1000)]
    own = np.std(lift.gains["revenue"], ddof=1)
    assert each[0] == pytest.approx(np.hypot(own, np.std(lift.gain_draws("revenue"))), rel=0.05)
    assert each[0] > each[1] > each[2] > 0.9 * np.std(lift.gain_draws("revenue"))


def drifting(accounts, days, rng):
    """A year's revenue, whose logarithm moves on by steps, and luck."""
    start = rng.normal(3.2, 0.7, accounts)
    size = start + np.cumsum(rng.normal(0, 0.35, (days, accounts)), axis=0)
    return np.exp(size + rng.normal(0, 0.25, (days, accounts)))


def test_movers_are_nearer_to_what_a_lift_brings_than_the_class_average():
    rng = np.random.default_rng(3)
    whole = drifting(400_000, 3, rng)
    low, mid = whole < 50, (whole >= 50) & (whole < 100)
    truth = whole[2][low[0] & mid[1]].mean() - whole[2][low[0] & low[1]].mean()
    nearer, holds, days = [], [], tuple(dt.date(2020 + year, 9, 30) for year in range(4))
    for _ in range(60):
        revenue = drifting(300, 4, rng)
        yes = np.ones_like(revenue, dtype=bool)
        found = movers(Past(days, 4, np.arange(300), np.arange(300), revenue, None, yes, yes), LADDER)
        lift = found.lifts["Low", "Mid"]
        low_end, high_end = np.quantile(lift.gain_draws("revenue"), [0.05, 0.95])
        average = found.at_average("Low", "Mid", "revenue")
        nearer.append(abs(lift.gain("revenue") - truth) < abs(average - truth))
        holds.append(low_end <= truth <= high_end)
        assert average > truth  # movers enter at the border
    assert np.mean(nearer) > 0.9
    assert np.mean(holds) > 0.78  # 90 %, but for chance in 60 books
