"""Complaints: what late orders and failings lead to, for the few accounts that say so.

Half of the accounts hardly ever complain, however they are served; so complaints tell of trouble, and
their absence does not tell of its absence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import NOBODY
from crm_analysis.book.demo.chunk import Chunk, turns
from crm_analysis.book.demo.company import DIMENSIONS, OFFICES
from crm_analysis.book.demo.days import workday_before
from crm_analysis.book.demo.parameters import LAST_DAY, QUARTERS, Floats, Ints, Luck, choices, quarter_of

TOPICS = (
    "late delivery",
    "wrong boards",
    "defective boards",
    "uneven quality",
    "slow answer",
    "unfriendly answer",
    "wrong invoice",
    "packaging",
    "documents",
)
_DIMENSION_OF_TOPIC = np.array([1, 0, 0, 2, 3, 3, 0, 4, 4])
_LATE, _BOARDS = 0, 3  # the topics up to here concern an order
_TOPIC_SHARE = np.array([[0, 20, 22, 20, 22, 6, 6, 2, 2], [0, 4, 6, 6, 10, 4, 30, 20, 20]], dtype=float)
SEVERITIES = ("low", "medium", "high")

# chance that the most outspoken account complains of an order that is ten days late, of a quarter's failings, of
# any order; and that a quiet one complains of failings
_FROM_LATE, _FROM_FAILING, _FROM_NOTHING, _EVEN_QUIET = 0.42, 0.95, 0.016, 0.06
MENDED = 0.45  # share of the days to close a complaint that the programme saves
_FORGOTTEN = 0.02  # share of the complaints that nobody closes


@dataclass(frozen=True)
class Complaints:
    """One row per complaint, sorted by account and day."""

    account: Ints
    turn: Ints  # which complaint of its account, counted from 0
    opened_on: Ints
    closed_on: Ints  # NOBODY where still open
    topic: Ints
    severity: Ints
    order: Ints  # number of the order in its chunk; -1 where it concerns none

    def __len__(self) -> int:
        return len(self.account)

    def ids(self, chunk: Chunk, row: Ints) -> pa.Array:
        """Keys of the complaints in these rows; a row of -1 has a key that no complaint has."""
        return chunk.coded("K", np.append(self.account, 0)[row], np.append(self.turn + 1, 0)[row], 3)

    def table(self, chunk: Chunk) -> pa.Table:
        """The contract's table `complaints`, sorted by its key."""
        order_id = chunk.order_id(np.maximum(self.order, 0)).take(pa.array(np.arange(len(self)), mask=self.order < 0))
        return pa.table(
            {
                "complaint_id": self.ids(chunk, np.arange(len(self))),
                "account_id": chunk.account_id(self.account),
                "opened_on": names.dates(self.opened_on),
                "closed_on": names.dates(self.closed_on, unknown=self.closed_on > LAST_DAY),
                "topic": names.words(TOPICS, self.topic),
                "dimension": names.words(DIMENSIONS, _DIMENSION_OF_TOPIC[self.topic]),
                "severity": names.words(SEVERITIES, self.severity),
                "order_id": order_id,
            }
        )


def complaints(rng: np.random.Generator, luck: Luck, chunk: Chunk) -> Complaints:
    """Complaints over late orders, over failings of a quarter, and now and then over nothing of either."""
    n = len(chunk)
    u = rng.random(n)
    voice = 0.02 + 0.98 * np.maximum(0, 2 * u - 1) ** 1.5
    goods = chunk.goods
    order_account, ordered_on, days_late = goods.account, goods.ordered_on, goods.days_late

    draw, tell, part = (luck.random(goods.ticket) for _ in range(3))
    bad = np.minimum(1, np.maximum(0, days_late - 2) / 9)
    late = draw < _FROM_LATE * voice[order_account] * bad
    idle = ~late & (draw > 1 - _FROM_NOTHING * voice[order_account])
    told = np.where(late, goods.promised_on + 1 + (tell * (days_late + 4)).astype(np.int64), ordered_on + 5 + 30 * tell)
    topic_late = np.where(late, _LATE, choices(part, _TOPIC_SHARE[1]))
    some = np.flatnonzero(late | idle)

    failing = chunk.service.failings
    outspoken = np.minimum(_FROM_FAILING, _EVEN_QUIET + 2 * voice)[:, None]
    raised = rng.random(failing.shape) < outspoken * np.clip(failing - 0.1, 0, 1)
    # it comes after one of the quarter's orders, and concerns it or none
    by_quarter = order_account * QUARTERS + quarter_of(ordered_on)
    many = np.bincount(by_quarter, minlength=n * QUARTERS)
    cell = np.flatnonzero(raised.ravel() & (many > 0))
    over, size = cell // QUARTERS, failing.ravel()[cell]
    place = np.searchsorted(by_quarter, cell) + (rng.random(len(cell)) * many[cell]).astype(np.int64)
    topic_failing = choices(rng.random(len(cell)), _TOPIC_SHARE[0])
    told_failing = ordered_on[place] + rng.integers(4, 40, len(cell))

    account = np.concatenate([order_account[some], over])
    opened_on = workday_before(np.concatenate([told[some].astype(np.int64), told_failing]))
    topic = np.concatenate([topic_late[some], topic_failing])
    concerns = np.concatenate([goods.order[some], np.where(topic_failing <= _BOARDS, goods.order[place], -1)])
    weight = np.concatenate([np.where(late, bad, 0.2)[some], np.minimum(size, 1.2)])
    severity = np.searchsorted([0.55, 1.05], weight + rng.uniform(-0.3, 0.4, len(weight)))
    there = (opened_on <= LAST_DAY) & chunk.is_customer(account, opened_on)
    sequence = np.flatnonzero(there)
    sequence = sequence[np.lexsort((topic[sequence], opened_on[sequence], account[sequence]))]
    account, opened_on, severity = account[sequence], opened_on[sequence], severity[sequence]
    closed = _closed(rng, chunk, account, opened_on, severity)
    return Complaints(account, turns(account), opened_on, closed, topic[sequence], severity, concerns[sequence])


def _closed(rng: np.random.Generator, chunk: Chunk, account: Ints, opened_on: Ints, severity: Ints) -> Ints:
    """The day each complaint was closed: offices differ, the programme hurries them."""
    n = len(account)
    pace: Floats = 6 + 13 * ((np.arange(len(OFFICES)) * 7) % len(OFFICES)) / len(OFFICES)  # usual days of an office
    quarter = quarter_of(opened_on)
    office = chunk.accounts.office_in_quarter()[account, quarter]
    treated = chunk.treated[account, quarter]
    u, v = rng.random(n), rng.random(n)
    days = pace[office] * (0.2 + 1.2 * u + 4 * np.maximum(0, v - 0.85) * 6) * (0.8 + 0.25 * severity)
    days = 1 + (days * (1 - MENDED * treated)).astype(np.int64)
    forgotten = rng.random(n) < _FORGOTTEN
    closed = np.where(forgotten, NOBODY, opened_on + days)
    return np.minimum(closed, NOBODY)
