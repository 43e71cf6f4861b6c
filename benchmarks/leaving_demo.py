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
from scipy.stats import t as student

from crm_analysis.book import Book, open_book
from crm_analysis.book.demo import demo
from crm_analysis.churn.definition import Spells, leaving
from crm_analysis.churn.definition.silence import FOLLOW_UP, MONTH, windows
from crm_analysis.churn.definition.spells import spells
from crm_analysis.churn.survival.baselines import alive_scores
from crm_analysis.churn.survival.design import called
from crm_analysis.churn.survival.discrete import LeavingModel
from crm_analysis.churn.survival.evaluation import ALIVE, MODEL, RECENCY, Trial, rolling_origin
from crm_analysis.churn.survival.explain import cox_rows, drivers
from crm_analysis.churn.survival.features import FEATURES
from crm_analysis.churn.survival.panel import account_quarters, quarter_ends, risk_rows
from crm_analysis.periods import quarter_end

RESULTS = Path(__file__).resolve().parent / "results" / "leaving_demo.csv"
ACCOUNTS, SEEDS = 5000, range(1, 13)
WITHOUT_SERVICE = (1, 2)
DAY, HALF = dt.date(2026, 9, 30), dt.date(2024, 9, 30)
TRUE = ("on_time", "complaints_year", "tenure_days", "trend", "fall", "revenue")  # as far as columns show what drives
FEW = ["on_time", "complaints_year", "tenure_days", "fall", "rise", "revenue"]
EXPECTED = {name: told.sign for name, told in FEATURES.items()} | {"fall": 1, "rise": 0}
SHORT = 183  # days: with the silence that is chosen, none of four years is left to try forecasts of a whole year on
BOOKS = [(seed, "") for seed in SEEDS] + [(seed, "service") for seed in WITHOUT_SERVICE]
Figure = tuple[str, str, float]


def one_book(seed: int, without: str) -> Iterator[Figure]:
    """Figures of a company: part, name, value."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["CRM_ANALYSIS_CACHE"] = str(Path(place) / "cache")
        folder = Path(place) / "demo"
        demo(folder, accounts=ACCOUNTS, seed=seed, format="parquet", without=[without] if without else [])
        truth = pd.read_parquet(folder / "truth" / "accounts.parquet").set_index("account_id")
        gone = pd.to_datetime(truth["left_on"])
        yield from rates(truth[truth["bought"]])
        book = open_book(folder)
        found = leaving(book, DAY, basis="orders")
        yield from promised("silence", found.choice, found.spells, gone, DAY)
        then = windows(book, HALF)
        silence = int(then.loc[then["chosen"], "days"].iloc[0])
        yield from promised("out of time", then, spells(book, DAY, silence), gone, HALF)
        panel = account_quarters(book, quarter_ends(book, DAY, found.silence), found.spells)
        if not without:  # fewer leave then, and the silence chosen is too long for forecasts to be tried
            yield from risk(book, found.spells, panel)
        yield from causes(book, found.spells, panel, gone)


def rates(truth: pd.DataFrame) -> Iterator[Figure]:
    """The share of the accounts there that truly left, by quarter, averaged over each year."""
    left, began = pd.to_datetime(truth["left_on"]), pd.to_datetime(truth["started_on"])
    for year in range(2023, 2027):
        shares = []
        for quarter in range(1, 5 if year < DAY.year else 4):
            end = pd.Timestamp(quarter_end(f"{year}Q{quarter}"))
            begin = end - pd.offsets.QuarterBegin(1, startingMonth=1)
            there = ~(began >= begin) & ~(left < begin)
            shares.append(left[there].between(begin, end).mean())
        yield "truth", f"left in a quarter of {year}", float(np.mean(shares))


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


def risk(book: Book, found: Spells, panel: pd.DataFrame) -> Iterator[Figure]:
    """Forecasts on earlier days and what came, by the silence chosen and by half a year."""
    shorter, dates = spells(book, DAY, SHORT), quarter_ends(book, DAY, SHORT, most=16)
    alive = alive_scores(book, {*dates, *(day.date() for day in panel["as_of"].unique())})
    yield "panel", "rows", float(len(panel))
    for part, own, there in (("chosen", found, panel), ("shorter", shorter, account_quarters(book, dates, shorter))):
        scored = there.merge(alive, on=["as_of", "account_id"], how="left", validate="one_to_one")
        yield from trials(part, rolling_origin(scored, own))


def causes(book: Book, found: Spells, panel: pd.DataFrame, gone: pd.Series) -> Iterator[Figure]:
    """Effects: in both models; of a few features with falls and rises told apart; if leaving were known as it was."""
    model = LeavingModel().fit(risk_rows(panel, found, DAY), panel)
    yield "discrete", "penalty", model.penalty_
    yield from effects("discrete", model.summary_)
    rows = cox_rows(panel, found)
    explained = drivers(rows)
    yield "cox", "penalty", explained.penalty
    yield "cox", "left", float(explained.left)
    yield from effects("cox", explained.summary)
    yield from effects("few", drivers(apart(rows), FEW).summary)
    told = found.frame.groupby("account_id", as_index=False)["began"].min()
    told["last"] = told["account_id"].map(gone).fillna(pd.Timestamp(DAY)).clip(lower=told["began"])
    true = Spells.of(told, silence=1, as_of=DAY, begins=found.begins)
    rows = cox_rows(account_quarters(book, (day.date() for day in panel["as_of"].unique()), true), true)
    explained = drivers(rows)
    yield "true", "left", float(explained.left)
    yield from effects("true", explained.summary)
    yield from effects("true few", drivers(apart(rows), FEW).summary)


def apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the trend parted: fall and rise, as logarithms of at least 0."""
    return rows.assign(fall=np.maximum(-rows["trend"], 0), rise=np.maximum(rows["trend"], 0))


