"""Nothing that becomes known after a day changes what the page tells of it, in any of its rooms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import whole_contract as whole

from crm_analysis.book import book_of, open_book
from crm_analysis.errors import BookError
from crm_analysis.satisfaction.outlook import Outlook, outlook

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parents[2] / "data" / "demo"
CUT = dt.date(2024, 9, 30)
EXTRACT = dt.date(2026, 9, 30)
NEEDED = ("accounts", "account_history", "orders", "complaints", "surveys", "survey_invitations", "reps")
TABLES: dict[str, Callable[[Outlook], pd.DataFrame]] = {
    "scores": lambda look: look.scores.points,
    "waves": lambda look: look.scores.trend,
    "by segment": lambda look: look.scores.by("segment"),
    "response": lambda look: look.scores.response,
    "weighted": lambda look: look.scores.weighted,
    "beside": lambda look: look.scores.beside,
    "drivers": lambda look: look.drivers.table,
    "stated": lambda look: look.drivers.stated.table,
    "impressions": lambda look: look.drivers.impressions,
    "paths": lambda look: look.drivers.paths,
    "complaints": lambda look: look.complaints.counts.frame,
    "groups": lambda look: look.complaints.groups,
    "topics": lambda look: look.complaints.topics,
    "waits": lambda look: look.complaints.waits,
    "open": lambda look: look.complaints.open_ones,
    "repeats": lambda look: look.complaints.repeats,
    "months": lambda look: look.complaints.chart.table,
    "leaving": lambda look: look.worth.leaving,
    "margin": lambda look: look.worth.margin,
    "improvements": lambda look: look.worth.improvements,
    "unheard": lambda look: look.worth.unheard,
    "focus": lambda look: look.worth.focus,
}


@pytest.fixture(scope="module")
def looks() -> tuple[Outlook, Outlook]:
    """Most of the demo two years before its extract, and the same with every later value of every table scrambled."""
    book = open_book(DEMO)
    frames = {name: _plain(book.table(name).execute()) for name in NEEDED}
    some = set(frames["accounts"]["account_id"][frames["accounts"].index % 8 < 7])
    frames = {name: own[own["account_id"].isin(some)] if "account_id" in own else own for name, own in frames.items()}
    frames = {name: own.reset_index(drop=True) for name, own in frames.items()}
    # of the many order lines only those that were not known are changed, and half of them never happen
    orders = frames.pop("orders")
    orders["shipped_on"] = [None if day is None or day > CUT else day for day in orders["shipped_on"]]
    history = frames.pop("account_history")  # long, and its later rows may as well never happen
    later = whole.scrambled(frames, CUT, np.random.default_rng(5))
    unknown = np.flatnonzero(orders["ordered_on"] > CUT)
    changed = orders.drop(index=unknown[::2]).copy()
    changed.loc[changed["ordered_on"] > CUT, "revenue"] *= 7
    frames["orders"], later["orders"] = orders, changed.iloc[::-1]
    frames["account_history"], later["account_history"] = history, history[history["known_on"] <= CUT]
    return tuple(outlook(book_of(part, EXTRACT), CUT, "6M") for part in (frames, later))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Dates as dates, and None for what is missing."""
    dates = frame.select_dtypes("datetime").columns
    frame = frame.astype(object).where(frame.notna(), None)
    for name in dates:
        frame[name] = [None if day is None else pd.Timestamp(day).date() for day in frame[name]]
    return frame


@pytest.mark.parametrize("name", TABLES)
def test_the_future_changes_nothing(looks, name):
    told = []
    for look in looks:
        try:
            told.append(TABLES[name](look))
        except BookError as lack:
            told.append(str(lack))
    if isinstance(told[0], str):
        assert told[0] == told[1]
    else:
        pd.testing.assert_frame_equal(*told, rtol=1e-9, atol=1e-9)


def test_something_is_told_of_each(looks):
    lacking = []
    for name, table in TABLES.items():
        try:
            assert len(table(looks[0])), name
        except BookError:
            lacking.append(name)
    assert lacking == ["leaving"], "two years are too short for that; tests/churn has it"
