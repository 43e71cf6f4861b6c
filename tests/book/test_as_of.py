"""What was known on a day. The test that matters: scramble the future, and every table of the past stays equal."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import whole_contract as whole
from folders import book_folder, folder
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.accounts import accounts
from crm_analysis.book import Book, BookError, book_of, open_book
from crm_analysis.book.contract import CONTRACT

CUT = dt.date(2024, 3, 15)


def rows(book: Book, table: str) -> pd.DataFrame:
    frame = book.table(table).execute()
    return frame.sort_values(list(frame.columns), key=lambda cells: cells.astype(str)).reset_index(drop=True)


def assert_same(one: Book, other: Book) -> None:
    for table in one.tables:
        pd.testing.assert_frame_equal(rows(one, table), rows(other, table), obj=table)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("without", [(), ("account_history", "stage_changes")], ids=["with history", "without history"])
def test_scrambling_everything_after_a_day_changes_nothing_before(seed, without):
    rng = np.random.default_rng(seed)
    before = whole.frames(rng, CUT)
    after = whole.scrambled(before, CUT, rng)
    for name in without:
        del before[name], after[name]
    one, other = (book_of(frames, whole.EXTRACT) for frames in (before, after))
    assert set(one.tables) == set(CONTRACT) - set(without)
    for name in one.tables:
        assert set(one.whole[name].columns) == set(CONTRACT[name].names)
        with pytest.raises(AssertionError):  # the scrambling reaches every table
            pd.testing.assert_frame_equal(rows(one, name), rows(other, name))
    assert_same(one.as_of(CUT), other.as_of(CUT))
    pd.testing.assert_frame_equal(accounts(one, CUT), accounts(other, CUT))


def test_the_scramble_test_would_notice_each_column():
    """Were `as_of` to pass a settling or overwritten column through, the scrambled book would differ."""
    rng = np.random.default_rng(5)
    before = whole.frames(rng, CUT)
    after = whole.scrambled(before, CUT, rng)
    for table in CONTRACT.values():
        merged = before[table.name].merge(after[table.name], on=list(table.key)) if table.key else None
        for column in table:
            if merged is None or column.nature == "fixed" or f"{column.name}_x" not in merged:
                continue
            early = (
                merged[f"{table.known_at}_x"] <= CUT
                if f"{table.known_at}_x" in merged
                else merged[table.known_at] <= CUT
            )
            one, other = (merged.loc[early, f"{column.name}{end}"].astype(str) for end in ("_x", "_y"))
            assert (one != other).any(), f"{table.name}.{column.name} was not scrambled"


@pytest.mark.slow
def test_every_table_of_the_contract_goes_through_the_intake(tmp_path):
    frames = whole.frames(np.random.default_rng(4), CUT)
    frames["accounts"]["known_since"] = whole.FIRST
    # what chance would break: one currency, no void line, scores on their scale, terms that last a day
    frames["orders"] = frames["orders"].assign(currency="EUR", state="valid")
    frames["surveys"] = frames["surveys"].assign(score=5, scale_min=0, scale_max=10)
    frames["contracts"]["ends_on"] = frames["contracts"]["starts_on"]
    frames["reps"]["to_date"] = frames["reps"]["from_date"]
    files = {f"{name}_csv": frame.to_csv(index=False) for name, frame in frames.items()}
    toml = f"extracted_on = {whole.EXTRACT}\n"
    opened = open_book(folder(tmp_path / "b", book_toml=toml, **files))
    assert opened.check.exit_code == 0
    assert opened.tables == tuple(CONTRACT)
    assert {name for name, table in opened.whole.items() if set(table.columns) != set(CONTRACT[name].names)} == set()
    made = book_of(frames, whole.EXTRACT)
    assert_same(opened.as_of(CUT), made.as_of(CUT))


FRAMES = {
    "accounts": pd.DataFrame(
        {
            "account_id": ["A", "B", "C"],
            "stage": ["partner", "partner", "contact"],
            "employees": [9, 8, 7],
            "rep_id": ["R9", "R9", "R9"],
            "known_since": ["2024-01-01", "2024-02-01", None],
        }
    ),
    "account_history": pd.DataFrame(
        {
            "account_id": ["A", "A", "A", "B"],
            "field": ["stage", "stage", "employees", "stage"],
            "value": ["contact", "engaged", "5", "prospect"],
            "known_on": ["2024-01-01", "2024-03-01", "2024-01-15", "2024-04-01"],
        }
    ),
    "orders": pd.DataFrame(
        {
            "line_id": ["1", "2", "3"],
            "account_id": ["A", "A", "B"],
            "ordered_on": ["2024-01-05", "2024-02-05", "2024-03-05"],
            "revenue": [1, 2, 3],
            "shipped_on": ["2024-01-20", None, "2024-07-01"],
            "promised_on": ["2024-09-01"] * 3,
            "state": ["void", "valid", "valid"],
        }
    ),
    "opportunities": pd.DataFrame(
        {
            "opportunity_id": ["P"],
            "opened_on": ["2024-01-01"],
            "amount": [900],
            "closed_on": ["2024-05-01"],
            "outcome": ["won"],
            "expected_close": ["2024-06-01"],
        }
    ),
    "stage_changes": pd.DataFrame(
        {
            "opportunity_id": ["P", "P"],
            "stage": ["offer", "talks"],
            "amount": [500, 700],
            "entered_on": ["2024-01-10", "2024-04-10"],
        }
    ),
}


@pytest.fixture(scope="module")
def small() -> Book:
    return book_of(FRAMES, "2024-06-30")


def cells(book: Book, table: str, *columns: str) -> list[tuple[object, ...]]:
    frame = book.table(table).order_by(CONTRACT[table].key[0]).execute()
    found = frame[list(columns)].itertuples(index=False)
    return [tuple(None if pd.isna(cell) else str(cell)[:10].removesuffix(".0") for cell in row) for row in found]


def test_rows_known_later_are_gone_and_the_day_itself_counts(small):
    assert cells(small.as_of("2024-02-05"), "orders", "line_id") == [("1",), ("2",)]
    assert cells(small.as_of("2024-02-04"), "orders", "line_id") == [("1",)]
    assert small.as_of("2020-01-01").table("orders").count().execute() == 0


def test_rows_without_a_date_are_known_from_the_extract(small):
    assert cells(small.as_of("2024-06-29"), "accounts", "account_id") == [("A",), ("B",)]
    assert cells(small.as_of("2024-06-30"), "accounts", "account_id") == [("A",), ("B",), ("C",)]


def test_values_that_settle_later_are_unknown_before(small):
    shipped = {
        day: cells(small.as_of(day), "orders", "shipped_on") for day in ("2024-01-19", "2024-01-20", "2024-06-30")
    }
    assert shipped["2024-01-19"] == [(None,)]
    assert shipped["2024-01-20"] == [("2024-01-20",)]
    # shipped after the extract: planned, not done, and so it stays on any later day
    assert shipped["2024-06-30"] == [("2024-01-20",), (None,), (None,)]
    assert cells(small.as_of("2030-01-01"), "orders", "shipped_on") == shipped["2024-06-30"]
    assert cells(small.as_of("2024-04-30"), "opportunities", "outcome", "closed_on") == [(None, None)]
    assert cells(small.as_of("2024-05-01"), "opportunities", "outcome", "closed_on") == [("won", "2024-05-01")]
    assert cells(small.as_of("2024-01-19"), "orders", "promised_on") == [("2024-09-01",)]  # a promise is known at once


def test_overwritten_columns_come_from_their_history(small):
    assert cells(small.as_of("2024-02-29"), "accounts", "account_id", "stage", "employees") == [
        ("A", "contact", "5"),
        ("B", None, None),
    ]
    assert cells(small.as_of("2024-04-01"), "accounts", "stage") == [("engaged",), ("prospect",)]
    assert cells(small.as_of("2024-06-30"), "accounts", "stage") == [("partner",), ("partner",), ("contact",)]
    assert cells(small.as_of("2024-01-09"), "opportunities", "amount") == [(None,)]
    assert cells(small.as_of("2024-04-09"), "opportunities", "amount") == [("500.0000",)]
    assert cells(small.as_of("2024-04-10"), "opportunities", "amount") == [("700.0000",)]
    assert cells(small.as_of("2024-06-30"), "opportunities", "amount") == [("900.0000",)]


def test_overwritten_columns_without_history_are_barred_with_a_sentence(small):
    then = small.as_of("2024-05-01")
    assert "rep_id" not in then.table("accounts").columns
    assert not then.has("accounts", "rep_id")
    assert then.why_not("accounts", "rep_id") == (
        "Column 'rep_id' of 'accounts' is overwritten by its source and no dated history reaches back to 2024-05-01, "
        "so its value then is not known (the book was extracted on 2024-06-30; "
        "if it was the same then, unchanged_since in book.toml may say so)."
    )
    with pytest.raises(BookError, match="Column 'state' of 'orders' is overwritten"):
        then.need("orders", "state")
    assert not then.has("opportunities", "expected_close")
    assert small.as_of("2024-06-30").has("accounts", "rep_id")


def test_a_history_that_begins_later_does_not_show(small):
    assert not small.as_of("2024-01-14").has("accounts", "employees")
    assert small.as_of("2024-01-15").has("accounts", "employees")


def test_missing_tables_and_columns_are_said(small):
    assert (
        small.why_not("complaints") == "The book has no table 'complaints', which unlocks satisfaction, churn drivers."
    )
    assert small.why_not("ordres") == "There is no table 'ordres' in the contract; did you mean 'orders'?"
    assert small.why_not("orders", "cost") == "The book's table 'orders' has no column 'cost'."
    with pytest.raises(BookError, match="no table 'complaints'"):
        small.table("complaints")


@pytest.mark.parametrize("given_", ["2024-13-01", "30.09.2024", "", None, 20240930, dt.datetime(2024, 1, 1, 12)])
def test_what_is_no_day(small, given_):
    with pytest.raises(BookError, match=r"expected (a date )?such as 2026-09-30"):
        small.as_of(given_)


days = st.dates(dt.date(2023, 12, 1), dt.date(2024, 8, 1))


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(a=days, b=days)
def test_going_back_twice_is_going_back_to_the_earlier_day(small, a, b):
    twice, once = small.as_of(a).as_of(b), small.as_of(min(a, b))
    assert twice.day == once.day == min(a, b)
    assert_same(twice, once)
    assert_same(once.as_of(min(a, b)), once)


@settings(max_examples=6, deadline=None)
@given(a=days, b=days)
def test_a_later_day_knows_no_fewer_rows_and_no_settled_value_less(small, a, b):
    early, late = small.as_of(min(a, b)), small.as_of(max(a, b))
    for table, key in (("accounts", "account_id"), ("orders", "line_id"), ("account_history", "known_on")):
        assert set(early.table(table)[key].execute()) <= set(late.table(table)[key].execute())
    shipped = [book.table("orders").shipped_on.count().execute() for book in (early, late)]
    assert shipped[0] <= shipped[1]


def test_a_timestamp_late_in_the_day_belongs_to_the_day(tmp_path):
    orders = "account_id,ordered_on,revenue\nA1,2024-01-31 23:59:59,1\nA1,2024-02-01T00:00:00,2\n"
    book = open_book(book_folder(tmp_path / "b", orders_csv=orders))
    assert book.as_of("2024-01-31").table("orders").revenue.sum().execute() == 1
    assert book.as_of("2024-02-01").table("orders").revenue.sum().execute() == 3


def test_a_book_of_frames_takes_missing_cells_and_refuses_strange_ones():
    frames = {"orders": pd.DataFrame({"line_id": ["1", "2"], "revenue": [None, 1.5], "cost": [float("nan"), 0.1]})}
    found = book_of(frames, "2024-01-01").table("orders").order_by("line_id").execute()
    assert [None if pd.isna(cell) else str(cell) for cell in (*found.revenue, *found.cost)] == [
        None,
        "1.5000",
        None,
        "0.1000",
    ]
    with pytest.raises(BookError, match=r"orders.revenue: 'x' is no money"):
        book_of({"orders": pd.DataFrame({"revenue": ["x"]})}, "2024-01-01")
    with pytest.raises(BookError, match=r"orders.ordered_on: '1.1.2024' is no date"):
        book_of({"orders": pd.DataFrame({"ordered_on": ["1.1.2024"]})}, "2024-01-01")
    with pytest.raises(BookError, match="has no column 'revenu'"):
        book_of({"orders": pd.DataFrame({"revenu": [1]})}, "2024-01-01")
    with pytest.raises(BookError, match="There is no table 'ordres'"):
        book_of({"ordres": pd.DataFrame()}, "2024-01-01")
