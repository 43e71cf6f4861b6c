"""XmR charts: months that stand out from the usual up and down of a figure (Wheeler 1993)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEAST = 12
"""Months that limits need: with fewer they are themselves a matter of chance."""
MONTHS = 24
"""Months a chart shows at most: limits of long ago are not those of today."""
WIDE = 2.66
"""Mean moving ranges between the mean and a limit: three standard deviations of a normal law (3 / 1.128)."""
RUN = 8
"""Months in a row on one side of the mean that are a signal."""
ABOVE, BELOW, LONG = "above", "below", "run"
DRAWS, _SEED = 2000, 20260930
"""Charts that are drawn to tell how often chance alone makes a signal."""


def signals(rate: Array) -> tuple[NDArray[np.str_], Array, Array]:
    """The signals of charts, a row each and a column per month; their means, and how far from these the limits are.

    A signal is ABOVE or BELOW a limit, LONG (a month that ends, or goes on with, RUN or more on one side of the mean),
    or "". Limits are the mean and WIDE mean moving ranges to either side.
    """
    middle = rate.mean(axis=1)
    half = WIDE * np.abs(np.diff(rate, axis=1)).mean(axis=1)
    near = 1e-9 * np.maximum(1.0, np.abs(middle))
    above, below = (sign * (rate - middle[:, None]) for sign in (1, -1))
    side = np.where(above > near[:, None], 1, np.where(below > near[:, None], -1, 0))
    length = np.zeros(side.shape, dtype=np.int64)
    for place in range(side.shape[1]):
        goes_on = side[:, place] == side[:, place - 1] if place else False
        length[:, place] = np.where(side[:, place] == 0, 0, 1 + np.where(goes_on, length[:, place - 1], 0))
    limit = (half + near)[:, None]
    return np.select([above > limit, below > limit, length >= RUN], [ABOVE, BELOW, LONG], ""), middle, half


@cache
def by_chance(months: int) -> float:
    """How often a chart of so many months has a signal where each is drawn by itself from one normal law.

    Limits are made from the few months they judge, so this is no rare thing. Of DRAWS charts, seed fixed.
    """
    drawn = np.random.default_rng(_SEED).normal(size=(DRAWS, months))
    return float((signals(drawn)[0] != "").any(axis=1).mean())
