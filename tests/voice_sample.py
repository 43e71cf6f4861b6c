"""Simulated accounts that leave by what they said, and questionnaires made by hand, for the tests of this room."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crm_analysis.book.questionnaire import Questionnaire
from crm_analysis.churn.definition import Spells
from crm_analysis.periods import after
from crm_analysis.satisfaction.answers import Answers

BEGIN, QUARTERS, SILENCE = dt.date(2023, 12, 31), 8, 90
ENDS = [BEGIN]
for _ in range(QUARTERS):
    ENDS.append(after(ENDS[-1], "3M"))
AS_OF = ENDS[-1] + dt.timedelta(days=SILENCE)


def simulated(
    accounts: int,
    seed: int,
    effects: Mapping[str, float],
    size: float = 0.0,
    sizes_matter: float = 0.0,
    a_year: float = 0.15,
) -> tuple[pd.DataFrame, Spells]:
    """A panel and its spells: the hazard a year is `a_year`, times exp(effect) of the account's level in the quarter.

    Levels are low, middle, high, silent and unasked; of the complaints "complaints_1" and "complaints_2". `size`:
    what a unit of log revenue adds to the log hazard; `sizes_matter`: how far large accounts say that they are content.
    """
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=accounts)
    own = 1 / (1 + np.exp(-(sizes_matter * weight + rng.normal(size=accounts))))
    rows, last = [], np.full(accounts, np.datetime64(AS_OF))
    there = np.ones(accounts, dtype=bool)
    for day, end in itertools.pairwise(ENDS):
        score = np.clip(own + rng.uniform(-0.2, 0.2, accounts), 0, 1)
        status = rng.choice(["heard", "silent", "unasked"], accounts, p=[0.6, 0.2, 0.2])
        many = rng.choice([0, 1, 2], accounts, p=[0.7, 0.2, 0.1])
        heard = np.where(score < 0.5, "low", np.where(score < 0.75, "middle", "high"))
        level = np.where(status == "heard", heard, status)
        log = np.array([effects.get(name, 0.0) for name in level])
        log += np.array([effects.get(f"complaints_{n}", 0.0) for n in many]) + size * weight
        days = rng.exponential(365.25 / (a_year * np.exp(log)))
        gone = there & (days < (end - day).days)
        known = last + np.timedelta64(SILENCE, "D") > np.datetime64(day)  # counts as there until silent for so long
        rows.append(
            pd.DataFrame(
                {
                    "as_of": pd.Timestamp(day),
                    "account_id": [f"A{place:05}" for place in range(accounts)],
                    "spell": 1,
                    "satisfaction": np.where(status == "heard", score, np.nan),
                    "unanswered": np.where(status == "heard", 0.0, np.where(status == "silent", 1.0, np.nan)),
                    "complaints_year": many.astype("float64"),
                    "revenue": np.expm1(8 + weight),
                }
            )[known]
        )
        moment = np.datetime64(day) + np.floor(days[gone] + 1).astype("timedelta64[D]")
        last[gone] = np.minimum(moment, np.datetime64(end) - 1)
        there &= ~gone
    frame = pd.DataFrame(
        {"account_id": [f"A{place:05}" for place in range(accounts)], "began": pd.Timestamp("2023-01-01"), "last": last}
    )
    panel = pd.concat(rows, ignore_index=True)
    return panel, Spells.of(frame, silence=SILENCE, as_of=AS_OF, begins="2023-01-01")


DAY = dt.date(2026, 9, 30)


def said(rows: list[dict[str, Any]], **asks: Any) -> Answers:
    """Answers of rows: account_id, person, items as shares of their scale; answered_on, wave, internal if not plain.

    What begins with `!` is the stated importance of that item.
    """
    keys = {"person": "", "answered_on": "2026-05-10", "wave": "2026-05", "subject": "us", "internal": False}
    frame = pd.DataFrame([keys | row for row in rows])
    names = ["account_id", *keys]
    frame = frame.sort_values(["account_id", "person", "answered_on", "subject", "internal"], ignore_index=True)
    people = frame[names].assign(answered_on=pd.to_datetime(frame["answered_on"]))
    items = [name for name in frame if name not in names and not name.startswith("!")]
    shares = frame[items].astype("float64")
    importance = pd.DataFrame({name: frame.get(f"!{name}", np.nan) for name in items}, index=frame.index)
    return Answers(
        people=people,
        shares=shares,
        widths=shares.notna().astype("float64") * 4,
        importance=importance.astype("float64"),
        asks=Questionnaire(**asks).of(items),
        waves=pd.DataFrame(),
        scales=pd.DataFrame(),
        notes=(),
        as_of=DAY,
    )
