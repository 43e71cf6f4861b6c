"""KPIs month by month: XmR charts, which tell a month that stands out from the usual up and down.

A quarter is one number a quarter; its months say earlier that something happens, and whether what happened is more than
what always happens. Months are of the company as a whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis import xmr
from crm_analysis.accounts import LATE
from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.book.days import last_known, order_days
from crm_analysis.contacts import THEM, US
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.definitions import BY_NAME
from crm_analysis.kpi.panel.grid import first_day, settled_since
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


@dataclass(frozen=True)
class MonthChart:
    """A KPI by month, with the limits of the usual up and down.

    `table`: month (such as 2026-09), numerator, denominator, value (in the KPI's unit), signal ("", or as
    `xmr.signals`). `middle`, `low`, `high`: the mean of the months' values and its limits, within what the KPI can be.
    `left_out`: months whose denominator is 0, which have no value.
    """

    kpi: str
    table: pd.DataFrame
    middle: float
    low: float
    high: float
    left_out: int

    @property
    def signals(self) -> pd.DataFrame:
        """The months with a signal."""
        return self.table[self.table["signal"] != ""].reset_index(drop=True)

    @property
    def by_chance(self) -> float:
        """How often chance alone gives such a chart a signal (`xmr.by_chance`)."""
        return xmr.by_chance(len(self.table))


@dataclass(frozen=True, eq=False)
class _Source:
    """Rows by month: the date that counts, what is summed, the day from which they tell."""

    rows: ibis.Table
    date: str
    sums: dict[str, Any]
    since: dt.date | None


def _margin(book: Book) -> list[_Source]:
    book.need("orders", "cost")
    days = order_days(book)
    sums = {"numerator": (days.costed_revenue - days.cost).sum(), "denominator": days.costed_revenue.sum()}
    return [_Source(days, "ordered_on", sums, first_day(days.ordered_on))]


def _complaints(book: Book) -> list[_Source]:
    rows, days = book.need("complaints"), order_days(book)
    since = first_day(rows.opened_on), first_day(days.ordered_on)
    days = days.filter(days.bought & days.bought_before.isnull())
    return [
        _Source(rows, "opened_on", {"numerator": ibis._.count()}, since[0]),
        _Source(days, "ordered_on", {"denominator": ibis._.count()}, since[1]),
    ]


def _resolution(book: Book) -> list[_Source]:
    rows = book.need("complaints", "closed_on")
    first = first_day(rows.opened_on)
    lasted = ibis.greatest(rows.closed_on.delta(rows.opened_on, unit="day").cast("int64"), 0)
    sums = {"numerator": lasted.sum(), "denominator": rows.closed_on.count()}
    return [_Source(rows, "closed_on", sums, None if first is None else settled_since(first))]


def _shipping(book: Book) -> list[_Source]:
    rows = book.need("orders", "shipped_on")
    first = first_day(rows.ordered_on)
    rows = rows.filter(rows.revenue > 0)
    took = rows.shipped_on.delta(rows.ordered_on, unit="day").cast("int64")
    sums = {"numerator": took.sum(), "denominator": rows.shipped_on.count()}
    return [_Source(rows, "shipped_on", sums, None if first is None else settled_since(first))]


def _on_time(book: Book) -> list[_Source]:
    rows = book.need("orders", "promised_on", "shipped_on")
    first = first_day(rows.ordered_on)
    rows = rows.filter(rows.revenue > 0)
    kept = (rows.shipped_on <= rows.promised_on).fill_null(False)
    return [_Source(rows, "promised_on", {"numerator": kept.sum(), "denominator": ibis._.count()}, first)]


def _proactive(book: Book) -> list[_Source]:
    rows = book.need("interactions", "initiated_by")
    rows = rows.filter(rows.account_id.notnull())
    said = engine.trimmed(rows.initiated_by).lower()
    sums = {
        "numerator": (said == US).fill_null(False).sum(),
        "denominator": said.isin([US, THEM]).fill_null(False).sum(),
    }
    return [_Source(rows, "happened_on", sums, first_day(rows.happened_on))]


SOURCES: dict[str, Callable[[Book], list[_Source]]] = {
    "margin_rate": _margin,
    "complaints_per_100_orders": _complaints,
    "resolution_days": _resolution,
    "shipping_days": _shipping,
    "on_time": _on_time,
    "proactive_share": _proactive,
}
"""The KPIs that are charted: each counts as in the panel, by month."""


def monthly(book: Book, as_of: str | dt.date, kpi: str, months: int = xmr.MONTHS) -> pd.DataFrame:
    """A KPI's whole months up to `as_of`, the latest `months` of them: month, numerator, denominator.

    A month counts if it ended by the last day known and began no more than LATE before the table tells (what settles
    later, such as a closing, a quarter after its table begins). As known on `as_of`. BookError where the book lacks
    what the KPI needs, UserError for a KPI that is not charted.
    """
    import pandas as pd

    if kpi not in SOURCES:
        raise UserError(f"KPIs charted by month are {', '.join(SOURCES)}; found {kpi!r}.")
    known = book.as_of(as_date(as_of))
    sources = SOURCES[kpi](known)
    end = (last_known(known) + dt.timedelta(days=1)).replace(day=1)
    stop = _place(end)
    since = [_begins(source.since) for source in sources]
    start = max([stop - months, *(stop if place is None else place for place in since)])
    every = range(start, stop)
    table = pd.DataFrame({"month": [f"{at // 12:04d}-{at % 12 + 1:02d}" for at in every]})
    table[["numerator", "denominator"]] = 0.0
    first = dt.date(start // 12, start % 12 + 1, 1)
    for source in sources if len(every) else ():
        date = source.rows[source.date]
        wanted = (date >= ibis.literal(first)) & (date < ibis.literal(end))
        place = date.year() * 12 + date.month() - 1
        each = source.rows.filter(wanted).group_by(place=place).agg(**source.sums)
        found = engine.frame(each.mutate(**{name: each[name].cast("float64") for name in source.sums}))
        at = found["place"].to_numpy(dtype="int64") - start
        for name in source.sums:
            values = np.zeros(len(every))
            values[at] = found[name].fillna(0.0).to_numpy("float64")
            table[name] = values
    return table


def chart(months: pd.DataFrame, kpi: str) -> MonthChart:
    """The XmR chart of `monthly`: limits are the mean and `xmr.WIDE` mean moving ranges to either side (Wheeler 1993).

    All months shown make the limits; a season is not removed, so that its high months may be signals. BookError for
    fewer than `xmr.LEAST` months with a value.
    """
    own = months[months["denominator"] > 0].reset_index(drop=True)
    told = BY_NAME[kpi]
    if len(own) < xmr.LEAST:
        words = "xmr_few_months_one" if len(own) == 1 else "xmr_few_months_many"
        raise BookError(label(words, kpi=told.title, n=len(own), least=xmr.LEAST))
    table = own.assign(value=told.scale * own["numerator"] / own["denominator"])
    codes, middle, half = xmr.signals(table["value"].to_numpy()[None, :])
    table["signal"] = codes[0]
    least, most = (told.scale * end for end in told.within)
    low, high = float(middle[0] - half[0]), float(middle[0] + half[0])
    return MonthChart(kpi, table, float(middle[0]), max(low, least), min(high, most), len(months) - len(own))


def charts(book: Book, as_of: str | dt.date) -> tuple[dict[str, MonthChart], dict[str, str]]:
    """The charts of SOURCES that the book can carry, and of the others a sentence saying why not, both by KPI."""
    found, why = {}, {}
    for kpi in SOURCES:
        try:
            found[kpi] = chart(monthly(book, as_of, kpi), kpi)
        except BookError as lack:
            why[kpi] = str(lack)
    return found, why


def _place(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _begins(since: dt.date | None) -> int | None:
    """The first month that is told whole, where a table tells from this day on."""
    return None if since is None else _place(since - LATE) + (0 if (since - LATE).day == 1 else 1)
