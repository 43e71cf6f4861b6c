"""Books made of days of orders, for tests of forecasts: one order of 100 on each day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from crm_analysis.book import Book, book_of

END = dt.date(2026, 9, 30)


def book_of_days(
    days: Mapping[str, Iterable[dt.date]], known_since: Mapping[str, dt.date] | None = None, extracted_on: dt.date = END
) -> Book:
    """A book of accounts that ordered on these days."""
    rows = [(account, day) for account, own in days.items() for day in own]
    orders = pd.DataFrame(rows, columns=["account_id", "ordered_on"])
    orders["line_id"] = [f"L{place:06}" for place in range(len(orders))]
    orders["revenue"] = "100"
    accounts = pd.DataFrame({"account_id": sorted(days)}).astype(object)
    accounts["known_since"] = [(known_since or {}).get(name, extracted_on) for name in accounts["account_id"]]
    return book_of({"accounts": accounts, "orders": orders}, extracted_on)


def bg_nbd_days(rng: np.random.Generator, accounts: int, **params: float) -> dict[str, list[dt.date]]:
    """Accounts of BG/NBD (rates per week) whose first orders are spread over the first two of three years up to END."""
    rates = rng.gamma(params["r"], 1 / params["alpha"], accounts)
    leaves = rng.beta(params["a"], params["b"], accounts)
    found: dict[str, list[dt.date]] = {}
    for place in range(accounts):
        now = -rng.uniform(365, 3 * 365)
        own = [now]
        while True:
            now += 7 * rng.exponential() / rates[place]
            if now > 0:
                break
            own.append(now)
            if rng.random() < leaves[place]:
                break
        found[f"A{place:04}"] = sorted({END + dt.timedelta(days=int(np.floor(day))) for day in own})
    return found


def seasonal_days(rng: np.random.Generator, accounts: int) -> dict[str, list[dt.date]]:
    """Accounts that order in each of four Octobers and Novembers as often as in the first, and never else."""
    found = {}
    for place in range(accounts):
        orders = int(rng.integers(1, 30))
        own = set()
        for year in (2022, 2023, 2024, 2025):
            own |= {dt.date(year, 10, 1) + dt.timedelta(days=int(day)) for day in rng.permutation(61)[:orders]}
        found[f"A{place:04}"] = sorted(own)
    return found


@cache
def cdnow_days() -> dict[str, list[dt.date]]:
    """The CDNOW 1/10 sample, from the transactions that lifetimes ships."""
    import lifetimes

    file = Path(lifetimes.__file__).parent / "datasets/CDNOW_sample.txt"
    rows = pd.read_csv(file, sep=r"\s+", header=None, names=["master", "account", "day", "discs", "dollars"])
    rows["day"] = pd.to_datetime(rows["day"], format="%Y%m%d").dt.date
    return {f"{account:05}": sorted(set(own)) for account, own in rows.groupby("account")["day"]}
