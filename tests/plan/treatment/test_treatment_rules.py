"""Rules, steps and reasons of treatment: one of each per account, and a bar moves only whom it should."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_books import DAY, FEW

from crm_analysis.errors import UserError
from crm_analysis.labels import LABELS
from crm_analysis.plan.effort.lengths import assumed
from crm_analysis.plan.policy import LEVELS, VISITED, Policy
from crm_analysis.plan.treatment.rules import CUTS, RULES, TEAMS, TOLD, markdown
from crm_analysis.plan.treatment.steps import SITUATIONS, STEPS
from crm_analysis.plan.treatment.treated import RECOMMENDED, treated
from crm_analysis.potential.advice.decided import WORDS
from crm_analysis.value.segments import Bars

DOCS = Path(__file__).parents[3] / "docs"
CONTACTS = [f"{kind}_{side}" for kind in ("visits", "calls", "others") for side in ("ours", "theirs")]
DATES = ("first_order", "last_order", "open_complaint", "contract_ends", "decided_on")
PLAIN = {
    "name": "N", "group_id": "", "sales_office": "", "rep_id": "", "stage": "", "key_account": False, "class": "Low",
    "active": True, "revenue": 1000.0, "worth": 200.0, "first_order": "2020-01-01", "last_order": "2026-09-01",
    "outcome": "keep", "why_outcome": "", "promising": False, "potential": 0.02, "silence_ratio": 0.5,
    "silent_days": 20.0, "rhythm_days": 40.0, "open_complaint": None, "contract_ends": None, "decided_action": "",
    "decided_means": "", "decided_on": None, "decided_reason": "", "decided_by": "", "decided_against": False,
    "days_late": 3.0, "fails": False,
}  # fmt: skip
AWAY = {"class": None, "active": False, "outcome": "", "potential": np.nan, "revenue": 0.0}
NEVER = AWAY | {"first_order": None, "last_order": None}
AT = Bars(100_000, 10_000, None)
FEWER = settings(FEW, max_examples=10)
"""Each example makes whole plans of up to 25 accounts."""


def facts(*rows: dict[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame([{"account_id": f"A{place:03}"} | PLAIN | row for place, row in enumerate(rows)])
    for name in DATES:
        frame[name] = pd.to_datetime(frame[name])
    for name in CONTACTS:
        frame[name], frame[f"minutes_{name}"] = frame.get(name, 1.0), np.nan
    return frame.assign(minutes=np.nan)


def plan(frame: pd.DataFrame, capacity: float = np.inf, policy: Policy | None = None) -> pd.DataFrame:
    return treated(frame, DAY, AT, policy or Policy(), assumed(), capacity, 12.5).table


CASES = {
    "goodbye": {"decided_means": "cut", "decided_action": "goodbye", "class": "High"},
    "told_cut": {"decided_means": "cut", "decided_action": "cut"},
    "loss_large": {"fails": True, "class": "Mid"},
    "loss": {"fails": True},
    "contact": NEVER | {"stage": "engaged"},
    "prospect": NEVER | {"stage": "suspect"},
    "lapsed": AWAY | {"last_order": "2025-06-01"},
    "gone": AWAY | {"last_order": "2023-06-01"},
    "told_survey": {"decided_action": "survey first", "decided_means": "survey", "decided_against": True},
    "told_prepay": {"decided_action": "prepayment", "decided_means": "step", "decided_against": True, "class": "High"},
    "told_none": {"decided_action": "no service", "decided_means": "step", "decided_against": True, "class": "Mid"},
    "told_call": {"decided_action": "win back", "decided_means": "keep", "decided_against": True, "fails": True},
    "told_step": {
        "decided_action": "small order price",
        "decided_means": "step",
        "decided_against": True,
        "class": "High",
        "fails": True,
    },
    "told_key": {"decided_action": "key", "decided_means": "keep", "decided_against": True},
    "told_develop": {"decided_action": "develop", "decided_means": "keep", "decided_against": True, "class": "Mid"},
    "key": {"key_account": True},
    "new_partner": {"first_order": "2026-03-01", "stage": "partner"},
    "new_engaged": {"first_order": "2026-03-01", "stage": "engaged"},
    "new": {"first_order": "2026-03-01", "stage": "contact"},
    "develop": {"class": "Mid"},
    "promising": {"promising": True},
    "cut": {"outcome": "cut"},
    "kept": {"decided_action": "keep", "decided_means": "keep", "decided_against": True, "outcome": "cut"},
    "eased": {"decided_action": "desk", "decided_means": "step"},
    "survey": {"outcome": "survey"},
    "select": {},
}


@pytest.mark.parametrize("name", CASES)
def test_each_rule_takes_the_account_it_describes(name):
    row = plan(facts(CASES[name])).iloc[0]
    rule = next(rule for rule in RULES if rule.name == name)
    assert (row["rule"], row["level"], row["step"]) == (name, rule.level, rule.step)
    assert "{" not in row["reason"] + row["action"]
    assert row["desk"] == (row["level"] not in VISITED)


def test_the_work_bar_has_rules_of_its_own():
    both = plan(facts({"class": "Mid"}, {"promising": True}), capacity=0)
    assert both["rule"].tolist() == ["work_large", "work"]
    assert both["bar"].tolist() == ["work", "work"]
    assert {*CASES, "work_large", "work"} == {rule.name for rule in RULES}


def test_a_persons_word_is_lowered_by_neither_bar():
    """Every word that can be written down, if it is not what was recommended; the account is Mid and pays late."""
    rows = plan(
        facts(*({"decided_action": word, "decided_means": WORDS[word], "decided_against": True, "class": "Mid",
                 "fails": True} for word in WORDS)), capacity=0,
    )  # fmt: skip
    goodbye = {word for word, kind in WORDS.items() if kind == "cut"} - set(CUTS)
    assert set(WORDS) == goodbye | set(TOLD)
    assert {told for word, told in zip(WORDS, rows["rule"], strict=True) if word in CUTS} == {"told_cut"}
    assert (rows.loc[[word in TOLD for word in WORDS], "bar"] == "").all()
    told = dict(zip(WORDS, rows["rule"], strict=True))
    assert {word for word, rule in told.items() if rule == "goodbye"} == goodbye
    expected = {"keep": "develop", "develop": "told_develop", "desk": "told_step", "prepayment": "told_prepay"}
    assert {word: told[word] for word in expected} == expected


def test_teams_by_class_and_by_development():
    rows = plan(facts({"class": "High"}, {"class": "Mid"}, {}, CASES["new"], CASES["loss_large"]))
    assert rows["team"].tolist() == [TEAMS[0], TEAMS[1], TEAMS[2], TEAMS[3], TEAMS[1]]


def test_minutes_planned_by_hand():
    """2 visits of 60 and 6 calls of 15, one of each kind asked for, another of ours; at the desk visits are calls."""
    rows = plan(facts({"class": "High"}, {}))
    assert rows["minutes_planned"].tolist() == [
        2 * 60 + 6 * 15 + 60 + 15 + 10 + 10,
        1 * 15 + 15 + 15 + 10 + 10,
    ]


def test_what_an_accounts_situation_asks_for_comes_first():
    rows = plan(
        facts(
            {"open_complaint": "2026-09-20", "class": "High", "silence_ratio": 2.0},
            {"class": "High", "silence_ratio": 2.0, "silent_days": 71.0, "rhythm_days": 30.4},
            {"class": "Mid", "silence_ratio": 1.2},
            {"class": "Mid", "contract_ends": "2026-12-30"},
            {"class": "Mid", "contract_ends": "2027-01-02"},
            {"silence_ratio": 9.0},
            NEVER | {"open_complaint": "2026-09-20"},
        )
    )
    expected = ["complaint", "silent_key", "silent", "renewal", "visit_develop", "desk", "qualify"]
    assert rows["step"].tolist() == expected
    assert rows["action"].iloc[0] == "Resolve the complaint that is open since 2026-09-20, and tell the account"
    assert rows["action"].iloc[1] == "Call: silent for 71 days, orders within 30 as a rule"


def test_due_days_are_working_days():
    rows = plan(facts({"open_complaint": "2026-09-20"}, {"class": "High"}, CASES["gone"]))
    # 2026-09-30 is a Wednesday; 30 days on is a Friday; 7 days on a Wednesday
    assert rows["due"].iloc[:2].dt.date.tolist() == [dt.date(2026, 10, 7), dt.date(2026, 10, 30)]
    assert pd.isna(rows["due"].iloc[2])
    saturday = treated(facts({"class": "High"}), dt.date(2026, 9, 25), AT, Policy(), assumed(), np.inf).table
    assert saturday["due"].iloc[0].date() == dt.date(2026, 10, 26)  # a Sunday put off


SAID = {"": "", "keep": "keep", "survey": "survey first", "step": "desk", "cut": "goodbye"}
rows_of_facts = st.lists(
    st.fixed_dictionaries(
        {
            "class": st.sampled_from(["High", "Mid", "Low", "Low", None]),
            "worth": st.floats(-100, 10_000).map(lambda value: round(value, 2)),
            "fails": st.booleans(),
            "promising": st.booleans(),
            "key_account": st.sampled_from([False, False, True]),
            "stage": st.sampled_from(["", "suspect", "contact", "engaged", "partner"]),
            "first_order": st.sampled_from(["2020-01-01", "2026-03-01", None]),
            "outcome": st.sampled_from(["keep", "survey", "cut"]),
            "decided_means": st.sampled_from(["", "", "keep", "survey", "step", "cut"]),
            "decided_against": st.booleans(),
            "open_complaint": st.sampled_from([None, "2026-09-01"]),
            "silence_ratio": st.sampled_from([np.nan, 0.5, 1.5]),
            "visits_theirs": st.integers(0, 5),
        }
    ),
    min_size=1,
    max_size=25,
)


def consistent(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Facts that can be: who never ordered, or not lately, has no class; only Low accounts are advised on."""
    found = []
    for row in rows:
        active = row["class"] is not None and row["first_order"] is not None
        low = active and row["class"] == "Low"
        own = row | {"active": active, "class": row["class"] if active else None}
        own |= {"last_order": "2026-09-01" if active else "2025-01-01" if row["first_order"] else None}
        own |= {"outcome": row["outcome"] if low else "", "promising": bool(low and row["promising"])}
        found.append(own | {"decided_action": SAID[row["decided_means"]]})
    return facts(*found)


