"""Blocks of the account brief about people and what is open: who decides, money owed, offers, their voice."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.brief.brief import told
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, listed
from crm_analysis.periods import before
from crm_analysis.potential.advice.words import decision_said
from crm_analysis.report.blocks import Block, Grid, Line
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.brief_words import cents, dated, day, money, segment_said, topic_said
from crm_analysis.report.values import is_missing, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_analysis.brief import Brief
    from crm_analysis.brief.voice import Heard

OPEN, ENDED = 3, 3
"""Opportunities open, and ended in the year, that are shown."""
OFFICES = 5
"""Accounts of the group that are shown."""


def about(look: Brief) -> Block:
    """Its number, place, size, stage, how long it is known, how the plan treats it."""
    row = look.row
    place = [row[name] for name in ("country", "region", "postal_code") if name in row and isinstance(row[name], str)]
    lines = [Line(label("brief_about_id"), (listed([look.account, *place]),))]
    size = []
    if "employees" in row and not is_missing(row["employees"]):
        size.append(label("brief_about_people", n=text(int(row["employees"]), "count")))
    size += [stage_said(row["stage"])] if row["stage"] else []
    lines += [Line(label("brief_about_kind"), (listed(size),))] if size else []
    dates = [dated(row["known_since"])] if "known_since" in row and not is_missing(row["known_since"]) else []
    if not is_missing(row["first_order"]):
        dates.append(label("brief_about_first", on=day(row["first_order"])))
    lines += [Line(label("brief_about_since"), (listed(dates),))] if dates else []
    return Block(label("brief_about"), (*lines, *_plan(row)))


def stage_said(stage: str) -> str:
    """A stage of business development in words; one of the book's own as it is."""
    return label(f"brief_stage_{stage}") if stage in STAGES else stage


STAGES = ("suspect", "prospect", "contact", "engaged", "partner")


def people(look: Brief) -> Block:
    """Who is known there, by role; raises BookError without contacts."""
    table, lines = look.people, []
    for role, own in table.groupby("role", sort=False):
        known = [_department(one) for _, one in own.iterrows()]
        lines.append(Line(_role(str(role)), (listed(known),)))
    return Block(label("brief_people"), tuple(lines) or (Line("", (label("brief_people_none"),)),))


def _role(role: str) -> str:
    if not role:
        return label("brief_people_unsaid")
    return label(f"brief_role_{role}") if role in ("decides", "influences", "buys", "uses") else role


def _department(row: pd.Series) -> str:
    name = row["department"] or label("brief_department_unsaid")
    return name if row["people"] == 1 else label("brief_people_several", department=name, people=int(row["people"]))


def owed(look: Brief) -> Block:
    """What is open, what is overdue, how it pays; raises BookError without invoices that tell it."""
    found, currency = look.owed, look.book.currency
    if found is None:
        return Block(label("brief_owed"), (Line("", (label("brief_owed_never"),)),))
    nothing = label("brief_owed_nothing")
    opened = money(found.open, currency) if found.open else nothing
    if found.open and not found.overdue:
        opened = label("brief_owed_none_late", money=opened)
    lines = [Line(label("brief_owed_open"), (opened,))]
    if found.overdue:
        parts = {"invoices": counted(found.invoices, "brief_owed_invoice"), "days": counted(found.oldest_days, "day")}
        words = label("brief_owed_late", money=money(found.overdue, currency), **parts)
        lines.append(Line(label("brief_owed_overdue"), (words,)))
    if not is_missing(found.pays_days):
        late = round(found.pays_days)
        way = "after" if late > 0 else "before" if late < 0 else "on"
        words = label(f"brief_owed_{way}", days=counted(abs(late), "day"), paid=text(found.paid, "count"))
        lines.append(Line(label("brief_owed_pays"), (words,)))
    if found.written_off:
        lines.append(Line(label("brief_owed_written"), (money(found.written_off, currency),)))
    return Block(label("brief_owed"), tuple(lines))


