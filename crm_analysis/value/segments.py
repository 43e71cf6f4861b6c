"""The six segments: a value class by money bars, a grade by one margin-rate bar.

Tiers describe, classes decide. Bars are set once and printed, so that an account moves only because
it changed and not because others did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.errors import UserError
from crm_analysis.value.pyramid import totals

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("High", "Mid", "Low")
NO_COST = "no cost"
GRADES = ("A", "B", NO_COST)
"""A at or above the margin-rate bar, B below, also where revenue with known cost is not positive and has no rate; the
third where no cost is known."""
SEGMENTS = tuple(f"{name} {grade}" for name in CLASSES for grade in ("A", "B", f"({NO_COST})"))
INACTIVE = "Inactive"
"""What stands for the segment of an account that has none, where every account needs one."""
_SHARES = (0.5, 0.8)


@dataclass(frozen=True)
class Bars:
    """Where the segments divide: revenue in the window for High and for Mid, margin rate for grade A.

    `margin_rate` is None where the book knows no cost.
    """

    high: float
    mid: float
    margin_rate: float | None


def bars(frame: pd.DataFrame, high: float = 0, mid: float = 0, margin_rate: float | None = None) -> Bars:
    """The bars for a frame of accounts; those given as numbers other than 0 are taken as they are.

    Default: the smallest revenue among the accounts that, largest first, bring the first 50 % of active
    accounts' revenue, and the first 80 %; the margin rate of the whole frame. Raises UserError if a bar
    is negative, or the Mid bar is above the High bar.
    """
    active = frame.loc[frame["active"], "revenue"].sort_values(ascending=False, ignore_index=True)
    if high < 0 or mid < 0:
        raise UserError(f"bars are amounts of money; found high {high:g} and mid {mid:g}, expected no negative one")
    total = active.sum()
    share = active.cumsum() / (total if total > 0 else float("nan"))
    places = [int((share < part - 1e-12).sum()) for part in _SHARES]
    found = [float(active.iloc[place]) if total > 0 else 0.0 for place in places]
    result = Bars(float(high) or found[0], float(mid) or found[1], margin_rate)
    if result.mid > result.high:
        both = f"the Mid bar ({result.mid:,.2f}) is above the High bar ({result.high:,.2f})"
        raise UserError(f"{both}; expected it below")
    if "margin" not in frame:
        return Bars(result.high, result.mid, None)
    if margin_rate is None:
        whole = frame["costed_revenue"].sum()
        return Bars(result.high, result.mid, float(frame["margin"].sum() / whole) if whole > 0 else None)
    return result


def segments(frame: pd.DataFrame, at: Bars) -> pd.DataFrame:
    """Class, grade and segment of every account: the frame's index, columns `class`, `grade`, `segment`.

    Only active accounts have a class; the others have None in all three columns. Where revenue and
    margin disagree, revenue decides the class.
    """
    import numpy as np
    import pandas as pd

    revenue = frame["revenue"]
    kind = np.select([revenue >= at.high, revenue >= at.mid], ["High", "Mid"], "Low")
    if at.margin_rate is None:
        grade = np.full(len(frame), NO_COST)
    else:
        costed = (frame["costed_revenue"] != 0) | (frame["margin"] != 0)
        grade = np.select([~costed, frame["margin_rate"] >= at.margin_rate], [NO_COST, "A"], "B")
    result = pd.DataFrame({"class": kind, "grade": grade}, index=frame.index).astype(object)
    shown = result["grade"].where(result["grade"] != NO_COST, f"({NO_COST})")
    result["segment"] = result["class"] + " " + shown
    result.loc[~frame["active"]] = None
    return result


def segment_table(frame: pd.DataFrame, at: Bars) -> pd.DataFrame:
    """One row per segment that could occur: segment, then the columns of `pyramid.totals`, over active accounts.

    The three segments without a grade appear only where accounts are in them.
    """
    import pandas as pd

    found = segments(frame, at)["segment"]
    active = frame[frame["active"]]
    graded = at.margin_rate is not None
    order = [name for name in SEGMENTS if (graded and not name.endswith(")")) or (found == name).any()]
    segment = pd.Categorical(found[frame["active"]], categories=order, ordered=True)
    return totals(active.assign(segment=segment), "segment").drop(columns="active")
