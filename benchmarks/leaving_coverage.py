"""Part of benchmarks/leaving.py: whether intervals of the model of leaving hold what they promise.

Books with contracts whose hazard is known, in two designs:

- "landmarks": contracts by the quarter, and every quarter end a landmark, so that one leaving is a row of up to four
  landmarks. A model of all of them can be true at once only if features do not change, or all by the same amount each
  quarter, as age does: the effects of the steps then differ by what age adds.
- "silence": one landmark per account, some silent already and some gone: features that count in the first step only.

All features take a few values, so that nothing is clipped and bends lie where the truth has them; LOGS are true as
logarithms. That the truth is in the model is checked book by book. The share of 95 % intervals that hold the true
coefficient, and of 90 % intervals that hold the true probability of three accounts, is tested by the exact binomial
test at 99 %, each by itself.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
import time
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import binomtest

from crm_analysis.book import open_book
from crm_analysis.churn.definition import Spells, leaving
from crm_analysis.churn.survival.design import LOGS
from crm_analysis.churn.survival.discrete import HORIZONS, STEPS, LeavingModel
from crm_analysis.churn.survival.panel import risk_rows
from crm_analysis.errors import UserError
from crm_analysis.periods import after

RESULTS = Path(__file__).resolve().parent / "results"
BOOKS, OPENED = 1000, 5  # books of each design; of the first ones the contracts are written, opened and compared
GRACE, WINDOW = 30, 180
SURE, WIDE = 0.01, 1.959963984540054
ENDS = [dt.date(2023, 9, 30)]
for _ in range(12):
    ENDS.append(after(ENDS[-1], "3M"))
TODAY = ENDS[-1] + dt.timedelta(days=GRACE)


@dataclass(frozen=True)
class Truth:
    """Log odds of leaving in a step: its effect, and what features add as the model transforms them."""

    steps: dict[int, float]
    effects: dict[str, float]  # of a number, in every step
    levels: dict[str, float] = field(default_factory=dict)  # of a level of `class` against the commonest
    unknown: dict[str, float] = field(default_factory=dict)  # instead of the number's effect where it is not known
    first: dict[str, float] = field(default_factory=dict)  # of silence, beside its effect, in the first step
    bends: dict[int, float] = field(default_factory=dict)  # of silence above so many days, in the first step
    closing: float = 0.0  # of minus the logarithm of 1 + days left of the longest silence, in the first step

    def odds(self, frame: pd.DataFrame, step: int) -> np.ndarray:
        total = np.full(len(frame), self.steps[step])
        for name, effect in self.effects.items():
            values = frame[name].to_numpy("float64")
            values = np.log1p(values) if name in LOGS else values
            total += np.where(np.isnan(values), self.unknown.get(name, 0.0), effect * values)
        if "class" in frame:
            total += frame["class"].map(self.levels).fillna(0.0).to_numpy()
        if step == 1 and self.bends:
            days = frame["silence_days"].to_numpy("float64")
            total += self.first["silence_days"] * np.log1p(days)
            for at, effect in self.bends.items():
                total += effect * np.maximum(np.log1p(days) - np.log1p(at), 0)
            total -= self.closing * np.log1p(max(SILENCES) - days)
        return total

    def of(self, column, model) -> float:
        """The true coefficient of a column of a fitted design, before it is scaled."""
        effect = self.effects.get(column.feature, 0.0)
        if column.kind == "level":
            return self.levels[column.level]
        if column.kind == "unknown":
            number = model.design_.numbers[column.feature]
            return self.unknown[column.feature] - effect * float(number.of(np.array([np.nan]))[0])
        if column.kind == "bend":
            return self.bends.get(round(np.expm1(column.at)), np.nan)
        if column.kind == "closing":
            return self.closing
        return self.first[column.feature] if column.first else effect

    def parameters(self, model: LeavingModel) -> np.ndarray:
        """What `summary_` would tell without error; NaN for a bend that the truth has elsewhere."""
        columns = model.design_.columns
        raw = np.array([self.of(column, model) for column in columns])
        centre, scale = (np.array([getattr(column, name) for column in columns]) for name in ("centre", "scale"))
        always = np.array([not column.first for column in columns])
        steps = [self.steps[k] + raw @ (centre * (always | (k == 1))) for k in model.effects_]
        return np.r_[steps, raw * np.where([column.binary for column in columns], 1.0, scale)]


AGE = -0.08
LANDMARKS = Truth(
    steps={k: -2.0 + AGE * (k - 1) for k in STEPS},
    effects={"spread": 0.6, "flag": 0.7, "contacts": -0.35, "satisfaction": -1.0, "noise": 0.0, "age": AGE},
    levels={"B": 0.5, "C": -0.4},
    unknown={"satisfaction": -0.2},
)
SILENCES = (3, 10, 20, 40, 70, 110, 150, 170, 175)
SHARES = (0.20, 0.14, 0.08, 0.16, 0.10, 0.14, 0.12, 0.03, 0.03)  # so that the bends, at quantiles, are at 40, 110, 150
SILENCE = Truth(
    steps={1: -1.8, 2: -3.6, 3: -3.4, 4: -3.4},
    effects={"silence_days": 0.15, "recent": -0.5},
    first={"silence_days": 0.05},
    bends={40: 0.8, 110: 1.5, 150: 0.0},
    closing=0.4,
)
DESIGNS = {"landmarks": LANDMARKS, "silence": SILENCE}
ACCOUNTS = {"landmarks": 400, "silence": 1000}
THREE = {
    "landmarks": pd.DataFrame(
        {
            "account_id": ["low", "middle", "high"],
            "spread": [-0.75, 0.0, 0.75],
            "flag": [0, 0, 1],
            "class": ["C", "A", "B"],
            "contacts": [8, 2, 0],
            "satisfaction": [1.0, 0.5, np.nan],
            "noise": [0.5, 0.0, -0.5],
            "age": [9, 4, 1],
        }
    ),
    "silence": pd.DataFrame(
        {"account_id": ["low", "middle", "high"], "silence_days": [10, 70, 175], "recent": [1.0, 0.0, 0.0]}
    ),
}


def landmarks(rng: np.random.Generator, accounts: int) -> tuple[pd.DataFrame, Spells, pd.DataFrame]:
    """A book with contracts by the quarter: panel, spells, and the contracts."""
    spread = rng.integers(-4, 5, accounts) / 4
    fixed = pd.DataFrame(
        {
            "account_id": [f"K{number:04}" for number in range(accounts)],
            "spread": spread,
            "flag": (rng.random(accounts) < 0.4).astype(float),
            "class": rng.choice(["A", "B", "C"], accounts, p=[0.5, 0.3, 0.2]),
            "contacts": rng.choice([0.0, 1.0, 2.0, 4.0, 8.0], accounts),
            "satisfaction": rng.integers(0, 5, accounts) / 4,
            "noise": np.where(rng.random(accounts) < 0.5, np.round(2 * spread) / 2, rng.integers(-2, 3, accounts) / 2),
        }
    )
    fixed.loc[rng.random(accounts) < 0.3, "satisfaction"] = np.nan
    start = np.where(rng.random(accounts) < 0.4, 0, rng.integers(1, 11, accounts))
    final = np.full(accounts, len(ENDS))  # the last quarter end with a contract; none is after the last one
    for quarter in range(len(ENDS) - 1):
        there = (start <= quarter) & (final == len(ENDS))
        chance = expit(LANDMARKS.odds(fixed.assign(age=quarter - start), 1))
        final[there & (rng.random(accounts) < chance)] = quarter
    ends = pd.to_datetime([*ENDS, TODAY])
    frame = fixed[["account_id"]].assign(began=ends[start] - pd.Timedelta(days=45), last=ends[final])
    spells = Spells.of(frame, silence=GRACE, as_of=TODAY, begins=ENDS[0] - dt.timedelta(days=60))
    parts = []
    for quarter, day in enumerate(ENDS[:-1]):
        there = spells.there(day)[["account_id", "spell"]]
        own = there.merge(fixed.assign(age=(quarter - start).astype(float)), on="account_id")
        parts.append(own.assign(as_of=pd.Timestamp(day)))
    terms = pd.DataFrame({"account_id": np.repeat(fixed["account_id"], len(ENDS)), "end": np.tile(range(13), accounts)})
    terms["first"], terms["final"] = np.repeat(start, len(ENDS)), np.repeat(final, len(ENDS))
    terms = terms[(terms["end"] >= terms["first"]) & (terms["end"] <= terms["final"])]
    begins = np.where(
        terms["end"] == terms["first"],
        ends[terms["end"]] - pd.Timedelta(days=45),
        ends[np.maximum(terms["end"] - 1, 0)] + pd.Timedelta(days=1),
    )
    contracts = terms[["account_id"]].assign(signed_on=begins, starts_on=begins, ended_on=ends[terms["end"]])
    now = fixed.loc[final == len(ENDS), ["account_id"]].assign(
        signed_on=ends[-2] + pd.Timedelta(days=1), starts_on=ends[-2] + pd.Timedelta(days=1), ended_on=pd.NaT
    )
    return pd.concat(parts, ignore_index=True), spells, pd.concat([contracts, now], ignore_index=True)


def silence(rng: np.random.Generator, accounts: int) -> tuple[pd.DataFrame, Spells, None]:
    """Accounts on one landmark, silent for some days, of which some have left already."""
    day = dt.date(2025, 6, 30)
    at, today = pd.Timestamp(day), after(day, "12M") + dt.timedelta(days=WINDOW)
    panel = pd.DataFrame({"account_id": [f"K{number:04}" for number in range(accounts)], "as_of": at})
    panel["silence_days"] = rng.choice(SILENCES, accounts, p=SHARES).astype(float)
    panel["recent"] = rng.integers(-2, 3, accounts) / 2
    lasted = at - pd.to_timedelta(panel["silence_days"], unit="D")
    last = pd.Series(pd.Timestamp(today), index=panel.index)
    there = np.ones(accounts, dtype=bool)
    for step in STEPS:
        gone = there & (rng.random(accounts) < expit(SILENCE.odds(panel, step)))
        begin, end = (pd.Timestamp(after(day, f"{3 * k}M")) if k else at for k in (step - 1, step))
        last[gone] = begin + pd.to_timedelta(rng.integers(0, (end - begin).days, int(gone.sum())), unit="D")
        if step == 1:  # of those that leave at once every other one is silent already
            silent = gone & (rng.random(accounts) < 0.5)
            last[silent] = lasted[silent]
        there &= ~gone
    frame = panel[["account_id"]].assign(began=at - pd.Timedelta(days=400), last=last)
    spells = Spells.of(frame, silence=WINDOW, as_of=today, begins=day - dt.timedelta(days=500))
    return panel.assign(spell=1), spells, None


MAKERS = {"landmarks": landmarks, "silence": silence}


def one_book(design: str, book: int) -> dict[str, object]:
    """How far each estimate is from the truth, in standard errors; whether the intervals of probabilities hold it."""
    rng = np.random.default_rng([ACCOUNTS[design], list(DESIGNS).index(design), book])
    truth = DESIGNS[design]
    panel, spells, contracts = MAKERS[design](rng, ACCOUNTS[design])
    if contracts is not None and book < OPENED:
        compare(spells, contracts)
    rows = risk_rows(panel, spells, spells.as_of)
    row: dict[str, object] = {"book": book, "refused": 0, "outside": 0, "left": 0}
    try:
        model = LeavingModel(penalty=0).fit(rows, panel)
    except UserError:
        return row | {"refused": 1}
    row["left"] = model.left_
    if not inside(model, panel, truth):
        return row | {"outside": 1}
    row |= misses(model, truth, "")
    if design == "landmarks":  # what intervals would hold if rows of an account were taken for independent
        alone = panel.iloc[rows["row"]].reset_index(drop=True).assign(step=rows["step"], left=rows["left"])
        alone["account_id"] = [f"{number:06}" for number in range(len(alone))]
        row |= misses(LeavingModel(penalty=0).fit(alone), truth, "alone ")
    told = model.predict(THREE[design]).set_index("account_id")
    true = probabilities(truth, THREE[design])
    for who in told.index:
        for horizon in HORIZONS:
            held = told.at[who, f"low_{horizon}"] <= true.at[who, horizon] <= told.at[who, f"high_{horizon}"]
            row[f"{who} p_{horizon}"] = int(held)
    return row


def probabilities(truth: Truth, frame: pd.DataFrame) -> pd.DataFrame:
    """The true probabilities of leaving within each horizon."""
    stays = np.cumprod([1 - expit(truth.odds(frame, step)) for step in STEPS], axis=0)
    return pd.DataFrame({horizon: 1 - stays[horizon - 1] for horizon in HORIZONS}, index=frame["account_id"])


def misses(model: LeavingModel, truth: Truth, before: str) -> dict[str, object]:
    """Each estimate less the truth, in standard errors, by names that do not change with the words readers see."""
    found = model.summary_
    distance = (found["coefficient"] - truth.parameters(model)) / found["standard_error"]
    names = [f"quarter {step} ahead" for step in model.effects_]
    endings = {"level": " {0.level}", "unknown": ": not known", "bend": " above {1:.3g}", "closing": ", days left"}
    for column in model.design_.columns:
        ending = endings.get(column.kind, "").format(column, np.expm1(column.at))
        names.append(column.feature + ending + ", next quarter" * column.first)
    return {f"{before}{name}": round(float(value), 5) for name, value in zip(names, distance, strict=True)}


def inside(model: LeavingModel, panel: pd.DataFrame, truth: Truth) -> bool:
    """Whether the truth is in the model: with the true parameters it tells the true odds of every row and step."""
    columns = model.design_.columns
    by = [1 / column.scale if column.binary else 1.0 for column in columns]
    like = copy(model)
    like.coefficients_ = truth.parameters(model) / np.r_[np.ones(len(model.effects_)), by]
    matrix = model.design_.matrix(panel)
    return len(model.effects_) == len(STEPS) and all(
        np.allclose(like._odds(matrix, step), truth.odds(panel, step), rtol=0, atol=1e-9) for step in STEPS
    )


def compare(spells: Spells, contracts: pd.DataFrame) -> None:
    """Write the contracts as a book, open it, and see that it tells the same spells."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        names = spells.frame[["account_id"]].drop_duplicates()
        names.assign(name=names["account_id"], known_since="2023-06-01").to_csv(folder / "accounts.csv", index=False)
        orders = names.assign(line_id=names["account_id"], ordered_on=spells.begins, revenue=1)
        orders.to_csv(folder / "orders.csv", index=False)
        numbered = contracts.assign(contract_id=[f"C{number:05}" for number in range(len(contracts))])
        numbered.to_csv(folder / "contracts.csv", index=False, date_format="%Y-%m-%d")
        (folder / "book.toml").write_text(f"extracted_on = {TODAY}\n")
        found = leaving(open_book(folder), TODAY, silence=GRACE, basis="contracts").spells
    own = ["account_id", "spell", "began", "last", "known_on", "left", "kind"]
    pd.testing.assert_frame_equal(found.frame[own], spells.frame[own])


