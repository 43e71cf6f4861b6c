"""Waves of a survey: runs of days on which people were asked or answered."""

from __future__ import annotations

import bisect
import datetime as dt
from typing import TYPE_CHECKING

from crm_analysis.features.windows import ANSWER_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

GAP = 45
"""More days than this without an invitation or an answer part two waves."""
LONGEST = 120
"""A survey with a run of more days than this goes on all the time: its answers are told by calendar quarter."""


def waves(days: Iterable[dt.date], sent: Iterable[dt.date], as_of: dt.date) -> pd.DataFrame:
    """The waves that the days of answers and of invitations (`sent`) make, the earliest first.

    Columns: wave (its first month, such as 2026-05, or its quarter, 2026Q2, where the company asks all the time),
    begins and ends (datetime64, first and last of these days), open (bool: answers may still come). Two waves that
    begin in one month have the day in their names.
    """
    import pandas as pd

    asked, known = sorted(set(sent)), sorted(set(sent) | set(days))
    # whoever goes on answering moves no wave that an invitation began
    runs = sorted({*asked, *(day for day in known if not _invited(day, asked))})
    starts = [day for place, day in enumerate(runs) if place == 0 or (day - runs[place - 1]).days > GAP]
    ends = [runs[runs.index(start) - 1] for start in starts[1:]] + runs[-1:]
    if any((end - start).days > LONGEST for start, end in zip(starts, ends, strict=True)):
        quarters = pd.Series(known).groupby([f"{day.year}Q{(day.month + 2) // 3}" for day in known])
        names, starts, ends = list(quarters.groups), list(quarters.min()), list(quarters.max())
    else:
        ends = [known[known.index(start) - 1] for start in starts[1:]] + known[-1:]
        months = [f"{start:%Y-%m}" for start in starts]
        names = [
            f"{start:%Y-%m-%d}" if months.count(month) > 1 else month
            for start, month in zip(starts, months, strict=True)
        ]
    soon = as_of - dt.timedelta(days=ANSWER_DAYS)
    last = [
        max((day for day in asked if start <= day <= end), default=start)
        for start, end in zip(starts, ends, strict=True)
    ]
    table = pd.DataFrame({"wave": names, "begins": starts, "ends": ends, "open": [day > soon for day in last]})
    return table.astype({"wave": object, "begins": "datetime64[ns]", "ends": "datetime64[ns]", "open": bool})


def _invited(day: dt.date, asked: list[dt.date]) -> bool:
    """Whether an invitation was sent within LONGEST days before the day, or on it."""
    place = bisect.bisect_right(asked, day)
    return place > 0 and (day - asked[place - 1]).days <= LONGEST
