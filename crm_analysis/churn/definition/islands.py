"""Spells as the engine finds them: runs of order days, or of contracts, with no gap that is too long.

What reaches Python is one row per spell, or per account.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.days import last_known, order_days
from crm_analysis.churn.definition.purchases import purchases
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


def order_spells(known: Book, silence: int) -> pd.DataFrame:
    """Runs of order days with no more than `silence` days from one to the next, as known on the book's day.

    Columns: account_id, spell (1, 2, ...), began, last, latest (the same), orders (order days).
    """
    days = purchases(known)
    opens = days.before.isnull() | (days.ordered_on.delta(days.before, unit="day") > silence)
    rows = _numbered(days.select("account_id", "ordered_on", opens=opens), "ordered_on")
    runs = rows.group_by("account_id", "spell")
    return engine.frame(
        runs.agg(
            began=rows.ordered_on.min(), last=rows.ordered_on.max(), latest=rows.ordered_on.max(), orders=rows.count()
        )
    )


def contract_spells(known: Book, grace: int) -> pd.DataFrame:
    """Chains of contracts with no more than `grace` days between an end and the next start; columns as above.

    `last` of a chain in force is the book's day; `latest` is the start of its last contract, `orders` their number, and
    `reason` why the last one ended (null where nobody said).
    """
    rows = contracts_of(known)
    past = ibis.window(group_by="account_id", order_by=["start", "contract_id"], preceding=(None, 1))
    rows = rows.mutate(until=rows.ends.max().over(past))
    opens = rows.until.isnull() | (rows.start.delta(rows.until, unit="day") > grace)
    rows = _numbered(rows.mutate(opens=opens), "start", "contract_id")
    final = rows.ends.max().over(ibis.window(group_by=["account_id", "spell"]))
    rows = rows.mutate(reason=ibis.ifelse(rows.ends == final, rows.reason, ibis.null("string")))
    chains = rows.group_by("account_id", "spell").agg(
        began=rows.start.min(),
        last=rows.ends.max(),
        latest=rows.start.max(),
        orders=rows.count(),
        reason=rows.reason.max(),
    )
    return engine.frame(chains)


def contracts_of(known: Book) -> ibis.Table:
    """Contracts that have begun by the book's day: account_id, contract_id, start, ends (by that day), reason.

    A contract is in force from starts_on (signed_on where missing, or where it was signed later: nobody could know of
    it before) to ended_on, however long ends_on has passed; only where the book has no column ended_on, to ends_on.
    """
    table = known.need("contracts", "signed_on")
    today = ibis.literal(last_known(known))
    if "ended_on" in table.columns:
        end = table.ended_on
    elif "ends_on" in table.columns:
        end = table.ends_on
    else:
        raise BookError("contracts: columns 'ended_on' and 'ends_on' are missing; expected one, to tell when they end.")
    start = table.signed_on
    if "starts_on" in table.columns:
        start = ibis.greatest(table.starts_on.fill_null(table.signed_on), table.signed_on)
    reason = table.end_reason if "end_reason" in table.columns else ibis.null("string")
    ends = ibis.least(end.fill_null(today), today)
    rows = table.select("account_id", "contract_id", start=start, ends=ends, reason=reason)
    return rows.filter(rows.start <= rows.ends)


def _numbered(rows: ibis.Table, *order: str) -> ibis.Table:
    """Rows with the number of their spell: how many rows of the account have opened one so far."""
    upto = ibis.window(group_by="account_id", order_by=list(order), preceding=(None, 0))
    return rows.mutate(spell=ibis.ifelse(rows.opens, 1, 0).sum().over(upto))


def first_words(known: Book, begins: dt.date, silence: int) -> pd.DataFrame:
    """Accounts whose first order line came within `silence` days of the book's begin.

    Columns: account_id, first_line, known_since (NaT where the book has none).
    """
    days = order_days(known)
    first = days.group_by("account_id").agg(first_line=days.ordered_on.min())
    first = first.filter(first.first_line < ibis.literal(begins + dt.timedelta(days=silence)))
    people = known.table("accounts")
    since: Any = people.known_since if "known_since" in people.columns else ibis.null("date")
    joined = first.left_join(people.select("account_id", known_since=since), "account_id")
    return engine.frame(joined.select("account_id", "first_line", "known_since"))


def first_end(known: Book) -> dt.date | None:
    """The earliest end of a contract that the book tells of; None if there is none."""
    import pandas as pd

    table = known.need("contracts")
    name = "ended_on" if "ended_on" in table.columns else "ends_on"
    if name not in table.columns:
        return None
    found = engine.frame(table.agg(first=table[name].min()))["first"][0]
    return None if pd.isna(found) else dt.date(found.year, found.month, found.day)
