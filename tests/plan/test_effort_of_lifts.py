"""Minutes that lifted accounts take more: by hand."""

from __future__ import annotations

import pytest
from small_books import DAY, line, small_book

from crm_analysis.plan.policy import Policy
from crm_analysis.plan.proposals import proposals

SIZES = {"H": 200} | {f"M{n:02}": 60 for n in range(10)} | {f"L{n:02}": 10 for n in range(20)}
"""What each account brings in each of four years."""
POLICY = Policy(visits_key=2, calls_key=6, visits_develop=2, calls_develop=6, calls_select=1)


def contact(account, who, channel, minutes, day="2026-03-01"):
    return {"account_id": account, "happened_on": day, "initiated_by": who, "channel": channel, "minutes": minutes,
            "cost": 2 * minutes}  # fmt: skip


MET = [contact("H", "us", "mail", 1, "2020-01-01")]
MET += [contact(name, "us", "visit", 90) for name in SIZES if name[0] == "M" for _ in range(3)]
MET += [contact(name, "them", "call", 20) for name in SIZES if name[0] == "M" for _ in range(2)]
MET += [contact(name, "us", "visit", 30) for name in SIZES if name[0] == "L" for _ in range(2)]
MET += [contact(name, "them", "call", 10) for name in SIZES if name[0] == "L"]
"""Visits to Mid accounts take 90, to Low ones 30, of all 3,900 / 70; of calls no class has 30, so all take 600 / 40."""


def look(rows, moves="Low>Mid: 6"):
    orders = [line(name, f"{year}-10-02", size, cost=size / 2) for name, size in SIZES.items() for year in
              range(2022, 2026)]  # fmt: skip
    return proposals(small_book(orders, interactions=rows), DAY, moves=moves, policy=POLICY, high_bar=100, mid_bar=50)


def test_a_lift_takes_the_length_of_the_class_and_what_it_asks_for_by_hand():
    found = look(MET)
    assert found.effort.cost_per_minute == pytest.approx(2)
    assert found.effort.minutes == {
        "High": pytest.approx(2 * 3900 / 70 + 6 * 15),  # asked for nothing
        "Mid": pytest.approx(2 * 90 + 6 * 15 + 2 * 20),
        "Low": pytest.approx(1 * 15 + 10),
        "inactive": pytest.approx((10 * 40 + 20 * 10) / 31),  # nobody is: as all
    }
    row = found.lifted.table.iloc[0]
    assert row["extra_minutes"] == pytest.approx(6 * (310 - 25))
    assert row["effort_cost"] == pytest.approx(2 * 6 * (310 - 25))


@pytest.mark.parametrize("told", [False, True])
def test_where_nobody_says_who_began_only_what_we_plan_counts(told):
    rows = [{name: value for name, value in row.items() if name != "initiated_by"} for row in MET]
    found = look([row | {"initiated_by": None} for row in rows] if told else rows)
    assert found.effort.minutes["Mid"] == pytest.approx(270)
    assert found.effort.minutes["Low"] == pytest.approx(15)


def test_tiers_take_the_length_of_all_and_what_they_ask_for():
    """H is top; who brings 60 is big, for so much is the least that one of the next four in a hundred brings."""
    found = look(MET, "small>big: 1").effort
    assert found.minutes["big"] == pytest.approx(2 * 3900 / 70 + 6 * 15 + 2 * 20)
    assert found.minutes["small"] == pytest.approx(15 + 10)
