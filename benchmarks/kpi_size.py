"""How long the KPIs of a big book take: quarters and accounts, figures, and what changed.

    python benchmarks/kpi_size.py [--accounts 130000] [--folder FOLDER]

The demo company of that many accounts, as it is written in Parquet: 130,000 have ten million order lines. In a process
of its own, as of 2026-09-30: what every account brought, cost and said in each quarter (the panel, order lines
collapsed to days first), the figures of twelve quarters, of the company and by segment, region, sales office, team and
sales person, and the comparisons of the last one with a year and a quarter before. Then the figures of trailing years
and years to date, and what else the page tells. For 130,000 accounts, writes benchmarks/results/kpi_size.csv and
docs/kpi_measured.md. The folder, a temporary one by default, takes about 0.5 GB.
"""

from __future__ import annotations

from pathlib import Path

import measured_page
import pandas as pd
from demo_size import measured_demo

HERE = Path(__file__).resolve()
RESULTS = HERE.parent / "results" / "kpi_size.csv"
PAGE, TITLE = HERE.parents[1] / "docs" / "kpi_measured.md", "# KPIs, as measured"
DAY, ACCOUNTS, SECONDS, GIGABYTES = "2026-09-30", 130_000, 60, 6
PARTS = ("panel", "figures of quarters", "comparisons")
REST = (
    "figures of trailing years",
    "figures of years to date",
    "like for like",
    "offices and people beside each other",
    "targets",
    "control charts",
    "new accounts",
    "effect",
)
OURS = f"""
import json, resource, sys, time
from pathlib import Path
from crm_analysis.errors import BookError
from crm_analysis.kpi.outlook import outlook
from crm_analysis.kpi.panel import panel
from crm_analysis.kpi.values import values
from crm_analysis.kpi.windows import QUARTER, SEGMENT, TO_DATE, YEAR
sys.path.insert(0, "{HERE.parent}")
from potential_books import book_of_demo
book = book_of_demo(Path(sys.argv[1]))
begin = clock = time.perf_counter()
told = {{}}
def mark(name):
    global clock
    told[name], clock = time.perf_counter() - clock, time.perf_counter()
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
look = outlook(book, "{DAY}")
found = look.panel
mark("panel")
def figures(kind):
    return sum(len(values(found, kind, by, quarters=12)) for by in (None, SEGMENT, *found.groups))
rows = figures(QUARTER)
mark("figures of quarters")
cells = len(look.lights)
mark("comparisons")
told |= {{"seconds": clock - begin, "gb": peak(), "rows": rows, "cells": cells, "measures": len(found.measures)}}
told |= {{"accounts": found.classes.shape[1], "quarters": found.classes.shape[0]}}
for name, ask in (
    ("figures of trailing years", lambda: figures(YEAR)), ("figures of years to date", lambda: figures(TO_DATE)),
    ("like for like", lambda: look.like_for_like), ("offices and people beside each other", lambda: look.funnels),
    ("targets", lambda: look.targets), ("control charts", lambda: look.charts),
    ("new accounts", lambda: look.becoming.against_a_year_ago()), ("effect", lambda: (look.effect, look.until)),
):
    try:
        ask()
    except BookError as error:
        print(name, error, file=sys.stderr)
    mark(name)
used = resource.getrusage(resource.RUSAGE_SELF)
told |= {{"whole": clock - begin, "whole_gb": peak(), "cpu": used.ru_utime + used.ru_stime}}
told["lines"] = book.table("orders").count().execute()
print(json.dumps({{name: float(value) for name, value in told.items()}}))
"""


def main() -> None:
    if measured_demo(__doc__, OURS, ACCOUNTS, RESULTS):
        measured_page.put("kpi: size", section(), PAGE, TITLE)


def section() -> list[str]:
    """What the page says."""
    found = pd.read_csv(RESULTS).set_index("name")["value"]
    held = found["seconds"] < SECONDS and found["gb"] < GIGABYTES
    return [
        "## How long does a big book take?",
        "",
        f"The demo company of {found['accounts']:,.0f} accounts with {found['lines']:,.0f} order lines on "
        f"{found['cores']:.0f} cores; the book lay ready in Parquet. *panel*: {found['measures']:.0f} measures of "
        f"every account in {found['quarters']:.0f} quarters, order lines collapsed to days first. "
        f"*figures of quarters*: {found['rows']:,.0f} of twelve quarters, of the company and by segment, "
        "region, sales office, team and sales person, with intervals. *comparisons*: "
        f"{found['cells']:,.0f} of trailing years with a year before and of quarters with the one before, "
        "with intervals and chances.",
        "",
        "| | seconds |",
        "|---|---|",
        *(f"| {name} | {found[name]:.1f} |" for name in PARTS),
        f"| the KPIs of twelve quarters | {found['seconds']:.1f} |",
        *(f"| {name} | {found[name]:.1f} |" for name in REST),
        f"| all of it | {found['whole']:.1f} |",
        "",
        f"CPU {found['cpu']:.0f} s on all cores, imports included. Peak memory {found['gb']:.1f} GB for the KPIs, "
        f"{found['whole_gb']:.1f} GB for all of it. The KPIs in under {SECONDS} s and {GIGABYTES} GB: "
        f"{'holds' if held else 'DOES NOT HOLD'}.",
    ]


if __name__ == "__main__":
    main()
