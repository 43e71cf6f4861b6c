"""Windows and reactivation against the same worked out literally, their intervals against statsmodels."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_books import line, small_book

from crm_analysis.book import Book, BookError
from crm_analysis.churn.definition.shares import effective, wilson
from crm_analysis.churn.definition.silence import LEAST, Costs, days_of, reactivation, windows
from crm_analysis.errors import UserError

START = dt.date(2023, 1, 1)
DAY = dt.date(2024, 12, 31)  # 731 days: windows to 8 months, orders followed for two thirds of it
DAYS = [30, 61, 91, 122, 152, 183, 213, 244]
FOLLOWED = 487


def on(number: int) -> dt.date:
    return START + dt.timedelta(days=int(number))


@pytest.fixture(scope="module")
def lives() -> dict[str, list[int]]:
    """Order days of accounts that rest and leave, some of them often; one orders on the first day."""
    rng = np.random.default_rng(1)
    lives = {"A00": [0, 3]}
    for place in range(1, 60):
        day, days = int(rng.integers(0, 400)), []
        while day < 731 and rng.random() < 0.9:
            days.append(day)
            day += 1 + int(rng.exponential(rng.choice([15, 60, 150])))
        lives |= {f"A{place:02}": days} if days else {}
    return lives


@pytest.fixture(scope="module")
def book(lives) -> Book:
    later = [line("A00", DAY + dt.timedelta(days=40), 1)]  # not known on the day
    orders = [line(name, on(day), 1) for name, days in lives.items() for day in days]
    return small_book([*reversed(orders), *later], extracted_on=dt.date(2026, 1, 1))


def gaps_of(lives: dict[str, list[int]]) -> list[tuple[str, int, float]]:
    """Account, day and days to the next order, infinite without one."""
    return [
        (name, day, after - day) for name, days in lives.items() for day, after in itertools.pairwise([*days, np.inf])
    ]


def test_windows_are_those_worked_out_literally(lives, book):
    import statsmodels.api as sm
    from statsmodels.stats.proportion import proportion_confint

    costs = Costs(false_alarm=1.5, late_month=0.5)
    found = windows(book, DAY, costs)
    early = pd.DataFrame(gaps_of(lives), columns=["account", "day", "gap"])
    early = early[early["day"] <= (DAY - START).days - FOLLOWED]
    assert 2 * LEAST > early["account"].nunique() > LEAST
    gone = early["gap"] > FOLLOWED
    rows = []
    for months, days in enumerate(DAYS, 1):
        alarms = early[early["gap"] > days].assign(false=lambda rows: (rows["gap"] <= FOLLOWED).astype(float))
        share = alarms["false"].mean()
        each = alarms.groupby("account")["false"].mean()
        codes = alarms["account"].astype("category").cat.codes
        fit = sm.OLS(alarms["false"], np.ones(len(alarms))).fit(cov_type="cluster", cov_kwds={"groups": codes})
        number = min(share * (1 - share) / float(fit.cov_params().iloc[0, 0]), len(alarms))
        low, high = proportion_confint(share * number, number, alpha=0.1, method="wilson")
        false = alarms["false"].sum()
        rows.append(
            {
                "months": months,
                "days": days,
                "orders": len(early),
                "alarms": len(alarms),
                "false_alarm_share": share,
                "low": low,
                "high": high,
                "account_share": each.mean(),
                "accounts_false": (each > 0).sum() / early["account"].nunique(),
                "late_months": days / (365.25 / 12),
                "missed": gone.sum() * days / early["gap"].clip(upper=days).sum(),
                "cost": 100 * (1.5 * false + 0.5 * days / (365.25 / 12) * gone.sum()) / len(early),
            }
        )
    expected = pd.DataFrame(rows)
    expected["chosen"] = expected.index == expected["cost"].idxmin()
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)
    assert found["false_alarm_share"].is_monotonic_decreasing
    assert 1 < found.loc[found["chosen"], "months"].item() < 8


def test_a_dearer_false_alarm_chooses_a_longer_window(book):
    def chosen(*costs: float) -> int:
        table = windows(book, DAY, Costs(*costs))
        return int(table.loc[table["chosen"], "months"].item())

    assert chosen(0.001, 1) == 1
    assert chosen(1000, 1) == 8


def test_of_windows_that_cost_the_same_the_shortest_is_chosen():
    # everybody orders again after 100 days and nobody leaves: from four months on no alarm is false, and none is late
    orders = [line(f"A{place}", on(day), 1) for place in range(LEAST) for day in range(0, 731, 100)]
    found = windows(small_book(orders), DAY)
    assert found["alarms"].tolist() == [60, 60, 60, 0, 0, 0, 0, 0]
    assert found["months"][found["chosen"]].tolist() == [4]
    assert found["false_alarm_share"].tolist()[:3] == [1, 1, 1]
    assert found.loc[3:, ["false_alarm_share", "account_share"]].isna().all(axis=None)
    assert found.loc[3:, ["low", "high"]].to_numpy().tolist() == [[0, 1]] * 5


def test_reactivation_is_that_worked_out_literally(lives, book):
    from statsmodels.stats.proportion import proportion_confint

    found = reactivation(book, DAY)
    assert found["follow_up_days"].eq(244).all()  # a third of the book: 8 months
    rows = []
    for months in range(1, 16):
        days, end = round(months * 365.25 / 12), (DAY - START).days
        firsts: dict[str, Any] = {}
        for name, day, gap in gaps_of(lives):
            if gap > days and name not in firsts:
                firsts[name] = (day, gap)
        watched = [gap for day, gap in firsts.values() if day + days + 244 <= end]
        again = sum(gap <= days + 244 for gap in watched)
        if watched:
            low, high = proportion_confint(again, len(watched), alpha=0.1, method="wilson")
            rows.append((months, days, 244, len(watched), again, again / len(watched), low, high))
    expected = pd.DataFrame(rows, columns=list(found))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)
    assert len(found) > 10
    shorter = reactivation(book, DAY, "2M")
    assert shorter["follow_up_days"].eq(61).all()
    assert shorter["accounts"].iloc[0] >= found["accounts"].iloc[0]


def test_books_that_are_too_short_or_too_few_to_choose_from_are_refused():
    orders = [line(f"A{place:02}", on(day), 1) for place in range(LEAST - 1) for day in (0, 50, 400)]
    few = small_book(orders)
    with pytest.raises(BookError, match=r"orders reach back 91 days on 2023-04-01; expected at least 92"):
        windows(few, on(90))
    with pytest.raises(BookError, match="orders reach back 91 days"):
        reactivation(few, on(90))
    with pytest.raises(BookError, match=f"19 accounts ordered {FOLLOWED} days or more before .* at least 20"):
        windows(few, DAY)
    for wrong in (0, -1, float("nan"), "dear"):
        with pytest.raises(UserError, match="the cost late_month is a positive number"):
            Costs(late_month=wrong)  # type: ignore[arg-type]


def test_silences_are_written_like_windows():
    written = {"26W": 182, "180D": 180, "6M": 183, "1M": 30, "8M": 244, "2Q": 183, "1Y": 365, 45: 45}
    assert {text: days_of(text) for text in written} == written
    for wrong in ("6", "0M", "six months", "6m", 0, 2.5, None, False):
        with pytest.raises(UserError, match="a silence is a number of days, at least 1, or written like 26W"):
            days_of(wrong)  # type: ignore[arg-type]


def test_shares_keep_their_meaning_at_the_ends():
    low, high = wilson([0, 5, 10, 0], [10, 10, 10, 0])
    assert low.tolist()[0] == 0
    assert high.tolist()[2:] == [1, 1]
    assert low.tolist()[3] == 0
    assert ((low <= [0, 0.5, 1, 0.5]) & (high >= [0, 0.5, 1, 0.5])).all()
    # nothing scatters at 0 and 1: what counts is how many accounts said so
    assert effective([0, 30], [30, 30], [0, 0], [4, 4]).tolist() == [4, 4]
    # accounts of one alarm each: the alarms themselves, but for the small-sample factor
    assert effective(5, 10, 2.5, 10) == pytest.approx(9)