def deals(look: Brief) -> Block | None:
    """Open opportunities, those won or lost in the year, contracts; None where the book has neither."""
    lines: list[Line] = []
    for part in (_deals, _contracts):
        with contextlib.suppress(BookError):
            lines += part(look)
    return Block(label("brief_deals"), tuple(lines)) if lines else None


def _deals(look: Brief) -> Iterator[Line]:
    rows, currency = look.deals, look.book.currency
    still, ended = rows[rows["open"]], rows[~rows["open"]]
    told = [_offer(one, currency) for _, one in still.head(OPEN).iterrows()]
    told += [label("brief_deals_more", n=len(still) - OPEN)] if len(still) > OPEN else []
    yield Line(label("brief_deals_open"), tuple(told) or (label("brief_since_none"),))
    for outcome in ("won", "lost"):
        own = ended[ended["outcome"].str.lower() == outcome]
        words = [_ended(one, currency) for _, one in own.head(ENDED).iterrows()]
        words += [label("brief_deals_more", n=len(own) - ENDED)] if len(own) > ENDED else []
        if words:
            yield Line(label(f"brief_deals_{outcome}"), tuple(words))


def _offer(one: pd.Series, currency: str | None) -> str:
    parts = [_thing(one, currency)]
    if one["stage"]:
        parts.append(label("brief_deals_stage", stage=one["stage"], on=day(one["stage_on"])))
    if not is_missing(one["expected_close"]):
        parts.append(label("brief_deals_expected", on=day(one["expected_close"])))
    return listed(parts)


def _ended(one: pd.Series, currency: str | None) -> str:
    parts = [_thing(one, currency), dated(one["closed_on"])]
    parts += [one["lost_reason"]] if isinstance(one["lost_reason"], str) else []
    parts += [label("brief_deals_to", competitor=one["competitor"])] if isinstance(one["competitor"], str) else []
    return listed(parts)


def _thing(one: pd.Series, currency: str | None) -> str:
    name = one["product"] if isinstance(one["product"], str) else one["opportunity_id"]
    return name if is_missing(one["amount"]) else f"{name} {money(one['amount'], currency)}"


def _contracts(look: Brief) -> Iterator[Line]:
    rows, currency, said = look.contracts, look.book.currency, []
    for _, one in rows.iterrows():
        if one["in_force"]:
            ends = day(one["ends_on"])
            days = counted(int(one["days_left"]), "day") if ends else ""
            parts = [label("brief_contracts_until", on=ends, days=days) if ends else label("brief_contracts_open")]
            if not is_missing(one["minimum_order"]):
                parts.append(label("brief_contracts_minimum", money=money(one["minimum_order"], currency)))
        else:
            parts = [label("brief_contracts_over", on=day(one["ends_on"]))]
            parts += [one["end_reason"]] if isinstance(one["end_reason"], str) else []
        said.append(listed(parts))
    yield Line(label("brief_contracts"), tuple(said) or (label("brief_contracts_none"),))


def voice(look: Brief) -> Block | None:
    """Answers to surveys and complaints; None where the book has neither."""
    lines = []
    try:
        heard = look.heard
        lines += _answers(heard) if heard else [Line(label("brief_voice_answers"), (label("brief_voice_silent"),))]
    except BookError:
        pass
    rows = told(lambda: look.complaints)
    if rows is not None:
        year = rows[rows["opened_on"] > pd.Timestamp(before(look.day, "12M"))]
        topics = year["topic"].map(topic_said).value_counts().sort_index().sort_values(ascending=False, kind="stable")
        said = listed(label("brief_voice_topic", topic=topic, n=int(n)) for topic, n in topics.items())
        words = [_complaint(one) for _, one in rows[rows["open"]].iterrows()] or [label("brief_voice_none_open")]
        words.append(label("brief_voice_year", topics=said) if said else label("brief_voice_none_year"))
        lines.append(Line(label("brief_voice_complaints"), tuple(words)))
    return Block(label("brief_voice"), tuple(lines)) if lines else None


