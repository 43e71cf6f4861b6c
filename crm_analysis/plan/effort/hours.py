"""Hours a year that our people have for contacts with accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Hours:
    """Hours a year of all people: of contacts, and of work; `share` is the part that contacts take.

    `taken`: the hours of contacts are those that contacts took in the trailing year, rather than hours that management
    set. So a plan is measured by what the same people demonstrably carried, not by their whole working time, most of
    which goes elsewhere or is not written down. NaN where nothing tells.
    """

    contacts: float
    working: float
    share: float
    weeks: float
    taken: bool

    def minutes(self, people: pd.DataFrame) -> pd.Series:
        """Minutes a year that each person (rep_id, hours_per_week) has for contacts, by rep_id; NaN without hours.

        Where the share is not known, those of the whole working time.
        """
        import pandas as pd

        part = self.share if np.isfinite(self.share) else 1.0
        there = people["hours_per_week"].to_numpy("float64") * self.weeks * 60 * part
        return pd.Series(there, index=people["rep_id"].to_numpy(dtype=object))


def hours(people: pd.DataFrame, minutes: float, capacity: float = 0.0, weeks: float = 44.0) -> Hours:
    """The hours that `people` (as `reps` tells them) have for contacts that took `minutes` in the trailing year.

    `capacity`: hours a year set for all; 0 takes what contacts took. UserError for less, or weeks not above 0.
    """
    if not 0 <= capacity < float("inf"):
        raise UserError(f"capacity is hours a year, from 0; found {capacity}.")
    if not 0 < weeks <= 53:
        raise UserError(f"weeks are those worked in a year, above 0 and up to 53; found {weeks}.")
    working = float(np.sort(people["hours_per_week"].dropna().clip(lower=0).to_numpy("float64")).sum()) * weeks
    contacts = float(capacity if capacity > 0 else minutes / 60)
    share = contacts / working if working > 0 and contacts > 0 else np.nan
    return Hours(contacts, working, share, weeks, capacity == 0)
