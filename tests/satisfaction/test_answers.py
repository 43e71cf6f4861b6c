"""Answers as questionnaires: shares of scales, one a person and wave, and what is said of the rest."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_books import DAY, FEW, line, small_book

from crm_analysis.book import Book, BookError
from crm_analysis.book.questionnaire import Questionnaire
from crm_analysis.satisfaction.answers import Answers, answers
from crm_analysis.satisfaction.waves import waves
from crm_analysis.satisfaction.wording import opposed

ORDERS = [line(account, "2026-01-05", 100) for account in "ABC"]


def said(account: str, day: str, item: str, score: float | None, **more: object) -> dict[str, object]:
    """An answer on a scale from 1 to 5 unless said otherwise."""
    return {
        "account_id": account,
        "respondent_id": f"{account}1",
        "answered_on": day,
        "item": item,
        "score": score,
        "scale_min": 1,
        "scale_max": 5,
    } | more


def heard(rows: list[dict[str, object]], asks: Questionnaire | None = None, **tables: object) -> Answers:
    """The answers of a book that holds these rows."""
    book: Book = small_book(ORDERS, surveys=rows, **tables)
    return answers(replace(book, questionnaire=asks) if asks else book, DAY)


def test_an_answer_is_a_share_of_its_scale():
    found = heard(
        [
            said("A", "2026-05-01", "satisfaction", 4),
            said("A", "2026-05-01", "recommendation", 9, scale_min=0, scale_max=10),
            said("B", "2026-05-02", "satisfaction", 6, scale_max=7),
            said("C", "2026-05-02", "satisfaction", 2.5),
        ]
    )
    assert found.items == ["satisfaction", "recommendation"]
    assert found.shares["satisfaction"].tolist() == [3 / 4, 5 / 6, 1.5 / 4]
    assert found.widths["satisfaction"].tolist() == [4, 6, 4]
    assert found.shares["recommendation"].tolist()[:1] == [0.9]
    assert found.shares["recommendation"].isna().sum() == 2
    steps = (1 - found.shares["satisfaction"]) * found.widths["satisfaction"]
    assert (steps <= 1 + 1e-9).tolist() == [True, True, False], "sixths must not be rounded away from whole steps"


def test_what_is_worded_against_us_is_turned_round():
    rows = [said("A", "2026-05-01", "slow", 5), said("A", "2026-05-01", "satisfaction", 1)]
    assert heard(rows).shares["slow"].tolist() == [1.0]
    turned = heard(rows, Questionnaire(reversed=("slow",)))
    assert turned.shares["slow"].tolist() == [0.0]
    assert turned.shares["satisfaction"].tolist() == [0.0]


def test_who_answers_five_hundred_times_in_a_wave_counts_once():
    days = pd.date_range("2026-04-20", periods=30).strftime("%Y-%m-%d")
    rows = [said("A", days[n % 30], "satisfaction", 1 + n % 2) for n in range(500)]
    rows += [said("B", "2026-05-02", "satisfaction", 5)]
    found = heard(rows)
    assert len(found.ours.people) == 2
    assert found.people["answered_on"].dt.strftime("%m-%d").tolist() == ["05-19", "05-02"], "the latest counts"
    # on the last of the 30 days n is 29, 59, ..., always odd: a score of 2
    assert found.shares["satisfaction"].tolist() == [0.25, 1.0]
    assert "29 questionnaires are left out" in " ".join(found.notes)


def test_an_item_answered_twice_on_a_day_counts_as_the_mean():
    rows = [said("A", "2026-05-01", "satisfaction", score) for score in (1, 5, 5)]
    assert heard(rows).shares["satisfaction"].tolist() == [pytest.approx((0 + 1 + 1) / 3)]


def test_without_names_the_answers_of_a_day_are_one_persons():
    rows = [
        said("A", day, item, 3, respondent_id=None)
        for day in ("2026-05-01", "2026-05-02")
        for item in ("satisfaction", "price")
    ]
    found = heard(rows)
    assert found.people["person"].tolist() == ["2026-05-01", "2026-05-02"]
    assert len(found.ours.latest().people) == 2, "they may be two people, and both count for their account"
    bare = [{key: value for key, value in row.items() if key != "respondent_id"} for row in rows]
    assert heard(bare).people["person"].tolist() == found.people["person"].tolist()


def test_answers_off_their_scale_are_left_out_and_counted():
    rows = [
        said("A", "2026-05-01", "satisfaction", 4),
        said("A", "2026-05-01", "price", 7),
        said("B", "2026-05-01", "price", None),
        said("B", "2026-05-01", "satisfaction", 3, scale_max=None),
        said("C", "2026-05-01", "satisfaction", 1, scale_max=1),
    ]
    found = heard(rows)
    assert found.people["account_id"].tolist() == ["A"]
    assert found.items == ["satisfaction"]
    assert found.notes[0].startswith("Of 5 survey answers 1 have no score, 2 no scale, and 1 lie off their scale")


def test_competitors_and_our_own_people_are_told_apart():
    rows = [
        said("A", "2026-05-01", "satisfaction", 4, subject=None, respondent_type="customer"),
        said("A", "2026-05-01", "satisfaction", 2, subject="Rival", respondent_type="customer"),
        said("A", "2026-05-01", "satisfaction", 5, subject="US", respondent_type="internal", respondent_id="R1"),
    ]
    found = heard(rows)
    assert found.ours.shares["satisfaction"].tolist() == [0.75]
    assert found.rivals.shares["satisfaction"].tolist() == [0.25]
    assert found.internal.shares["satisfaction"].tolist() == [1.0]
    assert found.ours.latest().shares.index.tolist() == [0]


def test_stated_importance_is_a_share_of_the_same_scale():
    rows = [
        said("A", "2026-05-01", "price", 4, importance=5),
        said("B", "2026-05-01", "price", 4, importance=9),
        said("C", "2026-05-01", "price", 4, importance=None),
    ]
    assert heard(rows).importance["price"].tolist()[0] == 1.0
    assert heard(rows).importance["price"].isna().tolist() == [False, True, True]


def test_no_usable_answer_is_a_sentence():
    bare = {"account_id": "A", "answered_on": "2026-05-01", "item": "satisfaction", "score": 3}
    book = small_book(ORDERS, surveys=[bare])
    with pytest.raises(BookError, match=r"no column 'scale_min'.*scale_min = \"1\", scale_max = \"5\""):
        answers(book, DAY)
    with pytest.raises(BookError, match="the subject is Rival; expected 'us'"):
        heard([said("A", "2026-05-01", "satisfaction", 3, subject="Rival")])
    with pytest.raises(BookError, match="of 1 in the table surveys 1 have no score"):
        heard([said("A", "2026-05-01", "satisfaction", None)])
    with pytest.raises(BookError, match="All 1 survey answers are those of our own people"):
        heard([said("A", "2026-05-01", "satisfaction", 3, respondent_type="internal")])
    early = small_book(ORDERS, surveys=[said("A", "2026-05-01", "satisfaction", 3)])
    with pytest.raises(BookError, match="No answer to a survey was known"):
        answers(early, "2026-04-30")
    with pytest.raises(BookError, match="no table 'surveys'"):
        answers(small_book(ORDERS), DAY)


def test_a_questionnaire_that_names_what_nobody_was_asked_is_told_so():
    found = heard([said("A", "2026-05-01", "satisfaction", 3)], Questionnaire(reversed=("slow",)))
    assert found.notes == (
        "[questionnaire] in book.toml names slow; no customer or colleague has answered such a question.",
    )
    assert found.asks.reversed == ()


def test_waves_are_runs_of_days():
    sent = [dt.date(2025, 11, 3), dt.date(2026, 5, 4), dt.date(2026, 5, 20)]
    found = waves([dt.date(2025, 11, 20), dt.date(2026, 6, 10)], sent, dt.date(2026, 6, 15))
    assert found["wave"].tolist() == ["2025-11", "2026-05"]
    assert found["ends"].dt.strftime("%Y-%m-%d").tolist() == ["2025-11-20", "2026-06-10"]
    assert found["open"].tolist() == [False, True], "on 15 June people asked on 20 May may still answer"
    assert not waves([], sent, dt.date(2026, 6, 19))["open"].any()


def test_a_survey_that_never_stops_is_told_by_quarter():
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=10 * n) for n in range(20)]
    found = waves(days, [], dt.date(2026, 9, 30))
    assert found["wave"].tolist() == ["2026Q1", "2026Q2", "2026Q3"]
    assert found["begins"].dt.strftime("%m-%d").tolist() == ["01-01", "04-01", "07-10"]


def test_who_goes_on_answering_moves_no_wave_that_an_invitation_began():
    sent = [dt.date(2025, 11, 3), dt.date(2026, 5, 4)]
    eager = [dt.date(2025, 11, 5) + dt.timedelta(days=3 * n) for n in range(40)]
    found = waves(eager, sent, dt.date(2026, 9, 30))
    assert found["wave"].tolist() == ["2025-11", "2026-05"], "not the quarters"
    assert found["ends"].iloc[0] == pd.Timestamp(eager[-1])


def test_two_waves_of_a_month_have_names_of_their_own():
    found = waves([dt.date(2026, 1, 1), dt.date(2026, 3, 1), dt.date(2026, 3, 31)], [], dt.date(2026, 9, 30))
    assert found["wave"].is_unique


def test_an_item_that_goes_against_all_others_is_found():
    rng = np.random.default_rng(1)
    mood = rng.random(60)
    table = pd.DataFrame({name: mood + 0.3 * rng.random(60) for name in ("a", "b", "c")})
    table["against"] = -mood + 0.3 * rng.random(60)
    table["noise"] = rng.random(60)
    accounts = pd.Series([f"A{n}" for n in range(60)])
    assert opposed(table, accounts) == ["against"]
    assert opposed(table.head(15), accounts.head(15)) == [], "too few to say"
    assert opposed(table[["a", "against"]], accounts) == [], "of two nobody can say which is turned"


def test_what_looks_turned_drives_nothing_until_it_is_said():
    rng = np.random.default_rng(2)
    orders, rows = [], []
    for n in range(40):
        mood = int(rng.integers(1, 6))
        orders.append(line(f"N{n:02}", "2026-01-05", 10))
        for item, score in (("speed", mood), ("price", mood), ("satisfaction", mood), ("slow", 6 - mood)):
            rows.append(said(f"N{n:02}", "2026-05-01", item, score))
    book = small_book(orders, surveys=rows)
    found = answers(book, DAY)
    assert list(found.asks.dimensions) == ["price", "speed"]
    assert any("'slow' fall where all others rise" in note for note in found.notes)
    told = answers(replace(book, questionnaire=Questionnaire(reversed=("slow",))), DAY)
    assert list(told.asks.dimensions) == ["price", "slow", "speed"]
    assert told.notes == ()


ROWS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.sampled_from(["p", "q", None]),
        st.dates(dt.date(2025, 1, 1), dt.date(2026, 9, 30)),
        st.sampled_from(["satisfaction", "price"]),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=25,
)


@pytest.mark.slow
@settings(FEW, max_examples=6)
@given(ROWS, st.randoms(use_true_random=False), st.dates(dt.date(2025, 6, 1), dt.date(2026, 9, 30)))
def test_rows_in_any_order_and_days_to_come_change_nothing(rows, luck, day):
    table = [
        said(account, on.isoformat(), item, score, respondent_id=person) for account, person, on, item, score in rows
    ]
    mixed = table[:]
    luck.shuffle(mixed)
    past = [row for row in table if str(row["answered_on"]) <= day.isoformat()]
    found = []
    for part, when in ((mixed, day), (past, day)):
        try:
            found.append(answers(small_book(ORDERS, surveys=part), when) if part else None)
        except BookError:
            found.append(None)
    if found[0] is None:
        assert found[1] is None
        return
    for name in ("people", "shares", "widths", "waves", "scales"):
        pd.testing.assert_frame_equal(getattr(found[0], name), getattr(found[1], name))
    assert not found[0].people.duplicated(["account_id", "person", "wave", "subject", "internal"]).any()
