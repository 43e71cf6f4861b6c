"""Accounts and what no column shows of them: how large they could be and how they are joined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.book.demo.catalogue import INDUSTRY_SHARE
from crm_analysis.book.demo.company import OFFICE_SHARE, OFFICES, REGION_OF_OFFICE, Seats
from crm_analysis.book.demo.parameters import (
    LAST_DAY,
    MEDIAN_SIZE,
    NEVER_ORDERED,
    NEWCOMERS,
    QUARTER_START,
    SIZE_SCALE,
    Flags,
    Floats,
    Ints,
    choices,
    strata,
)

CUSTOMER_TYPES = ("OEM", "EMS", "distributor", "design house", "research institute")
_TYPE_SHARE = np.array([52, 22, 11, 10, 5], dtype=float)
_GROUP_SIZES = np.array([0.80, 0.09, 0.05, 0.03, 0.02, 0.01])  # of groups with 1, 2, ... 6 accounts
# how promising an industry is, in the order of the catalogue, 0 to 1
_PROMISE = np.array([0.4, 0.5, 0.9, 0.3, 0.1, 0.6, 1.0, 0.7, 0.0, 0.5])
NOBODY = LAST_DAY + 1  # a day on which nothing happens any more

VETERAN, NEWCOMER, NEVER = 0, 1, 2
ROLES = ("veteran", "newcomer", "never ordered")


@dataclass(frozen=True)
class Accounts:
    """One row per account of a chunk; `first_` columns held until the day of the move beside them."""

    number: Ints  # counted from 0 over the whole book
    role: Ints  # index into ROLES
    rank: Floats  # of the account's size among all, 0 to 1
    log_size: Floats  # logarithm of the yearly revenue it could bring, EUR
    first_group: Ints  # number of the account the group is named after
    group: Ints
    group_moved: Ints
    branch: Flags  # its first group has several accounts
    site: Ints  # which of its first group's accounts in one town it is, counted from 0
    first_office: Ints
    office: Ints
    office_moved: Ints
    industry: Ints
    customer_type: Ints
    postal: Ints  # digits that follow the office's start of the postal code
    key_account: Flags
    employees: Ints
    potential: Floats  # 0 to 1, hidden: the chance to rise grows with it
    room: Floats  # logarithm of the yearly revenue it would bring if it rose, EUR
    demand: Floats  # EUR a year it buys from all suppliers

    def __len__(self) -> int:
        return len(self.number)

    def office_in_quarter(self) -> Ints:
        """The office that served each account at the beginning of a quarter: accounts x quarters."""
        moved = self.office_moved[:, None] <= QUARTER_START[:-1]
        return np.where(moved, self.office[:, None], self.first_office[:, None])


def _log_t(p: Floats) -> Floats:
    """Student's t of 4 degrees of freedom at probability p, its upper tail drawn in.

    Closed form of Shaw (2006), "Sampling Student's T distribution", J. Comp. Finance 9(4). Drawn in,
    because one account in a thousand would otherwise outsell all others together.
    """
    alpha = 4 * p * (1 - p)
    root = np.cos(np.arccos(np.sqrt(alpha)) / 3) / np.sqrt(alpha)
    t = np.sign(p - 0.5) * 2 * np.sqrt(np.maximum(root - 1, 0))
    drawn_in: Floats = np.where(t > 2.0, 2.0 + 0.28 * (np.minimum(t, 8.0) - 2.0), np.maximum(t, -2.2))
    return drawn_in


def accounts(rng: np.random.Generator, first: int, n: int) -> Accounts:
    """The `n` accounts of a chunk whose first one has the number `first`."""
    sizes = 1 + choices(rng.random(n), _GROUP_SIZES)
    group = np.repeat(np.arange(n), sizes)[:n]
    group = group[rng.permutation(n)]  # offices of a group were not recorded one after the other
    # a group is named after its first account
    _, founder, inverse, members = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    group = founder[inverse]
    branch = members[inverse] > 1

    shares = (1 - NEVER_ORDERED - NEWCOMERS, NEWCOMERS, NEVER_ORDERED)
    role = choices(strata(rng, n), np.array(shares))
    # offices of one group are alike in size, and newcomers begin small
    shared = 0.7 * rng.uniform(-1, 1, n)[group]
    score = shared + rng.uniform(-1, 1, n) + rng.uniform(-1, 1, n) - 0.9 * (role == NEWCOMER)
    rank = np.empty(n)
    rank[np.argsort(score, kind="stable")] = (np.arange(n) + 0.2 + 0.6 * rng.random(n)) / n
    log_size = np.log(MEDIAN_SIZE) + SIZE_SCALE * _log_t(rank)

    office = choices(strata(rng, n), OFFICE_SHARE)
    if n >= len(OFFICES):  # also the smallest book has somebody in every office
        settled = rng.permutation(n)[: len(OFFICES)]
        office[settled] = np.arange(len(OFFICES))
    first_office, office_moved = office.copy(), np.full(n, NOBODY)
    group_now, group_moved = group.copy(), np.full(n, NOBODY)
    for_office, for_group = rng.random(n) < 0.03, (rng.random(n) < 0.02) & ~branch
    if n >= len(OFFICES):
        for_office[settled] = False
    # an account moves within its region; a group buys accounts that stood alone
    neighbour = _neighbours()[office]
    office = np.where(for_office, neighbour, office)
    office_moved[for_office] = rng.integers(LAST_DAY - 1000, LAST_DAY - 30, for_office.sum())
    buyers = np.flatnonzero(branch)
    if len(buyers):
        group_now[for_group] = group[rng.choice(buyers, for_group.sum())]
        group_moved[for_group] = rng.integers(LAST_DAY - 1200, LAST_DAY - 30, for_group.sum())

    # industry and first letters of the name are the group's
    industry = choices(rng.random(n), INDUSTRY_SHARE)[group]
    potential = 0.75 * strata(rng, n) + 0.25 * _PROMISE[industry]
    # it would rise to where the middle accounts are, not by a factor: the largest of the small ones
    # would else always be the ones to rise
    room = np.maximum(np.log(MEDIAN_SIZE) + SIZE_SCALE * rng.uniform(1.65, 2.15, n), log_size)
    # who could grow buys most of its boards elsewhere; some do that and will never buy them from us
    share = np.clip(0.95 - 0.65 * potential + rng.uniform(-0.2, 0.2, n), 0.1, 0.95)
    elsewhere = (potential > 0.45 + 0.2 * rng.random(n)) | (rng.random(n) < 0.12)
    demand = np.where(elsewhere, np.maximum(1.1 * np.exp(room), np.exp(log_size) / share), np.exp(log_size) / share)
    spread = rng.uniform(1.2, 3.2, n) + rng.uniform(-1, 1, n)
    employees = np.rint(9 + np.exp(spread + 1.9 * rank + 0.9 * (potential - 0.5))).astype(np.int64)
    key_account = (rank > 0.965) & (role != NEVER)
    return Accounts(
        number=first + np.arange(n),
        role=role,
        rank=rank,
        log_size=log_size,
        first_group=first + group,
        group=first + group_now,
        group_moved=group_moved,
        branch=branch,
        site=_turn(group * len(OFFICES) + first_office),
        first_office=first_office,
        office=office,
        office_moved=office_moved,
        industry=industry,
        customer_type=choices(rng.random(n), _TYPE_SHARE),
        postal=rng.integers(0, 1000, n),
        key_account=key_account,
        employees=employees,
        potential=potential,
        room=room,
        demand=demand,
    )


def _turn(key: Ints) -> Ints:
    """How many rows before this one have the same key."""
    order = np.argsort(key, kind="stable")
    opens = np.diff(key[order], prepend=-1) != 0
    position = np.arange(len(key))
    turn = np.empty(len(key), dtype=np.int64)
    turn[order] = position - np.maximum.accumulate(np.where(opens, position, 0))
    return turn


def _neighbours() -> Ints:
    """For each office the next one of its region."""
    regions = REGION_OF_OFFICE
    after = np.arange(1, len(regions) + 1) % len(regions)
    first_of_region = np.searchsorted(regions, regions)
    neighbours: Ints = np.where(regions[after] == regions, after, first_of_region)
    return neighbours


def seats_of(rng: np.random.Generator, office: Ints, seats: Seats) -> Ints:
    """A seat for each account in its office, now and then the region's in sales administration."""
    by_office = np.argsort(seats.office, kind="stable")
    ordered = seats.office[by_office]
    low = np.searchsorted(ordered, office, side="left")
    high = np.searchsorted(ordered, office, side="right")
    own = by_office[low + (rng.random(len(office)) * (high - low)).astype(np.int64)]
    regional = np.flatnonzero(seats.team == 2)[REGION_OF_OFFICE[office]]
    return np.where(rng.random(len(office)) < 0.15, regional, own)


def development_seats(office: Ints, seats: Seats) -> Ints:
    """The region's seat in business development, which serves whoever has not ordered yet."""
    seat: Ints = np.flatnonzero(seats.team == 3)[REGION_OF_OFFICE[office]]
    return seat
