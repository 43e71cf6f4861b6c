"""Steps that can be taken back and need no guarantee: desk service, a small-order price, a minimum order.

Each is told with what it frees in a year and what it risks. What it earns is not: that hangs on how accounts take it,
which nobody knows beforehand; told instead is how many may leave before it costs more than it frees.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.book.days import order_days
from crm_analysis.book.values import MONEY
from crm_analysis.errors import UserError
from crm_analysis.periods import before
from crm_analysis.potential.advice.outcome import CUT, SURVEY

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.potential.advice.money import Money

    Array = NDArray[np.float64]

DESK, PRICE, MINIMUM = "desk", "price", "minimum"
STEPS = {DESK: "step_desk", PRICE: "step_price", MINIMUM: "step_minimum"}
"""The steps, the one taken back most cheaply first, each with the label of its words.

Visits are resumed the day they are missed; a price is waived; an order that was refused is gone.
"""


@dataclass(frozen=True, eq=False)
class Sizes:
    """Orders of the trailing year against a minimum.

    `accounts`, one row per account that ordered, by account_id: account_id, orders, small (orders below the minimum).
    An order is all its lines in the year, if it began there and comes to more than nothing. `chosen`: the minimum was
    not given but is the lower quartile of the orders of Low accounts.
    """

    accounts: pd.DataFrame
    minimum: float
    chosen: bool


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps, for the accounts that may be cut or are to be surveyed first.

    `table`, a row per step, the one that frees most for what it risks first: step; accounts (it frees something of);
    minutes (of visits we begin, a year; desk only), small_orders (a year; the others); freed_share (of those visits, or
    small orders, of all Low accounts); promising (expected among the accounts), low_promising, high_promising (as if
    all errors of potentials went together: cautious), risk_share (of those expected among all Low accounts),
    freed_per_risk (freed_share / risk_share); growth_at_risk (what those promising would bring more, a year); revenue
    and brings (of the accounts now, a year; brings as in `Money`); freed_cost (cost of visits; of serving, spread
    evenly over an account's orders; or small orders times the price); break_even (the share of the accounts, and of all
    they bring and would bring, that may leave before more margin goes than cost: cautious, as leaving saves cost too;
    at most 1; NaN where costs are not known); too_small (accounts whose whole year is below the minimum, to which a
    minimum order is a goodbye; minimum only). NaN where the book cannot tell.

    `accounts`, a row per account concerned, by account_id: account_id, outcome, step (to take first: the one
    taken back most cheaply that frees something; a minimum order rather than a price where the account could bundle
    its orders; "" where none frees anything), minutes_visits, orders, small.
    """

    table: pd.DataFrame
    accounts: pd.DataFrame
    minimum: float
    chosen: bool
    price: float


def year_orders(book: Book) -> ibis.Table:
    """Orders with lines in the year up to the book's day, one row each, kept by the engine.

    Columns: account_id, order, ordered_on (its first day in the year), value (of its lines in the year), counted (it
    had not bought before the year, and comes to more than nothing), begun_before (it had) and, with costs,
    costed_revenue and margin (of lines whose cost is known). Money is decimal with four places.
    """
    year = before(book.day or book.extracted_on, "12M")
    days = order_days(book)
    days = days.filter(days.ordered_on > ibis.literal(year))
    met = (days.bought_before <= ibis.literal(year)).fill_null(False)
    sums = {"value": days.revenue.sum()}
    if "cost" in days.columns:
        sums |= {"costed_revenue": days.costed_revenue.sum(), "margin": (days.costed_revenue - days.cost).sum()}
    each = days.group_by("account_id", "order").agg(ordered_on=days.ordered_on.min(), begun_before=met.any(), **sums)
    each = each.mutate(**{name: each[name].cast(MONEY) for name in sums})
    return engine.cached(book.con, each.mutate(counted=~each.begun_before & (each["value"] > 0)))


def sizes(book: Book, as_of: str | dt.date, bar: float, minimum: float = 0, by: str = "revenue") -> Sizes:
    """Orders of the trailing year by account, and how many are below a minimum; 0 lets Low accounts' orders decide.

    `bar` is the Mid bar of the day, below which a year's value, told `by` revenue or margin, makes an account Low.
    UserError for a minimum below 0.
    """
    if minimum < 0:
        raise UserError(f"a minimum order is an amount of money; found {minimum:g}.")
    then = book.as_of(as_of)
    each = year_orders(then)
    chosen = minimum == 0
    if chosen:
        minimum = low_quartile(each, bar, by)
    each = each.filter(each.counted)
    small = (each["value"].cast("float64") < minimum).sum()
    rows = each.group_by("account_id").agg(orders=each.count(), small=small.cast("int64"))
    return Sizes(engine.frame(rows.order_by("account_id")), minimum, chosen)


