"""Grades before and after the two bars, by hand, and the laws that keep the bars apart."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_books import FEW

from crm_analysis.errors import UserError
from crm_analysis.plan.grades.grades import GRADES, LOSS, NO_BAR, WORK, base_grades, grades

BEST = {grade: place for place, grade in enumerate(("D", "C", "B", "A", ""))}


def accounts(*rows: dict[str, object]) -> pd.DataFrame:
    """Accounts K1, K2, ...: grade C, of worth 0, sound payers, nobody's favourite, unless said otherwise."""
    usual = {
        "base_grade": "C",
        "fails": False,
        "kept": False,
        "worth": 0.0,
        "minutes_full": 10.0,
        "minutes_select": 10.0,
    }
    frame = pd.DataFrame([usual | {"account_id": f"K{place + 1}"} | row for place, row in enumerate(rows)])
    return frame.assign(revenue=2.0 * frame["worth"])


def six(**more: dict[str, object]) -> pd.DataFrame:
    """Two A, two B, a C and a D; A takes 90 minutes more than select level, B 40 more; select level takes 52 in all."""
    rows = {
        "K1": {"base_grade": "A", "worth": 500.0, "minutes_full": 100.0},
        "K2": {"base_grade": "A", "worth": 900.0, "minutes_full": 100.0},
        "K3": {"base_grade": "B", "worth": 300.0, "minutes_full": 50.0},
        "K4": {"base_grade": "B", "worth": 990.0, "minutes_full": 50.0},
        "K5": {"worth": 20.0},
        "K6": {"base_grade": "D", "worth": 5.0, "minutes_full": 2.0, "minutes_select": 2.0},
    }
    return accounts(*(row | more.get(name, {}) for name, row in rows.items()))


def told(found) -> dict[str, str]:
    """Grade and bar of each account, such as "C work"."""
    rows = found.table[["account_id", "grade", "bar"]].to_numpy()
    return {name: f"{grade} {bar}".strip() for name, grade, bar in rows}


def test_base_grades_by_hand():
    frame = pd.DataFrame(
        [
            ("High", True, False, False, "", "A"),
            ("Low", True, True, False, "cut", "A"),  # a key account
            ("Mid", True, False, False, "", "B"),
            ("Low", True, False, True, "keep", "B"),  # promising
            ("Low", True, False, False, "keep", "C"),
            ("Low", True, False, False, "survey", "C"),
            ("Low", True, False, False, "cut", "D"),
            (None, False, True, True, "", ""),
        ],
        columns=["class", "active", "key_account", "raised", "outcome", "expected"],
    )
    assert base_grades(frame).tolist() == frame["expected"].tolist()
    frame.loc[0, "class"] = "Huge"
    with pytest.raises(UserError, match="'Huge' for 1"):
        base_grades(frame)


def test_neither_bar_binds():
    # select level 52, and 2 x 90 + 2 x 40 more
    found = grades(six(), 312)
    assert told(found) == {"K1": "A", "K2": "A", "K3": "B", "K4": "B", "K5": "C", "K6": "D"}
    assert (found.binding_loss, found.binding_work) == (False, False)
    assert (found.select, found.room, found.wanted, found.kept) == (52, 260, 260, 0)
    assert (found.reach, found.reach_grade) == (300, "B")
    assert told(grades(six(), inf)) == told(found)


def test_the_work_bar_alone():
    found = grades(six(), 311)
    assert told(found) == {"K1": "A", "K2": "A", "K3": "C work", "K4": "B", "K5": "C", "K6": "D"}
    assert (found.binding_loss, found.binding_work, found.reach) == (False, True, 990)
    # 90 of 100 minutes left go to the better A; the other does not fit, and no B is let in before it
    found = grades(six(), 52 + 130)
    assert told(found) == {"K1": "C work", "K2": "A", "K3": "C work", "K4": "C work", "K5": "C", "K6": "D"}
    assert (found.reach, found.reach_grade) == (900, "A")


