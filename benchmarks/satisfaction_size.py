"""Part of benchmarks/satisfaction.py: how long scores take for a million answers.

125,000 questionnaires of eight items, of 60,000 accounts with their orders: everything the page shows of scores, from
opened book to last table, in CPU seconds and by the clock, one process. Threads of linear algebra wait for each other
and count as CPU: run it with OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import csv
import datetime as dt
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_analysis.accounts import accounts
from crm_analysis.book import Book, engine
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.scores.page import Scores
from crm_analysis.value.segments import bars, segments

RESULTS = Path(__file__).resolve().parent / "results" / "satisfaction_size.csv"
DAY = dt.date(2026, 9, 30)
ACCOUNTS, SHEETS = 60_000, 125_000
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
    for name, work in (("answers read", lambda: answers(own, DAY)), ("scores", None)):
        begun, spent = time.perf_counter(), time.process_time()
        if work is not None:
            found = work()
        else:
            everything(Scores(own, found, frame))
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
        "## Speed of scores",
        "",
        f"{SHEETS * len(ITEMS):,} answers: {SHEETS:,} questionnaires of {len(ITEMS)} items, of {ACCOUNTS:,} accounts "
        f"with {ACCOUNTS * 8:,} order lines and {2 * SHEETS:,} invitations, in memory; everything the page shows of "
        "scores, the model of who answers included. One thread of linear algebra (OPENBLAS_NUM_THREADS=1); seconds are "
        "by the clock of a machine of two cores that others used too.",
        "",
        "| part | seconds | CPU seconds |",
        "|---|---|---|",
        *rows,
    ]
