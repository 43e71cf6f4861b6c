"""What could be known of an account's next year by somebody who knew the whole story but the luck to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.book.demo.accounts import Accounts
from crm_analysis.book.demo.lives import (
    FIRST_WIN,
    LEAST_RISE,
    PROJECT_WEEKS,
    PROJECTS,
    RISER,
    SECOND_WIN,
    Lives,
)
from crm_analysis.book.demo.parameters import WEEKS, WEEKS_A_YEAR, Floats

_SILENT_WEEKS = 26  # accounts leave in silence: it takes this long until anybody can know


@dataclass(frozen=True)
class Outlook:
    """One row per account, as of a week."""

    level: Floats  # logarithm of demand against the account's size, should what came lately last; -inf if it left
    passed: Floats  # the same, should it have been a project
    lasts: Floats  # the chance that it lasts; 1 where nothing new has come
    chance: Floats  # the chance that another win comes within the year
    first: Floats  # what that win adds to the logarithm of demand
    second: Floats  # what a win half a year after it would add


def outlook(accounts: Accounts, lives: Lives, week: int) -> Outlook:
    """The year after a week. A win that was just made and a project that runs look the same."""
    shortest, longest = PROJECT_WEEKS
    since, running = week - lives.onset, week - lives.project
    riser = lives.growth == RISER
    won = riser & (since >= 0) & (since < longest)
    runs = (lives.project_change > 0) & (running >= 0) & (running < lives.project_weeks) & ~won
    level = lives.level(np.array([week]))[:, 0]
    old = np.where(won, lives.drift * (week / WEEKS - 0.5), level - np.where(runs, lives.project_change, 0.0))
    new = np.where(won, FIRST_WIN * lives.change, np.where(runs, lives.project_change, 0.0))
    # of a year: what is left of a project on average
    rest = (shortest + longest) / 4 / WEEKS_A_YEAR
    # a project runs out between its shortest and longest time: whoever buys longer has been won
    age = np.where(won, since, running)
    may_run = PROJECTS * (1 - np.clip((age - shortest) / (longest - shortest), 0, 1))
    risers = np.maximum(lives.rise_chance, 0.01)
    gone = np.where(lives.end <= week - _SILENT_WEEKS, -np.inf, 0.0)

    whole = np.maximum(LEAST_RISE, accounts.room - accounts.log_size)
    waiting = riser & ~won & (since >= 0) & (since < lives.weeks)
    # of all who could still rise some do in a year
    span = WEEKS + 20 - lives.start
    ahead = np.clip(span - (week - lives.start), 1, span)
    yet = lives.rise_chance * ahead / span
    begins = yet / (1 - lives.rise_chance + yet) * np.minimum(WEEKS_A_YEAR / ahead, 1)
    settled = (lives.change != 0) & (since >= 0) & ~won
    return Outlook(
        level=old + new + gone,
        passed=old + np.log1p(rest * np.expm1(new)) + gone,
        lasts=np.where(won | runs, risers / (risers + may_run), 1.0),
        chance=np.where(waiting, SECOND_WIN, np.where(settled, 0.0, begins)),
        first=np.where(waiting, (1 - FIRST_WIN) * whole, FIRST_WIN * whole),
        second=np.where(waiting, 0.0, (1 - FIRST_WIN) * whole),
    )
