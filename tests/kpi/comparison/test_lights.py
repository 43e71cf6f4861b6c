"""Traffic lights: against statsmodels' control of false discoveries, and on panels whose changes are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from panels import made_panel
from statsmodels.stats.multitest import multipletests

from crm_analysis.errors import UserError
from crm_analysis.kpi.comparison.lights import (
    AGAINST,
    BETTER,
    CHANGED,
    LIGHTS,
    SAME,
    UNKNOWN,
    WORSE,
    adjusted,
    lights,
    lit,
)
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.kpi.values import COMPANY

KPIS = [BY_NAME[name] for name in ("revenue", "complaints_per_100_orders", "minutes_per_account", "on_time")]
ACCOUNTS, QUARTERS = 60, 12


def company(seed: int = 1, **lifts: float):
    """Twelve quarters of sixty accounts in twelve offices; measures are lifted in the last quarter by so many times."""
    rng = np.random.default_rng(seed)
    shape = QUARTERS, ACCOUNTS
    season = np.array([1.0, 2.0, 1.5, 0.5])[np.arange(QUARTERS) % 4][:, None]
    orders = rng.poisson(6, shape) * season + 1
    measures = {
        "orders": orders,
        "order_days": orders,
        "revenue": orders * 100 * rng.uniform(0.8, 1.2, shape),
        "complaints": rng.poisson(0.3, shape).astype(float),
        "minutes": 30 + rng.poisson(20, shape).astype(float),
        "contacts": np.ones(shape),
        "due": orders * 2,
    }
    measures["on_time"] = rng.binomial((orders * 2).astype(int), 0.8).astype(float)
    for name, by in lifts.items():
        measures[name][-1] *= by
    offices = [f"O{place % 12:02}" for place in range(ACCOUNTS)]
    return made_panel(measures, offices=offices, groups={"region": ["East", "West"] * (ACCOUNTS // 2)})


def light(table: pd.DataFrame, kpi: str, against: str, dimension: str = COMPANY) -> list[str]:
    own = table[(table["kpi"] == kpi) & (table["against"] == against) & (table["dimension"] == dimension)]
    return own["light"].tolist()


def test_one_family_is_statsmodels():
    rng = np.random.default_rng(2)
    p = np.r_[rng.random(40), rng.random(10) / 100, np.nan]
    found = adjusted(p, ["x"] * 51)
    assert found[:50] == pytest.approx(multipletests(p[:50], method="fdr_bh")[1])
    assert np.isnan(found[50])
    assert np.isnan(adjusted([np.nan], ["x"])).all()


def test_the_company_has_half_the_weight_by_hand():
    """Four cells: the company's one weighs 4 x .5 = 2, the three of offices 4 x .5 / 3 = 2/3.

    p / weight: .01, then .015, .03 and 1 (cut): in order times 4 / rank, .04, .03, .04, 1; from the top down .03, .03,
    .04, 1.
    """
    found = adjusted([0.02, 0.01, 0.02, 0.9], [COMPANY, "office", "office", "office"])
    assert found.tolist() == pytest.approx([0.03, 0.03, 0.04, 1.0])
    weighted = np.minimum(np.array([0.02 / 2, 0.015, 0.03, 1.35]), 1)
    assert found == pytest.approx(multipletests(weighted, method="fdr_bh")[1])


def test_words_follow_the_direction():
    better = pd.Series(["up", "up", "down", "down", "none", "up", "up"])
    changes = pd.Series([1.0, -1, 1, -1, 1, 1, np.nan])
    q = pd.Series([0.01, 0.01, 0.05, 0.01, 0.01, 0.06, np.nan])
    assert lit(changes, q, better).tolist() == [BETTER, WORSE, WORSE, BETTER, CHANGED, SAME, UNKNOWN]


def test_what_was_planted_is_lit_and_nothing_else():
    table = lights(company(revenue=2.0, complaints=8.0, minutes=2.0), kpis=KPIS)
    for against in AGAINST:
        assert light(table, "revenue", against) == [BETTER]
        assert light(table, "complaints_per_100_orders", against) == [WORSE]
        assert light(table, "minutes_per_account", against) == [CHANGED]
        assert light(table, "on_time", against) == [SAME]
        assert light(table, "revenue", against, "region") == [BETTER, BETTER]
    assert set(table["light"]) <= set(LIGHTS)
    told = table[table["light"] != UNKNOWN]
    sure = ~told["light"].eq(SAME)
    assert ((told["low"] > 0) | (told["high"] < 0))[sure].all()
    assert (told["q"] <= 0.05).tolist() == sure.tolist()


def test_a_season_is_no_change():
    """The last quarter sells three times the one before it, as it does every year."""
    panel = company()
    table = lights(panel, quarter=panel_quarter(panel, 9), kpis=KPIS[:1])
    own = table[(table["dimension"] == COMPANY) & (table["against"] == "quarter")].iloc[0]
    assert own["now"] / own["before"] > 1.7
    assert own["light"] == SAME
    assert own["low"] < 0 < own["high"]


@pytest.mark.parametrize("back", [4, 5])
def test_one_odd_quarter_a_year_ago_is_no_change_of_today(back):
    """Half the lines were late in one quarter a year ago, and all is as usual now."""
    panel = company()
    panel.measures["on_time"][-1 - back] *= 0.5
    table = lights(panel, kpis=[kpi for kpi in KPIS if kpi.name == "on_time"])
    own = table[(table["dimension"] == COMPANY) & (table["against"] == "quarter")].iloc[0]
    assert own["high"] < 0 or own["low"] > 0
    assert own["light"] == SAME


def test_growth_has_no_season_to_take_off():
    table = lights(company(), kpis=[BY_NAME["revenue_growth"]])
    assert set(table["against"]) == {"year"}


def panel_quarter(panel, place: int) -> str:
    end = panel.ends[place]
    return f"{end.year}Q{(end.month + 2) // 3}"


def test_figures_are_those_of_the_panel():
    panel = company()
    table = lights(panel, kpis=KPIS).set_index(["kpi", "dimension", "group", "against"])
    revenue = panel.measures["revenue"].sum(axis=1)
    year = table.loc[("revenue", COMPANY, "", "year")]
    assert (year["now"], year["before"]) == pytest.approx((revenue[-1], revenue[-5]))
    assert year["change"] == pytest.approx(revenue[-1] - revenue[-5])
    quarter = table.loc[("revenue", COMPANY, "", "quarter")]
    assert quarter["before"] == pytest.approx(revenue[-2])
    assert quarter["change"] == pytest.approx(revenue[-1] - revenue[-2] - revenue[-5] + revenue[-6])
    assert year["clustered_by"] == "sales_office"
    assert (year["clusters"], year["accounts"]) == (12, ACCOUNTS)
    east = table.loc[("revenue", "region", "East", "year")]
    assert (east["clustered_by"], east["clusters"]) == ("account", 30)


def test_what_cannot_be_told_says_why():
    panel = company()
    panel.measures["minutes"][-1] = np.nan
    panel.measures["due"][-5] = np.nan
    table = lights(panel, kpis=KPIS).set_index(["kpi", "dimension", "group", "against"])
    assert table.loc[("minutes_per_account", COMPANY, "", "year")][["light", "why"]].tolist() == [UNKNOWN, "now"]
    late = table.loc[("on_time", COMPANY, "", "year")]
    assert late[["light", "why"]].tolist() == [UNKNOWN, "before"]
    assert late["now"] == pytest.approx(panel.measures["on_time"][-1].sum() / panel.measures["due"][-1].sum())
    office = table.loc[("revenue", "sales_office", "O00", "year")]
    assert office[["light", "why", "clusters"]].tolist() == [UNKNOWN, "few", 5]
    assert np.isfinite(office["change"])
    with pytest.raises(UserError, match="month"):
        lights(panel, kind="month")


def test_money_in_another_currency_lights_the_same():
    one, other = company(), company()
    other.measures["revenue"] *= 7.3
    first, second = lights(one, kpis=KPIS), lights(other, kpis=KPIS)
    assert second["light"].tolist() == first["light"].tolist()
    assert second["p"].to_numpy() == pytest.approx(first["p"].to_numpy(), rel=1e-6, nan_ok=True)


def test_the_order_of_accounts_means_nothing():
    panel = company(revenue=1.1)
    order = np.random.default_rng(0).permutation(ACCOUNTS)
    offices = panel.groups["sales_office"][-1][order]
    mixed = made_panel(
        {name: values[:, order] for name, values in panel.measures.items()},
        offices=offices,
        groups={"region": panel.groups["region"][-1][order]},
    )
    first, second = lights(panel, kpis=KPIS), lights(mixed, kpis=KPIS)
    names = ["kpi", "dimension", "group", "against", "light", "clusters", "accounts", "why"]
    pd.testing.assert_frame_equal(first[names], second[names])
    for name in ("now", "change", "low", "high", "p", "q"):
        assert second[name].to_numpy() == pytest.approx(first[name].to_numpy(), rel=1e-6, abs=1e-9, nan_ok=True)


def test_a_year_needs_its_own_windows():
    table = lights(company(), kind="year", kpis=[BY_NAME["revenue"], BY_NAME["account_retention"]])
    windows = table.groupby(["kpi", "against"])["window"].first().to_dict()
    assert windows["revenue", "year"] == "year"
    assert windows["revenue", "quarter"] == "quarter"
    assert ("account_retention", "quarter") not in windows


def test_nothing_at_all_is_told_calmly():
    """A book of nobody's cuts has a row that says so; a panel of no measures has none."""
    panel = made_panel({"cut": [[0.0] * 8] * 6})
    table = lights(panel, kpis=[BY_NAME["accounts_cut"]])
    company = table[(table["dimension"] == COMPANY) & (table["against"] == "year")].iloc[0]
    assert company[["now", "before", "change", "light", "why"]].tolist() == [0, 0, 0, UNKNOWN, "few"]
    none = lights(panel, kpis=[BY_NAME["revenue"]])
    assert none.empty
    assert "light" in none
