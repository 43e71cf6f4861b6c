"""The plan as a whole: on the demo company, against the future, and after decisions of the quarter before."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import whole_contract as whole
from small_books import DAY, line, small_book

from crm_analysis.book import book_of, open_book
from crm_analysis.plan.outlook import Outlook, outlook
from crm_analysis.plan.policy import Policy
from crm_analysis.plan.treatment.rules import RULES, TEAMS
from crm_analysis.plan.treatment.steps import STEPS
from crm_analysis.potential.low import Wishes

DEMO = Path(__file__).parents[2] / "data" / "demo"
CUT = dt.date(2024, 6, 30)


@pytest.fixture(scope="module")
def look() -> Outlook:
    return outlook(open_book(DEMO), "2026-09-30")


def without_potential(look: Outlook) -> Outlook:
    """The same plan as if the potential page said nothing, so that only the plan's own bars move accounts."""
    look.__dict__["low"] = None
    return look


def test_every_account_of_the_demo_has_one_of_each(look):
    table = look.table
    assert table["account_id"].is_unique
    assert set(table["account_id"]) == set(pd.read_csv(DEMO / "accounts.csv")["account_id"])
    assert set(table["rule"]) <= {rule.name for rule in RULES}
    assert set(table["team"]) <= set(TEAMS)
    assert set(table["step"]) <= set(STEPS)
    owned = table["owner"] != ""
    assert set(table.loc[owned, "owner"]) <= set(look.people["rep_id"])
    assert (table["owner_why"].str.len() > 0).all()
    for name in ("reason", "action", "recommended"):
        assert (table[name].str.len() > 0).all()
    team = look.people.set_index("rep_id")["team"]
    assert (table.loc[owned, "owner"].map(team) == table.loc[owned, "team"]).all()


def test_service_time_adds_up(look):
    table, found = look.table, look.balance
    today = pd.read_csv(DEMO / "interactions.csv")
    today = today[today["happened_on"] > "2025-09-30"]
    assert found.whole["hours_today"] * 60 == pytest.approx(today["minutes"].sum())
    assert found.table["hours_planned"].sum() == pytest.approx(found.whole["hours_planned"])
    assert found.whole["hours_planned"] == pytest.approx(look.need.whole["minutes_planned"].iloc[0] / 60)
    assert found.whole["hours_planned"] == pytest.approx(
        found.whole["hours_today"] - found.whole["hours_freed"] + found.whole["hours_given"]
    )
    falls = table["minutes_today"] - table["minutes_planned"]
    assert found.whole["hours_freed"] == pytest.approx(falls.clip(lower=0).sum() / 60)
    for name in ("freed", "given"):
        row = found.whole
        assert row[f"{name}_low"] < row[f"hours_{name}"] < row[f"{name}_high"]


@pytest.mark.slow
def test_the_plan_stays_within_the_hours_there_are(look):
    """The work bar fits what A and B get into the capacity, beside what everybody gets."""
    grades, rows = look.treated.grades, look.table
    served = rows[rows["grade"].isin(["A", "B"]) & (rows["bar"] == "")]
    assert grades.select + grades.kept <= grades.capacity
    assert set(served["level"]) <= {"key", "develop", "new", "desk", "none"}
    more = without_potential(replace(look, policy=Policy(capacity=2000)))
    less = without_potential(replace(look, policy=Policy(capacity=300)))
    moved = more.table["rule"] != less.table["rule"]
    assert moved.any()
    assert (less.table.loc[moved, "bar"] == "work").all()


@pytest.mark.slow
def test_a_higher_mid_bar_moves_only_accounts_it_passes(look):
    """With hours for everybody; the loss bar stands."""
    roomy = Policy(capacity=10_000)
    here = without_potential(replace(look, policy=roomy))
    there = without_potential(replace(look, policy=roomy, wishes=Wishes(mid_bar=here.bars.mid * 1.3)))
    one, other = here.table, there.table
    moved = (one["rule"] != other["rule"]) | (one["team"] != other["team"]) | (one["level"] != other["level"])
    revenue = one["revenue"]
    passed = (revenue >= here.bars.mid) & (revenue < there.bars.mid)
    assert moved.any()
    assert passed[moved].all()


@pytest.mark.slow
def test_a_smaller_loss_moves_only_accounts_between_the_bars(look):
    here = without_potential(replace(look, policy=Policy(bad_share=0.2)))
    there = without_potential(replace(look, policy=Policy(bad_share=0.03)))
    assert there.loss.at.days_late < here.loss.at.days_late
    moved = here.table["rule"] != there.table["rule"]
    late = here.table["days_late"]
    between = (late > there.loss.at.days_late) & ~(late > here.loss.at.days_late)
    assert moved.any()
    assert between[moved].all()


def test_people_of_other_teams_keep_their_accounts():
    """A book whose teams are not the plan's, one without a table of people, and one that names nobody."""
    lines = [line(name, "2026-09-01", 100 * place + 50) for place, name in enumerate("ABC")]
    owners = [{"account_id": "A", "rep_id": "R1"}, {"account_id": "B", "rep_id": "R2"}, {"account_id": "C"}]
    people = [{"rep_id": "R1", "team": "Field", "hours_per_week": 40}, {"rep_id": "R2", "hours_per_week": 40}]
    people = [row | {"from_date": "2020-01-01"} for row in people]
    named = outlook(small_book(lines, owners, reps=people), DAY)
    alone = outlook(small_book(lines, owners), DAY)
    for look in (named, alone):
        assert look.table["owner"].tolist() == ["R1", "R2", ""]
        assert look.table["owner_why"].iloc[2] == "the team has nobody"
    nobody = outlook(small_book(lines), DAY).table
    assert set(nobody["owner"]) == {""}
    assert set(nobody["owner_why"]) == {"the book names none of our people"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_the_plan_never_sees_the_future(seed):
    rng = np.random.default_rng(seed)
    frames = whole.frames(rng, CUT)
    frames["decisions"]["action"] = rng.choice(["keep", "goodbye", "desk", "survey first"], len(frames["decisions"]))
    found = []
    for made in (frames, whole.scrambled(frames, CUT, rng)):
        look = without_potential(outlook(book_of(made, whole.EXTRACT), CUT, Policy(overdue_days=10)))
        found.append((look.table, look.need.people, look.balance.table, look.lengths.table))
    for mine, theirs in zip(*found, strict=True):
        pd.testing.assert_frame_equal(mine, theirs)
    assert len(found[0][0]) > 3
