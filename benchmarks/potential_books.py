"""Part of benchmarks/potential.py: whether the guard keeps its promise on books whose truth is known.

Books are demo companies without programme, seasons and offices' good and bad quarters, so that nothing drifts; a seed
each. The guard works as of 2025-09-30: it is held against the Low accounts of 2024-09-30, and what became of today's
list is known a year later. The population miss rate is that of FRESH other accounts of the same generator on the day of
calibration, and of the same accounts on the day of the list. Parts:

- whole: 200 books of 5,000 accounts; small: the same of 250 accounts;
- drifted: 50 books of 5,000 accounts of whose orders 4 in 10 are gone in the year before the list;
- dealt: the 200 books with the outcomes of each day dealt anew among its Low accounts, so that nothing can be known.

Beside the guard stands what people do: cut the accounts of lowest revenue, a quarter or half of the Low ones.
Made books are kept as cases (`.parquet`, not committed) so that a part can be measured anew without making them.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from crm_analysis.book import engine
from crm_analysis.book.asof import history_of
from crm_analysis.book.book import Book
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.demo import demo
from crm_analysis.potential.cases import Cases, cases
from crm_analysis.potential.safety import Promise, Safety, as_known, safety
from crm_analysis.potential.vetoes import vetoed

FOLDER = Path(__file__).resolve().parent / "results"
MADE = FOLDER / "potential_cases"
WITHOUT = ("programme", "season", "offices")
LIST, CALIBRATION, OUTCOME = dt.date(2025, 9, 30), dt.date(2024, 9, 30), dt.date(2026, 9, 30)
ALPHA, DELTA = 0.05, 0.10
BOOKS = range(1, 201)
FRESH, FRESH_SEED = 50_000, 1_000_001
PARTS = {"whole": (5_000, BOOKS), "small": (250, BOOKS), "drifted": (5_000, range(1, 51)), "dealt": (5_000, BOOKS)}
PRACTICE = (0.25, 0.5)
_KINDS = {"text": "string", "date": "date", "integer": "int64", "flag": "boolean"}


def book_of_demo(folder: Path, slump: bool = False) -> Book:
    """The book of a demo in Parquet, as it was written; with `slump` 4 in 10 orders of the last year are left out."""
    con = engine.connect()
    tables = {}
    for name in CONTRACT:
        path = folder / f"{name}.parquet"
        if not path.exists():
            continue
        rows = con.read_parquet(str(path))
        kinds = {c.name: _KINDS.get(c.type, "decimal(18,4)") for c in CONTRACT[name] if c.name in rows.columns}
        rows = rows.select(**{column: rows[column].cast(kind) for column, kind in kinds.items()})
        if slump and name == "orders":
            last = rows.ordered_on > CALIBRATION
            rows = rows.filter(~(last & rows.order_id.right(1).isin(["0", "1", "2", "3"])))
        tables[name] = con.create_table(f"{name}_rows", rows)
    return Book("demo", con, tables, OUTCOME, "EUR", history=history_of(tables))


def made(accounts: int, seed: int, slump: bool = False) -> Cases:
    """The cases of a book on 2026-09-30; made once."""
    path = MADE / f"{accounts}_{seed}{'_slump' if slump else ''}.pickle"
    if not path.exists():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "demo"
            demo(folder, accounts=accounts, seed=seed, format="parquet", without=WITHOUT)
            book = book_of_demo(folder, slump)
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            pd.to_pickle(cases(book, OUTCOME), part)
            part.rename(path)
            book.con.disconnect()
    found: Cases = pd.read_pickle(path)
    return found


@cache
def fresh() -> dict[dt.date, pd.DataFrame]:
    """The promising accounts of the population on the two days, with their vetoes; and how many Low ones there are."""
    frame = made(FRESH, FRESH_SEED).known
    return {day: frame[frame["as_of"] == pd.Timestamp(day)].reset_index(drop=True) for day in (CALIBRATION, LIST)}


def missed(rows: pd.DataFrame, cut: np.ndarray) -> tuple[int, int]:
    """How many promising accounts are cut, and how many there are."""
    came = rows["promising"].to_numpy() == 1
    return int((came & cut).sum()), int(came.sum())


def one_book(part: str, accounts: int, seed: int) -> dict[str, Any]:
    """What became of one book: the guard's list, its miss rates, and the lists by lowest revenue."""
    whole = made(accounts, seed, part == "drifted")
    known = as_known(whole, LIST)
    if part == "dealt":
        known = dealt(known, seed)
    found = safety(known, Promise(ALPHA, DELTA))
    guard, now = found.guard, found.today
    row: dict[str, Any] = {"part": part, "seed": seed, "low": len(now), "model": found.choice.name}
    row |= {"cases": guard.cases, "declines": guard.declines, "threshold": guard.threshold}
    row |= {"smallest_alpha": guard.smallest_alpha, "cut": int(now["may_cut"].sum()), "drift": found.drift.moved}
    if part != "dealt":
        row |= _realised(whole, found) | _population(found)
    return row | _area(found)


