"""The satisfaction page: what it tells of books with surveys, with complaints, with both and with neither."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pages import order, page_of, written
from small_books import small_book

from crm_analysis.errors import BookError
from crm_analysis.report.sentences import satisfaction as said
from crm_analysis.satisfaction import outlook as module

mpl.use("agg")
ITEMS = ("reliability", "timeliness", "warmth", "satisfaction")


def company(many: int = 40) -> dict[str, list[dict[str, Any]]]:
    """Accounts that order each month; what they say of us hangs on reliability; complaints come now and then."""
    rng = np.random.default_rng(3)
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in ("orders", "surveys", "complaints")}
    for place in range(many):
        name = f"A{place:02}"
        for month in range(24):
            day = dt.date(2024, 10, 10) + dt.timedelta(days=30 * month)
            tables["orders"].append(
                order(name, str(day), 100 + place, line_id=f"{name}-{month}", order_id=f"{name}-{month}")
            )
        mood = rng.integers(1, 6, 3)
        scores = dict(zip(ITEMS, [*mood, mood[0]], strict=True))
        for day in ("2025-11-12", "2026-05-12"):
            for item, score in scores.items():
                row = {"account_id": name, "respondent_id": f"P{place}", "answered_on": day, "item": item}
                tables["surveys"].append(row | {"score": int(score), "scale_min": 1, "scale_max": 5})
        for turn in range(int(rng.integers(0, 3))):
            opened = dt.date(2025, 10, 15) + dt.timedelta(days=int(rng.integers(0, 300)))
            row = {"complaint_id": f"K{place}-{turn}", "account_id": name, "opened_on": str(opened)}
            closed = str(opened + dt.timedelta(days=int(rng.integers(1, 30)))) if turn else None
            tables["complaints"].append(row | {"closed_on": closed, "topic": ("late", "broken")[turn % 2]})
    return tables


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, Any]]]:
    return company()


@pytest.fixture
def told(tables, tmp_path, monkeypatch):
    """The text of the page of a book with some of the tables, and the folder of its tables; figures are not drawn."""

    def figure(fig, alt):
        with contextlib.suppress(BookError):
            plt.close(fig())
            assert alt

    monkeypatch.setattr("crm_analysis.report.show.figure", figure)

    def run(*names: str) -> tuple[str, Any]:
        book = small_book(tables["orders"], **{name: tables[name] for name in names})
        monkeypatch.setattr("crm_analysis.book.open_book", lambda *_: book)
        page = page_of("satisfaction", tmp_path / "-".join(names), monkeypatch, book="", silence="6M")
        return page.text, tmp_path / "-".join(names) / "satisfaction"

    return run


def test_surveys_and_complaints(told, tables):
    text, folder = told("surveys", "complaints")
    answers = [
        row["score"] for row in tables["surveys"] if row["item"] == "satisfaction" and row["answered_on"] > "2026"
    ]
    mean = float(np.mean([(score - 1) / 4 for score in answers])) * 100
    assert f"Satisfaction: {mean:.0f} Of 100, by the answers of 40 people at 40 accounts" in text
    assert "Satisfaction hangs most on: reliability" in text
    year = [row for row in tables["complaints"] if row["opened_on"] > "2025-09-30"]
    assert f"{len(year)} complaints came on {40 * 12} orders in the 12 months" in text
    table = pq.read_table(folder / "complaint_topics.parquet").to_pandas()
    assert table["complaints"].sum() == len(year)
    assert set(table["topic"]) == {"late", "broken"}
    still = [row for row in year if row["closed_on"] is None]
    assert len(pq.read_table(folder / "complaints_open.parquet")) == len(still)
    tasks = pq.read_table(folder / "satisfaction_tasks.parquet").to_pandas()
    again = pd.Series([row["account_id"] for row in year]).value_counts()
    first = tasks[tasks["task"] == "Close its complaint"]["account_id"].tolist()
    assert (
        first
        == [row["account_id"] for row in sorted(still, key=lambda row: (row["opened_on"], row["complaint_id"]))][:5]
    )
    talked = tasks[tasks["task"] == "Talk: it complained more than once"]["account_id"]
    assert len(talked)
    assert set(talked) <= set(again.index[again > 1]) - set(first)
    assert tasks["account_id"].is_unique
    waves = pq.read_table(folder / "satisfaction_waves.parquet").to_pandas()
    assert waves["accounts_heard"].tolist() == [40, 40]


def test_surveys_alone(told):
    text, folder = told("surveys")
    assert "Satisfaction hangs most on: reliability" in text
    assert "The book has no table 'complaints', which unlocks satisfaction, churn drivers." in text
    assert "Complaints per 100 orders" not in text
    assert not (folder / "complaint_topics.parquet").exists()
    assert (folder / "improvements.parquet").exists()


def test_complaints_alone(told):
    text, folder = told("complaints")
    assert "The book has no table 'surveys', which unlocks satisfaction" in text
    assert "Complaints per 100 orders: " in text
    assert "Net promoter score" not in text
    assert (folder / "complaint_waits.parquet").exists()
    assert not (folder / "satisfaction_scores.parquet").exists()


def test_neither(told):
    text, folder = told()
    assert "has no table 'surveys'" in text
    assert "has no table 'complaints'" in text
    assert not list(folder.glob("*.parquet"))


def test_one_account_with_one_answer(shown, tmp_path):
    answer = {"account_id": "A", "answered_on": "2026-05-01", "item": "satisfaction", "score": 4}
    book = written(
        tmp_path / "b",
        accounts=[{"account_id": "A"}],
        orders=[order("A", "2026-08-01", 12.5)],
        surveys=[answer | {"scale_min": 1, "scale_max": 5}],
        complaints=[{"complaint_id": "K", "account_id": "A", "opened_on": "2026-08-20"}],
    )
    text = shown("satisfaction", book).text
    assert re.search(r"Satisfaction: 75 Of 100, by the (answer|answers) of 1 ", text)
    assert "1 complaint" in text


def test_the_day_and_the_silence_reach_the_outlook(tables, monkeypatch):
    seen: list[Any] = []
    monkeypatch.setattr(module, "churn_outlook", lambda *given: seen.append(given) or _refuse())
    look = module.outlook(small_book(tables["orders"]), "2026-03-31", "180D")
    with pytest.raises(BookError, match="stopped"):
        _ = look.frame
    assert seen[0][1:] == (dt.date(2026, 3, 31), "180D")


def test_what_comes_later_changes_nothing(tables):
    """A survey and a complaint of the day after are not known, nor is a closing."""
    day = "2026-03-31"
    past = {
        name: [row for row in rows if str(row.get("answered_on") or row.get("opened_on") or "") <= day]
        for name, rows in tables.items()
    }
    past["orders"] = tables["orders"]
    whole, known = (module.outlook(small_book(**rows), day) for rows in (tables, past))
    assert whole.answers.ours.shares.equals(known.answers.ours.shares)
    assert whole.complaints.counts.frame.equals(known.complaints.counts.frame)
    assert said.lacking(whole) == ""


def _refuse() -> None:
    raise BookError("stopped")
