"""Targets against figures: by hand, of which the latest set counts, and only what was set by the day."""

from __future__ import annotations

import pandas as pd
import pytest
from panels import made_panel
from small_books import line, small_book

from crm_analysis.errors import BookError
from crm_analysis.kpi.comparison.targets import AHEAD, CLOSE, MISSED, REACHED, UNTOLD, targets
from crm_analysis.kpi.values import values


def panel():
    """Six accounts in two offices of two regions, of one order of 100 each quarter; 10 more for everyone at the end."""
    flat = [[1.0] * 6] * 9
    revenue = [[100.0, 100, 100, 100, 400, 400]] * 8 + [[110.0, 110, 110, 110, 410, 410]]
    complaints = [[0.0] * 6] * 8 + [[1.0, 0, 0, 1, 0, 0]]
    return made_panel(
        {"revenue": revenue, "orders": flat, "order_days": flat, "complaints": complaints},
        offices=["Gent", "Gent", "Gent", "Lyon", "Lyon", "Lyon"],
        groups={"region": ["North", "North", "North", "South", "South", "South"]},
    )


def told(*rows: dict) -> pd.DataFrame:
    made = [{"segment": None, "quarter": "2026Q3", "set_on": "2026-06-30"} | row for row in rows]
    book = small_book(
        [line("A0", "2026-09-01", 1)], targets=[row | {"set_on": pd.Timestamp(row["set_on"])} for row in made]
    )
    return targets(book, panel())


def one(**row) -> pd.Series:
    return told(row).iloc[0]


def test_sums_are_reached_or_missed_by_hand():
    assert one(kpi="revenue", target=1260)[["dimension", "value", "gap", "state"]].tolist() == [
        "company",
        1260,
        0,
        REACHED,
    ]
    missed = one(kpi="revenue", target=1261)
    assert missed[["gap", "state", "why"]].tolist() == [-1, MISSED, ""]


@pytest.mark.parametrize(
    ("word", "dimension", "group", "value"),
    [
        ("North", "region", "North", 330),
        (" lyon ", "sales_office", "Lyon", 930),
        ("High", "segment", "High", 820),
        ("Mid", "segment", "Mid", 440),
        ("", "company", "", 1260),
    ],
)
def test_a_word_names_a_class_a_region_or_an_office(word, dimension, group, value):
    found = one(kpi="revenue", segment=word, target=1)
    assert found[["dimension", "group", "value"]].tolist() == [dimension, group, value]


def test_an_estimate_near_its_target_is_too_close_to_tell():
    frame = values(panel(), "quarter")
    own = frame[(frame["kpi"] == "complaints_per_100_orders") & (frame["quarter"] == "2026Q3")].iloc[0]
    assert own["value"] == pytest.approx(100 * 2 / 6)
    for target, state in (
        (own["high"] + 1, REACHED),
        (own["high"] - 1, CLOSE),
        (own["low"] + 1, CLOSE),
        (own["low"] - 1, MISSED),
    ):
        found = one(kpi="complaints_per_100_orders", target=target)
        assert found["state"] == state
        assert (found["value"], found["low"], found["high"]) == pytest.approx((own["value"], own["low"], own["high"]))


def test_the_latest_that_was_set_by_the_day_counts():
    """Of targets for June's quarter, that of June counts, and that of July is not known at its end."""
    days = ("2026-05-01", "2026-06-01", "2026-07-15")
    rows = [
        {"kpi": "revenue", "segment": None, "quarter": "2026Q2", "target": number, "set_on": pd.Timestamp(day)}
        for number, day in enumerate(days)
    ]
    book = small_book([line("A0", "2026-06-01", 1)], targets=rows)
    flat = {"revenue": [[1.0]] * 9, "order_days": [[1.0]] * 9}
    for last, target in (("2026Q2", 1), ("2026Q3", 2)):
        found = targets(book, made_panel(flat, last=last))
        assert found[["target", "set_on"]].values.tolist() == [[target, pd.Timestamp(days[target])]]


def test_what_cannot_be_told_says_why():
    assert one(kpi="happiness", target=1)[["state", "why"]].tolist() == [UNTOLD, "kpi"]
    assert one(kpi="revenue", segment="Atlantis", target=1)[["state", "why"]].tolist() == [UNTOLD, "group"]
    assert one(kpi="on_time", target=1)[["state", "why"]].tolist() == [UNTOLD, "value"]
    assert one(kpi="revenue", quarter="2019Q1", target=1)[["state", "why"]].tolist() == [UNTOLD, "value"]
    assert one(kpi="account_growth", target=1)[["state", "why"]].tolist() == [UNTOLD, "direction"]
    assert one(kpi="revenue", quarter="2026q4", target=1)["state"] == AHEAD
    with pytest.raises(BookError, match="no target"):
        one(kpi="revenue", quarter="next year", target=1)
    with pytest.raises(BookError, match="targets"):
        targets(small_book([line("A0", "2026-09-01", 1)]), panel())


def test_a_kpi_of_years_is_held_against_the_year():
    found = one(kpi="account_retention", target=0.5)
    assert found[["window", "value"]].tolist() == ["year", 1.0]
