"""Service time today and planned: what a plan frees, of whom, and to whom it gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.plan.effort.need import GOES_ON, errors, in_order

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.plan.effort.lengths import Lengths

    Flags = NDArray[np.bool_]

CLASSES = ("High", "Mid", "Low", "")
"""The value classes, and accounts that have none because they order nothing."""


@dataclass(frozen=True, eq=False)
class Balance:
    """Service time of a year, in hours.

    `table`, one row per class of CLASSES that has accounts, `whole` one row of all: class, accounts, hours_today,
    hours_planned; accounts_freed and hours_freed (accounts that are to take less time than today, and how much less),
    freed_low, freed_high; accounts_given, hours_given, given_low, given_high (those that are to get more). Planned is
    today - freed + given. Today's hours are what was recorded; intervals at LEVEL are of what is planned: how long
    contacts take, and how many accounts ask for (`need.errors`). NaN where minutes are not known.
    """

    table: pd.DataFrame
    whole: pd.Series


def balance(rows: pd.DataFrame, lengths: Lengths, scale: float = 1.0) -> Balance:
    """The balance of `rows`, which have what `need.errors` needs, minutes_today and minutes_planned.

    `scale` is that of `contacts`.
    """
    import pandas as pd

    rows = in_order(rows[["class", "visits", "calls", "desk", "minutes_today", "minutes_planned", *GOES_ON]])
    rows["class"] = rows["class"].astype("category")  # looked at again and again
    codes, names = rows["class"].astype(object).fillna("").factorize()
    places = {str(name): place for place, name in enumerate(names)}
    parts = {name: np.equal(codes, places[name]) for name in CLASSES if name in places}
    told = [_row(rows, inside, lengths, scale) for inside in parts.values()]
    table = pd.DataFrame(told)
    table.insert(0, "class", list(parts))
    return Balance(table, pd.Series(_row(rows, np.ones(len(rows), dtype=bool), lengths, scale)))


def _row(rows: pd.DataFrame, inside: Flags, lengths: Lengths, scale: float) -> dict[str, float]:
    part = rows[inside]
    more = (part["minutes_planned"] - part["minutes_today"]).to_numpy("float64")
    found = {
        "accounts": len(part),
        "hours_today": part["minutes_today"].sum(skipna=False) / 60,
        "hours_planned": part["minutes_planned"].sum(skipna=False) / 60,
    }
    for name, moves in (("freed", more < 0), ("given", more > 0)):
        own = part[moves]
        hours = float(np.abs(more[moves]).sum()) / 60 if np.isfinite(more).all() else np.nan
        error = float(errors(own, lengths, np.zeros(len(own), dtype="int64"), 1, scale)[0]) / 60 if len(own) else 0.0
        reach = ndtri((1 + LEVEL) / 2) * error
        found |= {f"accounts_{name}": len(own), f"hours_{name}": hours}
        found |= {f"{name}_low": max(hours - reach, 0.0), f"{name}_high": hours + reach}
    return found
