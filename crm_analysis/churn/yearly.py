"""How many accounts stay a year: of those really there on a day that is decided by now.

On any day some of the accounts counted as there have ordered for the last time already, and only later is that known.
A year of all those counted would count them as lost in it, and in every further year again; so two things are told
apart: which part of those counted is really there, and which part of those stays a year.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.definition.shares import wilson
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.value.lifetime.forecasts import LEVEL
from crm_analysis.value.segments import INACTIVE

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.churn.definition import Spells

YEARS = 5
"""Years looked ahead, and at most looked back."""
ALL = "all"


def days_asked(spells: Spells) -> tuple[dt.date, dt.date]:
    """The last day of which it is decided who was really there, and the day a year before it; the earlier first.

    Raises BookError if the source does not reach back to the earlier one.
    """
    last = spells.decided_until
    first = before(last, "12M")
    if first < spells.whole_from:
        raise BookError(label("no_first_quarter", first=first, last=last, begins=spells.whole_from))
    return first, last


def rates(spells: Spells, known: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """How many accounts of each segment stay a year: one row per segment, sorted, then ALL.

    `known` is what `accounts.snapshots` returns for both of `days_asked` over a year, with the column `segment` as it
    was on each; accounts without one are `INACTIVE`. Columns:

    - segment; there (accounts there on the earlier day, that ordered on it or later), kept (of them, those that ordered
      on the later day or after it), retention = kept / there, low, high (Wilson). Who left, for any reason, is lost.
    - counted (accounts there on the later day, as far as was known on it; without those that had said goodbye),
      going_on (of them, those that ordered on it or later), revenue_going_on (the part that these brought of what the
      counted brought in the year before; 1 where that is nothing) and its standard error, revenue_error.
    """
    import pandas as pd

    first, last = days_asked(spells)
    parts = []
    for day in (first, last):
        rows = spells.there(day)
        on = known[known["as_of"] == pd.Timestamp(day)].set_index("account_id")
        end = spells.frame.loc[rows.index, "last"]
        rows = rows.assign(
            segment=rows["account_id"].map(on["segment"]).fillna(INACTIVE).astype(str),
            revenue=rows["account_id"].map(on["revenue"]).fillna(0.0),
            going=end >= pd.Timestamp(day),
            kept=end >= pd.Timestamp(last),
        )
        parts.append(rows[rows["going"]] if day == first else rows[~rows["said_goodbye"]])
    year_ago, counted = parts
    names = sorted({*year_ago["segment"], *counted["segment"]})
    table = pd.DataFrame([_row(name, year_ago, counted) for name in (*names, ALL)])
    table["retention"] = table["kept"] / table["there"].where(table["there"] > 0)
    table["low"], table["high"] = wilson(table["kept"].to_numpy(float), table["there"].to_numpy(float), level)
    return table


def _row(name: str, year_ago: pd.DataFrame, counted: pd.DataFrame) -> dict[str, Any]:
    """The counts of one segment, or of ALL."""
    then, now = (rows if name == ALL else rows[rows["segment"] == name] for rows in (year_ago, counted))
    whole = now["revenue"].sum()
    part = min(max(now["revenue"][now["going"]].sum() / whole, 0.0), 1.0) if whole > 0 else 1.0
    # the error of a ratio of two sums over accounts (Cochran 1977, 6.3)
    error = float(np.sqrt((now["revenue"] ** 2 * (now["going"] - part) ** 2).sum()) / whole) if whole > 0 else 0.0
    return {
        "segment": name,
        "there": len(then),
        "kept": int(then["kept"].sum()),
        "counted": len(now),
        "going_on": int(now["going"].sum()),
        "revenue_going_on": float(part),
        "revenue_error": error,
    }


def curve(spells: Spells) -> pd.DataFrame:
    """Whether accounts that have been there longer stay longer: one row per year since, in order: year, there, kept.

    In its year t an account has been there for t - 1 years at least: `there` are the accounts that were there t years
    before `decided_until` and were still so, in the same spell, one year before it; `kept` those of them that stayed
    that last year. Years that the source does not reach back to are absent; raises BookError if it reaches back to
    none.
    """
    import pandas as pd

    year_ago, last = days_asked(spells)
    rows = []
    for year in range(1, YEARS + 1):
        day = before(last, f"{12 * year}M")
        if day < spells.whole_from:
            break
        end = spells.frame.loc[spells.there(day).index, "last"]
        rows.append((year, int((end >= pd.Timestamp(year_ago)).sum()), int((end >= pd.Timestamp(last)).sum())))
    return pd.DataFrame(rows, columns=["year", "there", "kept"])
