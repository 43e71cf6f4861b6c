"""People a plan needs: hand calculations, laws, and intervals on simulated truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from small_books import FEW

from crm_analysis.contacts import NEEDS
from crm_analysis.errors import UserError
from crm_analysis.plan.effort.hours import hours
from crm_analysis.plan.effort.lengths import Lengths, assumed, measured
from crm_analysis.plan.effort.need import errors, need, people_needed, planned_minutes, todays_minutes

Z = 1.6448536269514722
PEOPLE = pd.DataFrame(
    {
        "rep_id": ["R1", "R2", "R3", "R4"],
        "name": list("abcd"),
        "team": ["Field ", "field", "desk", "idle"],
        "hours_per_week": [40.0, 20.0, 30.0, np.nan],
    }
)


def exactly(visits=60.0, calls=15.0, others=10.0) -> Lengths:
    """Lengths known without error, and contacts that do not scatter."""
    table = assumed().table.assign(low=np.nan, high=np.nan, error=0.0, scatter=0.0, between=0.0, assumed=False)
    return Lengths(table.assign(minutes=[visits, calls, others]))


def frame(count: int, **columns) -> pd.DataFrame:
    """Accounts that nothing is known or planned of but what is given."""
    rows = pd.DataFrame({"account_id": [f"A{place:03}" for place in range(count)]})
    rows[["class", "team", "rep_id", "owner"]] = ""
    rows[["visits", "calls", *NEEDS]] = 0.0
    return rows.assign(desk=False).assign(**columns)


def test_the_textbook_needs_sixty_people():
    assert people_needed([1000, 2000], [36, 12], 1000) == 60
    with pytest.raises(UserError, match="more than 0; found 0"):
        people_needed([1], [1], 0)


def test_the_textbook_by_way_of_minutes_and_hours():
    # 1,000 accounts x 36 + 2,000 x 12 calls; a person has 1,000 calls of 15 minutes, 250 hours, a year
    rows = frame(3000, calls=[36.0] * 1000 + [12.0] * 2000, team="field", owner="R1", rep_id="R1")
    people = PEOPLE.iloc[:1].assign(hours_per_week=10.0)
    found = need(rows, people, exactly(), hours(people, 0.0, capacity=250, weeks=50))
    assert found.whole[["people_needed", "people_there", "people_missing"]].iloc[0].tolist() == [60, 1, 59]
    assert found.teams["people_needed"].tolist() == [60]
    assert found.people["people_needed"].tolist() == [60]
    assert found.whole["minutes_each_planned"].tolist() == [20 * 15]


def test_planned_minutes_by_hand():
    rows = frame(
        3, visits=[2.0, 0, 0], calls=[4.0, 1, 0], desk=[False, True, True], visits_ours=9.0, minutes_visits_ours=900.0,
        visits_theirs=[1.0, 3, 0], minutes_visits_theirs=[70.0, 200, 0], calls_theirs=1.0, others_theirs=1.0,
        minutes_calls_theirs=[20.0, 30, 0], minutes_others_theirs=5.0, others_ours=1.0, minutes_others_ours=3.0,
        minutes=1000.0,
    )  # fmt: skip
    # 2 x 60 + 4 x 15 + 70 + 20 + 8; 15 + 3 x 15 instead of 200 + 30 + 8; 8
    assert planned_minutes(rows, exactly()).tolist() == [278, 98, 8]
    assert todays_minutes(rows, exactly()).tolist() == [1000] * 3
    dumb = rows.assign(**{name: np.nan for name in NEEDS if "minutes" in name})
    # lengths in place of minutes: 2 x 60 + 4 x 15 + 60 + 15 + 20; 15 + 45 + 15 + 20; 0 + 15 + 20
    assert planned_minutes(dumb, exactly()).tolist() == [275, 95, 35]
    assert todays_minutes(dumb, exactly()).tolist() == [10 * 60 + 15 + 20, 12 * 60 + 15 + 20, 9 * 60 + 15 + 20]
    blind = rows.assign(**dict.fromkeys(NEEDS, np.nan))
    assert planned_minutes(blind, exactly()).tolist() == [180, 15, 0]
    assert todays_minutes(blind, exactly()).isna().all()


def test_hours_there_are_those_that_contacts_took_or_those_set():
    took = hours(PEOPLE, minutes=54_000, weeks=50)
    assert (took.contacts, took.working, took.share, took.taken) == (900, 4500, 0.2, True)
    assert took.minutes(PEOPLE).to_dict() == pytest.approx(
        {"R1": 24_000, "R2": 12_000, "R3": 18_000, "R4": np.nan}, nan_ok=True
    )
    given_ = hours(PEOPLE, 54_000, capacity=450, weeks=50)
    assert (given_.contacts, given_.share, given_.taken) == (450, 0.1, False)
    nothing = hours(PEOPLE, 0.0, weeks=50)
    assert np.isnan(nothing.share)
    assert nothing.minutes(PEOPLE)["R1"] == 40 * 50 * 60  # of the whole working time
    with pytest.raises(UserError, match="capacity is hours a year"):
        hours(PEOPLE, 1.0, capacity=-1)
    with pytest.raises(UserError, match="weeks are"):
        hours(PEOPLE, 1.0, weeks=0)


ROWS = frame(
    5, team=["field", "FIELD", "desk", "field", ""], rep_id=["R1", "R3", "gone", "R4", "R2"],
    owner=["R1", "R2", "R3", "", ""], visits=[100.0, 50, 0, 50, 0], calls=[0.0, 0, 400, 0, 0],
    minutes=[9000.0, 5000, 4000, 2000, 10_000],
)  # fmt: skip


def test_people_needed_by_hand():
    # contacts took 30,000 minutes = 500 h of 4,500 h that people work: R1 222.2 h, R2 111.1, R3 166.7
    found = need(ROWS, PEOPLE, exactly(), hours(PEOPLE, 30_000, weeks=50))
    teams = found.teams.set_index("team")
    assert teams.index.tolist() == ["desk", "field", "idle", ""]
    assert teams["accounts_today"].tolist() == [1, 2, 1, 1]
    assert teams["accounts_planned"].tolist() == [1, 3, 0, 1]
    assert teams["minutes_today"].tolist() == [5000, 19_000, 2000, 4000]
    assert teams["minutes_planned"].tolist() == [6000, 12_000, 0, 0]
    assert teams["minutes_each_planned"].tolist() == pytest.approx([6000, 4000, np.nan, 0], nan_ok=True)
    assert teams["hours_there"].tolist() == pytest.approx([500 / 3, 1000 / 3, 0, 0])
    # of the desk 6,000 / 10,000 a person; of the field 12,000 / 10,000
    assert teams["people_needed"].tolist() == pytest.approx([0.6, 1.2, 0, 0])
    assert teams["people_there"].tolist() == [1, 2, 0, 0]
    assert teams["people_missing"].tolist() == pytest.approx([-0.4, -0.8, 0, 0])
    people = found.people.set_index("rep_id")
    assert people["accounts_planned"].tolist() == [1, 1, 1, 0, 2]
    assert people["people_needed"].tolist() == pytest.approx(
        [6000 / 13333.33, 3000 / 6666.67, 0.6, np.nan, np.nan], rel=1e-6, nan_ok=True
    )
    whole = found.whole.iloc[0]
    assert (whole["people_needed"], whole["people_there"]) == (pytest.approx(1.8), 3)
    assert whole["hours_there"] == pytest.approx(500)
    assert "500 hours in the trailing year, 11.1% of the 4,500 hours that 4 people work" in found.says[0]


def test_a_team_without_people_is_measured_by_all_and_nobody_is_told_by_nothing():
    found = need(ROWS.assign(team="new"), PEOPLE, exactly(), hours(PEOPLE, 30_000, weeks=50))
    new = found.teams.set_index("team").loc["new"]
    assert (new["people_needed"], new["people_there"]) == (pytest.approx(1.8), 0)
    nobody = PEOPLE.iloc[:0]
    found = need(ROWS, nobody, exactly(), hours(nobody, 30_000.0))
    assert found.whole["minutes_planned"].tolist() == [18_000]
    assert found.whole[["people_needed", "people_missing", "hours_there"]].isna().all(axis=None)
    assert found.people["accounts_planned"].tolist() == [5]
    assert found.says[0].startswith("No hours")
    unread = need(ROWS.assign(minutes=np.nan, visits_ours=np.nan), PEOPLE, assumed(), hours(PEOPLE, 0.0), np.nan)
    assert "set capacity" in unread.says[0]
    assert unread.whole[["minutes_today", "people_needed", "minutes_low"]].isna().all(axis=None)


def test_what_a_reader_must_know_of_the_minutes_is_said():
    rows = ROWS.assign(contacts_all=20.0, untimed=2.0, unsaid=5.0)
    says = " ".join(need(rows, PEOPLE, assumed(), hours(PEOPLE, 30_000), scale=2.0).says)
    for words in ("reach back 182 days", "60 minutes a visit are assumed", "5 contacts of the trailing year (10.0%)",
                  "12 contacts of the trailing year (25.0%) do not say who"):  # fmt: skip
        assert words in says
    over = need(ROWS, PEOPLE, exactly(), hours(PEOPLE, 0, capacity=1e6))
    assert "more than the 3,960 hours" in over.says[0]


def test_the_error_of_a_sum_by_hand():
    table = exactly().table.assign(error=[3.0, 2, 1], scatter=[13.0, 5, 4], between=[5.0, 3, 0])
    rows = frame(3, visits=[2.0, 1, 0], calls=[0.0, 0, 4])
    # visits 3^2 x 3^2 + (4 + 1) x 5^2 + 3 x 12^2; calls 4^2 x 2^2 + 16 x 3^2 + 4 x 4^2
    assert errors(rows, Lengths(table), np.zeros(3, int), 1) ** 2 == pytest.approx(638 + 272)
    assert errors(rows, Lengths(table), np.array([0, 1, 1]), 2) ** 2 == pytest.approx(
        [36 + 100 + 288, 9 + 25 + 144 + 272]
    )
    asked = frame(1, visits_theirs=3.0, calls_theirs=1.0, others_theirs=2.0, others_ours=1.0)
    # both years by chance: 2 x (3 (60^2 + 13^2) + (15^2 + 5^2) + 3 (10^2 + 4^2))
    assert errors(asked, Lengths(table), np.zeros(1, int), 1) ** 2 == pytest.approx(2 * (3 * 3769 + 250 + 3 * 116))
    # as calls: 2 (3 + 1) (15^2 + 5^2) + 3^2 x 2^2 + ...
    desk = errors(asked.assign(desk=True), Lengths(table), np.zeros(1, int), 1)
    assert desk**2 == pytest.approx(2 * (4 * 250 + 3 * 116) + 36)
    assert np.isnan(errors(rows, assumed(), np.zeros(3, int), 1)).all()
    assert errors(frame(3), assumed(), np.zeros(3, int), 1) == 0


@pytest.mark.slow
def test_intervals_of_planned_minutes_cover_what_comes_on_simulated_books():
    """Lengths are measured on 25 accounts, the plan is for 40 others, and asks go on at rates nobody knows."""
    rng = np.random.default_rng(11)
    many, held = 250, 0
    rows = frame(40, visits=np.tile([4.0, 1.0], 20), calls=2.0, desk=np.arange(40) % 4 == 1)
    planned, desk = rows["visits"].to_numpy(), rows["desk"].to_numpy()

    def taken(number, mean, apart, within, alike=True):
        """Minutes of so many contacts by account, those of one account alike or not."""
        middle = rng.normal(mean, apart, len(number)) if alike else mean
        single = within if alike else np.hypot(apart, within)
        return middle * number + rng.normal(0, single, len(number)) * np.sqrt(number)

    def seen(mean, apart, within):
        minutes = rng.normal(mean, apart, (25, 1)) + rng.normal(0, within, (25, 4))
        sums = {"contacts": 4.0, "minutes": minutes.sum(axis=1), "squares": (minutes**2).sum(axis=1)}
        return measured(pd.DataFrame(sums), mean)

    for _ in range(many):
        visits, calls = seen(60.0, 12.0, 20.0), seen(15.0, 3.0, 5.0)
        kinds = {"visits": visits, "calls": calls, "others": calls}
        lengths = Lengths(pd.DataFrame([{"kind": kind, "class": ""} | row for kind, row in kinds.items()]))
        rates = rng.gamma(1, 1.5, 40)
        last, coming = rng.poisson(rates), rng.poisson(rates)
        year = rows.assign(visits_theirs=last.astype(float), minutes_visits_theirs=taken(last, 60, 12, 20, alike=False))
        told = planned_minutes(year, lengths).sum()
        error = errors(year, lengths, np.zeros(40, int), 1)[0]
        truth = taken(planned, 60, 12, 20) + taken(np.full(40, 2), 15, 3, 5)
        truth += np.where(desk, taken(coming, 15, 3, 5, alike=False), taken(coming, 60, 12, 20, alike=False))
        held += abs(told - truth.sum()) <= Z * error
    assert binomtest(held, many, 0.9).pvalue > 0.01


PLANS = st.lists(
    st.tuples(
        st.sampled_from(["field", "desk", "new", ""]), st.sampled_from(["R1", "R2", "R3", "R4", "gone", ""]),
        st.sampled_from(["R1", "R2", "R3", "R4", ""]), st.integers(0, 9), st.integers(0, 9),
        st.integers(0, 500), st.booleans(),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


@settings(FEW, max_examples=12)
@given(PLANS)
def test_totals_reconcile_and_neither_order_nor_names_matter(plans):
    columns = dict(
        zip(
            ("team", "rep_id", "owner", "visits", "calls_theirs", "minutes", "desk"),
            zip(*plans, strict=True),
            strict=True,
        )
    )
    rows = frame(len(plans), **{name: list(values) for name, values in columns.items()})
    rows["minutes_calls_theirs"] = rows["calls_theirs"] * 0.1
    table = exactly().table.assign(error=[3.1, 2.3, 1.7], scatter=[13.3, 5.9, 4.1], between=[5.3, 3.7, 0])
    at = hours(PEOPLE, 1000.0)
    found = need(rows, PEOPLE, Lengths(table), at)
    whole = found.whole.iloc[0]
    for part in (found.teams, found.people):
        for name in (
            "accounts_today",
            "accounts_planned",
            "minutes_today",
            "minutes_planned",
            "hours_there",
            "people_there",
        ):
            assert part[name].sum() == pytest.approx(whole[name])
    for name in ("people_needed", "people_missing"):
        assert found.teams[name].sum() == pytest.approx(whole[name])
    assert (found.teams["missing_low"] <= found.teams["people_missing"] + 1e-9).all()
    other = rows.assign(account_id=rows["account_id"].iloc[::-1].to_numpy()).sample(frac=1, random_state=1)
    again = need(other, PEOPLE, Lengths(table), at)
    for name in ("teams", "people", "whole"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name), check_exact=True)
