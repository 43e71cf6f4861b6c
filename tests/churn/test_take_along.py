"""What each sales person would take along, by hand, against the accounts, and where the book tells less."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.accounts import accounts
from crm_analysis.book import Book, BookError, book_of, open_book
from crm_analysis.churn.take_along import TakeAlong, take_along

DEMO = Path(__file__).parents[2] / "data" / "demo"
PEOPLE = [
    {"account_id": "A", "name": "Alder", "rep_id": "R1"},
    {"account_id": "B", "name": "Birch", "rep_id": "R1"},
    {"account_id": "C", "name": "Cedar", "rep_id": "R2"},
    {"account_id": "D", "name": "Dogwood", "rep_id": None},
    {"account_id": "E", "name": "Elm", "rep_id": "R1"},  # has not ordered for long
]
ORDERS = [
    line("A", "2026-01-01", 60, cost=40),
    line("B", "2026-01-01", 20, cost=15),
    line("C", "2026-01-01", 15, cost=5),
    line("D", "2026-01-01", 5, cost=5),
    line("E", "2020-05-05", 900, cost=1),
]
TABLES: dict[str, list[dict[str, Any]]] = {
    "summaries": [
        {"account_id": "A", "rep_id": "R1", "written_on": "2025-09-30"},  # a day too old
        {"account_id": "C", "rep_id": "R1", "written_on": "2025-10-01"},  # not the person's own, and counts
        {"account_id": "C", "rep_id": "R2", "written_on": "2024-01-01"},
        {"account_id": "B", "rep_id": "R1", "written_on": "2026-10-01"},  # after the day
    ],
    "contacts": [
        {"contact_id": "P1", "account_id": "B", "known_since": "2021-01-01"},
        {"contact_id": "P2", "account_id": "B", "known_since": "2022-01-01"},
        {"contact_id": "P3", "account_id": "A", "known_since": "2026-10-01"},
    ],
    "interactions": [
        *({"account_id": "A", "rep_id": "R1", "happened_on": f"2026-0{month}-01"} for month in (1, 2, 3)),
        *({"account_id": "B", "rep_id": rep, "happened_on": "2026-03-01"} for rep in ("R1", "R1", "R1", "R9")),
        {"account_id": "C", "rep_id": "R2", "happened_on": "2026-03-01"},
        {"account_id": "C", "rep_id": "R2", "happened_on": "2026-04-01"},
        {"account_id": "C", "rep_id": "R9", "happened_on": "2025-09-30"},  # before the year
        {"account_id": "D", "rep_id": "R1", "happened_on": "2026-03-01"},
        *({"account_id": "E", "rep_id": "R1", "happened_on": "2026-03-01"} for _ in range(5)),
    ],
    "reps": [
        {"rep_id": "R1", "name": "Ann", "team": "old", "from_date": "2019-01-01", "to_date": "2020-12-31"},
        {"rep_id": "R1", "name": "Ann", "team": "east", "from_date": "2021-01-01", "to_date": None},
        {"rep_id": "R2", "name": "Bob", "team": "west", "from_date": "2019-01-01", "to_date": "2026-09-29"},
    ],
}


@pytest.fixture(scope="module")
def book() -> Book:
    return made(TABLES)


def made(tables: Mapping[str, Any], **more: Any) -> Book:
    return small_book(more.pop("orders", ORDERS), more.pop("people", PEOPLE), **tables)


def taken(book: Book, day: Any = DAY) -> TakeAlong:
    return take_along(book, accounts(book, day), day)


def test_each_account_by_hand(book):
    found = taken(book).accounts.set_index("account_id")
    assert found.index.tolist() == ["A", "B", "C", "D", "E"]  # by revenue of the year, then account_id
    assert found.rep_id.tolist() == ["R1", "R1", "R2", "nobody", "R1"]
    assert found.no_summary.to_dict() == {"A": True, "B": True, "C": False, "D": True, "E": True}
    assert found.last_summary["C"] == pd.Timestamp("2025-10-01")
    assert found.contacts.tolist() == [0, 2, 0, 0, 0]
    assert found.undocumented.to_dict() == {"A": True, "B": False, "C": False, "D": True, "E": True}
    assert found.interactions.tolist() == [3, 4, 2, 1, 5]
    assert found.own_share[:3].tolist() == [1, 0.75, 1]
    assert pd.isna(found.own_share["D"])  # nobody's
    assert found.sole.to_dict() == {"A": True, "B": False, "C": False, "D": False, "E": True}  # of C two are too few


def test_each_sales_person_by_hand(book):
    found = taken(book).reps
    assert found.rep_id.tolist() == ["R1", "R2", "nobody"]
    assert found.name[:2].tolist() == ["Ann", "Bob"]
    assert found.team[:2].tolist() == ["east", "west"]
    assert found.departed[:2].tolist() == [False, True]
    assert pd.isna(found.departed[2])
    assert found.accounts.tolist() == [3, 1, 1]
    assert found.active.tolist() == [2, 1, 1]
    assert found.revenue.tolist() == [80, 15, 5]
    assert found.revenue_share.tolist() == pytest.approx([0.8, 0.15, 0.05])
    assert found.margin.tolist() == [25, 10, 0]
    assert found.margin_share.tolist() == pytest.approx([25 / 35, 10 / 35, 0])
    # E has not ordered within the year: nothing of it is counted
    assert found.without_summary.tolist() == [2, 0, 1]
    assert found.without_contact.tolist() == [1, 1, 1]
    assert found.undocumented_accounts.tolist() == [1, 0, 1]
    assert found.revenue_undocumented.tolist() == [60, 0, 5]
    assert found.sole_accounts.tolist() == [1, 0, 0]
    assert found.revenue_sole.tolist() == [60, 0, 0]
    assert taken(book).missing.empty


def test_a_person_is_departed_from_the_day_after_the_last_one(book):
    reps = [row | {"to_date": "2026-09-30"} if row["rep_id"] == "R2" else row for row in TABLES["reps"]]
    assert taken(made(TABLES | {"reps": reps})).reps.departed[1] == False  # noqa: E712 -- it is a pandas value
    unknown = taken(made(TABLES | {"reps": reps[:2]})).reps
    assert unknown.rep_id[1] == "R2"
    assert pd.isna(unknown.departed[1])
    assert pd.isna(unknown.name[1])


@pytest.mark.parametrize(
    ("without", "columns", "unlocks"),
    [
        (
            "summaries",
            {"without_summary", "undocumented_accounts", "revenue_undocumented"},
            "which accounts nobody has written",
        ),
        (
            "contacts",
            {"without_contact", "undocumented_accounts", "revenue_undocumented"},
            "which accounts we know nobody at",
        ),
        ("interactions", {"sole_accounts", "revenue_sole"}, "which accounts only one of our people speaks with"),
        ("reps", {"name", "team", "departed"}, "the names of our people"),
    ],
)
def test_what_the_book_lacks_is_a_column_less_and_a_sentence(book, without, columns, unlocks):
    whole, less = taken(book), taken(made({name: rows for name, rows in TABLES.items() if name != without}))
    assert set(whole.reps) - set(less.reps) == columns
    pd.testing.assert_frame_equal(less.reps, whole.reps[less.reps.columns])
    assert less.missing.why.tolist() == [book_sentence(without)]
    assert less.missing.unlocks[0].startswith(unlocks)


def book_sentence(table: str) -> str:
    return str(small_book(ORDERS, PEOPLE).why_not(table))


def test_a_table_without_the_column_says_which():
    rows = [{key: value for key, value in row.items() if key != "rep_id"} for row in TABLES["interactions"]]
    found = taken(made(TABLES | {"interactions": rows}))
    assert found.missing.why.tolist() == ["The book's table 'interactions' has no column 'rep_id'."]
    reps = [{"rep_id": "R1", "name": "Ann"}]
    found = taken(made(TABLES | {"reps": reps}))
    assert found.reps.name[0] == "Ann"
    assert "departed" not in found.reps
    assert found.missing.why.tolist() == ["The book's table 'reps' has no column 'to_date'."]


def test_a_book_of_two_tables_tells_accounts_and_money():
    book = small_book([{k: v for k, v in row.items() if k != "cost"} for row in ORDERS], PEOPLE)
    found = taken(book)
    assert found.reps.columns.tolist() == ["rep_id", "accounts", "active", "revenue", "revenue_share"]
    assert len(found.missing) == 4


def test_whose_an_account_was_may_be_unknown(book):
    with pytest.raises(BookError, match=r"Column 'rep_id' of 'accounts' is overwritten.*2026-06-30"):
        taken(book, "2026-06-30")
    with pytest.raises(BookError, match="no column 'rep_id'"):
        taken(small_book(ORDERS))
    history = [
        {"account_id": name, "field": "rep_id", "value": rep, "known_on": "2020-01-01"}
        for name, rep in (("A", "R2"), ("C", "R2"))
    ]
    then = taken(made(TABLES | {"account_history": history}), "2026-06-30")
    assert then.reps.accounts.to_dict() == {0: 2, 1: 3}
    assert then.reps.departed[0] == False  # noqa: E712 -- that R2 would leave was not known yet
    assert then.accounts.interactions.sum() == 15 + 1  # the year then holds the contact of 2025-09-30


def test_no_revenue_has_no_shares():
    found = taken(small_book([line("A", "2026-01-01", 10), line("B", "2026-01-01", -10)], PEOPLE[:2])).reps
    assert found.revenue.tolist() == [0]
    assert found.revenue_share.isna().all()


def test_the_demo_adds_up_to_its_accounts():
    book = open_book(DEMO)
    frame = accounts(book, DAY)
    found = take_along(book, frame, DAY)
    assert found.reps.accounts.sum() == len(frame) == len(found.accounts)
    assert found.reps.active.sum() == frame.active.sum()
    for money in ("revenue", "margin"):
        assert found.reps[money].sum() == pytest.approx(frame[money].sum(), abs=1e-6)
        assert found.reps[f"{money}_share"].sum() == pytest.approx(1)
    assert (found.reps.undocumented_accounts <= found.reps[["without_summary", "without_contact"]].min(axis=1)).all()
    calls = pd.read_csv(DEMO / "interactions.csv", dtype=str)
    calls = calls[(calls.happened_on > "2025-09-30") & (calls.happened_on <= "2026-09-30")]
    assert found.accounts.interactions.sum() == len(calls)
    owner = pd.read_csv(DEMO / "accounts.csv", dtype=str).set_index("account_id").rep_id
    own = (calls.rep_id == calls.account_id.map(owner)).groupby(calls.account_id).agg(["all", "size"])
    assert set(found.accounts[found.accounts.sole].account_id) == set(own[own["all"] & (own["size"] >= 3)].index)


def test_the_order_of_rows_changes_nothing(book):
    def shuffled(rows: list[Any], seed: int) -> pd.DataFrame:
        return pd.DataFrame(rows).sample(frac=1, random_state=seed)

    frame = accounts(book, DAY)
    whole = taken(book)
    again = take_along(book, frame.sample(frac=1, random_state=3), DAY)
    pd.testing.assert_frame_equal(again.reps, whole.reps)
    pd.testing.assert_frame_equal(again.accounts, whole.accounts)
    orders = [{"line_id": f"L{place}"} | row for place, row in enumerate(ORDERS)]
    people = [{"known_since": "2020-01-01"} | row for row in PEOPLE]
    frames = {name: shuffled(rows, 7) for name, rows in (TABLES | {"orders": orders, "accounts": people}).items()}
    other = taken(book_of(frames, DAY))
    pd.testing.assert_frame_equal(other.reps, whole.reps)
    pd.testing.assert_frame_equal(other.accounts, whole.accounts)
