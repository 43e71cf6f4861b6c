"""Intervals of KPIs against other people's, and whether they hold as often as they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from panels import made_panel
from scipy import stats
from statsmodels.api import WLS
from statsmodels.stats.proportion import proportion_confint

from crm_analysis.kpi.definitions import ACCOUNTS, BY_NAME
from crm_analysis.kpi.intervals import intervals
from crm_analysis.kpi.values import values
from crm_analysis.kpi.windows import window
from crm_analysis.satisfaction.scores.intervals import score

ONE = 1


def alone(name: str, num: np.ndarray, den: np.ndarray | None) -> tuple[float, float]:
    """The interval of one group."""
    low, high = intervals(BY_NAME[name], num, den, np.zeros(len(num), dtype=np.int64), ONE)
    return float(low[0]), float(high[0])


def test_a_ratio_over_accounts_is_statsmodels_weighted_regression_with_jackknife_errors():
    rng = np.random.default_rng(1)
    den = rng.lognormal(5, 1, 40)
    num = den * rng.normal(0.25, 0.08, 40)
    fit = WLS(num / den, np.ones(40), weights=den).fit(cov_type="HC3")
    error = fit.bse[0] * np.sqrt(39 / 40)  # HC3 is the jackknife but for this
    worth = den.sum() ** 2 / (den**2).sum()
    half = stats.t.ppf(0.975, worth - 1) * error
    assert alone("margin_rate", num, den) == pytest.approx((fit.params[0] - half, fit.params[0] + half))
    left_out = [(num.sum() - one) / (den.sum() - of) for one, of in zip(num, den, strict=True)]
    drawn = np.sqrt(39 / 40 * ((np.array(left_out) - num.sum() / den.sum()) ** 2).sum())
    assert error == pytest.approx(drawn)


def test_a_mean_per_account_is_students():
    revenue = np.array([10.0, 25.0, 40.0, 5.0, 90.0])
    low, high = stats.t.interval(0.95, 4, revenue.mean(), stats.sem(revenue))
    assert alone("revenue_per_account", revenue, np.ones(5)) == pytest.approx((low, high))


def test_a_share_of_accounts_is_scipys_exact_one():
    num = np.array([1.0] * 7 + [0.0] * 4)
    expected = stats.binomtest(7, 11).proportion_ci(0.95, "exact")
    assert alone("account_retention", num, np.ones(11)) == pytest.approx(tuple(expected))


def test_a_share_with_one_case_an_account_is_wilsons_of_one_less():
    num = np.array([1.0] * 30 + [0.0] * 11)
    expected = proportion_confint(30 / 41 * 40, 40, 0.05, "wilson")
    assert alone("on_time", num, np.ones(41)) == pytest.approx(expected)


def test_no_complaint_of_fifty_orders_leaves_room_for_3_689_of_them():
    # 2.5 % is the chance of no complaint where 3.689 are expected
    assert alone("complaints_per_100_orders", np.zeros(10), np.full(10, 5.0)) == pytest.approx(
        (0, 3.6889 / 50), rel=1e-4
    )


def test_nps_is_that_of_the_satisfaction_page_and_its_standard_error_the_published_one():
    votes = np.array([1.0] * 50 + [0.0] * 30 + [-1.0] * 20)
    panel = made_panel({"promoters": [votes == 1], "detractors": [votes == -1], "nps_answers": [np.ones(100)]})
    row = values(panel, "quarter").set_index("kpi").loc["nps"]
    told = score(votes, "nps", level=0.95)
    assert row[["value", "low", "high"]].tolist() == pytest.approx([30, told.low, told.high])
    plain = replace(BY_NAME["nps"], interval=ACCOUNTS)
    low, high = intervals(plain, votes, np.ones(100), np.zeros(100, dtype=np.int64), ONE)
    error = (high - low)[0] / 2 / stats.t.ppf(0.975, 99) * np.sqrt(99 / 100)
    assert error == pytest.approx(0.0781, abs=5e-5)


def test_several_people_of_one_account_are_one_voice():
    many = made_panel({"satisfied": [[9.0, 0.0]], "csat_answers": [[9.0, 1.0]]})
    row = values(many, "quarter").set_index("kpi").loc["csat"]
    assert (row["value"], row["accounts"]) == (0.5, 2)


def test_facts_and_single_accounts_have_no_interval():
    panel = made_panel({"revenue": [[5.0, 0.0]], "order_days": [[1.0, 0.0]]})
    frame = values(panel, "quarter").set_index("kpi")
    assert frame.loc[["revenue", "revenue_per_account"], ["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    "name", ["on_time", "margin_rate", "margin_rate of uneven accounts", "complaints_per_100_orders"]
)
def test_intervals_of_2_000_books_hold_about_as_often_as_they_say(name: str):
    rng, books, many = np.random.default_rng(5), 2_000, 60
    size = rng.poisson(8.0, (books, many)).astype(float) + 1
    if name == "on_time":  # accounts differ: the chance itself is drawn
        truth, num = 0.8, rng.binomial(size.astype(int), rng.beta(8, 2, (books, many))).astype(float)
    elif name.startswith("margin_rate"):
        name, size = name[:11], size * rng.lognormal(0, 1.2, size.shape) if len(name) > 11 else size
        truth, num = 0.25, size * rng.normal(0.25, 0.1, (books, many))
    else:
        truth, num = 0.05, rng.poisson(size * 0.05 * rng.gamma(2, 0.5, (books, many))).astype(float)
    codes = np.repeat(np.arange(books), many)
    low, high = intervals(BY_NAME[name], num.ravel(), size.ravel(), codes, books)
    held = ((low <= truth) & (truth <= high)).mean()
    # up to two in a hundred too few, and the exact one of events is on the safe side
    assert 0.93 < held < 0.985


@pytest.mark.parametrize(("many", "share"), [(10, 0.80), (30, 0.85), (100, 0.90)])
def test_of_few_very_uneven_accounts_a_mean_is_held_as_seldom_as_its_docstring_says(many: int, share: float):
    books = 4_000
    revenue = np.random.default_rng(7).lognormal(0, 1.2, books * many)
    codes = np.repeat(np.arange(books), many)
    low, high = intervals(BY_NAME["revenue_per_account"], revenue, np.ones(books * many), codes, books)
    truth = np.exp(1.2**2 / 2)
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(share, abs=0.015)


def test_the_error_of_the_first_fifths_share_is_that_of_books_drawn_anew():
    rng, books, many = np.random.default_rng(3), 400, 300
    revenue = rng.lognormal(0, 1.0, books * many)
    codes = np.repeat(np.arange(books), many)
    panel = made_panel({"revenue": [revenue], "order_days": [np.ones(books * many)]})
    num, den = BY_NAME["top_20_share"].parts(window(panel, "quarter").within(codes))  # type: ignore[misc]
    assert den is not None
    share = np.bincount(codes, num) / np.bincount(codes, den)
    table = pd.DataFrame({"book": codes, "revenue": revenue}).sort_values(["book", "revenue"], ascending=[True, False])
    top = (
        table.groupby("book").head(many // 5).groupby("book")["revenue"].sum() / table.groupby("book")["revenue"].sum()
    )
    np.testing.assert_allclose(share, top)
    low, high = intervals(BY_NAME["top_20_share"], num, den, codes, books)
    told = np.mean(high - low) / 2 / stats.t.ppf(0.975, many - 1)
    assert told == pytest.approx(share.std(ddof=1), rel=0.12)
