"""Cases of books made by hand: two accounts that set the bars, and what others brought in two years."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
from small_books import DAY, line, small_book

from crm_analysis.potential.cases import Cases, cases
from crm_analysis.potential.low import Wishes

THEN = dt.date(2025, 9, 30)
"""A year before DAY: the first day of cases with an outcome of the books made by hand, whose orders begin in 2024."""
# a year's 1000 are High and so half of the first year's revenue, 500 bring it beyond 80 %: the bars are 1000 and 500
BIG = [
    line(name, day, money, cost=money // 2, order_id=f"{name}{year}", family="x")
    for name, money in (("H", 1000), ("M", 500))
    for year, day in (("1", "2024-10-01"), ("2", "2026-01-15"))
]


def bought(name: str, then: Any, later: Any, **more: Any) -> list[dict[str, Any]]:
    """What an account brought in the year to THEN, and in the year to DAY."""
    years = [("2024-11-11", then), ("2025-11-11", later)]
    return [line(name, day, money, **more) for day, money in years if money is not None]


def on(found: Cases, day: dt.date = THEN) -> pd.DataFrame:
    return found.on(day).set_index("account_id")


def told(orders: list[dict[str, Any]], wishes: Wishes | None = None, day: dt.date = DAY, **tables: Any) -> Cases:
    return cases(small_book(BIG + orders, **tables), day, wishes)
