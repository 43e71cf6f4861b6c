"""Like for like against the hand, others' intervals, and a company that cut accounts and did nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from five_accounts import five_panel
from hypothesis import given
from hypothesis import strategies as st
from panels import made_panel
from scipy import stats
from small_books import FEW
from statsmodels.api import WLS

from crm_analysis.book import open_book
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.like_for_like import COLUMNS, like_for_like
from crm_analysis.kpi.panel import Panel, panel

NOTHING = [0.0] * 4


def flat(rows: list[list[float]]) -> list[list[float]]:
    """A row a year as quarters, everything in the first one of each."""
    return [row if quarter == 0 else [0.0] * len(row) for row in rows for quarter in range(4)]


def of(panel: Panel, name: str, quarter: str = "2026Q3", kind: str = "year") -> pd.Series:
    frame = like_for_like(panel, kind)
    return frame[(frame["kpi"] == name) & (frame["quarter"] == quarter)].iloc[0]


def four_accounts() -> Panel:
    """Two years of four accounts: one grows, one shrinks, one was cut, one is new."""
    revenue = flat([[1000.0, 400.0, 100.0, 0.0], [1100.0, 300.0, 0.0, 500.0]])
    margin = flat([[300.0, 120.0, 10.0, 0.0], [330.0, 75.0, 0.0, 150.0]])
    days = flat([[4.0, 2.0, 1.0, 0.0], [4.0, 1.0, 0.0, 2.0]])
    return made_panel({
        "revenue": revenue, "costed_revenue": revenue, "margin": margin, "order_days": days, "orders": days,
        "complaints": flat([[1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]),
        "minutes": flat([[60.0, 30.0, 30.0, 0.0], [90.0, 30.0, 0.0, 60.0]]),
        "contacts": flat([[2.0, 1.0, 1.0, 0.0], [3.0, 1.0, 0.0, 2.0]]),
        "cut": flat([NOTHING, [0.0, 0.0, 1.0, 0.0]]), "left_them": flat([NOTHING, NOTHING]),
    })  # fmt: skip


BY_HAND = {
    # 1,500 from the three of then, whose third brings nothing; with the new one 1,900 from three
    "revenue": (1900, 1400, 1500, 1500),
    "revenue_per_account": (1900 / 3, 1400 / 3, 500, 500),
    "margin_per_account": (555 / 3, 405 / 3, 430 / 3, 430 / 3),
    # the first keeps 30 %; the second had 30 % and has 25 % on the 300 it still buys of 400; the third had 10 % of 100
    "margin_rate": (555 / 1900, (300 + 75 + 0.3 * 100 + 10) / 1500, 430 / 1500, 430 / 1500),
    # orders then 4, 2, 1: the first as before; the second none on one order, and one in two on the other; the third one
    "complaints_per_100_orders": (100 / 7, 100 * (1 + 0.5 + 1) / 7, 300 / 7, 300 / 7),
    "minutes_per_account": (180 / 3, 120 / 3, 120 / 3, 120 / 3),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_like_for_like_of_four_accounts_is_what_a_hand_counts(name: str):
    row = of(four_accounts(), name)
    columns = ["plain", "like_for_like", "plain_then", "like_for_like_then"]
    assert row[columns].tolist() == pytest.approx(BY_HAND[name])
    assert row["plain_change"] == pytest.approx(row["plain"] - row["plain_then"])
    assert row["like_for_like_change"] == pytest.approx(row["like_for_like"] - row["like_for_like_then"])
    assert row[["accounts_then", "accounts_cut", "left", "ordering"]].tolist() == [3, 1, 0, 2]


def test_the_change_per_account_has_the_interval_of_a_paired_t_test():
    row = of(four_accounts(), "revenue_per_account")
    change = np.array([100.0, -100.0, -100.0])
    expected = stats.t.interval(0.95, 2, change.mean(), stats.sem(change))
    assert row[["low", "high"]].tolist() == pytest.approx(expected)
    whole = of(four_accounts(), "revenue")
    assert whole[["low", "high"]].tolist() == pytest.approx([3 * end for end in expected])


def test_the_change_of_a_rate_has_the_interval_of_a_regression_with_jackknife_errors():
    row = of(four_accounts(), "margin_rate")
    moved, weight = np.array([0.0, 300 * -0.05, 0.0]), np.array([1000.0, 400.0, 100.0])
    fit = WLS(moved / weight, np.ones(3), weights=weight).fit(cov_type="HC3")
    assert weight.sum() ** 2 / (weight**2).sum() < 2  # worth less than two accounts: one degree of freedom
    half = stats.t.ppf(0.975, 1) * fit.bse[0] * np.sqrt(2 / 3)
    assert row["like_for_like_change"] == pytest.approx(fit.params[0])
    assert row[["low", "high"]].tolist() == pytest.approx([fit.params[0] - half, fit.params[0] + half])


def test_one_quarter_is_compared_with_the_same_one_of_the_year_before_the_programme():
    season = [[100.0], [1000.0], [100.0], [100.0]]
    made = made_panel({"revenue": season * 3, "order_days": [[1.0]] * 12}, baseline="2024Q3")
    frame = like_for_like(made, "quarter").query("kpi == 'revenue_per_account'").set_index("quarter")
    assert len(frame) == 8
    assert (frame["like_for_like_change"] == 0).all()
    assert (frame["like_for_like_then"] == [row[0] for row in season * 2]).all()


def test_usual_is_what_the_accounts_of_a_year_before_went_through_until_the_programme():
    # each set of two loses one account a year; each year another begins
    rows = [[100.0, 100, 0, 0], [100.0, 0, 100, 0], [100.0, 0, 0, 100]]
    made = made_panel({"revenue": flat(rows), "order_days": flat([[float(each > 0) for each in row] for row in rows])})
    assert made.baseline.isoformat() == "2025-09-30"
    row = of(made, "revenue_per_account")
    assert (row["plain_change"], row["like_for_like_change"], row["usual_change"]) == (0, -50, -50)
    assert np.isnan(of(four_accounts(), "revenue")["usual_change"])  # a year before, no orders are known


def test_groups_are_those_of_the_baseline_and_stay():
    made = made_panel({"revenue": flat([[2000.0, 100.0], [50.0, 3000.0]]), "order_days": flat([[1.0, 1.0]] * 2)},
                      offices=["N", "M"])  # fmt: skip
    frame = like_for_like(made, by="segment").query("kpi == 'revenue' and quarter == '2026Q3'").set_index("group")
    assert frame["like_for_like"].to_dict() == {"High": 50, "Low": 3000}
    office = like_for_like(made, by="sales_office").query("kpi == 'revenue' and quarter == '2026Q3'")
    assert office["group"].tolist() == ["M", "N"]
    assert office["like_for_like"].tolist() == office["plain"].tolist() == [3000, 50]


def test_five_accounts_of_a_whole_book_are_told_as_by_hand():
    # in the year before A, B, C and D ordered; they bring 1,000, 550, 150 and, cut, nothing
    row = of(five_panel(), "revenue_per_account")
    assert row[["plain", "like_for_like", "like_for_like_then"]].tolist() == [445, 425, 475]
    assert row[["accounts_then", "accounts_cut", "ordering"]].tolist() == [4, 1, 3]


def test_wrong_questions_name_what_was_expected():
    with pytest.raises(UserError, match="of a quarter or a year; found 'to_date'"):
        like_for_like(four_accounts(), "to_date")
    with pytest.raises(BookError, match="before the last quarter"):
        like_for_like(made_panel({"revenue": [[1.0]] * 5}, baseline="2026Q3"))
    with pytest.raises(BookError, match="have ordered in the year to the baseline 2025-09-30"):
        like_for_like(made_panel({"revenue": [[0.0]] * 8, "order_days": [[0.0]] * 8}))
    with pytest.raises(BookError, match="region"):
        like_for_like(four_accounts(), by="region")
    assert tuple(like_for_like(four_accounts()).columns) == COLUMNS


def random_years(seed: int, many: int = 8) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    days = rng.poisson(2.0, (8, many)).astype(float)
    days[0] = 1
    revenue = days * rng.lognormal(4, 1, many)
    return {"revenue": revenue, "order_days": days, "costed_revenue": revenue, "orders": days,
            "margin": revenue * rng.uniform(0.0, 0.4, many)}  # fmt: skip


@given(st.integers(0, 10_000), st.sets(st.integers(0, 7), max_size=7))
@FEW
def test_law_stopping_accounts_of_unchanged_rates_improves_nothing_like_for_like(seed: int, gone: set[int]):
    tables = random_years(seed)
    for rows in tables.values():
        rows[4:] = rows[:4]
        rows[4:, sorted(gone)] = 0
    frame = like_for_like(made_panel(tables)).query("quarter == '2026Q3'").set_index("kpi")
    change = frame["like_for_like_change"]
    assert change["margin_rate"] == pytest.approx(0, abs=1e-12)
    assert (change[["revenue", "revenue_per_account", "margin_per_account"]] <= 1e-9).all()
    assert (change["revenue"] < 0) == bool(gone)
    if not gone:
        np.testing.assert_allclose(frame["plain"], frame["like_for_like"])


def company(folder: Path) -> None:
    """Sixty accounts that order the same every quarter: ten large, fifty small of a low margin; and a programme.

    Thirty of the small are told goodbye in its first quarter and order no more.
    """
    large = {f"L{place:02}": (9000 + 100 * place, 0.32) for place in range(10)}
    small = {f"S{place:02}": (300 + 10 * place, 0.12) for place in range(50)}
    gone = sorted(small)[:30]
    lines = [
        (f"{account}{day}", account, day, revenue, round(revenue * (1 - rate), 2))
        for account, (revenue, rate) in (large | small).items()
        for day in [f"{year}-{month:02}-30" for year in range(2023, 2027) for month in (3, 6, 9, 12)]
        if "2023-09" < day < ("2025-12" if account in gone else "2026-10")
    ]
    accounts = [(account, "2020-01-01", "North") for account in large | small]
    tables = {
        "orders": (lines, ["line_id", "account_id", "ordered_on", "revenue", "cost"]),
        "accounts": (accounts, ["account_id", "known_since", "sales_office"]),
        "decisions": ([(account, "2025-11-20", "goodbye") for account in gone], ["account_id", "decided_on", "action"]),
        "programme": ([("2025-10-01", "focus", "North")], ["started_on", "name", "sales_office"]),
    }
    folder.mkdir()
    for name, (rows, columns) in tables.items():
        pd.DataFrame(rows, columns=columns).to_csv(folder / f"{name}.csv", index=False)


def test_a_programme_that_cuts_accounts_and_changes_nothing_else_improves_nothing_like_for_like(tmp_path: Path):
    company(tmp_path / "cut")
    made = panel(open_book(tmp_path / "cut"), "2026-09-30")
    assert made.baseline.isoformat() == "2025-09-30"
    for kind in ("year", "quarter"):
        frame = like_for_like(made, kind).query("quarter == '2026Q3'").set_index("kpi")
        plain, like = frame["plain_change"], frame["like_for_like_change"]
        assert (frame["accounts_cut"] == 30).all()
        # who looks at the accounts that are left is pleased
        assert plain["revenue_per_account"] > 400 * (4 if kind == "year" else 1)
        assert plain["margin_rate"] > 0.01
        # nobody sells more
        assert (like[["revenue", "revenue_per_account", "margin_per_account"]] < 0).all()
        assert like["margin_rate"] == pytest.approx(0, abs=1e-6)
        assert (frame.loc[["revenue", "revenue_per_account", "margin_per_account"], "high"] < 0).all()
        assert frame["usual_change"].dropna().abs().max() == pytest.approx(0, abs=1e-6)
