"""How long eight snapshots of a big book take, beside DuckDB answering each date from the order lines.

    python benchmarks/snapshots.py [--lines 10000000] [--folder FOLDER]

The book is the one of benchmarks/intake.py, opened before the clock starts; the snapshots begin with nothing computed.
The peer is one GROUP BY over the lines for each date with the same sums (DuckDB, same memory limit), and a join with
the accounts; it has no dated columns, no window before and no masks. Writes docs/snapshots.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from intake import ACCOUNTS, PEAK, ROOT, measured, write_book

DATES = 8
START = f"""
import datetime as dt, json, sys, time
dates = [dt.date(2024, 12, 31) - dt.timedelta(days=91 * place) for place in range({DATES})]
"""
OURS = f"""
{START}
from crm_analysis.accounts import snapshots
from crm_analysis.book import open_book
book = open_book(sys.argv[1])
start = time.perf_counter()
frame = snapshots(book, dates)
found = {{"seconds": time.perf_counter() - start, "revenue": frame.revenue.sum()}}
{PEAK}
"""
PEER = f"""
{START}
import duckdb
connection = duckdb.connect(config={{"memory_limit": "2GB"}})
connection.execute("set enable_progress_bar = false")
start = time.perf_counter()
revenue = 0
for day in dates:
    table = connection.execute(
        "with sums as (select account_id, sum(revenue) filter (where inside) as revenue, sum(cost) filter (where "
        "inside) as cost, count(distinct order_id) filter (where inside and revenue > 0) as orders, count(distinct "
        "family) filter (where inside and revenue > 0) as families, sum(revenue) as revenue_total, min(ordered_on) "
        "filter (where revenue > 0) as first_order, max(ordered_on) filter (where revenue > 0) as last_order from "
        f"(select *, ordered_on > date '{{day}}' - interval 1 year as inside from '{{sys.argv[1]}}/orders.parquet' "
        f"where ordered_on <= date '{{day}}') group by account_id) select * from '{{sys.argv[1]}}/accounts.parquet' "
        "left join sums using (account_id) order by account_id"
    ).df()
    revenue += float(table.revenue.sum())
found = {{"seconds": time.perf_counter() - start, "revenue": revenue}}
{PEAK}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        book = write_book(options.folder or Path(scratch), options.lines, "parquet")
        cache = Path(scratch) / "cache"
        opening = "import sys; from crm_analysis.book import open_book; open_book(sys.argv[1]); print('{}')"
        measured(opening, str(book), cache=cache)
        ours, peer = (measured(program, str(book), cache=cache) for program in (OURS, PEER))
    # in a leap year a window of 12 months before 28 February ends a day earlier than one year by the calendar
    if abs(ours["revenue"] / peer["revenue"] - 1) > 0.005:
        raise SystemExit(f"the two disagree: {ours} and {peer}")
    lines = [
        "# Snapshots of a big book",
        "",
        f"Written by `python benchmarks/snapshots.py`: {DATES} snapshots, a quarter apart, of {options.lines:,} order",
        f"lines and {ACCOUNTS:,} accounts, from a book that is already open; {os.cpu_count()} cores, Python",
        f"{platform.python_version()}. The peer is DuckDB answering each date from the lines. CPU seconds (all cores)",
        "tell how busy the machine was with other work.",
        "",
        "| | seconds | CPU, s | peak GB |",
        "|---|---|---|---|",
        *(
            f"| {name} | {one['seconds']:.1f} | {one['cpu']:.0f} | {one['gb']:.1f} |"
            for name, one in (("`snapshots`", ours), ("peer", peer))
        ),
        "",
        f"Ratio {ours['seconds'] / peer['seconds']:.2f}.",
    ]
    sys.stdout.write("\n".join(lines[-5:]) + "\n")
    (ROOT / "docs" / "snapshots.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
