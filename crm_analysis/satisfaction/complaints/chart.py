"""Complaints month by month: an XmR chart, which tells a month that stands out from the usual up and down."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.book.days import first_known, last_known, order_days
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.xmr import LEAST, MONTHS, signals

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.satisfaction.complaints.counts import Counts

    Array = NDArray[np.float64]

DRAWS, _SEED = 2000, 20260930
"""Charts that are drawn to tell how often chance alone makes a signal."""


@dataclass(frozen=True)
class Chart:
    """Complaints per 100 orders by month, with the limits of the usual up and down.

    `table`: month (such as 2026-09), complaints, orders, per_100, signal ("", "above", "below" a limit, or "run" for a
    month that ends or goes on with `xmr.RUN` or more on one side of the mean). `middle`, `low`, `high`: the mean of the
    months' rates and its limits, the lower no less than 0. `left_out`: months without an order, which have no rate.
    """

    table: pd.DataFrame
    middle: float
    low: float
    high: float
    left_out: int

    @property
    def signals(self) -> pd.DataFrame:
        """The months with a signal."""
        return self.table[self.table["signal"] != ""].reset_index(drop=True)

    @cached_property
    def by_chance(self) -> float:
        """How often such a chart has a signal where there is none: the share of DRAWS of them, seed fixed.

        Complaints are drawn one by one (Poisson), at the rate of all these months, for the orders of each. Limits from
        two years' months are themselves a matter of chance, and few complaints are skewed, so this is no rare thing.
        """
        orders = self.table["orders"].to_numpy(np.float64)
        usual = float(self.table["complaints"].sum()) / orders.sum()
        drawn = np.random.default_rng(_SEED).poisson(usual * orders, (DRAWS, len(orders)))
        return float((signals(100 * drawn / orders)[0] != "").any(axis=1).mean())


def monthly(book: Book, counts: Counts, months: int = MONTHS) -> pd.DataFrame:
    """Complaints and orders of whole months, the latest `months` of them: month, complaints, orders.

    A month is whole if it ended by the last day known, and began with or after both orders and complaints are
    recorded. An order counts in the month in which it first bought.
    """
    import pandas as pd

    known = book.as_of(counts.end)
    rows, days = known.table("complaints", "account_id", "opened_on"), order_days(known)
    last, begins = last_known(known), first_known(known)
    first = rows.opened_on.min().cast("string").execute()
    start = max(dt.date.fromisoformat(str(first)), begins or counts.end)
    if counts.recorded_from is None and counts.comparable:
        start = min(start, counts.earlier + dt.timedelta(days=1))
    end = (last + dt.timedelta(days=1)).replace(day=1)
    places = [start.year * 12 + start.month - (start.day == 1), end.year * 12 + end.month - 2]
    places[0] = max(places[0], places[1] - months + 1)
    every = range(places[0], places[1] + 1)
    table = pd.DataFrame({"month": [f"{at // 12:04d}-{at % 12 + 1:02d}" for at in every]})
    since = dt.date(places[0] // 12, places[0] % 12 + 1, 1) if len(every) else end
    days = days.filter(days.bought & days.bought_before.isnull())
    for name, dates in (("complaints", rows.opened_on), ("orders", days.ordered_on)):
        source = rows if name == "complaints" else days
        own = source.filter((dates >= ibis.literal(since)) & (dates < ibis.literal(end)))
        date = own["opened_on" if name == "complaints" else "ordered_on"]
        found = engine.frame(own.group_by(place=date.year() * 12 + date.month() - 1).agg(number=own.count()))
        numbers = dict(zip(found["place"].astype(int), found["number"].astype(int), strict=True))
        table[name] = np.array([numbers.get(at, 0) for at in every], dtype=np.int64)
    return table


def chart(months: pd.DataFrame) -> Chart:
    """The XmR chart of `monthly`: limits are the mean and `xmr.WIDE` mean moving ranges to either side (Wheeler 1993).

    All months shown make the limits. A season that the book has is not removed: its high months may be signals. Raises
    BookError for fewer than `xmr.LEAST` months with orders.
    """
    own = months[months["orders"] > 0].reset_index(drop=True)
    if len(own) < LEAST:
        words = "complaints_few_months_one" if len(own) == 1 else "complaints_few_months_many"
        raise BookError(label(words, n=len(own), least=LEAST))
    table = own.assign(per_100=100 * own["complaints"] / own["orders"])
    found, middle, half = signals(table["per_100"].to_numpy()[None, :])
    table["signal"] = found[0]
    low, high = float(middle[0] - half[0]), float(middle[0] + half[0])
    return Chart(table, float(middle[0]), max(low, 0.0), high, len(months) - len(own))
