"""Order lines: what is in an order, at which price and cost, when it ships, and what comes back.

Money is counted in whole cents from the price of a piece on, so a line's revenue is exactly its
quantity times its price.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from crm_analysis.book.demo.accounts import Accounts
from crm_analysis.book.demo.catalogue import CATALOGUE, MAIN_FAMILY, PROTOTYPES, TOOLING
from crm_analysis.book.demo.parameters import FIRST_DAY, LAST_DAY, Floats, Ints, choices, day
from crm_analysis.book.demo.trade import Orders

NEVER_SHIPPED = LAST_DAY + 10_000
_MOST_LINES = 9
_CREDITED = 0.0215  # share of the lines that are credited later; some after the extract
_PRICE_RISE = 0.021  # a year, on the first of January
# costs as a multiple of those of 2022, at the days in _COST_DAYS: copper and energy rise before prices do
_COST_DAYS = np.array([FIRST_DAY, day("2023-09-01"), day("2024-10-01"), day("2025-08-01"), LAST_DAY])
_COST_LEVEL = np.array([1.0, 1.045, 1.03, 1.085, 1.10])
_BACKLOG = (day("2024-02-01"), day("2024-06-15"))  # a press was down: most shipments late


@dataclass(frozen=True)
class Tastes:
    """What each account of a chunk buys and at which terms; one row per account."""

    main: Ints  # family it mostly buys, index into FAMILIES
    second: Ints
    favourite: Floats  # 0 to 1, where in a family its usual products lie
    narrow: Floats  # the larger, the fewer lines in an order
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
    return Tastes(main, second, rng.random(n), rng.uniform(0.95, 2.3, n), price, effort, rng.uniform(8, 50, n))


def lines(rng: np.random.Generator, orders: Orders, taste: Tastes) -> Lines:
    """The lines of the orders, not yet shipped."""
    account = orders.account
    count = np.minimum(rng.random(len(account)) ** (-1 / taste.narrow[account]), _MOST_LINES).astype(np.int64)
    order = np.repeat(np.arange(len(account)), count)
    opening = np.cumsum(count) - count
    account, ordered_on = account[order], orders.ordered_on[order]

    u = rng.random(len(order)) - 0.25 * orders.first[order]  # a first order is often a prototype
    main = np.where(u < 0.74, taste.main[account], taste.second[account])
    family = np.where(u < 0.90, main, np.where(u < 0.955, PROTOTYPES, TOOLING))
    family = np.where(orders.first[order] & (u < 0.2), PROTOTYPES, family)
    place = taste.favourite[account] + 0.35 * rng.random(len(order)) ** 2
    product = CATALOGUE.first[family] + ((place % 1) * CATALOGUE.count[family]).astype(np.int64)

    weight = 0.25 + rng.random(len(order))
    whole = np.add.reduceat(weight, opening) if len(opening) else weight
    target = orders.value[order] * weight / whole[order]

    years = (ordered_on.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)) + 1970 - 2022
    list_price = CATALOGUE.price[product] * (1 + _PRICE_RISE) ** years * taste.price[account]
    quantity = np.maximum(1, np.rint(target / list_price))
    # people order round numbers
    lot = np.select([quantity >= 1000, quantity >= 200, quantity >= 40], [50, 10, 5], 1)
    quantity = (np.rint(quantity / lot) * lot).astype(np.int64)
    # the list knows no lots: larger quantities are cheaper, to the customer and a little less to us
    rebate = 1 - 0.018 * np.log2(np.clip(quantity, 1, 4096))
    cents = np.maximum(1, np.rint(100 * list_price * rebate * rng.uniform(0.97, 1.03, len(order)))).astype(np.int64)
    level = np.interp(ordered_on, _COST_DAYS, _COST_LEVEL) * taste.effort[account]
    saving = 1 - 0.014 * np.log2(np.clip(quantity, 1, 4096))
    unit = np.maximum(1, np.rint(100 * CATALOGUE.cost[product] * level * saving)).astype(np.int64)
    setup = np.rint(100 * taste.setup[account] * rng.uniform(0.8, 1.2, len(order))).astype(np.int64)
    setup = np.where(family == TOOLING, 0, setup)
    never = np.full(len(order), NEVER_SHIPPED)
    return Lines(order, account, ordered_on, product, quantity, quantity * cents, quantity * unit + setup, never, never)


def shipped(rng: np.random.Generator, line: Lines) -> Lines:
    """The same lines with the days promised and shipped, on workdays, never before the order."""
    n = len(line)
    lead = CATALOGUE.lead[CATALOGUE.family[line.product]] + rng.integers(-2, 6, n)
    promised = _workday(line.ordered_on + np.maximum(1, lead) * 7 // 5)
    u = rng.random(n)
    late = np.select([u < 0.30, u < 0.86], [-rng.integers(1, 4, n), 0], 1 + (14 * rng.random(n) ** 2).astype(np.int64))
    stuck = (promised >= _BACKLOG[0]) & (promised <= _BACKLOG[1]) & (rng.random(n) < 0.55)
    late = np.where(stuck, rng.integers(3, 24, n), late)
    shipped_on = _workday(np.maximum(promised + late, line.ordered_on + 1))
    return replace(line, promised_on=promised, shipped_on=shipped_on)


def with_credit_notes(rng: np.random.Generator, line: Lines) -> Lines:
    """The lines and their credit notes: negative lines with an order number of their own.

    Good boards come back at cost. Two in five credits pay for scrapped boards, whose cost stays with us.
    """
    u = rng.random(len(line))
    after = _workday(line.shipped_on + rng.integers(4, 60, len(line)))
    # one tooling set or one board is credited whole, of a lot only the bad part
    bad = np.maximum(1, np.rint(line.quantity * rng.uniform(0.05, 1.0, len(line)) ** 1.5)).astype(np.int64)
    scrapped = rng.random(len(line)) < 0.4
    row = np.flatnonzero((u < _CREDITED) & (after <= LAST_DAY))
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


def _workday(days: Ints) -> Ints:
    """The day itself, or the Monday after it when it falls on a weekend."""
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    return days + np.where(weekday >= 5, 7 - weekday, 0)
