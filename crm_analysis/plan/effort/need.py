"""People that a plan needs: accounts x contacts x minutes against the hours there are for contacts.

The workload method (Talley 1961, How to design sales territories, Journal of Marketing 25(3)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.contacts import KINDS
from crm_analysis.errors import UserError
from crm_analysis.frames import widened
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from crm_analysis.plan.effort.hours import Hours
    from crm_analysis.plan.effort.lengths import Lengths

    Array = NDArray[np.float64]

ASKED = tuple(f"{kind}_theirs" for kind in KINDS)
"""Contacts that go on as they were: the ones they ask for, and others than visits and calls that we begin."""
GOES_ON = (*ASKED, "others_ours")
_OWNERS = ("rep_id", "owner")
_WHO = ["rep_id", "name", "team", "hours_per_week"]


def people_needed(accounts: ArrayLike, contacts: ArrayLike, per_person: float) -> float:
    """People needed for groups of so many accounts with so many contacts a year each, at so many a person a year.

    >>> people_needed([1000, 2000], [36, 12], 1000)
    60.0
    """
    if not per_person > 0:
        raise UserError(f"contacts a person and year are more than 0; found {per_person}.")
    return float(np.sum(np.asarray(accounts, "float64") * np.asarray(contacts, "float64"))) / per_person


def planned_minutes(frame: pd.DataFrame, lengths: Lengths) -> pd.Series:
    """Minutes a year of contacts with each account of the plan.

    `frame` has class, visits and calls (planned, that we begin), desk, and the columns of `contacts`. Visits and calls
    take their `lengths`; what the account asks for takes what it took last year, and so do others than visits and calls
    that we began, of which the plan says nothing. With `desk` each visit they ask for becomes a call. Contacts whose
    minutes are not known take their lengths; contacts that are not known are none.
    """
    long = lengths.minutes(frame["class"])
    total = frame["visits"] * long["visits"] + frame["calls"] * long["calls"]
    for name in GOES_ON:
        took = _minutes(frame, name, long)
        if name == "visits_theirs":
            took = took.mask(frame["desk"].astype(bool), _number(frame, name) * long["calls"])
        total = total + took
    return total.astype("float64")


def todays_minutes(frame: pd.DataFrame, lengths: Lengths) -> pd.Series:
    """Minutes of contacts in the trailing year by account; their number x `lengths` where minutes are not known."""
    told = frame["minutes"].astype("float64")
    if told.notna().any():
        return told.fillna(0.0)
    long = lengths.minutes(frame["class"])
    total = told.fillna(0.0)
    for name in (*ASKED, *(f"{kind}_ours" for kind in KINDS)):
        total = total + _minutes(frame, name, long)
    return total.where(frame["visits_ours"].notna())


def _minutes(frame: pd.DataFrame, name: str, long: dict[str, Array]) -> pd.Series:
    """Minutes of last year's contacts of one kind and side, or as `long` as they last where that is not known."""
    took = frame[f"minutes_{name}"].astype("float64")
    return took.where(took.notna(), _number(frame, name) * long[name.split("_")[0]])


def _number(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].astype("float64").fillna(0.0)


def errors(
    frame: pd.DataFrame, lengths: Lengths, groups: NDArray[np.int64], many: int, scale: float = 1.0,
    weights: Array | None = None,
) -> Array:  # fmt: skip
    """Standard errors of the sums of planned minutes, times `weights`, over the accounts of each of `many` groups.

    For each length L that holds for n_i planned contacts of account i, N of them in the group:
    N^2 error^2 (L is a mean of those seen) + sum of n_i^2 between^2 (accounts differ) + N within^2 (contacts do;
    within^2 = scatter^2 - between^2). For the n_i contacts that go on, whose number comes by chance (Poisson) both last
    year, whence it is taken, and in the year to come: (scale + 1) sum of n_i (L^2 + scatter^2), and N^2 error^2 for
    visits that become calls. `scale` is that of `contacts`. Accounts are taken for others than those lengths were
    measured on, which is cautious. NaN where an assumed length counts.
    """
    told, places = lengths.table, lengths.places(frame["class"])
    by = np.ones(len(frame)) if weights is None else weights
    means, planned, apart, asked = (np.zeros((len(told), many)) for _ in range(4))
    desk = frame["desk"].to_numpy(bool)

    def add(to: Array, kind: str, values: Any) -> None:
        place = places[kind] * many + groups
        to += np.bincount(place, np.nan_to_num(np.asarray(values, "float64")), to.size).reshape(to.shape)

    for kind in ("visits", "calls"):
        number = frame[kind].to_numpy("float64")
        add(means, kind, by * number)
        add(planned, kind, by**2 * number)
        add(apart, kind, (by * number) ** 2)
    for name in GOES_ON:
        number = frame[name].to_numpy("float64")
        if name == "visits_theirs":
            add(means, "calls", by * number * desk)
            add(asked, "calls", by**2 * number * desk)
            number = np.where(desk, 0.0, number)
        add(asked, name.split("_")[0], by**2 * number)
    length, error, scatter, between = (
        told[name].to_numpy("float64")[:, None] for name in ("minutes", "error", "scatter", "between")
    )
    parts = means**2 * error**2 + apart * between**2 + planned * (scatter**2 - between**2)
    # contacts that go on with no length of their own scatter as much as they last, as waiting times do
    chance = asked * (length**2 + np.where(np.isnan(scatter), length, scatter) ** 2)
    return np.sqrt((np.where(means > 0, parts, 0.0) + (scale + 1) * chance).sum(axis=0))