def effects(part: str, table: pd.DataFrame) -> Iterator[Figure]:
    """Effects by feature: `own` is that of its value, others have their words."""
    for row in table.itertuples():
        term = "own" if row.term == called(row.feature) else row.term
        for name in ("coefficient", "standard_error"):
            yield part, f"{row.feature}|{term}|{name}", float(getattr(row, name))


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
    for seed, without in [book for book in BOOKS if book not in done()]:
        if time.perf_counter() > until:
            return False
        figures = list(one_book(seed, without))
        with RESULTS.open("a", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            if file.tell() == 0:
                rows.writerow(["seed", "without", "part", "name", "value"])
            rows.writerows((seed, without, part, name, f"{value:.10g}") for part, name, value in figures)
    return True


def done() -> set[tuple[int, str]]:
    return set(read()[["seed", "without"]].itertuples(index=False, name=None)) if RESULTS.exists() else set()


def complete() -> bool:
    return done() == set(BOOKS)


def read() -> pd.DataFrame:
    return pd.read_csv(RESULTS, keep_default_na=False, na_values={"value": ["nan"]})


def section() -> list[str]:
    """What the page says: tables, then what they mean."""
    table = read()
    own = table[table["without"] == ""].pivot(index="seed", columns=["part", "name"], values="value")
    lines = [
        f"{len(own)} demo companies of {ACCOUNTS:,} accounts with four years of orders each; their truth says when an "
        "account really left. Means over companies, in brackets their standard error, unless said otherwise.",
        "",
        "## Does a silence mean what it promises?",
        "",
        *silences(own),
        "",
        *said_of_silences(own),
        "",
        "## Does the model forecast better than naive rules, and are its probabilities right?",
    ]
    for part, words in (("chosen", "The silence chosen"), ("shorter", f"A silence of {SHORT} days")):
        lines += ["", f"### {words}", "", *forecasts(own[part])]
    rates = ", ".join(
        f"{100 * own['truth'][f'left in a quarter of {year}'].mean():.1f} % in {year}" for year in range(2023, 2027)
    )
    origins = {part: own[part]["origins"].mean() for part in ("chosen", "shorter")}
    lines += [
        "",
        "Rolling origin: on each quarter end the model learns what was decided by then, and is judged by what came "
        f"({origins['chosen']:.0f} quarter ends with the silence chosen, which is too long to try forecasts of a "
        f"whole year in four years; {origins['shorter']:.0f} with the shorter one). *recency* is the same kind of "
        "model that sees the days of silence only; *alive* the buy-till-you-die P(alive), made a probability of "
        "the same thing. Brackets of the calibration are 95 % intervals over companies; 1, 0 and 1 are right. All "
        f"companies share one calendar, in which of 100 accounts there these truly left in a quarter: {rates}. A "
        "model that learned from a bad year expects another.",
        "",
        "## Are the drivers the true ones?",
        "",
        *signs(own),
        "",
        "In the demo, late deliveries, complaints, youth and decline make accounts leave, and size keeps them. "
        "Effects are those of a standard deviation of the feature (of yes against no), above 0 for more risk; "
        "beside them, in how many companies the sign was the expected one, in brackets in how many the 95 % "
        "interval also excludes 0. *Cox*: what drives leaving, as the page tells it. *forecast*: the model that "
        "predicts. *few*: Cox's model with these features only, falls and rises of revenue told apart. *known*: as "
        "Cox, if it were known when each account truly left, as contracts tell.",
        "",
        *said_of_signs(own),
        "",
        *without_service(table),
    ]
    return lines


def mean(values: pd.Series, digits: int = 3, times: float = 1.0) -> str:
    known = values.dropna() * times
    return f"{known.mean():.{digits}f} ({known.std() / np.sqrt(len(known)):.{digits}f})" if len(known) else ""


def three(values: pd.Series) -> str:
    return f"{values.mean():.3f}"


def silences(own: pd.DataFrame) -> Iterator[str]:
    yield f"| | own past, promised | came | chosen on {HALF}, promised | came after it |"
    yield "|---|---|---|---|---|"
    for words, said, came, digits, times in (
        ("silence, days", "promised days", None, 0, 1),
        ("alarms that could be followed", None, "followed alarms", 0, 1),
        ("of 100 alarms: ordered again", "promised false_alarm_share", "followed again", 1, 100),
        ("of 100 alarms: had not left (truth)", None, "followed wrong", 1, 100),
        ("months from last order to alarm", "promised late_months", "months since last order", 1, 1),
        ("months from leaving to alarm (truth)", None, "months since truly left", 1, 1),
        ("of 100 there: had ordered last", "promised missed", "had ordered last of those there", 1, 100),
        ("of 100 there: had left (truth)", None, "truly gone of those there", 1, 100),
    ):
        cells = []
        for part in ("silence", "out of time"):
            cells += [mean(own[part][name], digits, times) if name else "" for name in (said, came)]
        yield f"| {words} | {' | '.join(cells)} |"


def said_of_silences(own: pd.DataFrame) -> Iterator[str]:
    past, then = own["silence"], own["out of time"]
    held = int(then["followed again"].between(then["promised low"], then["promised high"]).sum())
    apart = then["followed again"] - then["promised false_alarm_share"]
    late = then["had ordered last of those there"] - then["promised missed"]
    days = sorted(past["promised days"].astype(int).unique())
    yield (
        f"- The silence chosen is {' or '.join(map(str, days))} days. In the book's own past the share of alarms after "
        "which an account orders again is as promised by construction. Out of time it is "
        f"{mean(apart, 1, 100)} of 100 away from the promise, and within its 90 % interval in {held} of {len(then)} "
        "companies: the interval is one of sampling, and does not know that times change."
    )
    yield (
        f"- Of 100 alarms another {mean(past['followed, not again but wrong'], 1, 100)} are wrong though nobody "
        "could see it: the account had not left, but did not order again in the time it was followed. The promise "
        "is a lower bound, as `windows` says; in a trade with this much rest between orders, two alarms in five "
        "are false."
    )
    yield (
        "- Among those counted as there, the share that had ordered for the last time was "
        f"{mean(late, 1, 100)} of 100 away from the promise out of time."
    )


def forecasts(own: pd.DataFrame) -> Iterator[str]:
    """Tables of one silence: candidates, their differences, calibration, groups of risk."""
    horizons = [horizon for horizon in (1, 2, 4) if f"{MODEL}|expected_{horizon}" in own.dropna(axis=1, how="all")]
    measures = {"log_score": "log score", "concordance": "concordance"}
    measures |= {f"auc_{horizon}": f"AUC, {horizon}q" for horizon in horizons}
    measures |= {"brier": "Brier", "lift": "lift"}
    yield f"| | {' | '.join(measures.values())} |"
    yield "|---" * (len(measures) + 1) + "|"
    for who in (MODEL, RECENCY, ALIVE):
        yield f"| {who} | {' | '.join(three(own[f'{who}|{name}']) for name in measures)} |"
    worse = []
    for rival in (RECENCY, ALIVE):
        cells = []
        for name, words in measures.items():
            ahead = (own[f"{MODEL}|{name}"] - own[f"{rival}|{name}"]) * (-1 if name == "brier" else 1)
            if not ahead.mean() > 2 * ahead.std() / np.sqrt(len(ahead)):
                worse.append(f"{words} against {rival}")
            cells.append(mean(ahead))
        yield f"| model ahead of {rival} by | {' | '.join(cells)} |"
    yield ""
    if worse:
        yield f"The model is NOT ahead by more than two standard errors in: {', '.join(worse)}."
    else:
        yield "The model beats both rivals by more than two standard errors over companies in each measure."
    yield ""
    yield "| calibration | quarters | expected for one that left | intercept | slope |"
    yield "|---|---|---|---|---|"
    for who in (MODEL, RECENCY, ALIVE):
        for horizon in horizons:
            cells = [interval(own[f"{who}|{name}_{horizon}"]) for name in ("expected", "intercept", "slope")]
            yield f"| {who} | {horizon} | {' | '.join(cells)} |"
    yield ""
    off = [
        f"{name} within {horizon}"
        for name, right in (("expected", 1), ("intercept", 0), ("slope", 1))
        for horizon in horizons
        if abs(own[f"{MODEL}|{name}_{horizon}"].mean() - right) > reach(own[f"{MODEL}|{name}_{horizon}"])
    ]
    found = f"NOT right over companies in: {', '.join(off)}" if off else "right over companies at each horizon"
    yield f"The model's probabilities are {found}."
    yield ""
    yield f"| model, groups of risk | {' | '.join(str(group) for group in range(1, 11))} |"
    yield "|---" * 11 + "|"
    for horizon in (horizons[0], horizons[-1]):
        for name in ("predicted", "came"):
            cells = [f"{100 * own[f'group {horizon}|{group}|{name}'].mean():.1f}" for group in range(1, 11)]
            yield f"| {name} within {horizon} quarter{'s' * (horizon > 1)}, % | {' | '.join(cells)} |"


def reach(values: pd.Series) -> float:
    """How far a 95 % interval of the mean over companies reaches."""
    known = values.dropna()
    return float(student.ppf(0.975, len(known) - 1) * known.std() / np.sqrt(len(known)))


def interval(values: pd.Series) -> str:
    middle, wide = values.mean(), reach(values)
    return f"{middle:.2f} ({middle - wide:.2f} to {middle + wide:.2f})"


def effect_of(table: pd.DataFrame, feature: str) -> tuple[pd.Series, pd.Series] | None:
    """A feature's own effect by company, with its standard error; None if it is nowhere."""
    if f"{feature}|own|coefficient" not in table:
        return None
    return table[f"{feature}|own|coefficient"], table[f"{feature}|own|standard_error"]


def signs(own: pd.DataFrame) -> Iterator[str]:
    parts = {"cox": "Cox", "discrete": "forecast", "few": "few", "true": "known"}
    yield f"| feature | driver | expected | {' | | '.join(parts.values())} | |"
    yield "|---" * (3 + 2 * len(parts)) + "|"
    for feature, sign in EXPECTED.items():
        cells = []
        for part in parts:
            found = effect_of(own[part], feature)
            if found is None:
                cells += ["", ""]
                continue
            value, error = found
            right = np.sign(value) == sign
            sure = right & (value.abs() > 1.96 * error)
            cells += [mean(value, 2), f"{int(right.sum())} ({int(sure.sum())})" if sign else ""]
        if any(cells):
            words = {1: "more", -1: "less", 0: ""}[sign]
            yield f"| {feature} | {'yes' if feature in TRUE else ''} | {words} | {' | '.join(cells)} |"


def said_of_signs(own: pd.DataFrame) -> Iterator[str]:
    """Which true drivers have the right sign over companies, in each model."""
    right, wrong = [], []
    for feature in TRUE:
        for part, words in (("cox", "Cox"), ("discrete", "forecast"), ("few", "few"), ("true", "known")):
            found = effect_of(own[part], feature)
            if found is None:
                continue
            ahead = found[0] * EXPECTED[feature]
            sure = ahead.mean() > 2 * ahead.std() / np.sqrt(len(ahead))
            (right if sure else wrong).append(f"{feature} ({words})")
    yield f"Of the expected sign by more than two standard errors over companies: {', '.join(right)}."
    if wrong:
        yield f"NOT so: {', '.join(wrong)}."
    if any(name.startswith("trend") for name in wrong):
        falls = {part: mean(own[part]["fall|own|coefficient"], 2) for part in ("few", "true few")}
        yield (
            "Decline is a driver that `trend` does not show: given this year's revenue, the year before tells how "
            "large an account really is, and size keeps accounts; and revenue that soars and falls is that of "
            f"small accounts with a project. Told apart from rises, falls have {falls['few']} beside the features "
            f"of *few*, and {falls['true few']} where it is known who left."
        )


def without_service(table: pd.DataFrame) -> Iterator[str]:
    names = ("on_time", "complaints_year", "complaints_open")
    yield f"| without the effect of service | {' | '.join(f'{name}, with | without' for name in names)} |"
    yield "|---" * (1 + 2 * len(names)) + "|"
    for seed in WITHOUT_SERVICE:
        cells = []
        for feature in names:
            for without in ("", "service"):
                own = table[(table["seed"] == seed) & (table["without"] == without) & (table["part"] == "cox")]
                found = effect_of(own.pivot(index="seed", columns="name", values="value"), feature)
                cells.append(f"{found[0].iloc[0]:.2f} ({found[1].iloc[0]:.2f})" if found else "left out")
        yield f"| company {seed} | {' | '.join(cells)} |"
    yield ""
    yield (
        "The same companies made with `--without service`, in which nobody leaves over it: Cox's model, "
        "coefficient and in brackets its standard error as told."
    )
