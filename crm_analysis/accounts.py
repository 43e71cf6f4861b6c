"""One row per account as of a day: who it is and what it brought.

All sums over order lines are made by the engine in exact decimals; what comes back is one row per
account, sorted by account, with money as float64.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book.book import as_date
from crm_analysis.book.coverage import valid
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

WINDOW = "12M"
"""The window of the report: the trailing year."""
LATE = dt.timedelta(days=7)
"""Orders may begin this late in a window (a weekend, a holiday) and still cover it; no later than a tenth of it."""


def accounts(book: Book, as_of: str | dt.date, window: str = WINDOW) -> pd.DataFrame:
    """Every account known on `as_of`, one row each, sorted by `account_id`.

    Columns: what `accounts` of the book says (name, group_id, sales_office, ...; a column that
    cannot be known on that day is absent), then, of lines not void, over the `window` ending on `as_of`:

    - revenue, and with costs cost, margin (of the lines whose cost is known), costed_revenue (their
      revenue) and margin_rate (margin / costed_revenue; NaN where that is not positive);
    - orders: orders with a line of positive revenue, so that a credit note is none (order days for
      lines without an order_id); families: product families bought;
    - revenue_before, revenue_change: the window before, and the difference; NaN for all accounts if
      the book's orders begin inside the window before (LATE);

    and over everything known: revenue_total, first_order, last_order (dates of lines of positive
    revenue), tenure_days (since known_since), active (True if orders > 0).

    Money is float64 in the book's currency. Raises BookError if a date or window is not one.
    """
    day = as_date(as_of)
    known = book.as_of(day)
    lines = valid(known.table("orders"))
    start, earlier = before(day, window), before(before(day, window), window)
    sums = _sums(known, lines, start, earlier)
    people = known.table("accounts")
    joined = people.left_join(sums, "account_id").drop("account_id_right").order_by("account_id")
    frame = joined.execute()
    first_day = lines.ordered_on.min().execute()
    return _finished(frame, day, start, earlier, first_day)


def _sums(known: Book, lines: ibis.Table, start: dt.date, earlier: dt.date) -> ibis.Table:
    """Sums of order lines by account; the lines are read once."""
    inside = lines.ordered_on > ibis.literal(start)
    previous = (lines.ordered_on > ibis.literal(earlier)) & ~inside
    bought = lines.revenue > 0
    order = lines.ordered_on.cast("string")
    if known.has("orders", "order_id"):
        order = lines.order_id.fill_null(order)
    sums: dict[str, Any] = {
        "revenue": lines.revenue.sum(where=inside),
        "orders": order.nunique(where=inside & bought),
        "revenue_before": lines.revenue.sum(where=previous),
        "revenue_total": lines.revenue.sum(),
        "first_order": lines.ordered_on.min(where=bought),
        "last_order": lines.ordered_on.max(where=bought),
    }
    if known.has("orders", "family"):
        sums["families"] = lines.family.nunique(where=inside & bought)
    if known.has("orders", "cost"):
        costed = inside & lines.cost.notnull()
        sums["cost"] = lines.cost.sum(where=costed)
        sums["costed_revenue"] = lines.revenue.sum(where=costed)
    result = lines.group_by("account_id").agg(**sums)
    if "cost" in sums:
        none = ibis.literal(0).cast("decimal(18, 4)")
        result = result.mutate(margin=result.costed_revenue.fill_null(none) - result.cost.fill_null(none))
    money = [name for name in result.columns if result[name].type().is_decimal()]
    return result.mutate(**{name: result[name].cast("float64") for name in money})


def _finished(frame: pd.DataFrame, day: dt.date, start: dt.date, earlier: dt.date, first_day: Any) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    for name in ("revenue", "revenue_before", "revenue_total", "cost", "costed_revenue", "margin"):
        if name in frame:
            frame[name] = frame[name].astype(float).fillna(0.0)
    for name in ("orders", "families"):
        if name in frame:
            frame[name] = frame[name].astype(float).fillna(0).astype("int64")
    for name in ("known_since", "first_order", "last_order"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    if "margin" in frame:
        whole = frame["costed_revenue"].where(frame["costed_revenue"] > 0)
        frame["margin_rate"] = frame["margin"] / whole
    begins = earlier + dt.timedelta(days=1) + min(LATE, (start - earlier) / 10)
    if pd.isna(first_day) or pd.Timestamp(first_day).date() > begins:
        frame["revenue_before"] = np.nan
    frame["revenue_change"] = frame["revenue"] - frame["revenue_before"]
    known_since = frame["known_since"] if "known_since" in frame else pd.Series(pd.NaT, index=frame.index)
    frame["tenure_days"] = (pd.Timestamp(day) - known_since).dt.days
    frame["active"] = frame["orders"] > 0
    return frame.reset_index(drop=True)


SUMMED = ("revenue", "cost", "margin", "costed_revenue", "orders", "revenue_before", "revenue_change", "revenue_total")
"""Columns of `accounts` that add up over accounts."""


def groups(frame: pd.DataFrame) -> pd.DataFrame:
    """The accounts rolled up to customer groups, one row each, sorted by `group_id`.

    `frame` is what `accounts` returns. An account without a group is a group of its own, named by its
    account_id; where others name that as their group, it is their head office and one of them.
    Columns: group_id, accounts (number of offices), name (of the largest office by revenue, then
    account_id), the sums of SUMMED, margin_rate, first_order, last_order, active, and stage, which is
    "suspect" only if all offices are.
    """
    ordered = frame.sort_values(["revenue", "account_id"], ascending=[False, True], kind="stable")
    own = ordered["account_id"]
    key = ordered["group_id"].fillna(own) if "group_id" in ordered else own
    how: dict[str, Any] = {name: (name, "sum") for name in SUMMED if name in ordered}
    if "revenue_change" in how and ordered["revenue_change"].isna().all():
        how |= {name: (name, lambda values: float("nan")) for name in ("revenue_before", "revenue_change")}
    how |= {"first_order": ("first_order", "min"), "last_order": ("last_order", "max"), "active": ("active", "any")}
    if "name" in ordered:
        how["name"] = ("name", "first")
    if "stage" in ordered:
        ordered = ordered.assign(stage=ordered["stage"].where(ordered["stage"] == "suspect", "known"))
        how["stage"] = ("stage", "min")
    result = ordered.assign(group_id=key).groupby("group_id", sort=True).agg(accounts=("account_id", "size"), **how)
    if "margin" in result:
        result["margin_rate"] = result["margin"] / result["costed_revenue"].where(result["costed_revenue"] > 0)
    return result.reset_index()
