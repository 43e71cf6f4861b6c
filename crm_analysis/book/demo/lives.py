"""Lives of accounts: when they come, grow, rest and leave. None of it is written into the book.

No part of it is a model that an analysis would fit. Leaving is a threshold that strain crosses, strain
being troubles of five kinds on top of what no column shows; growth is won in two steps that may fail,
decline is a ramp, a project passes. A method that does well here has not merely found its own assumptions
again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.book.demo.accounts import NEVER, NEWCOMER, Accounts
from crm_analysis.book.demo.effects import Effects
from crm_analysis.book.demo.parameters import (
    QUARTER_OF_WEEK,
    QUARTER_START,
    QUARTERS,
    WEEK_START,
    WEEKS,
    Flags,
    Floats,
    Ints,
    strata,
)
from crm_analysis.book.demo.service import REASONS, Service

GROWTH = ("steady", "riser", "fader")
STEADY, RISER, FADER = range(3)

_FADES = 0.14  # of those who do not rise
PROJECTS = 0.35  # of all accounts have one large project in these years, whatever else becomes of them
_RISE_ON_AVERAGE = 0.175  # chance to rise when potential does not matter
LEAST_RISE = 0.9  # logarithm
FIRST_WIN = 0.92  # part of a rise, in logarithms, that comes with its first win
SECOND_WIN = 0.7  # how often the second one comes
_WIN_WEEKS = 4  # from a win to the whole of its orders
_STOCKING, _STOCKING_WEEKS = 1.1, 12  # what is ordered more at first, a logarithm, and for how long
PROJECT_WEEKS = (12, 30)
# strain at which an account leaves within the quarter; set so that about one in nine leaves in a year
_THRESHOLD = 1.0
_WEEK = np.arange(WEEKS)


@dataclass(frozen=True)
class Lives:
    """One row per account of a chunk; weeks are counted from the first day of the data."""

    buys: Flags  # it orders at some time; the rest of the row is idle where it does not
    start: Ints  # week of the first order; 0 for accounts that ordered before
    end: Ints  # week in which it leaves; WEEKS if it does not
    pause: Ints  # week in which a rest begins; WEEKS if none
    pause_weeks: Ints
    growth: Ints  # index into GROWTH
    onset: Ints  # week in which the rise or decline begins
    weeks: Ints  # how many weeks a decline takes, a riser's second win is away
    wins: Flags  # a riser's second win comes
    change: Floats  # logarithm of the whole change
    project: Ints  # week in which a project begins that passes
    project_weeks: Ints
    project_change: Floats  # logarithm of what it brings; 0 if there is none
    drift: Floats  # logarithm of the slow change over four years
    rise_chance: Floats  # chance to have been a riser, before the luck that decided it
    susceptible: Floats  # 0 to 1: how easily it leaves
    reason: Ints  # what weighed most when it left, index into service.REASONS; -1 if it does not leave

    def level(self, week: Ints = _WEEK) -> Floats:
        """Logarithm of demand against the account's size: accounts x weeks."""
        level: Floats = self.drift[:, None] * (week / WEEKS - 0.5)
        rows = np.flatnonzero(self.growth == RISER)
        since, change = week - self.onset[rows, None], self.change[rows, None]
        second = self.wins[rows, None] * _gentle((since - self.weeks[rows, None]) / _WIN_WEEKS)
        # whoever wins a customer's boards fills its shelves first
        filling = _STOCKING * ((since >= 0) & (since < _STOCKING_WEEKS))
        level[rows] += change * (FIRST_WIN * _gentle(since / _WIN_WEEKS) + (1 - FIRST_WIN) * second) + filling
        rows = np.flatnonzero(self.growth == FADER)
        since, change = week - self.onset[rows, None], self.change[rows, None]
        level[rows] += change * _gentle(since / self.weeks[rows, None])
        rows = np.flatnonzero(self.project_change)
        since = week - self.project[rows, None]
        level[rows] += self.project_change[rows, None] * ((since >= 0) & (since < self.project_weeks[rows, None]))
        return level

    def there(self) -> Flags:
        """Whether the account orders at all in a week: accounts x weeks."""
        pause, start, end = self.pause[:, None], self.start[:, None], self.end[:, None]
        resting = (pause <= _WEEK) & (pause + self.pause_weeks[:, None] > _WEEK)
        return self.buys[:, None] & (start <= _WEEK) & (end > _WEEK) & ~resting


