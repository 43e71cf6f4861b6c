"""Whom a proposal for small orders would have hit in the trailing year, and with which orders; who is spared, and why.

Everything here is a fact of that year. That the next one is like it is the assumption under all that follows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.book.days import first_known, order_days
from crm_analysis.errors import BookError, UserError
from crm_analysis.features.windows import Landmark
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.plan.small_orders.costs import Costs, costs
from crm_analysis.plan.small_orders.proposal import PRICE, Proposal
from crm_analysis.plan.small_orders.year import HIT, SPARED, UNKNOWN, by_account, totals
from crm_analysis.potential.advice.steps import low_quartile, year_orders

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

CONTRACT, HIGH, KEY = "contract", "high", "key"
WHY = {CONTRACT: "orders_spared_contract", HIGH: "orders_spared_high", KEY: "orders_spared_key"}
"""Why an account is spared, the first that holds, each with the label of its words."""
_COLUMNS = [
    "account_id", "class", "orders", "small", "ordered", "small_revenue", "revenue", "small_margin", "margin",
    "costed_revenue", "cost_to_serve", "contact_cost", "order_cost", "bundled", "cannot_bundle",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Hits:
    """Accounts and orders of the trailing year that a proposal would have hit.

    `accounts`, one row per account hit, by account_id: account_id, class; orders and small (of the year, and of those
    below the minimum: whole numbers), ordered and small_revenue (their value); revenue (of all the year's lines);
    small_margin, margin, costed_revenue (NaN without costs; of the lines whose cost is known); cost_to_serve and
    contact_cost (avoidable, `costs`); order_cost (what an order of the account costs: its cost_to_serve and the
    contacts it began, spread evenly over its orders); bundled (its small orders after bundling: their value / minimum,
    rounded down: what is over goes with them, or with a larger order); cannot_bundle (all its orders together are below
    the minimum). NaN where the book cannot tell.

    `spared`, one row per account spared that ordered below the minimum, or below its own: account_id, class, why (of
    WHY), agreed (its own minimum, the least of the contracts in force), orders, small, small_revenue, below_agreed
    (its orders below its own).

    `totals`, one row per part of the year's order lines (`year.PARTS`): part, accounts, orders, revenue and, with
    costs, margin. The parts add up to `whole`.

    `proposal` has the minimum and the surcharge that were used (surcharge NaN where none was given and no cost is
    known; 0 at a minimum order); `minimum_chosen`, `surcharge_chosen`: they were not given. `lacks`: what the book
    cannot tell, each with a sentence saying why; `says`: what the figures rest on.
    """

    accounts: pd.DataFrame
    spared: pd.DataFrame
    totals: pd.DataFrame
    proposal: Proposal
    surcharge: float
    minimum_chosen: bool
    surcharge_chosen: bool
    lacks: dict[str, str]
    says: tuple[str, ...]
    each: ibis.Table

    @property
    def money(self) -> str:
        """What accounts bring is told by: margin, or revenue where the book has no costs."""
        return "revenue" if "profit" in self.lacks else "margin"

    @cached_property
    def orders(self) -> pd.DataFrame:
        """The orders hit, one row each, by account_id, ordered_on and order; asked of the engine when looked at.

        Columns: account_id, order (its order_id; the day for lines without one), ordered_on, value and, with costs,
        margin.
        """
        value = self.each["value"].cast("float64")
        rows = self.each.filter(self.each.counted & (value < self.proposal.minimum))
        money = {"value": rows["value"].cast("float64")}
        if "margin" in rows.columns:
            money["margin"] = rows.margin.cast("float64").fill_null(0.0)
        rows = rows.select("account_id", "order", "ordered_on", **money)
        found = engine.frame(rows.order_by("account_id", "ordered_on", "order"))
        return found[found["account_id"].isin(self.accounts["account_id"])].reset_index(drop=True)


def hits(book: Book, as_of: str | dt.date, proposal: Proposal, classes: pd.DataFrame) -> Hits:
    """Whom the proposal hits, of the accounts of `classes`: account_id, class and revenue of `value.segments`' frame.

    Raises BookError where the book's orders reach back less than three months; UserError where classes are not divided
    by revenue (the Mid bar is what the least of those above Low brought).
    """
    then = book.as_of(as_of)
    day = then.day or then.extracted_on
    scale = Landmark.of(day).as_a_year(first_known(then))
    if np.isnan(scale):
        raise BookError(label("orders_too_short", day=day))
    bar = _mid_bar(classes)
    each = year_orders(then)
    least = float(proposal.minimum) or low_quartile(each, bar)
    year = by_account(each, least)
    cost = costs(then, day)
    lacks = dict(cost.lacks)
    if lack := then.why_not("orders", "cost"):
        lacks["profit"] = label("orders_no_profit", lack=lack)
    ordered = classes[["account_id", "class"]].merge(year[year["orders"] > 0], on="account_id", how="inner")
    rows = _costed(ordered.sort_values("account_id", ignore_index=True), cost, scale)
    rows = rows.merge(_agreed(then, day, each, lacks), on="account_id", how="left")
    rows["below_agreed"] = rows["below_agreed"].fillna(0).astype("int64")
    rows["why"] = _why(rows, _key_accounts(then, lacks), proposal.exempt_high)
    rows["cannot_bundle"] = rows["ordered"] < least
    # as many as reach the minimum, what is over going with them or with a larger order; one part in 10^9 more, so that
    # a sum of cents just below a multiple by rounding is not one order less
    rows["bundled"] = np.floor(rows["small_revenue"] / (least or 1.0) * (1 + 1e-9)).astype("int64")
    own = rows[rows["why"].eq("") & (rows["small"] > 0)][_COLUMNS].reset_index(drop=True)
    spared = rows[rows["why"].ne("") & ((rows["small"] > 0) | (rows["below_agreed"] > 0))]
    columns = ["account_id", "class", "why", "agreed", "orders", "small", "small_revenue", "below_agreed"]
    surcharge, surcharge_chosen = _surcharge(own, proposal, lacks)
    resolved = replace(proposal, minimum=least, surcharge=0.0 if np.isnan(surcharge) else surcharge)
    days = order_days(then)
    days = days.filter(days.ordered_on > ibis.literal(before(day, "12M")))
    return Hits(
        accounts=own,
        spared=spared[columns].reset_index(drop=True),
        totals=totals(days, year, _part(year, rows)),
        proposal=resolved,
        surcharge=surcharge,
        minimum_chosen=proposal.minimum == 0,
        surcharge_chosen=surcharge_chosen,
        lacks=lacks,
        says=tuple(_says(own, cost, scale, "profit" not in lacks)),
        each=each,
    )


def _costed(rows: pd.DataFrame, cost: Costs, scale: float) -> pd.DataFrame:
    """The rows with cost_to_serve, contact_cost and order_cost; NaN where the book cannot tell."""
    rows = rows.merge(cost.frame, on="account_id", how="left")
    for name in ("cost_to_serve", "contact_cost", "asked_cost"):
        # costs are those of a year; where orders tell of less, of as much time as they do
        rows[name] = np.nan if name in cost.lacks else rows[name].fillna(0.0) / scale
    rows["order_cost"] = rows[["cost_to_serve", "asked_cost"]].sum(axis=1, min_count=1) / rows["orders"]
    return rows


def _why(rows: pd.DataFrame, keys: set[str], high: bool) -> pd.Series:
    """Why each account is spared (of WHY); "" where it is not."""
    import pandas as pd

    holds = [rows["agreed"].notna(), high & rows["class"].eq("High"), rows["account_id"].isin(keys)]
    return pd.Series(np.select(holds, list(WHY), ""), index=rows.index, dtype=object)


def _says(own: pd.DataFrame, cost: Costs, scale: float, costed: bool) -> list[str]:
    """What the figures of the accounts hit rest on."""
    says = [label("orders_like_last_year"), *cost.says]
    if not cost.known:
        says.append(label("orders_no_costs"))
    if scale > 1:
        says.append(label("orders_part_of_year", share=f"{1 / scale:.0%}"))
    whole, known = _total(own["revenue"]), _total(own["costed_revenue"])
    if costed and whole > 0 and known < whole * (1 - 5e-4):
        says.append(label("orders_partly_costed", share=f"{known / whole:.1%}"))
    return says


def _mid_bar(classes: pd.DataFrame) -> float:
    """A bar below which revenue makes an account Low: what the least of the others brought."""
    if missing := {"account_id", "class", "revenue"} - set(classes):
        raise UserError(f"classes: expected the columns account_id, class and revenue; missing: {sorted(missing)}.")
    low = classes["class"] == "Low"
    others = classes.loc[classes["class"].notna() & ~low, "revenue"]
    bar = float(others.min()) if len(others) else np.inf
    if low.any() and float(classes.loc[low, "revenue"].max()) >= bar:
        raise UserError("classes: expected every Low account to bring less revenue than every other active one.")
    return bar


def _agreed(book: Book, day: dt.date, each: ibis.Table, lacks: dict[str, str]) -> pd.DataFrame:
    """Accounts with a minimum agreed in a contract in force: account_id, agreed (the least), below_agreed (orders).

    In force from starts_on (signed_on where missing) until it ended; only where the book has no column ended_on, up
    to and including ends_on.
    """
    import pandas as pd

    if lack := book.why_not("contracts", "minimum_order"):
        lacks["agreed"] = lack
        return pd.DataFrame({"account_id": pd.Series(dtype=object), "agreed": np.nan, "below_agreed": 0})
    rows, now = book.table("contracts"), ibis.literal(day)
    holds = rows.account_id.notnull() & (rows.minimum_order > 0).fill_null(False)
    if "starts_on" in rows.columns:
        holds &= (rows.starts_on <= now).fill_null(True)
    if "ended_on" in rows.columns:
        holds &= (rows.ended_on > now).fill_null(True)
    elif "ends_on" in rows.columns:
        holds &= (rows.ends_on >= now).fill_null(True)
    own = rows.filter(holds).group_by("account_id").agg(agreed=rows.minimum_order.min())
    joined = each.filter(each.counted).inner_join(own, "account_id")
    joined = joined.filter(joined["value"] < joined.agreed)
    below = engine.frame(joined.group_by("account_id").agg(below_agreed=joined.count()))
    found = engine.frame(own.select("account_id", agreed=own.agreed.cast("float64")).order_by("account_id"))
    found["below_agreed"] = found["account_id"].map(below.set_index("account_id")["below_agreed"])
    return found


def _key_accounts(book: Book, lacks: dict[str, str]) -> set[str]:
    if lack := book.why_not("accounts", "key_account"):
        lacks["key_account"] = lack
        return set()
    rows = book.table("accounts", "account_id", "key_account")
    found = rows.filter(rows.key_account.fill_null(ibis.literal(False))).select("account_id")
    return set(engine.frame(found)["account_id"])


def _surcharge(own: pd.DataFrame, proposal: Proposal, lacks: dict[str, str]) -> tuple[float, bool]:
    """The surcharge, and whether it was chosen: the mean cost of the orders of the accounts hit, to the cent."""
    if proposal.step != PRICE:
        return 0.0, False
    if proposal.surcharge > 0:
        return float(proposal.surcharge), False
    spread = (own["order_cost"] * own["orders"]).dropna()
    if spread.empty:
        lacks["surcharge"] = label("orders_no_surcharge")
        return np.nan, True
    return round(_total(spread) / int(own["orders"].sum()), 2), True


def _total(values: pd.Series) -> float:
    """A sum that does not depend on the order of the accounts; what is NaN counts as nothing."""
    return float(np.sort(values.dropna().to_numpy("float64")).sum())


def _part(year: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """To which part of the totals the small orders of each account belong."""
    import pandas as pd

    ids, spared = year["account_id"], rows.loc[rows["why"].ne(""), "account_id"]
    part = np.select([ids.isin(spared), ~ids.isin(rows["account_id"])], [SPARED, UNKNOWN], HIT)
    return pd.Series(part, index=year.index, dtype=object)
