"""A chunk of accounts once its orders are made: what all the other tables are told from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import NEVER, NOBODY, Accounts
from crm_analysis.book.demo.company import programme_share
from crm_analysis.book.demo.effects import Effects
from crm_analysis.book.demo.history import FIELDS, History
from crm_analysis.book.demo.lines import NEVER_SHIPPED, Lines, Tastes
from crm_analysis.book.demo.lives import Lives
from crm_analysis.book.demo.parameters import (
    LAST_DAY,
    QUARTERS,
    WEEK_START,
    WEEKS,
    Flags,
    Floats,
    Ints,
    Tickets,
    choices,
    quarter_of,
)
from crm_analysis.book.demo.service import Service
from crm_analysis.book.demo.truth import mid_bar

_ABOVE_SIZE = 1.4  # the Mid bar of what is bought against that of the sizes drawn: many are not there all year

# which of the competitors is an account's other supplier, by the family it mostly buys
_RIVAL_SHARE = np.array(
    [
        [40, 25, 15, 12, 8],
        [25, 30, 20, 15, 10],
        [8, 20, 42, 20, 10],
        [10, 15, 20, 45, 10],
        [8, 12, 25, 45, 10],
        [30, 15, 10, 10, 35],
    ],
    dtype=float,
)


@dataclass(frozen=True)
class Goods:
    """One row per order of goods, sorted by account and day; credit notes are none."""

    account: Ints
    ordered_on: Ints
    promised_on: Ints  # of its first line
    days_late: Ints  # of its last line, as known at the extract; negative where early
    order: Ints  # its number in the chunk
    ticket: Tickets  # of its first line


@dataclass(frozen=True)
class Chunk:
    """One row per account where nothing else is said; days are NOBODY where nothing happened."""

    accounts: Accounts
    lives: Lives
    taste: Tastes
    history: History
    service: Service
    line: Lines
    effects: Effects
    starts: Ints  # day on which the programme starts, by office
    first_order: int  # orders of the chunks before
    since: Ints  # day of the first order in the data
    until: Ints  # first day on which it is no customer any more
    rival: Ints  # its other supplier, index into COMPETITORS
    revenue: Ints  # cents ordered: accounts x quarters
    bar: float  # EUR a year: about where the Mid bar of the pyramid will lie
    ids: pa.Array = field(repr=False)

    def __len__(self) -> int:
        return len(self.accounts)

    @property
    def known(self) -> Ints:
        """The day each account was known."""
        return self.history.known_since

    @property
    def left(self) -> Flags:
        """Accounts that were customers and left within the data."""
        return (self.since < NOBODY) & (self.until <= LAST_DAY)

    def account_id(self, account: Ints) -> pa.Array:
        """Keys of accounts, from their rows in the chunk."""
        return self.ids.take(pa.array(account))

    def order_id(self, order: Ints) -> pa.Array:
        """Keys of orders, from their numbers in the chunk."""
        return names.order_ids(self.first_order + order)

    def coded(self, letter: str, account: Ints, turn: Ints, digits: int = 2) -> pa.Array:
        """Keys made of an account's number and a turn of its own, so that no two chunks share one."""
        return names.codes(letter, (self.accounts.number[account] + 1) * 10**digits + turn, 7 + digits)

    def is_customer(self, account: Ints, days: Ints) -> Flags:
        """Whether accounts are customers on days: after their first order, and not gone."""
        return (self.since[account] <= days) & (days < self.until[account])

    def rep_on(self, account: Ints, days: Ints) -> Ints:
        """Number of the rep who had each account on a day; the first one on earlier days."""
        rows = np.flatnonzero(self.history.field == FIELDS.index("rep_id"))
        owner = self.history.account[rows]
        # days fit in five digits
        at = np.searchsorted(owner * 100_000 + self.history.day[rows], account * 100_000 + days, side="right") - 1
        return self.history.value[rows][np.maximum(at, np.searchsorted(owner, account))]

    def rep_id(self, account: Ints, days: Ints) -> pa.Array:
        """Key of the rep who had each account on a day."""
        numbers, place = np.unique(self.rep_on(account, days), return_inverse=True)
        return names.rep_ids(numbers).take(pa.array(place))

    @cached_property
    def goods(self) -> Goods:
        """The orders of goods."""
        line = self.line
        first = np.flatnonzero(np.diff(line.order, prepend=-1))
        late = np.minimum(line.shipped_on, LAST_DAY) - line.promised_on
        worst = np.maximum.reduceat(late, first) if len(first) else late
        goods = line.promised_on[first] != NEVER_SHIPPED
        row = first[goods]
        return Goods(
            account=line.account[row],
            ordered_on=line.ordered_on[row],
            promised_on=line.promised_on[row],
            days_late=worst[goods],
            order=line.order[row],
            ticket=line.ticket[row],
        )

    @cached_property
    def treated(self) -> Floats:
        """How much of the programme's effect is there in each account's office: accounts x quarters, 0 to 1."""
        share = programme_share(self.starts, self.effects)
        return share[self.accounts.office_in_quarter(), np.arange(QUARTERS)]

    @cached_property
    def value(self) -> Floats:
        """EUR each account ordered in the four quarters before a quarter, what it could bring where there are none.

        Accounts x quarters. This is all a rep knows of an account's value when planning a visit.
        """
        total = np.cumsum(self.revenue, axis=1) / 100
        before = np.zeros(total.shape)
        before[:, 1:] = total[:, :-1]
        before[:, 5:] -= total[:, :-5]
        early = np.clip(1 - np.arange(QUARTERS) / 4, 0, 1)
        return np.maximum(before + early * np.exp(self.accounts.log_size)[:, None], 50.0)


