"""Every KPI against the same figure worked out by hand, and what holds of values whatever the book."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from five_accounts import five_accounts, five_panel
from hypothesis import given
from hypothesis import strategies as st
from panels import made_panel
from small_books import DAY, FEW

from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.definitions import BY_NAME, KPIS, missing
from crm_analysis.kpi.markets import market_shares
from crm_analysis.kpi.panel import Panel
from crm_analysis.kpi.values import COLUMNS, COMPANY, values
from crm_analysis.kpi.windows import KINDS, name_of, window


@pytest.fixture(scope="module")
def five() -> Panel:
    return five_panel()


def told(panel: Panel, kind: str = "year", by: str | None = None, quarter: str = "2026Q3") -> pd.DataFrame:
    frame = values(panel, kind, by, None if quarter != "2026Q3" else 1)
    return frame[frame["quarter"] == quarter].set_index(["kpi", "group"])


BY_HAND: dict[str, tuple[float, float]] = {
    # D was told goodbye on 2025-11-20
    "accounts_cut": (1, np.nan),
    # A and B are R1's, C is R2's; E has nobody, D ordered nothing
    "accounts_per_rep": (3, 2),
    # 30 + 20 of A, 10 of B, 25 of C, 15 of D; these and E, which ordered
    "minutes_per_account": (100, 5),
    # A 500 + 500, B 300 + 300 - 50, C 150, E 80
    "revenue": (1780, np.nan),
    "revenue_per_account": (1780, 4),
    # A 2 x 150, B 60 + 60 - 10, C 30; E's cost is not known
    "margin": (440, np.nan),
    "margin_per_account": (440, 4),
    "margin_rate": (440, 1700),
    # the year before: A 1,200, B 400, C 200, D 100
    "revenue_growth": (1780 - 1900, 1900),
    # D stopped, E began
    "account_growth": (0, 4),
    # two of A, one of B; orders are days: A 2, B 2, C 1, E 1, and the credit note is none
    "complaints_per_100_orders": (3, 6),
    # 10 and 4 days; the third is still open
    "resolution_days": (14, 2),
    # A 9 and 17, B 10 and 4, E 10
    "shipping_days": (50, 5),
    # promised: A 2, B 1, C 1, E 1; late: A's second, and C's, which is not shipped
    "on_time": (3, 5),
    # of 1,900: A keeps 1,000 of 1,200, B all 400, C 150, D nothing
    "gross_revenue_retention": (1550, 1900),
    # B brings 550 in place of 400; E was not there
    "net_revenue_retention": (1700, 1900),
    "account_retention": (3, 4),
    # A and B bought on two days, C and E on one
    "repurchase_rate": (2, 4),
    # A: one promoter, one detractor; B: a promoter; C: neither
    "nps": (0 + 1 + 0, 3),
    # A: one of two; B: 4 of 5 is one of the two best; C: 3 is not
    "csat": (0.5 + 1 + 0, 3),
    # D's person did not answer
    "response_rate": (4, 5),
    # A 1,000 of 2,000, C 150 of 600
    "share_of_wallet": (1150, 2600),
    # a fifth of four accounts, rounded up, is one: A
    "top_20_share": (1000, 1780),
    # C 25, D 15; by the year before both are Low
    "low_share_of_time": (40, 100),
    # ours: A's 30, B's; theirs: A's 20, D's; C's does not say
    "proactive_share": (2, 4),
    # B paid 120 days late, C's was written off; A paid in time, E is 45 days late
    "bad_account_share": (2, 4),
    # A's 500 after 20 days, B's 300 after 150
    "days_to_pay": (500 * 20 + 300 * 150, 800),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_kpi_of_five_accounts_is_what_a_hand_counts(five: Panel, name: str):
    row = told(five).loc[name, ""]
    numerator, denominator = BY_HAND[name]
    assert row["numerator"] == pytest.approx(numerator)
    assert row["denominator"] == pytest.approx(denominator, nan_ok=True)
    scale = {"nps": 100, "complaints_per_100_orders": 100}.get(name, 1)
    expected = numerator if np.isnan(denominator) else scale * numerator / denominator
    assert row["value"] == pytest.approx(expected)
    assert row["dimension"] == COMPANY


def test_market_share_of_five_accounts_is_what_a_hand_counts():
    row = market_shares(five_accounts(), DAY).iloc[-1]
    assert (row["our_sales"], row["market"], row["market_share"]) == (1600, 6400, 0.25)


def test_every_kpi_has_a_figure_by_hand():
    assert {*BY_HAND, "became_high", "market_share"} == set(BY_NAME)  # the one in test_becoming.py, the other above


def test_a_quarter_and_the_year_so_far_are_the_hands_sums(five: Panel):
    quarter, so_far = told(five, "quarter"), told(five, "to_date")
    assert quarter.loc["revenue", ""]["value"] == 500 + 80
    assert so_far.loc["revenue", ""]["value"] == 500 + 300 - 50 + 150 + 80
    # A's contact of the quarter is none; C's 25 minutes are
    assert quarter.loc["minutes_per_account", ""]["value"] == pytest.approx(25 / 3)
    assert set(quarter.reset_index()["window"]) == {"quarter"}


def test_groups_of_five_accounts_are_the_hands(five: Panel):
    by_class, office, team = told(five, by="segment"), told(five, by="sales_office"), told(five, by="team")
    found = by_class.loc["revenue"]["value"].to_dict()
    assert found == {"High": 1000, "Mid": 550, "Low": 150, "": 80}
    assert by_class.loc["margin_rate"].loc["Low", "value"] == pytest.approx(30 / 150)
    assert office.loc["revenue"]["value"].to_dict() == {"North": 1550, "South": 230}
    assert office.loc["on_time"]["value"].to_dict() == {"North": pytest.approx(2 / 3), "South": pytest.approx(1 / 2)}
    assert team.loc["accounts_per_rep"]["value"].to_dict() == {"operations centre": 2, "sales administration": 1}
    # a share of one class within one class says nothing
    assert "low_share_of_time" not in by_class.index.get_level_values("kpi")


def test_retention_of_revenue_is_that_of_the_published_definition():
    # start 10.0: 7.3 stays, 1.2 becomes .6, .9 is lost, .6 becomes 2.4; gross 8.5, net 10.3
    panel = made_panel({"revenue": [[7.3, 1.2, 0.9, 0.6]] + [[0.0] * 4] * 3 + [[7.3, 0.6, 0.0, 2.4]] + [[0.0] * 4] * 3})
    frame = told(panel)
    assert frame.loc["gross_revenue_retention", ""]["value"] == pytest.approx(0.85)
    assert frame.loc["net_revenue_retention", ""]["value"] == pytest.approx(1.03)


def test_growth_is_of_the_class_from_before_the_year_compared_with():
    # Low, then High, then next to nothing: that fall is of an account that was Low when both years began
    year = [0.0, 0.0, 0.0]
    quarters = [[each] for each in (100.0, *year, 2000.0, *year, 100.0, *year)]
    panel = made_panel({"revenue": quarters, "order_days": [[float(row[0] > 0)] for row in quarters]})
    frame = told(panel, by="segment")
    assert list(frame.loc["revenue_growth"].index) == ["Low"]
    assert list(frame.loc["account_retention"].index) == ["Low"]
    assert list(frame.loc["revenue_per_account"].index) == ["High"]


def test_a_rep_of_two_offices_counts_in_each_by_the_accounts_there():
    panel = made_panel(
        {"order_days": [[1.0] * 4] * 4, "revenue": [[1.0] * 4] * 4},
        groups={"rep": ["R", "R", "R", "S"]}, offices=["N", "N", "M", "M"],
    )  # fmt: skip
    frame = told(panel, "quarter", "sales_office").loc["accounts_per_rep"]
    assert frame["denominator"].to_dict() == {"N": pytest.approx(2 / 3), "M": pytest.approx(1 / 3 + 1)}
    assert told(panel, "quarter").loc["accounts_per_rep", ""]["value"] == 2


def test_an_account_told_goodbye_is_nobodys_though_it_still_orders():
    none, one = [0.0, 0.0], [0.0, 1.0]
    panel = made_panel(
        {"order_days": [[1.0, 1.0]] * 9, "revenue": [[1.0, 1.0]] * 9, "cut": [*[none] * 3, one, *[none] * 5]},
        groups={"rep": ["R", "R"]},
    )
    frame = values(panel, "quarter").query("kpi == 'accounts_per_rep'").set_index("quarter")["value"]
    # told in 2025Q2: not served in the year from then on, and afterwards again, if it still orders
    assert frame[["2025Q2", "2026Q1", "2026Q2"]].tolist() == [1, 1, 2]


def test_quarters_before_a_table_begins_have_no_row():
    panel = made_panel({"revenue": [[1.0, 2.0]] * 8, "contacts_said": [[np.nan] * 2] * 5 + [[3.0, 1.0]] * 3,
                        "contacts_ours": [[np.nan] * 2] * 5 + [[1.0, 0.0]] * 3})  # fmt: skip
    quarters = {kind: values(panel, kind).query("kpi == 'proactive_share'")["quarter"].tolist() for kind in KINDS}
    assert quarters == {"quarter": ["2026Q1", "2026Q2", "2026Q3"], "year": [],
                        "to_date": ["2026Q1", "2026Q2", "2026Q3"]}  # fmt: skip


def test_what_the_book_lacks_is_told_with_the_books_reason():
    panel = made_panel({"revenue": [[1.0]] * 4}, why={"margin": "The book has no costs."})
    table = missing(panel).set_index("kpi")["why"]
    assert table["margin"] == "The book has no costs."
    assert "on_time" in table["on_time"]
    assert "revenue" not in table
    assert set(values(panel)["kpi"]) == {"revenue"}


def test_a_book_of_orders_alone_has_values():
    made = made_panel({"revenue": [[5.0, 0.0]] * 8, "orders": [[1.0, 0.0]] * 8, "order_days": [[1.0, 0.0]] * 8})
    frame = told(made)
    assert {"revenue", "account_retention", "top_20_share"} <= set(frame.index.get_level_values("kpi"))
    assert frame.loc["top_20_share", ""]["value"] == 1


def test_wrong_questions_name_what_was_expected(five: Panel):
    with pytest.raises(UserError, match="one of quarter, year, to_date; found 'month'"):
        values(five, "month")
    with pytest.raises(UserError, match="told by segment, sales_office"):
        values(five, by="colour")
    with pytest.raises(BookError, match="region"):
        values(five, by="region")
    with pytest.raises(UserError, match="2024Q4 to 2026Q3; found '2030Q1'"):
        window(five, "year", "2030Q1")
    with pytest.raises(UserError, match="one quarter at least; found 0"):
        values(five, quarters=0)
    assert name_of(dt.date(2026, 12, 1)) == "2026Q4"


def random_panel(seed: int, many: int = 12, count: int = 10, **changes: Any) -> Panel:
    rng = np.random.default_rng(seed)
    days = rng.poisson(1.0, (count, many)).astype(float)
    revenue = np.round(days * rng.lognormal(4, 1, (count, many)), 2)
    margin = np.round(revenue * rng.uniform(0.1, 0.4, (count, many)), 2)
    due = rng.poisson(3.0, (count, many)).astype(float)
    measures = {"order_days": days, "orders": days, "revenue": revenue, "costed_revenue": revenue, "margin": margin,
                "due": due, "on_time": rng.binomial(due.astype(int), 0.8).astype(float),
                "complaints": rng.poisson(0.1, (count, many)).astype(float)}  # fmt: skip
    offices = rng.choice(["N", "M", ""], many)
    for name, change in changes.items():
        measures[name] = change(measures[name])
    return made_panel(measures, offices=list(offices))


@given(st.integers(0, 10_000))
@FEW
def test_law_groups_of_a_kpi_add_up_to_the_company(seed: int):
    made = random_panel(seed)
    whole, parts = told(made, "year"), values(made, "year", "sales_office", 1)
    sums = parts.groupby("kpi")[["numerator", "denominator", "accounts"]].sum(min_count=1)
    for name in set(sums.index) - {"top_20_share"}:  # the first fifth of each group is not that of the company
        row = whole.loc[name, ""]
        np.testing.assert_allclose(sums.loc[name].astype(float), row[sums.columns].astype(float), rtol=1e-9)


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
@FEW
def test_law_the_order_of_accounts_changes_nothing(seed: int, random: Any):
    made = random_panel(seed)
    order = list(range(len(made.account_id)))
    random.shuffle(order)
    turned = made_panel({name: rows[:, order] for name, rows in made.measures.items()},
                        groups={name: rows[:, order] for name, rows in made.groups.items()})  # fmt: skip
    one, two = (values(each, "quarter", "sales_office", 2) for each in (made, turned))
    pd.testing.assert_frame_equal(one, two, rtol=1e-9)


@given(st.integers(0, 10_000), st.sampled_from([0.5, 3.0, 1000.0]))
@FEW
def test_law_another_currency_scales_money_and_leaves_shares(seed: int, factor: float):
    scaled = dict.fromkeys(("revenue", "margin", "costed_revenue"), lambda table: factor * table)
    one, two = told(random_panel(seed)), told(random_panel(seed, **scaled))
    money = one.index.get_level_values("kpi").map(lambda name: BY_NAME[name].unit == "money")
    for column in ("value", "low", "high"):
        expected = one[column].where(~money, factor * one[column])
        np.testing.assert_allclose(two[column], expected, rtol=1e-9)


@given(st.integers(0, 10_000))
@FEW
def test_law_intervals_hold_the_value_and_shares_stay_shares(seed: int):
    frame = values(random_panel(seed), "quarter", "sales_office", 2).dropna(subset=["low"])
    assert (frame["low"] <= frame["value"] + 1e-9).all()
    assert (frame["value"] <= frame["high"] + 1e-9).all()
    share = frame[frame["kpi"].isin(["on_time", "top_20_share", "repurchase_rate"])]
    assert share[["low", "high"]].stack().between(0, 1).all()
    assert tuple(frame.columns) == COLUMNS


def test_the_frame_is_in_the_order_of_the_kpis_then_quarters(five: Panel):
    frame = values(five, "quarter", "sales_office")
    places = [kpi.name for kpi in KPIS]
    keys = [(places.index(row.kpi), row.quarter, row.group) for row in frame.itertuples()]
    assert keys == sorted(keys)
