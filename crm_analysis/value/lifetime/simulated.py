"""Accounts that do exactly what a purchase model says: the truth that fits and intervals are tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.value.histories import DAYS, Histories

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

AS_OF = "2026-09-30"


def leaving_at_orders(
    rng: np.random.Generator,
    T: Array,
    horizon: str,
    params: dict[str, float],
    *,
    k: int = 1,
    first: bool = True,
    unit: str = "week",
) -> Histories:
    """Histories of accounts of MBG/CNBD-k, or with `first` False BG/CNBD-k, whose first orders were T units ago.

    `params` are r, alpha, a, b. The frame has two more columns: `orders`, those in the horizon after as_of, and
    `alive`, whether the account is still there at as_of.
    """
    rate = rng.gamma(params["r"], 1 / params["alpha"], len(T))
    leaves = rng.beta(params["a"], params["b"], len(T))
    with np.errstate(divide="ignore"):
        after = np.floor(np.log(rng.random(len(T))) / np.log1p(-leaves)) + (0 if first else 1)
    lasts = np.minimum(after, 1e9)  # orders after the first one until the account leaves
    return _played(rng, T, horizon, unit, lambda of: rng.standard_gamma(k, len(of)) / rate[of], lasts=lasts)


def leaving_at_any_time(
    rng: np.random.Generator, T: Array, horizon: str, params: dict[str, float], *, unit: str = "week"
) -> Histories:
    """Histories of accounts of Pareto/NBD, as `leaving_at_orders`; `params` are r, alpha, s, beta."""
    rate = rng.gamma(params["r"], 1 / params["alpha"], len(T))
    until = rng.standard_exponential(len(T)) / rng.gamma(params["s"], 1 / params["beta"], len(T))
    return _played(rng, T, horizon, unit, lambda of: rng.standard_exponential(len(of)) / rate[of], until=until)


def _played(
    rng: np.random.Generator, T: Array, horizon: str, unit: str, gap: Any, lasts: Any = None, until: Any = None
) -> Histories:
    """Order by order: the gap to the next one, for accounts that are still there and within the horizon."""
    import pandas as pd

    empty = Histories.of(pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [1.0]}), unit=unit, as_of=AS_OF)  # type: ignore[arg-type]
    end = T + empty.time(horizon)
    lasts = np.full(len(T), np.inf) if lasts is None else lasts
    until = np.full(len(T), np.inf) if until is None else until
    now, done = np.zeros(len(T)), np.zeros(len(T))
    frequency, recency, logs, orders = np.zeros(len(T), dtype=np.int64), np.zeros(len(T)), np.zeros(len(T)), np.zeros(len(T), dtype=np.int64)
    going = np.flatnonzero(lasts > 0)
    while len(going):
        step = gap(going)
        then = now[going] + step
        there = (then <= until[going]) & (then <= end[going])
        going, then, step = going[there], then[there], step[there]
        now[going] = then
        done[going] += 1
        past = then <= T[going]
        frequency[going[past]] += 1
        recency[going[past]] = then[past]
        logs[going[past]] += np.log(step[past])
        orders[going[~past]] += 1
        going = going[done[going] < lasts[going]]
    alive = (frequency < lasts) & (until > T)
    frame = pd.DataFrame({"frequency": frequency, "recency": recency, "T": T, "log_gaps": logs, "orders": orders, "alive": alive})
    return Histories.of(frame, unit=unit, as_of=AS_OF)  # type: ignore[arg-type]


def days(T: Array, unit: str = "week") -> Array:
    """Times rounded to whole days, as a book dates them."""
    return np.round(T * DAYS[unit]) / DAYS[unit]
