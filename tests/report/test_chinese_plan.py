"""The plan and what-if pages in Chinese: no English word is left, whatever the book lacks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from english_left import english_left
from pages import table_of
from planned_company import company, sold
from small_books import DAY, line, small_book

from crm_analysis.book import Book, open_book
from crm_analysis.labels import code_said
from crm_analysis.labels.language import speaking
from crm_analysis.plan.treatment.rules import TEAMS
from crm_analysis.report.sentences.plan_words import class_said

PAGES = ("plan", "what_if")
DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def whole() -> Book:
    return company()


@pytest.fixture(scope="module")
def planned(whole: Book, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """What is left of English on the plan of a whole book, and the folder of its tables."""
    folder = tmp_path_factory.mktemp("chinese")
    return english_left("plan", whole, folder), folder / "plan"


def test_a_whole_plan_leaves_no_english(planned):
    assert planned[0] == []


def test_a_whole_what_if_leaves_no_english(whole, tmp_path):
    assert english_left("what_if", whole, tmp_path) == []


def test_codes_are_said_in_chinese(planned):
    """Words of the book's own values are no finding above; those that are codes of the program are no words here."""
    with speaking("zh-CN"):
        teams, classes = {code_said(team) for team in TEAMS}, {class_said(name) for name in ("High", "Mid", "Low")}
    actions, accounts = (table_of(planned[1], name) for name in ("actions", "accounts"))
    assert set(accounts["team"]) <= teams
    assert set(actions["team"]) <= teams
    assert set(accounts["class"].dropna()) == set(actions["class"].dropna()) == classes
    assert not any(word.isascii() for word in actions["recommended"])
    assert table_of(planned[1], "overrides")[["decision", "recommended"]].to_numpy().tolist() == [["保留", "内勤"]]
    assert any("2026年2月1日" in reason for reason in accounts["reason"])


def test_moves_between_tiers_and_other_proposals_leave_no_english(whole, tmp_path):
    given: dict[str, Any] = {"moves": "small>medium: 2; medium>big: 1", "quarters": 2, "small_order_price": 20.0}
    assert english_left("what_if", whole, tmp_path, **given) == []


def bare(many: int, months: int) -> Book:
    rows = sold(many, months)
    return small_book([{name: row[name] for name in ("account_id", "ordered_on", "revenue")} for row in rows])


def telling_little() -> Book:
    """Contacts that tell neither minutes nor who began them, an invoice, hours of nobody."""
    rows = sold(12, 30)
    return small_book(
        rows,
        interactions=[
            {"account_id": "A001", "happened_on": DAY - dt.timedelta(days=300), "minutes": None, "initiated_by": None,
             "channel": "visit", "purpose": None, "cost": None}
        ],
        invoices=[
            {"invoice_id": "I1", "account_id": "A001", "issued_on": DAY - dt.timedelta(days=30), "amount": 10.0,
             "due_on": DAY, "paid_on": None}
        ],
        reps=[{"rep_id": "R1", "name": "R1", "team": None, "hours_per_week": None, "from_date": "2018-01-01"}],
        decisions=[{"account_id": "A001", "decided_on": dt.date(2026, 8, 1), "action": "keep", "recommended": None}],
    )  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "book",
    [
        lambda: bare(12, 48),
        lambda: bare(12, 30),
        lambda: small_book([line("A", "2026-08-01", 10)]),
        lambda: small_book([line("A", "2023-08-01", 10)]),
        lambda: small_book([], [{"account_id": "A"}]),
        telling_little,
    ],
    ids=("no costs", "thirty months", "one order", "an old order", "no order", "contacts that tell little"),
)
def test_a_poor_book_leaves_no_english(book, page, tmp_path):
    assert english_left(page, book(), tmp_path) == []


@pytest.mark.slow
def test_the_demo_company_leaves_no_english(tmp_path):
    book = open_book(DEMO)
    assert [words for page in PAGES for words in english_left(page, book, tmp_path)] == []