@dataclass(frozen=True, eq=False)
class Need:
    """The people a plan needs.

    `teams`, one row per team by name, last the accounts without one (""); `people`, one row per sales person by rep_id,
    last the accounts without an owner (""); `whole`, a single row. Columns: team, or rep_id, name, team and
    hours_per_week; accounts_today (their owner today is of the team) and accounts_planned; minutes_today (of contacts
    in the trailing year with the accounts of today) and minutes_planned with minutes_low and minutes_high (at LEVEL);
    minutes_each_today, minutes_each_planned (per account); hours_there (a year, for contacts); people_needed (planned
    minutes / those a person of the team's mean hours has; of one person: that person's own), people_there (with
    hours), people_missing (needed - there; below 0 are too many) with missing_low and missing_high. A team without
    people is measured by the mean of all. NaN where minutes or hours are not known, and, of the row "" of
    `people`, for what needs hours.

    A plan's accounts of a team are those it gives the team, with an owner or without; so the rows of `teams` add up to
    `whole`, and accounts, minutes and hours of `people` do too.
    """

    teams: pd.DataFrame
    people: pd.DataFrame
    whole: pd.DataFrame
    hours: Hours
    says: tuple[str, ...]


def need(rows: pd.DataFrame, people: pd.DataFrame, lengths: Lengths, hours: Hours, scale: float = 1.0) -> Need:
    """The people needed for `rows`: what `planned_minutes` needs, rep_id (owner today), team and owner (planned).

    `people` are those of `reps`; an owner who is not among them is none. `scale` is that of `contacts`.
    """
    import pandas as pd

    says = tuple(_says(rows, len(people), lengths, hours, scale))
    frame = rows[["class", "team", "desk", *_OWNERS, "visits", "calls", *GOES_ON]]
    told = {"minutes_today": todays_minutes(rows, lengths), "minutes_planned": planned_minutes(rows, lengths)}
    # classes are looked at again and again
    rows = in_order(widened(frame, told | {"class": rows["class"].astype("category")}))
    ids, nobody = pd.Index(people["rep_id"]), len(people)
    today, owner = (np.where(place < 0, nobody, place) for place in (ids.get_indexer(rows[name]) for name in _OWNERS))
    of = np.append(teams(people["team"]), "")
    planned = teams(rows["team"])
    names = [*sorted({*of, *planned} - {""}), ""]
    place = pd.Index(names)
    team_today, team_planned = place.get_indexer(of)[today], place.get_indexer(planned)
    minutes = hours.minutes(people).to_numpy("float64")
    minutes = np.where((minutes > 0) & np.isfinite(hours.share), minutes, np.nan)
    able = np.isfinite(minutes)
    team = place.get_indexer(of[:-1])
    there = np.bincount(team[able], minlength=len(names)).astype("float64")
    carried = np.bincount(team[able], minutes[able], len(names))
    mean = np.where(there > 0, carried / np.maximum(there, 1), np.sort(minutes[able]).mean() if able.any() else np.nan)

    own = np.append(minutes, np.nan)
    by_person = _sums(rows, today, owner, nobody + 1)
    by_person = _people(
        by_person, own, np.isfinite(own).astype("float64"), errors(rows, lengths, owner, nobody + 1, scale)
    )
    who = pd.concat([people[_WHO], pd.DataFrame([dict.fromkeys(_WHO, "") | {"hours_per_week": np.nan}])])
    by_person = pd.concat([who.reset_index(drop=True), by_person], axis=1)
    by_team = _sums(rows, team_today, team_planned, len(names))
    by_team = _people(by_team, mean, there, errors(rows, lengths, team_planned, len(names), scale))
    by_team.insert(0, "team", names)
    everybody = np.zeros(len(rows), dtype="int64")
    whole = _sums(rows, everybody, everybody, 1)
    whole = _people(whole, np.ones(1), there.sum(keepdims=True), errors(rows, lengths, everybody, 1, scale))
    error = errors(rows, lengths, everybody, 1, scale, 1 / mean[team_planned])
    whole["hours_there"] = np.sort(minutes[able]).sum() / 60 if able.any() else np.nan
    whole = _missing(whole, by_team["people_needed"].sum(skipna=False) * np.ones(1), error)
    return Need(_told(by_team), _told(by_person), whole, hours, says)


