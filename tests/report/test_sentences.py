"""Sentences say what the tables say, and stay sentences where there is nothing to say."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pandas as pd
import pytest

from crm_analysis.book import CheckResult
from crm_analysis.book.check import Fired, Total
from crm_analysis.report import sentences as said
from crm_analysis.value.pyramid import pyramid
from crm_analysis.value.segments import Bars, bars, segment_table

DAY = dt.date(2026, 9, 30)


def frame(revenue: list[float], active: list[bool] | None = None, before: list[float] | None = None) -> pd.DataFrame:
    on = pd.Series(active or [True] * len(revenue), dtype=bool)
    return pd.DataFrame(
        {
            "account_id": [f"A{i:03}" for i in range(len(revenue))],
            "revenue": pd.Series(revenue, dtype=float),
            "revenue_before": pd.Series(before or [float("nan")] * len(revenue), dtype=float),
            "first_order": pd.Series(pd.Timestamp("2026-01-01"), index=on.index).where(on),
            "active": on,
        }
    )


def check(accepted: int = 10, quarantined: int = 0, duplicate: int = 0, notes: tuple[str, ...] = ()) -> CheckResult:
    rows = [Decimal(n) for n in (accepted + quarantined + duplicate, accepted, quarantined, duplicate)]
    fired = (Fired("orders", "missing_key", "quarantine", "account_id", quarantined),) if quarantined else ()
    money = {"orders": Total(*(row * Decimal("100.25") for row in rows))}
    return CheckResult("book", DAY, {"orders": Total(*rows)}, money, fired, notes, {}, "EUR")


@pytest.mark.parametrize(
    ("window", "words"),
    [("12M", "12 months"), ("1M", "month"), ("4Q", "4 quarters"), ("1Y", "year"), ("52W", "52 weeks"), ("1D", "day")],
)
def test_windows_in_words(window, words):
    assert said.window_said(window) == words


def test_money_and_exact_amounts():
    assert said.money(999.994, "EUR") == "EUR 999.99"
    assert said.money(-1234.4, None) == "-1,234"
    assert said.exact(Decimal("1234567.891"), "EUR") == "EUR 1,234,567.89"


def test_a_check_in_words():
    assert said.check_said(check()) == "Every order line was accepted: 10 order lines, EUR 1,002.50."
    assert said.check_said(check(1)) == "Every order line was accepted: 1 order line, EUR 100.25."
    words = said.check_said(check(1000, 20, 3))
    assert words == (
        "Accepted: 1,000 of 1,023 order lines, EUR 100,250.00. Quarantined: 20, EUR 2,005.00. "
        "Duplicates: 3, EUR 300.75."
    )
    assert said.no_rule_said(check()) == "No rule was broken."
    assert said.no_rule_said(check(1, 1)) is None


def test_assumptions_and_their_absence():
    assert said.no_assumption_said(check()) == "Nothing is assumed beyond the data."
    noted = check(notes=("one", "two"))
    assert said.no_assumption_said(noted) is None
    assert said.assumptions(noted).note.tolist() == ["one", "two"]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-09-30", "the day of the extract"),
        ("2026-09-29", "of the 1 day after it, up to 2026-09-30, is not used"),
        ("2026-12-31", "extracted 92 days earlier, on 2026-09-30"),
    ],
)
def test_how_the_day_lies_to_the_extract(day, words):
    class Book:
        extracted_on = DAY

    assert words in said.days_said(Book(), dt.date.fromisoformat(day))


def test_pyramid_and_concentration_in_words():
    table = pyramid(frame([900.0, *[1.0] * 100]))
    words = said.pyramid_said(table)
    assert words == "Top, big and medium tiers: 21 accounts, 92.0% of revenue. Small tier: 80 accounts, 8.0%."
    assert said.concentration_said(0.756, 0.8059) == (
        "The first 20% of active accounts bring 80.6% of revenue; the Gini coefficient is 0.76 "
        "(0: all bring the same, near 1: one brings all)."
    )


def test_bars_and_segments_in_words():
    data = frame([60.0, 30.0, 10.0])
    at = bars(data)
    assert "at least EUR 60.00 in the 12 months to 2026-09-30, Mid accounts at least EUR 30.00" in said.bars_said(
        at, "EUR", "12M", DAY
    )
    assert "no costs, so accounts have no grade" in said.bars_said(at, "EUR", "12M", DAY)
    assert "margin rate of at least 22.8%" in said.bars_said(Bars(2, 1, 0.2279), None, "1M", DAY)
    table = segment_table(data, at)
    assert "33.3% of the active accounts, 10.0% of revenue" in said.segments_said(table)
    assert said.low_share(table) == pytest.approx(1 / 3)
    assert "10.0% of revenue" in said.low_said(table)


def test_headlines_in_words():
    data = frame([110.0, 10.0, 0.0], [True, True, False], [50.0, 50.0, 0.0])
    assert (
        said.revenue_said(data, "12M", DAY)
        == "Revenue in the 12 months to 2026-09-30, +20.0% against the 12 months before."
    )
    assert said.revenue_said(frame([1.0]), "1M", DAY) == "Revenue in the month to 2026-09-30."
    assert said.revenue_said(frame([1.0], before=[0.0]), "1M", DAY) == "Revenue in the month to 2026-09-30."
    assert said.active_said(data, "12M", DAY).startswith("66.7% of 3 accounts known ordered")
    assert "1 account, bring" in said.top_share_said(data)


def test_no_active_account_is_said_everywhere():
    data = frame([0.0, 0.0], [False, False])
    at, none = bars(data), "No account ordered in the window."
    table = segment_table(data, at)
    assert said.pyramid_said(pyramid(data)) == none
    assert said.concentration_said(float("nan"), float("nan")) == none
    assert said.segments_said(table) == none
    assert said.low_said(table) == none
    assert math.isnan(said.low_share(table))
    assert said.months_said(pd.DataFrame({"month": [], "revenue": []}), "EUR") == none
    assert said.active_said(data, "12M", DAY).startswith("0.0% of 2 accounts")
    assert said.active_said(data[:0], "12M", DAY).startswith("–")


def test_groups_in_words():
    rolled = pd.DataFrame({"accounts": [3, 1, 2]})
    assert (
        said.groups_said(rolled)
        == "Offices of one customer: 5 accounts in 2 groups, each with more than one office here."
    )
    assert said.groups_said(rolled[1:2]) == ""


def test_months_in_words():
    months = pd.DataFrame({"month": ["2026-01", "2026-02"], "revenue": [5.0, 7.0]})
    assert (
        said.months_said(months, "EUR")
        == "Orders run from 2026-01 to 2026-02; the best month was 2026-02 with EUR 7.00."
    )
