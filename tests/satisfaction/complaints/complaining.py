"""Small books with complaints, and a simulated panel, for tests that know what is in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from small_books import DAY, line, small_book

from crm_analysis.book import Book
from crm_analysis.satisfaction.complaints.page import Complaints


def days_ago(days: int) -> dt.date:
    """A day before DAY."""
    return DAY - dt.timedelta(days=days)


def complaint(account: str, ago: int, lasted: int | None = None, **more: Any) -> dict[str, Any]:
    """A complaint opened so many days ago, closed after so many more, or open."""
    closed = None if lasted is None else days_ago(ago - lasted)
    return {"account_id": account, "opened_on": days_ago(ago), "closed_on": closed, **more}


def keyed(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Complaints with keys."""
    return [{"complaint_id": f"K{place:04}"} | row for place, row in enumerate(rows)]


def company(seed: int = 3, many: int = 40, rate: float = 0.05) -> Book:
    """Accounts of four offices that order every few weeks for two and a half years; those of Linz complain five times
    as readily. Complaints take 9 days on average; those of the last days are open."""
    rng = np.random.default_rng(seed)
    people, lines, said = [], [], []
    for place in range(many):
        name, office = f"A{place:03}", ("Gent", "Linz", "Lyon", "Brno")[place % 4]
        people.append(
            {"account_id": name, "name": f"Firm {place}", "sales_office": office, "rep_id": f"R{place % 3}"}
            | {"industry": "NS"[place % 2]}
        )
        for ago in range(int(rng.integers(0, 20)), 900, int(rng.integers(10, 40))):
            lines.append(line(name, days_ago(ago), 100))
            if rng.random() < rate * (5 if office == "Linz" else 1):
                opened = max(ago - int(rng.integers(0, 10)), 0)
                lasted = int(rng.geometric(1 / 9))
                topic, severity = ("late", "late", "wrong", "rude")[int(rng.integers(4))], "lh"[int(rng.integers(2))]
                row = complaint(name, opened, lasted if lasted <= opened else None, topic=topic, severity=severity)
                said.append(row | {"dimension": "time" if topic == "late" else "other"})
    return small_book(lines, people, complaints=keyed(said))


def frame_of(book: Book) -> pd.DataFrame:
    """One row per account known, as the page has it."""
    frame = book.table("accounts").execute().sort_values("account_id", ignore_index=True)
    return frame.assign(segment=np.where(frame.index % 2 == 0, "High A", "Low B"))


def look_of(book: Book, panels: Any = None, window: str = "12M") -> Complaints:
    """The facade of a book."""
    return Complaints(book, DAY, frame_of(book), panels, window)


def plain_orders(accounts: Iterable[str], each: int = 10, last: int = 30) -> list[dict[str, Any]]:
    """So many orders of each account in the last year, a month apart or less, and one two and a half years ago."""
    rows = []
    for name in accounts:
        rows += [line(name, days_ago(last + 30 * place), 100) for place in range(each)]
        rows.append(line(name, days_ago(900), 100))
    return rows
