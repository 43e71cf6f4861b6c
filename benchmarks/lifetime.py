"""How long models of orders take to fit and to score big books, beside lifetimes on the same accounts.

    python benchmarks/lifetime.py [--accounts 1000000] [--folder FOLDER]

Simulates the accounts, dated by whole days, as books are, and once more with times as they are, where hardly two
histories are the same; writes them to the folder, a temporary one by default; and runs every measurement in a process
of its own, which reads them before its clock starts. The peer gets the same columns: as its users give them, and as
distinct histories with weights, which it takes too. Pareto/NBD and MBG/CNBD-k have a tenth of the accounts; the
peer is stopped after 300 s. Writes docs/lifetime_timing.md.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from intake import PEAK, ROOT

from crm_analysis.value.lifetime.simulated import leaving_at_any_time, leaving_at_orders, normal_amounts

BG = {"r": 0.25, "alpha": 4.4, "a": 0.79, "b": 2.4}
PARETO = {"r": 0.55, "alpha": 10.6, "s": 0.61, "beta": 11.7}
MBG = {"r": 1.3, "alpha": 2.8, "a": 0.42, "b": 0.79}
NORMAL = {"kappa": 2.0, "nu": 6.0, "s": 40.0, "mu0": 60.0}
WEEKS = (13, 156)
PATIENCE = 300
START = """
import json, sys, time
import pandas as pd
from crm_analysis.value.histories import Histories
from crm_analysis.value.lifetime import dropout, pareto
rows = pd.read_parquet(sys.argv[1])
model = {"BG/NBD": dropout.BGNBD, "Pareto/NBD": pareto.ParetoNBD, "MBG/CNBD-k": dropout.MBGCNBD}[sys.argv[2]]()
"""
FIT = f"""
{START}
import scipy.optimize, scipy.special, sklearn
start = time.perf_counter()
histories = Histories.of(rows, unit="week", as_of="2026-09-30")
made = time.perf_counter()
model.fit(histories)
done = time.perf_counter()
found = {{
    "made": made - start, "seconds": done - made, "params": model.params_.tolist(), "k": getattr(model, "k_", 1),
    "distinct": len(histories.compressed()),
}}
{PEAK}
"""
SCORE = f"""
{START}
histories = Histories.of(rows, unit="week", as_of="2026-09-30")
del rows
model.fit(histories)
start = time.perf_counter()
alive = model.alive(histories)
orders = model.orders(histories, "12M")
found = {{"seconds": time.perf_counter() - start, "orders": orders["expected_orders"].sum()}}
{PEAK}
"""
VALUE = f"""
{START}
from crm_analysis.value.lifetime.normal_spend import NormalSpend
from crm_analysis.value.lifetime.worth import lifetime_value
histories = Histories.of(rows, unit="week", as_of="2026-09-30")
del rows
model.fit(histories)
start = time.perf_counter()
spend = NormalSpend().fit(histories)
fitted = time.perf_counter()
worth = lifetime_value(histories, model, spend)
found = {{"spend": fitted - start, "seconds": time.perf_counter() - fitted, "draws": len(worth._draws)}}
{PEAK}
"""
PEER = f"""
import json, sys, time
import pandas as pd, lifetimes
rows = pd.read_parquet(sys.argv[1])[["frequency", "recency", "T"]]
fitter = {{"BG/NBD": lifetimes.BetaGeoFitter, "Pareto/NBD": lifetimes.ParetoNBDFitter}}[sys.argv[2]]()
start = time.perf_counter()
weights = None
if sys.argv[3] == "distinct":
    rows = rows.groupby(["frequency", "recency", "T"], as_index=False).size()
    weights = rows["size"]
