"""The dated history of what the source overwrites: stage, rep, office, group, size, key account.

The current columns of `accounts` are read off the end of this history, so the two cannot disagree.
Nothing in it looks ahead: an account is promoted on the day of an order, not because one will come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import NEVER, NEWCOMER, NOBODY, VETERAN, Accounts, development_seats, seats_of
from crm_analysis.book.demo.company import OFFICES, Seats
from crm_analysis.book.demo.parameters import EARLIEST_KNOWN, FIRST_DAY, LAST_DAY, Ints
from crm_analysis.book.demo.trade import Orders

# in the order of the key of account_history
FIELDS = ("employees", "group_id", "key_account", "rep_id", "sales_office", "stage")
STAGES = ("suspect", "prospect", "contact", "engaged", "partner")
SUSPECT, PROSPECT, CONTACT, ENGAGED, PARTNER = range(5)


@dataclass(frozen=True)
class History:
    """Dated values, one row each, sorted by account, field and day; values are numbers by field."""

    account: Ints  # row of the account in its chunk
    field: Ints  # index into FIELDS
    day: Ints
    value: Ints
    known_since: Ints  # one per account

    def current(self, field: str) -> Ints:
        """The last value of a field, one per account."""
        rows = self.field == FIELDS.index(field)
        value, account = self.value[rows], self.account[rows]
        last: Ints = value[np.flatnonzero(np.diff(account, append=-1))]
        return last

    def table(self, accounts: Accounts) -> pa.Table:
        """The contract's table `account_history`, sorted by its key."""
        # the values become text field by field, and are then put back in their places
        by_field = [np.flatnonzero(self.field == index) for index in range(len(FIELDS))]
        texts = [as_text(field, self.value[rows]) for field, rows in zip(FIELDS, by_field, strict=True)]
        places = np.argsort(np.concatenate(by_field), kind="stable")
        return pa.table(
            {
                "account_id": names.account_ids(accounts.number[self.account]),
                "field": pa.array(FIELDS).take(pa.array(self.field)),
                "value": pa.concat_arrays(texts).take(pa.array(places)),
                "known_on": names.dates(self.day),
            }
        )


def as_text(field: str, value: Ints) -> pa.Array:
    """Numbers of a field as they stand in the files."""
    numbers = pa.array(value)
    if field == "group_id":
        return names.group_ids(value)
    if field == "rep_id":
        return names.rep_ids(value)
    if field == "sales_office":
        return pa.array([office[0] for office in OFFICES]).take(numbers)
    if field == "stage":
        return pa.array(STAGES).take(numbers)
    if field == "key_account":
        return pa.array(["false", "true"]).take(numbers)
    return numbers.cast(pa.string())


def history(rng: np.random.Generator, accounts: Accounts, orders: Orders, seats: Seats) -> History:
    """The whole history of a chunk: a first row of each field on the day the account was known, then changes."""
    n = len(accounts)
    begins = np.searchsorted(orders.account, np.arange(n))
    count = np.searchsorted(orders.account, np.arange(n), side="right") - begins

    def order_day(number: Ints) -> Ints:
        """Day of an account's order of that number, counted from 1; NOBODY if it has fewer."""
        days = np.append(orders.ordered_on, NOBODY)
        return days[np.where(number <= count, begins + number - 1, len(days) - 1)]

    first_order = order_day(np.ones(n, dtype=np.int64))
    # an old account that bought nothing in four years is in these books as one that never did
    role = np.where(count == 0, NEVER, accounts.role)
    known = _known_since(rng, role, first_order)

    rows: list[tuple[int, Ints, Ints]] = []

    def add(field: str, days: Ints, values: Ints | int) -> None:
        rows.append((FIELDS.index(field), days, np.broadcast_to(values, days.shape)))

    employees = accounts.employees
    before = np.maximum(1, np.rint(employees * rng.uniform(0.7, 1.1, n))).astype(np.int64)
    counted_again = np.where(rng.random(n) < 0.3, rng.integers(FIRST_DAY, LAST_DAY, n), NOBODY)
    add("employees", known, np.where(counted_again < NOBODY, before, employees))
    add("employees", counted_again, employees)
    add("group_id", known, accounts.first_group)
    add("group_id", accounts.group_moved, accounts.group)
    add("sales_office", known, accounts.first_office)
    add("sales_office", accounts.office_moved, accounts.office)

    named = np.where(role == VETERAN, known + rng.integers(0, 1800, n), order_day(rng.integers(10, 40, n)))
    add("key_account", known, 0)
    add("key_account", np.where(accounts.key_account & (role != NEVER), named, NOBODY), 1)

    for days, stage in _stages(rng, accounts, role, known, first_order, order_day):
        add("stage", days, stage)
    for days, reps in _reps(rng, accounts, role, known, first_order, seats):
        add("rep_id", days, reps)
    return _tidy(rows, known)