def _gentle(part: Floats) -> Floats:
    """A ramp from 0 to 1 that begins and ends gently."""
    ramp = np.clip(part, 0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def lives(rng: np.random.Generator, accounts: Accounts, service: Service, effects: Effects) -> Lives:
    """A life for each account, drawn from its size, its potential, how it is served and its own luck."""
    n = len(accounts)
    newcomer = accounts.role == NEWCOMER
    start = np.where(newcomer, 1 + (strata(rng, n) * (WEEKS - 2)).astype(np.int64), 0)

    # a riser is a small account that does not look any different before it rises
    chance = _rise_chance(accounts, effects)
    rises = strata(rng, n) < chance
    growth = np.where(rises, RISER, np.where(strata(rng, n) < _FADES, FADER, STEADY))
    large = accounts.rank > 0.93

    def begin() -> Ints:
        return start + (rng.random(n) * (WEEKS + 20 - start)).astype(np.int64) + np.where(newcomer, 13, -10)

    onset = begin()
    rise = np.maximum(LEAST_RISE, accounts.room - accounts.log_size)
    fall = -rng.uniform(0.7, 2.2, n) * np.where(large, 0.4, 1.0)
    change = np.select([growth == RISER, growth == FADER], [rise, fall], 0.0)
    weeks = np.where(growth == RISER, rng.integers(5, 20, n), rng.integers(20, 75, n))
    # a small account's project can look like a rise, and passes; what brings a large account business is
    # many projects, so none of them shows
    project, project_weeks = begin(), rng.integers(*PROJECT_WEEKS, n)
    project_change = rng.uniform(0.7, 1.0, n) * np.where(accounts.rank < 0.66, rise, 0.5)
    project_change = np.where((rng.random(n) < PROJECTS) & ~large, project_change, 0.0)
    drift = 0.4 * rng.uniform(-1, 1, n) ** 3
    drift = np.where(large, 0.5 * drift, drift)

    susceptible = rng.random(n)
    rests = rng.random(n) < np.where(accounts.rank < 0.6, 0.12, 0.02)
    pause = np.where(rests, start + rng.integers(15, WEEKS, n), WEEKS)
    pause_weeks = rng.integers(15, 48, n)
    wins = rng.random(n) < SECOND_WIN
    hidden = 0.28 * susceptible - 0.50 * accounts.rank**2 - 0.1 * (growth == RISER)
    end, reason = _leaving(rng, accounts, service, effects, start, np.where(growth == FADER, onset, WEEKS), hidden)
    return Lives(
        buys=accounts.role != NEVER,
        start=start,
        end=end,
        pause=pause,
        pause_weeks=pause_weeks,
        growth=growth,
        onset=onset,
        weeks=weeks,
        wins=wins,
        change=change,
        project=project,
        project_weeks=project_weeks,
        project_change=project_change,
        drift=drift,
        rise_chance=chance,
        susceptible=susceptible,
        reason=reason,
    )


def _rise_chance(accounts: Accounts, effects: Effects) -> Floats:
    """Steps and a bend: hardly any below a potential of 0.4, about one in two at the top."""
    potential = accounts.potential
    chance = 0.05 + 0.11 * (potential > 0.4) + 0.36 * np.clip((potential - 0.5) / 0.5, 0, 1) ** 1.5
    if not effects.potential:
        chance = np.full(len(accounts), _RISE_ON_AVERAGE)
    return np.where((accounts.rank > 0.02) & (accounts.rank < 0.78), chance, 0.0)


def _leaving(
    rng: np.random.Generator,
    accounts: Accounts,
    service: Service,
    effects: Effects,
    start: Ints,
    fading: Ints,
    hidden: Floats,
) -> tuple[Ints, Ints]:
    """The week in the first quarter whose strain crosses the threshold, and which trouble weighed most.

    `fading` is the week in which a decline begins. WEEKS and -1 where the threshold is never crossed.
    """
    n = len(accounts)
    quarter = np.arange(QUARTERS)
    age = quarter - QUARTER_OF_WEEK[start][:, None]
    young = (accounts.role == NEWCOMER)[:, None] & (age < 4)
    faded = quarter > QUARTER_OF_WEEK[np.clip(fading, 0, WEEKS - 1)][:, None] + 1
    troubles = _troubles(rng, n, service, effects)
    strain = hidden[:, None] + 0.10 * young + 0.12 * faded + sum(troubles)
    crossed = (strain > _THRESHOLD) & (age > 0)
    left = crossed.any(axis=1)
    quarter_left = np.argmax(crossed, axis=1)
    at_crossing = np.stack([trouble[np.arange(n), quarter_left] for trouble in troubles])
    reason = np.where(left, np.argmax(at_crossing, axis=0), -1)
    first_day, days = QUARTER_START[quarter_left], np.diff(QUARTER_START)[quarter_left]
    # it leaves within the quarter, and not in the week of its first order
    week = -((WEEK_START[0] - first_day - rng.random(n) * days) // 7).astype(np.int64)
    return np.where(left, np.minimum(week, WEEKS), WEEKS), np.where(left & (week < WEEKS), reason, -1)


def _troubles(rng: np.random.Generator, n: int, service: Service, effects: Effects) -> list[Floats]:
    """What pulls at accounts, in the order of REASONS: accounts x quarters each.

    Trouble with service is felt in the quarter after, and still the quarter after that; how much of it
    an account bears shows in no column.
    """
    shape = (n, QUARTERS)
    hurt = 0.83 * service.failings + 1.3 * np.maximum(service.lateness - 0.12, 0)
    last = np.concatenate([hurt[:, :1], hurt[:, :-1]], axis=1)
    before = np.concatenate([last[:, :1], last[:, :-1]], axis=1)
    touchy = 0.4 + 1.1 * rng.random((n, 1))
    served = touchy * np.maximum(last, 0.6 * before) * (0.6 + 0.8 * rng.random(shape))
    # prices rise with the year, and are talked about before
    january = np.arange(QUARTERS) % 4 == 1
    price = (0.88 + 0.10 * january) * rng.random(shape) ** 24
    quality = 0.92 * rng.random(shape) ** 32
    competitor = 1.05 * service.pressure * rng.random(shape)
    closed = 1.6 * (rng.random(shape) < 0.001)
    troubles = [served if effects.service else np.zeros(shape), price, quality, competitor, closed]
    assert len(troubles) == len(REASONS)
    return troubles
