"""Who is Low on a day, by which bars, and what each account brought: what cases are chosen by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.features.trade import ENDS
from crm_analysis.features.windows import days_since_epoch
from crm_analysis.value.segments import Bars, bars, segments

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.features.windows import Ledger, Marks

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

SMALL = 1e-3
"""A value below this part of the Mid bar counts as this part."""
PLACES = 1e4
"""Money has four places: in whole parts of those it adds up and compares exactly."""


@dataclass(frozen=True, eq=False)
class Wishes:
    """What potential is told by: the horizon; revenue or margin; bars in money, 0 lets each day's accounts decide.

    Where one bar is given, the other is that of the day's accounts, or the given one if they would stand the wrong way.
    """

    horizon: str = "12M"
    by: str = "revenue"
    high_bar: float = 0
    mid_bar: float = 0


@dataclass(frozen=True, eq=False)
class Day:
    """The accounts of a landmark, one place each.

    `money` has arrays revenue, margin (NaN without costs) and value (the one potential is told by) of the trailing
    year; `quarter` is the value of the last quarter. `low` are the places of the Low accounts.
    """

    money: dict[str, Floats]
    quarter: Floats
    bars: Bars
    active: Flags
    high: Flags
    low: NDArray[np.intp]

    def against_bar(self, value: Floats) -> Floats:
        """The logarithm of a value against the Mid bar, no lower than that of SMALL."""
        found: Floats = np.log(np.maximum(value / self.bars.mid if self.bars.mid > 0 else 0 * value, SMALL))
        return found


def money(ledger: Ledger, after: int, upto: int, by: str) -> dict[str, Floats]:
    """revenue, margin and value of a run of pieces, by account."""
    revenue = ledger.total("revenue", after, upto)
    told = "margin" in ledger.values
    margin = ledger.total("margin", after, upto) if told else np.full(ledger.accounts, np.nan)
    return {"revenue": revenue, "margin": margin, "value": margin if by == "margin" else revenue}


def days(ledger: Ledger, marks: Marks, wishes: Wishes) -> Iterator[Day]:
    """Each landmark's accounts; `ledger` holds order rows (`trade.order_rows`) of the same landmarks."""
    import pandas as pd

    cuts = marks.cuts(*ENDS)
    for mark in marks:
        year, quarter, now = (cuts.at(day) for day in (mark.year, mark.quarter, mark.day))
        found = money(ledger, year, now, wishes.by)
        # accounts are numbered in the order of their ids
        frame = pd.DataFrame({"revenue": found["value"], "account_id": np.arange(ledger.accounts)})
        frame["active"] = days_since_epoch(mark.year) < ledger.latest("last", -1, now)
        at = _bars(frame, wishes)
        rows = np.flatnonzero(frame["active"])
        kind = segments(frame.iloc[rows], at)["class"].to_numpy()
        high = np.zeros(len(frame), dtype=bool)
        high[rows[kind == "High"]] = True
        last = money(ledger, quarter, now, wishes.by)["value"]
        yield Day(found, last, at, frame["active"].to_numpy(), high, rows[kind == "Low"])


def _bars(frame: pd.DataFrame, wishes: Wishes) -> Bars:
    """The bars of a day; on some earlier day a bar given today may stand beyond the other one's default."""
    high, mid = wishes.high_bar, wishes.mid_bar
    if (high > 0) == (mid > 0):
        return bars(frame, high, mid)
    found = bars(frame)
    return bars(frame, high or max(found.high, mid), mid or min(found.mid, high))
