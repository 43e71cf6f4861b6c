"""What is said of leaving, measured: intervals, windows, forecasts, drivers, speed.

    python benchmarks/leaving.py [coverage] [demo] [size] [--seconds 0] [--folder FOLDER]

Runs the parts named, all of them by default; each in a module of its own that says what it does. Results go to
benchmarks/results as they come, so that a run stopped after `--seconds`, or otherwise, goes on where it was: remove a
part's file there to measure it anew. Then writes docs/leaving_measured.md from the parts that are complete. `--folder`
keeps the book of the part `size`. Numbers of books and companies are their seeds.
"""

from __future__ import annotations

import argparse
import platform
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import leaving_coverage
import leaving_demo
import leaving_size
import numpy as np

PAGE = Path(__file__).resolve().parents[1] / "docs" / "leaving_measured.md"
PARTS = {"demo": leaving_demo, "coverage": leaving_coverage, "size": leaving_size}


def page() -> str:
    lines = [
        "# Leaving, as measured",
        "",
        f"Written by `python benchmarks/leaving.py` (Python {platform.python_version()}) from its results in "
        "benchmarks/results. Seeds are numbered from 0 or 1 and none was left out or chosen.",
    ]
    for part in PARTS.values():
        if part.complete():
            lines += ["", *part.section()]
    wrapped: list[str] = []
    for line in lines:
        indent = "  " if line.startswith("- ") else ""
        text = line.startswith(("|", "#")) or not line
        wrapped += [line] if text else textwrap.wrap(line, 118, subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(wrapped) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after so many")
    parser.add_argument("--folder", type=Path, help="keeps the big book")
    options = parser.parse_args()
    until = time.perf_counter() + options.seconds
    runs = {name: part.run for name, part in PARTS.items()} | {"size": partial(leaving_size.run, folder=options.folder)}
    if not all(runs[name](until) for name in options.parts or PARTS):
        sys.stdout.write("stopped; the same command goes on\n")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
