"""What the plan page tells of work: service time by class, people by team, delivered against planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, listed, sentences
from crm_analysis.plan.effort.delivered import VERDICTS, delivered_by
from crm_analysis.plan.policy import LEVELS
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.plan_lists import some
from crm_analysis.report.sentences.plan_words import OF_CLASS, worded
from crm_analysis.report.values import text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from crm_analysis.labels import Kind
    from crm_analysis.plan.outlook import Outlook

TIME = ("class", "accounts", "hours_today", "hours_planned", "hours_freed", "freed_low", "freed_high", "hours_given",
        "given_low", "given_high")  # fmt: skip
HOURS: dict[str, Kind] = dict.fromkeys(TIME[2:], "count")
"""Hours are shown whole."""
TEAMS = ("team", "accounts_today", "accounts_planned", "minutes_each_today", "minutes_each_planned", "people_needed",
         "people_there", "people_missing", "missing_low", "missing_high")  # fmt: skip
PEOPLE = ("name", "team", "accounts_today", "accounts_planned", "minutes_each_today", "minutes_each_planned",
          "hours_today", "hours_planned", "hours_there", "full")  # fmt: skip
CONTACTS = ("treatment", "accounts", "visits_planned", "visits_made", "calls_planned", "calls_made",
            "proactive")  # fmt: skip
VERDICT = ("treatment", "accounts", "untouched", "on_request", "less", "as_planned", "more")
_LENGTHS = {"visits": ("length_visit", "length_visit_assumed"), "calls": ("length_call", "length_call_assumed")}
_SIDES = {"us": "begun_us", "them": "begun_them", "": "begun_unsaid"}


# --- service time ---


def time(look: Outlook) -> pd.DataFrame:
    """The balance by class, in words and with all in the last row; raises BookError without accounts."""
    import pandas as pd

    table, whole = some(look.balance.table), look.balance.whole
    if not len(look.table):
        raise BookError("")
    words = [label(OF_CLASS[name]) for name in table["class"]]
    last = pd.DataFrame([{"class": label("plan_all"), **whole.to_dict()}])
    return pd.concat([table.assign(**{"class": words}), last], ignore_index=True)


def drawn_time(look: Outlook) -> pd.DataFrame:
    """The rows to draw; raises BookError where minutes of today are not known."""
    table = time(look).iloc[:-1]
    if not (table["hours_today"] >= 0).any():
        raise BookError("")
    return table


def time_alt(look: Outlook) -> str:
    """What the figure shows."""
    rows = drawn_time(look)
    parts = [
        label("alt_time_part", name=name, today=f"{today:,.0f}", planned=f"{planned:,.0f}")
        for name, today, planned in zip(rows["class"], rows["hours_today"], rows["hours_planned"], strict=True)
    ]
    return label("alt_time", parts=clauses(parts))


def lengths_said(look: Outlook) -> str:
    """How long contacts take, with their intervals; raises BookError without accounts."""
    some(look.table)
    table = look.lengths.table
    told = table[table["class"] == ""].set_index("kind")
    parts = []
    for kind, (key, assumed) in _LENGTHS.items():
        row = told.loc[kind]
        if row["assumed"]:
            parts.append(label(assumed, minutes=f"{row['minutes']:.0f}"))
        else:
            ends = {name: f"{row[name]:.0f}" for name in ("minutes", "low", "high")}
            parts.append(label(key, contacts=f"{row['contacts']:,.0f}", **ends))
    return sentences(*parts)


# --- people ---


def workload_said(look: Outlook) -> str:
    """What hours the plan is measured by, and what is not known; raises BookError without accounts."""
    some(look.table)
    return sentences(*look.need.says)


def teams(look: Outlook) -> pd.DataFrame:
    """People by team; raises BookError without accounts."""
    some(look.table)
    table = look.need.teams
    return worded(table.assign(team=table["team"].mask(table["team"] == "", label("plan_no_team"))))


def persons(look: Outlook) -> pd.DataFrame:
    """Work by person, those with most against their hours first; raises BookError without people."""
    some(look.people)
    table = look.need.people
    nobody = table["rep_id"] == ""
    full = table["minutes_planned"] / 60 / table["hours_there"].where(table["hours_there"] > 0)
    names = table["name"].where(table["name"].notna(), table["rep_id"]).mask(nobody, label("unassigned"))
    team = table["team"].fillna("").mask(nobody, "")
    hours = {f"hours_{when}": table[f"minutes_{when}"] / 60 for when in ("today", "planned")}
    found = table.assign(name=names, team=team, full=full, last=nobody, **hours)
    found = found.sort_values(["last", "full", "rep_id"], ascending=[True, False, True], na_position="last")
    return worded(found.drop(columns="last").reset_index(drop=True))


# --- delivered against planned ---


def delivered_said(look: Outlook) -> str:
    """How many get as planned, and how much of it we begin; raises BookError where the book cannot tell."""
    table = some(look.delivered)
    planned = table[(table["visits_planned"] + table["calls_planned"]) > 0]
    ours, theirs = float(table["contacts_ours"].sum()), float(table["contacts_theirs"].sum())
    words = []
    if len(planned):
        many = planned["verdict"].value_counts()
        parts = listed(
            label("delivered_part", n=text(int(many[code]), "count"), verdict=label(words_of))
            for code, words_of in VERDICTS.items()
            if code in many
        )
        words.append(label("delivered_verdicts", accounts=counted(len(planned), "account"), parts=parts))
    if ours + theirs > 0:
        share = text(ours / (ours + theirs), "share")
        words.append(label("delivered_ours", share=share, contacts=f"{ours + theirs:,.0f}"))
    return sentences(*words)


def delivered_rule(look: Outlook) -> str:
    """How the verdicts are made; raises BookError where there are none."""
    some(look.delivered)
    return label("verdict_rule")


def delivered_by_level(look: Outlook) -> pd.DataFrame:
    """Delivered against planned by treatment; raises BookError where the book cannot tell."""
    table = delivered_by(some(look.delivered), "level")
    places = {name: place for place, name in enumerate(LEVELS)}
    table = table.sort_values("level", key=lambda own: own.map(places), ignore_index=True)
    return table.assign(treatment=[label(f"level_{name}") for name in table["level"]]).drop(columns="level")


def contacts(look: Outlook) -> pd.DataFrame:
    """Visits and calls that we began by treatment; raises BookError where the book cannot tell, as is said before."""
    return _but(lambda: delivered_by_level(look), look)


def purposes(look: Outlook) -> pd.DataFrame:
    """What contacts were for; raises BookError where the book does not tell."""
    table = _but(lambda: look.purposes, look)
    table = table.rename(columns={"contacts": "contacts_held", "minutes": "minutes_held"})
    return table.assign(begun_by=[label(_SIDES[side]) for side in table["begun_by"]])


def _but(table: Callable[[], pd.DataFrame], look: Outlook) -> pd.DataFrame:
    """The table; a BookError without a word where the reason is that of `delivered`, which stands above."""
    try:
        return table()
    except BookError as lack:
        try:
            look.delivered  # noqa: B018 -- raises where it cannot be told
        except BookError as said:
            if str(said) == str(lack):
                raise BookError("") from None
        raise


def purposes_said(look: Outlook) -> str:
    """The most frequent purpose of each side; raises BookError where the book does not tell."""
    rows = look.purposes
    parts = []
    for side, key in (("us", "purpose_ours"), ("them", "purpose_theirs")):
        own = rows[rows["begun_by"] == side]
        if len(own):
            row = own.sort_values(["contacts", "purpose"], ascending=[False, True]).iloc[0]
            parts.append(label(key, purpose=row["purpose"], share=text(row["share"], "share")))
    return sentences(*parts)
