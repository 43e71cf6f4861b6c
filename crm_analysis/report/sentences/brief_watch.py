"""What not to meet an account unprepared for, a line each, the most urgent first.

Each line is a fact of the book or an estimate with its interval; a threshold decides only whether it is worth the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.brief.brief import told
from crm_analysis.labels import label
from crm_analysis.labels.language import begun, listed
from crm_analysis.periods import before
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.brief_words import chances, day, families_said, money, segment_said, topic_said
from crm_analysis.report.values import is_missing, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_analysis.brief import Brief

DOWN = 0.25
"""A fall of the last three months against the same of a year ago from which on it is worth a line."""
ENDING = 90
"""Days before its end from which on a contract is to be talked about."""
UNHAPPY = 50
"""Points of 100 below which more speaks against us than for us."""
OFTEN = 2
"""Complaints of one topic in a year from which on it is one that comes back."""


def watch(look: Brief) -> Iterator[str]:
    """What not to meet unprepared, the most urgent first."""
    for part in (_goodbye, _complaints, _money, _waiting, _silence, _trade, _contract, _again, _late, _risk, rest):
        yield from part(look)


def _goodbye(look: Brief) -> Iterator[str]:
    last = look.goodbye
    if last is None:
        return
    said = [last["reason"]] if isinstance(last["reason"], str) else []
    said += [label("brief_watch_to", competitor=last["competitor"])] if isinstance(last["competitor"], str) else []
    said += [label("brief_watch_rep")] if said and last["source"] == "rep" else []
    why = label("brief_watch_why", reasons=listed(said)) if said else ""
    yield label(
        "brief_watch_ended" if last["decided_by"] == "us" else "brief_watch_goodbye", on=day(last["known_on"]), why=why
    )


def _complaints(look: Brief) -> Iterator[str]:
    rows = told(lambda: look.complaints)
    still = rows[rows["open"]] if rows is not None else None
    if still is not None and len(still):
        topics = listed(dict.fromkeys(topic_said(topic) for topic in still["topic"]))
        days = counted(int(still["days"].max()), "day")
        yield label("brief_watch_complaint", complaints=counted(len(still), "complaint"), days=days, topics=topics)


def _money(look: Brief) -> Iterator[str]:
    owed, currency = told(lambda: look.owed), look.book.currency
    if owed is not None and owed.overdue > 0:
        yield label("brief_watch_overdue", money=money(owed.overdue, currency), days=counted(owed.oldest_days, "day"))
    if owed is not None and owed.written_off > 0:
        yield label("brief_watch_written", money=money(owed.written_off, currency))


def _waiting(look: Brief) -> Iterator[str]:
    waiting = look.trade.waiting
    if len(waiting):
        worst = waiting.sort_values(["late_days", "order"], ascending=[False, True]).iloc[0]
        days = counted(int(worst["late_days"]), "day")
        yield label("brief_watch_waiting", orders=counted(len(waiting), "order"), order=worst["order"], days=days)


def _late(look: Brief) -> Iterator[str]:
    due, late = look.trade.due("3M")
    if late:
        yield label("brief_watch_late", late=text(late, "count"), due=text(due, "count"))


def _silence(look: Brief) -> Iterator[str]:
    silent = look.row["silent_days"]
    if not is_missing(silent) and silent > look.usual_pause:
        days = {"days": counted(int(silent), "day"), "usual": counted(int(look.usual_pause), "day")}
        yield label("brief_watch_silent", **days)


def _contract(look: Brief) -> Iterator[str]:
    rows = told(lambda: look.contracts)
    if rows is None or rows.empty:
        return
    first = rows.iloc[0]
    if not first["in_force"]:
        yield label("brief_watch_contract_over", on=first["ends_on"].date())
    elif first["days_left"] <= ENDING:
        yield label("brief_watch_contract", days=counted(int(first["days_left"]), "day"), on=first["ends_on"].date())


def _trade(look: Brief) -> Iterator[str]:
    quarters, currency = look.trade.quarters["revenue"], look.book.currency
    fell = len(quarters) > 4 and quarters.iloc[-5] > 0 and quarters.iloc[-1] > 0  # of none at all silence tells
    if fell and (fall := 1 - quarters.iloc[-1] / quarters.iloc[-5]) >= DOWN:
        yield label("brief_watch_down", share=text(fall, "share"))
    if len(look.trade.stopped):
        yield label("brief_watch_stopped", families=families_said(look.trade.stopped, "revenue_before", currency))


def _again(look: Brief) -> Iterator[str]:
    rows = told(lambda: look.complaints)
    if rows is None or rows.empty:
        return
    rows = rows[rows["opened_on"] > pd.Timestamp(before(look.day, "12M"))]
    topics = rows["topic"].dropna().value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if len(topics) and topics.iloc[0] >= OFTEN:
        counts = {"times": text(len(rows), "count"), "same": text(int(topics.iloc[0]), "count")}
        yield label("brief_watch_again", topic=topics.index[0], **counts)


def _risk(look: Brief) -> Iterator[str]:
    risk = told(lambda: look.risk)
    if risk is not None and risk.low > risk.usual:
        yield label("brief_watch_risk", **chances(risk))


def rest(look: Brief) -> Iterator[str]:
    """Margin, satisfaction, an offer past its day, who decides, no visit."""
    table = told(lambda: look.beside)
    rates = table[table["measure"] == "margin_rate"] if table is not None else None
    if rates is not None and len(rates) and rates["now"].iloc[0] < rates["low"].iloc[0]:
        rate, low = (text(rates[name].iloc[0], "share") for name in ("now", "low"))
        yield label("brief_watch_margin", rate=rate, low=low, segment=segment_said(look.row["segment"]))
    heard = told(lambda: look.heard)
    if heard is not None and heard.mean < UNHAPPY:
        points = text(heard.mean, "number", 0)
        yield begun(label("brief_watch_content", people=counted(heard.people, "person"), points=points))
    deals = told(lambda: look.deals)
    if deals is not None:
        late = deals[deals["open"] & (deals["expected_close"] < pd.Timestamp(look.day))]
        for _, one in late.head(1).iterrows():
            on = one["expected_close"].date()
            yield label("brief_watch_deal", product=one["product"] or one["opportunity_id"], on=on)
    people = told(lambda: look.people)
    if people is not None and len(people) and (people["role"] != "").any() and "decides" not in set(people["role"]):
        yield label("brief_watch_nobody")
    yield from _unseen(look)


def _unseen(look: Brief) -> Iterator[str]:
    """Only for accounts that the plan visits, and where the book tells visits from other contacts."""
    if not look.book.has("interactions", "channel") or not look.row["visits"] > 0:
        return
    since = told(lambda: look.since)
    if since is None or not since.visit or since.on <= before(look.day, "12M"):
        yield label("brief_watch_unseen")
