"""Rows that name what no other table has, and groups that name each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ibis

from crm_analysis.book.compare import RULE, marked
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.warn import Oddity, times


@dataclass(frozen=True)
class Reference:
    """A column of `table` that should stand in the column `there` of the table `to`; else the rule is broken."""

    table: str
    column: str
    to: str
    there: str
    rule: str


_DEALS = Reference("stage_changes", "opportunity_id", "opportunities", "opportunity_id", "unknown_opportunity")
_OTHERS = [name for name, table in CONTRACT.items() if "account_id" in table.names and name != "accounts"]
OWNERS = (*(Reference(name, "account_id", "accounts", "account_id", "unknown_account") for name in _OTHERS), _DEALS)
"""References without which a row belongs to nobody: it is rejected."""
_PEOPLE = [name for name, table in CONTRACT.items() if "rep_id" in table.names and name != "reps"]
NAMED = (
    Reference("complaints", "order_id", "orders", "order_id", "unknown_order"),
    *(Reference(name, "rep_id", "reps", "rep_id", "unknown_rep") for name in _PEOPLE),
)
"""References whose row is right without them: it is kept, and counted."""


def orphans_marked(table: ibis.Table, to: Reference, there: ibis.Table) -> ibis.Table:
    """The rows, those marked that break no rule and name what `there` has not."""
    known = there.select(__known=to.there).distinct()
    joined = table.left_join(known, table[to.column] == known["__known"])
    orphan = joined[RULE].isnull() & joined[to.column].notnull() & joined["__known"].isnull()
    return marked(joined, orphan, to.rule, to.column, joined[to.column]).drop("__known")


def unknown(tables: Mapping[str, ibis.Table]) -> Iterator[tuple[str, Oddity]]:
    """What accepted rows name and no accepted row has: table, and what was found."""
    for to in NAMED:
        rows, there = tables.get(to.table), tables.get(to.to)
        if rows is None or there is None or to.column not in rows.columns or to.there not in there.columns:
            continue
        known = there.select(__known=to.there)
        orphans = rows.filter(rows[to.column].notnull()).anti_join(known, rows[to.column] == known["__known"])
        yield to.table, (to.rule, to.column, *times(orphans, orphans[to.column]))
    if "surveys" in tables and "survey_invitations" in tables:
        yield "surveys", _uninvited(tables["surveys"], tables["survey_invitations"])


def _uninvited(answers: ibis.Table, invitations: ibis.Table) -> Oddity:
    """Answers of customers whom no invitation names: the person where both tables tell it, else the account."""
    if "respondent_type" in answers.columns:
        answers = answers.filter(answers.respondent_type.fill_null("customer") == "customer")
    if "respondent_id" not in answers.columns or "respondent_id" not in invitations.columns:
        orphans = answers.anti_join(invitations, "account_id")
        return ("never_invited", "account_id", *times(orphans, orphans.account_id))
    # joins on equal keys only: an "or" among the conditions would compare every answer with every invitation; and left
    # joins, because PostgreSQL has no chain of anti joins
    asked = invitations.select(__asked="account_id").distinct()
    anybody = invitations.filter(invitations.respondent_id.isnull()).select(__anybody="account_id").distinct()
    people = invitations.filter(invitations.respondent_id.notnull())
    people = people.select(__of="account_id", __person="respondent_id").distinct()
    rows = answers.left_join(asked, answers.account_id == asked["__asked"])
    rows = rows.left_join(anybody, rows.account_id == anybody["__anybody"])
    rows = rows.left_join(people, (rows.account_id == people["__of"]) & (rows.respondent_id == people["__person"]))
    stranger = rows["__person"].isnull() & rows["__anybody"].isnull()
    orphans = rows.filter(ibis.ifelse(rows.respondent_id.isnull(), rows["__asked"].isnull(), stranger))
    return ("never_invited", "respondent_id", *times(orphans, orphans.respondent_id))


def groups(accounts: ibis.Table) -> Iterator[Oddity]:
    """Groups that belong to another group, and groups that name each other in a circle."""
    if "group_id" not in accounts.columns:
        return
    own = accounts.filter(accounts.group_id != accounts.account_id).select("account_id", "group_id")
    above = own.select(head="account_id", higher="group_id")
    nested = own.join(above, own.group_id == above["head"])
    yield ("nested_group", "group_id", *times(nested, nested["head"] + " in " + nested["higher"]))
    edges = nested.select("head", "higher").distinct().order_by("head").execute()
    circles = list(_circles(dict(zip(edges["head"], edges["higher"], strict=True))))
    shown = "; ".join(" in ".join([*circle, circle[0]]) for circle in circles[:3])
    yield "group_cycle", "group_id", sum(map(len, circles)), shown


def _circles(above: Mapping[str, str]) -> Iterator[list[str]]:
    """The circles in a map from each group to the one above it, each from its first name on."""
    done: set[str] = set()
    for start in above:
        way: dict[str, Any] = {}
        at = start
        while at in above and at not in done and at not in way:
            way[at] = None
            at = above[at]
        if at in way:
            names = list(way)
            circle = names[names.index(at) :]
            first = circle.index(min(circle))
            yield circle[first:] + circle[:first]
        done.update(way)
