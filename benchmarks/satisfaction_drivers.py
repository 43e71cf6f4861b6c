"""What is said of drivers of satisfaction, measured: demo companies, coverage of intervals, speed.

    python benchmarks/satisfaction_drivers.py [demo] [coverage] [size] [--seconds 0]

Runs the parts named, all by default. Results go to benchmarks/results as they come, so that a run stopped after
`--seconds`, or otherwise, goes on where it was: remove a part's file there to measure it anew. Then writes its section
of docs/satisfaction_measured.md from what is there.

- demo: companies of 1,000 accounts, a seed each, whose overall answer hangs on what matters most to each person. Three
  questions are added to their answers that have nothing to do with anything: one answered at random, one alike within
  accounts, one alike within persons.
- coverage: answers simulated with a known truth, accounts of two people who are alike; what is true of importance and
  paths is taken from 2,000,000 answers of the same kind.
- size: a million answers.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from measured_page import put
from scipy.stats import binomtest

from crm_analysis.book import open_book
from crm_analysis.book.demo import demo
from crm_analysis.book.demo.surveys import IMPORTANCE
from crm_analysis.book.questionnaire import Questionnaire
from crm_analysis.satisfaction.answers import Answers, answers
from crm_analysis.satisfaction.drivers.asked import asked
from crm_analysis.satisfaction.drivers.derived import derived
from crm_analysis.satisfaction.drivers.page import Drivers
from crm_analysis.satisfaction.paths import path_model

RESULTS = Path(__file__).resolve().parent / "results"
DAY = dt.date(2026, 9, 30)
ACCOUNTS, SEEDS = 1000, range(1, 51)
STRONG = ("reliability", "timeliness", "consistency")
NULLS = ("null_answer", "null_person", "null_account")
SIZES, BOOKS, TRUE_ROWS = (60, 120, 300), 500, 2_000_000
LEVEL, SURE = 0.9, 0.01
SLOPES = {"x0": 0.6, "x1": 0.4, "x2": 0.25, "x3": 0.1, "x4": 0.0}
PATHS = {"b": ("a",), "c": ("a", "b")}
BLOCKS = {"a": ("a1", "a2", "a3"), "b": ("b1", "b2", "b3"), "c": ("c1", "c2")}
Row = dict[str, object]


# --- demo companies ---


def one_company(seed: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as place:
        os.environ["CRM_ANALYSIS_CACHE"] = str(Path(place) / "cache")
        folder = Path(place) / "demo"
        demo(folder, accounts=ACCOUNTS, seed=seed, format="parquet")
        told = answers(open_book(folder), DAY)
    told = with_nulls(told, np.random.default_rng([seed, 7]))
    groups = {name: (name,) for name in (*IMPORTANCE, *NULLS)}
    found = derived(asked(told, groups), LEVEL)
    for row in found.table.itertuples():
        yield {
            "seed": seed,
            "dimension": row.dimension,
            "accounts": found.asked.heard,
            "importance": round(row.importance, 4),
            "low_above_noise": round(row.low_above_noise, 4),
            "above": int(row.low_above_noise > 0),
            "below": int(row.high_above_noise < 0),
        }


def with_nulls(told: Answers, rng: np.random.Generator) -> Answers:
    """The same with three questions of no meaning, on the scale of the other answers."""
    from dataclasses import replace

    people, n = told.people, len(told.people)
    account = pd.factorize(people["account_id"])[0]
    person = pd.factorize(people["account_id"] + " " + people["person"])[0]
    parts = {
        "null_answer": rng.standard_normal(n),
        "null_person": rng.standard_normal(person.max() + 1)[person],
        "null_account": np.sqrt(0.5) * rng.standard_normal(account.max() + 1)[account]
        + np.sqrt(0.5) * rng.standard_normal(n),
    }
    extra = pd.DataFrame({name: np.clip(np.round(values + 3), 0, 6) / 6 for name, values in parts.items()})
    return replace(
        told,
        shares=pd.concat([told.shares, extra], axis=1),
        widths=pd.concat([told.widths, extra * 0 + 6], axis=1),
        importance=pd.concat([told.importance, extra * np.nan], axis=1),
    )


# --- simulated answers ---


def sample(rng: np.random.Generator, accounts: int, people: int = 2) -> tuple[pd.DataFrame, np.ndarray]:
    """Answers in seven steps: x0 to x4 and satisfaction, x4 of no meaning; items of a, b and c for the path model."""
    n, account = accounts * people, np.repeat(np.arange(accounts), people)

    def new(columns: int = 1) -> np.ndarray:
        return np.sqrt(0.6) * rng.standard_normal((n, columns)) + np.sqrt(0.4) * rng.standard_normal(
            (accounts, columns)
        ).repeat(people, axis=0)

    x = new(5)
    x[:, :4] = np.sqrt(0.7) * x[:, :4] + np.sqrt(0.3) * new()
    y = x @ np.array(list(SLOPES.values())) + 0.8 * new()[:, 0]
    a = new()
    b = 0.6 * a + 0.8 * new()
    c = 0.25 * a + 0.5 * b + 0.7 * new()
    items = {
        f"{name}{i + 1}": value + 0.7 * rng.standard_normal((n, 1))
        for name, value in (("a", a), ("b", b))
        for i in range(3)
    }
    items |= {f"c{i + 1}": c + 0.7 * rng.standard_normal((n, 1)) for i in range(2)}
    columns = (
        dict(zip(SLOPES, x.T, strict=True)) | {"satisfaction": y / y.std()} | {k: v[:, 0] for k, v in items.items()}
    )
    frame = pd.DataFrame({name: np.clip(np.round(values * 1.3 + 3), 0, 6) / 6 for name, values in columns.items()})
    return frame, account


def as_answers(frame: pd.DataFrame, account: np.ndarray) -> Answers:
    people = pd.DataFrame(
        {
            "account_id": [f"A{place:07}" for place in account],
            "person": [f"P{place:08}" for place in range(len(frame))],
            "answered_on": pd.Timestamp("2026-05-20"),
            "wave": "2026-05",
            "subject": "us",
            "internal": False,
        }
    )
    asks = Questionnaire(dimensions={name: (name,) for name in SLOPES}).of(sorted(frame.columns))
    return Answers(people, frame, frame * 0 + 6, frame, asks, pd.DataFrame(), pd.DataFrame(), (), DAY)


def truths() -> dict[tuple[str, str], float]:
    """Importance, coefficients and paths in a great many answers of the same kind."""
    frame, account = sample(np.random.default_rng(0), TRUE_ROWS // 2)
    table = derived(asked(as_answers(frame, account)), draws=1).table.set_index("dimension")
    found = {("importance", name): float(table["importance"][name]) for name in SLOPES}
    found |= {("coefficient", name): float(table["coefficient"][name]) for name in SLOPES}
    model = path_model(frame, PATHS, BLOCKS, draws=1)
    return found | {("path", f"{row.source} > {row.target}"): row.path for row in model.paths.itertuples()}


def one_book(size: int, book: int, truth: dict[tuple[str, str], float]) -> Iterator[Row]:
    frame, account = sample(np.random.default_rng([size, book]), size)
    table = derived(asked(as_answers(frame, account)), LEVEL).table.set_index("dimension")
    model = path_model(frame, PATHS, BLOCKS, accounts=account, level=LEVEL).paths
    for (what, name), value in truth.items():
        if what == "path":
            row = model[(model["source"] + " > " + model["target"]) == name].iloc[0]
            low, high, real = row["low"], row["high"], ""
        else:
            row = table.loc[name]
            low, high = row[f"low_{what}"], row[f"high_{what}"]
            real = int(row["real"]) if what == "importance" else ""
        inside = int(low <= value <= high)
        yield {"accounts": size, "book": book, "what": what, "name": name, "inside": inside, "real": real}


# --- a million answers ---


def one_size() -> Iterator[Row]:
    rng = np.random.default_rng(1)
    frame, account = sample(rng, 40_000, 3)
    own = frame[[*SLOPES, "a1", "a2", "satisfaction"]]
    told = as_answers(own, account)
    from dataclasses import replace

    asks = Questionnaire(
        dimensions={name: (name,) for name in own.columns[:-1]},
        impressions={"first": ("x0", "x1"), "second": ("x2",), "third": ("x3", "x4")},
    )
    told = replace(told, asks=asks.of(sorted(own.columns)))
    names = told.people["account_id"].drop_duplicates()
    look = Drivers(told, pd.DataFrame({"account_id": names, "team": [f"team {i % 12}" for i in range(len(names))]}))
    parts = ("asked", "derived", "map", "stated", "details", "impressions", "teams", "path_model")
    for name in parts:
        begin, wall = time.process_time(), time.perf_counter()
        getattr(look, name)
        row = {"part": name, "answers": own.size, "cpu_seconds": round(time.process_time() - begin, 2)}
        yield row | {"seconds": round(time.perf_counter() - wall, 2)}


# --- running ---


def runs(part: str) -> Iterator[tuple[tuple[str, ...], Iterator[Row]]]:
    """What a part consists of: the key of each piece, and the rows that it makes."""
    if part == "demo":
        for seed in SEEDS:
            yield (str(seed),), one_company(seed)
    elif part == "coverage":
        truth: dict[tuple[str, str], float] = {}
        for size in SIZES:
            for book in range(BOOKS):
                truth = truth or truths()
                yield (str(size), str(book)), one_book(size, book, truth)
    else:
        yield (), one_size()


KEYS = {"demo": ["seed"], "coverage": ["accounts", "book"], "size": []}


def run(part: str, until: float) -> bool:
    """Adds the missing rows to the part's file; False if time ran out."""
    path = RESULTS / f"drivers_{part}.csv"
    path.parent.mkdir(exist_ok=True)
    done = set()
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            done = {tuple(row[key] for key in KEYS[part]) for row in csv.DictReader(file)}
    for key, rows in runs(part):
        if key in done:
            continue
        if time.perf_counter() > until:
            return False
        found = list(rows)
        new = not path.is_file()
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(found[0]), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerows(found)
    return True


