"""What is said of satisfaction and leaving, and of the next year's margin, measured on simulated books.

    python benchmarks/satisfaction_worth.py [--seconds 0]

Books of known truth, a seed each, numbered from 0 (`tests/voice_sample.py` makes those of leaving):

- "bent": low and high satisfaction both leave more than the middle (hazard x 2.5), silence too (x 1.6); 1,500 accounts;
- "few": the same with 200 accounts, of which about 45 leave;
- "confounded": satisfaction does nothing, but small accounts say that they are discontented and leave more;
- "lasting": satisfaction does nothing to the next year's margin, but lastingly small accounts are discontented;
- "this year": nor here, but accounts that are small this year are, if only by chance. In both, what the intervals
  should hold is the same ratio in half a million such accounts.

The share of 90 % intervals that hold the truth is tested level by level by the exact binomial test at 99 %. Results go
to benchmarks/results as they come, so that a run stopped after `--seconds`, or otherwise, goes on where it was:
remove the file there to measure anew. Then writes its section of docs/satisfaction_measured.md.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from functools import cache
from pathlib import Path

import measured_page
import numpy as np
import pandas as pd
from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from voice_sample import simulated  # noqa: E402

from crm_analysis.satisfaction.worth.leaving import linked  # noqa: E402
from crm_analysis.satisfaction.worth.margin import compared  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "satisfaction_worth.csv"
FIELDS = ("design", "seed", "level", "estimate", "low", "high", "truth", "bent")
LEVEL, SURE, CLEAR = 0.9, 0.01, 0.05
BENT = {"low": 0.9, "high": 0.9, "silent": 0.5}
RATIOS = {"low": 0.0, "middle": -0.9, "silent": -0.4, "unasked": -0.9}
NONE = dict.fromkeys(("low", "middle", "silent", "unasked"), 0.0)
DESIGNS = {
    "bent": (400, {"accounts": 1500, "effects": BENT}, RATIOS),
    "few": (1000, {"accounts": 200, "effects": BENT}, RATIOS),
    "confounded": (400, {"accounts": 800, "effects": {}, "size": -0.8, "sizes_matter": 1.2}, NONE),
}
MARGINS = {"lasting": (0.6, 0.0), "this year": (0.0, 0.6)}  # what a unit of lasting, and of this year's, log size adds
BOOKS, ACCOUNTS, LARGE = 500, 250, 500_000
LEFT = 0.12
SIDES = {"size": ["against", "low", "high"], "all": ["against_all", "low_all", "high_all"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after so many")
    until = time.perf_counter() + parser.parse_args().seconds
    if not run(until):
        sys.stdout.write("stopped; the same command goes on\n")
        return
    measured_page.put("worth", section())


def run(until: float) -> bool:
    """Measure what is missing; whether all is there."""
    RESULTS.parent.mkdir(exist_ok=True)
    done = set()
    if RESULTS.is_file():
        done = set(zip(*(pd.read_csv(RESULTS)[name] for name in ("design", "seed")), strict=True))
    with RESULTS.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        if not file.tell():
            writer.writeheader()
        plan = [(name, seed) for name, (books, _, _) in DESIGNS.items() for seed in range(books)]
        for design, seed in [*plan, *((name, seed) for name in MARGINS for seed in range(BOOKS))]:
            if (design, seed) in done:
                continue
            if time.perf_counter() > until:
                return False
            writer.writerows(margin(design, seed) if design in MARGINS else leaving(design, seed))
            file.flush()
    return True


def leaving(design: str, seed: int) -> list[dict[str, object]]:
    """The adjusted ratios of one book, in logarithms; a level without one has empty cells."""
    _, how, truth = DESIGNS[design]
    found = linked(*simulated(seed=seed, **how), level=LEVEL)
    table = found.table.set_index("level").reindex(list(truth))
    test = found.tests.set_index("question")["p_bent"].reindex(["satisfaction"]).iloc[0]
    logs = np.log(table[["ratio", "low_ratio", "high_ratio"]].to_numpy("float64"))
    logs[np.isnan(logs[:, 1])] = np.nan
    rows = zip(truth.items(), logs, strict=True)
    return [row_of(design, seed, level, value, own, test < CLEAR) for (level, value), own in rows]


def margin(design: str, seed: int) -> list[dict[str, object]]:
    """Next year's margin against accounts of like size and against all, of one book; `bent`: called clear."""
    found = sides(compared_sizes(design, ACCOUNTS, np.random.default_rng(seed)))
    return [row_of(design, seed, key, truth_of(design)[key], own, clear) for key, (own, clear) in found.items()]


def row_of(design: str, seed: int, level: str, truth: float, own: np.ndarray, bent: bool) -> dict[str, object]:
    """A row of the results."""
    estimate, low, high = own
    return dict(zip(FIELDS, (design, seed, level, estimate, low, high, truth, int(bent)), strict=True))


@cache
def truth_of(design: str) -> dict[str, float]:
    """The ratios of very many accounts."""
    found = sides(compared_sizes(design, LARGE, np.random.default_rng(987)))
    return {key: float(own[0]) for key, (own, _) in found.items()}


