"""Effort: visits, calls and mails, and what serving costs besides.

How often an account is seen follows its value much less than the time spent there does; so most visits
go to small accounts, because there are so many of them. Most contacts are the customer's wish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.chunk import Chunk, delivered_on
from crm_analysis.book.demo.days import workday_before
from crm_analysis.book.demo.parameters import (
    FIRST_DAY,
    LAST_DAY,
    QUARTER_START,
    QUARTERS,
    Flags,
    Floats,
    Ints,
    choices,
    quarter_of,
)
from crm_analysis.book.demo.tables import money

CHANNELS = ("visit", "call", "mail")
VISIT, CALL, MAIL = range(3)
# contacts a quarter of an account at the Low bar, of an account that never ordered, and how they grow with value
_USUAL = np.array([0.46, 0.85, 0.62])
_UNSOLD = np.array([0.06, 0.14, 0.10])
_NUMBER = np.array([0.10, 0.27, 0.30])
_LENGTH = np.array([0.24, 0.12, 0.0])
_MINUTES = np.array([75, 16, 7])
_CALLED_FOR = np.array([0.72, 0.80, 0.76])  # share of the contacts that the customer wishes
PURPOSES = ("order", "quote", "technical question", "problem", "review", "introduction")
_PROBLEM, _INTRODUCTION = 3, 5
_PURPOSE_SHARE = np.array([[32, 22, 34, 8, 4, 0], [6, 26, 10, 2, 38, 18]], dtype=float)  # they wish it, we do
_MINUTE, _TRIP = 140, (6_000, 30_000)  # cents
# what the programme does where it works: share of the contacts with Low accounts it saves, that it adds elsewhere
FEWER_AT_LOW, MORE_ELSEWHERE = 0.35, 0.15

_SHIPPING_DAY, _FREIGHT, _SPECIAL = 1_350, 0.009, (60_000, 500_000)  # cents; share of revenue; cents a quarter


@dataclass(frozen=True)
class Interactions:
    """One row per contact, sorted by account and day."""

    account: Ints
    day: Ints
    channel: Ints
    ours: Ints  # 1 where it was our wish
    purpose: Ints
    minutes: Ints
    cost: Ints  # cents

    def table(self, chunk: Chunk) -> pa.Table:
        """The contract's table `interactions`."""
        return pa.table(
            {
                "account_id": chunk.account_id(self.account),
                "rep_id": chunk.rep_id(self.account, self.day),
                "happened_on": names.dates(self.day),
                "channel": names.words(CHANNELS, self.channel),
                "initiated_by": names.words(("them", "us"), self.ours),
                "purpose": names.words(PURPOSES, self.purpose),
                "minutes": pa.array(self.minutes),
                "cost": money(self.cost),
            }
        )


def interactions(rng: np.random.Generator, chunk: Chunk) -> Interactions:
    """All contacts with a chunk of accounts."""
    follows = np.clip(np.log(chunk.value / chunk.bar), -5, 4)
    low = follows < 0
    treated = chunk.treated
    if not chunk.effects.effort:
        follows = np.full(follows.shape, -1.5)
    focus = np.where(low, 1 - FEWER_AT_LOW * treated, 1 + MORE_ELSEWHERE * treated)

    begin, end = QUARTER_START[:-1], QUARTER_START[1:]
    since, until = chunk.since[:, None], chunk.until[:, None]
    met = np.clip(np.minimum(end, until) - np.maximum(begin, since), 0, None) / (end - begin)
    unsold = np.clip(np.minimum(np.minimum(end, since), until) - np.maximum(begin, chunk.known[:, None]), 0, None)
    trouble = np.minimum(chunk.service.failings, 1.5)

    cells, channels = [], []
    for kind in range(len(CHANNELS)):
        rate = _USUAL[kind] * np.exp(_NUMBER[kind] * follows) * focus
        rate = met * (rate + (kind == CALL) * 0.5 * trouble) + unsold / 91 * _UNSOLD[kind]
        u = rng.random((2, *rate.shape), dtype=np.float32)
        count = (rate * (0.4 + 1.2 * u[0]) + u[1]).astype(np.int64).ravel()
        cells.append(np.repeat(np.arange(count.size), count))
        channels.append(np.full(len(cells[-1]), kind))
    cell, channel = np.concatenate(cells), np.concatenate(channels)
    account, quarter = cell // QUARTERS, cell % QUARTERS

    served = chunk.since[account] < end[quarter]
    first = np.maximum(begin[quarter], np.where(served, np.minimum(chunk.since[account], LAST_DAY), 0))
    first = np.where(served & (met[account, quarter] > 0), first, np.maximum(begin[quarter], chunk.known[account]))
    last = np.minimum(end[quarter], chunk.until[account])
    day = first + (rng.random(len(cell)) * (last - first)).astype(np.int64)
    day = np.maximum(workday_before(day), first)
    sequence = np.argsort(account * 100_000 + day, kind="stable")
    account, quarter, channel, day = account[sequence], quarter[sequence], channel[sequence], day[sequence]
    return _told(rng, chunk, account, quarter, channel, day, follows[account, quarter], trouble)


