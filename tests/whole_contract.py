"""A book with every table and every column of the contract, and the same book with its future scrambled.

Both are made from the contract itself, so a new column is covered on the day it is written.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from crm_analysis.book import Book
from crm_analysis.book.contract import CONTRACT, Column, Table

FIRST, EXTRACT = dt.date(2023, 1, 1), dt.date(2024, 12, 31)
IDS = {"account_id": "A", "opportunity_id": "O", "rep_id": "R", "order_id": "N", "contract_id": "C"}
ACCOUNTS = 12
ROWS = 36


def day(rng: np.random.Generator, low: dt.date = FIRST, high: dt.date = EXTRACT) -> dt.date:
    return low + dt.timedelta(days=int(rng.integers(0, (high - low).days + 1)))


def value(column: Column, rng: np.random.Generator, low: dt.date = FIRST) -> object:
    if column.type == "date":
        return day(rng, low)
    if column.type == "flag":
        return bool(rng.integers(2))
    if column.type == "integer":
        return int(rng.integers(1, 500))
    if column.type in ("money", "number"):
        return round(float(rng.integers(-200_000, 1_000_000)) / 100, 2)
    if column.name in IDS:
        return f"{IDS[column.name]}{rng.integers(ACCOUNTS)}"
    return str(rng.choice(column.levels)) if column.levels else f"{column.name} {rng.integers(50)}"


def told(name: str, rng: np.random.Generator) -> str:
    """A value of a column of accounts, as its history writes it."""
    return str(value(CONTRACT["accounts"].column(name), rng))


def current(table: Table) -> list[str]:
    return [column.name for column in table if column.nature == "current"]


def frames(rng: np.random.Generator, cut: dt.date) -> dict[str, pd.DataFrame]:
    """Every table; of `stage` the history begins after the cut, of the others before."""
    made = {}
    for table in CONTRACT.values():
        count = ACCOUNTS if table.name in ("accounts", "opportunities") else ROWS
        rows = []
        for number in range(count):
            row: dict[str, object] = {}
            known = day(rng, FIRST, cut) if table.name == "accounts" and number else day(rng)
            for column in table:
                optional = not column.required and column.name not in table.key
                row[column.name] = None if optional and rng.random() < 0.15 else value(column, rng, known)
            row[table.known_at] = known
            for name in table.key:
                if name not in (table.known_at, "field", "stage", "account_id", "opportunity_id"):
                    row[name] = f"{name} {number}"
            if table.name in ("accounts", "opportunities"):
                row[table.key[0]] = f"{IDS[table.key[0]]}{number}"
            rows.append(row)
        frame = pd.DataFrame(rows).astype(object)
        made[table.name] = frame
    history = made["account_history"]
    names = current(CONTRACT["accounts"])
    for place in history.index:
        name = names[place % len(names)]
        since = day(rng, cut + dt.timedelta(days=1)) if name == "stage" else history.at[place, "known_on"]
        history.loc[place, ["field", "value", "known_on"]] = [name, told(name, rng), since]
    for place, name in enumerate(names):
        if name != "stage":
            history.loc[place, "known_on"] = FIRST
    for name, frame in made.items():
        key = list(CONTRACT[name].key)
        made[name] = frame.drop_duplicates(key).reset_index(drop=True) if key else frame
    return made


def scrambled(whole: dict[str, pd.DataFrame], cut: dt.date, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """The same book with everything changed that was not known on the day of the cut."""
    result = {}
    after = cut + dt.timedelta(days=1)
    for name, frame in whole.items():
        table, frame = CONTRACT[name], frame.copy()
        for place in frame.index:
            known = frame.at[place, table.known_at]
            if known is None or known > cut:
                for column in table:
                    frame.at[place, column.name] = value(column, rng, after)
                frame.at[place, table.known_at] = day(rng, after)
                if name == "account_history":
                    field = str(rng.choice(CONTRACT["accounts"].names))
                    frame.loc[place, ["field", "value"]] = [field, told(field, rng)]
                for part in table.key:
                    if part not in (table.known_at, "account_id", "opportunity_id", "field", "stage"):
                        frame.at[place, part] = f"new {place}"
                if name in ("accounts", "opportunities"):
                    frame.at[place, table.key[0]] = f"new {place}"
                continue
            for column in table:
                if column.nature == "current":
                    frame.at[place, column.name] = value(column, rng)
                if column.nature == "settles" and (when := column.settles_with):
                    settled = whole[name].at[place, when]
                    if settled is None or settled > cut:
                        new = None if rng.random() < 0.3 else value(column, rng, after)
                        frame.at[place, column.name] = new
        late = frame[table.known_at].map(lambda known: known is None or known > cut)
        gone = late & (rng.random(len(frame)) < 0.4)  # some of the future never happens
        result[name] = frame[~gone].sample(frac=1, random_state=int(rng.integers(1 << 30))).reset_index(drop=True)
    return result


def rows_of(book: Book, table: str) -> list[dict[str, Any]]:
    """The rows of a book's table, empty cells None and dates as such."""
    frame = book.table(table).execute()
    found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{name: pd.Timestamp(value).date() if isinstance(value, (pd.Timestamp, dt.datetime)) else value
             for name, value in row.items()} for row in found]  # fmt: skip
