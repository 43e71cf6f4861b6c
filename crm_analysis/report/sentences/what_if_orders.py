"""What the what-if page tells of small orders: whom a proposal hits, how many may leave, what becomes of the profit."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import inside, sentences
from crm_analysis.plan.small_orders import MINIMUM, PRICE
from crm_analysis.plan.small_orders.break_even import LEAVING
from crm_analysis.plan.small_orders.hits import WHY
from crm_analysis.plan.small_orders.reactions import REACTIONS, Shares
from crm_analysis.plan.small_orders.spread import BUNDLING
from crm_analysis.plan.small_orders.year import PARTS
from crm_analysis.report.sentences import counted, money
from crm_analysis.report.sentences.plan_lists import some
from crm_analysis.report.sentences.plan_words import worded
from crm_analysis.report.sentences.what_if import lack
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.plan.proposals import Proposals
    from crm_analysis.plan.small_orders import SmallOrders

# columns that the page shows of a table; its file holds all
HITS = ("name", "orders", "small", "small_revenue", "margin", "pay", "bundle", "drop", "leave")
GRID = ("leave_share", "bundle_share", "leaving", "bundling", "profit_change", "low_profit",
        "high_profit", "worst_profit")  # fmt: skip
SPARED = ("name", "class", "why", "agreed", "orders", "small", "small_revenue", "below_agreed")
EVEN = ("proposal", "rest", "profit_staying", "break_even", "may_leave", "most_first", "least_first")
STEP_WORDS = {PRICE: "orders_step_price", MINIMUM: "orders_step_minimum"}


# --- in short ---


def hits(look: Proposals) -> str:
    """How many accounts and orders the price hits; that it cannot be told."""
    if lack(lambda: look.price):
        return label("unknown")
    own = look.price.hits
    return label(
        "hits_value", accounts=counted(len(own), "account"), orders=counted(int(own["small"].sum()), "order_below")
    )


def hits_said(look: Proposals, currency: str) -> str:
    """What is proposed, what it hits, and how many may leave; why that cannot be told."""
    if why := lack(lambda: look.price):
        return why
    found = look.price
    proposal = found.proposal
    own = found.hits
    if not proposal.minimum > 0:
        return label("hits_no_orders")
    minimum, price = money(proposal.minimum, currency), money(proposal.surcharge, currency)
    if own.empty:
        return label("hits_nobody", minimum=minimum)
    words = [
        label(
            "hits_said" if proposal.surcharge > 0 else "hits_said_open",
            minimum=minimum,
            price=price,
            accounts=counted(len(own), "account"),
            orders=counted(int(own["small"].sum()), "order_below"),
            value=money(float(own["small_revenue"].sum()), currency),
        )
    ]
    if found.found.minimum_chosen:
        words.append(label("hits_minimum_chosen", minimum=minimum))
    if found.found.surcharge_chosen and proposal.surcharge > 0:
        words.append(label("hits_price_chosen", price=price))
    return sentences(*words, even_said(found))


def even_said(found: SmallOrders) -> str:
    """How many may leave before it loses; why that cannot be told."""
    if found.money != "margin":
        return str(found.lacks["profit"])
    words, worst = [], []
    for _, row in found.break_even.iterrows():
        rest = label(REACTIONS[row["rest"]])
        if not row["profit_staying"] > -np.inf:
            continue
        if row["any"]:
            words.append(label("even_never", rest=rest))
        elif not row["break_even"] >= 0:
            words.append(label("even_always", rest=rest))
        elif not row["may_leave"]:
            words.append(label("even_one", rest=rest))
        else:
            told = {"may": text(int(row["may_leave"]), "count"), "accounts": counted(len(found.hits), "account")}
            words.append(label("even_at", rest=rest, share=text(row["break_even"], "share"), **told))
            if row["may_leave"] > row["most_first"]:
                key = "even_worst" if row["most_first"] else "even_worst_none"
                worst.append(label(key, n=row["most_first"], rest=rest))
    return sentences(*words, *dict.fromkeys(worst))


def spread(look: Proposals, currency: str) -> str:
    """From the worst to the best over plausible reactions."""
    table = _known(look.price)
    return label(
        "spread_value",
        low=money(float(table["low_profit"].min()), currency),
        high=money(float(table["high_profit"].max()), ""),
    )


def spread_said(look: Proposals, currency: str) -> str:
    """What the range is over, and what the ends are; raises BookError where there is none."""
    table = _known(look.price)
    means = table["profit_change"]
    worst, best = table.loc[means.idxmin()], table.loc[means.idxmax()]
    words = label(
        "spread_said",
        most=_percent(float(table["leave_share"].max())),
        accounts=counted(len(look.price.hits), "account"),
        worst=money(float(worst["profit_change"]), currency),
        worst_leave=_percent(worst["leave_share"]),
        worst_bundle=_percent(worst["bundle_share"]),
        best=money(float(best["profit_change"]), currency),
        best_leave=_percent(best["leave_share"]),
        best_bundle=_percent(best["bundle_share"]),
        money=label("spread_profit" if look.price.money == "margin" else "spread_revenue"),
    )
    return words


def _known(found: SmallOrders) -> pd.DataFrame:
    table = found.grid
    table = table[table["profit_change"].notna()]
    if found.hits.empty:
        raise BookError("")
    return some(table)


def _percent(share: Any) -> str:
    return f"{100 * share:.0f}%"


# --- the rooms ---


def listed(look: Proposals) -> pd.DataFrame:
    """The accounts hit by name, those of most small orders first; raises BookError where there are none."""
    table = some(_price(look).hits)
    frame = look.accounts
    names = frame.set_index("account_id")["name"] if "name" in frame else None
    known = table["account_id"] if names is None else table["account_id"].map(names).fillna(table["account_id"])
    table = worded(table.assign(name=known))
    return table.sort_values(["small_revenue", "account_id"], ascending=[False, True], ignore_index=True)


def hit_orders(look: Proposals) -> pd.DataFrame:
    """The orders hit; raises BookError where there are none."""
    return some(_price(look).orders)


def totals(look: Proposals) -> pd.DataFrame:
    """Where all orders of the year went, in words; raises BookError where orders are too short."""
    table = _price(look).totals
    return table.assign(part=[label(PARTS[name]) for name in table["part"]])


def spared(look: Proposals) -> pd.DataFrame:
    """Accounts that a proposal spares, in words; raises BookError where there are none."""
    table = some(_price(look).spared)
    frame = look.accounts
    names = (
        frame.set_index("account_id")["name"] if "name" in frame else frame.set_index("account_id").index.to_series()
    )
    table = table.assign(
        name=table["account_id"].map(names).fillna(table["account_id"]), why=[label(WHY[why]) for why in table["why"]]
    )
    return worded(table)


def even(look: Proposals) -> pd.DataFrame:
    """Break-evens of both proposals, in words; raises BookError where no profit is told."""
    import pandas as pd

    parts = [
        found.break_even.assign(
            proposal=label(STEP_WORDS[found.proposal.step]),
            rest=[label(REACTIONS[rest]) for rest in found.break_even["rest"]],
        )
        for found in (_price(look), look.minimum)
        if len(found.hits)
    ]
    if not parts:
        raise BookError("")
    table = pd.concat(parts, ignore_index=True)
    return some(table[table["profit_staying"].notna()].reset_index(drop=True))


def minimum_said(look: Proposals) -> str:
    """How many may leave where small orders are refused; raises BookError where nobody is hit."""
    found = look.minimum
    some(found.hits)
    forced = int(found.hits["forced"].sum())
    said = even_said(found) if found.money == "margin" else ""
    words = [label("even_refusing"), inside(said)] if said else []
    if forced:
        words.append(counted(forced, "even_forced"))
    return sentences(*words)


def price_grid(look: Proposals) -> pd.DataFrame:
    """The profit over reactions to a price; raises BookError where there is none."""
    return _known(_price(look)).reset_index(drop=True)


def minimum_grid(look: Proposals) -> pd.DataFrame:
    """The same where small orders are refused."""
    _price(look)
    return _known(look.minimum).reset_index(drop=True)


def drawn(look: Proposals) -> pd.DataFrame:
    """What the figure draws, the change expected of any such shares: leave_share, bundle_share, profit_change.

    Raises BookError where nobody is hit, or nothing is known of what those do who pay.
    """
    import pandas as pd

    some(look.price.hits)
    rows = []
    for leave, bundle in itertools.product(LEAVING, BUNDLING):
        stay = 1 - leave
        change = look.price.took.profit(Shares(leave=leave, bundle=stay * bundle, pay=stay - stay * bundle))
        rows.append((leave, bundle, change))
    table = pd.DataFrame(rows, columns=["leave_share", "bundle_share", "profit_change"])
    return some(table[table["profit_change"].notna()])


def grid_alt(look: Proposals, currency: str) -> str:
    """What the figure shows."""
    return label("alt_reactions", said=spread_said(look, currency))


def _price(look: Proposals) -> SmallOrders:
    """The proposal; a BookError without a word where it cannot be told, as is said in short."""
    if lack(lambda: look.price):
        raise BookError("")
    return look.price


def rests_on(look: Proposals) -> str:
    """What the figures rest on; raises BookError where orders are too short."""
    return sentences(*look.price.says)
