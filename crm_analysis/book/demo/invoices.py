"""Invoices: one a month and account for what shipped, when it was paid, and what was written off.

The invoices of an account add up to its shipped lines and credit notes, to the cent.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import NOBODY
from crm_analysis.book.demo.chunk import Chunk, delivered_on
from crm_analysis.book.demo.days import MONTH_START, MONTHS, month_of, workday
from crm_analysis.book.demo.lives import FADER
from crm_analysis.book.demo.parameters import LAST_DAY, Flags, Ints, choices
from crm_analysis.book.demo.service import REASONS
from crm_analysis.book.demo.tables import money

_TERMS = np.array([14, 30, 60])  # days to pay
_TERMS_SHARE = np.array([[30, 60, 10], [8, 47, 45]], dtype=float)  # of accounts of usual size, and of large ones
_SLOW_WEAK, _SLOW_SOUND, _SLOW_ALL = 0.34, 0.05, 0.11  # chance to be a slow payer; the last one for all alike
# chance never to pay the last invoices: of an account that leaves, closes down, stays; of all alike
_LOST_LEAVER, _LOST_CLOSED, _LOST_STAYER, _LOST_ALL = 0.17, 0.75, 0.004, 0.045
_LAST_INVOICES = 100  # days before the end whose invoices are lost with it
_MANY = 10_000  # days: later than anything


def invoices(rng: np.random.Generator, chunk: Chunk) -> pa.Table:
    """The contract's table `invoices`, sorted by its key: an invoice on the last day of a month."""
    line, n = chunk.line, len(chunk)
    row = np.flatnonzero(delivered_on(line) <= LAST_DAY)
    cell = line.account[row] * MONTHS + month_of(delivered_on(line)[row])
    # cents of a month are far below what a double holds exactly
    cents = np.bincount(cell, weights=line.revenue[row], minlength=n * MONTHS).astype(np.int64)
    billed = np.flatnonzero(cents)
    amount, account, month = cents[billed], billed // MONTHS, billed % MONTHS
    issued = MONTH_START[month + 1] - 1

    large = (chunk.accounts.rank + rng.uniform(-0.1, 0.1, n) > 0.75).astype(np.int64)
    due = issued + _TERMS[choices(rng.random(n), _TERMS_SHARE[large])][account]
    slow = _slow(rng, chunk)
    habit = np.where(slow, rng.uniform(16, 80, n), rng.uniform(-6, 9, n))[account]
    u, v = rng.random(len(account)), rng.random(len(account))
    wobble = np.where(slow[account], 50 * (u - 0.4), 8 * (u - 0.5))
    disputed = np.where(v < 0.03, 15 + 1500 * v, 0)
    # a credit is set off against what is owed
    wait = np.where(amount > 0, due - issued + habit + wobble + disputed, 20 * u)
    paid = workday(issued + np.maximum(2, np.rint(wait).astype(np.int64)))

    ruin, writing = _ruin(rng, chunk, slow)[account], rng.integers(90, 280, len(account))
    lost = (amount > 0) & (issued >= ruin - _LAST_INVOICES) & (paid >= ruin)
    written = np.where(lost, workday(due + writing), _MANY + LAST_DAY)
    return pa.table(
        {
            "invoice_id": chunk.coded("I", account, month),
            "account_id": chunk.account_id(account),
            "issued_on": names.dates(issued),
            "due_on": names.dates(due),
            "paid_on": names.dates(paid, unknown=lost | (paid > LAST_DAY)),
            "amount": money(amount),
            "written_off_on": names.dates(written, unknown=written > LAST_DAY),
        }
    )


def _slow(rng: np.random.Generator, chunk: Chunk) -> Flags:
    """Who pays late: mostly accounts that fade, that struggle unseen, or that will close down."""
    struggles = rng.random(len(chunk)) < 0.10
    closing = chunk.lives.reason == REASONS.index("closed down")
    weak = struggles | closing | (chunk.lives.growth == FADER) & (chunk.accounts.rank < 0.7)
    chance = np.where(weak, _SLOW_WEAK, _SLOW_SOUND) if chunk.effects.payers else _SLOW_ALL
    return rng.random(len(chunk)) < chance


def _ruin(rng: np.random.Generator, chunk: Chunk, slow: Flags) -> Ints:
    """The day from which an account does not pay what it owes then; NOBODY for most."""
    n = len(chunk)
    u, part = rng.random(n), rng.random(n)
    begin = np.minimum(chunk.since, LAST_DAY)
    some_day = begin + (part * (LAST_DAY - begin)).astype(np.int64)
    if not chunk.effects.payers:  # it strikes anybody
        return np.where(u < _LOST_ALL, some_day, NOBODY)
    closing = chunk.lives.reason == REASONS.index("closed down")
    chance = np.where(closing, _LOST_CLOSED, np.where(chunk.left, np.where(slow, 4, 1) * _LOST_LEAVER, _LOST_STAYER))
    return np.where(u < chance, np.where(chunk.left, chunk.until, some_day), NOBODY)
