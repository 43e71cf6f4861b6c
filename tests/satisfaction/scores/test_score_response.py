"""Who was asked, who answered, of whom it is too early to say; who answers, and what weighting makes of it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from score_books import BEFORE, NOW, asked, company, frame_of, heard, said
from small_books import DAY, FEW, small_book

from crm_analysis.errors import BookError
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.scores.answering import OWN, Answering, answering, known_before, told, trial
from crm_analysis.satisfaction.scores.bounds import sensitivity, worst
from crm_analysis.satisfaction.scores.invitations import invitations
from crm_analysis.satisfaction.scores.measures import units
from crm_analysis.satisfaction.scores.response import heard as share_heard
from crm_analysis.satisfaction.scores.response import rates
from crm_analysis.satisfaction.scores.weighting import MOST_WEIGHT, inverse, weighted


def invited(rows: list[dict], sent: list[dict], day: dt.date = DAY) -> pd.DataFrame:
    book = small_book([], [{"account_id": "A"}], survey_invitations=sent)
    known = [row for row in rows if row["answered_on"] <= day.isoformat()]
    return invitations(book, day, heard(known, sent=[row["sent_on"] for row in sent], day=day))


def states(table: pd.DataFrame) -> list[str]:
    return table["state"].tolist()


def test_an_answer_belongs_to_its_persons_last_invitation():
    rows = said("A", "2026-05-20", satisfaction=5) + said("B", "2026-05-20", "2", satisfaction=4)
    table = invited(rows, [asked("A", BEFORE), asked("A", NOW), asked("B", NOW, "1"), asked("B", NOW, "2")])
    assert table["account_id"].tolist() == ["A", "A", "B", "B"]
    assert states(table) == ["silent", "answered", "silent", "answered"]
    assert table["wave"].tolist() == ["2025-11", "2026-05", "2026-05", "2026-05"]
    assert table["answered_on"].dropna().dt.strftime("%Y-%m-%d").tolist() == ["2026-05-20"] * 2
    assert table["row"].tolist() == [-1, 0, -1, 1]


def test_an_answer_too_late_or_before_is_none():
    rows = said("A", "2026-09-20", satisfaction=5) + said("B", "2026-05-01", satisfaction=5)
    assert states(invited(rows, [asked("A", "2026-05-10"), asked("B", "2026-05-10")])) == ["silent", "silent"]


def test_young_invitations_are_undecided_until_answered():
    rows = said("A", "2026-09-20", satisfaction=5)
    sent = [asked("A", "2026-09-15"), asked("B", "2026-09-15"), asked("C", "2026-08-15")]
    table = invited(rows, sent)
    assert states(table) == ["answered", "undecided", "silent"]
    row = rates(table, table["account_id"].map(lambda _: "all"), "wave").iloc[0]
    assert row[["people_asked", "people_answered", "undecided", "response"]].tolist() == [1, 0, 1, 0.0]


def test_a_wave_just_sent_is_not_taken_for_one_that_all_answered():
    rows = [row for place in range(9) for row in said(f"A{place}", "2026-09-20", satisfaction=4)]
    table = invited(rows, [asked(f"A{place}", "2026-09-15") for place in range(30)])
    row = rates(table, table["wave"], "wave").iloc[0]
    assert (row["people_asked"], row["undecided"]) == (0, 21)
    assert np.isnan(row["response"])


def test_reminders_are_no_second_invitation():
    rows = said("A", "2026-06-01", satisfaction=5)
    table = invited(rows, [asked("A", NOW), asked("A", NOW), asked("A", "2026-05-24"), asked("A", "2026-06-14")])
    assert len(table) == 2  # the last comes 35 days after the first
    assert states(table) == ["answered", "silent"]


def test_where_nobody_is_named_accounts_tell_as_many_as_answered():
    rows = said("A", "2026-05-20", None, satisfaction=5) + said("A", "2026-05-21", None, satisfaction=3)
    table = invited(rows, [asked("A", NOW, None)] * 3 + [asked("B", NOW, None)])
    assert states(table) == ["answered", "answered", "silent", "silent"]


def test_named_answers_serve_invitations_that_name_nobody():
    table = invited(said("A", "2026-05-20", satisfaction=5), [asked("A", NOW, None)])
    assert states(table) == ["answered"]


def test_a_named_person_does_not_answer_for_another():
    table = invited(said("A", "2026-05-20", "2", satisfaction=5), [asked("A", NOW, "1")])
    assert states(table) == ["silent"]


def test_an_answer_known_later_is_not_known():
    rows = said("A", "2026-05-20", satisfaction=5) + said("B", "2026-01-01", satisfaction=5)
    table = invited(rows, [asked("A", NOW)], dt.date(2026, 5, 15))
    assert states(table) == ["undecided"]


def test_a_book_without_invitations_says_so():
    book, found = small_book([], [{"account_id": "A"}]), heard(said("A", NOW, satisfaction=5))
    with pytest.raises(BookError, match="survey_invitations"):
        invitations(book, DAY, found)
    with pytest.raises(BookError, match="no survey invitation"):
        invited(said("A", "2026-01-01", satisfaction=5), [asked("A", NOW)], dt.date(2026, 2, 1))


def test_people_of_one_account_make_a_rate_less_sure():
    apart = [asked(f"A{place}", NOW) for place in range(20)]
    together = [asked(f"B{place // 10}", NOW, str(place)) for place in range(20)]
    rows = [row for place in range(10) for row in said(f"A{place}", "2026-05-20", satisfaction=4)]
    rows += [row for place in range(10) for row in said("B0", "2026-05-20", str(place), satisfaction=4)]
    table = invited(rows, apart + together)
    found = rates(table, table["account_id"].str[0], "wave")
    assert found["response"].tolist() == [0.5, 0.5]
    width = (found["high"] - found["low"]).tolist()
    assert width[1] > 1.5 * width[0]


def test_accounts_heard_without_invitations():
    found = heard(said("A", NOW, satisfaction=5) + said("B", NOW, satisfaction=5))
    frame = frame_of("ABCD", active=[True, True, True, False], revenue=[100.0, 200.0, 300.0, 900.0])
    row = share_heard(frame, units(found.ours)).iloc[0]
    assert (row["active_accounts"], row["accounts_heard"]) == (3, 2)
    assert row["response"] == pytest.approx(2 / 3)
    assert row["revenue_heard"] == pytest.approx(0.5)


# --- bounds ---


def test_the_worst_case_by_hand():
    """Two accounts of a half each: one said .8, of the other one person said .4 and one was silent."""
    said_, share = np.array([0.8, 0.4, np.nan]), np.array([1.0, 0.5, 0.5])
    assert worst(said_, share, 0, 1) == (pytest.approx((0.8 + 0.2) / 2), pytest.approx((0.8 + 0.2 + 0.5) / 2))


def test_odds_of_one_are_the_weighted_mean():
    values, share, chance = np.array([0.2, 0.9, 0.5]), np.array([1.0, 2.0, 1.0]), np.array([0.2, 0.5, 0.9])
    mean = (values * share / chance).sum() / (share / chance).sum()
    assert sensitivity(values, share, chance, 1.0) == (pytest.approx(mean), pytest.approx(mean))


@FEW
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0.05, 1.0), st.floats(0.2, 1.0)), min_size=1,
             max_size=7)
)  # fmt: skip
def test_bounds_are_those_of_all_ways_to_weight(rows):
    """Every corner of the box of weights, tried one by one: none lies outside, and one lies on each bound."""
    values, chance, share = (np.array(column) for column in zip(*rows, strict=True))
    odds = 1 / chance - 1
    corners = []
    for mask in range(2 ** len(values)):
        great = np.array([bool(mask >> place & 1) for place in range(len(values))])
        weights = share * (1 + odds * np.where(great, 2.0, 0.5))
        corners.append(float(weights @ values / weights.sum()))
    assert sensitivity(values, share, chance, 2.0) == (pytest.approx(min(corners)), pytest.approx(max(corners)))


def test_weights_are_cut_at_a_multiple_of_their_mean():
    chance = np.array([0.5] * 60 + [0.001])
    found = inverse(chance)
    assert found.cut == 1
    assert found.weight[-1] == pytest.approx(MOST_WEIGHT * np.mean(1 / chance))
    assert (found.weight[:-1] == 2.0).all()


# --- who answers ---


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    book = company()
    return known_before(book, invitations(book, DAY, answers(book, DAY)))


@pytest.fixture(scope="module")
def model(frame) -> Answering:
    return answering(frame)


def test_features_are_those_of_the_day_before_the_first_invitation(frame):
    assert (frame["as_of"] < frame["sent_on"]).all()
    first = frame[frame["as_of"] == frame["as_of"].min()]
    assert first[OWN].isna().all()
    assert set(frame[OWN].dropna().round(3)) <= {0.0, 0.333, 0.5, 0.667, 1.0}
    late = frame["account_id"].str[1:].astype(int) % 3 == 0
    assert frame.loc[late, "on_time"].max() < frame.loc[~late, "on_time"].min()


def test_habit_counts_only_what_was_answered_by_then(frame):
    """An account's own answers to earlier waves, by hand."""
    own = frame[frame["account_id"] == "A001"].sort_values("sent_on")
    said_ = own["answered"].tolist()
    assert own[OWN].tolist()[1:] == [pytest.approx(np.mean(said_[:place])) for place in range(1, len(said_))]


