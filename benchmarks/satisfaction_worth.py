"""What is said of satisfaction and leaving, and of the next year's margin, measured on simulated books.

    python benchmarks/satisfaction_worth.py [--seconds 0]

Books of known truth, a seed each, numbered from 0 (`tests/satisfaction/worth/voice_sample.py` makes those of leaving):

- "bent": low and high satisfaction both leave more than the middle (hazard x 2.5), silence too (x 1.6); 1,500 accounts;
- "few": the same with 200 accounts, of which about 45 leave;
- "confounded": satisfaction does nothing, but small accounts say that they are discontented and leave more;
- "margin": satisfaction does nothing to the next year's margin, but small accounts are discontented, and accounts
  that were small by chance are larger a year later. What the intervals should hold is the same ratio in two million
  such accounts.

The share of 90 % intervals that hold the truth is tested level by level by the exact binomial test at 99 %. Results go to
benchmarks/results as they come, so that a run stopped after `--seconds`, or otherwise, goes on where it was: remove the
file there to measure anew. Then writes its section of docs/satisfaction_measured.md.
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
sys.path.insert(0, str(ROOT / "tests" / "satisfaction" / "worth"))
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
MARGINS, ACCOUNTS = 1000, 250
LEFT = 0.12


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
        for design, seed in [*plan, *(("margin", seed) for seed in range(MARGINS))]:
            if (design, seed) in done:
                continue
            if time.perf_counter() > until:
                return False
            writer.writerows(margin(seed) if design == "margin" else leaving(design, seed))
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


def margin(seed: int) -> list[dict[str, object]]:
    """Next year's margin against accounts of like size, of one book."""
    found = compared_sizes(ACCOUNTS, np.random.default_rng(seed))
    return [row_of("margin", seed, level, truth_of()[level], own, False) for level, own in found.items()]


def row_of(design: str, seed: int, level: str, truth: float, own: np.ndarray, bent: bool) -> dict[str, object]:
    """A row of the results."""
    estimate, low, high = own
    return dict(zip(FIELDS, (design, seed, level, estimate, low, high, truth, int(bent)), strict=True))


@cache
def truth_of() -> dict[str, float]:
    """The ratios of two million accounts."""
    return {level: float(own[0]) for level, own in compared_sizes(2_000_000, np.random.default_rng(987)).items()}


def compared_sizes(accounts: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """against, low and high by level, of accounts looked at on two days."""
    lasting = rng.normal(8, 1.0, accounts)
    contents = rng.normal(size=accounts) + 0.8 * (lasting - 8)
    parts = []
    for day in ("2024-09-30", "2025-09-30"):
        now, later = (np.exp(lasting + rng.normal(0, 0.6, accounts)) for _ in range(2))
        later *= rng.random(accounts) >= LEFT
        score = contents + 0.5 * rng.normal(size=accounts)
        level = np.select([rng.random(accounts) < 0.3, score < -0.6, score < 0.6], ["silent", "low", "middle"], "high")
        ids = np.arange(accounts)
        parts.append(
            pd.DataFrame(
                {"account_id": ids, "as_of": pd.Timestamp(day), "size": now, "now": now, "next": later, "level": level}
            )
        )
    table = pd.concat(parts, ignore_index=True)
    found = compared(table, table[["level"]].rename(columns={"level": "satisfaction"}), LEVEL)[0].set_index("level")
    return {str(name): row.to_numpy("float64") for name, row in found[["against", "low", "high"]].iterrows()}


def section() -> list[str]:
    """The section of the page."""
    table = pd.read_csv(RESULTS)
    lines = [
        "## What satisfaction is worth",
        "",
        f"Written by `python benchmarks/satisfaction_worth.py`. Of hundred {LEVEL:.0%} intervals so many hold the truth, by "
        f"what had been said. The exact binomial test of {LEVEL:.0%} at {1 - SURE:.0%} is passed unless the number stands "
        "in bold. Leaving: the hazard against accounts alike at 'high'. Margin: the next year's against accounts of "
        "their size.",
        "",
        "| design | books | " + " | ".join(("low", "middle", "high", "silent", "not asked")) + " |",
        "|" + "---|" * 7,
    ]
    for design in (*DESIGNS, "margin"):
        own = table[table["design"] == design]
        cells = [_cell(own[own["level"] == level]) for level in ("low", "middle", "high", "silent", "unasked")]
        lines.append(f"| {design} | {own['seed'].nunique():,} | {' | '.join(cells)} |")
    lines += ["", *_points(table)]
    return lines


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
    bent = table.drop_duplicates(["design", "seed"]).groupby("design")["bent"].mean()
    margins = table[table["design"] == "margin"].groupby("level")
    bias = (margins["estimate"].mean() - margins["truth"].mean()).abs().max()
    left = (margins["truth"].mean() - 1).abs()
    logs = table[(table["design"] != "margin") & table["low"].notna()]
    away = (logs["estimate"] - logs["truth"]).groupby([logs["design"], logs["level"]]).mean().abs().max()
    return [
        f"- A straight line is refused at {CLEAR:.0%} in {bent['bent']:.1%} of the books of 'bent', in {bent['few']:.1%} of "
        f"'few', and in {bent['confounded']:.1%} of 'confounded', where nothing is bent.",
        f"- The mean of the logarithms of the ratios is at most {away:.2f} from the truth.",
        f"- The mean ratio of margins is at most {bias:.3f} from that of two million accounts. That is 1 if bands of size "
        f"take out all that size does; five bands leave at most {left.max():.1%} of it at '{left.idxmax()}'.",
    ]


if __name__ == "__main__":
    main()
