"""Part of benchmarks/leaving.py: what is said of leaving in demo companies, whose truth is known.

Companies of 5,000 accounts, a book each: the silence that counts as leaving, its errors against the truth, as promised
and out of time; forecasts by rolling origin beside recency alone and P(alive); the drivers. Two of them are made again
without the effect of service. Means and their standard errors are over companies.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from crm_analysis.book import Book, open_book
from crm_analysis.book.demo import demo
from crm_analysis.churn.definition import Spells, leaving
from crm_analysis.churn.definition.silence import FOLLOW_UP, MONTH, windows
from crm_analysis.churn.definition.spells import spells
from crm_analysis.churn.survival.baselines import alive_scores
from crm_analysis.churn.survival.discrete import LeavingModel
from crm_analysis.churn.survival.evaluation import ALIVE, MODEL, RECENCY, Trial, rolling_origin
from crm_analysis.churn.survival.explain import cox_rows, drivers
from crm_analysis.churn.survival.panel import account_quarters, quarter_ends, risk_rows
from crm_analysis.periods import quarter_end

RESULTS = Path(__file__).resolve().parent / "results" / "leaving_demo.csv"
ACCOUNTS, SEEDS = 5000, range(1, 13)
WITHOUT_SERVICE = (1, 2)
DAY, HALF = dt.date(2026, 9, 30), dt.date(2024, 9, 30)
SHORT = 183  # days: with the silence that is chosen, none of four years is left to try forecasts of a whole year on
BOOKS = [(seed, "") for seed in SEEDS] + [(seed, "service") for seed in WITHOUT_SERVICE]
Figure = tuple[str, str, float]


def one_book(seed: int, without: str) -> Iterator[Figure]:
    """Figures of a company: part, name, value."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["CRM_ANALYSIS_CACHE"] = str(Path(place) / "cache")
        folder = Path(place) / "demo"
        demo(folder, accounts=ACCOUNTS, seed=seed, format="parquet", without=[without] if without else [])
        truth = pd.read_parquet(folder / "truth" / "accounts.parquet", columns=["account_id", "left_on"])
        gone = pd.to_datetime(truth.set_index("account_id")["left_on"])
        book = open_book(folder)
        found = leaving(book, DAY, basis="orders")
        yield from promised("silence", found.choice, found.spells, gone, DAY)
        then = windows(book, HALF)
        silence = int(then.loc[then["chosen"], "days"].iloc[0])
        yield from promised("out of time", then, spells(book, DAY, silence), gone, HALF)
        yield from risk(book, found.spells)


