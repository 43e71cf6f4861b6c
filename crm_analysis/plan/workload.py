"""How many accounts a sales person has, and the minutes there are for each."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from crm_analysis.book.book import as_date
from crm_analysis.reps import reps

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

DAYS_A_WEEK = 5


def minutes_per_account(book: Book, frame: pd.DataFrame, as_of: str | dt.date) -> pd.DataFrame:
    """Accounts and minutes per sales person, one row per person, by rep_id; then accounts without one.

    `frame` is what `accounts` returns for the same day. A person counts whose row of `reps` holds on
    that day, with its latest `from_date`; accounts of anybody else (someone who left) are unassigned, in the
    last row, whose rep_id is "". Columns: rep_id, name, team, hours_per_week, accounts, active,
    revenue, minutes_per_day (minutes per account and working day, five a week, for all accounts of the
    person; NaN without hours or accounts), minutes_per_day_active (the same for active ones only).

    Raises BookError if the book has no reps, or cannot tell whose an account was on that day.
    """
    import pandas as pd

    known = book.as_of(as_date(as_of))
    known.need("accounts", "rep_id")
    known.need("reps", "hours_per_week")
    people = reps(known, as_of)
    rep = frame["rep_id"].where(frame["rep_id"].isin(people["rep_id"]), "")
    work = (
        frame.assign(rep_id=rep)
        .groupby("rep_id")
        .agg(accounts=("account_id", "size"), active=("active", "sum"), revenue=("revenue", "sum"))
    )
    table = people[["rep_id", "name", "team", "hours_per_week"]].merge(work.reset_index(), on="rep_id", how="left")
    if "" in work.index:
        nobody = pd.DataFrame([{"rep_id": ""} | work.loc[""].to_dict()])
        table = pd.concat([table, nobody], ignore_index=True)
    table[["accounts", "active"]] = table[["accounts", "active"]].fillna(0).astype("int64")
    table["revenue"] = table["revenue"].fillna(0.0)
    daily = table["hours_per_week"] * 60 / DAYS_A_WEEK
    table["minutes_per_day"] = daily / table["accounts"].where(table["accounts"] > 0)
    table["minutes_per_day_active"] = daily / table["active"].where(table["active"] > 0)
    return table
