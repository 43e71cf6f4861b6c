"""What proposals would make of the book: a minimum order or a price for small orders, and accounts lifted to a class.

A facade for the what-if page. Each room is made once, when it is asked for; what the book cannot carry raises a
BookError that says so in words.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.accounts import accounts
from crm_analysis.book.days import last_known
from crm_analysis.contacts import contacts
from crm_analysis.errors import BookError, UserError
from crm_analysis.plan import summary
from crm_analysis.plan.effort.lengths import Lengths, lengths
from crm_analysis.plan.moves.costs import Effort, costs
from crm_analysis.plan.moves.expected import Expected, expected
from crm_analysis.plan.moves.ladder import CLASS, TIER, TOP_TIERS, Ladder, class_ladder, tier_ladder
from crm_analysis.plan.moves.migration import Migration, migration
from crm_analysis.plan.moves.movers import Movers, movers
from crm_analysis.plan.moves.past import QUARTERS, Past, past
from crm_analysis.plan.moves.what_if import WhatIf, lifted
from crm_analysis.plan.moves.wishes import wishes
from crm_analysis.plan.policy import DESK, DEVELOP, KEY, NONE, Policy
from crm_analysis.plan.small_orders import PRICE, Proposal, SmallOrders, small_orders
from crm_analysis.value.segments import CLASSES, Bars, bars, segments

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

YEAR = 4
"""Quarters of the steps by which moves are valued."""
LEVEL_OF = {"High": KEY, "Mid": DEVELOP, "Low": DESK, "top": KEY, "big": KEY, "medium": DEVELOP, "small": DESK}
"""The level of service that accounts of a state get; of any other NONE."""


@dataclass(frozen=True, eq=False)
class Proposals:
    """What proposals would make of `book` on `day`, the last of which anything is known.

    `proposal` is about small orders, `moves` are accounts to lift ("Low>Mid: 6"), `quarters` how far ahead the book is
    expected.
    """

    book: Book
    day: dt.date
    proposal: Proposal = field(default_factory=Proposal)
    moves: str = "Low>Mid: 6"
    quarters: int = YEAR
    policy: Policy = field(default_factory=Policy)
    high_bar: float = 0
    mid_bar: float = 0

    # --- small orders ---

    @cached_property
    def bars(self) -> Bars:
        """The bars of High and Mid."""
        return bars(accounts(self.book, self.day), self.high_bar, self.mid_bar)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row per account (`accounts.accounts`) with its class."""
        frame = accounts(self.book, self.day)
        frame["class"] = segments(frame, self.bars)["class"]
        return frame

    @cached_property
    def price(self) -> SmallOrders:
        """The small-order price; raises BookError where orders reach back too short."""
        return small_orders(self.book, self.day, replace(self.proposal, step=PRICE), self.accounts)

    @cached_property
    def minimum(self) -> SmallOrders:
        """The minimum order: smaller ones are refused."""
        return self.price.refusing

    # --- moves ---

    @cached_property
    def _years(self) -> Past | BookError:
        return self._past(YEAR)

    def _past(self, quarters: int) -> Past | BookError:
        try:
            return past(self.book, self.day, quarters)
        except BookError as lack:
            return lack

    @property
    def years(self) -> Past:
        """Trailing years a year apart; raises BookError where orders do not reach back that far."""
        return _told(self._years)

    @cached_property
    def steps(self) -> Past:
        """Trailing years, as many quarters apart as are looked ahead; raises BookError alike."""
        return self.years if self.quarters == YEAR else _told(self._past(self.quarters))

    @cached_property
    def kind(self) -> str:
        """What the moves are between: CLASS or TIER."""
        return wishes(self.moves, _EMPTY)[0].kind

    def ladder(self, on: Past) -> Ladder:
        """The states that the moves name, by today's bars."""
        return class_ladder(on, self.high_bar, self.mid_bar) if self.kind == CLASS else tier_ladder(on)

    @cached_property
    def migration(self) -> Migration:
        """How accounts moved in steps of so many quarters."""
        return migration(self.steps, self.ladder(self.steps))

    @cached_property
    def expected(self) -> Expected:
        """The book so many quarters from now, were nothing done."""
        return expected(self.migration, self.steps)

    @cached_property
    def movers(self) -> Movers:
        """What accounts that moved brought in their next year."""
        return movers(self.years, self.ladder(self.years))

    @cached_property
    def lengths(self) -> Lengths:
        """How long contacts take."""
        return lengths(self.book, self.day, self.accounts.set_index("account_id")["class"])

    @cached_property
    def minute_cost(self) -> float:
        """What a minute of contact cost in the trailing year; NaN where the book does not tell."""
        found = contacts(self.book, self.day).of(self.accounts["account_id"])
        known = found[["minutes", "contact_cost"]].astype("float64").dropna()
        minutes, cost = (float(np.sort(known[name].to_numpy()).sum()) for name in known)
        return cost / minutes if minutes > 0 and cost > 0 else np.nan

    @cached_property
    def effort(self) -> Effort | None:
        """Minutes a year of contacts with an account of each state, and what a minute costs.

        Visits and calls that the policy begins, as long as they take with accounts of the class (of all, where it has
        no length of its own, and for tiers); and, where the book tells who began contacts, what accounts of the state
        asked for in the mean in the trailing year (of a state without accounts: what those of all states did).
        None where it is not known what a minute costs.
        """
        import pandas as pd

        if not self.minute_cost > 0:
            return None
        states = self.ladder(self.years).states
        long = self.lengths.minutes(pd.Series(states, dtype=object))
        asked = self._asked
        minutes = {}
        for place, state in enumerate(states):
            visits, calls = self.policy.cadence(LEVEL_OF.get(state, NONE))
            begun = float(visits * long["visits"][place] + calls * long["calls"][place])
            minutes[state] = begun + asked[place]
        return Effort(minutes, self.minute_cost)

    @property
    def _asked(self) -> list[float]:
        """Minutes of contacts of the trailing year that accounts of each state asked for, in the mean."""
        import pandas as pd

        known = self.years
        ladder = self.ladder(known)
        asked = contacts(self.book, self.day).of(pd.Series(known.account_id))["minutes_theirs"].to_numpy("float64")
        place = ladder.places(*known.on(-1))
        whole = asked[place < len(ladder.states)]
        if np.isnan(whole).any() or not len(whole):
            return [0.0] * len(ladder.states)
        groups = [asked[place == at] for at in range(len(ladder.states))]
        # sorted, so that sums hang neither on the order of rows nor on names
        return [float(np.sort(own if len(own) else whole).mean()) for own in groups]

    @cached_property
    def lifted(self) -> WhatIf:
        """What the moves would bring; raises BookError where orders or accounts are too few."""
        known = self.years
        try:
            return lifted(known, self.moves, [self.ladder(known)], costs(self.book, self.day), self.effort)
        except UserError as error:  # the moves can be read, but there are fewer accounts than they lift
            raise BookError(str(error)) from None

    @cached_property
    def missing(self) -> pd.DataFrame:
        """What the book lacks of what the page can use: why, unlocks."""
        return summary.missing(self.book, summary.PROPOSALS)


def _told(found: Past | BookError) -> Past:
    if isinstance(found, BookError):
        raise found
    return found


_EMPTY = (Ladder(CLASS, CLASSES, (0.0, 0.0)), Ladder(TIER, TOP_TIERS, (0.0, 0.0, 0.0)))
"""The states that moves may name, whatever the book."""


def proposals(
    book: Book,
    as_of: str | dt.date,
    proposal: Proposal | None = None,
    moves: str = "Low>Mid: 6",
    quarters: int = YEAR,
    policy: Policy | None = None,
    high_bar: float = 0,
    mid_bar: float = 0,
) -> Proposals:
    """The proposals as a book tells them, as known on a day.

    UserError for moves that cannot be read, and for quarters that are not of 1 to 8.
    """
    wishes(moves, _EMPTY)
    if isinstance(quarters, bool) or quarters not in QUARTERS:
        raise UserError(f"quarters looked ahead are 1 to {QUARTERS[-1]}; found {quarters!r}.")
    known = book.as_of(as_of)
    own = (proposal or Proposal(), moves, quarters, policy or Policy(), high_bar, mid_bar)
    return Proposals(known, last_known(known), *own)
