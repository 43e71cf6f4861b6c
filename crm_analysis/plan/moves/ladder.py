"""States of a book: rungs by bars of money that stand still, below them the inactive, and those not yet customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.labels import label
from crm_analysis.value.pyramid import tiers
from crm_analysis.value.segments import CLASSES, bars

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.plan.moves.past import Past

INACTIVE, NEW = "inactive", "new"
CLASS, TIER = "class", "tier"
TOP_TIERS = ("top", "big", "medium", "small")
STATES = {
    "High": "plan_of_high", "Mid": "plan_of_mid", "Low": "plan_of_low", "top": "tier_top", "big": "tier_big",
    "medium": "tier_medium", "small": "tier_small", INACTIVE: "state_inactive", NEW: "state_new", "": "plan_all",
}  # fmt: skip
"""Every state, "" for all, with the label of its words."""


def state_said(name: str) -> str:
    """A state in words.

    >>> state_said("High"), state_said("top")
    ('High', 'Top 1%')
    """
    return label(STATES[name])


@dataclass(frozen=True)
class Ladder:
    """Rungs from the top down, and the least revenue of a year on each but the last, which has none.

    `kind` is "class" or "tier". The bars are those of one day, in money: an account moves because it changed, not
    because others did.
    """

    kind: str
    rungs: tuple[str, ...]
    floors: tuple[float, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """The states an account that ordered once can be in: the rungs, then "inactive"."""
        return (*self.rungs, INACTIVE)

    def places(
        self, revenue: NDArray[np.float64], active: NDArray[np.bool_], customer: NDArray[np.bool_]
    ) -> NDArray[np.int8]:
        """The place in `states` of each account by a year's revenue; len(states) for who is no customer yet."""
        rung = sum((revenue < floor).astype(np.int8) for floor in self.floors)
        inactive = np.int8(len(self.rungs))
        found: NDArray[np.int8] = np.where(active, rung, np.where(customer, inactive, inactive + np.int8(1)))
        return found.astype(np.int8)


def class_ladder(past: Past, high_bar: float = 0, mid_bar: float = 0) -> Ladder:
    """High, Mid and Low by `value.segments.bars` of the last day; UserError as there."""
    at = bars(past.today, high_bar, mid_bar)
    return Ladder(CLASS, CLASSES, (at.high, at.mid))


def tier_ladder(past: Past) -> Ladder:
    """The pyramid's tiers, by the least revenue in each on the last day.

    A tier without accounts, as books of fewer than 100 have them, has the bar of the tier above it and stays empty.
    """
    frame = past.today
    least = frame["revenue"].groupby(tiers(frame)).min()
    floors, floor = [], np.inf
    for name in TOP_TIERS[:-1]:
        floor = min(float(least.get(name, floor)), floor)
        floors.append(floor)
    return Ladder(TIER, TOP_TIERS, tuple(floors))


def states(past: Past, ladder: Ladder, day: int = -1) -> pd.Series:
    """The state of every account on one of the days of `past` (by place), by account_id ("new": no customer yet)."""
    import pandas as pd

    names = np.array([*ladder.states, NEW], dtype=object)
    return pd.Series(names[ladder.places(*past.on(day))], index=past.account_id, name="state", dtype=object)
