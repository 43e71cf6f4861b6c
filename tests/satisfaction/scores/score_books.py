"""Books with surveys made by hand, for tests of scores; and answers of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from small_books import DAY, line, small_book

from crm_analysis.book import Book
from crm_analysis.book.questionnaire import Questionnaire
from crm_analysis.satisfaction.answers import Answers, answers
from crm_analysis.satisfaction.scores.page import Scores
from crm_analysis.satisfaction.waves import waves

SCALES = {"recommendation": (0, 10)}
BEFORE, NOW = "2025-11-10", "2026-05-10"


def said(
    account: str, day: str, person: str | None = "1", subject: str = "us", **scores: float
) -> list[dict[str, Any]]:
    """A questionnaire: an answer per item, 1 to 5 but for the recommendation."""
    rows = []
    for item, score in scores.items():
        low, high = SCALES.get(item, (1, 5))
        row = {"account_id": account, "answered_on": day, "item": item, "score": score, "scale_min": low}
        row |= {"scale_max": high, "subject": subject, "respondent_type": "customer"}
        rows.append(row if person is None else row | {"respondent_id": f"{account}-{person}"})
    return rows


def asked(account: str, day: str, person: str | None = "1") -> dict[str, Any]:
    """An invitation."""
    row = {"account_id": account, "sent_on": day}
    return row if person is None else row | {"respondent_id": f"{account}-{person}"}


def book_with(
    rows: Iterable[Mapping[str, Any]],
    invitations: Iterable[Mapping[str, Any]] | None = None,
    accounts: Sequence[str] = (),
    asks: Questionnaire | None = None,
    **more: Any,
) -> Book:
    """A book whose accounts each ordered once in the last year."""
    rows = list(rows)
    names = sorted({*accounts, *(row["account_id"] for row in rows)})
    tables: dict[str, Any] = {"surveys": rows} | more
    if invitations is not None:
        tables["survey_invitations"] = list(invitations)
    book = small_book([line(name, "2026-01-05", 100) for name in names], **tables)
    return replace(book, questionnaire=asks) if asks else book


def heard(
    rows: Iterable[Mapping[str, Any]], asks: Questionnaire | None = None, sent: Sequence[str] = (), day: dt.date = DAY
) -> Answers:
    """The same answers without a book, which is much quicker: a questionnaire per account, person, day and subject."""
    table = pd.DataFrame(list(rows))
    table["person"] = table["respondent_id"] if "respondent_id" in table else table["answered_on"]
    table["width"] = (table["scale_max"] - table["scale_min"]).astype(float)
    table["share"] = (table["score"] - table["scale_min"]) / table["width"]
    keys = ["account_id", "person", "answered_on", "subject"]
    wide = table.pivot_table(index=keys, columns="item", values=["share", "width"]).reset_index()
    people = wide[keys].droplevel(1, axis=1).assign(internal=False)
    people["answered_on"] = pd.to_datetime(people["answered_on"])
    known = waves(people["answered_on"].dt.date, [dt.date.fromisoformat(one) for one in sent], day)
    place = np.searchsorted(known["begins"], people["answered_on"], side="right") - 1
    people["wave"] = known["wave"].to_numpy()[place]
    shares, widths = wide["share"].copy(), wide["width"].copy()
    said_of = (asks or Questionnaire()).of(sorted(shares))
    shares[list(said_of.reversed)] = 1 - shares[list(said_of.reversed)]
    ours = (
        table[table["subject"] == "us"]
        .assign(day=pd.to_datetime(table["answered_on"]))
        .groupby(["item", "scale_min", "scale_max"])
    )
    scales = ours["day"].agg(["size", "min", "max"]).set_axis(["answers", "first", "last"], axis=1).reset_index()
    return Answers(people, shares, widths, shares * np.nan, said_of, known, scales, (), day)


def frame_of(names: Sequence[str], **columns: Any) -> pd.DataFrame:
    """One row per account, all active, revenue 100 unless said otherwise."""
    table = pd.DataFrame({"account_id": list(names), "active": True, "revenue": 100.0, "segment": "High A"})
    return table.assign(**columns)


def scores_of(book: Book, day: dt.date = DAY, **columns: Any) -> Scores:
    """The facade of such a book."""
    found = answers(book, day)
    names = sorted(book.table("accounts").to_pandas()["account_id"])
    return Scores(book, found, frame_of(names, **columns))


@cache
def company(accounts: int = 80, seed: int = 3) -> Book:
    """Accounts with four waves: those with a late delivery are less content and mostly silent."""
    rng = np.random.default_rng(seed)
    days = ["2024-11-11", "2025-05-12", BEFORE, NOW]
    orders, rows, invitations = [], [], []
    for number in range(accounts):
        name, late = f"A{number:03}", number % 3 == 0
        for month in range(1, 34, 2):
            day = dt.date(2024, 1, 10) + dt.timedelta(days=30 * month)
            shipped = day + dt.timedelta(days=12 if late else 4)
            orders.append(
                line(name, day.isoformat(), 50 + number, promised_on=day + dt.timedelta(days=6), shipped_on=shipped)
            )
        for day in days:
            invitations.append(asked(name, day))
            if rng.random() < (0.3 if late else 0.75):
                score = int(np.clip(round(rng.normal(2.2 if late else 4.0, 0.8)), 1, 5))
                rows += said(name, str(np.datetime64(day) + 5), satisfaction=score, recommendation=2 * score)
    return small_book(orders, surveys=rows, survey_invitations=invitations)
