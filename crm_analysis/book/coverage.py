"""What a book holds and what it lacks: its tables, their dates, and its revenue by month."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.days import order_days
from crm_analysis.labels.language import UNLOCKS, listed, words

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


def coverage(book: Book) -> pd.DataFrame:
    """One row per table of the contract, those the book has first.

    Columns: table, rows, first_date, last_date (of its known-at column), columns_missing (of the
    contract's), unlocks. Tables the book lacks have 0 rows.
    """
    import pandas as pd

    rows = []
    for name, contract in CONTRACT.items():
        row = {
            "table": name,
            "rows": 0,
            "first_date": None,
            "last_date": None,
            "columns_missing": "",
            "unlocks": words(UNLOCKS, contract.unlocks).replace("`", ""),
        }
        if book.has(name):
            table = book.table(name)
            dated = contract.known_at in table.columns
            found = table.agg(
                n=table.count(),
                **({"low": table[contract.known_at].min(), "high": table[contract.known_at].max()} if dated else {}),
            ).execute()
            row["rows"] = int(found["n"][0])
            if dated:
                row |= {"first_date": found["low"][0], "last_date": found["high"][0]}
            row["columns_missing"] = listed(column for column in contract.names if column not in table.columns)
        rows.append(row)
    frame = pd.DataFrame(rows)
    for name in ("first_date", "last_date"):
        frame[name] = pd.to_datetime(frame[name])
    return frame.sort_values("rows", key=lambda rows: rows == 0, kind="stable").reset_index(drop=True)


def months(book: Book, as_of: str | dt.date) -> pd.DataFrame:
    """One row per calendar month from the first order to the last known on `as_of`, months without orders included.

    Columns: month (such as 2026-09), lines, accounts (that bought), revenue (float64).
    """
    import pandas as pd

    days = order_days(book.as_of(as_of))
    by = days.group_by(year=days.ordered_on.year(), number=days.ordered_on.month())
    found = by.agg(
        lines=days.lines.sum(),
        accounts=days.account_id.nunique(where=days.bought),
        revenue=days.revenue.sum().cast("float64"),
    ).execute()
    place = found["year"].astype(int) * 12 + found["number"].astype(int) - 1
    every = range(int(place.min()), int(place.max()) + 1) if len(found) else range(0)
    frame = found.set_index(place)[["lines", "accounts", "revenue"]].reindex(every, fill_value=0)
    frame.insert(0, "month", [f"{at // 12:04d}-{at % 12 + 1:02d}" for at in every])
    frame["revenue"] = frame["revenue"].astype(float)
    return pd.DataFrame(frame).reset_index(drop=True)
