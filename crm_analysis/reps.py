"""Our sales people as of a day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from crm_analysis.book.book import as_date

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


COLUMNS = ["rep_id", "name", "team", "hours_per_week", "from_date"]
"""What is told of each person."""


def reps(book: Book, as_of: str | dt.date) -> pd.DataFrame:
    """One row per sales person there on that day, by rep_id: rep_id, name, team, hours_per_week, from_date.

    A person counts whose row of the table holds on the day, with its latest `from_date`. Columns that the book lacks
    are empty. Raises BookError if it has no reps.
    """
    import pandas as pd

    day = as_date(as_of)
    people = book.as_of(day).need("reps").execute()
    for name in ("name", "team", "hours_per_week", "from_date", "to_date"):
        if name not in people:
            people[name] = None
    left = pd.to_datetime(people["to_date"]) < pd.Timestamp(day)
    people = people[~left].assign(from_date=lambda rows: pd.to_datetime(rows["from_date"]))
    people = people.sort_values(["rep_id", "from_date"], na_position="first").drop_duplicates("rep_id", keep="last")
    people["hours_per_week"] = people["hours_per_week"].astype(float)
    return people[COLUMNS].reset_index(drop=True)
