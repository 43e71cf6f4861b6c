"""Bad accounts: who owed money long after it was due, or had it written off, as of a day or of many days.

An invoice of a positive amount is a debt from its issue until it is paid or written off, whichever is first. Credit
notes are no debt, and no open invoice is taken to be set off against one. Days late count from the day payment is due;
an invoice without that day is never late, and can only be written off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.book.days import last_known, order_days
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.potential.guard.exact import lower, upper

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

OVERDUE_DAYS = 60
YEAR = "12M"
YEARS = 4
"""Days that are looked at, a year apart: today and at most three before."""
BILLING = dt.timedelta(days=31)
"""Invoices may begin this late in a year and still cover it: many companies write them once a month."""
ERROR = 0.05
"""Each end of an interval of a share of bad accounts is wrong with this probability at most: 90 % in all."""
_FAR = dt.date(9999, 12, 31)


def invoice_days(book: Book, as_of: str | dt.date) -> list[dt.date]:
    """`as_of` and the days a year, two years, ... before it whose trailing year the invoices cover; the latest first.

    Raises BookError where the book has no invoices that tell when payment was due and came, or none by that day.
    """
    known = book.as_of(as_of)
    day = last_known(known)
    rows = known.need("invoices", "due_on", "paid_on")
    first = rows.filter(rows.amount > 0).issued_on.min().cast("string").execute()
    if first is None or first != first:
        raise BookError(label("bad_no_invoice", day=day))
    begins = dt.date.fromisoformat(str(first))
    days = [day]
    while len(days) < YEARS and begins <= before(before(days[-1], YEAR), YEAR) + BILLING:
        days.append(before(days[-1], YEAR))
    return days


def bad_accounts(book: Book, days: Iterable[str | dt.date], overdue_days: int = OVERDUE_DAYS) -> pd.DataFrame:
    """Accounts that owed anything in the year up to each day: one row per day and account, sorted by both.

    Each day sees what was known on it, and one after the extract is the extract's day.
    Columns: as_of (datetime64), account_id; invoices (open at some time of the year), amount (theirs); days_late (their
    mean of days late, weighted by amount, as far as they are paid, written off or due; what is still open counts as
    late as it is; paid early counts 0; NaN where none is due yet), worst_days (the most of one; NaN alike); open (money
    owed on the day), overdue (what of it is past due), overdue_share (overdue / open; NaN where nothing is open);
    written_off (money, in the year); bad: on a day of the year an invoice was open more than `overdue_days` after it
    was due, or one was written off. A payment that comes after does not undo either.

    Raises BookError without invoices that tell when payment was due and came; UserError for overdue_days below 0, or
    without a day.
    """
    import pandas as pd

    wanted = sorted({last_known(book.as_of(day)) for day in days})
    if not wanted:
        raise UserError("bad accounts: expected a day at least, such as 2026-09-30; found none.")
    if overdue_days < 0:
        raise UserError(f"overdue_days are 0 or more; found {overdue_days}.")
    # a query for each day is quicker than one for all: most invoices count in one year only
    parts = [engine.frame(_on(book.as_of(day), day, overdue_days).order_by("account_id")) for day in wanted]
    frame = pd.concat(parts, ignore_index=True)
    due, owed = frame.pop("due_amount"), frame["open"]
    frame.insert(4, "days_late", frame.pop("due_days") / due.where(due > 0))
    frame["worst_days"] = frame["worst_days"].astype("float64").where(due > 0)
    frame.insert(8, "overdue_share", frame["overdue"] / owed.where(owed > 0))
    frame["bad"] = frame["bad"].astype(bool)
    return frame


def _on(known: Book, day: dt.date, overdue_days: int) -> ibis.Table:
    """The rows of `bad_accounts` for one day, with sums over invoices that are due: due_amount, due_days."""
    rows = known.need("invoices", "due_on", "paid_on")
    far, now, start = (ibis.literal(value) for value in (_FAR, day, before(day, YEAR)))
    written = rows.written_off_on if "written_off_on" in rows.columns else ibis.null("date")
    rows = rows.filter(rows.amount > 0).select(
        "account_id",
        "amount",
        "due_on",
        written=written.fill_null(far),
        ended=ibis.least(rows.paid_on.fill_null(far), written.fill_null(far)),
    )
    rows = rows.mutate(lost=(rows.written > start) & (rows.written < far))
    rows = rows.filter((rows.ended > start) | rows.lost)
    until = ibis.least(rows.ended, now)
    late = ibis.greatest(until.delta(rows.due_on, unit="day").cast("int64").fill_null(0), 0)
    due = ((rows.ended < far) | (rows.due_on <= now)) & rows.due_on.notnull()
    rows = engine.fenced(known.con, rows.mutate(late=late, due=due))
    owed = rows.ended == far
    money = {
        "amount": rows.amount.sum(),
        "open": rows.amount.sum(where=owed),
        "overdue": rows.amount.sum(where=owed & (rows.late > 0)),
        "written_off": rows.amount.sum(where=rows.lost),
        "due_amount": rows.amount.sum(where=rows.due),
        # the factor is a decimal, as the engine takes other whole numbers for some of 19 digits
        "due_days": (rows.amount * rows.late.cast("decimal(7, 0)")).sum(where=rows.due),
    }
    each = rows.group_by("account_id").agg(
        invoices=rows.count(),
        worst_days=rows.late.max(),
        bad=((rows.late > overdue_days) | rows.lost).any(),
        **{name: told.cast("float64").fill_null(0.0) for name, told in money.items()},
    )
    names = ("invoices", "amount", "worst_days", "open", "overdue", "written_off", "bad", "due_amount", "due_days")
    return each.select(as_of=now, **{name: each[name] for name in ("account_id", *names)})


def bad_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """The share of bad accounts of each day of `bad_accounts`: one row per day, ascending.

    Columns: as_of, accounts (that owed anything in the year), bad, share, low, high (90 %, exact: Clopper & Pearson
    1934).
    """
    table = frame.groupby("as_of", sort=True).agg(accounts=("bad", "size"), bad=("bad", "sum")).reset_index()
    return with_share(table)


def with_share(table: pd.DataFrame) -> pd.DataFrame:
    """The table with share (of `bad` in `accounts`; NaN without any) and its exact 90 % interval: low, high."""
    bad, accounts = table["bad"].to_numpy("float64"), table["accounts"].to_numpy("float64")
    share = np.divide(bad, accounts, out=np.full(len(table), np.nan), where=accounts > 0)
    return table.assign(share=share, low=lower(bad, accounts, ERROR), high=upper(bad, accounts, ERROR))


def losses(book: Book, as_of: str | dt.date) -> pd.DataFrame:
    """Money written off in the year up to `as_of` and in each year before: one row per year, the earliest first.

    Years are those whose every day the invoices cover (`invoice_days`). Columns: as_of (the year's last day), accounts
    (with an invoice written off), written_off (money), revenue (of orders), lost_share (written_off / revenue; NaN
    where that is not positive). Only what was written off by `as_of`: later years will write off invoices of these.
    Raises BookError as `invoice_days`, and where the book does not tell when invoices were written off.
    """
    import pandas as pd

    known = book.as_of(as_of)
    known.need("invoices", "written_off_on")
    days = invoice_days(known, as_of)
    rows = known.table("invoices")
    rows = rows.filter((rows.amount > 0) & rows.written_off_on.notnull())
    lines = order_days(known)
    lost: dict[str, Any] = {}
    sold: dict[str, Any] = {}
    for place, day in enumerate(days):
        start, end = ibis.literal(before(day, YEAR)), ibis.literal(day)
        inside = (rows.written_off_on > start) & (rows.written_off_on <= end)
        lost[f"written_off_{place}"] = rows.amount.sum(where=inside).cast("float64")
        lost[f"accounts_{place}"] = rows.account_id.nunique(where=inside)
        bought = (lines.ordered_on > start) & (lines.ordered_on <= end)
        sold[f"revenue_{place}"] = lines.revenue.sum(where=bought).cast("float64")
    found = {**engine.frame(rows.agg(**lost)).iloc[0], **engine.frame(lines.agg(**sold)).iloc[0]}
    table = pd.DataFrame({"as_of": pd.to_datetime(days)})
    for name in ("accounts", "written_off", "revenue"):
        values = np.array([found[f"{name}_{place}"] for place in range(len(days))], dtype="float64")
        table[name] = np.nan_to_num(values)
    table["accounts"] = table["accounts"].astype("int64")
    table["lost_share"] = table["written_off"] / table["revenue"].where(table["revenue"] > 0)
    return table.sort_values("as_of", ignore_index=True)
