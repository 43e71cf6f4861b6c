"""Occasions: the days an account bought on, and which of them credit notes took back.

The lines are read and matched once per book; any number of dates is answered from what is kept.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.days import last_known, order_of
from crm_analysis.book.values import MONEY

if TYPE_CHECKING:
    from crm_analysis.book.book import Book

NEVER = dt.date(9999, 12, 31)
"""When purchases fall that no credit reverses."""
_CENTS, _SQUARES = "decimal(19, 2)", "decimal(38, 4)"
_LOGS = "decimal(18, 12)"


def occasion_days(book: Book) -> ibis.Table:
    """Order lines by account, day and what they are, as known on the book's day.

    Columns: account_id, day (for a credit that reverses a purchase, the purchase's day), known_on (the day of the
    lines), kind, lines, revenue, falls_on (of purchases: the day the last of these lines was reversed; NEVER if one was
    not) and, where the book has costs, margin (revenue less cost of the lines whose cost is known; null where none
    is) and uncosted (revenue of the others). Money is decimal with four places. A day may have several rows of a kind.
    Kinds:

    - "purchase": lines of positive revenue, and lines free of charge (of no revenue, whose quantity is not nought or
      less), which the literature counts; "nothing": lines of no revenue and quantity 0;
    - "matched": negative lines (of negative revenue, or none and a negative quantity) that reverse a purchase of an
      earlier or the same day, of the same account, product and opposite quantity: of those still standing the latest
      (on one day the largest order_id). Where a line has no product, or no quantity of its sign, the opposite revenue
      counts instead, and such lines are matched among themselves. Lines of one order, day, product and sign are one;
    - "unmatched": the other negative lines.

    Pairs made by a day are the same in the whole book: later lines change none of them.
    """
    if "occasion_days" not in book.kept:
        book.kept["occasion_days"] = engine.cached(book.con, _collapsed(book))
    days = book.kept["occasion_days"]
    return days.filter(days.known_on <= ibis.literal(last_known(book)))


def standing_days(book: Book, returns: str = "net") -> ibis.Table:
    """The occasions as they stand on the book's day: account_id, day; those that a credit reversed by then are none."""
    rows = occasion_days(book)
    days = rows.filter(rows.kind == "purchase").group_by("account_id", "day").agg(falls_on=rows.falls_on.max())
    if returns != "ignore":
        days = days.filter(days.falls_on > ibis.literal(last_known(book)))
    return days.select("account_id", "day")


def days_ordered(book: Book, account_id: str, returns: str = "net") -> list[dt.date]:
    """The days one account ordered on, as they stand on the book's day, earliest first; empty if it never did."""
    days = standing_days(book, returns)
    found = engine.frame(days.filter(days.account_id == account_id).order_by("day"))
    return [day.date() for day in found["day"]]


def account_occasions(book: Book, returns: str) -> ibis.Table:
    """One row per account with order lines, as known on the book's day.

    Columns: account_id, first_order, last_order (null without an occasion), occasions, cancelled (days whose every
    purchase was reversed), log_gaps (sum of the logs of the days between successive occasions; decimal), unmatched
    (credits that match no purchase); of revenue and, where the book has costs, margin, as float64: the whole,
    first_ (of the first occasion), later_ (of the days after it), and _squares (sum over occasions); with costs also
    costed (occasions after the first whose margin is known). With `returns` "ignore" negative lines are left out.
    """
    rows = occasion_days(book)
    if returns == "ignore":
        rows = rows.filter(rows.kind.isin(["purchase", "nothing"])).mutate(falls_on=ibis.literal(NEVER))
    kinds = [name for name in ("revenue", "margin") if name in rows.columns]
    bought = rows.kind.isin(["purchase", "matched"])
    days = rows.group_by("account_id", "day", bought=bought).agg(
        falls_on=rows.falls_on.max(),
        unmatched=rows.lines.sum(where=rows.kind == "unmatched").fill_null(0),
        **{name: rows[name].sum().cast(MONEY) for name in kinds},
    )
    end = ibis.literal(last_known(book))
    days = days.mutate(stands=days.bought & (days.falls_on > end))
    one = ibis.window(group_by=["account_id", "stands"], order_by=["day", "bought"])
    whole = ibis.window(group_by="account_id")
    days = days.mutate(before=days.day.lag().over(one), first=days.day.min(where=days.stands).over(whole))
    gap = days.day.delta(days.before, unit="day").cast("float64")
    days = days.mutate(
        later=days.day > days.first,
        log_gap=ibis.ifelse(days.stands & days.before.notnull(), gap, ibis.literal(1.0)).ln().cast(_LOGS),
    )
    at_first = days.stands & ~days.later
    sums: dict[str, Any] = {
        "first_order": days.day.min(where=days.stands),
        "last_order": days.day.max(where=days.stands),
        "occasions": days.stands.sum(),
        "cancelled": (days.bought & ~days.stands).sum(),
        "log_gaps": days.log_gap.sum(),
        "unmatched": days.unmatched.sum(),
    }
    for name in kinds:
        cents = days[name].cast(_CENTS)
        sums |= {
            name: days[name].sum(),
            f"first_{name}": days[name].sum(where=at_first),
            f"later_{name}": days[name].sum(where=days.later),
            f"{name}_squares": (cents * cents).cast(_SQUARES).sum(where=days.stands),
        }
    if "margin" in kinds:
        sums["costed"] = (days.stands & days.later & days.margin.notnull()).sum()
    found = days.group_by("account_id").agg(**sums)
    money = [name for name in sums if name.endswith(("revenue", "margin", "_squares"))]
    counts = [name for name in ("occasions", "cancelled", "unmatched", "costed") if name in sums]
    return found.mutate(
        **{name: found[name].cast("float64") for name in money},
        **{name: found[name].cast("int64") for name in counts},
    )