# --- what is said of it ---


def judged(part: int, of: int, share: float, way: str) -> str:
    """`kept` unless an exact binomial test at 1 % says that the true share is on the wrong side of `share`."""
    test = binomtest(part, of, share, alternative="less" if way == "at least" else "greater")
    return "kept" if test.pvalue > SURE else "BROKEN"


def section() -> list[str]:
    lines = ["## Drivers", "", "`python benchmarks/satisfaction_drivers.py`; module docstring says how."]
    tables = {part: RESULTS / f"drivers_{part}.csv" for part in KEYS}
    if tables["demo"].is_file():
        lines += ["", *demo_said(pd.read_csv(tables["demo"]))]
    if tables["coverage"].is_file():
        lines += ["", *coverage_said(pd.read_csv(tables["coverage"]))]
    if tables["size"].is_file():
        table = pd.read_csv(tables["size"])
        lines += ["", "### A million answers", ""]
        cpu, wall = table["cpu_seconds"].sum(), table["seconds"].sum()
        lines += [
            f"{table['answers'].iloc[0]:,} answers of 120,000 people in 40,000 accounts, seven dimensions: "
            f"{wall:.1f} s ({cpu:.1f} s of CPU) for all that the page shows of drivers, once the answers are read.",
            "",
            "| part | seconds | CPU |",
            "|---|---|---|",
            *(f"| {row.part} | {row.seconds} | {row.cpu_seconds} |" for row in table.itertuples()),
        ]
    return lines


