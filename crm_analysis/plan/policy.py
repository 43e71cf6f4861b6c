"""What management sets before a plan is made: how often each level of service is to be seen, and what can be borne.

Set once and printed, so that an account's treatment changes because it changed, and not because others did.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from crm_analysis.errors import UserError
from crm_analysis.periods import before

KEY, DEVELOP, NEW, DESK, KEPT, PREPAY, STEP, CALL, NONE = (
    "key", "develop", "new", "desk", "kept", "prepay", "step", "call", "none",
)  # fmt: skip
"""Levels of service: visits by plan (key, develop, new), calls and no visits (desk, step: on the way out), as it is
(kept by a person's word), supply against payment only (prepay), one call to an account that fell silent (call), nothing
until it asks (none)."""
LEVELS = (KEY, DEVELOP, NEW, KEPT, DESK, PREPAY, STEP, CALL, NONE)
VISITED = (KEY, DEVELOP, NEW, KEPT)
"""Levels whose visits on request stay visits; at the others they become calls."""


@dataclass(frozen=True)
class Policy:
    """Contacts a year that we begin, by level, and the two bars.

    - visits_..., calls_...: of each account at the level (select: those the desk serves);
    - capacity: hours a year of contacts that all sales people together carry; 0 takes what contacts took last year;
    - weeks: worked in a year;
    - bad_share: the share of bad accounts that the company can bear; overdue_days: how late makes an account bad;
    - new: for so long after its first order an account is new.
    """

    visits_key: float = 2
    calls_key: float = 6
    visits_develop: float = 1
    calls_develop: float = 4
    visits_new: float = 1
    calls_new: float = 4
    calls_select: float = 1
    capacity: float = 0
    weeks: float = 44
    bad_share: float = 0.03
    overdue_days: int = 60
    new: str = "12M"

    def __post_init__(self) -> None:
        names = [name for name in self.__dataclass_fields__ if name.startswith(("visits_", "calls_"))]
        for name in (*names, "capacity", "overdue_days"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise UserError(f"{name} is a number from 0; found {getattr(self, name)}.")
        if self.overdue_days != int(self.overdue_days):
            raise UserError(f"overdue_days is a whole number of days; found {self.overdue_days}.")
        if not 0 < self.weeks <= 53:
            raise UserError(f"weeks are those worked in a year, above 0 and up to 53; found {self.weeks}.")
        if not 0 < self.bad_share < 1:
            raise UserError(f"bad_share is a share above 0 and below 1; found {self.bad_share}.")
        before(dt.date(2000, 1, 1), self.new)

    def cadence(self, level: str) -> tuple[float, float]:
        """Visits and calls a year that we begin at a level of LEVELS; KeyError for another."""
        return {
            KEY: (self.visits_key, self.calls_key),
            DEVELOP: (self.visits_develop, self.calls_develop),
            NEW: (self.visits_new, self.calls_new),
            KEPT: (0.0, self.calls_select),
            DESK: (0.0, self.calls_select),
            PREPAY: (0.0, 0.0),
            STEP: (0.0, 0.0),
            CALL: (0.0, 1.0),
            NONE: (0.0, 0.0),
        }[level]
