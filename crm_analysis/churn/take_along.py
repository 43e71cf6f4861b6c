"""What each sales person would take along: accounts, money, and knowledge of them that nobody wrote down."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from crm_analysis.accounts import WINDOW
from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.labels import label
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

SOLE = 3
"""Contacts of an account in a year from which on it says something that one person had all of them."""
_NEEDS = {"summaries": (), "contacts": (), "interactions": ("rep_id",), "reps": ("to_date",)}
_MONEY = ("revenue", "margin")
_COUNTED = {
    "no_summary": "without_summary",
    "no_contact": "without_contact",
    "undocumented": "undocumented_accounts",
    "sole": "sole_accounts",
}
"""What is told of an account, and of how many it is told."""


@dataclass(frozen=True)
class TakeAlong:
    """What hangs on each sales person on a day, as far as the book tells.

    `reps`: one row per person named by an account, largest revenue first, then by rep_id; accounts without one are the
    last row, `nobody`. Columns:

    - rep_id, name, team (of `reps`), departed (True if that says the person left before the day; empty where it does
      not know the person); accounts; active (those that ordered in the window);
    - revenue, revenue_share (of the whole book; NaN where that is not positive) and, with costs, margin, margin_share;
    - of the active accounts: without_summary (none written within a year, by anybody), without_contact (no person there
      is known), undocumented_accounts (neither), revenue_undocumented (theirs); sole_accounts (all contacts of the
      year, SOLE or more, were this person's), revenue_sole. A contact that names nobody of ours was not this person's.

    `accounts`: one row per account, largest revenue first, then by account_id: account_id, name, rep_id, active,
    revenue, margin, last_summary, no_summary, contacts (people known there), no_contact, undocumented, interactions
    (of the window), own_share (the part of them by its own sales person; NaN without), sole.

    What the book lacks is a column less. `missing` says what: why (a sentence), unlocks.
    """

    reps: pd.DataFrame
    accounts: pd.DataFrame
    missing: pd.DataFrame


def take_along(book: Book, frame: pd.DataFrame, as_of: str | dt.date) -> TakeAlong:
    """What each sales person would take along, by the accounts that are theirs on the day.

    `frame` is what `accounts.accounts` returns for the same day, over a year. Raises BookError if the book cannot tell
    whose an account was on that day.
    """
    import pandas as pd

    day = as_date(as_of)
    known = book.as_of(day)
    known.need("accounts", "rep_id")
    lacks = {table: known.why_not(table, *columns) for table, columns in _NEEDS.items()}
    own = _accounts(known, frame, day, {table for table, why in lacks.items() if why is None})
    reps = _summed(own)
    if known.has("reps"):
        reps = _named(reps, known, day)
    missing = [(why, label(f"unlock_{table}")) for table, why in lacks.items() if why is not None]
    nobody = label("owner_nobody")
    return TakeAlong(
        reps.assign(rep_id=reps["rep_id"].replace("", nobody)),
        own.assign(rep_id=own["rep_id"].replace("", nobody)),
        pd.DataFrame(missing, columns=["why", "unlocks"]),
    )


def _accounts(known: Book, frame: pd.DataFrame, day: dt.date, there: set[str]) -> pd.DataFrame:
    """The accounts with what is written down of them; rep_id is "" where nobody is named."""
    first = [name for name in ("account_id", "name", "rep_id", "active", *_MONEY) if name in frame]
    own = frame[first].assign(rep_id=frame["rep_id"].fillna(""))
    own = own.sort_values(["revenue", "account_id"], ascending=[False, True], ignore_index=True)
    key, start = own["account_id"], before(day, WINDOW)
    if "summaries" in there:
        rows = known.table("summaries")
        last = _by_account(rows.group_by("account_id").agg(n=rows.written_on.max()))
        own["last_summary"] = key.map(last).astype("datetime64[ns]")
        own["no_summary"] = ~(own["last_summary"] > str(start))
    if "contacts" in there:
        rows = known.table("contacts")
        own["contacts"] = (
            key.map(_by_account(rows.group_by("account_id").agg(n=rows.count()))).fillna(0).astype("int64")
        )
        own["no_contact"] = own["contacts"] == 0
    if {"summaries", "contacts"} <= there:
        own["undocumented"] = own["no_summary"] & own["no_contact"]
    if "interactions" in there:
        rows = known.table("interactions")
        rows = rows.filter(rows.happened_on > ibis.literal(start))
        counts = engine.frame(
            rows.group_by("account_id", "rep_id").agg(n=rows.count()).order_by("account_id", "rep_id")
        )
        counts = counts.merge(own[["account_id", "rep_id"]], on="account_id", suffixes=("", "_own"))
        theirs = counts[counts["rep_id"] == counts["rep_id_own"]].groupby("account_id")["n"].sum()
        own["interactions"] = key.map(counts.groupby("account_id")["n"].sum()).fillna(0).astype("int64")
        share = key.map(theirs).fillna(0) / own["interactions"].where(own["interactions"] > 0)
        own["own_share"] = share.where(own["rep_id"] != "")
        own["sole"] = (own["interactions"] >= SOLE) & (own["own_share"] == 1)
    return own


def _by_account(counted: ibis.Table) -> pd.Series:
    """The column `n` of a table of one row per account, by account_id."""
    return engine.frame(counted.order_by("account_id")).set_index("account_id")["n"]


def _summed(own: pd.DataFrame) -> pd.DataFrame:
    """The accounts added up by sales person; those of nobody are the last row, whose rep_id is ""."""
    parts = own[["rep_id", "active"]].assign(accounts=1)[["rep_id", "accounts", "active"]]
    for money in (name for name in _MONEY if name in own):
        parts[money] = own[money].fillna(0.0)
        whole = parts[money].sum()
        parts[f"{money}_share"] = parts[money] / (whole if whole > 0 else float("nan"))
    for name, told in _COUNTED.items():
        if name in own:
            parts[told] = own[name] & own["active"]
        if name in own and name in ("undocumented", "sole"):
            parts[f"revenue_{name}"] = parts["revenue"].where(parts[told], 0.0)
    sums = parts.groupby("rep_id").sum(min_count=1).reset_index()
    counts = [name for name in ("accounts", "active", *_COUNTED.values()) if name in sums]
    sums = sums.astype(dict.fromkeys(counts, "int64")).assign(nobody=sums["rep_id"] == "")
    order = sums.sort_values(["nobody", "revenue", "rep_id"], ascending=[True, False, True], ignore_index=True)
    return order.drop(columns="nobody")


def _named(reps: pd.DataFrame, known: Book, day: dt.date) -> pd.DataFrame:
    """With name and team of each, from the row of `reps` that began last, and whether all its rows have ended."""
    import pandas as pd

    rows = known.table("reps")
    keep = [name for name in ("rep_id", "name", "team", "from_date", "to_date") if name in rows.columns]
    people = engine.frame(rows.select(*keep).order_by(*keep))
    for name in ("from_date", "to_date"):
        people[name] = pd.to_datetime(people[name]) if name in people else pd.NaT
    last = people.sort_values(["rep_id", "from_date"], na_position="first", kind="stable")
    last = last.drop_duplicates("rep_id", keep="last").set_index("rep_id")
    result = reps.copy()
    for place, name in enumerate([name for name in ("name", "team") if name in people], start=1):
        result.insert(place, name, result["rep_id"].map(last[name]))
    if "to_date" in rows.columns:
        gone = (people["to_date"] < pd.Timestamp(day)).groupby(people["rep_id"]).all()
        result.insert(list(result).index("accounts"), "departed", result["rep_id"].map(gone).astype("boolean"))
    return result
