"""A small book of one account that has everything, worked out by hand, and a few around it.

A1 (Acme) orders each quarter, lately less; A2 is another office of its group; A3 left; A4 is new and has never ordered.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from small_books import DAY, line, small_book

from crm_analysis.book import Book
from crm_analysis.brief import Brief, brief
from crm_analysis.report.blocks import Block, plain
from crm_analysis.report.sentences import brief as said
from crm_analysis.report.sentences import brief_room as room
from crm_analysis.report.sentences import brief_trade as trade

NASTY = "<script>alert(1)</script>"
BLOCKS = (
    said.top, trade.since, room.people, room.owed, room.voice, room.deals, trade.orders, trade.beside, trade.ahead,
    room.notes, room.group, room.about, said.lacks, said.estimates,
)  # fmt: skip


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


ACCOUNTS: list[dict[str, Any]] = [
    {"account_id": "A1", "name": "Acme Łódź", "group_id": "G", "sales_office": "North", "industry": "rail",
     "rep_id": "R1", "stage": "partner", "key_account": True, "known_since": "2020-01-01"},
    {"account_id": "A2", "name": "Acme Brno", "group_id": "G", "sales_office": "South", "known_since": "2021-01-01"},
    {"account_id": "A3", "name": NASTY, "sales_office": "North", "known_since": "2020-01-01"},
    {"account_id": "A4", "name": "=cmd", "sales_office": "North", "known_since": "2026-09-01"},
]  # fmt: skip
ORDERS: list[dict[str, Any]] = [
    line("A1", "2024-10-02", 100, order_id="N1", family="bolts", cost=60, promised_on="2024-10-20",
         shipped_on="2024-10-20"),
    line("A1", "2025-08-10", 800, order_id="N2", family="nuts", cost=500, promised_on="2025-08-20",
         shipped_on="2025-08-25"),
    line("A1", "2025-11-10", 300, order_id="N3", family="bolts", cost=200, promised_on="2025-11-20",
         shipped_on="2025-11-20"),
    line("A1", "2026-07-05", 200, order_id="N4", family="bolts", cost=100, promised_on="2026-07-10",
         shipped_on="2026-07-14"),
    line("A1", "2026-09-01", 100, order_id="N5", family="clips", cost=50, promised_on="2026-09-20", shipped_on=None),
    line("A1", "2026-09-10", -40, order_id="N6", family="bolts"),
    line("A2", "2026-05-05", 500, order_id="N7", family="bolts", cost=300, promised_on="2026-05-10",
         shipped_on="2026-05-10"),
    line("A3", "2024-12-01", 50, order_id="N8", family="nuts", cost=10, promised_on=None, shipped_on=None),
]  # fmt: skip
TABLES: dict[str, list[dict[str, Any]]] = {
    "reps": [{"rep_id": "R1", "name": "Ann Lee", "team": "customer support", "from_date": "2019-01-01"}],
    "contacts": [
        {"contact_id": "P1", "account_id": "A1", "department": "works", "role": "uses", "known_since": "2021-01-01"},
        {"contact_id": "P2", "account_id": "A1", "department": "board", "role": "decides",
         "known_since": "2021-01-01"},
        {"contact_id": "P3", "account_id": "A1", "department": "board", "role": "decides",
         "known_since": "2022-01-01"},
    ],
    "interactions": [
        {"account_id": "A1", "rep_id": "R1", "happened_on": day("2026-06-30"), "channel": "visit",
         "initiated_by": "us", "purpose": "review", "minutes": 60},
        {"account_id": "A1", "rep_id": "R1", "happened_on": day("2026-08-01"), "channel": "call",
         "initiated_by": "them", "purpose": "order", "minutes": 5},
    ],
    "complaints": [
        {"complaint_id": "C1", "account_id": "A1", "opened_on": day("2026-09-20"), "closed_on": None,
         "topic": "late delivery", "severity": "high"},
        {"complaint_id": "C2", "account_id": "A1", "opened_on": day("2026-02-01"), "closed_on": day("2026-07-01"),
         "topic": "late delivery", "severity": "low"},
        {"complaint_id": "C3", "account_id": "A1", "opened_on": day("2024-02-01"), "closed_on": day("2024-02-02"),
         "topic": "old", "severity": "low"},
    ],
    "invoices": [
        {"invoice_id": "I1", "account_id": "A1", "issued_on": day("2026-07-01"), "due_on": day("2026-08-01"),
         "paid_on": day("2026-08-11"), "amount": 200, "written_off_on": None},
        {"invoice_id": "I2", "account_id": "A1", "issued_on": day("2026-08-01"), "due_on": day("2026-09-10"),
         "paid_on": None, "amount": 150, "written_off_on": None},
        {"invoice_id": "I3", "account_id": "A1", "issued_on": day("2026-09-15"), "due_on": day("2026-10-15"),
         "paid_on": None, "amount": 1050, "written_off_on": None},
    ],
    "opportunities": [
        {"opportunity_id": "O1", "account_id": "A1", "opened_on": day("2026-08-01"), "product": "X1", "amount": 5000,
         "closed_on": None, "outcome": None, "lost_reason": None, "competitor": None,
         "expected_close": day("2026-09-15")},
        {"opportunity_id": "O2", "account_id": "A1", "opened_on": day("2026-01-01"), "product": "X2", "amount": 700,
         "closed_on": day("2026-07-20"), "outcome": "lost", "lost_reason": "price", "competitor": "Rival",
         "expected_close": None},
    ],
    "stage_changes": [
        {"opportunity_id": "O1", "stage": "lead", "entered_on": day("2026-08-01"), "amount": 4000},
        {"opportunity_id": "O1", "stage": "proposal", "entered_on": day("2026-09-01"), "amount": 5000},
    ],
    "contracts": [
        {"contract_id": "K1", "account_id": "A1", "signed_on": day("2025-10-01"), "starts_on": day("2025-11-01"),
         "ends_on": day("2026-10-31"), "ended_on": None, "end_reason": None, "minimum_order": 250},
    ],
    "market_surveys": [
        {"account_id": "A1", "surveyed_on": day("2026-01-10"), "annual_demand": 2800, "demand_growth": 0.1,
         "main_competitor": "Rival"},
    ],
    "summaries": [
        {"account_id": "A1", "rep_id": "R1", "written_on": day("2026-09-02"), "headline": "Calm", "concerns": "Prices",
         "events": None, "next_step": "Send list"},
    ],
    "exits": [
        {"account_id": "A3", "left_on": day("2025-01-10"), "known_on": day("2025-02-01"), "reason": "price",
         "competitor": "Rival", "decided_by": "them", "source": "rep"},
    ],
}  # fmt: skip


def book(**more: Any) -> Book:
    """The book, extracted on DAY; `more` replaces tables, None leaves one out."""
    tables = {name: rows for name, rows in (TABLES | more).items() if rows is not None}
    return small_book(ORDERS, ACCOUNTS, DAY, **tables)


def words(look: Brief, made: Any) -> list[str]:
    """The lines of a block as text."""
    block: Block | None = made(look)
    return plain(block).splitlines() if block is not None else []


def whole(look: Brief) -> list[str]:
    """Every line of the page."""
    from crm_analysis.brief.brief import told

    return [line for made in BLOCKS for line in told(lambda made=made: words(look, made)) or []]


def of(account: str, **more: Any) -> Brief:
    return brief(book(**more), account)
