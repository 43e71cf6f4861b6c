"""Accounts and minutes of each sales person, by hand."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.accounts import accounts
from crm_analysis.book import BookError, open_book
from crm_analysis.plan.workload import minutes_per_account
from crm_analysis.report.sentences import workload_said

DEMO = Path(__file__).parents[2] / "data" / "demo"
PEOPLE = [
    {"account_id": "A", "rep_id": "R1"},
    {"account_id": "B", "rep_id": "R1"},
    {"account_id": "C", "rep_id": "R2"},
    {"account_id": "D", "rep_id": "gone"},
    {"account_id": "E", "rep_id": None},
    {"account_id": "F", "rep_id": "never heard of"},
    {"account_id": "G", "rep_id": "tomorrow"},
]
ORDERS = [
    line("A", "2026-01-01", 10),
    line("C", "2026-01-01", 20),
    line("D", "2026-01-01", 40),
    line("E", "2020-05-05", 1),
]


def rep(rep_id: str, hours: float | None = 40, from_date: str = "2020-01-01", **more):
    return {"rep_id": rep_id, "hours_per_week": hours, "from_date": from_date, "to_date": None} | more


def table(*reps, people=PEOPLE, day=DAY) -> pd.DataFrame:
    book = small_book(ORDERS, people, reps=reps)
    return minutes_per_account(book, accounts(book, day), day).set_index("rep_id")


def test_minutes_by_hand():
    found = table(
        rep("R1", 40),
        rep("R2", 20, to_date="2026-09-30"),  # the last day still counts
        rep("idle", 10),
        rep("gone", 40, to_date="2026-09-29"),
        rep("tomorrow", 40, "2026-10-01"),
    )
    assert found.index.tolist() == ["R1", "R2", "idle", ""]
    assert found.accounts.tolist() == [2, 1, 0, 4]
    assert found.active.tolist() == [1, 1, 0, 1]
    assert found.revenue.tolist() == [10, 20, 0, 40]
    assert found.minutes_per_day[:2].tolist() == [240, 240]  # 40 h are 2400 minutes, 480 a day
    assert found.minutes_per_day_active[:2].tolist() == [480, 240]
    assert found.minutes_per_day[2:].isna().all()
    assert found.accounts.sum() == len(PEOPLE)


def test_a_person_who_changed_counts_with_the_latest_row_that_holds():
    found = table(
        rep("R1", 40, "2020-01-01", to_date="2025-12-31", team="east"),
        rep("R1", 20, "2026-01-01", team="west"),
        rep("R1", 5, "2027-01-01", team="north"),
        rep("R2", 30, "2025-01-01", team="new"),
        rep("R2", 40, "2020-01-01", team="old"),  # never ended in writing
    )
    assert found.loc["R1", ["hours_per_week", "team"]].tolist() == [20, "west"]
    assert found.accounts["R1"] == 2
    assert found.loc["R2", ["hours_per_week", "team"]].tolist() == [30, "new"]


def test_a_leaving_known_later_is_not_known_yet():
    history = [{"account_id": "A", "field": "rep_id", "value": "R1", "known_on": "2020-01-01"}]
    book = small_book(ORDERS, PEOPLE, reps=[rep("R1", to_date="2026-06-30")], account_history=history)
    then = dt.date(2026, 3, 31)
    found = minutes_per_account(book, accounts(book, then), then).set_index("rep_id")
    assert found.accounts["R1"] == 1
    assert minutes_per_account(book, accounts(book, DAY), DAY).rep_id.tolist() == [""]


def test_hours_that_are_missing_leave_minutes_unknown():
    found = table(rep("R1", None), rep("R2", 0))
    assert pd.isna(found.minutes_per_day["R1"])
    assert found.minutes_per_day["R2"] == 0
    assert found.accounts["R1"] == 2
    assert "at least 0 minutes" in workload_said(found.reset_index())


def test_nobody_works_here_any_more():
    found = table(rep("gone", to_date="2020-12-31"))
    assert found.index.tolist() == [""]
    assert found.accounts.tolist() == [len(PEOPLE)]
    assert workload_said(found.reset_index()) == "No sales person has an account."


def test_every_account_has_somebody():
    people = [{"account_id": name, "rep_id": "R1"} for name in "ACDE"]
    found = table(rep("R1"), people=people)
    assert found.index.tolist() == ["R1"]
    assert "Nobody" not in workload_said(found.reset_index())


def test_what_cannot_be_told_is_a_sentence():
    book = small_book(ORDERS, PEOPLE)
    with pytest.raises(BookError, match="no table 'reps'"):
        minutes_per_account(book, accounts(book, DAY), DAY)
    book = small_book(ORDERS, PEOPLE, reps=[{"rep_id": "R1", "from_date": "2020-01-01"}])
    with pytest.raises(BookError, match="no column 'hours_per_week'"):
        minutes_per_account(book, accounts(book, DAY), DAY)
    book = small_book(ORDERS, PEOPLE, reps=[rep("R1")])
    with pytest.raises(BookError, match="'rep_id'"):  # overwritten by its source, without a history
        minutes_per_account(book, accounts(book, "2026-06-30"), "2026-06-30")
    book = small_book(ORDERS, [{"account_id": name} for name in "ACDE"], reps=[rep("R1")])
    with pytest.raises(BookError, match="no column 'rep_id'"):
        minutes_per_account(book, accounts(book, DAY), DAY)


def test_the_demo_equals_a_count_of_its_files():
    book = open_book(DEMO)
    found = minutes_per_account(book, accounts(book, DAY), DAY).set_index("rep_id")
    people = pd.read_csv(DEMO / "reps.csv", dtype=str)
    here = set(people[(people.from_date <= str(DAY)) & (people.to_date.isna() | (people.to_date >= str(DAY)))].rep_id)
    count = Counter(
        name if name in here else "" for name in pd.read_csv(DEMO / "accounts.csv", dtype=str).rep_id.fillna("")
    )
    assert found.accounts[found.accounts > 0].to_dict() == dict(count)
    assert set(found.index) - {""} == here
    assert found.accounts.sum() == 250
