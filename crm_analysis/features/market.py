"""What accounts could buy: open and won opportunities, and what they said of their whole demand; as in `trade`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.features.windows import share

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.features.trade import Features
    from crm_analysis.features.windows import Cuts, Marks

_WON = "won"
_EXACT = "decimal(18, 4)"  # sums of decimals do not depend on the order of the rows


def pipeline(book: Book, marks: Marks) -> Iterator[Features]:
    """pipeline_open and, where the book tells outcomes, pipeline_won (in the trailing year): opportunities."""
    cuts, rows = marks.cuts("day", "year"), book.table("opportunities")
    begins = marks.begin(rows.opened_on)
    since = cuts.piece(rows.opened_on)
    until = cuts.piece(ibis.greatest(rows.opened_on, rows.closed_on.fill_null(marks.never)))
    opened = marks.ledger(rows.group_by("account_id", since=since, until=until).agg(open=rows.count()))
    told = "outcome" in rows.columns
    if told:
        rows = rows.filter((rows.outcome.lower() == _WON) & rows.closed_on.notnull())
        since = cuts.piece(ibis.greatest(rows.opened_on, rows.closed_on))
        won = marks.ledger(rows.group_by("account_id", since=since).agg(won=rows.count()))
    for mark in marks:
        year, now = cuts.at(mark.year), cuts.at(mark.day)
        there = 1.0 if mark.there(begins) else float("nan")
        found = {"pipeline_open": opened.total("open", -1, now, until=(now + 1, cuts.last)) * there}
        if told:
            found["pipeline_won"] = won.total("won", year, now) * mark.as_a_year(begins)
        yield found


def demand(book: Book, marks: Marks) -> Iterator[Features]:
    """annual_demand and, where the book has it, demand_growth: each as last told by the account within two years.

    Of several answers of one day the mean counts.
    """
    cuts, rows = marks.cuts("day", "earlier"), book.table("market_surveys")
    ledgers = {
        name: marks.ledger(_told(rows, name, cuts))
        for name in ("annual_demand", "demand_growth")
        if name in rows.columns
    }
    for mark in marks:
        now = cuts.at(mark.day)
        inside = (cuts.at(mark.earlier), now, (now + 1, cuts.last))
        yield {name: share(each.total("sum", *inside), each.total("told", *inside)) for name, each in ledgers.items()}


def _told(rows: ibis.Table, name: str, cuts: Cuts) -> ibis.Table:
    """What accounts said of one thing, by the piece it was said in and the piece it was said anew in."""
    rows = rows.filter(rows[name].notnull())
    each = rows.group_by("account_id", "surveyed_on").agg(sum=rows[name].sum().cast(_EXACT), told=rows.count())
    next_one = each.surveyed_on.lead().over(ibis.window(group_by="account_id", order_by="surveyed_on"))
    each = each.mutate(next_one=next_one)
    pieces: Any = {"since": cuts.piece(each.surveyed_on), "until": cuts.piece(each.next_one)}
    return each.group_by("account_id", **pieces).agg(sum=each["sum"].sum().cast("float64"), told=each.told.sum())