def _told(
    rng: np.random.Generator,
    chunk: Chunk,
    account: Ints,
    quarter: Ints,
    channel: Ints,
    day: Ints,
    follows: Floats,
    trouble: Floats,
) -> Interactions:
    """Whose wish each contact was, what it was for, how long it took and what it cost."""
    n = len(account)
    u = rng.random((5, n))
    bothered = u[0] < 0.35 * trouble[account, quarter]
    wished = _CALLED_FOR[channel] - 0.12 * chunk.treated[account, quarter]
    ours = ((u[1] > wished) & ~bothered).astype(np.int64)
    purpose = np.where(bothered, _PROBLEM, choices(u[2], _PURPOSE_SHARE[ours]))
    new = (day < chunk.since[account]) & (purpose != _PROBLEM) & (ours == 1)
    purpose = np.where(new, _INTRODUCTION, purpose)
    long = _MINUTES[channel] * np.exp(_LENGTH[channel] * follows) * (0.5 + u[3])
    step = np.where(channel == VISIT, 5, 1)
    minutes = np.maximum(step, np.rint(long / step) * step).astype(np.int64)
    trip = np.where(channel == VISIT, _TRIP[0] + (_TRIP[1] - _TRIP[0]) * u[4] ** 2, 0)
    cost = minutes * _MINUTE + 10 * (trip / 10).astype(np.int64)
    return Interactions(account, day, channel, ours, purpose, minutes, cost)


def account_spend(rng: np.random.Generator, chunk: Chunk) -> pa.Table:
    """Rows of the contract's table `spend` that name an account: delivery, and special service for a few."""
    n, line = len(chunk), chunk.line
    out = delivered_on(line)
    row = np.flatnonzero((out <= LAST_DAY) & (line.revenue > 0))
    cell = line.account[row] * QUARTERS + quarter_of(out[row])
    freight = np.bincount(cell, weights=line.revenue[row], minlength=n * QUARTERS) * _FREIGHT
    # lines of an account that leave on one day go in one parcel
    sent = np.zeros((n, QUARTER_START[-1] - FIRST_DAY), dtype=bool)
    sent[line.account[row], out[row] - FIRST_DAY] = True
    parcel = np.flatnonzero(sent)
    quarter = quarter_of(FIRST_DAY + np.arange(sent.shape[1]))[parcel % sent.shape[1]]
    parcels = np.bincount(parcel // sent.shape[1] * QUARTERS + quarter, minlength=n * QUARTERS)
    delivery = freight * rng.uniform(0.7, 1.4, n * QUARTERS) + parcels * _SHIPPING_DAY
    wanted: Flags = (chunk.accounts.rank > 0.9) & (rng.random(n) < 0.35)
    low, high = _SPECIAL
    served = wanted[:, None] & (delivery.reshape(n, QUARTERS) > 0)
    special = served * (low + (high - low) * rng.random((n, 1)) ** 2) * rng.uniform(0.8, 1.2, (n, QUARTERS))

    amounts = np.stack([delivery, special.ravel()], axis=1).ravel()
    kept = np.flatnonzero(amounts >= 1)
    place, activity = kept // 2, kept % 2
    quarter = place % QUARTERS
    return spend_table(
        quarter, names.words(("delivery", "special service"), activity), np.rint(amounts[kept]).astype(np.int64),
        chunk.account_id(place // QUARTERS), np.zeros(len(kept), dtype=bool),
    )  # fmt: skip


def spend_table(quarter: Ints, activity: pa.Array, cents: Ints, account_id: pa.Array, fixed: Flags) -> pa.Table:
    """Rows of the contract's table `spend`."""
    return pa.table(
        {
            "period_start": names.dates(QUARTER_START[quarter]),
            "period_end": names.dates(QUARTER_START[quarter + 1] - 1),
            "activity": activity,
            "amount": money(cents),
            "account_id": account_id,
            "fixed": pa.array(fixed),
        }
    )
