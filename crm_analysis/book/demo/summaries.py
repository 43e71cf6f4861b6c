"""Fortnightly summaries of key accounts: some to the point, some vague, copied, late or half empty."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import NOBODY
from crm_analysis.book.demo.chunk import Chunk
from crm_analysis.book.demo.complaints import Complaints
from crm_analysis.book.demo.days import workday
from crm_analysis.book.demo.history import FIELDS
from crm_analysis.book.demo.names import COMPETITORS
from crm_analysis.book.demo.parameters import LAST_DAY, Flags, Ints, day, quarter_of

_FORTNIGHTS = np.arange(day("2025-01-06"), LAST_DAY + 1, 14)
_SKIPPED, _COPIED, _VAGUE = 0.08, 0.14, 0.38  # shares: not written at all, copied from last time, says nothing
_EMPTY = 0.12  # share of the single fields left empty
_LATELY = 28  # days

_HEADLINES = ("Stable", "All fine", "Business as usual", "Good contact", "Quiet fortnight")
_CONCERNS = ("No concerns", "Prices as always", "Lead times", "None known")
_EVENTS = ("Nothing special", "Several calls", "Visit planned", "Usual orders")
_STEPS = ("Keep in touch", "Call again", "Visit next month", "Send new price list")
_TOLD_STEPS = (
    "Agree delivery dates with planning by Friday",
    "Bring the quality report to the next visit",
    "Offer a frame contract",
    "Invite engineering to the plant",
    "Answer the complaint in writing",  # only where there is one
)
_ANSWER = len(_TOLD_STEPS) - 1


def summaries(rng: np.random.Generator, chunk: Chunk, complaints: Complaints) -> pa.Table:
    """The contract's table `summaries`, sorted by account and day; every event told of was known that day."""
    account, written = _written(rng, chunk)
    n = len(account)
    u = rng.random((8, n))
    complaint, complained = _latest(complaints.account, complaints.opened_on, account, written)
    goods = chunk.goods
    placed, ordered = _latest(goods.account, goods.ordered_on, account, written)
    # an order is known to be late three days after its promise
    slow = np.flatnonzero(goods.days_late >= 3)
    noticed = goods.promised_on[slow] + 3
    by_day = np.lexsort((noticed, goods.account[slow]))
    slow, noticed = slow[by_day], noticed[by_day]
    overdue, delayed = _latest(goods.account[slow], noticed, account, written)

    # where nothing is found (-1) any key will do: it is not told
    complaint_key = complaints.ids(chunk, complaint)
    late_key, placed_key = (
        chunk.order_id(np.append(goods.order[slow], 0)[overdue]),
        chunk.order_id(np.append(goods.order, 0)[placed]),
    )
    offer = chunk.service.pressure[account, quarter_of(written)] > 0.3
    told = u[0] > _VAGUE

    headline = names.words(_HEADLINES, _pick(u[1], _HEADLINES))
    headline = _said(told & ordered, _joined("New order", placed_key), headline)
    headline = _said(told & delayed, _joined("Order", late_key, "is late"), headline)
    headline = _said(told & complained, _joined("Complaint", complaint_key), headline)
    concern = names.words(_CONCERNS, _pick(u[2], _CONCERNS))
    concern = _said(told & delayed, _joined("Waits for", late_key), concern)
    rival = names.words(COMPETITORS, chunk.rival[account])
    concern = _said(told & offer & (u[3] < 0.7), _joined("Has an offer of", rival), concern)
    event = names.words(_EVENTS, _pick(u[4], _EVENTS))
    event = _said(told & ordered, _joined("Ordered", placed_key), event)
    event = _said(told & complained & (u[3] < 0.8), _joined("Complained", complaint_key), event)
    step = names.words(_STEPS, _pick(u[5], _STEPS))
    plan = names.words(_TOLD_STEPS, np.where(complained, _ANSWER, _pick(u[6], _TOLD_STEPS[:_ANSWER])))
    step = _said(told & (complained | (u[7] < 0.7)), plan, step)

    # a summary copied from the last one repeats its words, and so may the one after it
    starts = np.diff(account, prepend=-1) != 0
    fresh = starts | (rng.random(n) >= _COPIED)
    source = np.maximum.accumulate(np.where(fresh, np.arange(n), 0))
    empty = rng.random((4, n)) < _EMPTY
    fields = {"headline": headline, "concerns": concern, "events": event, "next_step": step}
    texts = {
        name: text.take(pa.array(source, mask=(name != "headline") & empty[place]))
        for place, (name, text) in enumerate(fields.items())
    }
    return pa.table(
        {
            "account_id": chunk.account_id(account),
            "rep_id": chunk.rep_id(account, written),
            "written_on": names.dates(written),
            **texts,
        }
    )


def _written(rng: np.random.Generator, chunk: Chunk) -> tuple[Ints, Ints]:
    """Accounts and days of the summaries: key accounts since they were named, one a fortnight, some days late."""
    past = chunk.history
    rows = np.flatnonzero((past.field == FIELDS.index("key_account")) & (past.value == 1))
    named = np.full(len(chunk), NOBODY)
    named[past.account[rows]] = past.day[rows]
    key = np.flatnonzero(named < NOBODY)
    shape = (len(key), len(_FORTNIGHTS))
    late = np.where(rng.random(shape) < 0.3, rng.integers(1, 10, shape), 0)
    on = workday(_FORTNIGHTS + late)
    there = (named[key][:, None] <= on) & (on <= LAST_DAY) & chunk.is_customer(key[:, None], on)
    row, turn = np.nonzero(there & (rng.random(shape) >= _SKIPPED))
    return key[row], on[row, turn]


def _latest(owner: Ints, days: Ints, account: Ints, on: Ints) -> tuple[Ints, Flags]:
    """The account's last row up to a day, and whether it is of late; rows are sorted by owner and day."""
    at = np.searchsorted(owner * 100_000 + days, account * 100_000 + on, side="right") - 1
    # -1, before the first row, finds the last one here, which is nobody's
    lately = (np.append(owner, -1)[at] == account) & (np.append(days, 0)[at] > on - _LATELY)
    return np.where(lately, at, -1), lately


def _pick(u: np.ndarray, levels: tuple[str, ...]) -> Ints:
    return (u * len(levels)).astype(np.int64)


def _joined(*parts: str | pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*parts, " ")


def _said(when: Flags, text: pa.Array, otherwise: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(when), text, otherwise)
