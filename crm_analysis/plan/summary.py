"""Tables of the plan for a reader: treatments by rule, every account, those that change owner, what the book lacks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.labels import label
from crm_analysis.labels.language import clauses
from crm_analysis.plan.treatment.rules import RULES, TEAMS
from crm_analysis.potential.advice.decided import overrides

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

PLAN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "plan_unlock_margin": ("orders", ("cost",)),
    "plan_unlock_owner": ("accounts", ("rep_id",)),
    "plan_unlock_stage": ("accounts", ("stage",)),
    "plan_unlock_key": ("accounts", ("key_account",)),
    "plan_unlock_people": ("reps", ("team", "hours_per_week")),
    "plan_unlock_contacts": ("interactions", ("channel", "minutes", "initiated_by")),
    "plan_unlock_purpose": ("interactions", ("purpose",)),
    "plan_unlock_loss": ("invoices", ("due_on", "paid_on")),
    "plan_unlock_written_off": ("invoices", ("written_off_on",)),
    "plan_unlock_complaints": ("complaints", ("closed_on",)),
    "plan_unlock_contracts": ("contracts", ("ends_on",)),
    "plan_unlock_spend": ("spend", ("account_id",)),
    "plan_unlock_decisions": ("decisions", ()),
}
"""What a table and its columns add to the plan, by the label of its words."""
PROPOSALS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "what_if_unlock_margin": ("orders", ("cost",)),
    "what_if_unlock_fixed": ("spend", ("fixed",)),
    "what_if_unlock_spend": ("spend", ("account_id",)),
    "what_if_unlock_contacts": ("interactions", ("channel", "minutes", "cost")),
    "what_if_unlock_asked": ("interactions", ("initiated_by",)),
    "what_if_unlock_agreed": ("contracts", ("minimum_order",)),
    "what_if_unlock_key": ("accounts", ("key_account",)),
    "what_if_unlock_group": ("accounts", ("group_id",)),
}
"""The same of what-if."""


def treatments(table: pd.DataFrame) -> pd.DataFrame:
    """One row per rule that applies to an account, in the order of the rules.

    `table` is the plan's (`outlook.Outlook.table`), by account_id. Columns: applies and treatment (words: when the rule
    holds, the level of service), accounts, revenue, hours_today and hours_planned (a year; NaN where not known).
    """
    import pandas as pd

    sums = table[["revenue", "minutes_today", "minutes_planned"]]
    told = table["rule"].astype("category")
    rows = []
    for rule in RULES:
        own = sums[told == rule.name] if rule.name in told.cat.categories else sums[:0]
        if own.empty:
            continue
        rows.append(
            {
                "applies": label(f"rule_plan_{rule.name}"),
                "treatment": label(f"level_{rule.level}"),
                "accounts": len(own),
                "revenue": _total(own["revenue"]),
                "hours_today": _total(own["minutes_today"]) / 60,
                "hours_planned": _total(own["minutes_planned"]) / 60,
            }
        )
    columns = ["applies", "treatment", "accounts", "revenue", "hours_today", "hours_planned"]
    return pd.DataFrame(rows, columns=columns)


def listed(table: pd.DataFrame) -> pd.DataFrame:
    """Every account, one row each, by team, worth downwards and account_id.

    Columns: account_id, name, class, grade, team, owner (name; the word for unassigned), treatment (words of its
    level), visits_planned, calls_planned (a year), to_do, due, reason, owner_why, minutes_today, minutes_planned,
    revenue, worth.
    """
    import pandas as pd

    own = ["account_id", "name", "class", "grade", "owner", "owner_name", "level", "visits", "calls", "action"]
    more = ["due", "reason", "owner_why", "minutes_today", "minutes_planned", "revenue", "worth"]
    place = table["team"].map({name: number for number, name in enumerate(TEAMS)}).fillna(len(TEAMS))
    order = table[["team", *own, *more]].iloc[_worthiest(table, place)]
    levels = {name: label(f"level_{name}") for name in order["level"].unique()}
    found = pd.DataFrame(
        {
            "account_id": order["account_id"],
            "name": order["name"],
            "class": order["class"],
            "grade": order["grade"].mask(order["grade"] == "", None),
            "team": order["team"],
            "owner": _people(order["owner"], order["owner_name"]),
            "treatment": order["level"].map(levels),
            "visits_planned": order["visits"],
            "calls_planned": order["calls"],
            "to_do": order["action"],
        }
    )
    found[more] = order[more]
    return found.reset_index(drop=True)


def handovers(table: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Accounts whose owner changes, those of most worth first, ties by account_id.

    Columns: account_id, name, class, team, owner_today and owner (names; the word for unassigned), owner_why, worth. An
    owner of today who is not among `people` is called by code.
    """
    import pandas as pd

    columns = ["account_id", "name", "class", "team", "rep_id", "owner", "owner_name", "owner_why", "worth"]
    own = table[columns][table["rep_id"] != table["owner"]]
    own = own.iloc[_worthiest(own, pd.Series(0.0, index=own.index))]
    names = people.set_index("rep_id")["name"]
    found = own[["account_id", "name", "class", "team"]].copy()
    found["owner_today"] = _people(own["rep_id"], own["rep_id"].map(names).fillna(own["rep_id"]))
    found["owner"] = _people(own["owner"], own["owner_name"])
    found[["owner_why", "worth"]] = own[["owner_why", "worth"]]
    return pd.DataFrame(found.reset_index(drop=True))


def standing(book: Book, as_of: str | dt.date, table: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Decisions against the advice that stand (`decided.overrides`), the latest first, then by account_id.

    Columns: account_id, name (as in the plan's table), decision, recommended, reason, decided_by (a name where it is
    one of `people`), decided_on.
    """
    found = overrides(book, as_of).rename(columns={"action": "decision"})
    names = table.set_index("account_id")["name"]
    found["name"] = found["account_id"].map(names).fillna(found["account_id"])
    found["decided_by"] = found["decided_by"].map(people.set_index("rep_id")["name"]).fillna(found["decided_by"])
    order = ["account_id", "name", "decision", "recommended", "reason", "decided_by", "decided_on"]
    return found.sort_values(["decided_on", "account_id"], ascending=[False, True], ignore_index=True)[order]


def missing(book: Book, of: Mapping[str, tuple[str, tuple[str, ...]]] = PLAN) -> pd.DataFrame:
    """What the book lacks of what can be used, a row per sentence that says so: why, unlocks."""
    import pandas as pd

    lacks: dict[str, list[str]] = {}
    for words, (table, columns) in of.items():
        if lack := book.why_not(table, *columns):
            lacks.setdefault(lack, []).append(label(words))
    rows = [(why, clauses(what)) for why, what in lacks.items()]
    return pd.DataFrame(rows, columns=["why", "unlocks"])


def _worthiest(table: pd.DataFrame, place: pd.Series) -> NDArray[np.intp]:
    """The order by place, then worth downwards, then as in `table`, which is sorted by account_id."""
    found: NDArray[np.intp] = np.lexsort((-table["worth"].to_numpy("float64"), place.to_numpy("float64")))
    return found


def _people(codes: pd.Series, names: pd.Series) -> pd.Series:
    """The names, and the word for unassigned where the code is empty."""
    found: pd.Series = names.astype(object).mask(codes == "", label("unassigned"))
    return found


def _total(values: pd.Series) -> float:
    """A sum that does not depend on the order of the rows; NaN if one is."""
    return float(np.sort(values.to_numpy("float64")).sum())