def demo_said(table: pd.DataFrame) -> list[str]:
    seeds = table["seed"].nunique()
    low, high = table["accounts"].min(), table["accounts"].max()
    lines = [
        f"### {seeds} demo companies of {ACCOUNTS:,} accounts",
        "",
        f"Answers of two years, of {low} to {high} accounts. Above noise: the 90 % interval of the dimension's "
        "importance less that of a noise variable lies above zero. Promised: for the three strongest true "
        "drivers in at least 90 % of companies, for a question without meaning in at most 5 % (half of what a 90 % "
        "interval leaves out); kept unless "
        "an exact binomial test at 1 % says otherwise. All dimensions of the demo go with the overall answer a "
        "little, because a person's mood colours every answer.",
        "",
        "| dimension | true weight | importance, mean | above noise | promised | |",
        "|---|---|---|---|---|---|",
    ]
    for name in (*IMPORTANCE, *NULLS):
        own = table[table["dimension"] == name]
        above, of = int(own["above"].sum()), len(own)
        true = f"{IMPORTANCE[name]:.2f}" if name in IMPORTANCE else "0"
        promised, verdict = "", ""
        if name in STRONG:
            promised, verdict = "at least 90 %", judged(above, of, 0.9, "at least")
        elif name in NULLS:
            promised, verdict = "at most 5 %", judged(above, of, 0.05, "at most")
        lines.append(f"| {name} | {true} | {own['importance'].mean():.3f} | {above} of {of} | {promised} | {verdict} |")
    first = table.loc[table.groupby("seed")["importance"].idxmax(), "dimension"].value_counts()
    ranked = ", ".join(f"{name} in {many}" for name, many in first.items())
    return [*lines, "", f"Most important by the answers: {ranked} of {seeds}."]


