"""A book of four accounts worked by hand, for a minimum of 100.

    account  orders of the year      small       margin of small / of all   spending   contacts: theirs + ours
    A        60, 70, 50, 400         3 of 180    18 / 58                    40         20 + 10
    B        30, 30                  2 of 60     12 / 12                    6          4 + 0
    C        90, 500                 1 of 90     9 / 59                     0          0 + 0
    D        1000 (High)             none        - / 100

So an order of A costs (40 + 20) / 4 = 15, of B (6 + 4) / 2 = 5, of C nothing: of the three (60 + 10) / 8 = 8.75.
A bundles 180 into one order, C adds its 90 to the order of 500; B's whole year is below the minimum, so it cannot.

    account  pays 10 each    bundles       drops the small ones    leaves
    A        30              2 * 15 = 30   3 * 15 - 18 = 27        70 - 58 = 12
    B        20              -             2 * 5 - 12 = -2         10 - 12 = -2
    C        10              0             -9                      -59
"""

from __future__ import annotations

from functools import cache

import pandas as pd
from small_books import line, small_book

from crm_analysis.accounts import accounts
from crm_analysis.value.segments import Bars, segments

DAY = "2026-09-30"
BARS = Bars(1000, 585, None)
"""Only D is High and C Mid."""


def order(account, number, day, revenue, margin, **more):
    return line(account, day, revenue, order_id=f"{account}{number}", cost=revenue - margin, **more)


LINES = [
    order("A", 1, "2025-11-01", 40, 4), order("A", 1, "2025-11-02", 20, 2), order("A", 2, "2026-02-01", 70, 7),
    order("A", 3, "2026-05-01", 50, 5), order("A", 4, "2026-06-01", 400, 40),
    order("B", 1, "2026-01-01", 30, 6), order("B", 2, "2026-02-01", 30, 6),
    order("C", 1, "2026-03-01", 90, 9), order("C", 2, "2026-04-01", 500, 50),
    order("D", 1, "2025-10-01", 1000, 100), order("D", 0, "2024-10-01", 50, 5),
]  # fmt: skip


def spent(account, amount, **more):
    row = {"period_start": "2025-10-01", "period_end": "2026-09-30", "activity": "delivery", "amount": amount}
    return row | {"account_id": account, "fixed": False} | more


SPEND = [spent("A", 40), spent("B", 6), spent("C", 99, fixed=True), spent(None, 1000)]


def contact(account, cost, who, day="2026-03-01"):
    return {"account_id": account, "happened_on": day, "initiated_by": who, "cost": cost}


CONTACTS = [contact("A", 20, "them"), contact("A", 10, "us"), contact("B", 4, " Them "), contact("B", 0, None),
            contact("A", 99, "them", "2025-09-30")]  # fmt: skip
TABLES = {"spend": SPEND, "interactions": CONTACTS}


def four(lines=LINES, people=None, **tables):
    """The book; tables given replace those above, None leaves one out."""
    own = {name: rows for name, rows in (TABLES | tables).items() if rows is not None}
    return small_book(lines, people, **own)


def classes(book, bars=BARS, day=DAY):
    frame = accounts(book, day)
    return frame.assign(**{"class": segments(frame, bars)["class"]})[["account_id", "class", "revenue"]]


@cache
def plain():
    """The book as it stands above, and its classes."""
    book = four()
    return book, classes(book)


def columns(table: pd.DataFrame, *names: str) -> dict[str, list[float]]:
    """Values of some columns by account."""
    return {name: list(row) for name, *row in table[["account_id", *names]].itertuples(index=False)}