def _known_since(rng: np.random.Generator, role: Ints, first_order: Ints) -> Ints:
    """Newcomers were known up to a year and more before they ordered, one in five only by its order."""
    n = len(role)
    lead = np.where(rng.random(n) < 0.2, 0, (500 * rng.random(n) ** 1.5).astype(np.int64))
    newcomer = np.where(role == NEWCOMER, first_order, FIRST_DAY) - lead
    veteran = FIRST_DAY - 30 - rng.integers(0, FIRST_DAY - 30 - EARLIEST_KNOWN, n)
    never = LAST_DAY - 10 - rng.integers(0, 1900, n)
    return np.select([role == NEWCOMER, role == VETERAN], [newcomer, veteran], never)


def _stages(
    rng: np.random.Generator,
    accounts: Accounts,
    role: Ints,
    known: Ints,
    first_order: Ints,
    order_day: Callable[[Ints], Ints],
) -> Iterator[tuple[Ints, Ints | int]]:
    """Pairs of days and stages, each stage from that day on, in the order of promotion."""
    n = len(known)
    suspect = rng.random(n) < 0.55
    qualified = known + rng.integers(20, 2500, n)
    veteran = role == VETERAN
    contact = np.where(veteran, np.minimum(known + rng.integers(10, 200, n), first_order), first_order)
    yield known, np.where(suspect, SUSPECT, PROSPECT)
    yield np.where(qualified < contact, qualified, NOBODY), PROSPECT
    yield contact, CONTACT
    # before the data begin promotions follow no order we can see
    early = contact + rng.integers(60, 700, n)
    on_order = order_day(rng.integers(3, 8, n))
    engaged = np.where(veteran & (early < FIRST_DAY), early, np.maximum(on_order, contact))
    yield engaged, ENGAGED
    early = engaged + rng.integers(100, 900, n)
    on_order = order_day(rng.integers(10, 60, n))
    partner = np.where(veteran & (early < FIRST_DAY), early, np.maximum(on_order, engaged))
    worth_it = accounts.rank + rng.uniform(-0.2, 0.2, n) > 0.62
    yield np.where(worth_it & (engaged < NOBODY), partner, NOBODY), PARTNER


def _reps(
    rng: np.random.Generator, accounts: Accounts, role: Ints, known: Ints, first_order: Ints, seats: Seats
) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of days and reps: business development until the first order, then a seat of the office."""
    n = len(known)
    developing = development_seats(accounts.first_office, seats)
    in_first, in_second = seats_of(rng, accounts.first_office, seats), seats_of(rng, accounts.office, seats)
    served_since = np.where(role == VETERAN, known, first_order)
    first_seat = np.where(accounts.office_moved <= served_since, in_second, in_first)
    moved = np.where(served_since < accounts.office_moved, accounts.office_moved, NOBODY)
    handed = np.where(rng.random(n) < 0.05, rng.integers(FIRST_DAY, LAST_DAY, n), NOBODY)
    handed = np.where(handed > served_since, handed, NOBODY)
    other = seats_of(rng, np.where(handed >= accounts.office_moved, accounts.office, accounts.first_office), seats)

    days = np.stack([known, served_since, moved, handed])
    seat = np.stack([developing, first_seat, in_second, other])
    turn = np.argsort(days, axis=0, kind="stable")
    days, seat = np.take_along_axis(days, turn, 0), np.take_along_axis(seat, turn, 0)
    until = np.concatenate([days[1:], np.full((1, n), NOBODY)])
    for start, end, chair in zip(days, until, seat, strict=True):
        yield start, seats.holder(chair, start)
        succeeded = seats.second_day[chair]
        yield np.where((start < succeeded) & (succeeded < end), succeeded, NOBODY), seats.second[chair]


def _tidy(rows: list[tuple[int, Ints, Ints]], known: Ints) -> History:
    """Sorted changes; what happened before the account was known is part of its first row."""
    n = len(known)
    field = np.repeat([row[0] for row in rows], n)
    days = np.concatenate([np.maximum(row[1], known) for row in rows])
    value = np.concatenate([row[2] for row in rows])
    account = np.tile(np.arange(n), len(rows))
    kept = days <= LAST_DAY
    field, days, value, account = field[kept], days[kept], value[kept], account[kept]
    # stable: of several values on one day the last one added holds
    order = np.lexsort((np.arange(len(days)), days, field, account))
    field, days, value, account = field[order], days[order], value[order], account[order]
    series = account * len(FIELDS) + field
    last = (np.diff(series, append=-1) != 0) | (np.diff(days, append=-1) != 0)
    field, days, value, account, series = field[last], days[last], value[last], account[last], series[last]
    changed = (np.diff(series, prepend=-1) != 0) | (np.diff(value, prepend=-1) != 0)
    return History(account[changed], field[changed], days[changed], value[changed], known)
