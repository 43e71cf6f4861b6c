"""The story's calendar, its numbers, and its sources of chance.

Every part of the story draws from a stream of its own, so a part added later leaves the bytes of the
earlier ones alone; every chunk of accounts has a stream of its own within a part, so a book of any
size is made piece by piece. The last digit of a logarithm may differ between processors; amounts are rounded to
cents and times to days, so that such a digit shows in fewer than one book in ten thousand.
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Tickets = NDArray[np.uint64]

NAME = "Demo circuit boards"
CURRENCY = "EUR"
FORMATS = ("csv", "parquet")

_EPOCH = date(1970, 1, 1).toordinal()


def day(iso: str) -> int:
    """Days since 1970-01-01 of an ISO date: the form in which the story counts days.

    >>> day("1970-01-03")
    2
    """
    return date.fromisoformat(iso).toordinal() - _EPOCH


FIRST_DAY = day("2022-10-01")  # a Saturday, so a week of the story runs from Saturday to Friday
LAST_DAY = day("2026-09-30")  # the day of the extract
EARLIEST_KNOWN = day("2016-01-01")  # no account was recorded before; every first rep was there by then

WEEKS = (LAST_DAY - FIRST_DAY) // 7 + 1  # 209, the last one cut short by the extract
WEEKS_A_YEAR = 365.25 / 7
QUARTERS = 16
WEEK_START = FIRST_DAY + 7 * np.arange(WEEKS, dtype=np.int64)
QUARTER_START = np.array([day(f"{2022 + (9 + 3 * q) // 12}-{(9 + 3 * q) % 12 + 1:02}-01") for q in range(QUARTERS + 1)])
_QUARTER_OF_DAY = np.repeat(np.arange(QUARTERS), np.diff(QUARTER_START))
# the quarter of a week is that of its Wednesday
QUARTER_OF_WEEK = np.searchsorted(QUARTER_START, WEEK_START + 4, side="right") - 1
# orders come on Monday to Friday, days 2 to 6 of such a week
WORKDAYS = np.minimum(5, LAST_DAY - (WEEK_START + 2) + 1)

SMALLEST, LARGEST = 20, 9_999_999  # one account per office and two to spare; ids have seven digits
CHUNK = 5_000  # accounts made at once: about 430,000 lines; part of a larger book's bytes

MEDIAN_SIZE = 8_000.0  # yearly revenue of the middle account, EUR
SIZE_SCALE = 1.60  # spread of the logarithm of yearly revenue: a fifth of the accounts brings four fifths
NEVER_ORDERED, NEWCOMERS = 0.15, 0.40  # shares of the accounts; the others ordered before the first day

PROGRAMME = "focus"
PROGRAMME_STARTS = (day("2025-10-01"), day("2026-07-01"))  # half of the offices, then the others
PROGRAMME_RAMP = 182  # days from the start to the whole effect
PROGRAMME_ORDERS = 0.10  # logarithm of the whole effect on how often accounts order
PROGRAMME_MENDS = 0.30  # share of the late lines and failings that the whole effect takes away


class Part(IntEnum):
    """Parts of the story that draw by chance. Append only: a number is part of every book's bytes."""

    REPS = 0
    MARKET = 1
    PROGRAMME = 2
    ACCOUNTS = 3
    LIVES = 4
    HISTORY = 5
    RHYTHMS = 6
    ORDERS = 7
    TASTES = 8
    LINES = 9
    SHIPMENTS = 10
    CREDITS = 11
    NAMES = 12
    SERVICE = 13
    INVOICES = 20
    COMPLAINTS = 21
    CONTACTS = 22
    SURVEYS = 23
    INTERACTIONS = 24
    SPEND = 25
    OPPORTUNITIES = 26
    CONTRACTS = 27
    EXITS = 28
    MARKET_SURVEYS = 29
    MARKETS = 30
    SUMMARIES = 31
    TARGETS = 32
    DECISIONS = 33
    RIVALS = 34
    COMPANY_SPEND = 35


def stream(seed: int, part: Part, chunk: int = 0) -> np.random.Generator:
    """The source of chance of one part of the story, for one chunk of accounts.

    The bit generator is named rather than left to NumPy's default, which may change.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(int(part), chunk))))


class Luck:
    """Numbers in (0, 1) that belong to an identity instead of a place in a sequence.

    Orders and their lines draw from it by their tickets: what is drawn for one order stays its own, however
    many orders came before it. So a switch changes only what it causes. Each call draws anew, in the
    order of the calls; the mixing is SplitMix64's (Steele, Lea & Flood 2014, OOPSLA).
    """

    def __init__(self, seed: int, part: Part) -> None:
        sequence = np.random.SeedSequence(seed, spawn_key=(int(part),))
        self._key = int(sequence.generate_state(1, np.uint64)[0])

    def random(self, ticket: Tickets) -> Floats:
        """One number for each ticket; the same ticket draws the same numbers."""
        self._key = (self._key + _STEP) % 2**64
        mixed = _mixed(ticket + np.uint64(self._key))
        mixed >>= np.uint64(12)
        return (mixed.astype(np.float64) + 0.5) * 2.0**-52


def tickets(of: Ints | Tickets, number: Ints | Tickets) -> Tickets:
    """One ticket for each pair: of an account the order's number, of an order's ticket the line's number."""
    return _mixed(of.astype(np.uint64) * np.uint64(_STEP) + number.astype(np.uint64))


_STEP = 0x9E3779B97F4A7C15


def _mixed(bits: Tickets) -> Tickets:
    """The bits stirred, in place."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits ^= bits >> np.uint64(shift)
        bits *= np.uint64(factor)
    bits ^= bits >> np.uint64(31)
    return bits


def quarter_of(days: Ints) -> Ints:
    """The calendar quarter of each day, 0 being the first of the data; days outside count to the nearest."""
    return _QUARTER_OF_DAY[np.clip(days - FIRST_DAY, 0, LAST_DAY - FIRST_DAY)]


def strata(rng: np.random.Generator, n: int) -> Floats:
    """`n` shuffled numbers in (0, 1), one in each n-th part of the interval.

    Drawn freely, the largest of 250 accounts would decide how concentrated the whole book is;
    spread evenly, every seed tells about the same story.
    """
    return (rng.permutation(n) + rng.random(n)) / n


def choices(u: Floats, weights: Floats) -> Ints:
    """The index each number in (0, 1) picks, the weights being the lengths of the pieces.

    `weights` is one row for all numbers, or one row for each.
    """
    edges = np.cumsum(weights, axis=-1)
    edges = edges / edges[..., -1:]
    # the last edge can fall short of 1 by a rounding error, and is not needed to choose
    index: Ints = np.sum(u[:, None] >= edges[..., :-1], axis=1, dtype=np.int64)
    return index
