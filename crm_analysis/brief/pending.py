"""What is open between the account and us: money owed, offers, contracts, complaints."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.book import engine
from crm_analysis.brief.rows import rows_of, sorted_by
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

YEAR = "12M"


@dataclass(frozen=True)
class Owed:
    """What the account owes on the day: money open, the overdue part of it, and how it pays.

    `invoices` and `oldest_days` are of those overdue (0 without); `pays_days` the median of the days after the due day
    (before: negative) at which the last year's invoices were paid, of `paid` of them, and NaN without; `written_off`
    the money of the last two years that was.
    """

    open: float
    overdue: float
    invoices: int
    oldest_days: int
    pays_days: float
    paid: int
    written_off: float


def owed(book: Book, account: str, day: dt.date) -> Owed | None:
    """None for an account that never had an invoice. Raises BookError without invoices that tell due and paid days."""
    import pandas as pd

    book.need("invoices", "due_on", "paid_on")
    rows = rows_of(book, "invoices", account, "issued_on", "invoice_id")
    rows = rows[rows["amount"] > 0]
    if rows.empty:
        return None
    now = pd.Timestamp(day)
    still = rows[rows["paid_on"].isna() & rows["written_off_on"].isna()]
    late = still[still["due_on"] < now]
    paid = rows[rows["paid_on"] > pd.Timestamp(before(day, YEAR))]
    days = (paid["paid_on"] - paid["due_on"]).dt.days.dropna()
    lost = rows[rows["written_off_on"] > pd.Timestamp(before(day, "24M"))]
    return Owed(
        open=float(still["amount"].sum()),
        overdue=float(late["amount"].sum()),
        invoices=len(late),
        oldest_days=int((now - late["due_on"].min()).days) if len(late) else 0,
        pays_days=float(days.median()) if len(days) else np.nan,
        paid=len(days),
        written_off=float(lost["amount"].sum()),
    )


def complaints(book: Book, account: str, day: dt.date) -> pd.DataFrame:
    """Those of the last year and those still open, the latest first; `open` (NA where closing is not known), `days`.

    days counts from the opening to the closing, or to the day. Raises BookError without complaints.
    """
    import pandas as pd

    rows = rows_of(book, "complaints", account, "opened_on", "complaint_id")
    told = book.has("complaints", "closed_on")
    still = rows["closed_on"].isna() if told else pd.Series(False, index=rows.index)
    rows = rows.assign(open=still, days=(rows["closed_on"].fillna(pd.Timestamp(day)) - rows["opened_on"]).dt.days)
    rows = rows[rows["open"] | (rows["opened_on"] > pd.Timestamp(before(day, YEAR)))]
    return rows.iloc[::-1].reset_index(drop=True)


def deals(book: Book, account: str, day: dt.date) -> pd.DataFrame:
    """Its opportunities still open, the largest first, with `stage` ("" where not told) and stage_on; then the year's.

    The year's are those won or lost in it, the latest first. Column `open` tells them apart. Raises BookError without
    opportunities that tell when they end.
    """
    import pandas as pd

    book.need("opportunities", "closed_on")
    rows = rows_of(book, "opportunities", account, "opened_on", "opportunity_id")
    rows = rows.assign(open=rows["closed_on"].isna())
    stages = pd.DataFrame({"opportunity_id": [], "stage": [], "stage_on": pd.Series(dtype="datetime64[ns]")})
    if book.has("stage_changes"):
        table = book.table("stage_changes")
        table = table.filter(table.opportunity_id.isin(list(rows["opportunity_id"]) or [""]))
        found = engine.frame(table.select("opportunity_id", "stage", stage_on="entered_on"))
        found = sorted_by(found, "opportunity_id", "stage_on")
        stages = found.drop_duplicates("opportunity_id", keep="last")
    rows = rows.merge(stages, on="opportunity_id", how="left").astype({"stage": object})
    rows["stage"] = rows["stage"].fillna("")
    still = rows[rows["open"]].sort_values(["amount", "opportunity_id"], ascending=[False, True], na_position="last")
    ended = rows[rows["closed_on"] > pd.Timestamp(before(day, YEAR))]
    ended = ended.sort_values(["closed_on", "opportunity_id"], ascending=[False, True])
    return pd.concat([still, ended], ignore_index=True)


def contracts(book: Book, account: str, day: dt.date) -> pd.DataFrame:
    """Its contracts in force or to begin, the first to end first, with days_left; raises BookError without contracts.

    A contract without a last day stands last, its days_left unknown. Where none is in force, the last one that ended.
    """
    import pandas as pd

    rows = rows_of(book, "contracts", account, "ends_on", "contract_id")
    now = pd.Timestamp(day)
    there = rows["ended_on"].isna() & ~(rows["ends_on"] < now)
    rows = rows.assign(days_left=(rows["ends_on"] - now).dt.days, in_force=there)
    found = rows[there] if there.any() else rows[rows["ends_on"].notna()].tail(1)
    return found.reset_index(drop=True)


def wallet(book: Book, account: str, day: dt.date) -> tuple[dt.date, float, float, str] | None:
    """When it last told its whole demand (within two years), that demand of a year, its growth (NaN), the competitor.

    Of several answers of one day the mean counts, as on the potential page. None where it did not tell. Raises
    BookError without market surveys that tell demand.
    """
    import pandas as pd

    book.need("market_surveys", "annual_demand")
    rows = rows_of(book, "market_surveys", account, "surveyed_on")
    rows = rows[rows["surveyed_on"] > pd.Timestamp(before(day, "24M"))]
    told = rows[rows["annual_demand"].notna()]
    if told.empty:
        return None
    last = told[told["surveyed_on"] == told["surveyed_on"].max()]
    named = last["main_competitor"].dropna()
    return (
        last["surveyed_on"].iloc[0].date(),
        float(last["annual_demand"].mean()),
        float(last["demand_growth"].mean()),
        str(named.iloc[0]) if len(named) else "",
    )