def low_quartile(each: ibis.Table, bar: float, by: str = "revenue") -> float:
    """The lower quartile of the values of Low accounts' orders, of `year_orders`; `bar` and `by` as in `sizes`.

    That is the least that a quarter of them does not exceed; 0 without any.
    """
    worth = each.margin if by == "margin" else each["value"]
    years = each.group_by("account_id").agg(year=worth.sum())
    low = years.filter(years.year.cast("float64") < bar)
    orders = each.filter(each.counted).semi_join(low, "account_id").select("value")
    ranked = orders.select(
        value=orders["value"],
        place=4 * ibis.row_number().over(ibis.window(order_by=orders["value"])),
        last=orders.count().over(ibis.window()) - 1,
    )
    found = ranked.filter((ranked.place <= ranked["last"]) & (ranked["last"] < ranked.place + 4))
    rows = engine.frame(found.select(value=found["value"].cast("float64")))
    return float(rows["value"].iloc[0]) if len(rows) else 0.0


def steps(today: pd.DataFrame, outcomes: pd.DataFrame, money: Money, orders: Sizes, price: float = 0) -> Steps:
    """The steps for the accounts of `today`: cases of a day with potential, low and high (its interval).

    `outcomes` and `money.accounts` hold the same accounts in the same order; `price` is asked for an order below the
    minimum, 0 if it is not said. UserError for other accounts, or a price below 0.
    """
    import pandas as pd

    ids = today["account_id"].to_numpy(dtype=object)
    for name, other in (("outcomes", outcomes), ("money", money.accounts)):
        if not np.array_equal(ids, other["account_id"].to_numpy(dtype=object)):
            raise UserError(f"{name}: expected the accounts of today in their order; found others.")
    if price < 0:
        raise UserError(f"the price of a small order is 0 or more; found {price:g}.")
    frame = money.accounts.reset_index(drop=True).assign(
        outcome=outcomes["outcome"].to_numpy(dtype=object), revenue=today["revenue"].to_numpy("float64"),
        **{name: today[name].to_numpy("float64") for name in ("potential", "low", "high")},
    )  # fmt: skip
    found = orders.accounts.set_index("account_id")
    for name in ("orders", "small"):
        frame[name] = frame["account_id"].map(found[name]).fillna(0).astype("int64")
    concerned = frame["outcome"].isin([CUT, SURVEY]).to_numpy()
    visits = frame["minutes_visits"] if frame["minutes_visits"].notna().any() else frame["visits"]
    freed = {DESK: visits, PRICE: frame["small"], MINIMUM: frame["small"]}
    costs = {
        DESK: frame["cost_visits"],
        PRICE: frame["small"] * (price if price > 0 else np.nan),
        MINIMUM: frame["cost_to_serve"] * frame["small"] / frame["orders"].clip(lower=1),
    }
    rows = [_row(step, frame, concerned, freed[step], costs[step], money, orders.minimum) for step in STEPS]
    table = pd.DataFrame(rows)
    place = list(STEPS)
    table["place"] = [place.index(step) for step in table["step"]]
    table = table.sort_values(["freed_per_risk", "place"], ascending=[False, True], na_position="last")
    own = frame[concerned]
    bundles = own["revenue"] >= orders.minimum
    own = own.assign(
        step=np.select(
            [visits[concerned] > 0, (own["small"] > 0) & bundles, own["small"] > 0], [DESK, MINIMUM, PRICE], ""
        ).astype(object)
    )
    own = own[["account_id", "outcome", "step", "minutes_visits", "orders", "small"]]
    own = own.sort_values("account_id", ignore_index=True)
    return Steps(table.drop(columns="place").reset_index(drop=True), own, orders.minimum, orders.chosen, price)


def _row(
    step: str, frame: pd.DataFrame, concerned: NDArray[np.bool_], freed: pd.Series, cost: pd.Series, money: Money,
    minimum: float,
) -> dict[str, Any]:  # fmt: skip
    told = bool(freed.notna().any())
    touched = concerned & (freed.to_numpy("float64") > 0) if told else concerned
    own = frame[touched]
    share = _part(_total(freed[touched]), _total(freed)) if told else np.nan
    promising = _total(own["potential"])
    risk = _part(promising, _total(frame["potential"]))
    at_risk = promising * max(money.gain.amount, 0.0) if not np.isnan(money.gain.amount) else np.nan
    brings = _total(own["brings"])
    freed_cost = _total(cost[touched]) if cost[touched].notna().all() else np.nan
    known = money.money == "margin" and not np.isnan(freed_cost) and not np.isnan(at_risk) and len(own) > 0
    loss = brings + at_risk if known else np.nan
    return {
        "step": step,
        "accounts": len(own),
        "minutes": _total(own["minutes_visits"]) if step == DESK and own["minutes_visits"].notna().all() else np.nan,
        "small_orders": float(own["small"].sum()) if step != DESK else np.nan,
        "freed_share": share,
        "promising": promising,
        "low_promising": _total(own["low"]),
        "high_promising": _total(own["high"]),
        "risk_share": risk,
        "freed_per_risk": _part(share, risk),
        "growth_at_risk": at_risk,
        "revenue": _total(own["revenue"]),
        "brings": brings,
        "freed_cost": freed_cost,
        "break_even": min(freed_cost / loss, 1.0) if known and loss > 0 else 1.0 if known else np.nan,
        "too_small": float((own["revenue"] < minimum).sum()) if step == MINIMUM else np.nan,
    }


def _total(values: pd.Series) -> float:
    """A sum that does not depend on the order of the accounts."""
    return float(np.sort(values.to_numpy("float64")).sum())


def _part(part: float, whole: float) -> float:
    return part / whole if whole > 0 else np.nan
