"""Calendar periods as a reader writes them: quarters such as 2026Q3, windows such as 12M or 52W."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from crm_analysis.errors import UserError
from crm_analysis.labels import label, window_said

_QUARTER = re.compile(r"(\d{4})Q([1-4])\Z", re.ASCII)
_WINDOW = re.compile(r"(\d{1,4})([DWMQY])\Z", re.ASCII)
_MONTHS = {"M": 1, "Q": 3, "Y": 12}


def quarter_end(quarter: str) -> dt.date:
    """The last day of a calendar quarter.

    Raises UserError for anything not written like 2026Q3.

    >>> quarter_end("2026Q3")
    datetime.date(2026, 9, 30)
    """
    match = _QUARTER.match(str(quarter))
    if not match or match[1] == "0000":
        raise UserError(f"a quarter is written like 2026Q3; found {quarter!r}")
    return _month_end(int(match[1]), 3 * int(match[2]))


def before(day: dt.date, window: str) -> dt.date:
    """The day one window earlier; the window is the days after it up to and including `day`.

    D, W, M, Q and Y stand for days, weeks, months, quarters and years. From the last day of a month,
    whole months lead to the last day of a month, so that 12M before a year's end is a year's end.
    Raises UserError for anything not written like 12M.

    >>> before(datetime.date(2026, 6, 30), "3M")
    datetime.date(2026, 3, 31)
    """
    try:
        return _moved(day, window, -1)
    except (OverflowError, ValueError):
        raise UserError(f"the window {window} before {day} begins before the calendar does") from None


def after(day: dt.date, window: str) -> dt.date:
    """The day one window later; the window is the days after `day` up to and including it. Else as `before`.

    >>> after(datetime.date(2026, 6, 30), "12M")
    datetime.date(2027, 6, 30)
    """
    try:
        return _moved(day, window, 1)
    except (OverflowError, ValueError):
        raise UserError(f"the window {window} after {day} ends after the calendar does") from None


def _moved(day: dt.date, window: str, way: int) -> dt.date:
    match = _WINDOW.match(str(window))
    if not match or int(match[1]) == 0:
        raise UserError(f"a window is written like 12M, 4Q, 1Y, 52W or 90D; found {window!r}")
    count, unit = way * int(match[1]), match[2]
    if unit in "DW":
        return day + dt.timedelta(days=count * (7 if unit == "W" else 1))
    year, month = divmod(day.year * 12 + day.month - 1 + count * _MONTHS[unit], 12)
    end = _month_end(year, month + 1)
    return end if day == _month_end(day.year, day.month) else end.replace(day=min(day.day, end.day))


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def quarters_back(quarter: str, many: int) -> str:
    """The quarter so many before.

    >>> quarters_back("2026Q1", 4), quarters_back("2026Q1", 1)
    ('2025Q1', '2025Q4')
    """
    place = 4 * int(quarter[:4]) + int(quarter[5]) - 1 - many
    return f"{place // 4:04}Q{place % 4 + 1}"


def length_said(window: str) -> str:
    """A length of time in words: 12M is 12 months, 1Q is a quarter."""
    words = window_said(window)
    return words if words[0].isdigit() else label("a_window", window=words)
