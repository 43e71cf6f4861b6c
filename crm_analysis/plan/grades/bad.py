"""Bad accounts: who owed money long after it was due, or had it written off, as of a day or of many days.

An invoice of a positive amount is a debt from its issue until it is paid or written off, whichever is first. Credit
notes are no debt, and no open invoice is taken to be set off against one. Days late count from the day payment is due;
an invoice without that day is never late, and can only be written off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.book.days import last_known, order_days
from crm_analysis.errors import BookError, UserError
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
        raise BookError(f"The book has no invoice issued up to {day}, so nobody is known to pay well or late.")
    begins = dt.date.fromisoformat(str(first))
    days = [day]
    while len(days) < YEARS and begins <= before(before(days[-1], YEAR), YEAR) + BILLING:
        days.append(before(days[-1], YEAR))
    return days


def bad_accounts(book: Book, days: Iterable[str | dt.date], overdue_days: int = OVERDUE_DAYS) -> pd.DataFrame:
    """Accounts that owed anything in the year up to each day: one row per day and account, sorted by both.

    One query of the engine; each day sees what was known on it, and one after the extract is the extract's day.
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
    known = book.as_of(wanted[-1])
    rows = engine.fenced(known.con, _debts(known, wanted, overdue_days))
    sums = {f"{name}_{place}": told for place in range(len(wanted)) for name, told in _sums(rows, place).items()}
    each = engine.frame(rows.group_by("account_id").agg(**sums).order_by("account_id"))
    parts = [_finished(each, place, day) for place, day in enumerate(wanted)]
    return pd.concat(parts, ignore_index=True)


def _debts(known: Book, days: Sequence[dt.date], overdue_days: int) -> ibis.Table:
    """Debts and, numbered by the day, whether one counts in the year up to it (here), is open or lost, how late, bad.

    All invoices are read once. A debt ends with its payment or write-off, and one that ends after a day is open on it:
    that is all that masking what was not known on the day would change.
    """
    rows = known.need("invoices", "due_on", "paid_on")
    far = ibis.literal(_FAR)
    written = rows.written_off_on if "written_off_on" in rows.columns else ibis.null("date")
    rows = rows.filter(rows.amount > 0).select(
        "account_id",
        "amount",
        "issued_on",
        "due_on",
        written=written.fill_null(far),
        ended=ibis.least(rows.paid_on.fill_null(far), written.fill_null(far)),
    )
    told: dict[str, Any] = {}
    for place, day in enumerate(days):
        now, start = ibis.literal(day), ibis.literal(before(day, YEAR))
        lost = (rows.written > start) & (rows.written <= now)
        here = (rows.issued_on <= now) & ((rows.ended > start) | lost)
        late = ibis.greatest(ibis.least(rows.ended, now).delta(rows.due_on, unit="day").cast("int64").fill_null(0), 0)
        due = rows.due_on.notnull() & ((rows.ended <= now) | (rows.due_on <= now))
        told |= {
            f"here_{place}": here,
            f"lost_{place}": here & lost,
            f"open_{place}": here & (rows.ended > now),
            f"due_{place}": here & due,
            f"late_{place}": ibis.ifelse(here, late, 0),
            f"bad_{place}": here & ((late > overdue_days) | lost),
        }
    return rows.select("account_id", "amount", **told)


def _sums(rows: ibis.Table, place: int) -> dict[str, Any]:
    """Sums over the debts of an account in the year up to a day."""
    lost, owed, due, late = (rows[f"{name}_{place}"] for name in ("lost", "open", "due", "late"))
    money = {
        "amount": rows.amount.sum(where=rows[f"here_{place}"]),
        "open": rows.amount.sum(where=owed),
        "overdue": rows.amount.sum(where=owed & (late > 0)),
        "written_off": rows.amount.sum(where=lost),
        "due": rows.amount.sum(where=due),
        # the factor is a decimal, as the engine takes other whole numbers for some of 19 digits
        "days": (rows.amount * late.cast("decimal(7, 0)")).sum(where=due),
    }
    return {
        "invoices": rows[f"here_{place}"].sum(),
        "worst_days": late.max(),
        "bad": rows[f"bad_{place}"].any(),
    } | {name: told.cast("float64").fill_null(0.0) for name, told in money.items()}


def _finished(each: pd.DataFrame, place: int, day: dt.date) -> pd.DataFrame:
    """The rows of `bad_accounts` for one day."""
    import pandas as pd

    own = each[each[f"invoices_{place}"] > 0]

    def told(name: str) -> pd.Series:
        return own[f"{name}_{place}"]

    columns = {
        "as_of": pd.Series(np.datetime64(day, "ns"), index=own.index),
        "account_id": own["account_id"],
        "invoices": told("invoices").astype("int64"),
        "amount": told("amount"),
        "days_late": told("days") / told("due").where(told("due") > 0),
        "worst_days": told("worst_days").astype("float64").where(told("due") > 0),
        "open": told("open"),
        "overdue": told("overdue"),
        "overdue_share": told("overdue") / told("open").where(told("open") > 0),
        "written_off": told("written_off"),
        "bad": told("bad").astype(bool),
    }
    return pd.DataFrame(columns)


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
