"""A book of five accounts with every table that KPIs need, small enough to count by hand.

The year looked at is October 2025 to September 2026; the year before it begins in October 2024.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from small_books import DAY, line, small_book

from crm_analysis.book import Book
from crm_analysis.kpi.panel import Panel, panel
from crm_analysis.value.segments import Bars

HIGH, MID = 1000, 300
"""The bars: in the year before A (1,200) is High, B (400) Mid, C (200) and D (100) are Low, E is new."""


def on(day: str) -> dt.date:
    """A date."""
    return dt.date.fromisoformat(day)


def five_accounts() -> Book:
    """The book, extracted on 2026-09-30."""
    return small_book(
        [*_year_before(), *_year()],
        [
            {"account_id": "A", "sales_office": "North", "rep_id": "R1"},
            {"account_id": "B", "sales_office": "North", "rep_id": "R1"},
            {"account_id": "C", "sales_office": "South", "rep_id": "R2"},
            {"account_id": "D", "sales_office": "South", "rep_id": "R2"},
            {"account_id": "E", "sales_office": "South"},
        ],
        **_service(),
        **_money(),
        **_voice(),
    )


@cache
def five_panel() -> Panel:
    """Its panel of two years by these bars, made once for all tests; none may change it."""
    return panel(five_accounts(), DAY, quarters=4, bars=Bars(HIGH, MID, 0.2))


def _year_before() -> list[dict[str, Any]]:
    return [
        line("A", "2024-10-02", 600, cost=450, promised_on="2024-10-12", shipped_on="2024-10-08"),
        line("A", "2025-05-10", 600, cost=450, promised_on="2025-05-20", shipped_on="2025-05-20"),
        line("B", "2025-01-15", 400, cost=300),
        line("C", "2025-03-03", 200, cost=180),
        line("D", "2025-06-01", 100, cost=90),
    ]


def _year() -> list[dict[str, Any]]:
    return [
        line("A", "2025-11-05", 500, cost=350, promised_on="2025-11-15", shipped_on="2025-11-14"),
        line("A", "2026-08-03", 500, cost=350, promised_on="2026-08-13", shipped_on="2026-08-20"),
        line("B", "2025-12-01", 300, cost=240, promised_on="2025-12-11", shipped_on="2025-12-11"),
        line("B", "2026-04-02", 300, cost=240, shipped_on="2026-04-06"),
        line("B", "2026-04-20", -50, cost=-40),
        line("C", "2026-02-10", 150, cost=120, promised_on="2026-02-20"),
        line("E", "2026-07-07", 80, promised_on="2026-07-17", shipped_on="2026-07-17"),
    ]


def _service() -> dict[str, list[dict[str, Any]]]:
    complaints = [
        ("C", "2025-01-05", "2025-01-08"),
        ("A", "2025-12-10", "2025-12-20"),
        ("B", "2026-05-01", "2026-05-05"),
        ("A", "2026-09-20", None),
    ]
    contacts = [
        ("A", "2024-10-03", 5, "us"),
        ("A", "2026-01-12", 30, "us"),
        ("A", "2026-03-12", 20, "them"),
        ("B", "2026-06-12", 10, "us"),
        ("C", "2026-07-12", 25, None),
        ("D", "2025-10-10", 15, "them"),
    ]
    return {
        "complaints": [
            {"complaint_id": f"K{place}", "account_id": who, "opened_on": on(day), "closed_on": end and on(end)}
            for place, (who, day, end) in enumerate(complaints)
        ],
        "interactions": [
            {"account_id": who, "rep_id": "R1", "happened_on": on(day), "minutes": long, "initiated_by": by}
            for who, day, long, by in contacts
        ],
        "reps": [{"rep_id": rep, "team": team, "from_date": "2020-01-01", "hours_per_week": 40}
                 for rep, team in (("R1", "operations centre"), ("R2", "sales administration"))],
        "decisions": [
            {"account_id": "C", "decided_on": on("2025-07-01"), "action": "keep"},
            {"account_id": "D", "decided_on": on("2025-11-20"), "action": "goodbye"},
        ],
    }  # fmt: skip


def _money() -> dict[str, list[dict[str, Any]]]:
    invoices = [
        ("A", "2024-10-05", "2024-11-04", "2024-10-25", None, 600),
        ("A", "2025-11-14", "2025-12-14", "2025-12-04", None, 500),
        ("B", "2025-12-11", "2026-01-10", "2026-05-10", None, 300),
        ("C", "2026-02-20", "2026-03-22", None, "2026-08-01", 150),
        ("E", "2026-07-17", "2026-08-16", None, None, 80),
    ]
    names = ("invoice_id", "account_id", "issued_on", "due_on", "paid_on", "written_off_on", "amount")
    rows = [
        [f"I{place}", *(on(cell) if "-" in str(cell) else cell for cell in row)] for place, row in enumerate(invoices)
    ]
    markets = [(f"{year}Q{quarter}", supplier, amount)
               for year, quarter in ((2025, 4), (2026, 1), (2026, 2), (2026, 3))
               for supplier, amount in (("us", 400), ("Other", 1200))]  # fmt: skip
    return {
        "invoices": [dict(zip(names, row, strict=True)) for row in rows],
        "markets": [{"period": period, "segment": "boards", "supplier": supplier, "amount": amount,
                     "known_on": on("2026-09-29")} for period, supplier, amount in markets],
        "market_surveys": [
            {"account_id": "A", "surveyed_on": on("2025-01-10"), "annual_demand": 2000},
            {"account_id": "C", "surveyed_on": on("2025-12-01"), "annual_demand": 600},
        ],
    }  # fmt: skip


def _voice() -> dict[str, list[dict[str, Any]]]:
    said = [
        ("A", "P1", "2024-11-05", 8, 4),
        ("A", "P1", "2026-05-04", 10, 5),
        ("A", "P2", "2026-05-05", 6, 2),
        ("B", "P3", "2026-05-06", 9, 4),
        ("C", "P4", "2026-05-07", 7, 3),
    ]
    asked = [("A", "P1", "2024-10-28"), *((who, person, "2026-04-20") for who, person in
             (("A", "P1"), ("A", "P2"), ("B", "P3"), ("C", "P4"), ("D", "P5")))]  # fmt: skip
    scales = {"recommendation": (0, 10), "satisfaction": (1, 5)}
    return {
        "surveys": [
            {"account_id": who, "respondent_id": person, "answered_on": on(day), "item": item, "score": score,
             "scale_min": scales[item][0], "scale_max": scales[item][1], "subject": "us"}
            for who, person, day, *scores in said
            for item, score in zip(scales, scores, strict=True)
        ],
        "survey_invitations": [{"account_id": who, "respondent_id": person, "sent_on": on(day)}
                               for who, person, day in asked],
    }  # fmt: skip
