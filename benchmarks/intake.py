"""How long a big book takes to check and to summarise, beside DuckDB reading the same file by itself.

    python benchmarks/intake.py [--lines 10000000] [--folder FOLDER]

Writes a book of that many order lines and 200,000 accounts (CSV, then Parquet) into the folder, a temporary one by
default, opens it cold in a process of its own, and rewrites the table in docs/intake.md.
Of the opening, the time of the checks is told apart from that of sorting and writing the accepted lines: the query
that does all of it is run once more without order and file, and the difference is taken. The peer is the least a
reader must do: DuckDB's own CSV reader, try_cast and one GROUP BY. It neither checks keys and
accounts, nor keeps what it rejects, nor sorts and writes the accepted lines.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ACCOUNTS = 200_000
PEAK = """
import resource
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps(found | {"gb": used.ru_maxrss / 1e6, "cpu": used.ru_utime + used.ru_stime}))
"""
OURS = f"""
import json, resource, sys, time
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
start, busy = time.perf_counter(), cpu()
from crm_analysis.accounts import accounts
from crm_analysis.book import engine, open_book
kept, again, keeping = engine.kept, [0.0, 0.0], [0.0, 0.0]
def told_apart(con, expression, path):
    if path.name != "orders.parquet":
        return kept(con, expression, path)
    began = time.perf_counter(), cpu()
    rows = expression.op().parent.to_expr()
    rows.agg(**{{name: rows[name].max() for name in rows.columns}}).execute()
    again[:] = time.perf_counter() - began[0], cpu() - began[1]
    began = time.perf_counter(), cpu()
    result = kept(con, expression, path)
    keeping[:] = time.perf_counter() - began[0] - again[0], cpu() - began[1] - again[1]
    return result
engine.kept = told_apart
book = open_book(sys.argv[1])
opened, checked = time.perf_counter(), cpu()
frame = accounts(book, "2024-12-31")
found = {{
    "check": opened - start - again[0], "check_cpu": checked - busy - again[1], "keep": keeping[0],
    "keep_cpu": keeping[1], "summary": time.perf_counter() - opened, "revenue": frame.revenue_total.sum(),
}}
{PEAK}
"""
PEER = f"""
import json, sys, time
start = time.perf_counter()
import duckdb
connection = duckdb.connect(config={{"memory_limit": "2GB"}})
connection.execute("set enable_progress_bar = false")
source = {{"csv": "read_csv('{{}}/orders.csv', all_varchar = true, header = true, delim = ',')",
          "parquet": "read_parquet('{{}}/orders.parquet')"}}[sys.argv[2]].format(sys.argv[1])
rows = connection.execute(
    "select account_id, sum(revenue), sum(cost), count(distinct order_id), min(day), max(day) from (select account_id, "
    "order_id, try_cast(ordered_on as date) as day, try_cast(revenue as decimal(18, 4)) as revenue, "
    f"try_cast(cost as decimal(18, 4)) as cost from {{source}}) group by account_id"
).fetchall()
found = {{"check": time.perf_counter() - start, "summary": 0.0, "revenue": float(sum(row[1] for row in rows))}}
{PEAK}
"""


def write_book(folder: Path, lines: int, ending: str) -> Path:
    """A book of that many lines; the same numbers give the same book."""
    import duckdb

    place = folder / ending
    place.mkdir(parents=True, exist_ok=True)
    how = "header" if ending == "csv" else "format parquet"
    day = "date '2020-01-01' + ((hash(i // 4 + 7) % 1800)::integer) * interval 1 day"
    orders = (
        "select 'L' || lpad(i::varchar, 9, '0') as line_id, 'O' || (i // 4) as order_id, "
        f"'A' || lpad((hash(i // 4) % {ACCOUNTS})::varchar, 6, '0') as account_id, ({day})::date as ordered_on, "
        "'P' || (hash(i) % 500) as product, 'F' || (hash(i) % 9) as family, (hash(i) % 50 + 1)::integer as quantity, "
        "((hash(i) % 100000) / 100)::decimal(18, 2) as revenue, ((hash(i) % 70000) / 100)::decimal(18, 2) as cost "
        f"from range({lines}) as line(i)"
    )
    accounts = (
        f"select 'A' || lpad(i::varchar, 6, '0') as account_id, 'Name ' || i as name from range({ACCOUNTS}) as a(i)"
    )
    (place / "book.toml").write_text("extracted_on = 2024-12-31\n", encoding="utf-8")
    for name, query in (("orders", orders), ("accounts", accounts)):
        if not (place / f"{name}.{ending}").exists():
            duckdb.sql(f"copy ({query}) to '{place / name}.{ending}' ({how})")
    return place


def measured(program: str, *arguments: str, cache: Path | str = "") -> dict[str, float]:
    """Seconds, gigabytes and the revenue a program found, run in a process of its own."""
    environment = os.environ | {"CRM_ANALYSIS_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        for ending in ("csv", "parquet"):
            book = write_book(folder, options.lines, ending)
            ours = measured(OURS, str(book), cache=Path(scratch) / f"cache_{ending}")
            peer = measured(PEER, str(book), ending, cache=Path(scratch) / "none")
            if abs(ours["revenue"] - peer["revenue"]) > 0.005 * ACCOUNTS:
                raise SystemExit(f"the two disagree on revenue: {ours['revenue']:.2f} and {peer['revenue']:.2f}")
            total = ours["check"] + ours["summary"]
            checks, busy = ours["check"] - ours["keep"], ours["check_cpu"] - ours["keep_cpu"]
            rows.append(
                f"| {ending} | {checks:.1f} | {busy:.0f} | {ours['keep']:.1f} | {ours['keep_cpu']:.0f} "
                f"| {ours['summary']:.1f} | {total:.1f} | {ours['gb']:.1f} | {peer['check']:.1f} | {peer['cpu']:.0f} "
                f"| {peer['gb']:.1f} | {total / peer['check']:.1f} |"
            )
            sys.stdout.write(rows[-1] + "\n")
    table = "\n".join(
        [
            "# Checking a big book",
            "",
            f"Written by `python benchmarks/intake.py`: {options.lines:,} order lines, {ACCOUNTS:,} accounts, opened",
            f"for the first time; {os.cpu_count()} cores, Python {platform.python_version()}. Opening the same files",
            "again costs their hashing. The peer is DuckDB reading the same file with try_cast and one GROUP BY: it",
            "checks nothing and keeps nothing. CPU seconds (all cores) tell how busy the machine was with other work:",
            "where it was not, seconds are about half of them on two cores.",
            "",
            "| file | checks, s | CPU, s | sort and write, s | CPU, s | accounts, s | all, s | peak GB | peer, s "
            "| peer CPU, s | peer GB | ratio |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|",
            *rows,
        ]
    )
    (ROOT / "docs" / "intake.md").write_text(table + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
