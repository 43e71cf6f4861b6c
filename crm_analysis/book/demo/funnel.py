"""Opportunities and their way through five stages, with skips, setbacks and standstills.

There are a few more of them where an account could buy more, and shortly before it does; what a rep
writes down is mostly hope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import NOBODY
from crm_analysis.book.demo.catalogue import CATALOGUE
from crm_analysis.book.demo.chunk import Chunk, turns
from crm_analysis.book.demo.days import workday, workday_before
from crm_analysis.book.demo.lives import RISER
from crm_analysis.book.demo.names import COMPETITORS
from crm_analysis.book.demo.parameters import (
    LAST_DAY,
    QUARTER_START,
    QUARTERS,
    WEEK_START,
    WEEKS,
    Floats,
    Ints,
    choices,
    quarter_of,
)
from crm_analysis.book.demo.tables import money

STAGES = ("lead", "qualified", "proposal", "negotiation", "decision")
_DECISION = len(STAGES) - 1
_STEPS = 10  # stages entered, setbacks counted; nothing goes on longer
_LOST = np.array([0.14, 0.11, 0.12, 0.09, 0.0])  # share that is lost in each stage
_STOPPED, _SKIPPED, _SET_BACK = 0.05, 0.09, 0.08  # share that stands still, skips a stage, falls back one
_DAYS = np.array([30, 45, 50, 35, 25])  # up to twice as many in each stage
_GIVEN_UP = 420  # days without a move after which most opportunities are closed
LOST_REASONS = ("price", "lead time", "quality", "other supplier", "no decision", "account left")
_NO_DECISION, _LEFT = 4, 5
_REASON_SHARE = np.array([34, 18, 12, 20, 16], dtype=float)
_TO_A_COMPETITOR = np.array([0.75, 0.7, 0.6, 1.0, 0.0, 0.0])


@dataclass(frozen=True)
class _Paths:
    """How opportunities went: moves sorted by opportunity and day, and their ends."""

    deal: Ints  # opportunity of each move
    stage: Ints
    day: Ints
    amount: Ints  # cents
    closed_on: Ints  # one per opportunity, NOBODY while open
    won: Ints  # 1 won, 0 lost, -1 open


def funnel(rng: np.random.Generator, chunk: Chunk) -> tuple[pa.Table, pa.Table]:
    """The contract's tables `opportunities` and `stage_changes`, sorted by opportunity."""
    account, opened, hoped = _openings(rng, chunk)
    path = _paths(rng, chunk, account, opened, hoped)
    n = len(account)
    codes = chunk.coded("S", account, turns(account) + 1)
    last = np.flatnonzero(np.diff(path.deal, append=-1))
    family = np.where(rng.random(n) < 0.6, chunk.taste.main[account], chunk.taste.second[account])
    product = CATALOGUE.first[family] + (rng.random(n) * CATALOGUE.count[family]).astype(np.int64)

    lost = path.won == 0
    left = lost & (path.closed_on == chunk.until[account])
    reason = np.where(left, _LEFT, choices(rng.random(n), _REASON_SHARE))
    told = rng.random(n) < 0.9  # nobody wrote it down for the others
    taken = lost & (rng.random(n) < _TO_A_COMPETITOR[reason])
    rival = np.where(rng.random(n) < 0.75, chunk.rival[account], rng.integers(0, len(COMPETITORS), n))
    closed = path.closed_on < NOBODY
    opportunities = pa.table(
        {
            "opportunity_id": codes,
            "account_id": chunk.account_id(account),
            "rep_id": chunk.rep_id(account, np.minimum(path.closed_on, LAST_DAY)),
            "opened_on": names.dates(opened),
            "product": names.words(CATALOGUE.code, product),
            "amount": money(path.amount[last]),
            "closed_on": names.dates(path.closed_on, unknown=~closed),
            "outcome": names.words(("lost", "won"), path.won),
            "lost_reason": names.words(LOST_REASONS, np.where(lost & told, reason, -1)),
            "competitor": names.words(COMPETITORS, np.where(taken, rival, -1)),
            "expected_close": names.dates(_expected(rng, opened, path)),
        }
    )
    changes = pa.table(
        {
            "opportunity_id": codes.take(pa.array(path.deal)),
            "stage": names.words(STAGES, path.stage),
            "amount": money(path.amount),
            "entered_on": names.dates(path.day),
        }
    )
    return opportunities, changes