def test_the_loss_bar_alone():
    late = {"K1": {"fails": True}, "K5": {"fails": True}}
    found = grades(six(**late), 312)
    assert told(found) == {"K1": "D loss", "K2": "A", "K3": "B", "K4": "B", "K5": "D loss", "K6": "D"}
    assert (found.binding_loss, found.binding_work) == (True, False)


def test_both_bars_and_neither_lends_room_to_the_other():
    found = grades(six(K2={"fails": True}, K3={"fails": True}), 52 + 180)
    # the minutes of K2, which is to pay beforehand, do not let a B in; K3 is touched by both
    assert told(found) == {"K1": "A", "K2": "D loss", "K3": "D loss", "K4": "C work", "K5": "C", "K6": "D"}
    assert (found.binding_loss, found.binding_work) == (True, True)
    rows = found.summary.set_index(["grade", "bar"])
    assert list(rows.index) == [("A", ""), ("C", ""), ("C", WORK), ("D", ""), ("D", LOSS)]
    assert rows["accounts"].tolist() == [1, 1, 1, 1, 2]
    assert rows["worth"].tolist() == [500, 20, 990, 5, 1200]
    assert rows["revenue"].tolist() == [1000, 40, 1980, 10, 2400]
    assert rows["minutes"].tolist() == [100, 10, 10, 2, 20]


def test_who_is_kept_is_lowered_by_neither_and_that_is_told():
    frame = six(K1={"kept": True, "fails": True}, K3={"kept": True}, K2={"kept": True})
    found = grades(frame, 52 + 90 + 90 + 40 + 39)
    assert told(found) == {"K1": "A", "K2": "A", "K3": "B", "K4": "C work", "K5": "C", "K6": "D"}
    assert found.table["spared"].tolist() == [LOSS, NO_BAR, WORK, NO_BAR, NO_BAR, NO_BAR]
    assert (found.kept, found.wanted, found.room) == (220, 40, 39)
    assert (np.isnan(found.reach), found.reach_grade) == (True, "")
    assert found.binding_loss is False


def test_not_even_select_level_fits():
    found = grades(six(), 51)
    assert (found.select_fits, found.room, found.binding_work) == (False, -1, True)
    assert set(told(found).values()) == {"C work", "C", "D"}
    nothing = six().assign(minutes_full=10.0)  # not even those that would take no more
    assert told(grades(nothing, 51))["K2"] == "C work"
    assert grades(six(), 52).select_fits


def test_equal_worth_is_ordered_by_name_and_unknown_worth_comes_last():
    rows = [{"base_grade": "B", "worth": worth, "minutes_full": 30.0} for worth in (nan, 7.0, 7.0, -5.0)]
    found = grades(accounts(*rows), 40 + 40)
    assert told(found) == {"K1": "C work", "K2": "B", "K3": "B", "K4": "C work"}
    assert told(grades(accounts(*rows), 40 + 60))["K4"] == "B"


def test_inactive_accounts_have_no_grade_and_no_bar():
    found = grades(accounts({"base_grade": "", "fails": True, "minutes_full": 0.0, "minutes_select": 0.0}), 0)
    assert told(found) == {"K1": ""}
    assert not found.binding_loss


@pytest.mark.parametrize(
    ("change", "capacity", "words"),
    [
        ({}, nan, "found nan"),
        ({}, -1.0, "found -1"),
        ({"minutes_full": nan}, 1.0, "minutes_full: .* found 1 of 1"),
        ({"minutes_select": -3.0}, 1.0, "minutes_select"),
        ({"base_grade": "E"}, 1.0, "'E'"),
    ],
)
def test_what_cannot_be_graded_is_refused(change, capacity, words):
    with pytest.raises(UserError, match=words):
        grades(accounts(change), capacity)


