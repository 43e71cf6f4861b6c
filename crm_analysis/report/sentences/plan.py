"""What the plan page tells first: service time freed and given, what is due, people missing.

A value of a headline is short; the sentence beside it says what it rests on. Where the book cannot carry something the
sentence says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.labels import code_said, label
from crm_analysis.labels.language import bracketed, clauses, inside, listed, sentences
from crm_analysis.plan.actions import SOON
from crm_analysis.report.sentences import counted, money
from crm_analysis.report.sentences.plan_words import OF_CLASS
from crm_analysis.report.sentences.potential import named
from crm_analysis.report.values import text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from crm_analysis.plan.outlook import Outlook

NAMED = 3
"""Accounts that are named in a headline."""
LITTLE = 0.5
"""Hours a year of a class that are not worth telling."""
PART = 0.2
"""Share of the working time below which contacts tell how people are shared out, not how many are needed."""
_SIDES = {"freed": ("freed_nothing", "freed_said"), "given": ("given_nothing", "given_said")}


# --- what it is about ---


def plan_said(look: Outlook, currency: str) -> str:
    """How many accounts have a treatment, and where classes divide."""
    table = look.table
    if not len(table):
        return label("plan_nobody", day=look.day)
    accounts, active = counted(len(table), "account"), int(table["active"].sum())
    if not active:
        return label("plan_about_none", accounts=accounts, day=look.day)
    return label(
        "plan_about",
        accounts=accounts,
        day=look.day,
        active=text(active, "count"),
        high=money(look.bars.high, currency),
        mid=money(look.bars.mid, currency),
    )


# --- service time ---


def freed(look: Outlook) -> str:
    """Hours freed of those of today."""
    whole = look.balance.whole
    if not whole["hours_freed"] >= 0:
        return label("unknown") if len(look.table) else ""
    return label("freed_value", freed=whole_hours(whole["hours_freed"]), today=whole_hours(whole["hours_today"]))


def freed_said(look: Outlook) -> str:
    """Of whom, and to whom it goes; what is planned instead."""
    whole = look.balance.whole
    planned = whole_hours(whole["hours_planned"])
    if not len(look.table):
        return ""
    if not whole["hours_freed"] >= 0:
        return label("freed_untold", planned=planned)
    words = []
    for side in _SIDES:
        nothing, some = _SIDES[side]
        key = some if whole[f"accounts_{side}"] else nothing
        parts = _by_class(look.balance.table, f"hours_{side}")
        numbers = {
            "hours": counted_hours(whole[f"hours_{side}"]),
            "between": between(whole[f"{side}_low"], whole[f"{side}_high"]),
            "accounts": counted(whole[f"accounts_{side}"], "account"),
            "parts": bracketed(parts),
        }
        words.append(label(key, **numbers))
    words.append(label("freed_planned", planned=planned, today=whole_hours(whole["hours_today"])))
    return sentences(*words)


def _by_class(table: pd.DataFrame, column: str) -> str:
    rows = table[table[column] >= LITTLE].sort_values([column, "class"], ascending=[False, True], kind="stable")
    return listed(
        label("hours_of_class", name=label(OF_CLASS[name]), hours=whole_hours(hours))
        for name, hours in zip(rows["class"], rows[column], strict=True)
    )


# --- what to do first ---


def due(look: Outlook) -> str:
    """How many actions are due soon."""
    return counted(len(_soon(look)), "action_due")


def due_said(look: Outlook) -> str:
    """The worthiest of them by name; how many there are in all."""
    soon, many = _soon(look), int(look.table["due"].notna().sum())
    if not many:
        return label("due_nothing") if len(look.table) else ""
    whole = label("due_whole", actions=counted(many, "action_in"), days=SOON)
    if soon.empty:
        first = look.table["due"].min()
        return sentences(whole, label("due_later", first=first.date()))
    rows = soon.sort_values(["worth", "account_id"], ascending=[False, True], kind="stable").head(NAMED)
    told = clauses(_action(str(what), own) for what, own in rows.groupby("action", sort=False))
    return sentences(whole, label("due_first_one" if len(rows) == 1 else "due_first_many", n=len(rows), what=told))


def _soon(look: Outlook) -> pd.DataFrame:
    import pandas as pd

    table = look.table
    return table[table["due"] <= pd.Timestamp(look.day) + pd.Timedelta(days=SOON)]


def _action(what: str, rows: pd.DataFrame) -> str:
    names = [
        label(
            "due_one",
            name=named(row),
            owner=row["owner_name"] if row["owner"] else label("unassigned"),
            due=row["due"].date(),
        )
        for _, row in rows.iterrows()
    ]
    return label("due_what", what=inside(what), names=listed(names))


# --- people ---


def people(look: Outlook) -> str:
    """How many are missing and too many, in the teams where that is more than chance."""
    if not len(look.table):
        return ""
    if not look.need.whole["people_missing"].iloc[0] > -np.inf:
        return label("unknown")
    lacks, over = _apart(look.need.teams)
    parts = [
        label(key, people=_some(abs(float(rows["people_missing"].sum()))))
        for key, rows in (("people_lack", lacks), ("people_over", over))
        if len(rows)
    ]
    return listed(parts) or label("people_right")


def people_said(look: Outlook) -> str:
    """How many are needed and there, in all and by team, and what that is measured by."""
    if not len(look.table):
        return ""
    row = look.need.whole.iloc[0]
    if not row["people_missing"] > -np.inf:
        return str(look.need.says[0]) if look.need.says else ""
    numbers = {
        "needed": _some(row["people_needed"]),
        "there": text(row["people_there"], "count"),
        "between": between(row["missing_low"] + row["people_there"], row["missing_high"] + row["people_there"], _some),
    }
    words = [label("people_needed", **numbers)]
    lacks, over = _apart(look.need.teams)
    for key, rows in (("people_lacks", lacks), ("people_overs", over)):
        if len(rows):
            words.append(label(key, teams=clauses(_team(one) for _, one in rows.iterrows())))
    words.append(_measured(look, bool(len(lacks) and len(over))))
    return sentences(*words)


def _measured(look: Outlook, both: bool) -> str:
    """What people are measured by, and how that is to be read."""
    hours = look.need.hours
    if hours.share < PART:
        key = "people_part" if hours.taken else "people_part_set"
        return label(key, share=text(hours.share, "share"))
    return label("people_moves" if both else "people_measured")


def _apart(teams: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Teams that lack people, and those that have too many, whatever contacts take; those with most first."""
    told = teams[teams["team"] != ""]
    lacks = told[told["missing_low"] > 0].sort_values(["people_missing", "team"], ascending=[False, True])
    return lacks, told[told["missing_high"] < 0].sort_values(["people_missing", "team"])


def _team(row: pd.Series) -> str:
    low, high = sorted(abs(row[name]) for name in ("missing_low", "missing_high"))
    people = _some(abs(row["people_missing"]))
    return label("people_team", team=code_said(row["team"]), people=people, between=between(low, high, _some))


# --- what rooms share ---


def between(low: float, high: float, written: Callable[[float], str] | None = None) -> str:
    """An interval in brackets after a figure; nothing where it is not known."""
    if not (low > -np.inf and high < np.inf):
        return ""
    write = written or whole_hours
    return bracketed(label("from_to", low=write(low), high=write(high)))


def counted_hours(hours: float) -> str:
    """So many hours: 1 hour, 1,020 hours, less than an hour."""
    if 0 < hours < LITTLE:
        return label("hour_part")
    return counted(round(hours), "hour")


def whole_hours(hours: float) -> str:
    """Hours without parts of one."""
    return f"{hours:,.0f}"


def _some(number: float) -> str:
    """A number of people: 0.4, 12."""
    return f"{number:,.1f}" if abs(number) < 20 else f"{number:,.0f}"
