"""The whole simulation of a proposal for small orders, for the page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from crm_analysis.plan.small_orders.break_even import break_even, must_bundle
from crm_analysis.plan.small_orders.hits import Hits, hits
from crm_analysis.plan.small_orders.proposal import MINIMUM, Proposal
from crm_analysis.plan.small_orders.reactions import Reactions, reactions
from crm_analysis.plan.small_orders.spread import spread
from crm_analysis.value.segments import CLASSES

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


@dataclass(frozen=True, eq=False)
class SmallOrders:
    """A proposal for small orders, held against the trailing year.

    `found` says whom it hits and with which orders (`Hits`), `took` how each may take it (`Reactions`). The tables:

    - hits: `Hits.accounts` with pay, bundle, drop, leave and forced of `Reactions`;
    - orders, spared, totals: those of `Hits`;
    - at_stake: a row per class hit: class, accounts, forced (accounts), orders, small, small_revenue, revenue and,
      where the book can tell, small_margin, margin, cost_to_serve, contact_cost;
    - break_even, bundling: `break_even`, `must_bundle`; without rows where the book has no costs, as no profit can be
      told;
    - grid: `spread`; where the book has no costs its money is revenue.
    """

    found: Hits
    took: Reactions

    @property
    def proposal(self) -> Proposal:
        """With the minimum and the surcharge that were used (0 where no surcharge can be told)."""
        return self.found.proposal

    @property
    def money(self) -> str:
        """What the money of reactions is: margin less avoidable cost, or revenue."""
        return self.found.money

    @property
    def lacks(self) -> dict[str, str]:
        """What the book cannot tell, by name: profit, surcharge, a cost (`costs.NAMES`), agreed, key_account."""
        return self.found.lacks

    @property
    def says(self) -> tuple[str, ...]:
        """What the figures rest on, in sentences."""
        return self.found.says

    @cached_property
    def refusing(self) -> SmallOrders:
        """The same minimum, smaller orders refused rather than priced; nothing is asked of the engine again."""
        own = self.found
        step = replace(own.proposal, step=MINIMUM, surcharge=0.0)
        lacks = {name: why for name, why in own.lacks.items() if name != "surcharge"}
        found = replace(own, proposal=step, surcharge=0.0, surcharge_chosen=False, lacks=lacks)
        return SmallOrders(found, reactions(found))

    @cached_property
    def hits(self) -> pd.DataFrame:
        """The accounts hit, and what each reaction would make of them."""
        return self.found.accounts.merge(self.took.accounts, on="account_id", how="left")

    @property
    def orders(self) -> pd.DataFrame:
        """The orders hit."""
        return self.found.orders

    @property
    def spared(self) -> pd.DataFrame:
        """The accounts spared, and why."""
        return self.found.spared

    @property
    def totals(self) -> pd.DataFrame:
        """Where all lines of the year went."""
        return self.found.totals

    @cached_property
    def at_stake(self) -> pd.DataFrame:
        """What the accounts hit bring and cost, by class."""
        names = [
            "orders",
            "small",
            "small_revenue",
            "revenue",
            "small_margin",
            "margin",
            "cost_to_serve",
            "contact_cost",
        ]
        told = [name for name in names if not self.hits[name].isna().any()]
        # sorted, so that the sums of floats do not hang on the order of the accounts
        rows = self.hits.sort_values(told).groupby("class")
        table = rows[told].sum().assign(accounts=rows.size(), forced=rows["forced"].sum())
        table = table.reindex([name for name in CLASSES if name in table.index]).rename_axis("class").reset_index()
        return table[["class", "accounts", "forced", *told]]

    @cached_property
    def break_even(self) -> pd.DataFrame:
        """How many may leave."""
        table = break_even(self.took)
        return table if self.money == "margin" else table[:0]

    @cached_property
    def bundling(self) -> pd.DataFrame:
        """How many must bundle."""
        table = must_bundle(self.took)
        return table if self.money == "margin" else table[:0]

    @cached_property
    def grid(self) -> pd.DataFrame:
        """The profit over plausible reactions."""
        return spread(self.took)


def small_orders(book: Book, as_of: str | dt.date, proposal: Proposal, classes: pd.DataFrame) -> SmallOrders:
    """The proposal, held against the year to `as_of`; `classes` and errors as in `hits`."""
    found = hits(book, as_of, proposal, classes)
    return SmallOrders(found, reactions(found))