def test_an_account_given_twice_is_refused():
    with pytest.raises(UserError, match="'K1' twice"):
        grades(accounts({}, {"account_id": "K1"}), 1)


row = st.fixed_dictionaries(
    {
        "base_grade": st.sampled_from(list(GRADES)),
        "fails": st.booleans(),
        "kept": st.booleans(),
        "worth": st.integers(-3, 6).map(float),
        "minutes_full": st.integers(0, 9).map(float),
        "minutes_select": st.integers(0, 4).map(float),
    }
)
books = st.lists(row, min_size=1, max_size=14).map(lambda rows: accounts(*rows))
minutes = st.integers(0, 120).map(float)


@FEW
@given(books, minutes)
def test_every_account_has_one_grade_and_a_reason_for_it(frame, capacity):
    found = grades(frame, capacity)
    table = found.table
    assert table["account_id"].tolist() == frame["account_id"].tolist()
    lowered = table["grade"] != table["base_grade"]
    assert not (lowered & (table["bar"] == NO_BAR)).any()
    assert (table.loc[table["bar"] == LOSS, "grade"] == "D").all()
    assert (table.loc[table["bar"] == WORK, "grade"] == "C").all()
    assert not (frame["kept"] & lowered).any()
    assert ((table["spared"] != NO_BAR) <= frame["kept"]).all()
    assert ((table["bar"] == LOSS) == (frame["fails"] & ~frame["kept"] & (frame["base_grade"] != ""))).all()
    assert found.summary["accounts"].sum() == len(frame)
    assert found.summary["minutes"].sum() <= max(capacity, found.select + found.kept) + 1e-6


@FEW
@given(books, minutes, minutes)
def test_more_capacity_never_lowers_anyone(frame, one, other):
    less, more = (grades(frame, capacity).table["grade"].map(BEST) for capacity in sorted((one, other)))
    assert (less <= more).all()
    assert (less[frame["base_grade"] == ""] == more[frame["base_grade"] == ""]).all()


@FEW
@given(books, minutes, st.sets(st.integers(0, 13)))
def test_a_stricter_loss_bar_improves_nobody_and_moves_only_whom_it_touches(frame, capacity, more):
    stricter = frame.assign(fails=frame["fails"] | frame.index.isin(more))
    before, after = (grades(one, capacity).table for one in (frame, stricter))
    moved = (before[["grade", "bar"]] != after[["grade", "bar"]]).any(axis=1)
    assert not (moved & (stricter["fails"] == frame["fails"])).any()
    assert (after["grade"].map(BEST) <= before["grade"].map(BEST))[frame["base_grade"] != ""].all()


@FEW
@given(books, minutes, minutes)
def test_the_work_bar_moves_only_a_and_b_that_no_other_bar_holds(frame, one, other):
    before, after = (grades(frame, capacity).table for capacity in (one, other))
    moved = (before["grade"] != after["grade"]) | (before["bar"] != after["bar"])
    may = frame["base_grade"].isin(["A", "B"]) & ~frame["kept"] & ~frame["fails"]
    assert not (moved & ~may).any()


@FEW
@given(books, minutes, st.randoms())
def test_order_and_other_names_change_nothing(frame, capacity, random):
    found = grades(frame, capacity)
    order = random.sample(list(frame.index), len(frame))
    mixed = grades(frame.loc[order], capacity)
    pd.testing.assert_frame_equal(mixed.table.sort_values("account_id", ignore_index=True),
                                  found.table.sort_values("account_id", ignore_index=True))  # fmt: skip
    pd.testing.assert_frame_equal(mixed.summary, found.summary)
    names = sorted(frame["account_id"])
    other = frame["account_id"].map({name: f"Z{place:03}" for place, name in enumerate(names)})
    renamed = grades(frame.assign(account_id=other), capacity)
    assert renamed.table["grade"].tolist() == found.table["grade"].tolist()
    assert (renamed.reach == found.reach) or np.isnan(found.reach)