fitter.fit(rows["frequency"], rows["recency"], rows["T"], weights)
found = {{"seconds": time.perf_counter() - start, "params": fitter.params_.tolist()}}
{PEAK}
"""


def books(folder: Path, accounts: int) -> dict[str, tuple[Path, int]]:
    """The accounts of each truth: where, and how many."""
    tenth = accounts // 10
    sizes = {"whole days": accounts, "as they are": accounts, "Pareto/NBD": tenth, "MBG/CNBD-k": tenth}
    return {name: (folder / f"{name.replace('/', '_')}.parquet", size) for name, size in sizes.items()}


def write_books(folder: Path, accounts: int) -> None:
    """Those that are not there yet; the same numbers give the same accounts."""
    columns = ["frequency", "recency", "T", "log_gaps", "revenue", "first_revenue", "revenue_squares"]
    for turn, (name, (path, size)) in enumerate(books(folder, accounts).items()):
        if path.exists():
            continue
        rng = np.random.default_rng([20260930, turn])
        T = rng.uniform(*WEEKS, size)
        if name == "Pareto/NBD":
            histories = leaving_at_any_time(rng, T, "12M", PARETO, whole_days=True)
        elif name == "MBG/CNBD-k":
            histories = leaving_at_orders(rng, T, "12M", MBG, k=2, whole_days=True)
        else:
            how = {"whole_days": name == "whole days", "amounts": normal_amounts(rng, size, NORMAL)}
            histories = leaving_at_orders(rng, T, "12M", BG, first=False, **how)
        histories.frame[columns].to_parquet(path)


def faster(*arguments: Any, runs: int = 2) -> dict[str, Any]:
    """What `measured` found in the faster of some runs: other work on the machine makes both sides slower."""
    found = [measured(*arguments) for _ in range(runs)]
    return min(found, key=lambda one: one["seconds"] if "cpu" in one else np.inf)


def measured(program: str, path: Path, model: str, given: str = "", patience: float | None = None) -> dict[str, Any]:
    """What a program found, run in a process of its own; "seconds" says why, in words, if it was not done."""
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, str(path), model, given],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=False,
            capture_output=True,
            text=True,
            timeout=patience,
        )
    except subprocess.TimeoutExpired:
        return {"seconds": f"stopped after {patience:.0f}"}
    if "ConvergenceError" in done.stderr:
        return {"seconds": "did not converge"}
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    sys.stdout.write(f"{model} {given} {path.stem}: {found}\n")
    sys.stdout.flush()
    return found


def shown(found: dict[str, Any], *names: str) -> list[str]:
    return [f"{found[name]:.1f}" if isinstance(found.get(name), float) else str(found.get(name, "")) for name in names]


def fits(places: dict[str, tuple[Path, int]]) -> tuple[list[str], list[str], dict[str, bool]]:
    """The table of fits, that of the parameters beside the peer's, and whether the limits hold."""
    rows, parameters, limits = [], [], {}
    for name, (path, size) in places.items():
        model = name if "/" in name else "BG/NBD"
        ours = faster(FIT, path, model)
        times = "as they are" if name == "as they are" else "whole days"
        title = f"MBG/CNBD-k, {ours['k']} found for k" if model == "MBG/CNBD-k" else model
        cells = [title, times, f"{size:,}", f"{ours['distinct']:,}", *shown(ours, "made", "seconds", "cpu", "gb")]
        for given in ("accounts", "distinct"):
            runs = 2 if model == "BG/NBD" else 1
            peer = {} if model == "MBG/CNBD-k" else faster(PEER, path, model, given, PATIENCE, runs=runs)
            cells += [*shown(peer, "seconds", "cpu", "gb"), ""]
            if "params" not in peer:
                continue
            ratio = peer["seconds"] / ours["seconds"]
            cells[-1] = f"{ratio:.1f}"
            both = list(zip(ours["params"], peer["params"], strict=True))
            off = max(abs(mine / theirs - 1) for mine, theirs in both)
            pairs = " | ".join(f"{mine:.5f} / {theirs:.5f}" for mine, theirs in both)
            parameters.append(f"| {model}, {times} | {given} | {pairs} | {off:.0e} |")
            if model == "BG/NBD":
                limits[f"BG/NBD, {times}: parameters equal to 1e-3 (peer given {given})"] = off < 1e-3
                if given == "accounts":
                    limits[f"BG/NBD, {times}: at least 10 times as fast as the peer given accounts"] = ratio >= 10
        rows.append(f"| {' | '.join(cells)} |")
        if model == "Pareto/NBD":
            limits["Pareto/NBD: under 20 s"] = ours["seconds"] + ours["made"] < 20
    return rows, parameters, limits


