"""What happened around each decision: the year before it, and since."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.accounts import LATE
from crm_analysis.book import engine
from crm_analysis.book.days import first_known, last_known, order_days
from crm_analysis.potential.advice.decided import told
from crm_analysis.potential.advice.words import NEVER_CUT
from crm_analysis.value.segments import CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.value.segments import Bars

YEAR = 365
EARLY = 90
"""Days after which what happened is told as of a year; a year before of which the book covers less is not known."""
LEAST = 10
"""Accounts from which on a class that nobody decided about is something to compare with."""
_KEY = ("account_id", "decided_on", "until")


def since(book: Book, minimum: float = 0.0) -> pd.DataFrame:
    """Decisions as known on the book's day, a row per account, day and action, sorted by those; in one query.

    Columns: account_id, decided_on, action, recommended (plain words), meant, against, lot (the never-cut group's),
    reason, decided_by; begun (the first day of an unbroken row of the same decision), replaced_on (the next day on
    which something else was decided, and this not again; NaT while it stands). Words that are not known (`meant` is "")
    replace nothing and never stand, as in `decided`: begun on their day, 0 days long, replaced by none.

    Over 365 days up to the decision (before), and from the day after it up to the book's day (since): revenue and,
    with costs, margin (as they are: not of a year); bought_before, orders_since (days with an order). While it stands:
    visits, calls and contacts that we began, small (orders worth less than `minimum`; a whole order counts on its first
    day) and surveys (market surveys), each before and since. NaN where the book tells none. days_since (to the book's
    day), stands (days while it stands), covered and covered_contacts (days of the year before of which the book tells).
    """
    day = last_known(book)
    rows = _standing(book, day)
    parts = [rows, _money(book, rows, day)]
    if minimum > 0:
        parts.append(_small(book, rows, minimum))
    begun = book.has("interactions", "initiated_by", "channel")
    if begun:
        parts.append(_contacts(book, rows))
    if book.has("market_surveys"):
        parts.append(_surveys(book, rows))
    whole, *others = parts
    for other in others:
        keys = [whole[name] == other[name] for name in _KEY]
        whole = whole.left_join(other, keys).select(whole, *(other[name] for name in other.columns if name not in _KEY))
    frame = engine.frame(whole.order_by("account_id", "decided_on", "action"))
    for name in frame.columns:
        if name.endswith(("_before", "_since")) and name != "decided_on":
            frame[name] = frame[name].fillna(0).astype("float64")
    for name in ("visits", "calls", "contacts", "small", "surveys", "margin"):
        for side in ("before", "since"):
            if f"{name}_{side}" not in frame:
                frame[f"{name}_{side}"] = np.nan
    start = (frame["decided_on"] - np.datetime64(first_known(book) or day)).dt.days + 1
    late = min(LATE.days, YEAR // 10)
    frame["covered"] = start.where(start < YEAR - late, YEAR).clip(0, YEAR)
    first = _first_contact(book) if begun else None
    met = (frame["decided_on"] - np.datetime64(first or day)).dt.days + 1
    frame["covered_contacts"] = met.where(met < YEAR - late, YEAR).clip(0, YEAR)
    frame["days_since"] = (np.datetime64(day) - frame["decided_on"]).dt.days
    frame["stands"] = (frame["until"] - frame["decided_on"]).dt.days
    return frame.drop(columns="until")


def _standing(book: Book, day: dt.date) -> ibis.Table:
    """Decisions with begun, replaced_on and until (that day, or the book's)."""
    rows = told(book)
    texts = {name: rows[name].max() for name in ("recommended", "reason", "decided_by", "why", "meant")}
    rows = rows.group_by("account_id", "decided_on", "action").agg(against=rows.against.any(), **texts)
    rows = rows.mutate(known=rows.meant != "")
    # unbroken rows: the number of the account's decision days, less the number of those on which this was said
    place = ibis.dense_rank().over(ibis.window(group_by=["account_id", "known"], order_by="decided_on"))
    said = ibis.row_number().over(ibis.window(group_by=["account_id", "action"], order_by="decided_on"))
    rows = engine.fenced(book.con, rows.mutate(place=place.cast("int64"), said=said.cast("int64")))
    rows = rows.mutate(island=rows.place - rows.said)
    island = ibis.window(group_by=["account_id", "action", "island"])
    rows = rows.mutate(begun=rows.decided_on.min().over(island), after=rows.place.max().over(island) + 1)
    rows = rows.mutate(
        begun=ibis.ifelse(rows.known, rows.begun, rows.decided_on),
        after=ibis.ifelse(rows.known, rows.after, ibis.null("int64")),
    )
    rows = engine.fenced(book.con, rows)
    days = rows.filter(rows.known).select("account_id", after="place", replaced_on="decided_on").distinct()
    joined = rows.left_join(days, [rows.account_id == days.account_id, rows.after == days.after])
    told_names = ("account_id", "decided_on", "action", "recommended", "meant", "against", "reason", "decided_by")
    found = joined.select(
        *(rows[name] for name in told_names), rows.begun, days.replaced_on, lot=rows.why == NEVER_CUT,
        until=ibis.ifelse(rows.known, ibis.coalesce(days.replaced_on, ibis.literal(day)), rows.decided_on),
    )  # fmt: skip
    return engine.cached(book.con, found)


def _beside(rows: ibis.Table, other: ibis.Table, on: str) -> ibis.Table:
    """Rows of another table of the accounts decided about, each beside every decision, with `off`, the days after it.

    From the year before on.
    """
    keys = rows.select(*_KEY).distinct()
    joined = keys.inner_join(other, "account_id")
    joined = joined.mutate(off=joined[on].delta(joined.decided_on, unit="day"), stood=joined[on] <= joined.until)
    return joined.filter(joined.off > -YEAR)


def _sides(rows: ibis.Table, name: str, when: Any = True) -> dict[str, Any]:
    """How many rows there are before the decision, and since while it stands."""
    before, later = rows.off <= 0, (rows.off > 0) & rows.stood
    return {f"{name}_before": (before & when).sum(), f"{name}_since": (later & when).sum()}


def _money(book: Book, rows: ibis.Table, day: dt.date) -> ibis.Table:
    days = _beside(rows, order_days(book), "ordered_on")
    before, later = days.off <= 0, days.off > 0
    sums: dict[str, Any] = {
        "revenue_before": days.revenue.sum(where=before),
        "revenue_since": days.revenue.sum(where=later),
        "bought_before": (days.bought & before).sum(),
        "orders_since": (days.bought & later).sum(),
    }
    if "cost" in days.columns:
        margin = days.costed_revenue - days.cost
        sums |= {"margin_before": margin.sum(where=before), "margin_since": margin.sum(where=later)}
    found = days.group_by(*_KEY).agg(**sums)
    return found.mutate(**{name: found[name].cast("float64") for name in sums})


def _small(book: Book, rows: ibis.Table, minimum: float) -> ibis.Table:
    days = order_days(book)
    each = days.group_by("account_id", "order").agg(
        began=days.ordered_on.min(where=days.bought), worth=days.revenue.sum()
    )
    each = each.filter((each.worth > 0) & (each.worth.cast("float64") < minimum) & each.began.notnull())
    found = _beside(rows, engine.fenced(book.con, each), "began")
    return found.group_by(*_KEY).agg(**_sides(found, "small"))


def _contacts(book: Book, rows: ibis.Table) -> ibis.Table:
    met = book.table("interactions")
    ours = met.filter((engine.trimmed(met.initiated_by).lower() == "us") & met.happened_on.notnull())
    ours = ours.select("account_id", "happened_on", how=engine.trimmed(ours.channel).lower().fill_null(""))
    found = _beside(rows, engine.fenced(book.con, ours), "happened_on")
    sums = _sides(found, "contacts")
    for name, channel in (("visits", "visit"), ("calls", "call")):
        sums |= _sides(found, name, found.how == channel)
    return found.group_by(*_KEY).agg(**sums)


def _surveys(book: Book, rows: ibis.Table) -> ibis.Table:
    asked = book.table("market_surveys").select("account_id", "surveyed_on")
    found = _beside(rows, asked, "surveyed_on")
    return found.group_by(*_KEY).agg(**_sides(found, "surveys"))


def _first_contact(book: Book) -> dt.date | None:
    met = book.table("interactions")
    first = engine.frame(met.agg(first=met.happened_on.min()))["first"].iloc[0]
    return None if first != first else first.date()


def undecided(book: Book, at: Bars, days: Sequence[dt.date]) -> pd.DataFrame:
    """Accounts of which nothing was decided by the book's day, by class on each of some days: what their revenue did.

    One row per day and class of accounts that had ordered in the 365 days up to it: day, class, accounts, ratio
    (revenue since, told as of a year, over revenue before), scatter (its standard error; Cochran 1977, 6.4). Classes
    of fewer than LEAST accounts are left out.
    """
    import pandas as pd

    known, made = order_days(book), book.table("decisions")
    known = known.anti_join(made.filter(made.account_id.notnull()).select("account_id").distinct(), "account_id")
    sums: dict[str, Any] = {}
    for place, day in enumerate(days):
        start, end = ibis.literal(day - dt.timedelta(days=YEAR)), ibis.literal(day)
        before, later = (known.ordered_on > start) & (known.ordered_on <= end), known.ordered_on > end
        sums[f"before_{place}"] = known.revenue.sum(where=before)
        sums[f"since_{place}"] = known.revenue.sum(where=later)
        sums[f"bought_{place}"] = (known.bought & before).any()
    rows = []
    if sums:
        known = known.filter(known.ordered_on > ibis.literal(min(days) - dt.timedelta(days=YEAR)))
        each = known.group_by("account_id").agg(**sums)
        money = {name: each[name].cast("float64").fill_null(0.0) for name in sums if not name.startswith("bought")}
        frame = engine.frame(each.mutate(**money).drop("account_id"))
        last = last_known(book)
        for place, day in enumerate(days):
            rows += _ratios(frame, place, day, YEAR / max((last - day).days, 1), at)
    return pd.DataFrame(rows, columns=["day", "class", "accounts", "ratio", "scatter"])


def _ratios(frame: pd.DataFrame, place: int, day: dt.date, scale: float, at: Bars) -> list[tuple[Any, ...]]:
    """The rows of `undecided` for one day."""
    bought = frame[f"bought_{place}"].to_numpy(bool)
    before, later = (frame[f"{side}_{place}"].to_numpy("float64")[bought] for side in ("before", "since"))
    order = np.lexsort((later, before))  # so that sums do not hang on the order of the rows
    before, later = before[order], later[order]
    kind = np.select([before >= at.high, before >= at.mid], ["High", "Mid"], "Low")
    rows = []
    for name in CLASSES:
        b, s = before[kind == name], later[kind == name]
        if len(b) >= LEAST and b.sum() > 0:
            ratio = s.sum() / b.sum()
            error = np.sqrt(np.square(s - ratio * b).sum() * len(b) / (len(b) - 1)) / b.sum()
            rows.append((np.datetime64(day, "ns"), name, len(b), ratio * scale, error * scale))
    return rows
