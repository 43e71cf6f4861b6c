"""Lists of Low accounts: against orders and sums worked by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crm_analysis.potential.advice.lists import FIRST, by_reason, first, overridden, whole

TODAY = pd.DataFrame(
    {
        "account_id": ["E", "D", "C", "B", "A"],
        "name": ["Echo", "Delta", "Charlie", "Bravo", "Alpha"],
        "revenue": [50.0, 40.0, 30.0, 20.0, 30.0],
        "potential": [0.1, 0.1, 0.3, 0.2, 0.1],
        "low": np.nan,
        "high": np.nan,
        "outcome": ["survey", "survey", "keep", "cut", "survey"],
        "recommended": ["survey", "survey", "cut", "cut", "survey"],
        "because": ["between", "between", "override", "below", "between"],
        "why": ["not sure", "not sure", "kept by Ann", "low score", "not sure"],
    }
)
REASONS = pd.Series({"A": "small", "B": "silent", "C": "", "D": "small", "E": "small"})
MONEY: Any = SimpleNamespace(
    accounts=pd.DataFrame({"account_id": list("ABCDE"), "brings": 1.0, "cost_to_serve": 2.0, "minutes": range(5)}),
    lacks={"cost_to_serve": "no spend"},
)


def test_cuts_come_first_and_of_equals_the_least_revenue():
    found = whole(TODAY, MONEY, REASONS)
    assert found["account_id"].tolist() == ["B", "A", "D", "E", "C"]
    assert found["recommended"].tolist() == ["may be cut", "survey first", "survey first", "survey first", "may be cut"]
    assert found["minutes"].tolist() == [1, 0, 3, 4, 2]
    assert "cost_to_serve" not in found


@pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [2, 0, 4, 1, 3]])
def test_the_order_of_accounts_changes_nothing(order):
    pd.testing.assert_frame_equal(whole(TODAY.iloc[order], MONEY, REASONS), whole(TODAY, MONEY, REASONS))


def test_the_most_promising_come_first_whatever_is_advised():
    found = first(TODAY, MONEY, REASONS)
    assert found["account_id"].tolist() == ["C", "B", "A", "D", "E"]
    assert found["reasons"].tolist() == ["", "silent", "small", "small", "small"]
    many = pd.concat([TODAY.assign(account_id=TODAY["account_id"] + str(i)) for i in range(5)], ignore_index=True)
    assert len(first(many, MONEY, REASONS)) == FIRST


def test_sums_by_reason_take_what_people_said_as_one():
    two = pd.concat([TODAY, TODAY.iloc[[2]].assign(account_id="F", why="kept by Bob")], ignore_index=True)
    found = by_reason(two)
    assert found["advice"].tolist() == ["may be cut", "survey first", "keep"]
    assert found["accounts"].tolist() == [1, 3, 2]
    assert found["revenue"].tolist() == [20.0, 120.0, 60.0]
    assert found["expected_promising"].to_numpy() == pytest.approx([0.2, 0.3, 0.6])


def test_decisions_against_the_advice_are_of_todays_accounts_the_latest_first():
    said = pd.DataFrame(
        {
            "account_id": ["A", "C", "Z"],
            "decided_on": pd.to_datetime(["2026-01-01", "2026-05-01", "2026-06-01"]),
            "action": "keep",
            "recommended": "cut",
            "reason": ["x", "y", "z"],
            "decided_by": "R1",
            "keeps": True,
        }
    )
    found = overridden(said, TODAY)
    assert found["name"].tolist() == ["Charlie", "Alpha"]
    assert list(found) == ["account_id", "name", "decision", "recommended", "reason", "decided_by", "decided_on"]
