"""How well each account is served, quarter by quarter, and how content that leaves it.

Nothing here is written into the book: orders that ship late, complaints and answers to surveys are
drawn from it, and accounts leave over it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.book.demo.accounts import Accounts
from crm_analysis.book.demo.company import Market, programme_share
from crm_analysis.book.demo.effects import Effects
from crm_analysis.book.demo.parameters import PROGRAMME_MENDS, QUARTERS, Floats, Ints

# why accounts leave, in the order of the parts of `lives` that tell
REASONS = ("service", "price", "quality", "competitor", "closed down")

# a press was down: most shipments late (2024Q1 and 2024Q2)
_BACKLOG = np.zeros(QUARTERS)
_BACKLOG[5:7] = 0.12, 0.16


@dataclass(frozen=True)
class Service:
    """Accounts of a chunk x calendar quarters, the first one being 2022Q4."""

    lateness: Floats  # chance that a line ordered in the quarter ships late
    failings: Floats  # how badly it was served otherwise: mostly near 0, about 1 when something went wrong
    pressure: Floats  # a competitor's offer, 0 to 1
    content: Floats  # 0 to 1 at the end of the quarter: falls fast with trouble, recovers slowly


def service(rng: np.random.Generator, accounts: Accounts, market: Market, starts: Ints, effects: Effects) -> Service:
    """The service of a chunk of accounts; `starts` is the day on which each office's programme starts."""
    n = len(accounts)
    quarter = np.arange(QUARTERS)
    office = accounts.office_in_quarter()
    trouble = market.office_quarter[office, quarter]
    mended = 1 - PROGRAMME_MENDS * programme_share(starts, effects)[office, quarter]

    # difficult boards and far-off plants, which no column shows
    difficult = rng.random((n, 1)) ** 2
    lateness = 0.05 + 0.20 * difficult + 0.7 * np.maximum(trouble, -0.06) + 0.10 * rng.random((n, QUARTERS)) ** 2
    lateness = np.clip(lateness + _BACKLOG * rng.uniform(0.4, 1.6, (n, 1)), 0.01, 0.95) * mended

    clumsy, u, size = rng.random((n, 1)) ** 1.5, rng.random((n, QUARTERS)), rng.random((n, QUARTERS))
    # who brings more is looked after better
    care = 1.35 - 0.7 * accounts.rank[:, None] if effects.effort else np.ones((n, 1))
    chance = (0.025 + 0.10 * clumsy + 0.35 * np.maximum(trouble, 0)) * care
    failings = (0.08 * size + (u < chance) * (0.45 + 0.9 * size)) * mended

    # an offer comes, and stays on the table for half a year
    offered = (rng.random((n, QUARTERS)) < 0.05) * rng.random((n, QUARTERS)) ** 0.7
    before = np.roll(offered, 1, axis=1)
    before[:, 0] = 0
    pressure = np.maximum(offered, 0.7 * before)
    return Service(lateness, failings, pressure, _content(rng, lateness, failings))


def _content(rng: np.random.Generator, lateness: Floats, failings: Floats) -> Floats:
    """Contentment follows trouble down at once and comes back a little each quarter."""
    n = len(lateness)
    kindly = rng.uniform(0.55, 0.98, n)
    forgiving = rng.uniform(0.10, 0.35, n)
    weight = lateness + failings + 0.12 * rng.random(lateness.shape)
    content = np.empty((n, QUARTERS))
    now = kindly
    for quarter in range(QUARTERS):
        aim = kindly * (1 - weight[:, quarter] / (weight[:, quarter] + 0.7))
        now = np.where(aim < now, now + 0.7 * (aim - now), now + forgiving * (kindly - now))
        content[:, quarter] = now
    return content
