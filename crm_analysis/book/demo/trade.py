"""Orders in time: how often accounts order, on which days, from what their lives allow.

Orders are drawn in a time of the account's own, in which one order comes per unit; the account's level,
the season and its rests stretch that time over the calendar. Gaps come from a mixture of rhythms, none
of them exponential.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.book.demo.accounts import NEWCOMER, Accounts
from crm_analysis.book.demo.company import Market
from crm_analysis.book.demo.lives import Lives
from crm_analysis.book.demo.parameters import (
    FIRST_DAY,
    LAST_DAY,
    MEDIAN_SIZE,
    WEEK_START,
    WEEKS,
    WEEKS_A_YEAR,
    WORKDAYS,
    Flags,
    Floats,
    Ints,
    Luck,
    Tickets,
    choices,
    tickets,
)

RHYTHMS = ("call-off", "regular", "irregular", "burst")
CALL_OFF, REGULAR, IRREGULAR, BURST = range(4)
_RHYTHM_SHARE = np.array([0.22, 0.33, 0.27, 0.18])
_MOST_A_WEEK = 4.0  # orders without the programme; more than one a day is not seen
_IN_NUMBER = 0.55  # of a change in demand shows in the number of orders, the rest in their value


@dataclass(frozen=True)
class Rhythms:
    """One row per account of a chunk."""

    rhythm: Ints  # index into RHYTHMS
    rate: Floats  # orders a year at the account's usual size
    order_value: Floats  # EUR an order at the account's usual size
    seasonal: Floats  # how strongly it follows the season, 1 being usual


@dataclass(frozen=True)
class Orders:
    """One row per order, sorted by account and time."""

    account: Ints  # row of the account in its chunk
    ordered_on: Ints
    value: Floats  # what the account means to spend, EUR
    first: Flags  # the first order ever of a newcomer
    ticket: Tickets  # the order's own, from which its luck is drawn


def rhythms(rng: np.random.Generator, accounts: Accounts) -> Rhythms:
    """How often and how much each account orders; large ones do both more, in any proportion."""
    n = len(accounts)
    size = accounts.log_size - np.log(MEDIAN_SIZE)
    log_rate = np.log(7.4) + 0.48 * size + rng.uniform(-0.9, 0.9, n) + rng.uniform(-0.6, 0.6, n)
    rate = np.clip(np.exp(log_rate), 0.9, 110)
    rhythm = choices(rng.random(n), _RHYTHM_SHARE)
    return Rhythms(rhythm, rate, np.exp(accounts.log_size) / rate, rng.uniform(0.4, 1.5, n))


def number_in_year(rhythm: Rhythms, level: Floats) -> Floats:
    """Orders a year to be expected at a level, one per account."""
    return np.minimum(rhythm.rate * np.exp(_IN_NUMBER * level), _MOST_A_WEEK * WEEKS_A_YEAR)


def level(accounts: Accounts, lives: Lives, market: Market) -> Floats:
    """Logarithm of demand against the account's size: accounts x weeks."""
    return lives.level() + market.week + by_office(market.office_week, accounts)


def by_office(weeks: Floats, accounts: Accounts) -> Floats:
    """Numbers of offices x weeks as accounts x weeks, from the office that serves each account that week."""
    rows = weeks[accounts.first_office]
    moved = np.flatnonzero(accounts.office_moved <= LAST_DAY)
    later = accounts.office_moved[moved, None] <= WEEK_START
    rows[moved] = np.where(later, weeks[accounts.office[moved]], rows[moved])
    return rows


def pace(level: Floats, rhythm: Rhythms, market: Market) -> Floats:
    """Orders a week that each account would place, were it always there and no programme: accounts x weeks."""
    pace = np.exp(_IN_NUMBER * level + rhythm.seasonal[:, None] * market.season)
    pace *= (rhythm.rate / WEEKS_A_YEAR)[:, None]
    return pace


def expected(pace: Floats, boost: Floats, lives: Lives) -> Floats:
    """Orders a week to be expected of each account, holidays of its own and the programme counted.

    `boost` is the programme's effect, a logarithm.
    """
    orders = np.minimum(pace, _MOST_A_WEEK)
    orders *= np.exp(boost)
    orders *= lives.there()
    orders *= WORKDAYS / 5  # the extract cuts the last week short
    return orders


def orders(luck: Luck, accounts: Accounts, lives: Lives, rhythm: Rhythms, level: Floats, expected: Floats) -> Orders:
    """All orders of a chunk of accounts."""
    n = len(accounts)
    clock = np.zeros((n, WEEKS + 1))
    np.cumsum(expected, axis=1, out=clock[:, 1:])
    total = clock[:, -1]
    # enough gaps to fill every account's time, whatever their rhythm
    count = np.where(total > 0, np.ceil(1.25 * total + 6 * np.sqrt(total) + 10), 0).astype(np.int64)
    account = np.repeat(np.arange(n), count)
    ends = np.cumsum(count)
    opening = (ends - count)[count > 0]
    ticket = tickets(accounts.number[account], np.arange(len(account)) - (ends - count)[account])
    gap = _gaps(luck, ticket, rhythm.rhythm[account])
    # a newcomer's first order falls in its first week; the others are met somewhere between two orders
    buying = account[opening]
    first_week = expected[buying, lives.start[buying]]
    newcomer = accounts.role[buying] == NEWCOMER
    gap[opening] = luck.random(ticket[opening]) * np.where(newcomer, first_week, gap[opening])

    passed = np.cumsum(gap)
    before = np.zeros(n)
    before[buying] = passed[opening] - gap[opening]
    own = passed - before[account]
    # a hair's breadth keeps rounding from pushing an order past the account's last week
    kept = own < total[account] - 1e-9
    first = np.zeros(len(own), dtype=bool)
    first[opening[newcomer]] = True
    account, own, first, ticket = account[kept], own[kept], first[kept], ticket[kept]

    # all accounts' clocks, one after the other, are one rising line in which each order is looked up
    shift = np.cumsum(total + 1.0) - total - 1.0
    line = (clock + shift[:, None]).ravel()
    place = own + shift[account]
    at = np.searchsorted(line, place, side="right") - 1
    week = at - account * (WEEKS + 1)
    part = (place - line[at]) / (line[at + 1] - line[at])
    weekday = np.minimum((part * WORKDAYS[week]).astype(np.int64), WORKDAYS[week] - 1)
    ordered_on = FIRST_DAY + 7 * week + 2 + weekday

    # three draws together: bell-shaped, but never far out
    jitter = luck.random(ticket) + luck.random(ticket) + luck.random(ticket) - 1.5
    in_value = (1 - _IN_NUMBER) * level[account, week]
    value = rhythm.order_value[account] * np.exp(in_value + 0.75 * jitter)
    return Orders(account, ordered_on, np.maximum(value, 60.0), first, ticket)


def _gaps(luck: Luck, ticket: Tickets, rhythm: Ints) -> Floats:
    """Time to the next order, 1 on average in each rhythm."""
    u, v = luck.random(ticket), luck.random(ticket)
    steady = np.where(rhythm == CALL_OFF, 0.88 + 0.24 * u, 0.55 + 0.9 * u)
    # short and long waits in turn without order, then orders in bursts around a project
    irregular = np.where(v < 0.55, 0.05 + 0.45 * u, 0.9 + 1.7 * u) / 0.93875
    burst = np.where(v < 0.72, 0.02 + 0.2 * u, 1.8 + 2.6 * u) / 0.9544
    return np.where(rhythm <= REGULAR, steady, np.where(rhythm == IRREGULAR, irregular, burst))
