"""Contracts, their renewals and ends, and the exits of accounts as far as we learned of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_analysis.book.demo import names
from crm_analysis.book.demo.accounts import NOBODY
from crm_analysis.book.demo.chunk import Chunk, turns
from crm_analysis.book.demo.days import next_month, workday, workday_before
from crm_analysis.book.demo.names import COMPETITORS
from crm_analysis.book.demo.parameters import FIRST_DAY, LAST_DAY, Ints, choices
from crm_analysis.book.demo.service import REASONS
from crm_analysis.book.demo.tables import money

_TERMS = 4  # at most; a contract may be renewed three times
_ENDS = ("renewed", "expired", "account left", "ended by the account", "ended by us")
RENEWED, EXPIRED, LEFT, BY_THEM, BY_US = range(len(_ENDS))
_MINIMA = np.array([0, 250, 500, 1000, 2500])  # EUR; 0 where none was agreed

_RECORDED = 0.62  # share of the exits that somebody wrote down
_BY_THE_ACCOUNT = 0.42  # share of those that the account itself explained
_REP_SAYS_PRICE, _ACCOUNT_SAYS_TRUTH = 0.5, 0.85
_OUR_REASON = "not worth serving"
_SAID_SHARE = np.array([30, 30, 10, 25, 5], dtype=float)  # reasons given where it is not the truth


def contracts(rng: np.random.Generator, chunk: Chunk) -> pa.Table:
    """The contract's table `contracts`, sorted by its key: frame contracts, mostly of large accounts."""
    n = len(chunk)
    begin = np.maximum(chunk.since, FIRST_DAY)
    wants = (chunk.since < NOBODY) & (rng.random(n) < 0.09 + 1.8 * np.maximum(0, chunk.accounts.rank - 0.5) ** 1.3)
    # some ran already when the data begin, for accounts known long before
    early = begin - chunk.known > 800
    signed = np.where(early, begin - rng.integers(0, 500, n), begin + rng.integers(60, 900, n))
    months = np.where(rng.random(n) < 0.6, 12, 24)
    minimum = _MINIMA[np.minimum((rng.random(n) * 3 + 3 * chunk.accounts.rank - 1).astype(np.int64).clip(0), 4)]
    stays = rng.random((3, _TERMS, n))

    start, rows = next_month(signed), []
    running = wants & (signed < LAST_DAY) & (start < chunk.until)
    for term in range(_TERMS):
        row = np.flatnonzero(running)
        end = _after(start, months) - 1
        left = chunk.until <= end
        broken = stays[0, term] < 0.05
        half = start + ((end - start) * (0.2 + 0.7 * stays[1, term])).astype(np.int64)
        renewed = ~left & ~broken & (stays[2, term] < 0.8)
        ended = np.where(left, np.maximum(chunk.until, start + 1), np.where(broken, half, end))
        ended_late = broken & (half >= chunk.until)
        left, ended = left | ended_late, np.where(ended_late, np.maximum(chunk.until, start + 1), ended)
        why = np.select(
            [left, broken, renewed], [LEFT, np.where(stays[1, term] < 0.7, BY_THEM, BY_US), RENEWED], EXPIRED
        )
        rows.append((row, signed[row], start[row], end[row], ended[row], why[row], minimum[row]))
        running = running & renewed & (end <= LAST_DAY)
        signed = np.where(running, workday_before(end - rng.integers(5, 60, n)), signed)
        start = np.where(running, end + 1, start)
    account, signed, start, end, ended, why, least = (np.concatenate(column) for column in zip(*rows, strict=True))
    order = np.argsort(account, kind="stable")
    account, signed, start, end = account[order], signed[order], start[order], end[order]
    ended, why, least = ended[order], why[order], least[order]
    settled = ended <= LAST_DAY
    return pa.table(
        {
            "contract_id": chunk.coded("C", account, turns(account) + 1, 1),
            "account_id": chunk.account_id(account),
            "signed_on": names.dates(signed),
            "starts_on": names.dates(start),
            "ends_on": names.dates(end),
            "ended_on": names.dates(ended, unknown=~settled),
            "end_reason": names.words(_ENDS, np.where(settled, why, -1)),
            "minimum_order": pc.if_else(pa.array(least > 0), money(100 * least), None),
        }
    )


def _after(start: Ints, months: Ints) -> Ints:
    """The first day of the month so many months after the first of a month."""
    later = start.astype("datetime64[D]").astype("datetime64[M]") + months
    return later.astype("datetime64[D]").astype(np.int64)


def exits(rng: np.random.Generator, chunk: Chunk) -> pa.Table:
    """The contract's table `exits`, sorted by account: what we learned of accounts that left, weeks to months later.

    The account mostly names the true reason. The rep says "price" more often than not.
    """
    n = len(chunk)
    u = rng.random((6, n))
    known_on = workday(chunk.until + 15 + (170 * u[0] ** 1.5).astype(np.int64))
    row = np.flatnonzero(chunk.left & (rng.random(n) < _RECORDED) & (known_on <= LAST_DAY))
    true = chunk.lives.reason[row]
    account_says = u[1][row] < _BY_THE_ACCOUNT
    other = choices(u[2][row], _SAID_SHARE)
    by_account = np.where(u[3][row] < _ACCOUNT_SAYS_TRUTH, true, other)
    by_rep = np.where(u[3][row] < _REP_SAYS_PRICE, REASONS.index("price"), np.where(u[3][row] < 0.8, true, other))
    closed_down = true == REASONS.index("closed down")  # nobody is mistaken about that
    reason = np.where(closed_down, true, np.where(account_says, by_account, by_rep))
    ours = ~closed_down & (rng.random(n)[row] < 0.07)
    went = ~closed_down & ~ours & (u[4][row] < 0.7)
    rival = np.where(u[5][row] < 0.8, chunk.rival[row], rng.integers(0, len(COMPETITORS), n)[row])
    said_on = chunk.until[row] + (20 * u[5][row]).astype(np.int64) - 5
    last_day = np.maximum(chunk.since[row], np.minimum(said_on, known_on[row]))
    return pa.table(
        {
            "account_id": chunk.account_id(row),
            "left_on": names.dates(last_day),
            "known_on": names.dates(known_on[row]),
            "reason": names.words((*REASONS, _OUR_REASON), np.where(ours, len(REASONS), reason)),
            "competitor": names.words(COMPETITORS, np.where(went, rival, -1)),
            "decided_by": names.words(("them", "us"), ours.astype(np.int64)),
            "source": names.words(("rep", "account"), account_says.astype(np.int64)),
        }
    )