def _told(table: pd.DataFrame) -> pd.DataFrame:
    """`table` without its last row, which is nobody's, where no account is in it."""
    last = table[["accounts_today", "accounts_planned"]].iloc[-1]
    return table if (last > 0).any() else table.iloc[:-1]


def teams(words: pd.Series) -> NDArray[np.object_]:
    """Teams as they are compared: without spaces at the ends, in small letters; "" where none is named."""
    codes, names = words.factorize()
    plain = np.array([*(str(name).strip().lower() for name in names), ""], dtype=object)
    return plain[codes]


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order of what is summed, so that sums hang neither on their order nor on names."""
    names = ["minutes_planned", "minutes_today", "visits", "calls", *GOES_ON]
    return rows.iloc[np.lexsort(rows[names].to_numpy("float64").T)]


def _sums(frame: pd.DataFrame, today: NDArray[np.int64], planned: NDArray[np.int64], many: int) -> pd.DataFrame:
    """Accounts and minutes by group, of today's groups and the planned ones."""
    import pandas as pd

    table = pd.DataFrame({"accounts_today": np.bincount(today, minlength=many)})
    table["accounts_planned"] = np.bincount(planned, minlength=many)
    for name, group in (("today", today), ("planned", planned)):
        minutes = frame[f"minutes_{name}"].to_numpy("float64")
        table[f"minutes_{name}"] = np.bincount(group, minutes, many)
    for name in ("today", "planned"):
        accounts = table[f"accounts_{name}"]
        table[f"minutes_each_{name}"] = table[f"minutes_{name}"] / accounts.where(accounts > 0)
    return table


def _people(table: pd.DataFrame, minutes: Array, there: Array, error: Array) -> pd.DataFrame:
    """`table` with hours and people, where a person has so many `minutes`; `error` is that of planned minutes."""
    z = _z()
    table["minutes_low"] = np.maximum(table["minutes_planned"] - z * error, 0.0)
    table["minutes_high"] = table["minutes_planned"] + z * error
    table["hours_there"] = np.where(there > 0, there * minutes / 60, 0.0 if np.isfinite(minutes).any() else np.nan)
    table["people_there"] = there
    return _missing(table, table["minutes_planned"].to_numpy() / minutes, error / minutes)


def _missing(table: pd.DataFrame, needed: Array, error: Array) -> pd.DataFrame:
    """`table` with the people needed, of that error, and those missing."""
    table["people_needed"] = needed
    table["people_missing"] = needed - table["people_there"]
    table["missing_low"] = np.maximum(needed - _z() * error, 0.0) - table["people_there"]
    table["missing_high"] = needed + _z() * error - table["people_there"]
    return table


def _z() -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + LEVEL) / 2))


def _says(rows: pd.DataFrame, people: int, lengths: Lengths, hours: Hours, scale: float) -> list[str]:
    """What a reader must know of the minutes and hours."""
    says = []
    told = {"hours": f"{hours.contacts:,.0f}", "working": f"{hours.working:,.0f}", "people": f"{people:,}"}
    if not np.isfinite(hours.share):
        says.append(label("work_no_hours") if not hours.working > 0 else label("work_no_minutes"))
    elif hours.share > 1:
        says.append(label("work_over", **told))
    else:
        told["share"] = f"{hours.share:.1%}"
        says.append(label("work_taken" if hours.taken else "work_set", **told))
    if scale > 1:
        says.append(label("work_scaled", days=round(365 / scale)))
    if not rows["visits_theirs"].notna().any():
        says.append(label("work_unasked"))
    table = lengths.table
    assumed = table[table["assumed"].astype(bool) & table["kind"].isin(["visits", "calls"])]
    for kind, minutes in zip(assumed["kind"], assumed["minutes"], strict=True):
        says.append(label("work_assumed_visits" if kind == "visits" else "work_assumed_calls", minutes=f"{minutes:g}"))
    for name, words in (("untimed", "work_untimed"), ("unsaid", "work_unsaid")):
        number, of = rows[name].sum() / scale, rows["contacts_all"].sum() / scale
        if number > 0:
            says.append(label(words, n=f"{number:,.0f}", share=f"{number / of:.1%}"))
    return says