def _openings(rng: np.random.Generator, chunk: Chunk) -> tuple[Ints, Ints, Floats]:
    """Account, day and first amount (EUR) of each opportunity, sorted by account and day."""
    n, quarter = len(chunk), np.arange(QUARTERS)
    rises = (chunk.lives.growth == RISER) & (chunk.lives.onset < WEEKS) & (chunk.lives.onset >= 0)
    onset = quarter_of(WEEK_START[np.clip(chunk.lives.onset, 0, WEEKS - 1)])
    soon = rises[:, None] & (quarter >= onset[:, None] - 2) & (quarter <= onset[:, None])
    bought = chunk.since[:, None] < QUARTER_START[1:]
    chance = np.where(bought, 0.07 + 0.10 * chunk.accounts.rank[:, None] ** 2, 0.12)
    chance = chance + 0.07 * chunk.accounts.potential[:, None] ** 2 + 0.06 * soon
    account, quarter = np.nonzero(rng.random((n, QUARTERS)) < chance)
    begin = np.maximum(QUARTER_START[quarter], chunk.known[account])
    span = np.minimum(QUARTER_START[quarter + 1], chunk.until[account]) - begin
    opened = workday_before(begin + (rng.random(len(account)) * np.maximum(span, 1)).astype(np.int64))
    kept = (span > 0) & (opened >= begin)
    yearly = chunk.value[account, quarter]
    elsewhere = chunk.accounts.demand[account]
    # hoped for: a part of what it buys here and of what it buys elsewhere, in any proportion
    mix = rng.random(len(account)) ** 2
    amount = (yearly * (1 - mix) + elsewhere * mix) * rng.uniform(0.06, 0.5, len(account))
    return account[kept], opened[kept], np.maximum(amount[kept], 400.0)


def _paths(rng: np.random.Generator, chunk: Chunk, account: Ints, opened: Ints, hoped: Floats) -> _Paths:
    """Every opportunity step by step, all of them at once."""
    n = len(account)
    until, quarter = chunk.until[account], quarter_of(opened)
    content, offer = chunk.service.content[account, quarter], chunk.service.pressure[account, quarter]
    potential = chunk.accounts.potential[account]
    # a place where things go well, an open need, and a rival's offer: each may decide by itself
    luck = rng.random((3, n))
    wins = (luck[0] < 0.42 + 0.45 * content) & (luck[1] < 0.75 + 0.25 * potential) & (luck[2] > 0.6 * offer)

    stage = (rng.random(n) < 0.15).astype(np.int64)
    day, amount = opened.copy(), hoped.copy()
    closed, won = np.full(n, NOBODY), np.full(n, -1)
    going = np.ones(n, dtype=bool)
    moves: list[tuple[Ints, Ints, Ints, Ints]] = []
    for _ in range(_STEPS):
        row = np.flatnonzero(going)
        rounded = 1_000 * np.maximum(1, np.rint(amount[row] / 10)).astype(np.int64)
        moves.append((row, stage[row], day[row], rounded))
        u, v, w = rng.random((3, n))
        wait = 3 + (_DAYS[stage] * (u + u**3)).astype(np.int64)
        stopped = v < _STOPPED
        wait = np.where(stopped, _GIVEN_UP + (200 * u).astype(np.int64), wait)
        after = workday(day + wait)
        decided = (stage == _DECISION) & (w > _SET_BACK)
        ends = stopped | (w < _LOST[stage]) | decided
        gone = (after >= until) & (until <= LAST_DAY)
        after = np.where(gone, until, after)
        ends |= gone
        over = going & ends & (after <= LAST_DAY)
        closed[over] = after[over]
        won[over] = (decided & wins & ~gone & ~stopped)[over]
        going = going & ~ends & (after <= LAST_DAY)
        back = (w > 1 - _SET_BACK) & (stage > 0)
        stride = np.where(w < _LOST[stage] + _SKIPPED, 2, 1)
        back |= stage == _DECISION
        stage = np.where(going, np.where(back, stage - 1, np.minimum(stage + stride, _DECISION)), stage)
        day = np.where(going, after, day)
        amount = np.where(going & (u > 0.4), amount * (0.6 + 0.65 * v + 0.1 * content), amount)
    row, at, when, cents = (np.concatenate(column) for column in zip(*moves, strict=True))
    order = np.argsort(row, kind="stable")
    return _Paths(row[order], at[order], when[order], cents[order], closed, won)


def _expected(rng: np.random.Generator, opened: Ints, path: _Paths) -> Ints:
    """The day the rep last expected the end: it slips for as long as the end does not come."""
    first = opened + rng.integers(50, 190, len(opened))
    slip = rng.integers(25, 95, len(opened))
    end = np.minimum(path.closed_on, LAST_DAY)
    behind = np.maximum(0, end - first)
    # not every rep moves the day on in time
    times = np.where(rng.random(len(opened)) < 0.75, -(-behind // slip), behind // slip)
    return first + times * slip
