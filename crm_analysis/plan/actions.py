"""The action list: what is to be done with each account, why, by whom and by when, with room for the answer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.plan.effort.need import teams
from crm_analysis.plan.treatment.rules import TEAMS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SOON = 14
"""Days within which an action counts as due soon."""
ANSWER = ("decision", "decision_reason", "decided_by", "decided_on")
"""Columns that people fill in, empty here; `answers` reads them again."""
OFFERED = {
    "key": "meant_key",
    "develop": "meant_develop",
    "keep": "meant_keep",
    "win back": "meant_win_back",
    "survey first": "meant_survey",
    "desk": "meant_desk",
    "prepayment": "meant_prepayment",
    "minimum order": "meant_minimum_order",
    "small order price": "meant_small_order_price",
    "no service": "meant_no_service",
    "goodbye": "meant_cut",
}
"""The words offered for a decision, each with the label of what it means; `decided.WORDS` knows them all."""
COLUMNS = (
    "account_id", "name", "team", "to_do", "reason", "owner", "due", "class", "grade", "revenue", *ANSWER,
    "recommended",
)  # fmt: skip
_NEEDED = (
    "account_id", "name", "team", "action", "reason", "owner", "owner_why", "due", "class", "grade", "revenue",
    "worth", "recommended",
)  # fmt: skip


def actions(treated: pd.DataFrame, people: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row per account with something to do (its `due` is known): COLUMNS.

    `treated` is the plan's table, `people` what `reps.reps` returns: owners are then called by name, with their code
    where two have the same one. An account that nobody owns is "unassigned", and its reason says why.
    Sorted by team (TEAMS first), owner (unassigned first), due, worth downwards, account_id. `recommended` is the word
    that the table `decisions` is to hold. UserError for a column that is missing.
    """
    import pandas as pd

    if lacking := [name for name in _NEEDED if name not in treated]:
        raise UserError(f"actions: column '{lacking[0]}' is missing; found {', '.join(map(str, treated.columns))}.")
    rows = treated.loc[treated["due"].notna(), list(_NEEDED)]
    owner = rows["owner"].fillna("").astype(object)
    named = owner.map(_names(people)).fillna(owner)
    nobody = (owner == "").to_numpy()
    why = rows["owner_why"].fillna("").astype(object)
    untold = label("action_reason_nobody")
    reason = rows["reason"].fillna("").astype(object)
    said = [
        untold.format(reason=one, why=two) if nobody and two else one
        for one, two, nobody in zip(reason, why, nobody, strict=True)
    ]
    same = ("account_id", "name", "class", "grade", "recommended")
    told = {name: rows[name] for name in same} | {
        "team": rows["team"].fillna(""),
        "to_do": rows["action"],
        "reason": pd.Series(said, dtype=object),
        "owner": named.mask(nobody, label("unassigned")),
        "due": pd.to_datetime(rows["due"]),
        "revenue": rows["revenue"].astype("float64"),
    }
    words = [told[name].factorize(sort=True)[0] for name in ("account_id", "owner", "team")]
    worth, due = -rows["worth"].to_numpy("float64"), told["due"].to_numpy("int64")
    order = np.lexsort((words[0], worth, due, words[1], ~nobody, words[2], _places(told["team"])))
    table = {name: values.to_numpy()[order] for name, values in told.items()}
    empty = np.full(len(rows), None, dtype=object)
    table |= dict.fromkeys(ANSWER, empty) | {"decided_on": np.full(len(rows), np.datetime64("NaT", "ns"))}
    return pd.DataFrame({name: table[name] for name in COLUMNS})


def by_team(table: pd.DataFrame, as_of: str | dt.date) -> pd.DataFrame:
    """The action list by team, in its order: team, actions, due_soon (within SOON days), unowned, revenue."""
    return _sums(table, ["team"], as_of)


def by_owner(table: pd.DataFrame, as_of: str | dt.date) -> pd.DataFrame:
    """The action list by team and person, in its order: team, owner, actions, due_soon, first_due, revenue."""
    return _sums(table, ["team", "owner"], as_of).drop(columns="unowned")


def _sums(table: pd.DataFrame, by: list[str], as_of: str | dt.date) -> pd.DataFrame:
    import pandas as pd

    until = pd.Timestamp(as_of) + pd.Timedelta(days=SOON)
    rows = table[[*by, "due"]].assign(
        due_soon=table["due"] <= until,
        unowned=table["owner"] == label("unassigned"),
        # in cents, so that the sum does not depend on the order of the rows
        cents=np.rint(table["revenue"].fillna(0.0) * 100).astype("int64"),
    )
    found = rows.groupby(by, sort=False, dropna=False).agg(
        actions=("due", "size"), due_soon=("due_soon", "sum"), unowned=("unowned", "sum"),
        first_due=("due", "min"), cents=("cents", "sum"),
    )  # fmt: skip
    found = found.astype({"due_soon": "int64", "unowned": "int64"})
    return found.assign(revenue=found["cents"] / 100).drop(columns="cents").reset_index()


def _names(people: pd.DataFrame | None) -> dict[str, str]:
    """The name of each person by code, with the code where another has the same name."""
    if people is None:
        return {}
    rows = people[people["name"].notna() & (people["name"].astype(str).str.strip() != "")]
    twice = rows["name"].duplicated(keep=False)
    names = rows["name"].where(~twice, rows["name"] + " (" + rows["rep_id"] + ")")
    return dict(zip(rows["rep_id"], names, strict=True))


def _places(team: pd.Series) -> NDArray[np.int64]:
    """The place of each team in TEAMS; after all of them that of others."""
    plain = teams(team)
    return np.select([plain == name for name in TEAMS], range(len(TEAMS)), len(TEAMS))
