from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from small_books import FEW

from crm_analysis.errors import UserError
from crm_analysis.periods import after, before, quarter_end

DAYS = some.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))


@pytest.mark.parametrize("year", [1999, 2000, 2024, 2100])
def test_quarters_end_as_pandas_says(year):
    for number in range(1, 5):
        assert quarter_end(f"{year}Q{number}") == pd.Period(f"{year}Q{number}").end_time.date()


@pytest.mark.parametrize(
    "text",
    ["2026Q5", "2026Q0", "2026-Q3", "2026q3", " 2026Q3", "2026Q3 ", "2026Q3\n", "26Q3", "", "0000Q1", "２０２６Q3"],
)
def test_what_is_no_quarter_is_named(text):
    with pytest.raises(UserError, match="a quarter is written like 2026Q3; found"):
        quarter_end(text)


@pytest.mark.parametrize(
    ("day", "window", "expected"),
    [
        ("2026-09-30", "12M", "2025-09-30"),
        ("2026-09-30", "1M", "2026-08-31"),  # month end to month end, not to the 30th
        ("2026-06-30", "3M", "2026-03-31"),
        ("2026-12-31", "1Q", "2026-09-30"),
        ("2024-02-29", "1Y", "2023-02-28"),
        ("2023-02-28", "1Y", "2022-02-28"),
        ("2025-02-28", "12M", "2024-02-29"),  # a month's end, in a leap year the 29th
        ("2024-02-28", "12M", "2023-02-28"),  # not a month's end
        ("2024-03-31", "1M", "2024-02-29"),
        ("2026-03-30", "1M", "2026-02-28"),  # there is no 30 February
        ("2026-03-15", "1M", "2026-02-15"),
        ("2026-01-31", "1M", "2025-12-31"),
        ("2026-01-15", "13M", "2024-12-15"),
        ("2026-03-01", "1D", "2026-02-28"),
        ("2026-09-30", "52W", "2025-10-01"),
    ],
)
def test_windows_at_month_ends_and_leap_days(day, window, expected):
    assert before(dt.date.fromisoformat(day), window) == dt.date.fromisoformat(expected)


@FEW
@given(DAYS, some.integers(1, 60))
def test_months_agree_with_pandas(day, months):
    """pandas' DateOffset clips to the month's end; its MonthEnd goes from month end to month end."""
    stamp = pd.Timestamp(day)
    step = pd.offsets.MonthEnd(months) if stamp.is_month_end else pd.DateOffset(months=months)
    assert before(day, f"{months}M") == (stamp - step).date()


@FEW
@given(DAYS, some.integers(1, 40))
def test_a_quarter_is_three_months_and_a_year_twelve(day, count):
    assert before(day, f"{count}Q") == before(day, f"{3 * count}M")
    assert before(day, f"{count}Y") == before(day, f"{12 * count}M")
    assert before(day, f"{count}W") == before(day, f"{7 * count}D") == day - dt.timedelta(days=7 * count)


@FEW
@given(some.dates(dt.date(1990, 1, 1)), some.sampled_from(["1M", "3M", "12M", "1Q", "1Y"]))
def test_windows_from_month_ends_leave_no_gap(day, window):
    """Two windows in a row from a month's end are the window of twice the length."""
    end = (pd.Timestamp(day) + pd.offsets.MonthEnd(0)).date()
    twice = f"{2 * int(window[:-1])}{window[-1]}"
    assert before(before(end, window), window) == before(end, twice)


@pytest.mark.parametrize(
    "window", ["abc", "", "12", "M", "0M", "00M", "-1M", "1.5M", "12m", "12 M", "12M\n", "99999M", "１M"]
)
def test_what_is_no_window_is_named(window):
    with pytest.raises(UserError, match="a window is written like 12M, 4Q, 1Y, 52W or 90D; found"):
        before(dt.date(2026, 9, 30), window)


@pytest.mark.parametrize("window", ["2026Y", "9999Y", "9999Q"])
def test_a_window_that_begins_before_the_calendar_is_a_sentence(window):
    with pytest.raises(UserError, match="begins before the calendar does"):
        before(dt.date(2026, 9, 30), window)


@FEW
@given(DAYS, some.integers(1, 60), some.sampled_from("DWMQY"))
def test_after_is_before_the_other_way_round(day, count, unit):
    """pandas' DateOffset again; from a month's end back to a month's end, so that no window leaves a gap."""
    window, end = f"{count}{unit}", (pd.Timestamp(day) + pd.offsets.MonthEnd(0)).date()
    assert before(after(end, window), window) == end
    names = {"D": "days", "W": "weeks", "M": "months", "Q": "months", "Y": "years"}
    step = pd.DateOffset(**{names[unit]: count * (3 if unit == "Q" else 1)})
    if day != end:
        assert after(day, window) == (pd.Timestamp(day) + step).date()


def test_a_window_that_ends_after_the_calendar_is_a_sentence():
    with pytest.raises(UserError, match="ends after the calendar does"):
        after(dt.date(2026, 9, 30), "9999Y")
    assert after(dt.date(2024, 2, 29), "1Y") == dt.date(2025, 2, 28)
    assert after(dt.date(2026, 9, 30), "12M") == dt.date(2027, 9, 30)
