"""Whose account each is: every rule by hand, and laws that hold for any plan."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from small_books import FEW

from crm_analysis.labels import label
from crm_analysis.plan.effort.owners import WHY, owners

STAYS, FAMILY, OFFICE, DEAL, EMPTY, NO_HOURS, NO_TEAM = (label(key) for key in WHY.values())
PEOPLE = pd.DataFrame({"rep_id": ["R1", "R2", "R3", "R4"], "team": ["Field", " field", "desk", "lazy"]})
THERE = pd.Series({"R1": 1000.0, "R2": 500.0, "R3": 100.0, "R4": np.nan})


def frame(**columns) -> pd.DataFrame:
    count = max(len(value) for value in columns.values() if isinstance(value, list))
    rows = pd.DataFrame({"account_id": [f"A{place:03}" for place in range(count)]})
    rows = rows.assign(rep_id="", team="field", minutes_planned=10.0, worth=0.0, sales_office="", group_id="")
    return rows.assign(**columns)


def told(rows: pd.DataFrame, people=PEOPLE, there=THERE) -> list[tuple[str, str]]:
    found = owners(rows, people, there)
    assert found["account_id"].tolist() == rows["account_id"].tolist()
    return list(zip(found["owner"], found["owner_why"], strict=True))


def test_today_s_owner_stays_if_here_and_of_the_planned_team():
    rows = frame(rep_id=["R1", "R1", "gone", "R4"], team=["FIELD ", "desk", "desk", "lazy"])
    assert told(rows) == [("R1", STAYS), ("R3", DEAL), ("R3", DEAL), ("R4", STAYS)]


def test_an_account_nobody_can_own_has_the_reason():
    rows = frame(team=["", "nowhere", "lazy", None], rep_id=["R1", "R1", "R1", "R1"])
    assert told(rows) == [("", NO_TEAM), ("", EMPTY), ("", NO_HOURS), ("", NO_TEAM)]
    assert told(frame(team=["field", ""]), PEOPLE.iloc[:0]) == [("", EMPTY), ("", NO_TEAM)]


def test_accounts_go_to_whose_minutes_are_filled_to_the_smallest_part_the_worthiest_first():
    # minutes and one more each: 501 to R1 (half full), 251 to R2 (half and more), then R1, then R2 as R1 is over-full
    rows = frame(worth=[1.0, 4, 3, 2], minutes_planned=[10.0, 500, 250, 600])
    assert [owner for owner, _ in told(rows)] == ["R2", "R1", "R2", "R1"]
    full = frame(worth=[1.0, 2], minutes_planned=[10.0, 9000], team="desk")
    assert told(full) == [("R3", DEAL), ("R3", DEAL)]  # over its hours: still assigned


def test_of_the_same_sales_office_as_long_as_there_is_room():
    rows = frame(
        rep_id=["R1", "R2", "R2", "", "", "", ""], minutes_planned=[900.0, 0, 0, 300, 300, 10, 10],
        worth=[0.0, 0, 0, 9, 8, 7, 6], sales_office=["Bonn", "Kiel", "Kiel", "Bonn", "Kiel", "Kiel", "Rome"],
    )  # fmt: skip
    # R1 is at home in Bonn and has 99 left: one account of 301 goes there, and no more fit
    # R2 is at home in Kiel, of 500 then 3 + 301 are used; Rome has nobody: R2 is filled to a smaller part
    assert told(rows)[3:] == [("R1", OFFICE), ("R2", OFFICE), ("R2", OFFICE), ("R2", DEAL)]
    again = rows.assign(minutes_planned=[1000.0, 0, 0, 300, 300, 10, 10])
    assert told(again)[3] == ("R2", DEAL)


def test_accounts_of_a_group_go_together():
    rows = frame(
        rep_id=["R2", "R1", "", ""], group_id=["G", "G", "G", "G"], worth=[1.0, 5, 9, 0], team=["field"] * 3 + ["desk"]
    )
    assert told(rows) == [("R2", STAYS), ("R1", STAYS), ("R1", FAMILY), ("R3", DEAL)]
    new = frame(group_id=["G", "H", "G", "H", ""], worth=[9.0, 8, 1, 1, 2], minutes_planned=100.0)
    assert [owner for owner, _ in told(new)] == ["R1", "R2", "R1", "R2", "R1"]
    vast = frame(rep_id=["R1", "", ""], group_id="G", minutes_planned=[10.0, 600, 600])
    assert [why for _, why in told(vast)] == [STAYS, DEAL, DEAL]  # more than anybody has
    lazy = frame(rep_id=["R4", ""], group_id="G", team="field")
    idle = PEOPLE.assign(team="field")
    assert told(lazy, idle) == [("R4", STAYS), ("R1", DEAL)]  # who has no hours gets nothing more


def test_accounts_without_planned_minutes_are_spread_too():
    counts = pd.Series([owner for owner, _ in told(frame(worth=[0.0] * 300, minutes_planned=0.0))]).value_counts()
    assert counts.to_dict() == {"R1": 200, "R2": 100}


PLANS = st.lists(
    st.tuples(
        st.sampled_from(["field", "desk", "lazy", "nowhere", ""]),
        st.sampled_from(["R1", "R2", "R3", "R4", "gone", ""]),
        st.floats(0, 300), st.integers(-50, 50), st.sampled_from(["Bonn", "Kiel", ""]), st.sampled_from(["G", "H", ""]),
    ),
    min_size=1, max_size=40,
)  # fmt: skip


@FEW
@given(PLANS)
def test_laws_of_owners(plans):
    names = ("team", "rep_id", "minutes_planned", "worth", "sales_office", "group_id")
    rows = frame(**{name: list(values) for name, values in zip(names, zip(*plans, strict=True), strict=True)})
    rows["worth"] += np.arange(len(rows)) / 100  # no ties, so that names of accounts decide nothing
    found = owners(rows, PEOPLE, THERE).set_index("account_id")
    team = dict(zip(PEOPLE["rep_id"], PEOPLE["team"].str.strip().str.lower(), strict=True))
    for row in rows.itertuples():
        owner, why = found.loc[row.account_id]
        assert owner == "" or team[owner] == row.team
        assert (owner == "") == (why in (EMPTY, NO_HOURS, NO_TEAM))
        assert row.team not in ("field", "desk") or owner
        assert (why == STAYS) == (team.get(row.rep_id) == row.team)
    renamed = rows.assign(account_id=rows["account_id"].iloc[::-1].to_numpy()).sample(frac=1, random_state=3)
    again = owners(renamed, PEOPLE.sample(frac=1, random_state=5), THERE)
    back = dict(zip(rows["account_id"].iloc[::-1], rows["account_id"], strict=True))
    again = again.assign(account_id=again["account_id"].map(back)).set_index("account_id").loc[found.index]
    pd.testing.assert_frame_equal(again, found)


@FEW
@given(st.lists(st.floats(0, 200), min_size=2, max_size=60))
def test_nobody_is_fuller_than_a_colleague_by_more_than_the_largest_account(minutes):
    rows = frame(minutes_planned=minutes, worth=[float(place) for place in range(len(minutes))])
    found = owners(rows, PEOPLE, THERE)
    takes = rows["minutes_planned"].to_numpy() + 1
    filled = pd.Series(takes).groupby(found["owner"]).sum().reindex(["R1", "R2"]).fillna(0) / THERE[["R1", "R2"]]
    assert filled.max() - filled.min() <= takes.max() / 500 + 1e-9
