"""Laws of the panel: nothing of the future, of the order of rows or of names counts, and quarters stay as they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest
import whole_contract as whole
from hypothesis import given, settings
from hypothesis import strategies as st
from small_books import FEW, line, small_book

from crm_analysis.book import Book, book_of
from crm_analysis.kpi.panel import Panel, panel
from crm_analysis.value.segments import Bars

pytestmark = pytest.mark.slow

CUT = dt.date(2024, 3, 31)
LAST = whole.EXTRACT
BARS = Bars(5000.0, 1000.0, 0.2)
LATE = {"cost_to_serve", "left_them", "invited", "responded", "answers", "satisfied"}
"""What is entered late, as the panel says; answers also by another one of the same wave."""


@pytest.fixture(scope="module")
def made() -> dict[str, pd.DataFrame]:
    return whole.frames(np.random.default_rng(11), CUT)


@pytest.fixture(scope="module")
def then(made: dict[str, pd.DataFrame]) -> Panel:
    return panel(book_of(made, LAST), CUT)


def assert_same(one: Panel, other: Panel, columns: Any = slice(None)) -> None:
    """Every field, the accounts of `other` in the order of `columns`."""
    assert {field.name for field in fields(Panel)} == {
        "account_id", "ends", "covered", "measures", "why", "since", "bars", "baseline", "classes", "first_order",
        "groups", "cluster",
    }  # fmt: skip
    for name in ("ends", "covered", "why", "since", "bars", "baseline"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("measures", "groups"):
        mine, yours = getattr(one, name), getattr(other, name)
        assert list(mine) == list(yours)
        for key in mine:
            np.testing.assert_array_equal(mine[key], yours[key][:, columns], err_msg=key)
    np.testing.assert_array_equal(one.classes, other.classes[:, columns])
    np.testing.assert_array_equal(one.first_order, other.first_order[columns])
    assert list(one.cluster) == list(other.cluster)
    np.testing.assert_array_equal(one.cluster["sales_office"], other.cluster["sales_office"][columns])


def test_nothing_that_became_known_later_changes_a_panel(made, then):
    changed = whole.scrambled(made, CUT, np.random.default_rng(6))
    assert not changed["orders"].equals(made["orders"])
    other = panel(book_of(changed, LAST), CUT)
    assert then.account_id.tolist() == other.account_id.tolist()
    assert_same(then, other)
    assert len(then.measures) > 25


def test_neither_the_order_of_rows_nor_names_of_accounts_change_a_panel(made, then):
    def renamed(name: str | None) -> str | None:
        return name and f"Z{99 - int(name[1:])}"

    other = {
        name: frame.assign(account_id=frame["account_id"].map(renamed)) if "account_id" in frame else frame
        for name, frame in made.items()
    }
    found = panel(book_of({name: frame.sample(frac=1, random_state=3) for name, frame in other.items()}, LAST), CUT)
    place = [found.account_id.tolist().index(renamed(name)) for name in then.account_id]
    assert place != sorted(place)
    assert_same(then, found, place)


def assert_stays(early: Panel, late: Panel, free: set[str]) -> None:
    """What was told of quarters and accounts then is told later, too."""
    rows = [late.ends.index(end) for end in early.ends]
    own = np.searchsorted(late.account_id, early.account_id)
    assert late.account_id[own].tolist() == early.account_id.tolist()
    for name, values in early.measures.items():
        if name not in free:
            np.testing.assert_array_equal(values, late.measures[name][np.ix_(rows, own)], err_msg=name)
    np.testing.assert_array_equal(early.classes, late.classes[np.ix_(rows, own)])
    for name, words in early.groups.items():
        np.testing.assert_array_equal(words, late.groups[name][np.ix_(rows, own)], err_msg=name)


def test_a_quarter_stays_as_it_was_but_for_what_is_entered_late(made):
    book = book_of(made, LAST)
    early = panel(book, CUT, bars=BARS)
    late = panel(book, LAST, bars=BARS)
    free = {name for name in early.measures if name in LATE or "answers" in name or name.endswith("tors")}
    free |= {"promoters"}
    assert_stays(early, late, free)
    assert len(set(early.measures) - free) > 20


days = st.dates(dt.date(2025, 1, 1), dt.date(2026, 9, 30))
who = st.sampled_from("ABC")
lines = st.lists(st.tuples(who, days, st.integers(-50, 400), st.integers(0, 5)))
bills = st.lists(st.tuples(who, days, st.integers(0, 200), st.integers(-20, 900)))
BEGIN = dt.date(2024, 10, 1)
"""A first line and a first invoice of that day, so that all quarters after it are told whole."""


def book_with(sold: list[Any], owed: list[Any]) -> Book:
    rows = [line(name, day, money, order_id=f"{name}{order}") for name, day, money, order in sold]
    invoices = [
        {"invoice_id": f"I{place}", "account_id": name, "issued_on": day, "due_on": day + dt.timedelta(days=30),
         "paid_on": day + dt.timedelta(days=wait), "amount": money, "written_off_on": None}
        for place, (name, day, wait, money) in enumerate(owed)
    ]  # fmt: skip
    return small_book(rows, [{"account_id": name} for name in "ABC"], invoices=invoices)


@settings(FEW, max_examples=5)
@given(sold=lines, owed=bills)
def test_totals_reconcile_and_quarters_stay(sold, owed):
    sold, owed = [("A", BEGIN, 1, 9), *sold], [("A", BEGIN, 0, 1), *owed]
    book = book_with(sold, owed)
    late = panel(book, "2026-09-30", bars=BARS)
    assert late.measures["revenue"].sum() == sum(row[2] for row in sold)
    bought = [row for row in sold if row[2] > 0]
    assert late.measures["orders"].sum() == len({(name, order) for name, _, _, order in bought})
    assert late.measures["order_days"].sum() == len({row[:2] for row in bought})
    first = {name: min(row[1] for row in bought if row[0] == name) for name in {row[0] for row in bought}}
    assert [first.get(name) for name in "ABC"] == late.first_order.tolist()
    assert late.measures["invoiced"].sum() == sum(max(row[3], 0) for row in owed)
    paid = [row for row in owed[1:] if row[3] > 0 and row[1] + dt.timedelta(days=row[2]) <= late.ends[-1]]
    assert late.measures["paid"][1:].sum() == sum(row[3] for row in paid)
    assert late.measures["paying_days"][1:].sum() == sum(row[2] * row[3] for row in paid)
    assert_stays(panel(book, "2025-12-31", bars=BARS), late, set())