def _collapsed(book: Book) -> ibis.Table:
    """Lines and the pairs among them, summed by account, day, day known and kind."""
    lines = _plain(book.whole["orders"])
    returned = engine.fenced(
        book.con, lines.filter(~lines.opens & ~lines.empty).select("account_id", "item").distinct()
    )
    both = ["account_id", "item"]
    lone, some = lines.anti_join(returned, both), engine.fenced(book.con, _items(lines.semi_join(returned, both)))
    paired = engine.fenced(book.con, _paired(some))
    return ibis.union(
        _summed(lone.mutate(other_day=ibis.null("date"))),
        _summed(some.filter(some.empty).mutate(other_day=ibis.null("date"))),
        _summed(paired),
    )


def _summed(rows: ibis.Table) -> ibis.Table:
    """Rows of one or more lines with the day of the line they are paired with, as `occasion_days` gives them."""
    other = rows.other_day
    kind = ibis.cases(
        (rows.opens, "purchase"), (rows.empty, "nothing"), (other.notnull(), "matched"), else_="unmatched"
    )
    day = ibis.ifelse(rows.opens, rows.known_on, other.fill_null(rows.known_on))
    falls_on = ibis.ifelse(rows.opens, other.fill_null(ibis.literal(NEVER)), ibis.null("date"))
    return rows.group_by("account_id", "known_on", day=day, kind=kind).agg(
        lines=rows.lines.sum().cast("int64"),
        falls_on=falls_on.max(),
        **{name: rows[name].sum().cast(MONEY) for name in _SUMMED if name in rows.columns},
    )


_SUMMED = ("revenue", "margin", "uncosted")


def _plain(lines: ibis.Table) -> ibis.Table:
    """Order lines with what the matching asks of them.

    `by` tells what must be alike in a purchase and its credit: product and quantity (0), product and revenue (1), or
    revenue alone (2).
    """
    product = lines["product"] if "product" in lines.columns else ibis.null("string")
    quantity = lines.quantity if "quantity" in lines.columns else ibis.null(MONEY)
    opens = (lines.revenue > 0) | ((lines.revenue == 0) & (quantity > 0).fill_null(True))
    empty = (lines.revenue == 0) & (quantity.fill_null(1) == 0)
    counted = product.notnull() & ibis.ifelse(opens, quantity > 0, quantity < 0).fill_null(False)
    margin = {}
    if "cost" in lines.columns:
        costed = lines.cost.notnull()
        margin = {
            "margin": (lines.revenue - lines.cost).cast(MONEY),
            "uncosted": ibis.ifelse(costed, ibis.literal(0).cast(MONEY), lines.revenue),
        }
    return lines.select(
        "account_id",
        "revenue",
        known_on=lines.ordered_on,
        opens=opens,
        empty=empty,
        order=order_of(lines),
        item=product.fill_null(""),
        by=ibis.cases((counted, 0), (product.notnull(), 1), else_=2),
        size=ibis.ifelse(counted, quantity, lines.revenue).abs(),
        lines=ibis.literal(1, "int64"),
        **margin,
    )


def _items(lines: ibis.Table) -> ibis.Table:
    """What one order has of one thing on one day, bought or given back; how many lines say so tells nothing."""
    money = [name for name in ("size", *_SUMMED) if name in lines.columns]
    return lines.group_by("account_id", "item", "by", "order", "known_on", "opens", "empty").agg(
        lines=lines.count(), **{name: lines[name].sum().cast(MONEY) for name in money}
    )


def _paired(items: ibis.Table) -> ibis.Table:
    """Purchases and credits with `other_day`: the day of the credit that reverses it, or of the purchase it reverses.

    Within a key a credit closes the latest purchase still open, as brackets do. How many stand open is the running
    count above its lowest point so far (or nought), where a credit found nothing to close; and of those that open
    or close one level, each credit follows its purchase.
    """
    key = ["account_id", "item", "by", "size"]
    order = [ibis.asc("known_on"), ibis.desc("opens"), ibis.asc("order")]
    items = items.filter(~items.empty)
    step = ibis.ifelse(items.opens, 1, -1)
    height = step.sum().over(ibis.window(group_by=key, order_by=order, preceding=(None, 0)))
    items = items.mutate(step=step, height=height)
    lowest = items.height.min().over(ibis.window(group_by=key, order_by=order, preceding=(None, 1)))
    items = items.mutate(open_before=items.height - items.step - ibis.least(lowest.fill_null(0), 0))
    # a credit that finds nothing open is on no level: it comes to stand alone on level 0
    items = items.mutate(level=ibis.ifelse(items.opens, items.open_before + 1, items.open_before))
    level = ibis.window(group_by=[*key, "level"], order_by=order)
    other = ibis.ifelse(items.opens, items.known_on.lead().over(level), items.known_on.lag().over(level))
    return items.mutate(other_day=ibis.ifelse(items.level > 0, other, ibis.null("date")))