def promised(part: str, choice: pd.DataFrame, found: Spells, gone: pd.Series, day: dt.date) -> Iterator[Figure]:
    """A window as chosen on a day with what it promised, and its errors: in what was seen until then, or after it.

    Alarms are those after the orders that `windows` could follow, or in the second half those that can be followed as
    long, and all of them. wrong: the account had not left when the alarm came, by the truth. again: it ordered again
    within the time that orders are followed.
    """
    row = choice[choice["chosen"]].iloc[0]
    for name in ("days", "false_alarm_share", "low", "high", "late_months", "missed"):
        yield part, f"promised {name}", float(row[name])
    length = (day - found.begins).days + 1
    horizon = min(round((choice["months"].iloc[-1] + FOLLOW_UP) * MONTH), 2 * length // 3)
    frame = found.frame.assign(truly=found.frame["account_id"].map(gone))
    frame["next"] = frame.groupby("account_id")["began"].shift(-1)
    since = pd.Timestamp(day if day < DAY else found.begins)
    until = pd.Timestamp(DAY - dt.timedelta(days=horizon))
    alarms = frame[frame["left"] & (frame["known_on"] >= since)]
    wrong = ~(alarms["truly"] <= alarms["known_on"])
    yield part, "alarms", float(len(alarms))
    yield part, "wrong", float(wrong.mean())
    right = alarms[~wrong]
    late = (right["known_on"] - right["truly"]).dt.days / MONTH
    yield part, "months since truly left", float(late.mean())
    yield part, "months since last order", float(((right["known_on"] - right["last"]).dt.days / MONTH).mean())
    followed = alarms[alarms["last"] <= until] if day == DAY else alarms[alarms["last"].between(since, until)]
    again = (followed["next"] - followed["last"]).dt.days <= horizon
    if day == DAY and (len(followed), again.mean()) != (row["alarms"], row["false_alarm_share"]):
        raise SystemExit(f"{len(followed)} alarms, {again.mean()} false, are not those of {row}")
    yield part, "followed alarms", float(len(followed))
    yield part, "followed again", float(again.mean())
    yield part, "followed wrong", float((~(followed["truly"] <= followed["known_on"])).mean())
    yield part, "followed, not again but wrong", float((~again & ~(followed["truly"] <= followed["known_on"])).mean())
    shares, had = [], []
    for landmark in (quarter_end(f"{year}Q{number}") for year in range(2023, 2027) for number in range(1, 5)):
        if not max(found.whole_from, since.date()) <= landmark <= min(DAY, until.date()):
            continue
        there = frame.loc[found.there(landmark).index]
        shares.append((there["truly"] <= pd.Timestamp(landmark)).mean())
        ended = (there["last"] <= pd.Timestamp(landmark)) & ~((there["next"] - there["last"]).dt.days <= horizon)
        had.append(ended.mean())
    if shares:
        yield part, "truly gone of those there", float(np.mean(shares))
        yield part, "had ordered last of those there", float(np.mean(had))


def risk(book: Book, found: Spells) -> Iterator[Figure]:
    """Forecasts on earlier days and what came, by the silence chosen and by half a year; the drivers, by the first."""
    shorter = spells(book, DAY, SHORT)
    dates = {"chosen": quarter_ends(book, DAY, found.silence), "shorter": quarter_ends(book, DAY, SHORT, most=16)}
    alive = alive_scores(book, {*dates["chosen"], *dates["shorter"]})
    panel = account_quarters(book, dates["chosen"], found)
    yield "panel", "landmarks", float(len(dates["chosen"]))
    yield "panel", "rows", float(len(panel))
    for part, own in (("chosen", found), ("shorter", shorter)):
        there = panel if part == "chosen" else account_quarters(book, dates[part], own)
        scored = there.merge(alive, on=["as_of", "account_id"], how="left", validate="one_to_one")
        yield from trials(part, rolling_origin(scored, own))
    model = LeavingModel().fit(risk_rows(panel, found, DAY), panel)
    yield "discrete", "penalty", model.penalty_
    yield "discrete", "left", float(model.left_)
    yield from effects("discrete", model.summary_)
    explained = drivers(cox_rows(panel, found))
    yield "cox", "penalty", explained.penalty
    yield "cox", "left", float(explained.left)
    yield from effects("cox", explained.summary)


def effects(part: str, table: pd.DataFrame) -> Iterator[Figure]:
    for row in table.itertuples():
        for name in ("coefficient", "standard_error"):
            yield part, f"{row.feature}|{row.term}|{name}", float(getattr(row, name))


def trials(part: str, trial: Trial) -> Iterator[Figure]:
    """What `Trial` tells of each candidate, and of the model by groups of risk."""
    yield part, "origins", float(trial.forecasts["as_of"].nunique())
    for row in trial.summary.to_dict("records"):
        who = row.pop("model")
        yield from ((part, f"{who}|{name}", float(value)) for name, value in row.items())
    for who in (MODEL, RECENCY, ALIVE):
        for horizon in trial.decided:
            own = trial.forecasts[(trial.forecasts["model"] == who) & (trial.forecasts["seen"] >= horizon)]
            came = own["left_in"].between(1, horizon).sum()
            yield part, f"{who}|expected_{horizon}", float(own[f"p_{horizon}"].sum() / came)
            for found in trial.recalibration(who, horizon).itertuples():
                yield part, f"{who}|{found.measure}_{horizon}", float(found.estimate)
    for horizon in trial.decided:
        for group in trial.calibration(MODEL, horizon).itertuples():
            yield part, f"group {horizon}|{group.group}|predicted", float(group.predicted)
            yield part, f"group {horizon}|{group.group}|came", float(group.came)


def run(until: float) -> bool:
    """The companies that are still missing; whether all are there now."""
    RESULTS.parent.mkdir(exist_ok=True)
    done = set()
    if RESULTS.exists():
        done = set(read()[["seed", "without"]].itertuples(index=False, name=None))
    for seed, without in BOOKS:
        if (seed, without) in done:
            continue
        if time.perf_counter() > until:
            return False
        figures = list(one_book(seed, without))
        with RESULTS.open("a", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            if file.tell() == 0:
                rows.writerow(["seed", "without", "part", "name", "value"])
            rows.writerows((seed, without, part, name, f"{value:.10g}") for part, name, value in figures)
    return True


def read() -> pd.DataFrame:
    return pd.read_csv(RESULTS, keep_default_na=False, na_values={"value": ["nan"]})
