"""Part of benchmarks/leaving.py: how long a big book takes from spells to probabilities, beside peers' fits.

The demo company of 200,000 accounts, twelve quarters. Our steps run in a fresh process on a book that was opened
before; what is fitted, a million risk rows at most, is then given to the peers as a matrix, each in a process of its
own: the logistic regression of statsmodels with errors clustered by account, which is what our fit tells, and that of
scikit-learn, which has no errors.
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from pathlib import Path

import pandas as pd
from intake import PEAK, measured

RESULTS = Path(__file__).resolve().parent / "results" / "leaving_size.csv"
ACCOUNTS, DAY = 200_000, "2026-09-30"
MAKE = f"""
import sys
from crm_analysis.book import open_book
from crm_analysis.book.demo import demo
demo(sys.argv[1], accounts={ACCOUNTS}, seed=1, format="parquet")
open_book(sys.argv[1])
print("{{}}")
"""
OURS = f"""
import json, resource, sys, time
import scipy.linalg, scipy.sparse, scipy.special, scipy.stats
from crm_analysis.book import open_book
from crm_analysis.churn.definition import leaving
from crm_analysis.churn.survival.discrete import LeavingModel
from crm_analysis.churn.survival.explain import cox_rows, drivers
from crm_analysis.churn.survival.panel import account_quarters, quarter_ends, risk_rows
book = open_book(sys.argv[1])
clock = [time.perf_counter()]
known = leaving(book, "{DAY}", basis="orders")
clock.append(time.perf_counter())
panel = account_quarters(book, quarter_ends(book, "{DAY}", known.silence), known.spells)
clock.append(time.perf_counter())
rows = risk_rows(panel, known.spells, "{DAY}")
model = LeavingModel().fit(rows, panel)
clock.append(time.perf_counter())
now = panel[panel["as_of"] == panel["as_of"].max()].reset_index(drop=True)
told = model.predict(now)
clock.append(time.perf_counter())
used = resource.getrusage(resource.RUSAGE_SELF)
names = ("spells", "panel", "fit", "score")
found = {{name: end - start for name, start, end in zip(names, clock, clock[1:])}}
found |= {{
    "seconds": clock[-1] - clock[0], "gb": used.ru_maxrss / 1e6, "cpu": used.ru_utime + used.ru_stime,
    "silence": known.silence, "landmarks": panel["as_of"].nunique(), "account_quarters": len(panel),
    "risk_rows": len(rows), "fitted": model.rows_, "fitted_accounts": model.accounts_,
    "parameters": len(model.coefficients_), "penalty": model.penalty_, "sampled": model.sampled_,
    "scored": len(told), "expected": told["p_4"].sum(),
    "loglik": model.loglik_,
}}
start = time.perf_counter()
drivers(cox_rows(panel, known.spells))
found |= {{
    "explain": time.perf_counter() - start, "explained_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
}}
print(json.dumps(found))
"""
MATRIX = f"""
import sys
import numpy as np, pandas as pd
from crm_analysis.book import open_book
from crm_analysis.churn.definition import leaving
from crm_analysis.churn.survival import discrete, sample
from crm_analysis.churn.survival.panel import account_quarters, quarter_ends, risk_rows
book = open_book(sys.argv[1])
known = leaving(book, "{DAY}", basis="orders")
panel = account_quarters(book, quarter_ends(book, "{DAY}", known.silence), known.spells)
rows = risk_rows(panel, known.spells, "{DAY}")
model = discrete.LeavingModel().fit(rows, panel)
owner, names = sample.codes(panel["account_id"])
rows = rows[sample.drawn(owner[rows["row"]], names, discrete.MOST)[owner[rows["row"]]]]
rows = rows[rows["step"].isin(list(model.effects_))]
place, step = rows["row"].to_numpy(), rows["step"].to_numpy()
wide = np.zeros((len(rows), len(model.coefficients_)))
effects = max(model.effects_.values()) + 1
for number, effect in model.effects_.items():
    wide[step == number, effect] = 1
wide[:, effects:] = model.design_.matrix(panel)[place]
wide[:, effects + model.design_.always:] *= (step == 1)[:, None]
np.savez(sys.argv[2], wide=wide, left=rows["left"].to_numpy("float64"), owner=owner[place], ours=model.coefficients_,
         error=np.sqrt(np.diag(model.covariance_)))
