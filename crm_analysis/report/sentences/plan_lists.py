"""What the plan page tells of its lists: treatments, actions, every account, accounts that change owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, listed, sentences
from crm_analysis.plan.actions import SOON
from crm_analysis.plan.actions import by_team as actions_by_team
from crm_analysis.potential.advice.outcome import SURVEY
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.plan_words import OF_CLASS, worded
from crm_analysis.report.sentences.potential import named
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.plan.outlook import Outlook

# columns that the page shows of a table; its file holds all
FIRST = ("name", "due", "to_do", "owner", "team")
ACTIONS = ("name", "due", "to_do", "owner", "team", "reason")
LISTED = ("name", "class", "grade", "team", "owner", "treatment", "to_do", "due", "reason")
OWNERS = ("name", "class", "team", "owner_today", "owner", "owner_why")


BEFORE = ("loss", "goodbye", "kept", "eased")
"""Rules of late payers and of decisions that come before a survey; so do all whose names begin with told_."""


# --- treatments ---


def treatments_said(look: Outlook) -> str:
    """How many accounts are visited by plan, are served by the desk, get nothing; raises BookError without accounts."""
    table = some(look.table)
    numbers = {
        "visited": counted(int((table["visits"] > 0).sum()), "account"),
        "called": text(int(((table["visits"] <= 0) & (table["calls"] > 0)).sum()), "count"),
    }
    left = int(((table["visits"] <= 0) & (table["calls"] <= 0)).sum())
    words = [label("treatments_said", **numbers)]
    if left:
        words.append(label("treatments_left", left=counted(left, "account")))
    asked = table[table["outcome"] == SURVEY]
    otherwise = int((asked["rule"].isin(BEFORE) | asked["rule"].str.startswith("told_")).sum())
    if otherwise:
        key = "surveys_first_one" if len(asked) == 1 else "surveys_first_many"
        words.append(label(key, n=text(len(asked), "count"), otherwise=text(otherwise, "count")))
    return sentences(*words)


# --- actions ---


def actions_said(look: Outlook) -> str:
    """How many there are, by when; raises BookError without any."""
    table = some(look.actions)
    teams = actions_by_team(table, look.day)
    unowned = int(teams["unowned"].sum())
    words = [
        label(
            "actions_said",
            actions=counted(len(table), "action_in"),
            soon=text(int(teams["due_soon"].sum()), "count"),
            days=SOON,
            last=table["due"].max().date(),
        )
    ]
    if unowned:
        words.append(counted(unowned, "actions_unowned"))
    return sentences(*words)


def first(look: Outlook) -> pd.DataFrame:
    """The actions due soon, those of most worth first; raises BookError where there are none."""
    import pandas as pd

    table = look.actions
    worth = table["account_id"].map(look.table.set_index("account_id")["worth"])
    soon = table.assign(worth=worth)[table["due"] <= pd.Timestamp(look.day) + pd.Timedelta(days=SOON)]
    soon = soon.sort_values(["worth", "account_id"], ascending=[False, True], kind="stable")
    return worded(some(soon[["account_id", *FIRST, "worth"]].reset_index(drop=True)))


def actions(look: Outlook) -> pd.DataFrame:
    """The action list, in words; raises BookError without any."""
    return worded(some(look.actions))


def by_team(look: Outlook) -> pd.DataFrame:
    """The action list by team; raises BookError without any."""
    return worded(actions_by_team(some(look.actions), look.day))


# --- owners ---


def changed(look: Outlook) -> str:
    """How many accounts change owner, of all."""
    if not len(look.table):
        return ""
    if not len(look.people):
        return label("unknown")
    whole = text(len(look.table), "count")
    return label("owners_changed", changes=text(len(look.handovers), "count"), accounts=whole)


def changed_said(look: Outlook) -> str:
    """Those that order by class, the others, and the one worth most; raises BookError without accounts."""
    some(look.table)
    if not len(look.people):
        return label("owners_nobody")
    if not len(look.handovers):
        return label("owners_stay", accounts=counted(len(look.table), "account"))
    many = look.handovers["class"].fillna("").value_counts()
    parts = [
        label("owners_changed_class", name=label(OF_CLASS[name]), changes=text(int(many[name]), "count"))
        for name in OF_CLASS
        if name and name in many
    ]
    idle = int(many.get("", 0))
    words = []
    if parts:
        ordered = text(len(look.handovers) - idle, "count")
        words.append(label("owners_changed_ordered", changes=ordered, parts=listed(parts)))
    if idle:
        words.append(label("owners_changed_idle", changes=text(idle, "count")))
    return sentences(*words, _first(look.handovers.iloc[0]))


def _first(row: pd.Series) -> str:
    return label("owners_first", name=named(row), today=row["owner_today"], owner=row["owner"], why=row["owner_why"])


def owners_said(look: Outlook) -> str:
    """How many accounts change owner, who gets the worthiest, who has none; raises BookError without accounts."""
    table, changes = some(look.table), look.handovers
    held = table["owner"] != ""
    if not len(look.people):
        return label("owners_nobody")
    accounts = counted(len(table), "account")
    if not len(changes):
        words = [label("owners_stay", accounts=accounts)]
    else:
        words = [label("owners_change", changes=text(len(changes), "count"), accounts=accounts)]
        words.append(_first(changes.iloc[0]))
    if not held.all():
        many = table.loc[~held, "owner_why"].value_counts()
        why = clauses(
            label("owners_unassigned_part", n=text(int(many[name]), "count"), why=name) for name in sorted(many.index)
        )
        words.append(label("owners_unassigned", accounts=counted(int((~held).sum()), "account"), why=why))
    return sentences(*words)


def owners(look: Outlook) -> pd.DataFrame:
    """The accounts that change owner, in words; raises BookError where none does."""
    return worded(some(look.handovers))


# --- every account ---


def accounts_said(look: Outlook) -> str:
    """How the list is sorted; raises BookError without accounts."""
    return label("plan_listed", accounts=counted(len(some(look.table)), "account"))


def accounts(look: Outlook) -> pd.DataFrame:
    """Every account, in words; raises BookError without accounts."""
    return worded(some(look.listed))


def some(table: pd.DataFrame) -> pd.DataFrame:
    """The table; BookError without a word where it is empty, for what another sentence says already."""
    if table.empty:
        raise BookError("")
    return table
