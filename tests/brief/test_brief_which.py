"""Which account is meant by what a person types, and which day can be looked from."""

from __future__ import annotations

import datetime as dt

import pytest
from small_books import DAY, line, small_book

from crm_analysis.brief.which import day_of, which
from crm_analysis.errors import BookError

NAMES = {"A1": "Łódź Rail GmbH", "A2": "Brno Rail", "A3": "Köln Boards", "a4": "Boards", "A5": None, "A6": "O'Neil % _"}
ACCOUNTS = [{"account_id": key, "name": name, "known_since": "2020-01-01"} for key, name in NAMES.items()]
BOOK = small_book(
    [line("A1", "2026-01-01", 10)], [*ACCOUNTS, {"account_id": "N1", "name": "New", "known_since": "2026-05-01"}]
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("A1", "A1"), ("a1", "A1"), ("A4", "a4"), ("köln boards", "A3"), ("  Köln   boards ", "A3"), ("brno", "A2"),
        ("boards", "a4"), ("lodz", "A1"), ("koln", "A3"), ("o'neil", "A6"), ("% _", "A6"), ("N1", "N1"), ("A5", "A5"),
    ],
)  # fmt: skip
def test_an_id_a_name_or_a_part_that_no_other_has(asked, found):
    """ "boards" is the whole name of one account, and only a part of another's."""
    assert which(BOOK, asked, DAY) == found


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("rail", r"'rail' fits 2 accounts: A1 \(Łódź Rail GmbH\), A2 \(Brno Rail\); give the account_id of one\."),
        ("A", r"'A' fits 6 accounts: A1 .*, A5, A6 .*, \.\.\.; give"),
        ("Brnno Rial", r"No account of the book fits 'Brnno Rial' on 2026-09-30; the nearest are A2 \(Brno Rail\), "),
        ("A9", r"No account of the book fits 'A9' on 2026-09-30; the nearest are A1 "),
        ("  ", r"ACCOUNT is empty; expected an account_id"),
    ],
)
def test_none_or_several_are_named(asked, sentence):
    with pytest.raises(BookError, match=sentence):
        which(BOOK, asked, DAY)


def test_at_most_five_are_named():
    with pytest.raises(BookError) as told:
        which(BOOK, "zzz", DAY)
    assert str(told.value).count("(") + str(told.value).count("A5") == 5


def test_an_account_not_yet_known():
    with pytest.raises(BookError, match="'N1' was not yet known on 2026-01-01: the book knows it since 2026-05-01"):
        which(BOOK, "N1", dt.date(2026, 1, 1))
    with pytest.raises(BookError, match="No account of the book fits 'New' on 2026-01-01"):
        which(BOOK, "New", dt.date(2026, 1, 1))


def test_days():
    assert day_of(BOOK) == DAY
    assert day_of(BOOK, "2021-02-03") == dt.date(2021, 2, 3)
    assert day_of(BOOK.as_of("2022-01-01")) == dt.date(2022, 1, 1)
    with pytest.raises(BookError, match="as of 2026-10-01 is not possible: the book knows nothing after 2026-09-30"):
        day_of(BOOK, "2026-10-01")
    with pytest.raises(BookError, match=r"as of 2019-12-31 is not possible: .* known since 2020-01-01"):
        day_of(BOOK, "2019-12-31")
    with pytest.raises(BookError, match="'soon' is no date; expected such as 2026-09-30"):
        day_of(BOOK, "soon")