print("{{}}")
"""
LOAD = """
import json, sys, time
import numpy as np
data = np.load(sys.argv[1])
wide, left, owner, ours, error = (data[name] for name in ("wide", "left", "owner", "ours", "error"))
"""
STATSMODELS = f"""
{LOAD}
import statsmodels.api as sm
start = time.perf_counter()
fit = sm.Logit(left, wide).fit(method="newton", disp=0, cov_type="cluster", cov_kwds={{"groups": owner}})
found = {{"seconds": time.perf_counter() - start, "apart": float(np.abs(fit.params - ours).max()),
         "errors_apart": float(np.abs(fit.bse / error - 1).max())}}
{PEAK}
"""
SKLEARN = f"""
{LOAD}
from sklearn.linear_model import LogisticRegression
start = time.perf_counter()
fit = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-6, max_iter=10_000).fit(wide, left)
found = {{"seconds": time.perf_counter() - start, "apart": float(np.abs(fit.coef_[0] - ours).max())}}
{PEAK}
"""


def run(until: float, folder: Path | None = None) -> bool:
    """Every measurement once more; False if there is no time left to begin."""
    if RESULTS.exists():
        return True
    if time.perf_counter() > until:
        return False
    with tempfile.TemporaryDirectory() as scratch:
        place = folder or Path(scratch)
        cache, book, matrix = place / "cache", place / "demo", str(Path(scratch) / "matrix.npz")
        if not cache.exists():
            measured(MAKE, str(book), cache=cache)
        rows = {"ours": measured(OURS, str(book), cache=cache)}
        measured(MATRIX, str(book), matrix, cache=cache)
        rows |= {"statsmodels": measured(STATSMODELS, matrix), "scikit-learn": measured(SKLEARN, matrix)}
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["program", "name", "value"])
        writer.writerow(["machine", "cores", os.cpu_count()])
        writer.writerows((program, name, float(value)) for program, row in rows.items() for name, value in row.items())
    return True


def complete() -> bool:
    return RESULTS.exists()


def read() -> dict[str, pd.Series]:
    return {name: own.set_index("name")["value"] for name, own in pd.read_csv(RESULTS).groupby("program")}


def section() -> list[str]:
    """What the page says."""
    table = read()
    ours, peer, plain = (table[name] for name in ("ours", "statsmodels", "scikit-learn"))
    fit = ours["fit"]
    lines = [
        "## How long does a big book take?",
        "",
        f"The demo company of {ACCOUNTS:,} accounts, {ours['landmarks']:.0f} quarter ends with "
        f"{ours['account_quarters']:,.0f} accounts there, {ours['risk_rows']:,.0f} risk rows, on "
        f"{table['machine']['cores']:.0f} cores; the book was opened before. *spells*: the silence chosen and the "
        "spells. *fit*: the risk rows and the model, "
        + (
            f"fitted to whole accounts with {ours['fitted']:,.0f} risk rows, drawn by their ids"
            if ours["sampled"]
            else "fitted to all of them"
        )
        + f", {ours['parameters']:.0f} parameters. *score*: probabilities with intervals of the "
        f"{ours['scored']:,.0f} accounts there on the last day. Peak memory is that of the whole process.",
        "",
        "| | seconds |",
        "|---|---|",
        *(f"| {name} | {ours[name]:.1f} |" for name in ("spells", "panel", "fit", "score")),
        f"| all | {ours['seconds']:.1f} |",
        *([f"| beside it, the drivers by Cox's model | {ours['explain']:.1f} |"] if "explain" in ours else []),
        "",
        f"CPU {ours['cpu']:.0f} s on all cores, imports and opening included; peak memory {ours['gb']:.1f} GB. "
        f"Under 120 s and 4 GB: {'holds' if ours['seconds'] < 120 and ours['gb'] < 4 else 'DOES NOT HOLD'}."
        + (f" With the drivers {ours['explained_gb']:.1f} GB." if "explained_gb" in ours else ""),
        "",
        "Peers fit the same rows, given as a ready matrix:",
        "",
        "| fit | seconds | to our fit | CPU, s | peak GB | estimates differ by |",
        "|---|---|---|---|---|---|",
        f"| ours, risk rows, columns and errors included | {fit:.1f} | 1 |  |  |  |",
        f"| statsmodels Logit, Newton, errors clustered by account | {peer['seconds']:.1f} | "
        f"{peer['seconds'] / fit:.1f} | {peer['cpu']:.0f} | {peer['gb']:.1f} | {peer['apart']:.0e} |",
        f"| scikit-learn LogisticRegression, no errors | {plain['seconds']:.1f} | {plain['seconds'] / fit:.1f} | "
        f"{plain['cpu']:.0f} | {plain['gb']:.1f} | {plain['apart']:.0e} |",
        "",
        f"Our standard errors and those of statsmodels differ by {peer['errors_apart']:.0e} of themselves at most.",
    ]
    return lines
