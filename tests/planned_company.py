"""A small company that has all tables the plan reads, for the plan and what-if pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from small_books import DAY, line, small_book

from crm_analysis.book import Book

TEAMS = ("operations centre", "customer support", "sales administration", "business development")
PEOPLE = [
    {"rep_id": f"R{place}", "name": f"Person {place}", "team": TEAMS[place % 4], "hours_per_week": 40,
     "from_date": "2018-01-01"}
    for place in range(8)
]  # fmt: skip
HOSTILE = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "{{ 7*7 }} {0}", "A&B \U0001f600", "x" * 400)
"""Names of the first accounts."""


def sold(many: int = 36, months: int = 48) -> list[dict[str, Any]]:
    """Monthly orders of accounts of very different size; some rise and some fall, some begin late."""
    rng = np.random.default_rng(5)
    rows = []
    for place in range(many):
        size = 30.0 * 1.16**place
        begins = dt.date(2026, 3, 1) if place % 12 == 7 else dt.date(2020, 1, 1)
        trend = rng.normal(0, 0.35)
        for month in range(months):
            day = DAY - dt.timedelta(days=15 + 30 * month)
            if day < begins or (place % 9 == 4 and month < 14):  # every ninth fell silent
                continue
            value = round(size * float(np.exp(rng.normal(0, 0.4) - trend * month / 12)), 2)
            rows.append(line(f"A{place:03}", day, value, order_id=f"{place}-{month}", cost=round(value * 0.7, 2)))
    return rows


def company(many: int = 36) -> Book:
    """The whole book: who, sales people, contacts, invoices, spending, decisions, complaints, contracts."""
    rows = sold(many)
    ids = [f"A{place:03}" for place in range(many)]
    names = {name: HOSTILE[place] if place < len(HOSTILE) else f"Company {name}" for place, name in enumerate(ids)}
    people = [
        {"account_id": name, "name": names[name], "rep_id": f"R{place % 8}", "stage": "partner",
         "sales_office": f"Office {place % 3}"}
        for place, name in enumerate(ids)
    ]  # fmt: skip
    people += [{"account_id": "N1", "name": "Nobody yet", "rep_id": "R3", "stage": "engaged"}]
    met = [
        {"account_id": name, "happened_on": DAY - dt.timedelta(days=20 + 60 * turn + place % 7), "cost": 20,
         "channel": "visit" if (place + turn) % 2 else "call", "initiated_by": "us" if turn % 3 else "them",
         "purpose": "order" if turn % 2 else "review", "minutes": 20 + place % 5 * 10}
        for place, name in enumerate(ids)
        for turn in range(8)
    ]  # fmt: skip
    return small_book(
        rows,
        people,
        reps=PEOPLE,
        interactions=met,
        invoices=invoices(ids),
        spend=[
            {"period_start": dt.date(2025, 10, 1), "period_end": dt.date(2026, 9, 30), "activity": "delivery",
             "amount": 40 + 3 * place, "account_id": name, "fixed": False}
            for place, name in enumerate(ids)
        ]
        + [{"period_start": dt.date(2025, 10, 1), "period_end": dt.date(2026, 9, 30), "activity": "rent",
            "amount": 3000, "account_id": None, "fixed": True}],
        decisions=[
            {"account_id": "A003", "decided_on": dt.date(2026, 2, 1), "action": "keep", "recommended": "desk",
             "reason": "<b>knows of a project", "decided_by": "R2"},
            {"account_id": "A006", "decided_on": dt.date(2026, 2, 1), "action": "desk", "recommended": "desk",
             "reason": "", "decided_by": "R2"},
        ],
        complaints=[{"complaint_id": "C1", "account_id": "A020", "opened_on": dt.date(2026, 9, 1), "closed_on": None}],
        contracts=[
            {"contract_id": "K1", "account_id": "A010", "signed_on": dt.date(2025, 1, 1),
             "starts_on": dt.date(2025, 1, 1), "ends_on": dt.date(2026, 11, 30), "ended_on": None,
             "minimum_order": 100.0}
        ],
    )  # fmt: skip


def invoices(ids: list[str]) -> list[dict[str, Any]]:
    """One a quarter; every eighth account pays 80 days late, the others within ten."""
    rows = []
    for place, name in enumerate(ids):
        for quarter in range(16):
            issued = DAY - dt.timedelta(days=20 + 91 * quarter)
            due = issued + dt.timedelta(days=30)
            paid = due + dt.timedelta(days=80 if place % 8 == 5 else place % 8)
            rows.append({"invoice_id": f"{name}-{quarter}", "account_id": name, "issued_on": issued, "due_on": due,
                         "paid_on": paid if paid <= DAY else None, "amount": 100.0,
                         "written_off_on": None})  # fmt: skip
    return rows
