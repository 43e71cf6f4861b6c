"""Lives of accounts: when they come, grow, rest and leave. None of it is written into the book.

No part of it is a model that an analysis would fit. Leaving is a threshold that strain crosses, strain
being shared within an office for a quarter; growth is a ramp or a passing project. A method that does
well here has not merely found its own assumptions again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.book.demo.accounts import NEVER, NEWCOMER, Accounts
from crm_analysis.book.demo.company import Market
from crm_analysis.book.demo.parameters import (
    MEDIAN_SIZE,
    QUARTERS,
    SIZE_SCALE,
    WEEKS,
    Flags,
    Floats,
    Ints,
    choices,
    strata,
)

GROWTH = ("steady", "riser", "fader", "project")
STEADY, RISER, FADER, PROJECT = range(4)

# strain at which an account leaves within the quarter; set so that about one in nine leaves in a year
_THRESHOLD = 1.0
_WEEK = np.arange(WEEKS)
_QUARTER_OF_WEEK = np.minimum(_WEEK * QUARTERS // WEEKS, QUARTERS - 1)


@dataclass(frozen=True)
class Lives:
    """One row per account of a chunk; weeks are counted from the first day of the data."""

    buys: Flags  # it orders at some time; the rest of the row is idle where it does not
    start: Ints  # week of the first order; 0 for accounts that ordered before
    end: Ints  # week in which it leaves; WEEKS if it does not
    pause: Ints  # week in which a rest begins; WEEKS if none
    pause_weeks: Ints
    growth: Ints  # index into GROWTH
    onset: Ints  # week in which the growth, decline or project begins
    weeks: Ints  # how many weeks the change takes
    change: Floats  # logarithm of the whole change
    drift: Floats  # logarithm of the slow change over four years
    susceptible: Floats  # 0 to 1: how easily it leaves

    def level(self) -> Floats:
        """Logarithm of demand against the account's size: accounts x weeks."""
        since = _WEEK - self.onset[:, None]
        ramp = np.clip(since / self.weeks[:, None], 0, 1)
        ramp = ramp * ramp * (3 - 2 * ramp)  # begins and ends gently
        project = (self.growth == PROJECT)[:, None]
        ramp = np.where(project, (since >= 0) & (since < self.weeks[:, None]), ramp)
        return self.change[:, None] * ramp + self.drift[:, None] * (_WEEK / WEEKS - 0.5)

    def there(self) -> Flags:
        """Whether the account orders at all in a week: accounts x weeks."""
        pause, start, end = self.pause[:, None], self.start[:, None], self.end[:, None]
        resting = (pause <= _WEEK) & (pause + self.pause_weeks[:, None] > _WEEK)
        return self.buys[:, None] & (start <= _WEEK) & (end > _WEEK) & ~resting


def lives(rng: np.random.Generator, accounts: Accounts, market: Market) -> Lives:
    """A life for each account, drawn from its size, its office's troubles and its own luck."""
    n = len(accounts)
    newcomer = accounts.role == NEWCOMER
    start = np.where(newcomer, 1 + (strata(rng, n) * (WEEKS - 2)).astype(np.int64), 0)

    # a riser is a small account that does not look any different before it rises
    luck = strata(rng, n)
    can_rise = (accounts.rank > 0.1) & (accounts.rank < 0.66)
    growth = choices(luck, np.array([0.62, 0.14, 0.14, 0.10]))
    growth = np.where((growth == RISER) & ~can_rise, STEADY, growth)
    # what brings a large account business is many projects, so none of them shows
    large = accounts.rank > 0.93
    growth = np.where((growth == PROJECT) & large, STEADY, growth)
    onset = start + (rng.random(n) * (WEEKS + 20 - start)).astype(np.int64) + np.where(newcomer, 13, -10)
    # it rises to where the middle accounts are, not by a factor: the largest of the small ones
    # would else always be the ones to rise
    risen = np.log(MEDIAN_SIZE) + SIZE_SCALE * rng.uniform(1.15, 2.0, n)
    change = np.zeros(n)
    change = np.where(growth == RISER, np.maximum(0.9, risen - accounts.log_size), change)
    change = np.where(growth == FADER, -rng.uniform(0.7, 2.2, n), change)
    change = np.where(growth == PROJECT, rng.uniform(0.7, 1.6, n), change)
    weeks = np.where(growth == PROJECT, rng.integers(10, 30, n), rng.integers(20, 75, n))
    drift = rng.exponential(0.17, n) - rng.exponential(0.17, n)
    drift = np.where(large, 0.5 * drift, drift)

    susceptible = rng.random(n)
    end = _leaving(rng, accounts, market, start, growth, onset, susceptible)
    rests = rng.random(n) < 0.12
    pause = np.where(rests, start + rng.integers(15, WEEKS, n), WEEKS)
    return Lives(
        buys=accounts.role != NEVER,
        start=start,
        end=end,
        pause=pause,
        pause_weeks=rng.integers(15, 48, n),
        growth=growth,
        onset=onset,
        weeks=weeks,
        change=change,
        drift=drift,
        susceptible=susceptible,
    )


def _leaving(
    rng: np.random.Generator,
    accounts: Accounts,
    market: Market,
    start: Ints,
    growth: Ints,
    onset: Ints,
    susceptible: Floats,
) -> Ints:
    """The week in the first quarter whose strain crosses the threshold; WEEKS if none does."""
    n = len(accounts)
    quarter = np.arange(QUARTERS)
    begun = _QUARTER_OF_WEEK[start]
    age = quarter - begun[:, None]
    young = (accounts.role == NEWCOMER)[:, None] & (age < 4)
    fading = (growth == FADER)[:, None] & (quarter > _QUARTER_OF_WEEK[np.clip(onset, 0, WEEKS - 1)][:, None] + 1)
    strain = (
        0.38 * susceptible[:, None]
        - 0.38 * accounts.rank[:, None] ** 2
        + 0.12 * young
        + 0.16 * fading
        - 0.35 * (growth == RISER)[:, None]
        + market.office_quarter[accounts.office]
        # most quarters are quiet, a few are not
        + rng.random((n, QUARTERS)) ** 4
    )
    crossed = (strain > _THRESHOLD) & (age > 0)
    quarter_left = np.where(crossed.any(axis=1), np.argmax(crossed, axis=1), QUARTERS)
    week = np.ceil((quarter_left + rng.random(n)) * WEEKS / QUARTERS).astype(np.int64)
    return np.where(quarter_left < QUARTERS, np.minimum(week, WEEKS), WEEKS)
