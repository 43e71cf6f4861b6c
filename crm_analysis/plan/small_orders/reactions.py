"""What an account hit brings more or less a year if it pays, bundles, drops its small orders, or leaves.

On margin less the avoidable cost that spending and contacts name for the account. Of the trailing year, taken for the
next: nothing is said about which reaction is likely, which no book tells beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.plan.small_orders.proposal import PRICE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.plan.small_orders.hits import Hits

    Array = NDArray[np.float64]

PAY, BUNDLE, DROP, LEAVE = "pay", "bundle", "drop", "leave"
REACTIONS = {PAY: "orders_pay", BUNDLE: "orders_bundle", DROP: "orders_drop", LEAVE: "orders_leave"}
"""Reactions, each with the label of its words."""


@dataclass(frozen=True)
class Shares:
    """Shares of the accounts that have a choice, by reaction; they sum to 1. UserError where they do not."""

    leave: float = 0
    drop: float = 0
    bundle: float = 0
    pay: float = 0

    def __post_init__(self) -> None:
        each = (self.leave, self.drop, self.bundle, self.pay)
        if not (all(0 <= share <= 1 for share in each) and abs(sum(each) - 1) < 1e-9):
            raise UserError(f"shares of reactions are from 0 to 1 and sum to 1; found {self}.")


@dataclass(frozen=True, eq=False)
class Reactions:
    """What each account hit brings more or less, a year.

    `accounts`, in the order of the hits: account_id, pay, bundle, drop, leave, forced. Money:

    - pay: the surcharge of its small orders (NaN at a minimum order: nobody can);
    - bundle: what the orders no longer placed would have cost; nothing is lost (NaN where all its orders together are
      below the minimum);
    - drop: the margin of its small orders less what they cost;
    - leave: all its margin, less its avoidable cost: above 0 where it costs more than it brings.

    Where the book has no costs of goods, revenue in place of margin, and no cost counts. `forced`: a minimum order
    leaves it no choice: it can neither pay nor bundle, and its whole year is gone.

    `rest` is what accounts do that neither leave nor bundle: PAY, or DROP at a minimum order.
    """

    accounts: pd.DataFrame
    money: str
    rest: str

    @cached_property
    def choices(self) -> Array:
        """leave, bundle, rest and drop of the accounts that have a choice, a row each, sorted by what they are.

        Where one cannot bundle it does the rest.
        """
        own = self.accounts[~self.accounts["forced"]]
        rest = own[self.rest].to_numpy("float64")
        bundle = own[BUNDLE].to_numpy("float64")
        table = np.column_stack(
            [
                own[LEAVE].to_numpy("float64"),
                np.where(np.isnan(bundle), rest, bundle),
                rest,
                own[DROP].to_numpy("float64"),
            ]
        )
        return np.asarray(table[np.lexsort(table.T)])

    @cached_property
    def lost(self) -> float:
        """What becomes of the accounts that have no choice, together."""
        return float(np.sort(self.accounts.loc[self.accounts["forced"], LEAVE].to_numpy("float64")).sum())

    def profit(self, shares: Shares) -> float:
        """The change of profit a year that is expected if these shares of the accounts with a choice react so.

        Whoever it is: each is as likely to as any other. UserError if some are to pay where nobody can.
        """
        if shares.pay > 0 and self.rest != PAY:
            raise UserError("at a minimum order nobody can pay; expected pay to be 0.")
        leave, bundle, rest, drop = self.choices.sum(axis=0)
        parts = ((shares.leave, leave), (shares.bundle, bundle), (shares.pay, rest), (shares.drop, drop))
        return self.lost + sum(float(share * each) for share, each in parts if share > 0)


def reactions(hits: Hits) -> Reactions:
    """Of the accounts hit."""
    own, proposal, money = hits.accounts, hits.proposal, hits.money
    price = proposal.step == PRICE
    small = own["small"]
    order = own["order_cost"].fillna(0.0) if money == "margin" else 0.0
    avoidable = own[["cost_to_serve", "contact_cost"]].sum(axis=1) if money == "margin" else 0.0
    table = own[["account_id"]].copy()
    table[PAY] = small * hits.surcharge if price else np.nan
    table[BUNDLE] = ((small - own["bundled"]) * order).where(~own["cannot_bundle"])
    table[DROP] = small * order - own[f"small_{money}"]
    table[LEAVE] = avoidable - own[money]
    table["forced"] = own["cannot_bundle"] & (not price)
    return Reactions(table, money, PAY if price else DROP)
