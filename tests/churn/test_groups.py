"""Groups of accounts beside each other, by hand; and that a group is what it was before anybody left it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from crm_analysis.churn.definition import Spells
from crm_analysis.churn.groups import Groups, standing
from crm_analysis.churn.retention.comparison import logrank
from crm_analysis.churn.retention.tenures import grouped
from crm_analysis.errors import BookError


def tenures(durations: list[int], gone: list[bool], entry: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": [f"A{place:03}" for place in range(len(durations))],
            "group": "all",
            "entry": entry,
            "duration": durations,
            "kind": np.where(gone, "left", "stayed"),
            "gone": gone,
            "reason": None,
            "limit": max(durations),
        }
    )


def named(frame: pd.DataFrame, names: list[str]) -> pd.Series:
    return pd.Series(names, index=frame["account_id"])


def test_expected_numbers_are_those_of_all_accounts_at_each_age_by_hand():
    """Four at risk when the first goes, three when the second does: hazards 1/4 and 1/3."""
    frame = tenures([10, 20, 30, 30], [True, True, False, False])
    table = Groups(frame, named(frame, ["x", "x", "y", "y"])).table.set_index("group")
    assert table.loc["x", ["accounts", "gone"]].tolist() == [2, 2]
    assert table.loc["x", "expected_gone"] == pytest.approx(1 / 4 + (1 / 4 + 1 / 3))
    assert table.loc["y", "expected_gone"] == pytest.approx(2 * (1 / 4 + 1 / 3))
    assert table.loc["x", "ratio"] == pytest.approx(2 / (5 / 6))
    low, high = chi2.ppf(0.05, 4) / 2, chi2.ppf(0.95, 6) / 2
    assert table.loc["x", ["low", "high"]].tolist() == pytest.approx([low * 6 / 5, high * 6 / 5])
    assert table.loc["y", "low"] == 0
    assert "mean" not in table, "no group has a curve"


@pytest.mark.parametrize("entry", [0, 5])
def test_as_many_are_expected_as_went_and_their_difference_is_that_of_the_log_rank_test(entry):
    rng = np.random.default_rng(3)
    frame = tenures((rng.exponential(300, 120).astype(int) + 6).tolist(), (rng.random(120) < 0.7).tolist(), entry)
    own = named(frame, list(np.where(rng.random(120) < 0.4, "x", "y")))
    table = Groups(frame, own).table.set_index("group")
    assert table["expected_gone"].sum() == pytest.approx(table["gone"].sum())
    excess = table.loc["x", "gone"] - table.loc["x", "expected_gone"]
    # the simple form of the test's statistic is never above its exact one (Peto & Peto 1972)
    simple = (excess**2 / table["expected_gone"]).sum()
    assert 0 <= simple <= logrank(grouped(frame, own)).iloc[0]["statistic"] * (1 + 1e-9)


def test_curves_and_means_are_of_large_groups_and_the_test_pools_small_ones():
    frame = tenures([*range(400, 445), *range(300, 303)], [True] * 30 + [False] * 18)
    found = Groups(frame, named(frame, ["x"] * 25 + ["y"] * 20 + ["z"] * 3))
    table = found.table.set_index("group")
    assert table.index.tolist() == ["x", "y", "z"], "the largest first"
    assert np.isnan(table.loc["z", "mean"])
    assert table.loc["x", "mean"] > 0
    assert found.until > 0
    assert sorted(found.drawn["group"].unique()) == ["x", "y"]
    assert sorted(found.frame["group"].unique()) == ["x", "y", "z"], "a single small one stays what it is"
    few = Groups(frame, named(frame, ["x"] * 19 + ["y"] * 19 + ["z"] * 5 + ["w"] * 5))
    assert few.test["groups"] == 4, "where none is large, groups of five are tested"
    with pytest.raises(BookError, match="not two groups with enough accounts"):
        few.drawn  # noqa: B018


def test_accounts_without_a_group_are_said_to_be_unknown():
    frame = tenures([10, 20, 30], [True, False, False])
    table = Groups(frame, pd.Series({"A000": "x", "A001": None})).table
    assert table["group"].tolist() == ["not known", "x"]
    assert table["accounts"].tolist() == [2, 1]


def spells(*rows: tuple[str, str, str], as_of: str = "2026-09-30") -> Spells:
    frame = pd.DataFrame(rows, columns=["account_id", "began", "last"])
    return Spells.of(frame, silence=100, as_of=as_of, begins="2024-01-01")


def test_standing_counts_from_the_day_those_that_were_there_and_ordered_on_it_or_later():
    own = spells(
        ("gone before", "2024-02-01", "2024-11-30"),
        ("last on the day", "2024-02-01", "2024-12-31"),
        ("left later", "2024-06-01", "2025-01-10"),
        ("there", "2024-06-01", "2026-09-01"),
        ("began later", "2025-01-01", "2026-09-01"),
    )
    frame = standing(own, dt.date(2024, 12, 31)).set_index("account_id")
    assert frame.index.tolist() == ["last on the day", "left later", "there"]
    assert frame["gone"].tolist() == [True, True, False]
    until = (own.decided_until - dt.date(2024, 12, 31)).days + 1
    assert frame["duration"].tolist() == [1, 11, until]
    assert (frame["entry"] == 0).all()
    assert standing(own, own.decided_until).empty, "nothing after that day is decided"
