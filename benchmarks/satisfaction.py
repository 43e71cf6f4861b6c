"""What is said of satisfaction, measured: intervals of scores, weighting for silence, speed.

    python benchmarks/satisfaction.py [coverage] [silence] [size] [--seconds 0]

Runs the parts named, all of them by default; each in a module of its own that says what it does. Results go to
benchmarks/results as they come, so that a run stopped after `--seconds`, or otherwise, goes on where it was: remove a
part's file there to measure it anew. Then writes the parts that are complete into docs/satisfaction_measured.md, each
between marks of its own; what stands between other marks is left as it is (`measured_page`).
"""

from __future__ import annotations

import argparse
import sys
import time

import measured_page
import numpy as np
import satisfaction_coverage
import satisfaction_silence
import satisfaction_size

PARTS = {"coverage": satisfaction_coverage, "silence": satisfaction_silence, "size": satisfaction_size}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after so many")
    options = parser.parse_args()
    until = time.perf_counter() + options.seconds
    if not all(PARTS[name].run(until) for name in options.parts or PARTS):
        sys.stdout.write("stopped; the same command goes on\n")
    for name, part in PARTS.items():
        if part.complete():
            measured_page.put(f"scores: {name}", part.section())


if __name__ == "__main__":
    main()
