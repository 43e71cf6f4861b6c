"""What accounts could buy: open and won opportunities, and what they said of their whole demand; as in `trade`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.features.windows import share

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.features.trade import Features
    from crm_analysis.features.windows import Marks

_WON = "won"
_GROWTH = "decimal(18, 6)"  # sums of decimals do not depend on the order of the rows


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
        won = marks.ledger(rows.group_by("account_id", since=cuts.piece(rows.closed_on)).agg(won=rows.count()))
    for mark in marks:
        year, now = cuts.at(mark.year), cuts.at(mark.day)
        there = 1.0 if mark.there(begins) else float("nan")
        found = {"pipeline_open": opened.total("open", -1, now, until=(now + 1, cuts.last)) * there}
        if told:
            found["pipeline_won"] = won.total("won", year, now) * mark.as_a_year(begins)
        yield found


def demand(book: Book, marks: Marks) -> Iterator[Features]:
    """annual_demand and, where the book has it, demand_growth: as last told by the account within two years.

    Of several answers of one day the mean counts.
    """
    cuts, rows = marks.cuts("day", "earlier"), book.table("market_surveys")
    names = [name for name in ("annual_demand", "demand_growth") if name in rows.columns]
    sums = {name: rows[name].sum().cast("float64") for name in names}
    sums |= {f"{name}_told": rows[name].count() for name in names}
    each = rows.group_by("account_id", "surveyed_on").agg(**sums)
    next_one = each.surveyed_on.lead().over(ibis.window(group_by="account_id", order_by="surveyed_on"))
    each = each.mutate(next_one=next_one)
    until: Any = cuts.piece(each.next_one)
    totals = {name: each[name].cast(_GROWTH).sum().cast("float64") for name in names}
    totals |= {f"{name}_told": each[f"{name}_told"].sum() for name in names}
    ledger = marks.ledger(each.group_by("account_id", since=cuts.piece(each.surveyed_on), until=until).agg(**totals))
    for mark in marks:
        now = cuts.at(mark.day)
        inside = (cuts.at(mark.earlier), now, (now + 1, cuts.last))
        yield {name: share(ledger.total(name, *inside), ledger.total(f"{name}_told", *inside)) for name in names}
