"""What accounts ordered, were promised, paid and agreed, as features of each landmark.

Each function reads its table once for all landmarks and gives, landmark by landmark, arrays by account.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book.days import order_days
from crm_analysis.features.windows import Ledger, Marks, cuts_of, days_since_epoch, share
from crm_analysis.value.segments import bars, segments

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.features.windows import Cuts, Days, Floats, Landmark

Features = dict[str, Any]
"""By feature, an array with one value per account."""
_SMOOTH = 0.05
"""Added to both sides of a comparison of revenues, as a share of their sum: a fall to nothing is -3, and finite."""
_NINE_TENTHS = 0.9
ENDS = "day", "quarter", "year", "earlier"
"""The days of a landmark that order rows are divided by."""


def order_rows(book: Book, landmarks: Sequence[Landmark]) -> pa.Table:
    """Order days by account, piece, and the piece of the order's last earlier day (`until`): sums and the last day."""
    cuts, days = cuts_of(landmarks, *ENDS), order_days(book)
    days = days.filter(days.ordered_on <= ibis.literal(cuts.days[-1]))
    sums: dict[str, Any] = {
        "revenue": days.revenue.sum().cast("float64"),
        "orders": days.bought.sum(),
        "last": days.ordered_on.max(where=days.bought),
    }
    if "cost" in days.columns:
        sums["costed_revenue"] = days.costed_revenue.sum().cast("float64")
        sums["margin"] = (days.costed_revenue - days.cost).sum().cast("float64")
    met = cuts.piece(days.bought_before.fill_null(ibis.literal(cuts.days[0])))
    return days.group_by("account_id", since=cuts.piece(days.ordered_on), until=met).agg(**sums).to_pyarrow()


def ordered(ledger: Ledger, marks: Marks) -> Iterator[Features]:
    """silence_days, trend, recent, order_count, revenue, margin_rate, class, segment of every landmark."""
    cuts = marks.cuts(*ENDS)
    for mark in marks:
        year, now = cuts.at(mark.year), cuts.at(mark.day)
        revenue = ledger.total("revenue", year, now)
        orders = ledger.total("orders", year, now, until=(0, year))  # an order already met before the year counts there
        whole = mark.as_a_year(marks.begins)
        found: Features = {
            "silence_days": days_since_epoch(mark.day) - ledger.latest("last", -1, now),
            "revenue": revenue * whole,
            "order_count": orders * whole,
            "trend": _trend(ledger, cuts, marks.since, mark, revenue),
            "recent": _recent(ledger, cuts, marks.since, mark, revenue),
        }
        found["silence_days"][np.isinf(found["silence_days"])] = np.nan
        money = {"revenue": revenue}
        if "margin" in ledger.values:
            money |= {name: ledger.total(name, year, now) for name in ("margin", "costed_revenue")}
            found["margin_rate"] = money["margin_rate"] = share(money["margin"], money["costed_revenue"])
        yield found | _segments(money, orders > 0)


def _segments(money: dict[str, Floats], active: NDArray[np.bool_]) -> Features:
    """Segment and class of every account by the bars of this landmark."""
    import pandas as pd

    frame = pd.DataFrame(money).assign(active=active)
    frame["account_id"] = np.arange(len(frame))  # accounts are numbered in the order of their ids
    rows = np.flatnonzero(active)
    words = segments(frame.iloc[rows], bars(frame))
    found: Features = {}
    for name in ("class", "segment"):
        found[name] = np.full(len(active), None, dtype=object)
        found[name][rows] = words[name].to_numpy()
    return found


def _trend(ledger: Ledger, cuts: Cuts, since: Days, mark: Landmark, revenue: Floats) -> Floats:
    """The logarithm of the year against the year before; NaN where less than nine tenths of that were seen."""
    start, end = days_since_epoch(mark.earlier), days_since_epoch(mark.year)
    seen = end + 1 - np.maximum(since, start + 1)
    past = ledger.total("revenue", cuts.at(mark.earlier), cuts.at(mark.year))
    return np.where(seen >= _NINE_TENTHS * (end - start), _log_ratio(revenue, past), np.nan)


def _recent(ledger: Ledger, cuts: Cuts, since: Days, mark: Landmark, revenue: Floats) -> Floats:
    """The logarithm of the last quarter against the year, or what of it was seen; NaN below half a year."""
    now, quarter, year = (days_since_epoch(day) for day in (mark.day, mark.quarter, mark.year))
    seen = now + 1 - np.maximum(since, year + 1)
    last = ledger.total("revenue", cuts.at(mark.quarter), cuts.at(mark.day))
    ratio = _log_ratio(last * seen / (now - quarter), revenue)
    return np.where(seen >= 2 * (now - quarter), ratio, np.nan)


def _log_ratio(now: Floats, then: Floats) -> Floats:
    """The logarithm of the quotient, both smoothed; NaN where neither is positive."""
    now, then = np.maximum(now, 0), np.maximum(then, 0)
    more = _SMOOTH * (now + then)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(more > 0, np.log((now + more) / (then + more)), np.nan)


