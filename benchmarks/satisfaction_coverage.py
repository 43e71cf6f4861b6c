"""Part of benchmarks/satisfaction.py: whether the intervals of scores hold what they promise.

10,000 draws of n accounts per cell, from populations whose score is known. In a cell the exact binomial test at 1 %
asks whether the true coverage may be as high as the nominal level less two points (93 % for 95 %, 88 % for 90 %).
Wald's interval stands beside: the mean with its standard error as it comes.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm

from crm_analysis.satisfaction.scores.change import between
from crm_analysis.satisfaction.scores.intervals import KINDS, Sums, adjusted, ends, pseudo

RESULTS = Path(__file__).resolve().parent / "results" / "satisfaction_coverage.csv"
DRAWS, SURE = 10_000, 0.01
LEVELS = (0.95, 0.90)
MANY = (10, 20, 50, 200)
FEW = (3, 5)
MIXES = {"50 / 20": (0.50, 0.20), "30 / 30": (0.30, 0.30), "70 / 5": (0.70, 0.05), "10 / 60": (0.10, 0.60)}
SCALES = {
    "1 to 7, most at the top": (0.02, 0.02, 0.03, 0.05, 0.13, 0.30, 0.45),
    "1 to 7, most at the bottom": (0.50, 0.20, 0.10, 0.08, 0.06, 0.04, 0.02),
    "1 to 7, in the middle": (0.05, 0.10, 0.20, 0.30, 0.20, 0.10, 0.05),
    "1 to 5, four in five at the top": (0.02, 0.02, 0.02, 0.14, 0.80),
    "yes or no, 80 % yes": (0.20, 0.80),
}
SHARES = (0.05, 0.3, 0.5, 0.8)
COLUMNS = ("part", "cell", "n", "level", "draws", "held", "wald")
Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray | None]]


def answers(values: np.ndarray, chances: np.ndarray, people: int = 1) -> tuple[Draw, float]:
    """Accounts of an answer each; with `people` 3, of one to three people who say the same half of the time."""

    def one(rng: np.random.Generator, many: int) -> tuple[np.ndarray, None]:
        said = rng.choice(values, (many, people), p=chances)
        if people > 1:
            alike = rng.random((many, people)) < 0.5
            said = np.where(alike, said[:, :1], said)
            there = np.arange(people) < rng.integers(1, people + 1, many)[:, None]
            return np.where(there, said, 0).sum(axis=1) / there.sum(axis=1), None
        return said[:, 0], None

    return one, float(values @ chances)


def cells() -> Iterator[tuple[str, str, str, Draw, float, tuple[int, ...]]]:
    """part, cell, kind, how accounts are drawn, the true score, numbers of accounts."""
    promoters = np.array([1.0, 0.0, -1.0])
    for name, (up, down) in MIXES.items():
        chances = np.array([up, 1 - up - down, down])
        yield "nps", name, "nps", *answers(promoters, chances), MANY
        yield "nps of few", name, "nps", *answers(promoters, chances), FEW
        yield "nps, one to three people an account", name, "nps", *answers(promoters, chances, 3), MANY
    for name, shares in SCALES.items():
        chances = np.array(shares) / sum(shares)
        values = np.linspace(0, 1, len(chances))
        yield "mean", name, "content", *answers(values, chances), (*FEW, *MANY)
        if len(chances) == 7:
            yield "mean, one to three people an account", name, "content", *answers(values, chances, 3), MANY
    for share in SHARES:
        yield "share", f"{share:.0%}", "top_two", *answers(np.array([1.0, 0.0]), np.array([share, 1 - share])), MANY
    for name, (up, down) in MIXES.items():
        chances = np.array([up, 1 - up - down, down])
        draw, true = answers(promoters, chances)
        yield "nps by revenue", name, "nps", weighty(draw), true, (20, 50, 200)


def weighty(draw: Draw) -> Draw:
    """The same with revenues: log-normal, the largest fifth of accounts bringing two thirds."""

    def one(rng: np.random.Generator, many: int) -> tuple[np.ndarray, np.ndarray]:
        values, _ = draw(rng, many)
        return values, rng.lognormal(0, 1.2, many)

    return one


def held(kind: str, draw: Draw, true: float, n: int, seed: int) -> Iterator[tuple[float, int, int, int]]:
    """level, draws that have an interval, those whose interval holds the truth, those whose Wald interval does."""
    values, weights = draw(np.random.default_rng(seed), DRAWS * n)
    group = np.repeat(np.arange(DRAWS), n)
    sums = Sums.of(values, group, DRAWS, weights)
    for level in LEVELS:
        low, high = ends(sums, kind, level)
        told = ~np.isnan(low)  # others have too few accounts' worth of weight: nothing is claimed
        half = norm.ppf((1 + level) / 2) * np.sqrt(np.maximum(adjusted(sums, kind, 1e-12).variance, 0))
        wald = np.abs(sums.mean - true) <= half + 1e-12
        inside = (low <= true + 1e-12) & (true <= high + 1e-12) & told
        yield level, int(told.sum()), int(inside.sum()), int((wald & told).sum())


def changed(n: int, seed: int) -> Iterator[tuple[float, int, int]]:
    """No change between two waves of n accounts, half of which answer in both, and mostly the same."""
    rng = np.random.default_rng(seed)
    values, chances = np.linspace(0, 1, 7), np.array(SCALES["1 to 7, most at the top"])
    half = n // 2
    said = rng.choice(values, (3, DRAWS, n), p=chances / chances.sum())
    alike = rng.random((DRAWS, half)) < 0.6
    first, second = said[0], said[1].copy()
    second[:, :half] = np.where(alike, first[:, :half], second[:, :half])
    group = np.repeat(np.arange(DRAWS), n)
    sums = [Sums.of(wave.ravel(), group, DRAWS) for wave in (first, second)]
    for level in LEVELS:
        one, two = (adjusted(part, "content", pseudo("content", level) / 2) for part in sums)
        moved = (first[:, :half] - one.mean[:, None]) * (second[:, :half] - two.mean[:, None])
        together = moved.sum(axis=1) / (one.many * two.many)
        found = between(*sums, "content", level, together)
        apart = between(*sums, "content", level)
        counts = [int(((part.low <= 1e-9) & (part.high >= -1e-9)).sum()) for part in (found, apart)]
        yield level, counts[0], counts[1]


def run(until: float) -> bool:
    """All cells, a seed each in their order; False if time ran out."""
    if complete():
        return True
    rows: list[tuple[object, ...]] = []
    seed = 0
    for part, cell, kind, draw, true, many in cells():
        assert KINDS[kind].low <= true <= KINDS[kind].high
        for n in many:
            seed += 1
            rows += [(part, cell, n, *found) for found in held(kind, draw, true, n, seed)]
        if time.perf_counter() > until:
            return False
    for n in MANY:
        seed += 1
        rows += [("change", "none", n, level, DRAWS, own, wald) for level, own, wald in changed(n, seed)]
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return True


def complete() -> bool:
    return RESULTS.exists()


def read() -> pd.DataFrame:
    return pd.read_csv(RESULTS)


def verdict(own: pd.DataFrame, level: float) -> str:
    """How the cells of one level do against the criterion."""
    floor = level - 0.02
    p = [binomtest(int(row.held), int(row.draws), floor, "less").pvalue for row in own.itertuples()]
    cover = own["held"] / own["draws"]
    below = sum(value < SURE for value in p)
    mean = cover.mean()
    said = f"{level:.0%}: lowest {cover.min():.1%}, on average {mean:.1%}; "
    return said + (
        f"surely below {floor:.0%} in {below} of {len(own)} cells" if below else f"no cell surely below {floor:.0%}"
    )


def section() -> list[str]:
    """The part of the page."""
    found = read()
    lines = [
        "## Intervals of scores",
        "",
        f"Coverage of intervals, {DRAWS:,} draws a cell, seeds numbered in the order of the cells; in brackets Wald's "
        "interval from the same draws. The unit is the account. In each cell an exact binomial test (1 %) asks whether "
        "the true coverage may be the nominal level less two points. NPS: promoters / detractors in per cent.",
    ]
    titles = {
        "nps": "NPS, one person an account (the acceptance: at least 93 % in each cell, 94 to 97 % on average)",
        "nps of few": "NPS of three and five accounts: discrete, and below five no group shows a score",
        "nps, one to three people an account": "NPS, one to three people an account who say the same half of the time",
        "mean": "Mean, 0 to 100",
        "mean, one to three people an account": "Mean, one to three people an account",
        "share": "Share (one of the two best answers)",
        "nps by revenue": "NPS weighted by log-normal revenue (the largest fifth of accounts has two thirds)",
        "change": "No change between two waves, half of the accounts in both (in brackets: as if none were)",
    }
    for part, title in titles.items():
        own = found[found["part"] == part]
        lines += ["", f"### {title}", ""]
        lines += [f"- {verdict(own[own['level'] == level], level)}." for level in LEVELS]
        if part == "nps":
            mean = (own["held"] / own["draws"])[own["level"] == 0.95].mean()
            lines.append(f"- On average {'inside' if 0.94 <= mean <= 0.97 else 'OUTSIDE'} 94 to 97 % at 95 %.")
        many = sorted(own["n"].unique())
        lines += ["", "| level | population | " + " | ".join(f"n = {n}" for n in many) + " |"]
        lines.append("|---|---|" + "---|" * len(many))
        for (level, cell), rows in own.groupby(["level", "cell"], sort=False):
            shares = rows.set_index("n")
            shares = shares[["held", "wald"]].div(shares["draws"], axis=0)
            told = [f"{shares.at[n, 'held']:.1%} ({shares.at[n, 'wald']:.1%})" for n in many]
            lines.append(f"| {level:.0%} | {cell} | " + " | ".join(told) + " |")
    return lines