def scores(places: dict[str, tuple[Path, int]]) -> tuple[list[str], dict[str, bool]]:
    """The table of scores, and whether the limits hold."""
    rows, limits = [], {}
    for name, (path, size) in places.items():
        model = name if "/" in name else "BG/NBD"
        times = "as they are" if name == "as they are" else "whole days"
        found = faster(SCORE, path, model)
        cells = [f"{model}: alive, and orders of 12M", times, f"{size:,}", *shown(found, "seconds", "cpu", "gb")]
        rows.append(f"| {' | '.join(cells)} |")
        if model == "BG/NBD":
            limits[f"BG/NBD, {times}, alive and orders: under 10 s and 2 GB"] = (
                found["seconds"] < 10 and found["gb"] < 2
            )
    path, size = places["whole days"]
    found = measured(VALUE, path, "BG/NBD")
    fit = ["normal spend: fit", "whole days", f"{size:,}", f"{found['spend']:.1f}", "", ""]
    value = [f"BG/NBD and normal spend: lifetime value of 36M, {found['draws']} draws", "whole days", f"{size:,}"]
    value += shown(found, "seconds", "cpu", "gb")
    return [*rows, *(f"| {' | '.join(cells)} |" for cells in (fit, value))], limits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        # in a process of its own: what starts another hands it its own peak memory
        writing = multiprocessing.Process(target=write_books, args=(folder, options.accounts))
        writing.start()
        writing.join()
        places = books(folder, options.accounts)
        fitted, parameters, limits = fits(places)
        scored, more = scores(places)
    lines = [
        "# Fitting and scoring big books",
        "",
        f"Written by `python benchmarks/lifetime.py`; {os.cpu_count()} cores, Python {platform.python_version()}.",
        "Simulated accounts, first orders 13 to 156 weeks ago, dated by whole days as books are, or at times as they",
        "are, where hardly two histories are the same. A fit includes finding the distinct histories, the covariance,",
        "and for MBG/CNBD-k the choice of k; *made* is what a frame of one row per account takes to become Histories.",
        "The peer is the fit of lifetimes 0.11.3 to the same columns with its default settings: given one row per",
        "account, as its users do, and given the distinct histories with weights, whose making is counted; stopped",
        f"after {PATIENCE} s. Ratio: the peer's seconds to those of our fit. CPU seconds (all cores) and peak memory",
        "are of the whole process with imports, data and making; where CPU is below seconds, the machine was busy.",
        "Everything ran twice, and the faster run counts; but the peer's Pareto/NBD and the lifetime value ran once.",
        "",
        "| fit | times | accounts | distinct | made, s | fit, s | CPU, s | peak GB | peer, s | CPU, s | peak GB "
        "| ratio | peer, distinct, s | CPU, s | peak GB | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        *fitted,
        "",
        "Parameters, ours / the peer's (its Pareto/NBD begins where chance says, and ends elsewhere from run to run):",
        "",
        "| fit | peer given | r | alpha | a or s | b or beta | largest relative difference |",
        "|---|---|---|---|---|---|---|",
        *parameters,
        "",
        "Scoring with 90 % intervals, by a model fitted in the same process before the clock starts:",
        "",
        "| score | times | accounts | s | CPU, s | peak GB |",
        "|---|---|---|---|---|---|",
        *scored,
        "",
        *(f"- {name}: {'holds' if held else 'DOES NOT HOLD'}" for name, held in (limits | more).items()),
    ]
    (ROOT / "docs" / "lifetime_timing.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
