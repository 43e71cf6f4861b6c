"""Days of the story's calendar: months and workdays."""

from __future__ import annotations

import numpy as np

from crm_analysis.book.demo.parameters import Ints

_FIRST_MONTH = np.datetime64("2022-10", "M")
MONTHS = 48
MONTH_START: Ints = (_FIRST_MONTH + np.arange(MONTHS + 1)).astype("datetime64[D]").astype(np.int64)


def month_of(days: Ints) -> Ints:
    """The month of each day within the data, counted from 0."""
    return np.searchsorted(MONTH_START, days, side="right") - 1


def next_month(days: Ints) -> Ints:
    """The first day of the month after each day."""
    months = days.astype("datetime64[D]").astype("datetime64[M]") + 1
    return months.astype("datetime64[D]").astype(np.int64)


def workday(days: Ints) -> Ints:
    """The day itself, or the Monday after it when it falls on a weekend."""
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    return days + np.where(weekday >= 5, 7 - weekday, 0)


def workday_before(days: Ints) -> Ints:
    """The day itself, or the Friday before it when it falls on a weekend."""
    weekday = (days + 3) % 7
    return days - np.maximum(weekday - 4, 0)
