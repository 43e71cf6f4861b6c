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
from crm_analysis.potential.low import PLACES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MOST = 12
"""Steps back that are looked at: what is older tells little of what comes."""
QUARTERS = range(1, 9)
_LONG_AGO = dt.date(1700, 1, 1)
_NEVER = np.datetime64("2200-01-01", "D")


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
        since = label("moves_no_order") if begins is None else str(begins)
        raise BookError(label("moves_short").format(day=day, months=12 + 3 * quarters, since=since))
    return _gathered(then, days[::-1], quarters)


def _gathered(then: Book, days: list[dt.date], quarters: int) -> Past:
    starts = [before(day, WINDOW) for day in days]
    breaks = sorted({*days, *starts})
    people = then.table("accounts")
    own = people.group_id.fill_null(people.account_id) if then.has("accounts", "group_id") else people.account_id
    people = people.select("account_id", group=own, place=ibis.row_number().over(order_by=people.account_id))
    each = engine.frame(_pieces(then, breaks).join(people, "account_id").drop("account_id", "group"))
    who = engine.frame(people.order_by("account_id"))
    pieces, accounts = len(breaks) + 1, len(who)
    at = (each["piece"].to_numpy(), each["place"].to_numpy())

    def spread(name: str, empty: Any) -> Any:
        whole = np.full((pieces, accounts), empty)
        whole[at] = each[name].to_numpy(dtype=whole.dtype)
        return whole

    first = spread("first", np.datetime64("NaT", "D")).min(axis=0, initial=_NEVER, where=_told(spread, "first"))
    bought = first < _NEVER
    began, told = spread("began", np.datetime64("NaT", "D")), _told(spread, "began")
    windows = [slice(breaks.index(start) + 1, breaks.index(day) + 1) for start, day in zip(starts, days, strict=True)]

    def money(name: str) -> Array:
        whole = spread(name, 0)
        return np.stack([whole[window].sum(axis=0) / PLACES for window in windows])[:, bought]

    # an order that bought before the year is not one of the year
    active = [
        (told[window] & (began[window] <= np.datetime64(start))).any(axis=0)
        for window, start in zip(windows, starts, strict=True)
    ]
    customer = first[None, :] <= np.array(days, dtype="datetime64[D]")[:, None]
    group = np.unique(who["group"].to_numpy(dtype=object)[bought], return_inverse=True)[1].astype(np.int64)
    return Past(
        tuple(days), quarters, who["account_id"].to_numpy(dtype=object)[bought], group, money("revenue"),
        money("margin") if "margin" in each else None, np.stack(active)[:, bought], customer[:, bought],
    )  # fmt: skip


def _told(spread: Any, name: str) -> Flags:
    found: Flags = ~np.isnat(spread(name, np.datetime64("NaT", "D")))
    return found


def _pieces(then: Book, breaks: list[dt.date]) -> ibis.Table:
    """By account and piece of time between breaks, numbered from before the first: sums and first days.

    Columns: account_id, piece, revenue and margin (in whole parts of PLACES, so that pieces add up exactly), first (day
    bought on) and began (the earliest day an order that bought in the piece had bought on before; _LONG_AGO for none).
    """
    rows = order_days(then)
    piece = sum((rows.ordered_on > ibis.literal(day)).cast("int32") for day in breaks)
    sums: dict[str, Any] = {
        "first": rows.ordered_on.min(where=rows.bought),
        "began": rows.bought_before.fill_null(ibis.literal(_LONG_AGO)).min(where=rows.bought),
        "revenue": (rows.revenue.sum() * int(PLACES)).cast("int64"),
    }
    if "cost" in rows.columns:
        sums["margin"] = ((rows.costed_revenue - rows.cost).sum() * int(PLACES)).cast("int64")
    return rows.mutate(piece=piece).group_by("account_id", "piece").agg(**sums)
