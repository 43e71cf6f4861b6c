"""How long a big book takes from an open book to the last account's outcome.

    python benchmarks/potential_size.py [--accounts 1000000] [--folder FOLDER]

The demo company of that many accounts, eight earlier days and today, as it is written in Parquet: what making it and
its intake take is measured elsewhere (demo, intake). In a process of its own: the cases, the model chosen and fitted
without the guard's accounts, the guard's threshold, and today's accounts with intervals and reasons. For a million
accounts, writes benchmarks/results/potential_size.csv and docs/potential_measured.md. The folder, a temporary one by
default, takes about 3 GB.
"""

from __future__ import annotations

from pathlib import Path

import measured_page
import pandas as pd
from demo_size import measured_demo

HERE = Path(__file__).resolve()
RESULTS = HERE.parent / "results" / "potential_size.csv"
PAGE, TITLE = HERE.parents[1] / "docs" / "potential_measured.md", "# Potential, as measured"
DAY, DAYS, ACCOUNTS = "2026-09-30", 8, 1_000_000
SECONDS, GB = 300, 8
OURS = f"""
import json, resource, sys, time
from pathlib import Path
from crm_analysis.potential.cases import cases
from crm_analysis.potential.safety import safety
from crm_analysis.potential.score.reasons import reasons
from crm_analysis.potential.vetoes import vetoed
sys.path.insert(0, "{HERE.parent}")
from potential_books import book_of_demo
book = book_of_demo(Path(sys.argv[1]))
clock, busy = [time.perf_counter()], []
def mark():
    used = resource.getrusage(resource.RUSAGE_SELF)
    clock.append(time.perf_counter())
    busy.append(used.ru_maxrss / 1e6)
known = cases(book, "{DAY}", most={DAYS})
mark()
own = safety(known)
choice = own.judge
mark()
guard = own.guard
mark()
today = known.today
chance = choice.chance(today)
low, high = choice.interval(today)
cut = guard.may_cut(chance, vetoed(today).to_numpy(bool))
mark()
words = reasons(choice.contributions(today), today)
mark()
used = resource.getrusage(resource.RUSAGE_SELF)
names = ("cases", "choose and fit", "guard", "score today's accounts", "reasons in words")
found = {{name: end - start for name, start, end in zip(names, clock, clock[1:])}}
found |= {{
    "seconds": clock[-1] - clock[0], "gb": used.ru_maxrss / 1e6, "cpu": used.ru_utime + used.ru_stime,
    "gb of cases": busy[0], "accounts": int(sys.argv[2]), "rows": len(known.frame), "low": len(today),
    "learned": len(own.learned), "fitted": choice.model.rows_, "columns": choice.model.covariance_.shape[0] - 1
    if choice.model.covariance_ is not None else len(choice.model.features_),
    "candidates": len(choice.table), "cases of the guard": guard.cases, "days": int(choice.table["days"].max()),
}}
print(json.dumps(found))
"""


def main() -> None:
    if measured_demo(__doc__, OURS, ACCOUNTS, RESULTS):
        measured_page.put("potential: size", section(), PAGE, TITLE)


def section() -> list[str]:
    """What the page says."""
    found = pd.read_csv(RESULTS).set_index("name")["value"]
    parts = ("cases", "choose and fit", "guard", "score today's accounts", "reasons in words")
    asked = sum(found[name] for name in parts[:3])
    holds = asked < SECONDS and found["gb"] < GB
    return [
        "## How long does a big book take?",
        "",
        f"The demo company of {found['accounts']:,.0f} accounts, {DAYS} earlier days and today, on "
        f"{found['cores']:.0f} cores; the book lay ready in Parquet. *cases*: {found['rows']:,.0f} rows of Low "
        f"accounts "
        f"with features, vetoes and outcomes. *choose and fit*: {found['candidates']:.0f} candidates forecast "
        f"{found['days']:.0f} days; of {found['learned']:,.0f} rows that the guard leaves to the model, whole "
        f"accounts "
        f"with {found['fitted']:,.0f} are drawn by lot; {found['columns']:.0f} columns. *guard*: the scores of the "
        f"accounts held back, {found['cases of the guard']:,.0f} of them promising, and the threshold. *score*: "
        f"probabilities with intervals of {found['low']:,.0f} accounts. Peak memory is that of the whole process.",
        "",
        "| | seconds |",
        "|---|---|",
        *(f"| {name} | {found[name]:.1f} |" for name in parts),
        f"| all | {found['seconds']:.1f} |",
        "",
        f"CPU {found['cpu']:.0f} s on all cores, imports and opening included; peak memory {found['gb']:.1f} GB, of "
        f"cases alone {found['gb of cases']:.1f} GB. Features, fit and guard took {asked:.0f} s. Under {SECONDS} s and "
        f"{GB} GB: {'holds' if holds else 'DOES NOT HOLD'}.",
    ]


if __name__ == "__main__":
    main()