@FEWER
@given(rows_of_facts)
def test_every_account_has_one_of_each(rows):
    table = plan(consistent(rows), capacity=500)
    assert len(table) == len(rows)
    assert set(table["rule"]) <= {rule.name for rule in RULES}
    assert set(table["team"]) <= set(TEAMS)
    assert set(table["level"]) <= set(LEVELS)
    assert set(table["step"]) <= set(STEPS)
    assert (table["due"].isna() == (table["step"].map(STEPS) == 0)).all()
    assert (table["due"].dropna().dt.dayofweek < 5).all()
    assert (table["reason"].str.len() > 0).all()
    assert (table["action"].str.len() > 0).all()
    assert (table["minutes_planned"] >= 0).all()


@pytest.mark.slow
@FEWER
@given(rows_of_facts, st.floats(0, 3000), st.floats(0, 3000))
def test_more_hours_move_only_accounts_that_the_work_bar_held_back(rows, one, other):
    frame = consistent(rows)
    little, much = (plan(frame, capacity=minutes) for minutes in sorted((one, other)))
    moved = little["rule"] != much["rule"]
    assert (little.loc[moved, "bar"] == "work").all()
    assert not (much["bar"].eq("work") & little["bar"].ne("work")).any()


@FEWER
@given(rows_of_facts, st.data())
def test_the_loss_bar_moves_only_accounts_it_lets_pass_or_fail(rows, data):
    frame = consistent(rows)
    other = frame.assign(fails=data.draw(st.lists(st.booleans(), min_size=len(frame), max_size=len(frame))))
    moved = plan(frame, 800)["rule"] != plan(other, 800)["rule"]
    assert (frame["fails"] != other["fails"])[moved].all()


