"""Complaints, surveys and exits: what accounts say of us."""

from __future__ import annotations

from crm_analysis.book.contract.columns import ACCOUNT, Table, date, number, settling, text

COMPLAINTS = Table(
    "complaints",
    "complaints of accounts",
    (
        text("complaint_id", "key of the complaint", required=True),
        ACCOUNT,
        date("opened_on", "day opened", required=True),
        settling("closed_on", "day closed", after="opened_on"),
        text("topic", "what it was about"),
        text("dimension", "service dimension it concerns"),
        text("severity", "how severe it was"),
        text("order_id", "the order it concerns"),
    ),
    known_at="opened_on",
    key=("complaint_id",),
    unlocks="satisfaction, churn drivers",
)

SURVEYS = Table(
    "surveys",
    "survey answers, one row per item answered",
    (
        ACCOUNT,
        text("respondent_id", "the person who answered, by code"),
        date("answered_on", "day of the answer", required=True),
        text("item", "the question", required=True),
        number("score", "the answer"),
        number("importance", "stated importance of the item"),
        number("scale_min", "lowest possible score"),
        number("scale_max", "highest possible score"),
        text("subject", "us, or a competitor's name"),
        text("respondent_type", "customer or internal", levels=("customer", "internal")),
    ),
    known_at="answered_on",
    unlocks="satisfaction; comparison with competitors; focus scorecard",
)

SURVEY_INVITATIONS = Table(
    "survey_invitations",
    "who was asked",
    (
        ACCOUNT,
        date("sent_on", "day the invitation was sent", required=True),
        text("respondent_id", "the person asked, by code"),
    ),
    known_at="sent_on",
    unlocks="non-response",
)

EXITS = Table(
    "exits",
    "accounts that left, and why",
    (
        ACCOUNT,
        date("left_on", "day it left"),
        date("known_on", "day we learned of it", required=True, after="left_on"),
        text("reason", "why it left"),
        text("competitor", "where it went"),
        text("decided_by", "them or us", levels=("them", "us")),
        text("source", "who says so: the account or our rep", levels=("account", "rep")),
    ),
    known_at="known_on",
    unlocks="why accounts leave; a rep's \"price\" is not the customer's",
)
