"""Forecasts put to the test: on which days they can be, and what stands in where a book is too short."""

from __future__ import annotations

import datetime as dt

import pytest
from leaving_company import company
from small_books import DAY, line, small_book

from crm_analysis.churn import tried as module
from crm_analysis.churn.definition.spells import spells
from crm_analysis.churn.survival.panel import account_quarters, quarter_ends
from crm_analysis.churn.tried import judged, tried
from crm_analysis.errors import BookError


def silent(book, panel):
    """In the place of P(alive), which takes seconds: how long an account is silent."""
    return panel.assign(gone=panel["silence_days"].astype(float))


@pytest.fixture
def _quick(monkeypatch):
    monkeypatch.setattr(module, "scored", silent)


def test_days_are_judged_by_hand():
    """Orders from 2024-01-01: with 90 days of silence landmarks begin on 2024-03-31, and the first quarter after it is
    decided on 2024-09-28; a forecast of 2026-03-31 is judged on 2026-09-28, one of 2026-06-30 is not by 2026-09-30."""
    book = small_book([line("A", "2024-01-01", 5), line("A", "2026-09-01", 5)])
    ends = quarter_ends(book, DAY, 90)
    assert ends[0] == dt.date(2024, 3, 31)
    assert judged(book, DAY, 90) == [day for day in ends if day <= dt.date(2026, 3, 31)]
    # 2024-12-31 is the first landmark: its quarter is decided on 2026-03-31, and a forecast of that day after the end
    assert judged(book, DAY, 365) == []
    assert judged(small_book([line("A", "2026-08-01", 5)]), DAY, 90) == []


@pytest.mark.usefixtures("_quick")
def test_with_its_own_silence_where_it_can_be():
    book = company(years=3)
    own = spells(book, DAY, 183)
    panel = account_quarters(book, quarter_ends(book, DAY, 183), own)
    found = tried(book, own, panel)
    assert found.silence == 183
    days = set(found.trial.forecasts["as_of"].dt.date)
    assert days <= set(judged(book, DAY, 183)) < set(panel["as_of"].dt.date), "only days that can be judged are tried"


@pytest.mark.slow
@pytest.mark.usefixtures("_quick")
def test_the_longest_shorter_silence_stands_in_where_the_book_is_too_short():
    book = company(years=2.2)
    own = spells(book, DAY, 300)
    assert judged(book, DAY, 300) == []
    found = tried(book, own)
    assert found.silence < 300
    longer = [round(months * 365.25 / 12) for months in range(1, 10)]
    refused = [days for days in longer if found.silence < days < 300 and judged(book, DAY, days)]
    for silence in refused:
        only = spells(book, DAY, silence)
        only.basis = "contracts"  # which has no shorter silence
        with pytest.raises(BookError):
            tried(book, only)


def test_a_book_too_short_for_any_is_refused_with_the_reason_for_its_own_silence():
    book = small_book([line("A", "2026-05-01", 5), line("A", "2026-06-01", 5)])
    with pytest.raises(BookError, match="with 90 days of silence as leaving, the time from 2026-05-01 to 2026-"):
        tried(book, spells(book, DAY, 90))