@pytest.mark.slow
@FEWER
@given(rows_of_facts, st.randoms(use_true_random=False))
def test_the_order_of_accounts_changes_nothing(rows, luck):
    frame = consistent(rows)
    order = list(range(len(frame)))
    luck.shuffle(order)
    turned = plan(frame.iloc[order].reset_index(drop=True), 700)
    pd.testing.assert_frame_equal(
        turned.sort_values("account_id", ignore_index=True), plan(frame, 700), check_dtype=False
    )


def test_visits_planned_move_with_the_policy():
    frame = facts({"class": "High"}, {"class": "Mid"})
    table = plan(frame, policy=Policy(visits_key=12, visits_develop=3))
    assert table["visits"].tolist() == [12, 3]
    assert "12 visits" in table["action"].iloc[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"visits_key": -1},
        {"capacity": float("nan")},
        {"weeks": 0},
        {"bad_share": 3},
        {"new": "soon"},
        {"overdue_days": 1.5},
    ],
)
def test_a_policy_that_cannot_be_is_refused(wrong):
    with pytest.raises(UserError, match=str(next(iter(wrong.values())))):
        Policy(**wrong)


def test_what_is_recommended_can_be_written_into_decisions():
    assert {*RECOMMENDED.values(), "survey first"} <= set(WORDS)
    assert set(RECOMMENDED) == set(LEVELS)


def test_rules_and_docs_agree():
    assert (DOCS / "plan_rules.md").read_text(encoding="utf-8") == markdown() + "\n"
    for rule in RULES:
        assert f"why_plan_{rule.name}" in LABELS
        assert f"rule_plan_{rule.name}" in LABELS
    assert set(SITUATIONS) <= set(STEPS)
