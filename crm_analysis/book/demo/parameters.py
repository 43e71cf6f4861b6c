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
# orders come on Monday to Friday, days 2 to 6 of such a week
WORKDAYS = np.minimum(5, LAST_DAY - (WEEK_START + 2) + 1)

SMALLEST, LARGEST = 20, 9_999_999  # one account per office and two to spare; ids have seven digits
CHUNK = 5_000  # accounts made at once: about 430,000 lines; part of a larger book's bytes

MEDIAN_SIZE = 11_000.0  # yearly revenue of the middle account, EUR
SIZE_SCALE = 1.65  # spread of the logarithm of yearly revenue: a fifth of the accounts brings four fifths
NEVER_ORDERED, NEWCOMERS = 0.15, 0.40  # shares of the accounts; the others ordered before the first day

PROGRAMME = "focus"
PROGRAMME_STARTS = (day("2025-10-01"), day("2026-07-01"))  # half of the offices, then the others


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


def stream(seed: int, part: Part, chunk: int = 0) -> np.random.Generator:
    """The source of chance of one part of the story, for one chunk of accounts.

    The bit generator is named rather than left to NumPy's default, which may change.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(int(part), chunk))))


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
