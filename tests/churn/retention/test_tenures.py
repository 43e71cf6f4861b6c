"""Tenures: who counts, from when to when, and who is at risk at each age."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_books import FEW
from tenure_frames import frames, row, spells_of, tenures_of

from crm_analysis.churn.retention.arithmetic import by_year_of_tenure
from crm_analysis.churn.retention.comparison import logrank, logrank_pairs, restricted_means
from crm_analysis.churn.retention.curves import curves, numbers_at_risk
from crm_analysis.churn.retention.projection import periods
from crm_analysis.churn.retention.reasons import incidence
from crm_analysis.churn.retention.tenures import YEAR, at_risk, counted, grouped, members, stretch, tenures, within
from crm_analysis.errors import UserError

CUT = pd.Timestamp("2024-09-22")  # the end of 2024 less 100 days of silence


def one(rows, **more) -> dict:
    frame = tenures(spells_of(rows), **more)
    assert len(frame) == 1
    return frame.iloc[0].to_dict()


def test_the_day_of_the_first_order_is_day_one():
    found = one([row("A", "2022-03-01", "2022-03-01")])
    assert (found["entry"], found["duration"], found["gone"], found["kind"]) == (0, 1, True, "left")
    assert found["limit"] == (CUT - pd.Timestamp("2022-03-01")).days + 1


def test_leaving_is_decided_by_the_silence_and_no_day_earlier():
    left = one([row("A", "2022-03-01", CUT)])  # silent from then on for 100 days, known on the last of them
    assert (left["gone"], left["duration"]) == (True, left["limit"])
    there = one([row("A", "2022-03-01", CUT + pd.Timedelta(days=1))])
    assert (there["gone"], there["kind"], there["duration"]) == (False, "stayed", left["duration"])


def test_an_account_known_before_the_book_enters_late_with_the_age_it_had():
    late = {"origin": "2015-01-01", "entered": "2020-01-01"}
    found = one([row("A", "2020-02-01", "2021-01-01", **late)])
    assert found["entry"] == (pd.Timestamp("2020-01-01") - pd.Timestamp("2015-01-01")).days
    assert found["duration"] == (pd.Timestamp("2021-01-01") - pd.Timestamp("2015-01-01")).days + 1


def test_only_first_spells_of_known_age_count():
    rows = [
        row("A", "2021-01-01", "2021-02-01"),
        row("A", "2022-01-01", "2022-02-01"),
        row("B", "2020-02-01", "2021-02-01", age_known=False),
        row("C", "2024-10-10", "2024-11-01"),
        row("D", "2020-03-01", "2021-01-01", origin="2018-01-01", entered="2020-01-01"),
    ]
    spells = spells_of([{"age_known": True} | one for one in rows])
    assert tenures(spells)["account_id"].tolist() == ["A", "D"]
    assert counted(spells) == {"accounts": 4, "unknown_age": 1, "undecided": 1, "late": 1}


def test_a_life_ends_with_the_last_leaving():
    rows = [
        row("A", "2021-01-01", "2021-02-01"),
        row("A", "2022-01-01", "2022-02-01", reason="insolvent", gone_on="2022-02-03"),
        row("B", "2021-01-01", "2021-02-01"),
        row("B", "2024-12-01", "2024-12-02"),  # back, after the last day that is decided
        row("C", "2021-01-01", "2021-02-01"),
    ]
    short, whole = tenures(spells_of(rows)), tenures(spells_of(rows).lifelong)
    assert short["duration"].tolist() == [32, 32, 32]
    assert short["kind"].tolist() == ["left"] * 3
    days = (pd.Timestamp("2022-02-01") - pd.Timestamp("2021-01-01")).days + 1
    assert whole["duration"].tolist() == [days, whole["limit"].iloc[1], 32]
    assert whole["kind"].tolist() == ["closed", "stayed", "left"]


def test_a_class_counts_from_the_day_it_was_known():
    rows = [row("A", "2021-01-01", "2023-01-01"), row("B", "2021-01-01", "2021-06-01"), row("C", "2021-01-01", CUT)]
    known = pd.Series(pd.Timestamp("2021-12-31"), index=["A", "B"])
    found = tenures(spells_of(rows), known)
    assert found["account_id"].tolist() == ["A"], "B was gone by then, and C has no class"
    assert found["entry"].tolist() == [364]
    late = [row("A", "2020-02-01", "2021-01-01", origin="2015-01-01", entered="2020-01-01")]
    early = tenures(spells_of(late), pd.Series(pd.Timestamp("2016-01-01"), index=["A"]))
    assert early["entry"].tolist() == tenures(spells_of(late))["entry"].tolist(), "no earlier than it is seen"


def test_other_exits_keep_their_kind_and_reason():
    said = {"gone_on": "2022-05-01", "source": "rep"}
    rows = [
        row("A", "2021-01-01", "2022-01-01", reason="insolvency", decided_by="them", **said),
        row("B", "2021-01-01", "2022-01-01", reason="not worth serving", decided_by="us", **said),
        row("C", "2021-01-01", "2022-01-01", reason="Service", decided_by="them", **said),
    ]
    found = tenures(spells_of(rows))
    assert found["kind"].tolist() == ["closed", "ours", "left"]
    assert found["gone"].all()
    # known but not silent for long enough: what became of it is not decided by who told us
    rows = [row("A", "2021-01-01", "2024-10-01", reason="Service", decided_by="them", gone_on="2024-10-05")]
    assert one(rows)["kind"] == "stayed"
    assert one(rows)["reason"] is None


def test_nobody_at_risk_is_an_empty_frame():
    assert tenures(spells_of([])).empty
    assert tenures(spells_of([row("A", "2024-12-01", "2024-12-01")])).empty


@FEW
@given(frames())
def test_at_risk_is_who_entered_before_and_did_not_go_before(frame):
    times = np.arange(20.0)
    literal = [((frame.entry < at) & (at <= frame.duration)).sum() for at in times]
    assert at_risk(frame, times).tolist() == literal


@FEW
@given(frames(), st.integers(1, 4))
def test_a_stretch_has_enough_at_risk_throughout_and_cannot_be_longer(frame, least):
    days = np.arange(1.0, 20)
    enough = at_risk(frame, days) >= least  # at risk in (day - 1, day]
    found = stretch(frame, least)
    if found is None:
        assert not enough.any()
        return
    inside = (days > found[0]) & (days <= found[1])
    assert enough[inside].all()
    for beyond in (found[0], found[1] + 1):
        assert not enough[days == beyond].any()
    own = within(frame, *found)
    assert (own["entry"] >= found[0]).all()
    assert (own["duration"] <= found[1]).all()
    assert own["gone"].sum() == (frame["gone"] & frame["duration"].between(found[0] + 1, found[1])).sum()


def test_of_several_stretches_the_first_that_lasts_a_year():
    young, old = np.full(10, 1.2 * YEAR), np.full(50, 9 * YEAR)
    both = tenures_of(np.concatenate([young, old]), True, np.repeat([0, 5 * YEAR], [10, 50]))
    assert stretch(both, 5) == (0, 1.2 * YEAR)
    both["duration"] = np.where(both["entry"] == 0, 100.0, both["duration"])
    assert stretch(both, 5) == (5 * YEAR, 9 * YEAR)
    assert stretch(both, 51) is None
    with pytest.raises(UserError, match="at least 1 account at risk; found 0"):
        stretch(both, 0)


def test_small_groups_are_pooled_and_named():
    frame = tenures_of(np.ones(30), True)
    name = np.repeat(["big", "s1", "s2", "none"], [20, 3, 4, 3])
    groups = pd.Series(name, index=frame["account_id"])[lambda given: given != "none"]
    found = grouped(frame, groups, least=5)
    assert found["group"].value_counts().to_dict() == {"big": 20, "other": 7, "unknown": 3}
    table = members(found)
    assert table["group"].tolist() == ["big", "other", "unknown"]
    assert table["pooled"].tolist() == ["", "s1, s2", ""]
    assert table["accounts"].sum() == 30
    assert table["gone"].tolist() == table["accounts"].tolist()
    alone = grouped(frame, groups.replace("s2", "big"), least=5)
    assert set(alone["group"]) == {"big", "s1", "unknown"}, "one small group is nothing to pool"
    assert members(frame)[["group", "pooled"]].to_numpy().tolist() == [["all", ""]]


def test_a_book_without_accounts_has_tables_without_rows():
    spells = spells_of([])
    frame = tenures(spells)
    assert counted(spells)["accounts"] == 0
    tables = [members(frame), grouped(frame, pd.Series(dtype=object)), numbers_at_risk(frame), by_year_of_tenure(frame)]
    tables += [curves(frame), incidence(frame), logrank_pairs(frame), periods(frame), restricted_means(curves(frame))]
    assert [len(table) for table in tables] == [0] * len(tables)
    assert np.isnan(logrank(frame)["p"].item())