def sides(table: pd.DataFrame) -> dict[str, tuple[np.ndarray, bool]]:
    """Each level's ratio with its ends, by size and by all, and whether it is called clear."""
    return {
        f"{level} {side}": (row[names].to_numpy("float64"), bool(row["p_holm"] < CLEAR))
        for level, row in table.set_index("level").iterrows()
        for side, names in SIDES.items()
    }


def compared_sizes(design: str, accounts: int, rng: np.random.Generator) -> pd.DataFrame:
    """The comparison of accounts looked at on two days."""
    by_lasting, by_now = MARGINS[design]
    lasting = rng.normal(8, 1.0, accounts)
    contents = rng.normal(size=accounts) + by_lasting * (lasting - 8)
    parts = []
    for day in ("2024-09-30", "2025-09-30"):
        passing, other = rng.normal(0, 0.4, (2, accounts))
        score = contents + by_now * (lasting + passing - 8) + 0.5 * rng.normal(size=accounts)
        level = np.select([rng.random(accounts) < 0.3, score < -0.6, score < 0.6], ["silent", "low", "middle"], "high")
        now, later = np.exp(lasting + passing), np.exp(lasting + other) * (rng.random(accounts) >= LEFT)
        own = {"account_id": np.arange(accounts), "as_of": pd.Timestamp(day), "size": now, "now": now, "next": later}
        parts.append(pd.DataFrame(own | {"level": level}))
    table = pd.concat(parts, ignore_index=True)
    return compared(table, table[["level"]].rename(columns={"level": "satisfaction"}), LEVEL)[0]


def section() -> list[str]:
    """The section of the page."""
    table = pd.read_csv(RESULTS)
    names = ["low", "middle", "high", "silent", "unasked"]
    lines = [
        "## What satisfaction is worth",
        "",
        "Written by `python benchmarks/satisfaction_worth.py`, which tells the designs.",
        "",
        f"Of hundred {LEVEL:.0%} intervals so many hold the truth, by what had been said. In bold where the exact "
        f"binomial test of {LEVEL:.0%} at {1 - SURE:.0%} refuses. First leaving: the hazard against accounts alike at "
        "'high'. Then the next year's margin, against accounts of their size and against all.",
        "",
        "| design | books | " + " | ".join((*names[:-1], "not asked")) + " |",
        "|" + "---|" * 7,
    ]
    for design in DESIGNS:
        own = table[table["design"] == design]
        cells = [_cell(own[own["level"] == level]) for level in names]
        lines.append(f"| {design} | {own['seed'].nunique():,} | {' | '.join(cells)} |")
    for design in MARGINS:
        own = table[table["design"] == design]
        for side in SIDES:
            cells = [_cell(own[own["level"] == f"{level} {side}"]) for level in names]
            lines.append(f"| {design}, by {side} | {own['seed'].nunique():,} | {' | '.join(cells)} |")
    return [*lines, "", *_points(table)]


def _cell(own: pd.DataFrame) -> str:
    told = own.dropna(subset=["low"])
    if told.empty:
        return ""
    held = int(((told["low"] <= told["truth"]) & (told["truth"] <= told["high"])).sum())
    words = f"{100 * held / len(told):.1f}"
    words = words if binomtest(held, len(told), LEVEL).pvalue >= SURE else f"**{words}**"
    return words if len(told) == len(own) else f"{words} (of {len(told)})"


def _points(table: pd.DataFrame) -> list[str]:
    """What else was found, computed."""
    bent = table[table["design"].isin(DESIGNS)].drop_duplicates(["design", "seed"]).groupby("design")["bent"].mean()
    logs = table[table["design"].isin(DESIGNS) & table["low"].notna()]
    away = (logs["estimate"] - logs["truth"]).groupby([logs["design"], logs["level"]]).mean().abs().max()
    lines = [
        f"- A straight line is refused at {CLEAR:.0%} in {bent['bent']:.1%} of the books of 'bent', in "
        f"{bent['few']:.1%} of 'few', and in {bent['confounded']:.1%} of 'confounded', where nothing is bent.",
        f"- The mean of the logarithms of the ratios is at most {away:.2f} from the truth.",
    ]
    for design in MARGINS:
        own = table[table["design"] == design]
        truth = own.groupby("level")["truth"].first() - 1
        worst = {side: truth[truth.index.str.endswith(f" {side}")].abs().max() for side in SIDES}
        called = own.groupby("seed")["bent"].max().mean()
        alone = (own["low"] > 1) | (own["high"] < 1)
        parts = [f"{alone[own['level'].str.endswith(side)].groupby(own['seed']).max().mean():.0%}" for side in SIDES]
        lines.append(
            f"- '{design}': satisfaction does nothing, and yet very many accounts would show up to {worst['size']:.0%} "
            f"by size and {worst['all']:.0%} by all. One interval of a level or more leaves out 'as others' in "
            f"{parts[0]} of the books by size and in {parts[1]} by all; called clear, by both, is something in "
            f"{called:.1%}."
        )
    return lines


if __name__ == "__main__":
    main()
