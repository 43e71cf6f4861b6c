"""The plain arithmetic of retention: its own numbers, and what books made by hand say to it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare
from tenure_frames import row, spells_of, tenures_of

from crm_analysis.churn.retention.arithmetic import (
    beside_curve,
    by_year_of_tenure,
    constancy,
    followed,
    left_after,
    revenue_retention,
    yearly_retention,
)
from crm_analysis.churn.retention.curves import curves
from crm_analysis.churn.retention.tenures import YEAR
from crm_analysis.errors import UserError


def test_at_80_percent_a_year_67_percent_are_gone_after_five():
    """Anchor: 32.8 % are left."""
    table = left_after(0.8)
    assert table["still_there"].iloc[-1] == pytest.approx(0.32768)
    assert table["gone"].round(2).tolist() == [0.2, 0.36, 0.49, 0.59, 0.67]
    with pytest.raises(UserError, match=r"such as 0\.8; found 80"):
        left_after(80)


def accounts(before: list[float], now: list[float], active: list[bool] | None = None) -> pd.DataFrame:
    frame = pd.DataFrame({"revenue_before": before, "revenue": now})
    return frame.assign(active=[one > 0 for one in now] if active is None else active)


def test_revenue_retention_of_the_definition():
    """Anchor: start 10.0, contraction .6, lost .9, expansion 1.8: gross 85 %, net 103 %."""
    found = revenue_retention(accounts([3, 0.9, 5, 1.1, 0], [2.4, 0, 6.8, 1.1, 7])).iloc[0]
    assert found.to_dict() == pytest.approx(
        {"start": 10, "contraction": 0.6, "lost": 0.9, "expansion": 1.8, "gross": 0.85, "net": 1.03, "new": 7}
    )


def test_revenue_retention_adds_up_with_credit_notes_and_says_nothing_where_nothing_is_known():
    frame = accounts([4, 2, -1, 1], [-0.5, 3, 2, 0.5], [False, True, True, True])
    found = revenue_retention(frame).iloc[0]
    assert found["lost"] == 4.5, "what was sent back is lost besides"
    bring = found["start"] - found["contraction"] - found["lost"] + found["expansion"]
    assert bring == pytest.approx(-0.5 + 3 + 0.5)
    assert found["net"] == pytest.approx(bring / 7)
    assert revenue_retention(accounts([np.nan], [3.0])).isna().all(axis=None)
    assert revenue_retention(accounts([0.0], [3.0]))[["gross", "net"]].isna().all(axis=None)


def test_yearly_retention_counts_accounts_between_first_and_last_order():
    """The silence is 100 days: quarters count from 2020-06-30, a year on must be decided by 2024-09-22."""
    rows = [
        row("A", "2020-02-01", "2023-06-30"),  # there on the day a year on: kept
        row("B", "2020-02-01", "2023-06-29"),
        row("C", "2022-07-01", "2024-12-01"),  # not yet there on 2022-06-30
        row("D", "2020-02-01", "2022-06-30"),  # its last order was on the day
        row("E", "2020-02-01", "2022-06-29"),  # silent for good, though nobody could know
        row("F", "2020-02-01", "2022-12-01", reason="not worth serving", decided_by="us", gone_on="2023-01-01"),
        row("G", "2020-02-01", "2022-12-01", reason="merger", decided_by="them", gone_on="2023-01-01"),
        row("H", "2020-02-01", "2022-12-01"),
        row("H", "2023-06-01", "2023-08-01"),  # back a year on, but it had left
    ]
    table = yearly_retention(spells_of(rows)).set_index("quarter")
    assert table.index[[0, -1]].tolist() == ["2020Q2", "2023Q2"]
    found = table.loc["2022Q2"]
    assert found[["accounts", "kept", "left", "ours", "closed"]].tolist() == [6, 1, 3, 1, 1]
    assert found["retention"] == pytest.approx(1 / 6)
    assert found["low"] < found["retention"] < found["high"]
    assert (table["accounts"] == table[["kept", "left", "ours", "closed"]].sum(axis=1)).all()
    short = spells_of(rows[:3], silence=1500)
    assert yearly_retention(short).empty
    path = followed(spells_of(rows), 0.5)
    assert path["day"].unique().tolist() == [pd.Timestamp("2020-06-30")]
    assert path["kept"].tolist() == [7, 6, 1, 0]
    assert path["constant"].tolist() == [0.5, 0.25, 0.125, 0.0625]
    assert path["agrees"].tolist() == [False, False, True, True]
    assert followed(short, 0.5).empty


def test_a_constant_rate_beside_the_curve():
    frame = tenures_of([100.0] * 10 + [600.0] * 2 + [1000.0] * 8, [True] * 12 + [False] * 8)
    table = beside_curve(curves(frame), 0.9, 3)
    assert table["constant"].tolist() == pytest.approx([0.9, 0.81, 0.729])
    assert table["survival"].tolist()[:2] == pytest.approx([0.5, 0.4])
    assert table["agrees"].tolist() == [False, False, None]
    assert beside_curve(curves(frame), 0.5, 1)["agrees"].tolist() == [True]
    late = beside_curve(curves(tenures_of(np.full(10, 900.0), False, YEAR)), 0.9, 2)
    assert late["constant"].iloc[1] == pytest.approx(0.9), "of those there at its start, a year before"


def test_years_of_tenure_by_hand():
    frame = tenures_of(
        np.array([0.5, 1.5, 2.5, 1.0]) * YEAR, [True, False, True, True], np.array([0, 0.25, 1.5, 0]) * YEAR
    )
    table = by_year_of_tenure(frame)
    assert table["account_years"].tolist() == pytest.approx([0.5 + 0.75 + 1, 0.5 + 0.5, 0.5])
    assert table["gone"].tolist() == [2, 0, 1]
    assert table["rate"].tolist() == pytest.approx([2 / 2.25, 0, 2])
    # Garwood's exact limits of a count, as tabled for 0 and 2 at 90 %
    assert (table["low"] * table["account_years"]).tolist() == pytest.approx([0.3554, 0, 0.0513], abs=1e-4)
    assert (table["high"] * table["account_years"]).tolist() == pytest.approx([6.2958, 2.9957, 4.7439], abs=1e-4)


def years(gone: list[int], spent: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"gone": gone, "account_years": spent})


def test_constancy_is_pearsons_chi_squared_of_scipy():
    table = years([30, 12, 11, 1, 0], [50, 45, 40, 4, 1])
    found = constancy(table).iloc[0]
    expected = np.array([50, 45, 45]) * 54 / 140
    theirs = chisquare([30, 12, 12], expected)
    assert (found["statistic"], found["p"]) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))
    assert (found["df"], found["verdict"]) == (2, "refuted")
    assert constancy(years([10, 11], [50, 50]))["verdict"].item() == "not refuted"
    assert constancy(years([3, 1], [50, 50]))["verdict"].item() == "cannot be said"
    assert constancy(years([], []))["verdict"].item() == "cannot be said"
    assert constancy(years([0, 0], [50, 50]))["verdict"].item() == "cannot be said"


def test_constant_retention_is_refuted_no_more_often_than_promised():
    """Simulation: 200 books of 300 accounts at 20 % a year, seen for up to five years; level .95."""
    rng = np.random.default_rng(4)
    refuted = 0
    for _ in range(200):
        stays, limit = rng.exponential(5, 300), rng.uniform(0, 5, 300)
        table = _counted(np.minimum(stays, limit), stays < limit)
        refuted += constancy(table)["verdict"].item() == "refuted"
    assert 2 <= refuted <= 21  # 99.9 % of a binomial with 5 %
    changing = _counted(np.minimum(rng.weibull(0.6, 300) * 4, 5), np.ones(300, bool))
    assert constancy(changing)["verdict"].item() == "refuted"


def _counted(duration: np.ndarray, gone: np.ndarray) -> pd.DataFrame:
    number = np.arange(1, 6)
    spent = [np.clip(duration - year + 1, 0, 1).sum() for year in number]
    return years([int((gone & (np.ceil(duration) == year)).sum()) for year in number], spent)
