"""What is said of moves between classes, measured: intervals on books of known truth, and demo books a year on.

    python benchmarks/migration.py [cells] [gains] [demo] [--seconds 0] [--every 1] [--first 0]

- cells: 1,000 or 400 books of each setting and size (`migration_truths`: markov and lasting): whether the 90 %
  interval of a cell drawn by lot holds the truth, and where the accounts of each state that came lie among those
  expected (randomised PIT: counts are discrete);
- gains: 1,000 truths (`migration_truths.drifting`), a book of each size from each: what movers of the past brought
  more, and the average of the classes, against what movers of the whole population bring more;
- demo: demo companies of other seeds: what was expected on 2025-09-30 for 2026-09-30 against what came.

Parts are made in blocks, and results saved as they come in benchmarks/results: a run stopped after `--seconds`, or
otherwise, goes on where it was. Complete parts are written into docs/plan_measured.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import measured_page
import numpy as np
import pandas as pd
from migration_truths import LADDER, LIKE, STEPS, Drift, drifting, gains, lasting, markov
from potential_books import LIST, OUTCOME, book_of_demo
from scipy.stats import binomtest

from crm_analysis.book.demo import demo
from crm_analysis.plan.moves.expected import count_draws, expected
from crm_analysis.plan.moves.ladder import class_ladder, tier_ladder
from crm_analysis.plan.moves.means import ends
from crm_analysis.plan.moves.migration import SHOCK, counted, migration
from crm_analysis.plan.moves.movers import Movers, movers
from crm_analysis.plan.moves.past import Past, past

HERE = Path(__file__).resolve()
FOLDER = HERE.parent / "results" / "migration"
PAGE, TITLE = HERE.parents[1] / "docs" / "plan_measured.md", "# The plan, as measured"
PARTS = ("cells", "gains", "demo")
BOOKS, BLOCK = 1000, 50
FULL, FEWER = 2, 400
"""So many settings have all books of each size, the others so many."""
SIZES = (60, 250, 2000)
LEVEL = 0.9
SPREAD = -1.0
"""A shock drawn for each book, half-normal with the scale of the prior."""
SETTINGS: dict[str, dict[str, Any]] = {
    "Markov": {"shock": 0.0},
    "Markov, good and bad years of any size": {"shock": SPREAD},
    "Markov, years of .1": {"shock": 0.1},
    "Markov, years of .2": {"shock": 0.2},
    "accounts that differ for good": {"group": 1, "shared": 0.0},
    "the same, in groups of five": {"group": 5, "shared": 0.5},
}
COUNTED = ("High", "Mid", "Low", "inactive", "all")
MOVES = {"Low>Mid": (2, 1), "Mid>High": (1, 0), "Low>High": (2, 0)}
POPULATION = 300_000
FEWEST = 20
NEXT = 3
"""Movers of the future whose gain together is held against the interval that has luck in it."""
DEMOS = {250: range(1001, 1061), 2000: range(2001, 2009)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after so many")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th block")
    parser.add_argument("--first", type=int, default=0, help="from this one on")
    options = parser.parse_args()
    until = time.perf_counter() + options.seconds
    wanted = options.parts or PARTS
    blocks = [block for block in _blocks() if block[0] in wanted][options.first :: options.every]
    for part, name, work, arguments in blocks:
        path = FOLDER / part / f"{name}.csv"
        if path.exists() or time.perf_counter() > until:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(work(*arguments)).to_csv(path.with_suffix(".part"), index=False)
        path.with_suffix(".part").rename(path)
    for part, section in zip(PARTS, (_cells_said, _gains_said, _demo_said), strict=True):
        missing = [
            name for known, name, *_ in _blocks() if known == part and not (FOLDER / part / f"{name}.csv").exists()
        ]
        if missing:
            sys.stdout.write(f"{part}: {len(missing)} blocks to come; the same command goes on\n")
        else:
            measured_page.put(f"plan: moves, {part}", section(_rows(part)), PAGE, TITLE)


def _blocks() -> Iterator[tuple[str, str, Any, tuple[Any, ...]]]:
    for place, setting in enumerate(SETTINGS):
        for size in SIZES:
            for first in range(0, BOOKS if place < FULL else FEWER, BLOCK):
                yield "cells", f"{place}_{size}_{first}", _cells, (setting, size, range(first, first + BLOCK))
    for first in range(0, BOOKS, BLOCK):
        yield "gains", f"{first}", _gains, (range(first, first + BLOCK),)
    for size, seeds in DEMOS.items():
        for seed in seeds:
            yield "demo", f"{size}_{seed}", _demo, (size, seed)


def _rows(part: str) -> pd.DataFrame:
    return pd.concat([pd.read_csv(path) for path in sorted((FOLDER / part).glob("*.csv"))], ignore_index=True)


@cache
def _population(group: int, shared: float) -> np.ndarray:
    """The shares of cells of accounts that differ for good, from many of them."""
    rng, cells = np.random.default_rng([7, group]), np.zeros((5, 4))
    for _ in range(6):
        places, _, _ = lasting(100_000, 4, rng, group, shared)
        for begin, end in itertools.pairwise(places):
            np.add.at(cells, (begin[end < 4], end[end < 4]), 1)
    return cells / cells.sum(axis=1, keepdims=True)


def _cells(setting: str, size: int, seeds: range) -> list[dict[str, Any]]:
    return [_one_book(setting, size, seed) for seed in seeds]


def _one_book(setting: str, size: int, seed: int) -> dict[str, Any]:
    given, rng = SETTINGS[setting], np.random.default_rng([seed, size, list(SETTINGS).index(setting)])
    shock = given.get("shock", 0.0)
    shock = abs(rng.normal(0, SHOCK)) if shock == SPREAD else shock
    steps = int(rng.choice(STEPS[1:] if shock else STEPS))
    if "shock" in given:
        places, truth = markov(size, steps, shock, rng)
        cluster = np.arange(places.shape[1])
    else:
        places, _, cluster = lasting(size, steps, rng, **given)
        truth = _population(**given)
    found = counted(places[:-1], cluster, LADDER)
    row: dict[str, Any] = {"setting": setting, "size": size, "seed": seed, "steps": steps}
    i, j = int(rng.integers(0, 5)), int(rng.integers(0, 4))
    cell = found.table.iloc[4 * i + j]
    low, high = cell["low_moved_share"], cell["high_moved_share"]
    row |= {"cell": f"{i}{j}", "of": cell["of"], "below": truth[i, j] < low, "above": truth[i, j] > high}
    row |= {"width": high - low, "factor": found.years.factor, "alike": found.alike}
    drawn, _ = count_draws(found, rng, 2000)
    came = np.bincount(places[-1], minlength=5)[:4]
    drawn, came = np.column_stack([drawn, drawn.sum(axis=1)]), np.append(came, came.sum())
    return row | dict(zip((f"pit_{name}" for name in COUNTED), _pit(drawn, came, rng), strict=True))


def _pit(drawn: np.ndarray, came: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Where counts that came lie among the draws, ties split by lot: uniform if the draws are right."""
    ties = (drawn == came).sum(axis=0) + 1
    return ((drawn < came).sum(axis=0) + rng.random(len(came)) * ties) / (len(drawn) + 1)