def test_who_is_served_late_answers_less(frame, model):
    late = frame["account_id"].str[1:].astype(int) % 3 == 0
    chance = model.chance(frame)
    assert chance[late].mean() < chance[~late].mean() - 0.2
    assert chance.mean() == pytest.approx(frame["answered"].mean(), abs=0.01)
    table = told(model, frame)
    assert (table["gap"].abs().diff().dropna() <= 1e-12).all()
    assert ((table["answer_low"] > 0) & (table["answer_high"] < 1)).all()


def test_the_trial_is_of_the_last_wave(frame):
    found = trial(frame)
    assert found.wave == "2026-05"
    last = frame[frame["wave"] == "2026-05"]
    assert (found.asked, found.answered) == (len(last), int(last["answered"].sum()))
    assert found.auc > 0.6
    assert found.better


def test_few_answers_or_one_wave_are_refused_in_words(frame):
    with pytest.raises(BookError, match="3 accounts answered, and 20 are needed"):
        answering(frame[(frame["answered"] == 0) | frame["account_id"].isin(["A001", "A002", "A004"])])
    everybody = frame.assign(answered=1)
    with pytest.raises(BookError, match="0 accounts did, and 20"):
        answering(everybody)
    with pytest.raises(BookError, match="1 account answered, and 20 are needed"):
        answering(frame[(frame["answered"] == 0) | (frame["account_id"] == "A001")])
    with pytest.raises(BookError, match="one wave only"):
        trial(frame[frame["wave"] == "2026-05"])


