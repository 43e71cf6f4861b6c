"""Whose account each is to be: today's owner where the plan leaves it with the team, or who has most room."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.labels import label
from crm_analysis.plan.effort.need import teams

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

GLANCE = 1.0
"""Minutes an account takes at the least, so that those of which nothing is planned are spread as well."""
STAYS, FAMILY, OFFICE, DEAL, NOBODY, NO_HOURS, NO_TEAM = (
    "stays", "family", "office", "deal", "nobody", "no_hours", "no_team",
)  # fmt: skip
WHY = {
    STAYS: "owner_stays",
    FAMILY: "owner_family",
    OFFICE: "owner_office",
    DEAL: "owner_deal",
    NOBODY: "owner_team_empty",
    NO_HOURS: "owner_no_hours",
    NO_TEAM: "owner_no_team",
}
"""Why an account has its owner, or none, each with the label of its words."""


_NEEDED = ["account_id", "rep_id", "team", "minutes_planned", "worth", "sales_office", "group_id"]


def owners(rows: pd.DataFrame, people: pd.DataFrame, minutes_there: pd.Series) -> pd.DataFrame:
    """An owner for each account: account_id, owner (rep_id; "" for none), owner_why (words), in the order of `rows`.

    `rows` has account_id, rep_id (owner today), team and minutes_planned, worth, sales_office and group_id ("" or None
    where there is none). `people` are those of `reps`; `minutes_there` by rep_id is what each has for contacts
    (`Hours.minutes`); who has none keeps what is theirs and gets nothing more.

    An account's owner is, the first that holds:

    1. who owns it today, if still here and of the planned team;
    2. who by 1 owns another account of its customer group in the team, and has hours: of several, the owner of the
       worthiest;
    3. of the people of the team whose sales office is the account's, whose minutes are filled to the smallest part by
       the accounts given so far, as long as they are not full;
    4. of all people of the team, whose are filled, or over-filled, to the smallest part: an account that nobody owns
       is worse than a person with too many, and too many show in `need`.

    Accounts come in order of worth, those of one group and team together as one, unless they take more minutes than
    anybody of the team has: then each for itself, by 1, 3 and 4 alone. A person's sales office is where most of the
    person's accounts are today. "" with the reason where no team is planned, or nobody of it is here or has hours.
    """
    import pandas as pd

    table = rows[_NEEDED].reset_index(drop=True)
    team = teams(table["team"])
    people = people.assign(team=teams(people["team"])).sort_values("rep_id", ignore_index=True)
    ids = pd.Index(people["rep_id"])
    there = minutes_there.reindex(ids).to_numpy("float64")
    able = there > 0
    has = _whole(np.where(able, there, 0.0))
    names = pd.Index(sorted({*people["team"], *team} - {""}))
    team_of, planned = names.get_indexer(people["team"]), names.get_indexer(team)
    now = np.append(team_of, -1)
    today = ids.get_indexer(table["rep_id"])
    minutes = _whole(table["minutes_planned"].fillna(0.0).to_numpy("float64") + GLANCE)
    order = _worthiest(table)
    owner = np.where((today >= 0) & (planned >= 0) & (now[today] == planned), today, -1)
    why = np.where(owner >= 0, STAYS, "").astype(object)

    unit = _units(table["group_id"], planned, minutes, _most(has, team_of, len(names)))
    joins = np.where(owner < 0, _heirs(unit, np.where(np.append(able, False)[owner], owner, -1), order), -1)
    owner, why = np.where(joins >= 0, joins, owner), np.where(joins >= 0, FAMILY, why)

    used = np.zeros(len(ids), dtype="int64")
    np.add.at(used, owner[owner >= 0], minutes[owner >= 0])
    offices, _ = pd.factorize(table["sales_office"].where(table["sales_office"] != ""), sort=True)
    home = _homes(today, offices, len(ids))
    open_ = order[(owner[order] < 0) & np.isin(planned[order], team_of[able & (team_of >= 0)])]
    owner[open_], why[open_] = _dealt(open_, unit, minutes, planned, offices, team_of, home, used, has)
    none = owner < 0
    why[none] = np.select([planned[none] < 0, np.isin(planned[none], team_of)], [NO_TEAM, NO_HOURS], NOBODY)
    words = {reason: label(key) for reason, key in WHY.items()}
    return pd.DataFrame(
        {
            "account_id": table["account_id"],
            "owner": np.append(ids.to_numpy(dtype=object), "")[owner],
            "owner_why": pd.Series(why).map(words),
        }
    )


def _whole(minutes: NDArray[np.float64]) -> Ints:
    """Minutes in whole thousandths, whose sums do not hang on their order."""
    return np.rint(minutes * 1000).astype("int64")


def _worthiest(table: pd.DataFrame) -> Ints:
    """The rows by worth, the worthiest first; then by account_id."""
    ids = table["account_id"]
    first = (
        np.arange(len(ids)) if ids.is_monotonic_increasing else np.argsort(ids.to_numpy(dtype=object), kind="stable")
    )
    worth = table["worth"].fillna(0.0).to_numpy("float64")
    return first[np.argsort(-worth[first], kind="stable")]


def _most(has: Ints, team_of: Ints, many: int) -> Ints:
    """The most minutes that anybody of each team has."""
    most = np.zeros(many, dtype="int64")
    np.maximum.at(most, team_of[team_of >= 0], has[team_of >= 0])
    return most


def _units(group: pd.Series, planned: Ints, minutes: Ints, most: Ints) -> Ints:
    """The number of the unit of each account: the accounts of a group in a team, or the account for itself.

    Also for itself where the group takes more minutes than anybody of the team has.
    """
    import pandas as pd

    n, alone = len(group), len(group) + np.arange(len(group))
    code, groups = pd.factorize(group.where(group != ""))
    named = (code >= 0) & (planned >= 0)
    family, _ = pd.factorize(np.where(named, planned.astype("int64") * (len(groups) + 1) + code, -alone))
    takes = np.zeros(n, dtype="int64")
    np.add.at(takes, family, minutes)
    together = named & (takes[family] <= np.append(most, 0)[planned])
    return np.where(together, family, alone)


def _heirs(unit: Ints, owner: Ints, order: Ints) -> Ints:
    """The owner of the worthiest account of each account's unit that has one; else -1."""
    held = order[owner[order] >= 0]
    first = np.full(2 * len(unit), -1)
    first[unit[held[::-1]]] = owner[held[::-1]]  # written from the least worthy on, so that the worthiest stays
    return first[unit]


