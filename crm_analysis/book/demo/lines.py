"""Order lines: what is in an order, at which price and cost, when it ships, and what comes back.

Money is counted in whole cents from the price of a piece on, so a line's revenue is exactly its
quantity times its price.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from crm_analysis.book.demo.accounts import Accounts
from crm_analysis.book.demo.catalogue import CATALOGUE, MAIN_FAMILY, PROTOTYPES, TOOLING
from crm_analysis.book.demo.days import workday
from crm_analysis.book.demo.parameters import (
    FIRST_DAY,
    LAST_DAY,
    Floats,
    Ints,
    Luck,
    Tickets,
    choices,
    day,
    quarter_of,
    tickets,
)
from crm_analysis.book.demo.service import Service
from crm_analysis.book.demo.trade import Orders

NEVER_SHIPPED = LAST_DAY + 10_000
_MOST_LINES = 9
_CREDITED = 0.0215  # share of the lines that are credited later; some after the extract
_PRICE_RISE = 0.021  # a year, on the first of January
# costs as a multiple of those of 2022, at the days in _COST_DAYS: copper and energy rise before prices do
_COST_DAYS = np.array([FIRST_DAY, day("2023-09-01"), day("2024-10-01"), day("2025-08-01"), LAST_DAY])
_COST_LEVEL = np.array([1.0, 1.045, 1.03, 1.085, 1.10])


@dataclass(frozen=True)
class Tastes:
    """What each account of a chunk buys and at which terms; one row per account."""

    main: Ints  # family it mostly buys, index into FAMILIES
    second: Ints
    favourite: Floats  # 0 to 1, where in a family its usual products lie
    narrow: Floats  # the larger, the fewer lines in an order
    trial: Floats  # how often a line is a prototype or tooling: who means to grow tries more
    price: Floats  # multiple of the list price it pays
    effort: Floats  # multiple of the usual cost its boards take
    setup: Floats  # EUR of cost for every line, however small


@dataclass(frozen=True)
class Lines:
    """One row per line, sorted by account, day and order; amounts in cents."""

    order: Ints  # counted from 0 in the chunk
    account: Ints
    ordered_on: Ints
    product: Ints
    quantity: Ints
    revenue: Ints
    cost: Ints
    promised_on: Ints  # NEVER_SHIPPED on credit notes: nothing is promised
    shipped_on: Ints  # later than LAST_DAY where not shipped yet, or never
    ticket: Tickets  # the line's own, from which its luck is drawn; a credit note has that of its line

    def __len__(self) -> int:
        return len(self.order)


def tastes(rng: np.random.Generator, accounts: Accounts) -> Tastes:
    """Needs from the industry, terms from size and from bargaining that no column shows."""
    n = len(accounts)
    needs = MAIN_FAMILY[accounts.industry]
    main, second = choices(rng.random(n), needs), choices(rng.random(n), needs)
    # dealers get a discount; large accounts bargain, some small ones were given a bargain long ago
    dealer = accounts.customer_type == 2
    bargain = (rng.random(n) < 0.07) * rng.uniform(0.10, 0.26, n)
    price = 1.08 - 0.17 * accounts.rank**3 + rng.uniform(-0.09, 0.09, n) - 0.06 * dealer - bargain
    effort = 1 + rng.uniform(-0.10, 0.10, n) + (rng.random(n) < 0.06) * rng.uniform(0.05, 0.2, n)
    return Tastes(
        main=main,
        second=second,
        favourite=rng.random(n),
        narrow=rng.uniform(0.95, 2.3, n),
        trial=0.03 + 0.08 * accounts.potential + 0.06 * rng.random(n),
        price=price,
        effort=effort,
        setup=rng.uniform(8, 50, n),
    )


def lines(luck: Luck, orders: Orders, taste: Tastes) -> Lines:
    """The lines of the orders, not yet shipped."""
    account = orders.account
    count = np.minimum(luck.random(orders.ticket) ** (-1 / taste.narrow[account]), _MOST_LINES).astype(np.int64)
    order = np.repeat(np.arange(len(account)), count)
    opening = np.cumsum(count) - count
    account, ordered_on = account[order], orders.ordered_on[order]
    ticket = tickets(orders.ticket[order], np.arange(len(order)) - opening[order])

    u = luck.random(ticket) - 0.25 * orders.first[order]  # a first order is often a prototype
    trial = taste.trial[account]
    main = np.where(u < 0.74, taste.main[account], taste.second[account])
    family = np.where(u < 1 - trial, main, np.where(u < 1 - 0.45 * trial, PROTOTYPES, TOOLING))
    family = np.where(orders.first[order] & (u < 0.2), PROTOTYPES, family)
    place = taste.favourite[account] + 0.35 * luck.random(ticket) ** 2
    product = CATALOGUE.first[family] + ((place % 1) * CATALOGUE.count[family]).astype(np.int64)

    weight = 0.25 + luck.random(ticket)
    whole = np.add.reduceat(weight, opening) if len(opening) else weight
    target = orders.value[order] * weight / whole[order]

    # the first quarter of the data is the last one of 2022
    rise = (1 + _PRICE_RISE) ** ((quarter_of(orders.ordered_on) + 3) // 4)
    list_price = CATALOGUE.price[product] * rise[order] * taste.price[account]
    quantity = np.maximum(1, np.rint(target / list_price))
    # people order round numbers
    lot = np.select([quantity >= 1000, quantity >= 200, quantity >= 40], [50, 10, 5], 1)
    quantity = (np.rint(quantity / lot) * lot).astype(np.int64)
    # the list knows no lots: larger quantities are cheaper, to the customer and a little less to us
    doublings = np.log2(np.minimum(quantity, 4096))
    rebate = 1 - 0.018 * doublings
    cents = np.maximum(1, np.rint(100 * list_price * rebate * (0.97 + 0.06 * luck.random(ticket)))).astype(np.int64)
    level = np.interp(orders.ordered_on, _COST_DAYS, _COST_LEVEL)[order] * taste.effort[account]
    saving = 1 - 0.014 * doublings
    unit = np.maximum(1, np.rint(100 * CATALOGUE.cost[product] * level * saving)).astype(np.int64)
    setup = np.rint(100 * taste.setup[account] * (0.8 + 0.4 * luck.random(ticket))).astype(np.int64)
    setup = np.where(family == TOOLING, 0, setup)
    never = np.full(len(order), NEVER_SHIPPED)
    revenue, cost = quantity * cents, quantity * unit + setup
    return Lines(order, account, ordered_on, product, quantity, revenue, cost, never, never, ticket)


def shipped(luck: Luck, line: Lines, service: Service) -> Lines:
    """The same lines with the days promised and shipped, on workdays, never before the order."""
    lead = CATALOGUE.lead[CATALOGUE.family[line.product]] + (8 * luck.random(line.ticket)).astype(np.int64) - 2
    promised = workday(line.ordered_on + np.maximum(1, lead) * 7 // 5)
    lateness = service.lateness[line.account, quarter_of(line.ordered_on)]
    u = luck.random(line.ticket)
    # where much is late it is late by more
    days = 1 + ((6 + 30 * lateness) * luck.random(line.ticket) ** 2).astype(np.int64)
    early = -1 - (3 * luck.random(line.ticket)).astype(np.int64)
    late = np.select([u < lateness, u > 0.7], [days, early], 0)
    shipped_on = workday(np.maximum(promised + late, line.ordered_on + 1))
    return replace(line, promised_on=promised, shipped_on=shipped_on)


def with_credit_notes(luck: Luck, line: Lines, service: Service) -> Lines:
    """The lines and their credit notes: negative lines with an order number of their own.

    Wrong boards are one of the failings, so where it fails more comes back. Good boards come back at
    cost. Two in five credits pay for scrapped boards, whose cost stays with us.
    """
    failings = service.failings[line.account, quarter_of(line.ordered_on)]
    wanted = luck.random(line.ticket) < _CREDITED * (0.7 + 1.6 * failings)
    after = workday(line.shipped_on + 4 + (56 * luck.random(line.ticket)).astype(np.int64))
    # one tooling set or one board is credited whole, of a lot only the bad part
    bad = np.maximum(1, np.rint(line.quantity * (0.05 + 0.95 * luck.random(line.ticket)) ** 1.5)).astype(np.int64)
    scrapped = luck.random(line.ticket) < 0.4
    row = np.flatnonzero(wanted & (after <= LAST_DAY))
    piece, part = line.revenue[row] // line.quantity[row], bad[row]
    back = np.where(scrapped[row], 0, line.cost[row] * part // line.quantity[row])
    opened = int(line.order[-1]) + 1 if len(line) else 0
    never = np.full(len(row), NEVER_SHIPPED)
    notes = Lines(
        order=opened + np.arange(len(row)),
        account=line.account[row],
        ordered_on=after[row],
        product=line.product[row],
        quantity=-part,
        revenue=-part * piece,
        cost=-back,
        promised_on=never,
        shipped_on=never,
        ticket=line.ticket[row],
    )
    columns = [column.name for column in fields(Lines)]
    both = {name: np.concatenate([getattr(line, name), getattr(notes, name)]) for name in columns}
    # days fit in five digits
    sequence = np.argsort(both["account"] * 100_000 + both["ordered_on"], kind="stable")
    both = {name: column[sequence] for name, column in both.items()}
    # an order keeps its lines together, because they share account and day and the sort is stable
    order = both["order"]
    changes = np.flatnonzero(np.diff(order, prepend=-1))
    both["order"] = np.repeat(np.arange(len(changes)), np.diff(np.append(changes, len(order))))
    return Lines(**both)


def families(line: Lines) -> Ints:
    """Family of each line, an index into the catalogue's FAMILIES."""
    return CATALOGUE.family[line.product]
