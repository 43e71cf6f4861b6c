"""Account-quarters against sums made by hand, against plain loops over the book of each day, and against the future."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from math import log

import numpy as np
import pandas as pd
import pytest
from small_books import DAY, line, small_book

from crm_analysis.book import Book, BookError
from crm_analysis.book.questionnaire import Questionnaire
from crm_analysis.churn.definition.spells import spells
from crm_analysis.churn.survival.features import FEATURES
from crm_analysis.churn.survival.panel import account_quarters, quarter_ends
from crm_analysis.errors import UserError

W = 400
"""The silence of the books made by hand."""


def people(*rows: tuple[str, str]) -> list[dict[str, str]]:
    return [{"account_id": name, "known_since": day} for name, day in rows]


def panel_of(book: Book, *dates: dt.date, silence: int = W) -> pd.DataFrame:
    return account_quarters(book, dates, spells(book, book.extracted_on, silence))


def by_account(book: Book, day: dt.date = DAY, silence: int = W) -> pd.DataFrame:
    return panel_of(book, day, silence=silence).set_index("account_id")


# --- made by hand: on 2026-09-30 the trailing year begins on 2025-10-01, the year before on 2024-10-01 ---

FIRST = line("Z", "2022-01-03", 10)
"""The first line of the book, of an account that left."""


@pytest.fixture(scope="module")
def traded() -> pd.DataFrame:
    orders = [
        FIRST,
        line("A", "2024-01-10", 100, cost=90, family="x", order_id="0"),
        line("A", "2024-12-01", 300, cost=290, family="v", order_id="1"),
        line("A", "2025-09-30", 50, cost=40, family="w", order_id="2"),  # last day of the year before
        line("A", "2025-11-01", 400, cost=100, family="x", order_id="3"),
        line("A", "2026-02-01", 200, cost=150, family="y", order_id="3"),  # the same order goes on
        line("A", "2026-08-01", 600, cost=None, family="x", order_id="4"),
        line("A", "2026-08-05", -100, cost=None, family="z", order_id="5"),  # a credit note is no order
        line("B", "2026-03-01", 80, cost=80, family="x", order_id="6"),
        line("B", "2026-09-30", 20, cost=20, family=None, order_id="7"),
        line("C", "2026-06-01", 7, cost=10, family="y", order_id="8"),
        line("D", "2024-09-20", 500, cost=400, family="x", order_id="9"),
        line("D", "2025-09-15", 500, cost=400, family="x", order_id="10"),
        line("D", "2025-10-02", -5, cost=0, family="x", order_id="11"),
        line("E", "2026-09-01", 9, cost=4, family="x", order_id="12"),
    ]
    book = small_book(
        orders,
        people(("A", "2024-01-10"), ("B", "2026-02-01"), ("C", "2026-06-01"), ("D", "2024-09-20"), ("E", "2026-09-01"),
               ("Z", "2020-01-01"), ("N", "2020-01-01")),
        exits=[{"account_id": "E", "left_on": "2026-09-10", "known_on": "2026-09-20", "decided_by": "them"}],
    )  # fmt: skip
    return by_account(book)


def test_who_is_there_on_a_day_and_has_not_said_goodbye(traded):
    assert traded.index.tolist() == list("ABCD")  # Z is silent too long, N never ordered, E said goodbye
    assert traded["spell"].tolist() == [1, 1, 1, 1]


def test_silence_and_tenure_by_hand(traded):
    assert traded["silence_days"].tolist() == [60, 0, 121, 380]
    days = [(DAY - dt.date.fromisoformat(day)).days for day in ("2024-01-10", "2026-03-01", "2026-06-01", "2024-09-20")]
    assert traded["tenure_days"].tolist() == days  # since the first order, not since the account was known
    assert traded["silence_ratio"].to_numpy() == pytest.approx(traded["silence_days"] / traded["rhythm_days"])
    assert (traded["rhythm_days"] > 0).all()


def test_the_trailing_year_by_hand(traded):
    assert traded["revenue"].tolist() == [1100, 100, 7, -5]
    assert traded["order_count"].tolist() == [2, 2, 1, 0]
    assert traded["families"].tolist() == [2, 1, 1, 0]
    rates = [(300 + 50) / 600, 0.0, -3 / 7, np.nan]  # of the lines whose cost is known
    np.testing.assert_allclose(traded["margin_rate"], rates, rtol=1e-6)


def test_trend_and_recent_by_hand(traded):
    smooth = 0.05 * (1100 + 350)
    trend = [log((1100 + smooth) / (350 + smooth)), np.nan, np.nan, log(0.05 / 1.05)]
    np.testing.assert_allclose(traded["trend"], trend, rtol=1e-6)  # B and C were not there in the year before

    def recent(quarter: float, year: float, seen: int = 365) -> float:
        pace = quarter * seen / 92
        return log((pace + 0.05 * (pace + year)) / (year + 0.05 * (pace + year)))

    # B was there for 214 days, C for less than half a year, D gave back what it bought before
    expected = [recent(500, 1100), recent(20, 100, 214), np.nan, np.nan]
    np.testing.assert_allclose(traded["recent"], expected, rtol=1e-6)


def test_classes_and_segments_are_those_of_the_trailing_year(traded):
    # A brings more than 80 % of the active accounts' revenue; margin of the whole year: 347 on 702 of known cost
    assert traded["class"].tolist() == ["High", "Low", "Low", None]
    assert traded["segment"].tolist() == ["High A", "Low B", "Low B", None]


@pytest.fixture(scope="module")
def heard() -> pd.DataFrame:
    """Accounts A to D, each with an order a year for two years, and all that can be said of them."""
    names = list("ABCD")
    orders = [FIRST] + [line(name, day, 10) for name in names for day in ("2025-03-01", "2026-05-01")]
    promised = [("2026-06-01", "2026-06-01"), ("2026-06-01", "2026-06-02"), ("2026-09-30", None), ("2026-10-01", None)]
    promised += [("2026-01-01", "2025-12-01")]
    orders += [line("A", "2025-11-30", 1, promised_on=due, shipped_on=day) for due, day in promised]
    orders += [line("A", "2026-02-01", -1, promised_on="2026-03-01", shipped_on=None)]  # what comes back is no promise
    orders += [line("B", "2025-09-01", 1, promised_on="2025-09-30", shipped_on=None)]  # due before the year
    orders += [line("C", "2026-09-01", 1, promised_on="2026-09-02", shipped_on="2026-09-03")]

    def complaint(name: str, opened: str, closed: str | None = None) -> dict[str, str | None]:
        return {"account_id": name, "opened_on": opened, "closed_on": closed}

    def invoice(name: str, issued: str, due: str | None, paid: str | None, amount: int = 9) -> dict[str, object]:
        return {"account_id": name, "issued_on": issued, "due_on": due, "paid_on": paid, "amount": amount}

    def answer(name: str, day: str, score: int, top: int = 10, **more: str) -> dict[str, object]:
        row = {"account_id": name, "answered_on": day, "score": score, "scale_min": 0, "scale_max": top}
        return row | {"item": "warmth", "subject": "us", "respondent_type": "customer", "respondent_id": "1"} | more

    tables = {
        "complaints": [
            complaint("Z", "2022-02-01", "2022-02-02"),
            complaint("A", "2025-09-30", "2026-09-30"),  # opened before the year; closed today; late since October
            complaint("A", "2025-10-01", "2025-10-31"),  # 30 days: not late
            complaint("A", "2026-08-30"),  # open for 31 days
            complaint("A", "2026-08-31"),  # for 30
            complaint("B", "2025-08-01", "2025-12-01"),  # became late before the year
            complaint("C", "2026-01-01", "2026-02-01"),  # 31 days
        ],
        "invoices": [
            invoice("Z", "2022-02-01", "2022-03-01", "2022-03-02"),
            invoice("A", "2025-09-01", "2025-10-01", "2025-10-01"),  # 30 days, paid in the year
            invoice("A", "2026-01-01", "2026-02-01", "2026-01-11"),  # 10 days
            invoice("A", "2025-08-01", "2025-09-01", "2025-09-30"),  # paid before the year
            invoice("A", "2026-08-01", "2026-09-29", None),  # overdue
            invoice("A", "2026-08-01", "2026-09-30", None),  # due today
            invoice("A", "2026-08-01", None, None),
            invoice("A", "2026-08-01", "2026-08-15", None, amount=-9),  # a credit
            invoice("B", "2026-01-01", "2026-02-01", "2026-09-30"),  # paid today
            invoice("C", "2024-01-01", "2024-02-01", None),
        ],
        "survey_invitations": [
            {"account_id": name, "sent_on": day}
            for name, day in (("A", "2026-03-01"), ("A", "2026-09-15"), ("B", "2026-03-01"), ("B", "2026-08-31"),
                              ("C", "2025-09-30"), ("D", "2026-08-31"))
        ],
        "surveys": [
            answer("A", "2024-09-30", 10, respondent_id="3"),  # older than two years
            answer("A", "2026-03-01", 0),
            answer("A", "2026-03-02", 5),
            answer("A", "2026-03-02", 4, top=5),  # 1 to 5 and 1 to 10: each between its own ends
            answer("A", "2025-01-01", 1, respondent_id="2", item="satisfaction"),
            answer("A", "2025-01-01", 9, respondent_id="2"),  # beside the overall question it does not count
            answer("A", "2026-05-01", 10, subject="Ynvarra"),
            answer("A", "2026-05-01", 10, respondent_type="internal"),
            answer("B", "2026-03-05", 7),  # answered when first asked, not since
            answer("D", "2026-09-10", 3, top=0),  # a scale of nothing
        ],
        "interactions": [
            {"account_id": name, "happened_on": day, "initiated_by": who}
            for name, day, who in (("Z", "2022-02-01", "us"), ("A", "2025-09-30", "us"), ("A", "2025-10-01", "them"),
                                   ("A", "2026-09-30", "us"), ("A", "2026-09-30", "them"), ("A", "2026-09-29", None),
                                   ("B", "2026-09-30", None))
        ],
        "contracts": [
            {"account_id": name, "signed_on": signed, "starts_on": starts, "ends_on": ends, "ended_on": ended}
            for name, signed, starts, ends, ended in (
                ("A", "2025-01-01", "2025-02-01", "2026-10-30", None),
                ("A", "2025-01-01", "2025-02-01", "2026-10-10", None),
                ("A", "2026-01-01", "2026-10-01", "2030-10-10", None),  # has not begun
                ("B", "2025-01-01", "2025-02-01", "2026-01-01", None),  # goes on past its end
                ("C", "2025-01-01", "2025-02-01", "2027-01-01", "2026-09-30"),  # ended today
                ("D", "2025-01-01", None, None, None),
            )
        ],
    }  # fmt: skip
    return by_account(small_book(orders, people(*((name, "2020-01-01") for name in [*names, "Z"])), **tables))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("complaints_year", [3, 0, 1, 0]),
        ("complaints_open", [2, 0, 0, 0]),
        ("complaints_late", [2, 0, 1, 0]),
        ("on_time", [2 / 4, None, 0, None]),
        ("days_to_pay", [20, 272, None, None]),
        ("overdue", [1, 0, 1, 0]),
        ("satisfaction", [((0.5 + 0.8) / 2 + 0.1) / 2, 0.7, None, None]),
        ("unanswered", [0, 1, None, 0]),
        ("contacts", [4, 1, 0, 0]),
        ("contacts_theirs", [2 / 3, None, None, None]),
        ("contract", [1, 1, 0, 1]),
        ("contract_ends", [30, 0, None, None]),
    ],
)
def test_what_accounts_said_paid_and_signed_by_hand(heard, name, expected):
    np.testing.assert_allclose(heard[name], np.array(expected, dtype=float), rtol=1e-6)


def test_satisfaction_goes_by_what_the_questionnaire_says():
    """A and C answered the overall question of that name, B did not; `trouble` is worded against us."""
    said = [
        ("A", "whole", 4), ("A", "trouble", 5), ("B", "trouble", 2), ("B", "warmth", 5), ("C", "whole", 1),
        ("C", "satisfaction", 5),
    ]  # fmt: skip
    rows = [
        {"account_id": name, "answered_on": "2026-05-01", "item": item, "score": score, "scale_min": 1, "scale_max": 5}
        for name, item, score in said
    ]
    orders = [FIRST, *(line(name, "2026-05-01", 1) for name in "ABC")]
    plain = small_book(orders, surveys=rows)
    own = replace(plain, questionnaire=Questionnaire(overall="whole", reversed=("trouble",)))
    assert by_account(own)["satisfaction"].tolist() == pytest.approx([0.75, (0.75 + 1) / 2, 0])
    assert by_account(plain)["satisfaction"].tolist() == pytest.approx([(0.75 + 1) / 2, (0.25 + 1) / 2, 1])


def test_contracts_that_only_tell_their_agreed_end():
    rows = [("A", "2026-09-30"), ("B", "2026-09-29")]
    book = small_book(
        [FIRST, line("A", "2026-05-01", 1), line("B", "2026-05-01", 1)],
        contracts=[{"account_id": name, "signed_on": "2025-01-01", "ends_on": day} for name, day in rows],
    )
    assert by_account(book)[["contract", "contract_ends"]].fillna(-1).to_numpy().tolist() == [[1, 0], [0, -1]]


def test_features_are_absent_where_the_book_lacks_what_they_need():
    plain = small_book([line("A", "2026-05-01", 1)])
    found = panel_of(plain, DAY)
    names = ["silence_days", "rhythm_days", "silence_ratio", "trend", "recent", "order_count", "tenure_days", "revenue"]
    assert list(found) == ["as_of", "account_id", "spell", *names, "class", "segment"]
    assert found["segment"].tolist() == ["High (no cost)"]
    assert found["rhythm_days"].isna().all()  # nobody ordered twice
    part = small_book(
        [line("A", "2026-05-01", 1)],
        complaints=[{"account_id": "A", "opened_on": "2026-05-01"}],
        interactions=[{"account_id": "A", "happened_on": "2026-05-01"}],
        contracts=[{"account_id": "A", "signed_on": "2026-05-01"}],
        survey_invitations=[{"account_id": "A", "sent_on": "2026-05-01"}],
        surveys=[{"account_id": "A", "answered_on": "2026-05-09", "item": "warmth"}],
    )
    more = {"complaints_year", "contacts", "contract", "unanswered"}
    assert set(panel_of(part, DAY)) - set(found) == more
    assert set(FEATURES) >= set(found) - {"as_of", "account_id", "spell"} | more


# --- what a source tells that begins later than others ---


def test_a_year_that_is_not_whole_is_brought_to_one():
    """The orders begin 183 days before the landmark, the complaints 91, the contacts after it."""
    day, begin, later = "2026-09-30", "2026-04-01", dt.date(2026, 9, 30) - dt.timedelta(days=90)
    book = small_book(
        [line("A", begin, 100), line("A", day, 83), line("B", day, 1)],
        complaints=[{"account_id": "A", "opened_on": str(later)}, {"account_id": "A", "opened_on": "2026-09-01"}],
        interactions=[{"account_id": "A", "happened_on": "2026-11-01"}],
        extracted_on=dt.date(2026, 11, 30),
    )
    little, young, found = (
        rows.set_index("account_id")
        for _, rows in panel_of(book, dt.date(2026, 6, 15), DAY - dt.timedelta(days=2), DAY).groupby("as_of")
    )
    assert found["revenue"].to_numpy() == pytest.approx([183 * 365 / 183, 365 / 183])
    assert found["order_count"].to_numpy() == pytest.approx([2 * 365 / 183, 365 / 183])
    assert found["complaints_year"].to_numpy() == pytest.approx([2 * 365 / 91, 0])
    assert found["contacts"].isna().all()  # nobody can say that there were none
    assert young["complaints_year"].isna().all()  # 89 days tell too little
    assert little["revenue"].isna().all()


# --- landmarks ---


def test_landmarks_are_ends_of_quarters_with_a_whole_population():
    book = small_book([line("A", "2025-01-01", 1), line("A", "2026-09-30", 1)])
    ends = quarter_ends(book, "2026-09-30", 89)
    assert ends == [dt.date.fromisoformat(f"{day}") for day in (
        "2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30", "2026-09-30")]  # fmt: skip
    known = spells(book, DAY, 89)
    assert ends[0] == known.whole_from
    assert quarter_ends(book, "2026-09-30", 90)[0] == dt.date(2025, 6, 30)
    assert quarter_ends(book, "2026-09-29", 90, most=2) == [dt.date(2026, 3, 31), dt.date(2026, 6, 30)]
    assert quarter_ends(book, "2027-09-29", 90)[-1] == DAY  # nothing is known after the extract
    assert quarter_ends(book, "2026-09-30", 700) == []
    with pytest.raises(BookError, match="no line is known on 2024-12-31"):
        quarter_ends(book, "2024-12-31", 90)


def test_dates_that_are_none():
    book = small_book([line("A", "2026-05-01", 1)], extracted_on=dt.date(2026, 6, 30))
    known = spells(book, "2026-06-30", 30)
    with pytest.raises(BookError, match="there is no date; expected at least one"):
        account_quarters(book, [], known)
    with pytest.raises(UserError, match="2026-09-30 cannot be told: the book is known until 2026-06-30"):
        account_quarters(book, [DAY], known)
    with pytest.raises(UserError, match="who is there on 2026-04-01 cannot be told"):
        account_quarters(book, [dt.date(2026, 4, 1)], known)
    empty = account_quarters(book, [dt.date(2026, 6, 30)], known)
    assert len(empty) == 0
    assert str(empty["as_of"].dtype) == "datetime64[ns]"