def coverage_said(table: pd.DataFrame) -> list[str]:
    lines = [
        "### Coverage of intervals",
        "",
        f"Share of 90 % intervals that hold the truth, over {BOOKS} samples of each size (accounts of two people, "
        "answers in seven steps). Promised: at least 87 % of those of importance that is not nothing, of coefficients "
        "and of paths; kept unless an exact binomial test at 1 % says otherwise. Importance that is truly nothing "
        "cannot be covered, because a share of R2 is never negative: that is what the noise variable is for.",
        "",
        "| | " + " | ".join(f"{size} accounts" for size in SIZES) + " |",
        "|---|" + "---|" * len(SIZES),
    ]
    for (what, name), own in table.groupby(["what", "name"], sort=False):
        cells = []
        for size in SIZES:
            part = own.loc[own["accounts"] == size, "inside"]
            nothing = what == "importance" and SLOPES.get(name) == 0
            verdict = "" if nothing or not len(part) else judged(int(part.sum()), len(part), 0.87, "at least")
            cells.append(f"{part.mean():.1%} {verdict}".strip() if len(part) else "–")
        lines.append(f"| {what} of {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Share of samples in which the dimension is above noise (x4 is truly nothing, promised at most 5 %):",
        "",
    ]
    lines += ["| | " + " | ".join(f"{size} accounts" for size in SIZES) + " |", "|---|" + "---|" * len(SIZES)]
    for name, slope in SLOPES.items():
        cells = []
        for size in SIZES:
            part = table[(table["what"] == "importance") & (table["name"] == name) & (table["accounts"] == size)][
                "real"
            ]
            verdict = "" if slope or not len(part) else judged(int(part.sum()), len(part), 0.05, "at most")
            cells.append(f"{part.mean():.1%} {verdict}".strip() if len(part) else "–")
        lines.append(f"| {name} (slope {slope}) | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *KEYS], default=[])
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after so many")
    options = parser.parse_args()
    until = time.perf_counter() + options.seconds
    finished = [run(part, until) for part in options.parts or KEYS]
    if not all(finished):
        sys.stdout.write("stopped; the same command goes on\n")
    put("drivers", section())


if __name__ == "__main__":
    main()
