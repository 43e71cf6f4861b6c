"""What the account bought: by quarter, its last orders, what was late, what it no longer buys."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.days import first_known, order_of
from crm_analysis.brief.rows import whole
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

QUARTERS = 8
"""Quarters that the figure shows."""
LAST = 4
"""Last orders that are listed."""
YEAR, LATELY = "12M", "3M"
PAUSES = 10
"""Pauses from which on its own tell what is usual; of fewer, those of accounts like it tell too."""


@dataclass(frozen=True)
class Trade:
    """The orders of one account of `book`, as known on `day`."""

    book: Book
    account: str
    day: dt.date

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Its order lines, whatever the book can tell of them, with `order` (lines without an id: one a day)."""
        rows = self.book.table("orders")
        rows = rows.filter(rows.account_id == self.account)
        found = whole(engine.frame(rows.mutate(order=order_of(rows))), self.book, "orders")
        return found.sort_values(["ordered_on", "line_id"], ignore_index=True)

    def between(self, start: dt.date, end: dt.date) -> pd.DataFrame:
        """The lines ordered after `start`, up to and including `end`."""
        import pandas as pd

        on = self.lines["ordered_on"]
        return self.lines[(on > pd.Timestamp(start)) & (on <= pd.Timestamp(end))]

    # --- quarter by quarter ---

    @cached_property
    def quarters(self) -> pd.DataFrame:
        """Three months each, the last ending on the day: until (last day), revenue, margin (NaN without costs).

        Only those that the book's orders reach back to, and at most QUARTERS; none before the account's first order.
        """
        import pandas as pd

        begins, rows = first_known(self.book), []
        first = self.lines["ordered_on"].min()
        for place in reversed(range(QUARTERS)):
            start = before(self.day, f"{3 * (place + 1)}M")
            end = before(self.day, f"{3 * place}M") if place else self.day
            if begins is None or begins > start + _LATE or not first <= pd.Timestamp(end):
                continue
            own = self.between(start, end)
            costed = own[own["cost"].notna()]
            margin = _sum(costed["revenue"]) - _sum(costed["cost"]) if self.book.has("orders", "cost") else None
            rows.append({"until": end, "revenue": _sum(own["revenue"]), "margin": margin})
        return pd.DataFrame(rows, columns=["until", "revenue", "margin"]).astype({"margin": "float64"})

    # --- order by order ---

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order with a line of positive revenue, the latest first.

        Columns: order, ordered_on (its last such day), revenue, families (in the order of their revenue), due_on (the
        latest day promised), late_days (of the line most behind what was promised, shipped or not; 0: none was; NaN
        where nothing is due yet, or known), waits (a promised line is not shipped).
        """
        import pandas as pd

        lines = self.lines
        bought = lines[lines["revenue"] > 0].assign(late_days=self._late_days())
        told = self.book.has("orders", "promised_on", "shipped_on")
        bought["waits"] = bought["promised_on"].notna() & bought["shipped_on"].isna() if told else False
        families = bought.groupby(["order", "family"])["revenue"].sum().reset_index()
        families = families.sort_values(["order", "revenue", "family"], ascending=[True, False, True])
        grouped = bought.groupby("order")
        found = pd.DataFrame(
            {
                "ordered_on": grouped["ordered_on"].max(),
                "revenue": grouped["revenue"].sum(),
                "families": families.groupby("order")["family"].agg(tuple),
                "due_on": grouped["promised_on"].max(),
                "late_days": grouped["late_days"].max(),
                "waits": grouped["waits"].any(),
            }
        ).reset_index(names="order")
        return found.sort_values(["ordered_on", "order"], ascending=[False, True], ignore_index=True)

    def _late_days(self) -> pd.Series:
        """Days each line is behind what was promised; NaN where that is not yet due, or not known."""
        import pandas as pd

        lines, day = self.lines, pd.Timestamp(self.day)
        if not self.book.has("orders", "promised_on", "shipped_on"):
            return pd.Series(float("nan"), index=lines.index)
        came = lines["shipped_on"].fillna(day)
        late = (came - lines["promised_on"]).dt.days.clip(lower=0)
        return late.where(lines["shipped_on"].notna() | (lines["promised_on"] < day))

    @property
    def last(self) -> pd.DataFrame:
        """Its last orders."""
        return self.orders.head(LAST)

    def due(self, window: str) -> tuple[int, int]:
        """Orders whose last promised day lies in the window up to the day, and how many of them came late, or wait."""
        import pandas as pd

        own = self.orders
        due_on = own["due_on"]
        inside = (due_on > pd.Timestamp(before(self.day, window))) & (due_on <= pd.Timestamp(self.day))
        known = own[inside & own["late_days"].notna()]
        return len(known), int((known["late_days"] > 0).sum())

    @cached_property
    def waiting(self) -> pd.DataFrame:
        """Orders with a line promised before the day and not shipped, the oldest first."""
        own = self.orders
        return own[own["waits"] & (own["late_days"] > 0)].sort_values(["due_on", "order"], ignore_index=True)

    @cached_property
    def usual_pause(self) -> int | None:
        """The days that nine in ten of its pauses between order days are no longer than; None of fewer than PAUSES."""
        import numpy as np

        days = np.unique(self.lines.loc[self.lines["revenue"] > 0, "ordered_on"].to_numpy("datetime64[D]"))
        pauses = np.diff(days).astype("int64")
        return int(np.quantile(pauses, 0.9, method="inverted_cdf")) if len(pauses) >= PAUSES else None

    # --- what it buys ---

    @cached_property
    def families(self) -> pd.DataFrame:
        """By product family: family, revenue, revenue_before (of a year, and the one before), last (ordered on).

        The largest first. No rows without families.
        """
        import pandas as pd

        year, earlier = before(self.day, YEAR), before(self.day, "24M")
        lines = self.lines[(self.lines["revenue"] > 0) & self.lines["family"].notna()]
        on = lines["ordered_on"]
        now, then = lines[on > pd.Timestamp(year)], lines[(on > pd.Timestamp(earlier)) & (on <= pd.Timestamp(year))]
        sums: dict[str, Any] = {
            "revenue": now.groupby("family")["revenue"].sum(),
            "revenue_before": then.groupby("family")["revenue"].sum(),
            "last": lines.groupby("family")["ordered_on"].max(),
        }
        table = pd.DataFrame(sums).rename_axis("family").reset_index()
        table[["revenue", "revenue_before"]] = table[["revenue", "revenue_before"]].fillna(0.0).astype("float64")
        table = table[(table["revenue"] > 0) | (table["revenue_before"] > 0)]
        order = ["revenue", "revenue_before", "family"]
        return table.sort_values(order, ascending=[False, False, True], ignore_index=True)

    @property
    def stopped(self) -> pd.DataFrame:
        """Families bought in the year before, and not in the last; the largest loss first. None if it stopped all."""
        table = self.families
        gone = table[(table["revenue"] <= 0) & (table["revenue_before"] > 0)]
        gone = gone if (table["revenue"] > 0).any() else gone[:0]
        return gone.sort_values(["revenue_before", "family"], ascending=[False, True], ignore_index=True)

    @property
    def begun(self) -> pd.DataFrame:
        """Families bought in the last year, and never before."""
        import pandas as pd

        year = pd.Timestamp(before(self.day, YEAR))
        first = self.lines[self.lines["revenue"] > 0].groupby("family")["ordered_on"].min()
        table = self.families
        return table[table["family"].map(first) > year] if self._reaches(year) else table[:0]

    def _reaches(self, year: Any) -> bool:
        """Whether the account had ordered a year ago: of one who had not, everything is new."""
        return bool((self.lines["ordered_on"] <= year).any())


def late_shares(book: Book, day: dt.date) -> pd.DataFrame:
    """Of every account, orders due in the year up to the day, and those late: account_id, due, late.

    As `Trade.due` counts them; no rows where the book does not tell when goods were promised and shipped.
    """
    import pandas as pd

    if not book.has("orders", "promised_on", "shipped_on"):
        return pd.DataFrame({"account_id": pd.Series(dtype=object), "due": [], "late": []})
    rows = book.table("orders")
    rows = rows.filter((rows.revenue > 0) & rows.promised_on.notnull()).mutate(order=order_of(rows))
    now = ibis.literal(day)
    behind: Any = (rows.shipped_on > rows.promised_on) | (rows.shipped_on.isnull() & (rows.promised_on < now))
    told = rows.shipped_on.notnull() | (rows.promised_on < now)
    orders = rows.group_by("account_id", "order").agg(
        due_on=rows.promised_on.max(), told=told.any(), late=behind.fill_null(False).any()
    )
    inside = orders.told & (orders.due_on > ibis.literal(before(day, YEAR))) & (orders.due_on <= now)
    orders = orders.filter(inside)
    return engine.frame(orders.group_by("account_id").agg(due=orders.count(), late=orders.late.sum()))


_LATE = dt.timedelta(days=9)
"""Orders of the book may begin this late in a quarter and still cover it, as in `accounts.LATE`."""


def _sum(values: pd.Series) -> float:
    """In cents, so that the sum does not depend on the order of the rows."""
    return float(round((values * 100).round().sum()) / 100)
