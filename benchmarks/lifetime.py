"""How long models of orders take to fit and to score big books, beside lifetimes on the same accounts.

    python benchmarks/lifetime.py [--accounts 1000000] [--folder FOLDER] [--without-peer]

Simulates the accounts (dated by whole days, as books are, and once more without a grid of days, where hardly two histories
are the same), writes them to the folder, a temporary one by default, and runs every measurement in a process of its
own, which reads them before its clock starts. The peer gets the same columns: as its users give them, and as distinct
histories with weights, which it takes too. Pareto/NBD has a tenth of the accounts, and the peer 300 s. Writes
docs/lifetime_timing.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from intake import PEAK, ROOT, measured

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
model.fit(histories)
seconds = time.perf_counter() - start
found = {{
    "seconds": seconds, "params": model.params_.tolist(), "loglik": model.loglik_, "k": getattr(model, "k_", 1),
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
found = {{"spend": fitted - start, "seconds": time.perf_counter() - fitted, "value": worth.accounts["value"].sum()}}
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


def write_books(folder: Path, accounts: int) -> dict[str, Path]:
    """The accounts of each truth as Parquet; the same numbers give the same accounts."""
    places = {}
    for turn, (name, size) in enumerate(
        (("days", accounts), ("no grid", accounts), ("Pareto/NBD", accounts // 10), ("MBG/CNBD-k", accounts // 10))
    ):
        places[name] = folder / f"{turn}.parquet"
        if places[name].exists():
            continue
        rng = np.random.default_rng([20260930, turn])
        T = rng.uniform(*WEEKS, size)
        if name == "Pareto/NBD":
            histories = leaving_at_any_time(rng, T, "12M", PARETO, whole_days=True)
        elif name == "MBG/CNBD-k":
            histories = leaving_at_orders(rng, T, "12M", MBG, k=2, whole_days=True)
        else:
            amounts = normal_amounts(rng, size, NORMAL)
            histories = leaving_at_orders(
                rng, T, "12M", BG, first=False, whole_days=name == "days", amounts=amounts
            )
        columns = ["frequency", "recency", "T", "log_gaps", "revenue", "first_revenue", "revenue_squares"]
        histories.frame[columns].to_parquet(places[name])
    return places


def peer(path: Path, model: str, given: str) -> dict[str, float] | None:
    """What lifetimes took; None if it was not done within PATIENCE."""
    try:
        return within(PEER, str(path), model, given)
    except subprocess.TimeoutExpired:
        return None


def within(program: str, *arguments: str) -> dict[str, float]:
    import json

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
