"""Opportunities and what accounts said of their demand, by hand; on two days, in one look."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
from small_books import DAY, line, small_book

from crm_analysis.features.market import demand, pipeline
from crm_analysis.features.windows import Landmark, Marks

QUARTER = dt.date(2026, 6, 30)
IDS = ["A", "B", "C"]
MARKS = Marks((Landmark.of(QUARTER), Landmark.of(DAY)), pa.array(IDS), dt.date(2020, 1, 1), np.zeros(3, dtype=np.int64))


def deal(name: str | None, opened: str, closed: str | None, outcome: str | None = None) -> dict[str, Any]:
    return {"account_id": name, "opened_on": opened, "closed_on": closed, "outcome": outcome}


def book_of_deals(*deals: dict[str, Any]) -> Any:
    numbered = [{"opportunity_id": str(place)} | deal for place, deal in enumerate(deals)]
    return small_book([line("A", "2026-01-01", 1)], opportunities=numbered)


def test_open_and_won_opportunities_by_hand():
    book = book_of_deals(
        deal("A", "2020-01-01", None),
        deal("A", "2026-06-30", "2026-09-30", "Won"),  # open on the first day, won on the second
        deal("A", "2025-01-01", "2025-06-30", "won"),  # a year before the first
        deal("A", "2025-01-01", "2025-07-01", "won"),
        deal("B", "2026-07-01", None),
        deal("B", "2026-01-01", "2026-02-01", "lost"),
        deal("B", "2026-01-01", "2026-02-01", None),
        deal(None, "2026-01-01", None),
        deal("nobody", "2026-01-01", None),
    )
    quarter, now = pipeline(book, MARKS)
    assert quarter["pipeline_open"].tolist() == [2, 0, 0]
    assert now["pipeline_open"].tolist() == [1, 1, 0]
    assert quarter["pipeline_won"].tolist() == [1, 0, 0]
    assert now["pipeline_won"].tolist() == [1, 0, 0]


def test_opportunities_that_begin_late_are_brought_to_a_year_or_unknown():
    book = book_of_deals(deal("A", "2026-07-01", "2026-08-01", "won"), deal("B", "2026-08-01", None))
    quarter, now = pipeline(book, MARKS)
    assert np.isnan([*quarter["pipeline_open"], *quarter["pipeline_won"]]).all()  # nobody can say that there were none
    assert now["pipeline_open"].tolist() == [0, 1, 0]
    assert now["pipeline_won"].tolist() == [365 / 92, 0, 0]


def test_without_outcomes_only_what_is_open_is_told():
    rows = [{"opportunity_id": "1", "account_id": "C", "opened_on": "2026-01-01", "closed_on": None}]
    book = small_book([line("A", "2026-01-01", 1)], opportunities=rows)
    assert [list(found) for found in pipeline(book, MARKS)] == [["pipeline_open"]] * 2


def test_demand_is_as_each_account_last_told_it_within_two_years():
    def asked(name: str, day: str, amount: int | None, growth: float | None = None) -> dict[str, Any]:
        return {"account_id": name, "surveyed_on": day, "annual_demand": amount, "demand_growth": growth}

    rows = [
        asked("A", "2025-01-01", 100, 0.1),
        asked("A", "2026-06-30", 200, None),
        asked("A", "2026-09-30", None, 0.3),
        asked("B", "2024-07-01", 50, -0.5),  # two years before the second day is 2024-09-30
        asked("C", "2026-07-01", 10, 0.2),
        asked("C", "2026-07-01", 30, 0.4),  # the mean of a day
        asked("C", "2026-10-01", 999, 9.0),
    ]
    book = small_book([line("A", "2026-01-01", 1)], market_surveys=rows, extracted_on=dt.date(2026, 12, 31))
    quarter, now = demand(book, MARKS)
    np.testing.assert_array_equal(quarter["annual_demand"], [200, 50, np.nan])
    np.testing.assert_array_equal(now["annual_demand"], [200, np.nan, 20])
    np.testing.assert_allclose(quarter["demand_growth"], [0.1, -0.5, np.nan])
    np.testing.assert_allclose(now["demand_growth"], [0.3, np.nan, 0.3])
    few = [{"account_id": "A", "surveyed_on": "2026-01-01", "demand_growth": 0.5}]
    book = small_book([line("A", "2026-01-01", 1)], market_surveys=few)
    assert [list(found) for found in demand(book, MARKS)] == [["demand_growth"]] * 2
