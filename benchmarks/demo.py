"""How long a big demo company takes to make, beside pyarrow rewriting the same tables.

    python benchmarks/demo.py [--accounts 1000000] [--folder FOLDER]

Writes the demo into the folder, a temporary one by default, in a process of its own, then reads its tables with
pyarrow and writes them again, group of rows by group of rows: what any program that writes them must do at least.
Writes docs/demo_timing.md and removes the tables.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from intake import PEAK, ROOT, measured

OURS = f"""
import json, sys, time
from crm_analysis.book.demo import demo
start = time.perf_counter()
rows = demo(sys.argv[1], accounts=int(sys.argv[2]), format="parquet").rows
found = {{"seconds": time.perf_counter() - start, "rows": sum(rows.values()), "lines": rows["orders"]}}
{PEAK}
"""
PEER = f"""
import json, sys, time
from pathlib import Path
import pyarrow.parquet as pq
start = time.perf_counter()
rows = 0
for path in Path(sys.argv[1]).glob("*.parquet"):
    there = pq.ParquetFile(path)
    with pq.ParquetWriter(path.with_suffix(".again"), there.schema_arrow) as writer:
        for group in range(there.num_row_groups):
            table = there.read_row_group(group)
            writer.write_table(table)
            rows += len(table)
found = {{"seconds": time.perf_counter() - start, "rows": rows}}
{PEAK}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        ours = measured(OURS, str(place / "demo"), str(options.accounts))
        size = sum(path.stat().st_size for path in (place / "demo").rglob("*") if path.is_file()) / 1e9
        peer = measured(PEER, str(place / "demo"))
    finally:
        shutil.rmtree(place)
    if ours["rows"] != peer["rows"]:
        raise SystemExit(f"{ours['rows']:,} rows were made, {peer['rows']:,} are there")
    lines = [
        "# Making a big demo company",
        "",
        f"Written by `python benchmarks/demo.py`: {options.accounts:,} accounts, {int(ours['lines']):,} order lines,",
        f"{int(ours['rows']):,} rows in 21 tables, {size:.1f} GB of Parquet; {os.cpu_count()} cores, Python",
        f"{platform.python_version()}. The peer is pyarrow reading these tables and writing them again. CPU seconds",
        "(all cores) tell how busy the machine was with other work.",
        "",
        "| | seconds | CPU, s | peak GB |",
        "|---|---|---|---|",
        *(
            f"| {name} | {one['seconds']:.0f} | {one['cpu']:.0f} | {one['gb']:.1f} |"
            for name, one in (("`crm-analysis demo`", ours), ("peer", peer))
        ),
        "",
        f"Ratio {ours['seconds'] / peer['seconds']:.1f}.",
    ]
    sys.stdout.write("\n".join(lines[-5:]) + "\n")
    (ROOT / "docs" / "demo_timing.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
