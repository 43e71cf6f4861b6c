"""Performance, the map and its quadrants, and what people say is important."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from driver_answers import said, simulated

from crm_analysis.errors import BookError
from crm_analysis.satisfaction.drivers.asked import asked
from crm_analysis.satisfaction.drivers.derived import derived
from crm_analysis.satisfaction.drivers.quadrants import IMPROVE, KEEP, LOW, OVERKILL, importance_map
from crm_analysis.satisfaction.drivers.stated import by_account, stated


def of(shares, accounts, **more):
    return derived(asked(said(shares, accounts, **more)), draws=200)


def placed() -> tuple[pd.DataFrame, list[str]]:
    """x0 and x1 drive, x2 and x3 do not; x0 and x2 are rated low."""
    shares, accounts = simulated(accounts=300, people=1, weights=(0.7, 0.7, 0.0, 0.0), halo=0.0, seed=6)
    shares[["x1", "x3"]] = np.clip(shares[["x1", "x3"]] + 0.3, 0, 1)
    return shares, accounts


def test_dimensions_lie_where_they_were_put():
    found = importance_map(of(*placed()))
    table = found.table.set_index("dimension")
    assert table["quadrant"].to_dict() == {"x0": IMPROVE, "x1": KEEP, "x2": LOW, "x3": OVERKILL}
    assert (table["quadrant_share"] > 0.95).all()
    assert found.importance_mean == pytest.approx(0.25)
    assert found.performance_mean == pytest.approx(table["performance"].mean())
    assert (table["low_performance"] < table["performance"]).all()
    assert (table["high_performance"] > table["performance"]).all()
    assert found.window == "12M"


def test_dimensions_alike_have_no_sure_place():
    shares, accounts = simulated(accounts=60, people=1, weights=(0.4, 0.4, 0.4, 0.4, 0.0), halo=0.5, seed=2)
    shares = shares.drop(columns="x4")
    assert (importance_map(of(shares, accounts)).table["quadrant_share"] < 0.9).any()


def test_one_dimension_has_no_quadrant():
    shares, accounts = placed()
    table = importance_map(of(shares[["x0", "satisfaction"]], accounts)).table
    assert table["quadrant"].tolist() == [""]
    assert table["quadrant_share"].isna().all()
    assert table["importance"].tolist() == [pytest.approx(1.0)]


def test_performance_is_the_mean_of_accounts_each_person_by_the_last_answer():
    shares, _ = placed()
    accounts = ["A"] * 5 + [f"B{i}" for i in range(len(shares) - 5)]
    people = ["p0", "p0", "p1", "p2", "p3", *(f"q{i}" for i in range(len(shares) - 5))]
    days = ["2025-11-01"] + ["2026-05-01"] * (len(shares) - 1)
    table = importance_map(of(shares, accounts, people=people, days=days)).table
    own = pd.concat([pd.Series([shares["x0"][1:5].mean()]), shares["x0"][5:]])
    assert table["performance"][0] == pytest.approx(100 * own.mean())
    assert table["accounts"][0] == len(own)


def test_where_nobody_was_asked_lately_the_whole_window_counts():
    found = importance_map(of(*placed(), days="2025-05-20"))
    assert found.window == "24M"
    assert found.table["accounts"].tolist() == [300] * 4


def test_accounts_count_once_in_means_and_draws():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [10.0, 4.0]])
    now, then = by_account(values, np.array([0, 0, 1]), 3, np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0]]))
    assert now.tolist() == [6.0, 4.0]
    assert then[0].tolist() == [pytest.approx(14 / 3), 4.0]
    assert np.isnan(then[1]).all()


def test_stated_importance_by_hand():
    importance = {"a": [1.0, 0.5, 0.5, 0.75], "b": [0.5, 0.5, 0.5, np.nan], "c": [0.0, 0.25, 0.5, np.nan]}
    shares = pd.DataFrame({name: [0.5] * 4 for name in (*"abc", "satisfaction")})
    answers = said(shares, importance=importance)
    names = {name: (name,) for name in "abc"}
    accounts = np.array([f"A{i:05}" for i in range(4)])
    found = stated(answers, names, accounts, np.ones((3, 4)), 0.9)
    table = found.table.set_index("dimension")
    assert table["stated"].tolist() == pytest.approx([68.75, 50, 25])
    assert table["stated_rank"].tolist() == [1, 2, 3]
    # the first puts a first, the second a and b alike, the third says the same of all, the fourth only of one
    assert table["stated_first"].tolist() == pytest.approx([0.75, 0.25, 0.0])
    assert table["accounts"].tolist() == [4, 3, 3]
    assert found.alike == pytest.approx(1 / 3)
    assert (table["low_stated"] == table["stated"]).all()  # accounts counted once in every draw


def test_without_stated_importance_there_is_a_sentence():
    shares, accounts = placed()
    found = of(shares, accounts)
    answers = said(shares, accounts)
    with pytest.raises(BookError, match="column importance of the table surveys"):
        stated(answers, found.asked.groups, found.asked.accounts, found.weights, 0.9)
