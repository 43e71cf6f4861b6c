"""A company made by hand whose accounts leave: silently, over service or price, or because it ended them itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from small_books import DAY, line, small_book

from crm_analysis.book import Book

OFFICES = ("Gent", "Linz", "Lyon")


def company(many: int = 90, years: float = 4, seed: int = 5) -> Book:
    """Accounts that order about every 3 weeks and stay for two years on average; young ones leave more readily.

    The first third were customers before the book begins. Of those gone for half a year or more, every second has a
    word in `exits`: the account's own says service, our rep's price; every ninth was ended by us. Every fifth account
    spends a third in the last year.
    """
    rng = np.random.default_rng(seed)
    start = DAY - dt.timedelta(days=round(365.25 * years))
    people: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    exits: list[dict[str, Any]] = []
    for place in range(many):
        name, early = f"A{place:03}", place < many // 3
        size, stay = float(rng.gamma(2, 200)), float(rng.gamma(0.8, 900 if early else 700))
        began = start if early else start + dt.timedelta(days=int(rng.integers(1, int(365.25 * years))))
        people.append(
            {
                "account_id": name,
                "name": f"Firm {place}",
                "sales_office": OFFICES[place % 3],
                "industry": "NS"[place % 2],
            }
        )
        people[-1] |= {"rep_id": f"R{place % 4}", "known_since": began - dt.timedelta(days=900 if early else 0)}
        end = min(began + dt.timedelta(days=int(stay)), DAY)
        day = began + dt.timedelta(days=int(rng.integers(0, 21)) if early else 0)
        last = day
        while day <= end:
            falls = 0.3 if place % 5 == 0 and day > DAY - dt.timedelta(days=365) else 1
            price = round(size * falls * float(rng.uniform(0.5, 1.5)), 2)
            lines.append(line(name, day, price, cost=round(size * falls * 0.6, 2)))
            last, day = day, day + dt.timedelta(days=int(rng.exponential(20)) + 1)
        if last < DAY - dt.timedelta(days=182) and place % 2:
            said = (
                {"reason": "service", "source": "account"} if place % 4 == 1 else {"reason": "price", "source": "rep"}
            )
            by = {"decided_by": "us" if place % 9 == 0 else "them", "competitor": None}
            exits.append({"account_id": name, "left_on": last, "known_on": last + dt.timedelta(days=60)} | said | by)
    return small_book(lines, people, exits=exits)