def test_weighting_moves_the_score_towards_the_silent(frame):
    book = company()
    found = answers(book, DAY)
    rows = frame[frame["sent_on"] > pd.Timestamp("2025-09-30")].reset_index(drop=True)
    table = weighted(found.ours, rows, answering(frame, habits=False)).set_index("score")
    late = rows["account_id"].str[1:].astype(int) % 3 == 0
    share = late.mean()
    row = table.loc["content"]
    heard_ = found.ours.shares["satisfaction"].to_numpy()[rows["row"]]
    truth = 100 * sum(
        part * heard_[which & (rows["row"] >= 0)].mean() for part, which in ((share, late), (1 - share, ~late))
    )
    assert row["weighted"] < row["points"] - 1
    assert abs(row["weighted"] - truth) < abs(row["points"] - truth)
    assert row["low_worst"] < row["low_odds"] < row["low"] < row["weighted"] < row["high"] < row["high_odds"]
    assert row["high_odds"] < row["high_worst"]
    assert (row["people_asked"], row["people_heard"]) == (len(rows), int((rows["row"] >= 0).sum()))
    again = weighted(found.ours, rows.iloc[::-1].reset_index(drop=True), answering(frame, habits=False))
    assert np.allclose(again.set_index("score").loc["content"].astype(float), row.astype(float))
