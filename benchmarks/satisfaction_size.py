"""Part of benchmarks/satisfaction.py: how long a million answers and 200,000 complaints take.

125,000 questionnaires of eight items, of 60,000 accounts with their orders: everything the page shows of surveys, from
opened book to last table, and the same of complaints, in CPU seconds and by the clock, one process. Threads of linear
algebra wait for each other and count as CPU: run it with OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import csv
import datetime as dt
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_analysis.accounts import accounts
from crm_analysis.book import Book, engine
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.complaints.page import Complaints
from crm_analysis.satisfaction.drivers.page import Drivers
from crm_analysis.satisfaction.scores.page import Scores
from crm_analysis.satisfaction.worth.priorities import priorities
from crm_analysis.satisfaction.worth.weights import slopes
from crm_analysis.value.segments import bars, segments

RESULTS = Path(__file__).resolve().parent / "results" / "satisfaction_size.csv"
DAY = dt.date(2026, 9, 30)
ACCOUNTS, SHEETS, COMPLAINTS = 60_000, 125_000, 200_000
ITEMS = ("reliability", "timeliness", "consistency", "warmth", "facilities", "price", "satisfaction", "recommendation")
WAVES = ("2025-05-15", "2025-11-13", "2026-05-15")


def book() -> Book:
    """A book in memory: accounts, order lines, surveys of three waves, invitations."""
    rng = np.random.default_rng(1)
    ids = np.array([f"A{number:06}" for number in range(ACCOUNTS)])
    start = np.datetime64("2023-01-01")
    lines = ACCOUNTS * 8
    order = pd.DataFrame({"account_id": ids[rng.integers(0, ACCOUNTS, lines)]})
    order["ordered_on"] = start + rng.integers(0, 1368, lines).astype("timedelta64[D]")
    order["line_id"] = [f"L{number}" for number in range(lines)]
    order["revenue"] = rng.integers(100, 10_000, lines)
    sheet = pd.DataFrame({"account": np.sort(rng.integers(0, ACCOUNTS, SHEETS))})
    sheet["sent"] = np.array(WAVES, dtype="datetime64[D]")[rng.integers(0, len(WAVES), SHEETS)]
    sheet["person"] = [f"P{number}" for number in range(SHEETS)]
    content = np.repeat(rng.normal(0, 0.7, ACCOUNTS)[sheet["account"]][:, None], len(ITEMS), axis=1)
    latent = content + rng.normal(0, 1, content.shape)
    score = np.where(
        np.arange(len(ITEMS)) == 7, np.clip(np.rint(7 + 2 * latent), 0, 10), np.clip(np.rint(5 + latent), 1, 7)
    )
    table = pa.table(
        {
            "account_id": np.repeat(ids[sheet["account"]], len(ITEMS)),
            "respondent_id": np.repeat(sheet["person"].to_numpy(object), len(ITEMS)),
            "answered_on": pa.array(np.repeat(sheet["sent"].to_numpy() + np.timedelta64(5, "D"), len(ITEMS))).cast(
                pa.date32()
            ),
            "item": np.tile(ITEMS, SHEETS),
            "score": pa.array(score.ravel().astype("int32")).cast(pa.decimal128(18, 4)),
            "scale_min": pa.array(np.tile(np.array([1] * 7 + [0], "int32"), SHEETS)).cast(pa.decimal128(18, 4)),
            "scale_max": pa.array(np.tile(np.array([7] * 7 + [10], "int32"), SHEETS)).cast(pa.decimal128(18, 4)),
        }
    )
    opened = np.datetime64("2024-01-01") + rng.integers(0, 1000, COMPLAINTS).astype("timedelta64[D]")
    closed = np.minimum(opened + rng.integers(0, 60, COMPLAINTS).astype("timedelta64[D]"), np.datetime64(DAY))
    complaints = pa.table(
        {
            "complaint_id": [f"K{number}" for number in range(COMPLAINTS)],
            "account_id": ids[rng.integers(0, ACCOUNTS, COMPLAINTS)],
            "opened_on": pa.array(opened).cast(pa.date32()),
            "closed_on": pa.array(closed).cast(pa.date32()),
            "topic": np.array(list("abcde"))[rng.integers(0, 5, COMPLAINTS)],
        }
    )
    silent = pd.DataFrame({"account": rng.integers(0, ACCOUNTS, SHEETS)})
    silent["sent"] = np.array(WAVES, dtype="datetime64[D]")[rng.integers(0, len(WAVES), SHEETS)]
    silent["person"] = [f"Q{number}" for number in range(SHEETS)]
    asked = pd.concat([sheet, silent], ignore_index=True)
    tables = {
        "accounts": pa.table(
            {
                "account_id": ids,
                "known_since": pa.array([dt.date(2022, 1, 1)] * ACCOUNTS, pa.date32()),
                "sales_office": np.array([f"Office {number:02}" for number in range(40)])[
                    rng.integers(0, 40, ACCOUNTS)
                ],
            }
        ),
        "orders": pa.table(
            {
                "line_id": order["line_id"],
                "account_id": order["account_id"],
                "ordered_on": pa.array(order["ordered_on"].to_numpy("datetime64[D]")).cast(pa.date32()),
                "revenue": pa.array(order["revenue"].astype("int32")).cast(pa.decimal128(18, 4)),
            }
        ),
        "surveys": table,
        "complaints": complaints,
        "survey_invitations": pa.table(
            {
                "account_id": ids[asked["account"]],
                "sent_on": pa.array(asked["sent"].to_numpy("datetime64[D]")).cast(pa.date32()),
                "respondent_id": asked["person"],
            }
        ),
    }
    con = engine.connect()
    return Book("large", con, {name: con.create_table(name, part) for name, part in tables.items()}, DAY)


def everything(look: Scores) -> None:
    """All that the page shows of scores."""
    look.table, look.trend, look.change_table, look.response, look.heard  # noqa: B018
    for column in ("segment", "sales_office"):
        look.by(column)
    look.habit_table, look.trial, look.weighted_table, look.reliability  # noqa: B018


def hanging(look: Drivers) -> None:
    """All that the page shows of what satisfaction hangs on."""
    look.table, look.map, look.details, look.impressions, look.paths  # noqa: B018


def complained(look: Complaints) -> None:
    """All that the page shows of complaints, but for silent accounts."""
    for name in ("overall", "groups", "topics", "waits", "wait_tests", "repeats", "chart", "most"):
        getattr(look, name)


def run(until: float) -> bool:
    """Measured once; False if there is no time."""
    if complete():
        return True
    if time.perf_counter() > until:
        return False
    own = book()
    frame = accounts(own, DAY, "12M")
    frame["segment"] = segments(frame, bars(frame))["segment"]
    rows = []
    kept: dict[str, Any] = {}
    work = {
        "answers read": lambda: kept.update(said=answers(own, DAY)),
        "scores": lambda: everything(Scores(own, kept["said"], frame)),
        "drivers": lambda: hanging(kept.setdefault("drivers", Drivers(kept["said"], frame))),
        "priorities": lambda: priorities(kept["said"], frame, slopes(kept["drivers"].derived)),
        "complaints": lambda: complained(Complaints(own, DAY, frame, dict)),
    }
    for name, part in work.items():
        begun, spent = time.perf_counter(), time.process_time()
        part()
        rows.append((name, time.perf_counter() - begun, time.process_time() - spent))
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("what", "seconds", "cpu"), *rows])
    return True


def complete() -> bool:
    return RESULTS.exists()


def section() -> list[str]:
    """The part of the page."""
    found = pd.read_csv(RESULTS)
    rows = [f"| {row.what} | {row.seconds:.1f} | {row.cpu:.1f} |" for row in found.itertuples()]
    return [
        "## Speed",
        "",
        f"{SHEETS * len(ITEMS):,} answers: {SHEETS:,} questionnaires of {len(ITEMS)} items, of {ACCOUNTS:,} accounts",
        f"with {ACCOUNTS * 8:,} order lines and {2 * SHEETS:,} invitations, and {COMPLAINTS:,} complaints, in memory;",
        "all that the page shows of them, the model of who answers included, but for what needs the panel of leaving.",
        "One thread of linear algebra (OPENBLAS_NUM_THREADS=1); seconds by the clock of a machine of two cores that",
        "others used too.",
        "",
        "| part | seconds | CPU seconds |",
        "|---|---|---|",
        *rows,
    ]