def _realised(whole: Cases, found: Safety) -> dict[str, Any]:
    """What became of this list, and of lists of the lowest revenue, on the same accounts."""
    came = whole.on(LIST).set_index("account_id")["promising"]
    now = found.today.assign(promising=found.today["account_id"].map(came))
    now = now[now["promising"].notna()]
    listed, promising = missed(now, now["may_cut"].to_numpy(bool))
    rank = now["revenue"].rank(method="first").to_numpy() / len(now)
    row = {"list_missed": listed, "list_promising": promising}
    alike, _ = missed(now, rank <= now["may_cut"].mean())
    row["lowest_alike_missed"] = alike
    for share in PRACTICE:
        row[f"lowest_{share:.0%}_missed"] = missed(now, rank <= share)[0]
    return row


def _population(found: Safety) -> dict[str, Any]:
    row = {}
    for name, day in (("then", CALIBRATION), ("now", LIST)):
        rows = fresh()[day]
        cut = found.guard.may_cut(found.choice.chance(rows), vetoed(rows).to_numpy(bool))
        count, of = missed(rows, cut)
        row |= {f"missed_{name}": count, f"promising_{name}": of, f"cut_{name}": float(cut.mean())}
        for share in PRACTICE if name == "then" else ():
            rank = rows["revenue"].rank(method="first").to_numpy() / len(rows)
            row[f"fresh_lowest_{share:.0%}"] = missed(rows, rank <= share)[0]
    return row


def _area(found: Safety) -> dict[str, Any]:
    """The area under the curve of the calibration accounts, which the model never saw, with its 90 % interval."""
    from crm_analysis.potential.score.metrics import area

    own = found.calibration[found.calibration["promising"].notna()]
    value, low, high = area(own["promising"].to_numpy() == 1, own["score"].to_numpy())
    return {"auc": value, "auc_low": low, "auc_high": high}


def dealt(known: Cases, seed: int) -> Cases:
    """The cases with the outcomes of each day dealt anew among its accounts."""
    from dataclasses import replace

    frame, rng = known.frame.copy(), np.random.default_rng(seed)
    for _, rows in frame[frame["promising"].notna()].groupby("as_of"):
        frame.loc[rows.index, "promising"] = rng.permutation(rows["promising"].to_numpy())
    return replace(known, frame=frame)


def run(part: str, until: float, step: int = 1, first: int = 0) -> bool:
    """Measure the books of a part that are not measured yet, every `step`-th from `first`; whether it is complete."""
    accounts, seeds = PARTS[part]
    for seed in list(seeds)[first::step]:
        path = FOLDER / "potential_books" / f"{part}_{seed}.csv"
        if path.exists():
            continue
        if time.perf_counter() > until:
            return False
        row = one_book(part, accounts, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".part").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)
        path.with_suffix(".part").rename(path)
    return complete(part)