def _answers(heard: Heard) -> list[Line]:
    points = {name: text(getattr(heard, name), "number", 0) for name in ("mean", "least", "most", "before", "book")}
    ends = {name: text(getattr(heard, name), "number", 0) for name in ("low", "high")}
    parts = [label("brief_voice_points", points=points["mean"], people=counted(heard.people, "person"), on=heard.on)]
    if heard.people > 2:  # of two, the second would know what the first said
        parts.append(label("brief_voice_from", least=points["least"], most=points["most"]))
    if not is_missing(heard.before):
        parts.append(label("brief_voice_before", before=points["before"]))
    if not is_missing(heard.low):
        parts.append(label("brief_voice_others", book=points["book"], **ends))
    lines = [Line(label("brief_voice_answers"), (clauses(parts),))]
    for way, (name, value) in (("best", heard.best), ("worst", heard.worst)):
        if name:
            words = label("brief_voice_dimension", dimension=name, points=text(value, "number", 0))
            lines.append(Line(label(f"brief_voice_{way}"), (words,)))
    return lines


def _complaint(one: pd.Series) -> str:
    days, topic = counted(int(one["days"]), "day"), topic_said(one["topic"])
    if isinstance(one["severity"], str):
        return label("brief_voice_severity", topic=topic, severity=one["severity"], days=days)
    return label("brief_voice_complaint", topic=topic, days=days)


def notes(look: Brief) -> Block:
    """The last summaries, by day; raises BookError without summaries."""
    lines = []
    for _, one in look.notes.iterrows():
        parts = [one["headline"]] if isinstance(one["headline"], str) else []
        for name in ("concerns", "events", "next_step"):
            if isinstance(one[name], str):
                parts.append(label(f"brief_notes_{name.removesuffix('_step')}", words=one[name]))
        lines.append(Line(text(one["written_on"], "date"), (clauses(parts) or label("unknown"),)))
    return Block(label("brief_notes"), tuple(lines) or (Line("", (label("brief_notes_none"),)),))


def group(look: Brief) -> Block | None:
    """The other accounts of its group and what all bring; None where it is alone."""
    table, currency = look.siblings, look.book.currency
    if table.empty:
        return None
    heads = [label("brief_group_account"), label("brief_group_segment"),
             f"{label('brief_group_revenue')} {currency or ''}".strip(), label("brief_group_change")]  # fmt: skip
    rows = []
    for _, one in table.head(OFFICES).iterrows():
        name = one["name"] if isinstance(one.get("name"), str) else one["account_id"]
        segment = segment_said(one["segment"]) if isinstance(one["segment"], str) else label("unknown")
        change = one["revenue_change"]
        was = one["revenue"] - change
        grew = f"{change / was:+.0%}" if not is_missing(change) and was > 0 else label("unknown")
        rows.append((name, segment, text(one["revenue"], "money", cents(table["revenue"])), grew))
    whole = float(table["revenue"].sum() + look.row["revenue"])
    note = [label("brief_group_whole", accounts=counted(len(table) + 1, "account"), money=money(whole, currency))]
    note += [counted(len(table) - OFFICES, "brief_group_more")] if len(table) > OFFICES else []
    return Block(label("brief_group"), (), Grid(tuple(heads), tuple(rows), clauses(note), (2, 3)))


def _plan(row: pd.Series) -> Iterator[Line]:
    """How the plan treats it and why, and what a person decided."""
    if row["reason"]:
        yield Line(label("brief_plan_why"), (row["reason"],))
    if row["visits"] > 0 or row["calls"] > 0:
        many = {"brief_visit": round(row["visits"]), "brief_call": round(row["calls"])}
        said = listed(counted(number, words) for words, number in many.items() if number)
        yield Line(label("brief_plan_service"), (label("brief_plan_a_year", contacts=said),))
    if row["decided_action"]:
        parts = {"action": decision_said(row["decided_action"]), "on": day(row["decided_on"])}
        why = row["decided_reason"]
        key = "brief_plan_decided_why" if why else "brief_plan_decided_on"
        yield Line(label("brief_plan_decided"), (label(key, reason=why, **parts),))
