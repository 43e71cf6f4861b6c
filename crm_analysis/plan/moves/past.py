"""What each account brought in the year to each of several days, from one query of the engine."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.accounts import LATE, WINDOW
from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.book.days import first_known, last_known, order_days
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MOST = 8
"""Steps back that are looked at: what is older tells little of what comes."""
QUARTERS = range(1, 9)


@dataclass(frozen=True, eq=False)
class Past:
    """Accounts that ordered once, sorted by account_id, and their trailing years on `days`, the last day last.

    `cluster` numbers the customer group of each account, as far as known on the last day; an account without one is one
    of its own. Of days x accounts: revenue, margin (None without costs; money as in `accounts`), active (ordered in
    the year), customer (ordered once by that day). `quarters` is how far the days are apart. Years overlap
    where they are fewer than four, so that steps of one quarter are no chain: a step of n quarters is measured as one.
    """

    days: tuple[dt.date, ...]
    quarters: int
    account_id: NDArray[np.object_]
    cluster: NDArray[np.int64]
    revenue: Array
    margin: Array | None
    active: Flags
    customer: Flags

    @property
    def today(self) -> pd.DataFrame:
        """The last day: account_id, revenue, active, first_order (a day where there was an order, else none)."""
        import pandas as pd

        rows = {"account_id": self.account_id, "revenue": self.revenue[-1], "active": self.active[-1]}
        frame = pd.DataFrame(rows)
        frame["first_order"] = np.where(self.customer[-1], 0.0, np.nan)
        return frame

    def on(self, day: int) -> tuple[Array, Flags, Flags]:
        """Revenue, active and customer on a day, by its place."""
        return self.revenue[day], self.active[day], self.customer[day]

    def money(self) -> dict[str, Array]:
        """Revenue and, where costs are known, margin: days x accounts."""
        return {"revenue": self.revenue} | ({} if self.margin is None else {"margin": self.margin})


def past(book: Book, as_of: str | dt.date, quarters: int = 4) -> Past:
    """The trailing years on `as_of` and every `quarters` before it, as far as orders reach over a whole year.

    An account counts from its first order, whenever it was entered. What of a customer of older days is not in the
    book cannot be known: it is new when it orders again. UserError for quarters not of 1 to 8; BookError where orders
    do not reach one step back.
    """
    if isinstance(quarters, bool) or not isinstance(quarters, int) or quarters not in QUARTERS:
        raise UserError(f"a step is of 1 to {QUARTERS[-1]} quarters; found {quarters!r}.")
    then = book.as_of(as_date(as_of))
    day = last_known(then) if then.day is None else then.day
    begins = first_known(then)
    days = [day]
    while begins is not None and len(days) <= MOST:
        earlier = before(day, f"{quarters * len(days)}Q")
        if begins > before(earlier, WINDOW) + dt.timedelta(days=1) + LATE:
            break
        days.append(earlier)
    if len(days) < 2:
        since = label("moves_no_order") if begins is None else begins
        raise BookError(label("moves_short", day=day, months=12 + 3 * quarters, since=since))
    return _gathered(then, days[::-1], quarters)


def _gathered(then: Book, days: list[dt.date], quarters: int) -> Past:
    rows = order_days(then)
    sums: dict[str, Any] = {"first": rows.ordered_on.min(where=rows.bought).cast("string")}
    for place, day in enumerate(days):
        start = ibis.literal(before(day, WINDOW))
        inside = (rows.ordered_on > start) & (rows.ordered_on <= ibis.literal(day))
        sums[f"revenue_{place}"] = rows.revenue.sum(where=inside)
        sums[f"orders_{place}"] = (inside & rows.bought & (rows.bought_before.fill_null(start) <= start)).sum()
        if "cost" in rows.columns:
            sums[f"margin_{place}"] = (rows.costed_revenue - rows.cost).sum(where=inside)
    each = rows.group_by("account_id").agg(**sums)
    money = [name for name in sums if name.startswith(("revenue", "margin"))]
    each = each.mutate(**{name: each[name].cast("float64").fill_null(0.0) for name in money})
    people = then.table("accounts")
    own = people.group_id.fill_null(people.account_id) if then.has("accounts", "group_id") else people.account_id
    people = people.select("account_id", group=own)
    frame = engine.frame(each.filter(each["first"].notnull()).join(people, "account_id").order_by("account_id"))
    first = frame["first"].to_numpy(dtype="datetime64[D]")
    at = np.array(days, dtype="datetime64[D]")[:, None]
    group, ids = frame["group"].to_numpy(dtype=object), frame["account_id"].to_numpy(dtype=object)

    def gathered(name: str) -> Array:
        columns = [f"{name}_{place}" for place in range(len(days))]
        return np.ascontiguousarray(frame[columns].to_numpy("float64").T)

    return Past(
        tuple(days), quarters, ids, np.unique(group, return_inverse=True)[1].astype(np.int64), gathered("revenue"),
        gathered("margin") if "margin_0" in frame else None, gathered("orders") > 0, first[None, :] <= at,
    )  # fmt: skip
