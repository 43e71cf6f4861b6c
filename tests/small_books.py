"""Small books made by hand, for tests that know every number in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd
from hypothesis import settings

from crm_analysis.book import Book, book_of

DAY = dt.date(2026, 9, 30)
"""The day small books look from, and are extracted on."""
FEW = settings(max_examples=25, deadline=None, derandomize=True)
"""Enough examples for every run to be quick and the same."""
DATES = ("ordered_on", "known_since", "known_on", "from_date", "to_date", "shipped_on", "promised_on")
DECIMALS = ("revenue", "cost", "hours_per_week", "quantity")


def line(account: str, day: str | dt.date, revenue: Any, **more: Any) -> dict[str, Any]:
    """An order line; `line_id` is its place in the book unless given."""
    return {"account_id": account, "ordered_on": day, "revenue": revenue, **more}


def small_book(
    orders: Iterable[Mapping[str, Any]],
    accounts: Iterable[Mapping[str, Any]] | None = None,
    extracted_on: dt.date = DAY,
    **tables: Iterable[Mapping[str, Any]],
) -> Book:
    """A book of rows; accounts are those of the lines, known since 2020, unless given."""
    orders = [{"line_id": f"L{place:05}"} | dict(row) for place, row in enumerate(orders)]
    if accounts is None:
        accounts = [{"account_id": name} for name in sorted({row["account_id"] for row in orders})]
    accounts = [{"known_since": "2020-01-01"} | dict(row) for row in accounts]
    columns = ["line_id", "account_id", "ordered_on", "revenue"]
    frames = {"accounts": _frame(accounts, ["account_id", "known_since"]), "orders": _frame(orders, columns)}
    frames |= {name: _frame(list(map(dict, rows)), []) for name, rows in tables.items()}
    return book_of(frames, extracted_on)


def _frame(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=None if rows else columns).astype(object)
    for name in frame:
        if name in DATES:
            frame[name] = [_date(value) for value in frame[name]]
        elif name in DECIMALS:
            frame[name] = [None if pd.isna(value) else Decimal(str(value)) for value in frame[name]]
    return frame


def _date(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) else None if pd.isna(value) else value