def chunk(
    rng: np.random.Generator,
    accounts: Accounts,
    lives: Lives,
    taste: Tastes,
    history: History,
    service: Service,
    line: Lines,
    effects: Effects,
    starts: Ints,
    first_order: int,
) -> Chunk:
    """The chunk with what is read off its orders."""
    n = len(accounts)
    since = np.append(line.ordered_on, NOBODY)[np.searchsorted(line.account, np.arange(n))]
    since = np.where(np.bincount(line.account, minlength=n) > 0, since, NOBODY)
    until = np.where(lives.end < WEEKS, WEEK_START[np.minimum(lives.end, WEEKS - 1)], NOBODY)
    cell = line.account * QUARTERS + quarter_of(line.ordered_on)
    # cents of a quarter are far below what a double holds exactly
    revenue = np.bincount(cell, weights=line.revenue, minlength=n * QUARTERS).astype(np.int64).reshape(n, QUARTERS)
    sizes = np.exp(accounts.log_size[accounts.role != NEVER]).astype(np.int64)
    return Chunk(
        accounts=accounts,
        lives=lives,
        taste=taste,
        history=history,
        service=service,
        line=line,
        effects=effects,
        starts=starts,
        first_order=first_order,
        since=since,
        until=until,
        rival=choices(rng.random(n), _RIVAL_SHARE[taste.main]),
        revenue=revenue,
        bar=float(max(1, mid_bar(sizes)) * _ABOVE_SIZE),
        ids=names.account_ids(accounts.number),
    )


def delivered_on(line: Lines) -> Ints:
    """The day a line reaches the customer's bill: its shipment, or for a credit note the day it was written."""
    return np.where(line.promised_on == NEVER_SHIPPED, line.ordered_on, line.shipped_on)


def turns(owner: Ints) -> Ints:
    """Which row of its owner each row is, counted from 0; owners stand together."""
    if not len(owner):
        return owner
    opens = np.flatnonzero(np.diff(owner, prepend=owner[0] - 1))
    return np.arange(len(owner)) - np.repeat(opens, np.diff(np.append(opens, len(owner))))
