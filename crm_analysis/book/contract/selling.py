"""What our people do: contacts, costs, opportunities, summaries."""

from __future__ import annotations

from crm_analysis.book.contract.columns import ACCOUNT, Column, Table, date, money, number, settling, text

INTERACTIONS = Table(
    "interactions",
    "visits, calls and other contacts",
    (
        ACCOUNT,
        text("rep_id", "our person"),
        date("happened_on", "day of the contact", required=True),
        text("channel", "visit, call, mail or other"),
        text("initiated_by", "us or them", levels=("us", "them")),
        text("purpose", "what it was for"),
        number("minutes", "minutes spent"),
        money("cost", "cost of the contact"),
    ),
    known_at="happened_on",
    unlocks="effort; reactive or proactive service",
)

SPEND = Table(
    "spend",
    "what serving costs, by activity",
    (
        date("period_start", "first day of the period"),
        date("period_end", "last day of the period", required=True, after="period_start"),
        text("activity", "what the money was spent on", required=True),
        money("amount", "amount spent", required=True),
        text("account_id", "the account it was spent on, where known"),
        Column("fixed", "flag", "true if it would stay without the account"),
    ),
    known_at="period_end",
    unlocks="cost to serve, avoidable and fixed; return",
)

OPPORTUNITIES = Table(
    "opportunities",
    "sales opportunities",
    (
        text("opportunity_id", "key of the opportunity", required=True),
        text("account_id", "the account it is with"),
        text("rep_id", "our person", nature="current"),
        date("opened_on", "day opened", required=True),
        text("product", "product it is about"),
        money("amount", "amount expected", nature="current"),
        settling("closed_on", "day won or lost", after="opened_on"),
        text("outcome", "won or lost", nature="settles", settles_with="closed_on"),
        text("lost_reason", "why it was lost", nature="settles", settles_with="closed_on"),
        text("competitor", "who won it", nature="settles", settles_with="closed_on"),
        date("expected_close", "day expected to close", nature="current", may_be_future=True, after="opened_on"),
    ),
    known_at="opened_on",
    key=("opportunity_id",),
    unlocks="funnel, win rate, pipeline",
)

STAGE_CHANGES = Table(
    "stage_changes",
    "dated stages of opportunities",
    (
        text("opportunity_id", "the opportunity", required=True),
        text("stage", "the stage it entered", required=True),
        money("amount", "amount expected from that day on"),
        date("entered_on", "day it entered the stage", required=True),
    ),
    known_at="entered_on",
    key=("opportunity_id", "stage", "entered_on"),
    unlocks="funnel; the stage and amount an opportunity had on a date",
)

CONTACTS = Table(
    "contacts",
    "people at an account, by code; no personal data needed",
    (
        text("contact_id", "key of the contact", required=True),
        ACCOUNT,
        text("department", "department"),
        text(
            "role",
            "decides, influences, buys or uses",
            levels=("decides", "influences", "buys", "uses"),
        ),
        date("known_since", "day we first knew the contact"),
    ),
    known_at="known_since",
    key=("contact_id",),
    unlocks="coverage",
)

SUMMARIES = Table(
    "summaries",
    "what a sales person wrote about an account",
    (
        ACCOUNT,
        text("rep_id", "who wrote it"),
        date("written_on", "day written, also after the extract; counts from then", required=True, may_be_future=True),
        text("headline", "the account in one line"),
        text("concerns", "what worries the account"),
        text("events", "what happened"),
        text("next_step", "what is to be done next"),
    ),
    known_at="written_on",
    unlocks="the account brief",
)

REPS = Table(
    "reps",
    "our sales people; a change of hours or team is a new row",
    (
        text("rep_id", "the person", required=True),
        text("name", "name shown in reports"),
        text("team", "team"),
        number("hours_per_week", "hours a week for accounts"),
        date("from_date", "first day the row holds"),
        settling("to_date", "last day the row holds", after="from_date"),
    ),
    known_at="from_date",
    key=("rep_id", "from_date"),
    unlocks="workload",
)
