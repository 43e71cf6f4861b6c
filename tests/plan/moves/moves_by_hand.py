"""Small books of whole years, and simulated ones, for the tests of moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from small_books import DAY, line, small_book

from crm_analysis.book import Book
from crm_analysis.periods import before
from crm_analysis.plan.moves.ladder import CLASS, Ladder
from crm_analysis.plan.moves.past import Past

LADDER = Ladder(CLASS, ("High", "Mid", "Low"), (100.0, 50.0))
BARS = (100.0, 50.0)
HIGH, MID, LOW, INACTIVE, NEW = range(5)


def yearly(years: Mapping[str, Sequence[float | None]], cost: float | None = None, **more: Any) -> Book:
    """A book of one line an account and year: of the years to 2026-09-30 the last ones; None is no order.

    With `cost`, a line costs that part of its revenue.
    """
    rows = []
    for name, amounts in years.items():
        for back, amount in enumerate(reversed(amounts)):
            if amount is not None:
                # the first days of a year, so that orders cover it
                paid = {} if cost is None else {"cost": amount * cost}
                rows.append(line(name, f"{2025 - back}-10-02", amount, **paid))
    return small_book(rows, **more)


def known(years: Mapping[str, Sequence[float | None]], cost: float | None = None, quarters: int = 4) -> Past:
    """The `Past` of such a book, without an engine; every account is a cluster."""
    ids = sorted(years)
    many = max(map(len, years.values()))
    amounts = np.array([[None] * (many - len(years[name])) + list(years[name]) for name in ids], dtype=float).T
    active = ~np.isnan(amounts)
    revenue = np.nan_to_num(amounts)
    days = (*(before(DAY, f"{quarters * back}Q") for back in range(many - 1, 0, -1)), DAY)
    margin = None if cost is None else revenue * (1 - cost)
    each = np.arange(len(ids))
    customer = np.logical_or.accumulate(active)
    return Past(days, quarters, np.array(ids, dtype=object), each, revenue, margin, active, customer)


def markov(matrix: np.ndarray, accounts: int, days: int, rng: np.random.Generator) -> np.ndarray:
    """Places of accounts on days a step apart, by a matrix that holds for all."""
    places = np.empty((days, accounts), dtype=np.int64)
    places[0] = rng.choice(4, accounts, p=[0.1, 0.2, 0.5, 0.2])
    for day in range(1, days):
        upto = np.cumsum(matrix, axis=1)[places[day - 1], :3]
        places[day] = (rng.random(accounts)[:, None] > upto).sum(axis=1)
    return places
