"""Regression to the mean: how far units that were low (or high) in a year come back in the next by chance alone.

Galton (1886); Barnett, van der Pols & Dobson (2005), Regression to the mean: what it is and how to deal with it. Before
any unit started, the slope of one year on the year before, over all units, says how much of a unit's distance lasts.
If units were chosen for where they stood in the year before the start, the rest of it is what they would have made up
untreated. It is in the naive comparison and in the difference in differences alike.

Of rates the distance is that from other units. Of sums it is that from the unit's own past: a large office is not
large by chance, but one that fell behind itself in a year may have by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.kpi.effect.assignments import ERROR
from crm_analysis.labels import label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

YEAR = 4
FEWEST = 5
"""Units from which on a slope is told."""


@dataclass(frozen=True)
class Drift:
    """What units that start would have made up by chance, had they been chosen for the year before the first start.

    `drift` with `low`, `high` (95 %, from the slope's; Student's t), in the outcome's unit. `gap`: what units that
    start first had in that year, or had gained in it, more than the others, on average. `slope` of that on the same a
    year earlier, over all `units`, and `p`, its chance were there none (Student's t; NaN not known). Drift is
    (slope - 1) x gap of levels, and slope x gap of gains.
    """

    drift: float
    low: float
    high: float
    gap: float
    slope: float
    units: int
    gains: bool
    p: float = float("nan")


def drift(values: Array, start: Ints, year: int = YEAR, gains: bool = False) -> Drift:
    """From an outcome of periods x units, `year` of them a year, and the period each unit starts in, or NEVER.

    `gains`: distances are those from the year before (of sums). Units that start first of all are those looked at;
    later ones and those that never do are the others. Raises BookError where periods do not reach two years (of gains
    three) before the first start, or units are fewer than FEWEST or all alike.
    """
    from scipy.stats import linregress, t

    first, back = int(start.min()), 3 if gains else 2
    if first > len(values) or first < back * year or len(start) < FEWEST or not (start > first).any():
        raise BookError(label("effect_no_drift", units=len(start), years=back, least=FEWEST))
    levels = [values[first - place * year : first - (place - 1) * year].mean(axis=0) for place in range(back, 0, -1)]
    older, base = np.diff(levels, axis=0) if gains else levels
    order = np.lexsort((base, older))
    if not np.isfinite(base + older).all() or np.ptp(older) == 0:
        raise BookError(label("effect_no_drift", units=len(start), years=back, least=FEWEST))
    found = linregress(older[order], base[order])
    chosen = start[order] == first
    gap = float(base[order][chosen].mean() - base[order][~chosen].mean())
    slope = float(found.slope)
    half = float(t.ppf(1 - ERROR / 2, len(start) - 2)) * float(found.stderr) * abs(gap)
    moved = (slope - (not gains)) * gap
    return Drift(moved, moved - half, moved + half, gap, slope, len(start), gains, float(found.pvalue))
