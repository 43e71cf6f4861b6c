"""What if accounts were lifted: every figure by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from moves_by_hand import BARS, known, yearly
from small_books import DAY

from crm_analysis.errors import UserError
from crm_analysis.plan.moves.costs import Costs, Effort, costs
from crm_analysis.plan.moves.ladder import class_ladder, tier_ladder
from crm_analysis.plan.moves.what_if import lifted

YEARS = {
    "A": [10, 60, 90], "B": [20, 70, 30], "C": [30, 80, None], "S1": [10, 10, 20], "S2": [10, 30, 40],
    "X": [60, 60, 80], "H": [120, 130, 140], "Y": [70, None, None], "Z": [60, None, None],
}  # fmt: skip
SERVED = pd.DataFrame({"account_id": ["A", "B", "X"], "cost_to_serve": [6.0, 3.0, 4.0]})
EFFORT = Effort({"High": 90, "Mid": 30, "Low": 10}, 0.2)


def of(moves, cost=None, effort=None, part=0.5):
    found = known(YEARS, cost=part)
    ladders = [class_ladder(found, *BARS), tier_ladder(found)]
    return lifted(found, moves, ladders, cost or Costs(SERVED, 20.0), effort)


def test_two_lifts_by_hand():
    found = of("Low>Mid: 2", effort=EFFORT)
    row = found.table.iloc[0]
    assert row["movers"] == 3
    assert row["gain_revenue"] == pytest.approx(2 * 10)  # movers 40, stayed 30
    assert row["average_revenue"] == pytest.approx(2 * 55)
    assert row["gain_margin"] == pytest.approx(10)
    assert row["average_margin"] == pytest.approx(55)
    assert row["extra_minutes"] == 2 * (30 - 10)
    assert row["effort_cost"] == pytest.approx(8)
    assert row["extra_avoidable"] == pytest.approx(2 * (5 - 1))  # Mid A 6, X 4; Low B 3, S1, S2
    assert row["profit_gain"] == pytest.approx(10 - 8 - 8)
    assert row["return_on_effort"] == pytest.approx(-6 / 8)
    assert row["average_profit"] == pytest.approx(55 - 16)
    assert row["average_return_on_effort"] == pytest.approx(39 / 8)
    assert row["low_profit_gain"] < row["profit_gain"] < row["high_profit_gain"]
    assert row["low_return_on_effort"] == pytest.approx(row["low_profit_gain"] / 8)
    assert (
        found.table.iloc[1]
        .drop(["from_state", "to_state", "movers"])
        .equals(row.drop(["from_state", "to_state", "movers"]))
    )


def test_the_book_before_and_after_by_hand():
    found = of("Low>Mid: 2", effort=EFFORT)
    book = found.book.set_index("state")
    assert book["accounts"].tolist() == [1, 2, 3, 3, 9]
    assert book["after_accounts"].tolist() == [1, 4, 1, 3, 9]
    assert book.loc["", "revenue"] == pytest.approx(400)
    assert book.loc["", "after_revenue"] == pytest.approx(420)
    assert book.loc["Low", ["revenue", "after_revenue"]].tolist() == pytest.approx([90, 90 - 2 * 30])
    assert book.loc["Mid", ["revenue", "after_revenue"]].tolist() == pytest.approx([170, 170 + 2 * 30 + 20])
    assert book.loc["", ["avoidable", "after_avoidable"]].tolist() == pytest.approx([13, 21])
    assert found.result["fixed"] == 20
    assert found.result["profit"] == pytest.approx(200 - 13 - 20)
    assert found.result["after_profit"] == pytest.approx(167 - 6)


def test_moves_add_up_and_a_move_is_worth_the_same_beside_others():
    alone, both = of("Mid>inactive: 1", effort=EFFORT), of("Low>Mid: 2; Mid>inactive: 1", effort=EFFORT)
    assert both.table["accounts"].tolist() == [2, 1, 3]
    names = ["gain_revenue", "gain_margin", "effort_cost", "extra_avoidable", "profit_gain", "average_margin"]
    assert np.allclose(both.table[names].iloc[:2].sum(skipna=False), both.table[names].iloc[2], equal_nan=True)
    assert alone.table.iloc[0].equals(both.table.iloc[1].rename(0))
    assert both.book["after_accounts"].tolist() == [1, 3, 1, 4, 9]


def test_a_move_nobody_made_has_no_gain_and_says_so():
    found = of("Mid>High: 1")
    assert np.isnan(found.table.iloc[0]["gain_revenue"])
    assert any("No account is known to have moved from Mid to High" in said for said in found.says)
    assert found.table.iloc[0]["average_revenue"] == pytest.approx(140 - 85)


def test_years_that_do_not_count_are_said():
    years = {"A": [None, 10, 60, 90], "B": [10, 70, 30, 20], "C": [20, 60, 90, 90], "S": [None, 30, 30, 40]}
    found = known(years, cost=0.5)
    said = lifted(found, "Low>Mid: 1", [class_ladder(found, *BARS)])
    assert said.table.iloc[0]["gain_margin"] == pytest.approx(25)
    words = "Years in which accounts moved from Low to Mid: 2, of which count: 1; in the others none stayed in Low"
    assert words in " ".join(said.says)
    assert not any("of which count" in words for words in of("Low>Mid: 1").says)


def test_more_accounts_than_there_are_names_both_numbers():
    with pytest.raises(UserError, match=r"4 accounts are to leave Low, where there are 3"):
        of("Low>Mid: 3; Low>High: 1")


def test_without_costs_of_orders_there_is_no_profit():
    found = of("Low>Mid: 1", part=None)
    assert found.table.iloc[0]["gain_revenue"] == pytest.approx(10)
    assert not [name for name in found.table if "profit" in name or "margin" in name]
    assert np.isnan(found.result["after_profit"])
    assert any("no costs of orders" in said for said in found.says)


def test_without_minutes_or_avoidable_cost_profit_leaves_them_out_and_says_so():
    found = of("Low>Mid: 1", Costs(None, np.nan, ("The book has no spending.",)))
    assert found.table.iloc[0]["profit_gain"] == pytest.approx(5)
    assert np.isnan(found.table.iloc[0]["return_on_effort"])
    assert found.says[-1] == "The book has no spending."
    assert any("no return on effort" in said for said in found.says)


def test_minutes_are_checked():
    with pytest.raises(UserError, match="missing for Mid"):
        of("Low>Mid: 1", effort=Effort({"Low": 1, "High": 2}, 1))
    with pytest.raises(UserError, match="0 or more; found -1"):
        Effort({"Low": -1}, 1)


def test_fixed_cost_of_a_year_by_hand():
    spend = [
        {"period_start": "2025-07-01", "period_end": "2025-12-31", "activity": "rent", "amount": 184.0, "fixed": True},
        {"period_start": "2026-01-01", "period_end": "2026-09-30", "activity": "rent", "amount": 300.0, "fixed": True},
        {"period_start": "2026-01-01", "period_end": "2026-09-30", "activity": "trips", "amount": 50.0, "fixed": False,
         "account_id": "A"},
    ]  # fmt: skip
    found = costs(spending(spend), DAY)
    assert found.fixed == pytest.approx(92 + 300)  # of the first period's 184 days 92 are in the year
    assert found.avoidable["cost_to_serve"].tolist() == pytest.approx([50])
    assert found.lacks == ()
    without = costs(yearly(YEARS), DAY)
    assert np.isnan(without.fixed)
    assert without.avoidable is None
    assert len(without.lacks) == 2


def spending(rows):
    from decimal import Decimal

    dates = {name: [pd.Timestamp(row[name]).date() for row in rows] for name in ("period_start", "period_end")}
    more = {"amount": [Decimal(str(row["amount"])) for row in rows], **dates}
    rows = [
        {"account_id": None} | row | {name: values[place] for name, values in more.items()}
        for place, row in enumerate(rows)
    ]
    return yearly(YEARS, spend=rows)