def families(book: Book, marks: Marks) -> Iterator[Features]:
    """families: product families bought in the trailing year."""
    lines = book.table("orders")
    days = marks.cuts("day", "year").days
    first, last = ibis.literal(days[0]), ibis.literal(days[-1])
    lines = lines.filter(lines.family.notnull() & (lines.revenue > 0) & lines.ordered_on.between(first, last))
    inside = {
        f"families_{place}": (lines.ordered_on > ibis.literal(mark.year)) & (lines.ordered_on <= ibis.literal(mark.day))
        for place, mark in enumerate(marks)
    }
    each = lines.group_by("account_id", "family").agg(**{name: window.any() for name, window in inside.items()})
    rows = each.group_by("account_id").agg(**{name: each[name].sum() for name in inside}, since=ibis.literal(0))
    ledger = marks.ledger(rows)
    for name in inside:
        yield {"families": ledger.total(name, -1, 0)}


def promises(book: Book, marks: Marks) -> Iterator[Features]:
    """on_time: the share of lines promised for a day of the trailing year that had shipped by then."""
    cuts, lines = marks.cuts("day", "year"), book.table("orders")
    lines = lines.filter(lines.promised_on.notnull() & (lines.revenue >= 0))
    # a line written down after the day promised is told of from that day on
    told = cuts.piece(ibis.greatest(lines.promised_on, lines.ordered_on))
    kept = (lines.shipped_on <= lines.promised_on).fill_null(False)
    ledger = marks.ledger(lines.group_by("account_id", since=told).agg(lines=lines.count(), kept=kept.sum()))
    for mark in marks:
        year, now = cuts.at(mark.year), cuts.at(mark.day)
        yield {"on_time": share(ledger.total("kept", year, now), ledger.total("lines", year, now))}


def payments(book: Book, marks: Marks) -> Iterator[Features]:
    """days_to_pay of invoices paid in the trailing year."""
    cuts, rows = marks.cuts("day", "year"), book.table("invoices")
    rows = rows.filter((rows.amount > 0) & rows.paid_on.notnull())
    days = rows.paid_on.delta(rows.issued_on, unit="day")
    told = cuts.piece(ibis.greatest(rows.issued_on, rows.paid_on))
    ledger = marks.ledger(rows.group_by("account_id", since=told).agg(paid=rows.count(), days=days.sum()))
    for mark in marks:
        year, now = cuts.at(mark.year), cuts.at(mark.day)
        yield {"days_to_pay": share(ledger.total("days", year, now), ledger.total("paid", year, now))}


def debts(book: Book, marks: Marks) -> Iterator[Features]:
    """overdue: invoices past their due day and not paid."""
    cuts, rows = marks.cuts("day"), book.table("invoices")
    begins = marks.begin(rows.issued_on)
    rows = rows.filter((rows.amount > 0) & rows.due_on.notnull())
    since = ibis.greatest(cuts.piece(rows.issued_on), cuts.piece(rows.due_on, later=1))
    until = cuts.piece(ibis.greatest(rows.issued_on, rows.paid_on.fill_null(marks.never)))
    ledger = marks.ledger(rows.group_by("account_id", since=since, until=until).agg(invoices=rows.count()))
    for mark in marks:
        now = cuts.at(mark.day)
        overdue = ledger.total("invoices", -1, now, until=(now + 1, cuts.last))
        yield {"overdue": np.where(mark.there(begins), overdue, np.nan)}


def contracts(book: Book, marks: Marks) -> Iterator[Features]:
    """Whether one is in force: contract; and, where the book tells agreed ends, the days until then: contract_ends."""
    cuts, rows = marks.cuts("day"), book.table("contracts")
    names = rows.columns
    since = cuts.piece(rows.signed_on)
    if "starts_on" in names:
        since = ibis.greatest(since, cuts.piece(rows.starts_on.fill_null(rows.signed_on)))
    until: Any = ibis.literal(cuts.last)
    if "ended_on" in names:
        until = cuts.piece(rows.ended_on)
    elif "ends_on" in names:
        until = cuts.piece(rows.ends_on, later=1)
    ends = {"ends": rows.ends_on.max()} if "ends_on" in names else {}
    ledger = marks.ledger(rows.group_by("account_id", since=since, until=until).agg(contracts=rows.count(), **ends))
    for mark in marks:
        now = cuts.at(mark.day)
        inside = (-1, now, (now + 1, cuts.last))
        found: Features = {"contract": (ledger.total("contracts", *inside) > 0).astype("float64")}
        if ends:
            left = np.maximum(ledger.latest("ends", *inside) - days_since_epoch(mark.day), 0)
            found["contract_ends"] = np.where(np.isinf(ledger.latest("ends", *inside)), np.nan, left)
        yield found
