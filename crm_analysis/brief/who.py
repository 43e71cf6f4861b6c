"""Who the account is, who decides there, and who else belongs to its group."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from crm_analysis.brief.rows import rows_of
from crm_analysis.reps import reps

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

ROLES = ("decides", "influences", "buys", "uses")
"""Roles of the contract, in the order in which they matter in a meeting; others come after them."""


def people(book: Book, account: str) -> pd.DataFrame:
    """The people we know there, who decides first: role, department, since (the latest of them is known), people.

    One row per role and department. None where the book knows nobody. Raises BookError without contacts.
    """
    import pandas as pd

    rows = rows_of(book, "contacts", account, "contact_id")
    rows = rows.assign(role=rows["role"].fillna(""), department=rows["department"].fillna(""))
    grouped = rows.groupby(["role", "department"], sort=True)["known_since"]
    table = pd.DataFrame({"since": grouped.max(), "people": grouped.size()}).reset_index()
    place = table["role"].map({role: place for place, role in enumerate(ROLES)}).fillna(len(ROLES))
    table = table.assign(place=place).sort_values(["place", "role", "people", "department"],
                                                  ascending=[True, True, False, True], ignore_index=True)  # fmt: skip
    return table.drop(columns="place")


def siblings(frame: pd.DataFrame, account: str) -> pd.DataFrame:
    """The group's other accounts, the largest revenue first: account_id, name, sales_office, segment, revenue, ...

    ... revenue_change (NaN: not known), active. `frame` is the plan's. An account whose group_id is another's id has
    that one as its head office. None where it belongs to no group, or the book tells of none.
    """
    own = frame.loc[frame["account_id"] == account].iloc[0]
    if "group_id" not in frame:
        return frame[:0]
    group = own["group_id"] if isinstance(own["group_id"], str) and own["group_id"] else account
    alike = (frame["group_id"] == group) | (frame["account_id"] == group)
    table = frame[alike & (frame["account_id"] != account)]
    names = ["account_id", "name", "sales_office", "segment", "revenue", "revenue_change", "active"]
    table = table.sort_values(["revenue", "account_id"], ascending=[False, True], ignore_index=True)
    return table[[name for name in names if name in table]]


def names(book: Book, day: dt.date) -> dict[str, str]:
    """The names of our people by rep_id, as far as the book has them."""
    if not book.has("reps", "name"):
        return {}
    table = reps(book, day)
    table = table[table["name"].notna()]
    return dict(zip(table["rep_id"], table["name"], strict=True))
