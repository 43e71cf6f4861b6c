"""A demo company of many accounts, made once, and what a process of its own measures on it."""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from pathlib import Path

from intake import measured

MAKE = """
import sys
from crm_analysis.book.demo import demo
demo(sys.argv[1], accounts=int(sys.argv[2]), seed=1, format="parquet")
print("{}")
"""


def measured_demo(doc: str, ours: str, accounts: int, results: Path) -> bool:
    """Run `ours` on the demo company of so many accounts and write what it prints to `results`: name, value.

    The command line may ask for another number of accounts; what that measures is printed instead. True if written.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=accounts)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = options.folder or Path(scratch)
        book, cache, many = str(place / "demo"), place / "cache", str(options.accounts)
        if not Path(book).exists():
            measured(MAKE, book, many, cache=cache)
        found = measured(ours, book, many, cache=cache) | {"cores": os.cpu_count() or 1}
    if options.accounts != accounts:
        sys.stdout.write("\n".join(f"{name}: {float(value):,.2f}" for name, value in found.items()) + "\n")
        return False
    with results.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "value"])
        writer.writerows((name, float(value)) for name, value in found.items())
    return True
