"""What is said of potential, measured: the guard's promise on 200 books of known truth, beside today's practice.

    python benchmarks/potential.py [whole] [small] [drifted] [dealt] [--seconds 0] [--every 1] [--first 0]

Runs the parts named, all of them by default (`potential_books` says what each does). Results go to benchmarks/results
as they come, so that a run stopped after `--seconds`, or otherwise, goes on where it was; two runs with `--every 2` and
`--first 0` and `1` share the work. Once all parts are complete, writes them into docs/potential_measured.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import measured_page
import numpy as np
import potential_books

PAGE = Path(__file__).resolve().parents[1] / "docs" / "potential_measured.md"
TITLE = "# Potential, as measured"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *potential_books.PARTS], default=[])
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after so many")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th book")
    parser.add_argument("--first", type=int, default=0, help="from this one on")
    options = parser.parse_args()
    until = time.perf_counter() + options.seconds
    for part in options.parts or potential_books.PARTS:
        if not potential_books.run(part, until, options.every, options.first):
            sys.stdout.write(f"{part}: not complete; the same command goes on\n")
    if all(map(potential_books.complete, potential_books.PARTS)):
        measured_page.put("potential: books", potential_books.section(), PAGE, TITLE)


if __name__ == "__main__":
    main()
