"""What has happened since somebody of us was last there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.brief.rows import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.brief.trade import Trade

VISIT, THEM = "visit", "them"


@dataclass(frozen=True)
class Since:
    """The last visit, or the last contact where none is a visit, and what came after it until the day.

    `rep_id` and `purpose` are "" where not told. The counts: orders and their revenue, contacts by them and by us (of
    those that say who began), complaints opened and closed, opportunities opened, won and lost; `answered` on the
    last day somebody answered a survey, None without. A count is None where the book cannot tell it.
    """

    on: dt.date
    visit: bool
    rep_id: str
    purpose: str
    orders: int
    revenue: float
    theirs: int | None
    ours: int | None
    opened: int | None
    closed: int | None
    offered: int | None
    won: int | None
    lost: int | None
    answered: dt.date | None


def since(book: Book, account: str, trade: Trade) -> Since | None:
    """None where nobody of us ever met the account. Raises BookError without interactions."""
    rows = rows_of(book, "interactions", account, "happened_on", "channel")
    if rows.empty:
        return None
    visits = rows[rows["channel"].fillna("").str.strip().str.lower() == VISIT]
    last = (visits if len(visits) else rows).iloc[-1]
    on = last["happened_on"]
    later = rows[rows["happened_on"] > on]
    began = later["initiated_by"].fillna("")
    told = book.has("interactions", "initiated_by")
    bought = trade.orders[trade.orders["ordered_on"] > on]
    complaints = rows_of(book, "complaints", account, "opened_on") if book.has("complaints") else None
    deals = rows_of(book, "opportunities", account, "opened_on") if book.has("opportunities") else None
    ended = deals is not None and book.has("opportunities", "closed_on", "outcome")
    return Since(
        on=on.date(),
        visit=bool(len(visits)),
        rep_id=_text(last["rep_id"]),
        purpose=_text(last["purpose"]),
        orders=len(bought),
        revenue=float(bought["revenue"].sum()),
        theirs=int((began == THEM).sum()) if told else None,
        ours=int((began == "us").sum()) if told else None,
        opened=None if complaints is None else int((complaints["opened_on"] > on).sum()),
        closed=_closed(book, complaints, on),
        offered=None if deals is None else int((deals["opened_on"] > on).sum()),
        won=_ended(deals, on, "won") if ended else None,
        lost=_ended(deals, on, "lost") if ended else None,
        answered=_answered(book, account, on),
    )


def _closed(book: Book, complaints: pd.DataFrame | None, on: object) -> int | None:
    if complaints is None or not book.has("complaints", "closed_on"):
        return None
    return int((complaints["closed_on"] > on).sum())


def _ended(deals: pd.DataFrame | None, on: object, outcome: str) -> int | None:
    if deals is None:
        return None
    return int(((deals["closed_on"] > on) & (deals["outcome"].str.lower() == outcome)).sum())


def _answered(book: Book, account: str, on: object) -> dt.date | None:
    """The last day after that on which one of their people answered a survey about us."""
    if not book.has("surveys"):
        return None
    rows = rows_of(book, "surveys", account, "answered_on")
    rows = rows[(rows["answered_on"] > on) & (rows["respondent_type"].fillna("customer") != "internal")]
    found: dt.date | None = rows["answered_on"].max().date() if len(rows) else None
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
