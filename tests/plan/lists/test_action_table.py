"""The action list as a table: against rows ordered and added up by hand, and laws."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_books import FEW
from treated_sample import PEOPLE, row, treated

from crm_analysis.errors import UserError
from crm_analysis.labels import column
from crm_analysis.plan.actions import ANSWER, COLUMNS, actions, by_owner, by_team
from crm_analysis.potential.advice.decided import WORDS
from crm_analysis.report.action_lists import OFFERED


def test_one_row_per_account_with_something_to_do_in_the_order_of_team_owner_due_and_worth():
    table = actions(
        treated(
            row("low worth", worth=1),
            row("high worth", worth=9),
            row("unknown worth", worth=None),
            row("sooner", due="2026-10-01"),
            row("nothing to do", due=None),
            row("Ann's", owner="R1"),
            row("nobody's", owner="", owner_why="nobody of the team has hours"),
            row("key", team="Operations centre "),
            row("other team", team="export"),
            row("new", team="business development"),
        ),
        PEOPLE,
    )
    assert list(table["account_id"]) == [
        "key", "nobody's", "Ann's", "sooner", "high worth", "low worth", "unknown worth", "new", "other team",
    ]  # fmt: skip
    assert list(table) == list(COLUMNS)
    assert table[list(ANSWER)].isna().all(axis=None)


def test_owners_go_by_name_and_by_code_where_two_share_it_or_none_is_known():
    rows = [row(name, owner=name) for name in ("R1", "R2", "R3", "R4", "R5")]
    table = actions(treated(*rows), PEOPLE).set_index("account_id")
    assert dict(table["owner"]) == {"R1": "Ann (R1)", "R2": "Bo", "R3": "Ann (R3)", "R4": "R4", "R5": "R5"}
    assert list(actions(treated(*rows))["owner"]) == ["R1", "R2", "R3", "R4", "R5"]


def test_an_account_without_owner_says_why():
    table = actions(treated(row("A", owner="", owner_why="the team has nobody"), row("B", owner=None, owner_why=None)))
    assert list(table["owner"]) == ["unassigned", "unassigned"]
    assert list(table["reason"]) == ["Low. Unassigned: the team has nobody", "Low"]


def test_sums_by_team_and_person_by_hand():
    table = actions(
        treated(
            row("A", due="2026-10-14", revenue=0.1),
            row("B", due="2026-10-15", revenue=0.2),
            row("C", owner="R1", due="2026-10-01", revenue=None),
            row("D", owner="", team="customer support", due="2026-10-02", revenue=-5),
        ),
        PEOPLE,
    )
    teams = by_team(table, "2026-09-30")
    assert teams[["team", "actions", "due_soon", "unowned", "revenue"]].values.tolist() == [
        ["customer support", 1, 1, 1, -5.0],
        ["sales administration", 3, 2, 0, 0.3],
    ]
    people = by_owner(table, "2026-09-30")
    assert people[["owner", "actions", "due_soon", "revenue"]].values.tolist() == [
        ["unassigned", 1, 1, -5.0],
        ["Ann (R1)", 1, 1, 0.0],
        ["Bo", 2, 1, 0.3],
    ]
    assert list(people["first_due"].dt.day) == [2, 1, 14]


@FEW
@given(st.randoms(use_true_random=False), st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), max_size=12))
def test_the_order_of_rows_does_not_matter_and_none_is_lost(shuffle, kinds):
    rows = [row(f"A{n}", team=team, due=f"2026-10-0{1 + day}" if day else None) for n, (team, day) in enumerate(kinds)]
    if not rows:
        return
    whole = actions(treated(*rows))
    mixed = list(rows)
    shuffle.shuffle(mixed)
    pd.testing.assert_frame_equal(actions(treated(*mixed)), whole)
    assert sorted(whole["account_id"]) == sorted(one["account_id"] for one in rows if one["due"])
    assert by_team(whole, "2026-09-30")["actions"].sum() == by_owner(whole, "2026-09-30")["actions"].sum() == len(whole)


def test_a_column_that_is_missing_is_named():
    with pytest.raises(UserError, match="column 'worth' is missing; found account_id, name"):
        actions(treated(row("A")).drop(columns="worth"))


def test_every_column_has_a_heading_and_every_word_offered_is_known():
    assert all(column(name).title for name in COLUMNS)
    assert set(OFFERED) <= set(WORDS)
    assert {WORDS[word] for word in OFFERED} == set(WORDS.values())