def _gains(seeds: range) -> list[dict[str, Any]]:
    rows = []
    for seed in seeds:
        rng = np.random.default_rng([seed, 99])
        truth = Drift.drawn(rng)
        places, revenue = drifting(POPULATION, 3, truth, rng)
        whole = {move: gains(places, revenue, *pair) for move, pair in MOVES.items()}
        for size in SIZES:
            steps = int(rng.integers(2, 5))
            own_places, own = drifting(size, steps + 1, truth, rng)
            active, each = own_places < len(LADDER.rungs), np.arange(size)
            days = tuple(dt.date(2020 + day, 9, 30) for day in range(steps + 1))
            found = movers(Past(days, 4, each, each, own, None, active, np.ones_like(active)), LADDER)
            rows += [_one_move(found, move, whole[move], rng) | {"seed": seed, "size": size} for move in MOVES]
    return rows


def _one_move(
    found: Movers, move: str, came: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> dict[str, Any]:
    begin, end = move.split(">")
    lift, (moved, stayed) = found.lifts[begin, end], came
    row: dict[str, Any] = {"move": move, "movers": lift.accounts, "known": len(moved)}
    row["truth"] = float(moved.mean() - stayed.mean()) if len(moved) and len(stayed) else np.nan
    row |= {"by_movers": lift.gain("revenue"), "at_average": found.at_average(begin, end, "revenue")}
    row["low"], row["high"] = ends(lift.gain_draws("revenue"))
    together = float(rng.choice(moved, NEXT).sum() - NEXT * stayed.mean()) if len(moved) and len(stayed) else np.nan
    draws = lift.gain_draws("revenue", NEXT)
    return row | {"pit_next": float((draws < together).mean()) if not np.isnan(draws).any() else np.nan}


def _demo(size: int, seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng([seed, size])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "demo"
        demo(folder, accounts=size, seed=seed, format="parquet")
        book = book_of_demo(folder)
        then, later = past(book, LIST), past(book, OUTCOME)
        rows = []
        for name, ladder in (("classes", class_ladder(then)), ("tiers", tier_ladder(then))):
            found = migration(then, ladder)
            told = expected(found, then)
            came = np.bincount(ladder.places(*later.on(-1)), minlength=len(ladder.states))[: len(ladder.states)]
            drawn, counts = np.column_stack([told.counts, told.counts.sum(axis=1)]), np.append(came, came.sum())
            pits, table = _pit(drawn, counts, rng), told.table.set_index("state")
            row = {"size": size, "seed": seed, "ladder": name, "steps": len(then.days) - 1}
            for state, pit, count in zip((*ladder.states, "all"), pits, counts, strict=True):
                where = "" if state == "all" else state
                one = {"what": state, "pit": pit, "came": count, "expected": table.loc[where, "expected"]}
                rows.append(row | one | {"now": table.loc[where, "accounts"]})
            for money, values in later.money().items():
                total = float(values[-1].sum())
                one = {"what": money, "came": total, "expected": table.loc["", f"expected_{money}"]}
                one |= {"low": table.loc["", f"low_{money}"], "high": table.loc["", f"high_{money}"]}
                rows.append(row | one | {"now": table.loc["", money]})
            rows += [
                row | one for one in _demo_moves(movers(then, ladder), movers(_last_moves(later), ladder), ladder.rungs)
            ]
        book.con.disconnect()
    return rows


def _demo_moves(told: Movers, came: Movers, rungs: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """What was told of lifts by a rung, and what accounts lifted in the next year brought more in the one after."""
    for end, begin in itertools.pairwise(rungs):
        lift, later = told.lifts[begin, end], came.lifts[begin, end]
        if lift.accounts and later.accounts:
            low, high = ends(lift.gain_draws("revenue", later.accounts) / later.accounts)
            one = {"what": f"{begin}>{end}", "came": later.gain("revenue"), "expected": lift.gain("revenue")}
            yield one | {
                "low": low,
                "high": high,
                "average": told.at_average(begin, end, "revenue"),
                "now": lift.accounts,
            }


def _last_moves(known: Past) -> Past:
    """The last three days only: one year of moves and the year after."""
    rows = {"revenue": known.revenue, "margin": known.margin, "active": known.active, "customer": known.customer}
    return replace(known, days=known.days[-3:], **{name: each[-3:] for name, each in rows.items() if each is not None})


def _share(hits: pd.Series) -> str:
    """A share of books, with a star where an exact two-sided binomial test at 1 % rejects the level."""
    hits = hits.dropna()
    if not len(hits):
        return ""
    test = binomtest(int(hits.sum()), len(hits), LEVEL).pvalue
    return f"{hits.mean():.1%}{'*' if test < 0.01 else ''}"


def _inside(pit: pd.Series) -> pd.Series:
    tail = (1 - LEVEL) / 2
    return ((pit >= tail) & (pit <= 1 - tail)).astype("float64").where(pit.notna())


def _cells_said(rows: pd.DataFrame) -> list[str]:
    lines = [
        "## Moves between classes: intervals on books of known truth",
        "",
        f"{BOOKS:,} books of each of the first {FULL} settings and each size, {FEWER} of the others. *Cell*: "
        "the truth of one cell of the matrix, drawn by lot, "
        f"is in its "
        "90 % interval. *Accounts that came*: in the 90 % of the distribution expected (randomised PIT). Truths "
        "of Markov "
        f"books are drawn anew for each, rows around a usual one with a weight of {LIKE[0]} to {LIKE[1]}; years known "
        f"are {STEPS[0]} to {STEPS[-1]} by lot, or {STEPS[1]} and more where years are good and bad. A year of "
        f".2 moves "
        "the odds of going up by a factor of 1.22, those of going down by its inverse, and entries by the first "
        f"(normal, of that spread); any size: the spread is drawn, half-normal of {SHOCK}. * where the exact two-sided "
        "binomial test at 1 % rejects 90 %.",
        "",
        "| book | accounts | books | cell | High | Mid | Low | inactive | all | factor of years |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for setting in SETTINGS:
        for size in SIZES:
            own = rows[(rows["setting"] == setting) & (rows["size"] == size)]
            shares = [_share(1.0 - own["below"] - own["above"])]
            shares += [_share(_inside(own[f"pit_{name}"])) for name in COUNTED]
            lines.append(f"| {setting} | {size:,} | {len(own):,} | {' | '.join(shares)} | {own['factor'].mean():.1f} |")
    lines += [
        "",
        "What can be known of good and bad years from a few of them is little, and the intervals hold a usual size of "
        "them. So they are right where books have years of any size up to that, too wide for big books whose years are "
        "all alike (no few years can show that), and too narrow for big books with years of .2, which are rarer than "
        "the prior takes them to be. Where accounts differ for good, luck is less than their state tells.",
    ]
    return lines


def _gains_said(rows: pd.DataFrame) -> list[str]:
    rows = rows[rows["truth"].notna() & (rows["known"] >= 100)]
    lines = [
        "## What a lift brings: by movers, and by class averages",
        "",
        f"{BOOKS:,} truths in which revenue drifts, so that accounts cross the bars at the border; a book of each size "
        f"from each, with one to three years of moves. The truth is what movers among {POPULATION:,} accounts "
        f"brought in "
        "the next year, less what those that stayed brought. *Bias* and *error* (root mean square) are in parts of the "
        "truth's mean size. *Nearer*: books where the movers' figure is nearer to the truth than the averages' "
        "(never at ties). "
        f"*Next*: what {NEXT} movers of the future together bring more lies in the 90 % interval with luck.",
        "",
        "| move | accounts | movers | books | bias: movers | averages | error: movers | averages | nearer | 90 "
        "% interval "
        "holds | next |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    groups = ((1, 1, "1"), (2, 4, "2 to 4"), (5, 19, "5 to 19"), (20, 10**9, "20 and more"))
    for move in MOVES:
        for size in SIZES:
            for least, most, said in groups:
                own = rows[(rows["move"] == move) & (rows["size"] == size) & rows["movers"].between(least, most)]
                own = own[own["at_average"].notna()]
                if len(own) >= FEWEST:
                    lines.append(f"| {move} | {size:,} | {said} | {len(own)} | {_errors(own)} |")
    return lines


def _errors(own: pd.DataFrame) -> str:
    usual = own["truth"].abs().mean()
    off = own[["by_movers", "at_average"]].sub(own["truth"], axis=0) / usual
    nearer = (off["by_movers"].abs() < off["at_average"].abs()).mean()
    holds = ((own["low"] <= own["truth"]) & (own["truth"] <= own["high"])).astype("float64").where(own["low"].notna())
    parts = [f"{value:+.0%}" for value in off.mean()] + [f"{value:.0%}" for value in np.sqrt(np.square(off).mean())]
    return " | ".join([*parts, f"{nearer:.0%}", _share(holds), _share(_inside(own["pit_next"]))])


def _demo_said(rows: pd.DataFrame) -> list[str]:
    lines = [
        "## A year on: demo companies",
        "",
        f"Demo companies of other seeds, from what was known on {LIST} (two years of moves) to {OUTCOME}. A "
        f"book's shares "
        "of states are one case each; states of a book move together. *Off*: what came less what was expected, "
        "in parts "
        "of what was expected, in the mean of books.",
        "",
        "| accounts | states | of | cases | in the 90 % interval | now | expected | came | off |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (size, ladder), part in rows[~rows["what"].str.contains(">")].groupby(["size", "ladder"], sort=True):
        for what in part["what"].unique():
            own = part[part["what"] == what]
            held = _inside(own["pit"]) if own["pit"].notna().any() else own["came"].between(own["low"], own["high"])
            off = (own["came"] - own["expected"]) / own["expected"]
            means = " | ".join(f"{own[name].mean():,.1f}" for name in ("now", "expected", "came"))
            name = "all accounts" if what == "all" else what
            share = _share(held.astype("float64"))
            lines.append(f"| {size:,} | {ladder} | {name} | {len(own)} | {share} | {means} | {off.mean():+.1%} |")
    lines += [
        "",
        "Accounts of the demo grow within their states, High ones most: revenue and margin expected at what accounts "
        "bring today are too low, and in a big book the interval is too narrow for that.",
        "",
        "What accounts lifted in the year to the first of these days brought more in the year to the second, against "
        "what was told of it on the first, by one year of moves; the interval is for as many accounts as were lifted, "
        "their luck included. The demo plants a growth that a few Low accounts have and that goes on: movers from Low "
        "do not stay at the border there, and bring about what the averages say.",
        "",
        "| accounts | move | books | movers a book | told by movers | by averages | came | error: movers | averages | "
        "nearer | 90 % interval holds |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (size, what), own in rows[rows["what"].str.contains(">")].groupby(["size", "what"], sort=True):
        off = own[["expected", "average"]].sub(own["came"], axis=0)
        errors = " | ".join(f"{value:,.0f}" for value in np.sqrt(np.square(off).mean()))
        nearer = (off["expected"].abs() < off["average"].abs()).mean()
        holds = own["came"].between(own["low"], own["high"]).astype("float64").where(own["low"].notna())
        means = " | ".join(f"{own[name].mean():,.0f}" for name in ("expected", "average", "came"))
        lines.append(
            f"| {size:,} | {what} | {len(own)} | {own['now'].mean():.1f} | {means} | {errors} | {nearer:.0%} | "
            f"{_share(holds)} |"
        )
    return lines


if __name__ == "__main__":
    main()
