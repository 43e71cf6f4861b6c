"""What is said of potential, measured: the guard's promise on 200 books of known truth, beside today's practice.

    python benchmarks/potential.py [whole] [small] [drifted] [dealt] [trial] [--seconds 0] [--every 1] [--first 0]

Runs the parts named, all of them by default (`potential_books` and `potential_trial` say what each does). Results go to
benchmarks/results as they come, so that a run stopped after `--seconds`, or otherwise, goes on where it was; two runs
with `--every 2` and `--first 0` and `1` share the work. Parts that are complete are written into
docs/potential_measured.md; how long a million accounts take is told there by benchmarks/potential_size.py.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import measured_page
import numpy as np
import potential_books
import potential_trial

PAGE = Path(__file__).resolve().parents[1] / "docs" / "potential_measured.md"
TITLE = "# Potential, as measured"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *potential_books.PARTS, "trial"], default=[])
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after so many")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th book")
    parser.add_argument("--first", type=int, default=0, help="from this one on")
    options = parser.parse_args()
    until = time.perf_counter() + options.seconds
    for part in options.parts or [*potential_books.PARTS, "trial"]:
        whole = potential_trial.run(until) if part == "trial" else _books(part, until, options)
        if not whole:
            sys.stdout.write(f"{part}: not complete; the same command goes on\n")
    if all(map(potential_books.complete, potential_books.PARTS)):
        measured_page.put("potential: books", potential_books.section(), PAGE, TITLE)
    if potential_trial.complete():
        measured_page.put("potential: score", potential_trial.section(), PAGE, TITLE)


def _books(part: str, until: float, options: argparse.Namespace) -> bool:
    return potential_books.run(part, until, options.every, options.first)


if __name__ == "__main__":
    main()
