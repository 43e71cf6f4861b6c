"""Who accounts were on each day, against the book of that day; and groups, against those of `accounts`."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
from small_books import DAY, line, small_book

from crm_analysis.accounts import accounts, groups
from crm_analysis.features import who
from crm_analysis.features.windows import Landmark, Marks

IDS = ["A", "B", "C", "N"]
DAYS = [dt.date(2025, 6, 30), dt.date(2025, 12, 31), DAY]
MARKS = Marks(tuple(map(Landmark.of, DAYS)), pa.array(IDS), dt.date(2020, 1, 1), np.zeros(4, dtype=np.int64))
PEOPLE = [
    {"account_id": "A", "group_id": "g", "key_account": True, "industry": "x"},
    {"account_id": "B", "group_id": "g", "key_account": None, "industry": None},
    {"account_id": "C", "group_id": None, "key_account": False, "industry": "y", "known_since": "2026-01-01"},
    {"account_id": "D", "group_id": "g", "key_account": True, "industry": "z"},
]
HISTORY = [
    {"account_id": "A", "field": "group_id", "value": "h", "known_on": "2025-01-01"},
    {"account_id": "A", "field": "group_id", "value": "g", "known_on": "2025-12-31"},
    {"account_id": "A", "field": "key_account", "value": "true", "known_on": "2025-12-01"},
]
BOOK = small_book([line(name, "2024-01-01", 1) for name in IDS], PEOPLE, account_history=HISTORY)


def test_attributes_of_many_days_are_those_of_the_book_of_each():
    names = ["group_id", "key_account", "industry", "region"]
    found = list(who.attributes(BOOK, MARKS, names))
    for day, told in zip(DAYS, found, strict=True):
        rows = BOOK.as_of(day).table("accounts").execute().set_index("account_id")
        assert list(told) == names
        for name in names:
            then = rows[name].to_dict() if name in rows else {}
            expected = [None if (value := then.get(own)) is None or value != value else value for own in IDS]
            assert told[name].tolist() == expected, (name, day)
    early, late, now = found
    assert early["group_id"].tolist() == ["h", None, None, None]
    assert early["key_account"].tolist() == [None] * 4  # no history reaches back
    assert late["key_account"].tolist() == [True, None, None, None]
    assert now["key_account"].tolist() == [True, None, False, None]
    assert early["industry"].tolist() == ["x", None, None, None]  # C was not yet known
    last = who.attributes_on(BOOK, MARKS, names)
    assert all((now[name] == last[name]).all() for name in names)


def test_nothing_is_known_of_days_that_no_history_reaches():
    book = small_book([line("A", "2024-01-01", 1)], PEOPLE)
    then = Marks(MARKS.landmarks[:2], MARKS.ids, MARKS.begins, MARKS.since)
    assert [told["group_id"].tolist() for told in who.attributes(book, then, ["group_id"])] == [[None] * 4] * 2


def test_groups_are_those_of_accounts():
    """Also where an account names another one as its head office."""
    people = [
        {"account_id": name, "group_id": group}
        for name, group in (("A", "g"), ("B", "C"), ("C", None), ("N", None), ("D", "g"))
    ]
    book = small_book([line(name, "2026-01-01", 1) for name in IDS], people)
    marks = Marks((Landmark.of(DAY),), pa.array([*IDS, "S"]), dt.date(2020, 1, 1), np.zeros(5, dtype=np.int64))
    told = who.attributes_on(book, marks, ["group_id"])["group_id"]
    number = who.groups(told, marks)
    assert number[1] == number[2]
    assert len(set(number.tolist())) == 4
    rows = groups(accounts(book, DAY)).set_index("group_id")["accounts"]
    assert rows.to_dict() == {"C": 2, "N": 1, "g": 2}
