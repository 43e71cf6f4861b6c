"""Part of benchmarks/kpi_effect.py: what is said of the programme in demo companies, whose truth is known.

Every office starts in the end, half of them three quarters later. The truth is that of the expected orders with the
programme and without: the mean over the offices that start first, and the three quarters that have a comparison.
"""

from __future__ import annotations

import csv
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from crm_analysis.book import open_book
from crm_analysis.book.demo import demo
from crm_analysis.kpi.effect.did import Did
from crm_analysis.kpi.effect.outcomes import OUTCOMES
from crm_analysis.kpi.effect.verdict import effect, until
from crm_analysis.kpi.panel import panel

RESULTS = Path(__file__).resolve().parent / "results" / "kpi_effect_demo.csv"
BOOKS, ACCOUNTS, DAY = 6, 2_500, "2026-09-30"
SETTINGS = {"as it is": "", "without the programme": "programme"}
COLUMNS = ("setting", "seed", "truth", "effect", "low", "high", "naive", "naive_low", "naive_high", "before_p", "until",
           "smallest")  # fmt: skip
SHOWN = ("low_share_of_time", "on_time", "complaints_per_100_orders", "resolution_days", "proactive_share")


def measured(setting: str, seed: int) -> list[object]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "demo"
        without = [SETTINGS[setting]] if SETTINGS[setting] else []
        demo(folder, accounts=ACCOUNTS, seed=seed, format="parquet", without=without)
        truth = json.loads((folder / "truth" / "effects.json").read_text(encoding="utf-8"))["programme"]
        book = open_book(folder)
        own = panel(book, DAY)
        found = effect(book, own, outcomes=tuple(one for one in OUTCOMES if one.name in ("orders", *SHOWN)))
        months = until(book, own, found.units)
    head, *rows = truth["expected_orders"]
    frame = pd.DataFrame(rows, columns=head)
    first = {name for name, day in truth["starts"].items() if day == min(truth["starts"].values())}
    inside = frame["sales_office"].isin(first) & (frame["quarter_from"] < max(truth["starts"].values()))
    true = float(np.log(frame["with"] / frame["without"])[inside].mean())
    orders = found.found["orders"]
    assert isinstance(orders.estimate, Did)
    before = orders.estimate.before
    table = found.table.set_index("kpi")
    row = [true, orders.estimate.effect, orders.estimate.low, orders.estimate.high, orders.naive.effect,
           orders.naive.low, orders.naive.high, before.p if before else np.nan, months.until or 0,
           months.smallest]  # fmt: skip
    row += [table["effect"].get(name, np.nan) for name in SHOWN]
    row += [table["p"].get(name, np.nan) for name in SHOWN]
    return [setting, seed, *(f"{value:.6f}" for value in row)]


def run(end: float) -> bool:
    """All books; False if time ran out."""
    RESULTS.parent.mkdir(exist_ok=True)
    done = set(rows()[["setting", "seed"]].itertuples(index=False, name=None))
    fresh = not RESULTS.exists()
    with RESULTS.open("a", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        if fresh:
            out.writerow([*COLUMNS, *SHOWN, *(f"p_{name}" for name in SHOWN)])
        for seed in range(1, BOOKS + 1):
            for setting in SETTINGS:
                if (setting, seed) not in done:
                    out.writerow(measured(setting, seed))
                    file.flush()
                if time.perf_counter() > end:
                    return False
    return True


def rows() -> pd.DataFrame:
    return pd.read_csv(RESULTS) if RESULTS.exists() else pd.DataFrame(columns=list(COLUMNS))


def section() -> list[str]:
    """The table, and what it says; nothing where no book is measured."""
    found = rows()
    if found.empty:
        return []
    headings = ("demo books", "true effect on orders", "mean estimate", "95 % interval holds it", "its width", "told",
                "naive: mean estimate", "naive: interval holds it")  # fmt: skip
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    held = tried = 0
    for setting, part in found.groupby("setting", sort=True):
        own = int(((part["low"] <= part["truth"]) & (part["truth"] <= part["high"])).sum())
        plain = int(((part["naive_low"] <= part["truth"]) & (part["truth"] <= part["naive_high"])).sum())
        told = int(((part["low"] > 0) | (part["high"] < 0)).sum())
        held, tried = held + own, tried + len(part)
        cells = (setting, f"{part['truth'].mean():.3f}", f"{part['effect'].mean():.3f}", f"{own} of {len(part)}",
                 f"{(part['high'] - part['low']).mean():.2f}", f"{told} of {len(part)}",
                 f"{part['naive'].mean():.3f}", f"{plain} of {len(part)}")  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    with_it, without = (found[found["setting"] == name] for name in SETTINGS)
    words = "; ".join(
        f"{name} {with_it[name].mean():+.3f} ({(with_it[f'p_{name}'] <= 0.05).sum()} of {len(with_it)} at 5 %), "
        f"without {without[name].mean():+.3f} ({(without[f'p_{name}'] <= 0.05).sum()} of {len(without)})"
        for name in SHOWN
    )
    return [
        f"Demo companies of {ACCOUNTS:,} accounts, numbered from 1 on: offices wander, accounts are very uneven, half "
        "of the offices start three quarters after the others, and the effect takes half a year to be whole.",
        "",
        *lines,
        "",
        f"- In all the interval holds the truth in {held} of {tried} books (exact two-sided binomial test of 95 %: p = "
        f"{binomtest(held, tried, 0.95).pvalue:.2f}).",
        f"- Mean effects on others, with the programme and without it, each tested for itself: {words}.",
    ]