def path(design: str) -> Path:
    return RESULTS / f"leaving_coverage_{design}.csv"


def done(design: str) -> set[int]:
    return set(pd.read_csv(path(design))["book"]) if path(design).exists() else set()


def complete() -> bool:
    return all(len(done(design)) == BOOKS for design in DESIGNS)


def run(until: float) -> bool:
    """The books that are still missing; whether all are there now."""
    RESULTS.mkdir(exist_ok=True)
    for design in DESIGNS:
        for book in sorted(set(range(BOOKS)) - done(design)):
            if time.perf_counter() > until:
                return False
            row = one_book(design, book)
            columns = pd.read_csv(path(design), nrows=0).columns if path(design).exists() else list(row)
            with path(design).open("a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                if file.tell() == 0:
                    writer.writeheader()
                writer.writerow(row)
    return True


def section() -> list[str]:
    """What the page says: tables, then what they mean."""
    lines, tests, loose = ["## Do the intervals hold the truth?"], [], []
    for design in DESIGNS:
        table = pd.read_csv(path(design))
        books = table[(table["refused"] == 0) & (table["outside"] == 0)]
        lines += [
            "",
            f"**{design}**: {len(table):,} books of {ACCOUNTS[design]:,} accounts, of which {books['left'].mean():.0f} "
            f"left on average; {int(table['refused'].sum())} refused, {int(table['outside'].sum())} left out.",
            "",
            "| effect of | 95 % interval holds, % | p | distance, mean | sd | not clustered, % |",
            "|---|---|---|---|---|---|",
        ]
        chances = [name for name in books.columns[4:] if " p_" in name]
        alone = [name for name in books.columns[4:] if name.startswith("alone ")]
        for name in (name for name in books.columns[4:] if name not in {*chances, *alone}):
            tests.append(held(f"{design}: {name}", books[name].abs() < WIDE, 0.95))
            other = ""
            if alone:
                loose.append(100 * (books[f"alone {name}"].abs() < WIDE).mean())
                other = f"{loose[-1]:.1f}"
            lines.append(
                f"| {name} | {tests[-1].share:.1f} | {tests[-1].p:.2f} | {books[name].mean():.2f} | "
                f"{books[name].std():.2f} | {other} |"
            )
        lines += ["", f"| 90 % interval holds, % (p) | {' | '.join(f'within {of}' for of in HORIZONS)} |"]
        lines += ["|---" * (1 + len(HORIZONS)) + "|"]
        true = probabilities(DESIGNS[design], THREE[design])
        for who in true.index:
            cells = []
            for horizon in HORIZONS:
                name = f"{who} p_{horizon}"
                tests.append(held(f"{design}: {name}", books[name] == 1, 0.9))
                cells.append(f"{tests[-1].share:.1f} ({tests[-1].p:.2f})")
            words = ", ".join(f"{100 * chance:.0f}" for chance in true.loc[who])
            lines.append(f"| {who} risk ({words} %) | {' | '.join(cells)} |")
    failed = [f"{test.name} {test.share:.1f} % (p {test.p:.4f})" for test in tests if test.p < SURE]
    verdict = "Not all intervals hold at the nominal rate" if failed else "Intervals hold at the nominal rate"
    found = (
        f"{len(failed)} of {len(tests)} tests at {100 * SURE:g} % each reject"
        if failed
        else (f"none of {len(tests)} tests at {100 * SURE:g} % each rejects")
    )
    lines += [
        "",
        f"{verdict}: {found}{': ' if failed else ''}{'; '.join(failed)}. The chance of "
        "leaving is known and the model, without a penalty, the true one. *landmarks*: contracts by the quarter "
        f"and {len(ENDS) - 1} landmarks, so that rows of an account overlap while most of its features stay; were "
        f"its rows taken for independent (last column), its intervals would hold down to {min(loose):.0f} % instead "
        "of 95. *silence*: one landmark, accounts silent for some days of which some have gone: the features that "
        "count in the first quarter only. *p* is that of the exact binomial test; *distance* that of the estimate "
        "from the truth in standard errors as told, which is to have mean 0 and standard deviation 1. Features "
        "take a few values, so that clipping and bends leave the truth in the model, as is checked of each book. "
        f"The contracts of the first {OPENED} books were also written as files and opened: they told the same "
        "spells.",
    ]
    return lines


@dataclass(frozen=True)
class Test:
    name: str
    share: float
    p: float


def held(name: str, holds: pd.Series, level: float) -> Test:
    return Test(name, 100 * holds.mean(), binomtest(int(holds.sum()), len(holds), level).pvalue)