def _homes(today: Ints, offices: Ints, many: int) -> Ints:
    """The office where most accounts of each person are today, the first by name of several; -1 without one."""
    import pandas as pd

    held = (today >= 0) & (offices >= 0)
    counts = pd.DataFrame({"who": today[held], "office": offices[held]}).value_counts().reset_index()
    counts = counts.sort_values(["count", "office"], ascending=[False, True]).drop_duplicates("who")
    home = np.full(many, -1)
    home[counts["who"]] = counts["office"]
    return home


def _dealt(
    rows: Ints, unit: Ints, minutes: Ints, planned: Ints, office: Ints, team_of: Ints, home: Ints, used: Ints, has: Ints
) -> tuple[Ints, NDArray[np.object_]]:
    """Owners, and why, of the accounts `rows`, the worthiest first, whose teams all have somebody who `has` minutes.

    Who is filled to the smallest part is the top of a heap, one for each office of a team and one for the team. As a
    person lies in two, what lies in a heap may tell less than is used; it is put right when it comes to the top.
    """
    import pandas as pd

    of, units = pd.factorize(unit[rows])  # numbered as they come
    load = np.zeros(len(units), dtype="int64")
    np.add.at(load, of, minutes[rows])
    lead = rows[np.unique(of, return_index=True)[1]]
    filled, room = (used / np.maximum(has, 1)).tolist(), has.tolist()
    heaps: dict[tuple[int, int], list[tuple[float, int]]] = {}
    for who in np.flatnonzero((has > 0) & (team_of >= 0)).tolist():
        for place in {-1, int(home[who])}:
            heaps.setdefault((int(team_of[who]), place), []).append((filled[who], who))
    for heap in heaps.values():
        heapq.heapify(heap)
    owner, near = [], []
    for team, at, much in zip(planned[lead].tolist(), office[lead].tolist(), load.tolist(), strict=True):
        heap = heaps.get((team, at), []) if at >= 0 else []
        who = _top(heap, filled) if heap else -1
        local = who >= 0 and filled[who] < 1
        if not local:
            who = _top(heaps[team, -1], filled)
        filled[who] += much / room[who]
        owner.append(who)
        near.append(local)
    return np.array(owner, dtype="int64")[of], np.where(np.array(near, dtype=bool)[of], OFFICE, DEAL).astype(object)


def _top(heap: list[tuple[float, int]], filled: list[float]) -> int:
    """Who is filled least, of a heap of (part filled once, person)."""
    part, who = heap[0]
    while part != filled[who]:
        heapq.heapreplace(heap, (filled[who], who))
        part, who = heap[0]
    return who
