"""Accounts that do exactly what a purchase model says: the truth that fits and intervals are tried on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.periods import after
from crm_analysis.value.histories import DAYS, Histories
from crm_analysis.value.lifetime.forecasts import discount

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.intp]
    Drawn = Callable[[Places], Array]
    """One number each for accounts at some places, drawn anew at each call."""

AS_OF = dt.date(2026, 9, 30)


def leaving_at_orders(
    rng: np.random.Generator,
    T: Array,
    horizon: str,
    params: dict[str, float],
    *,
    k: int = 1,
    first: bool = True,
    **book: Any,
) -> Histories:
    """Histories of accounts of MBG/CNBD-k, or with `first` False BG/CNBD-k, whose first orders were T units ago.

    `params` are r, alpha, a, b. The frame has two more columns: `orders`, those in the horizon after as_of, and
    `alive`, whether the account is still there at as_of. How the book is kept may be told by

    - `unit` of time, "week" unless told;
    - `amounts`, what one order each of accounts at some places is worth, as `gamma_gamma_amounts` or `normal_amounts`
      draw it. Then the frame has revenue, first_revenue, monetary and revenue_squares, and of the horizon `total`, the
      money of its orders, and `value`, each of them discounted to as_of from its own time by `annual_rate` (0.1);
    - `within`, shorter horizons, for columns such as orders_12M, total_12M and value_12M beside;
    - `whole_days`: times are days as a book dates them, and orders of one day are one.
    """
    rate = rng.gamma(params["r"], 1 / params["alpha"], len(T))
    leaves = rng.beta(params["a"], params["b"], len(T))
    with np.errstate(divide="ignore"):
        stays = np.floor(np.log(rng.random(len(T))) / np.log1p(-leaves)) + (0 if first else 1)
    lasts = np.minimum(stays, 1e9)  # orders after the first one until the account leaves
    forever = np.full(len(T), np.inf)
    return _played(rng, T, horizon, lambda of: rng.standard_gamma(k, len(of)) / rate[of], lasts, forever, **book)


def leaving_at_any_time(
    rng: np.random.Generator, T: Array, horizon: str, params: dict[str, float], **book: Any
) -> Histories:
    """Histories of accounts of Pareto/NBD, as `leaving_at_orders`; `params` are r, alpha, s, beta."""
    rate = rng.gamma(params["r"], 1 / params["alpha"], len(T))
    until = rng.standard_exponential(len(T)) / rng.gamma(params["s"], 1 / params["beta"], len(T))
    forever = np.full(len(T), np.inf)
    return _played(rng, T, horizon, lambda of: rng.standard_exponential(len(of)) / rate[of], forever, until, **book)


def gamma_gamma_amounts(rng: np.random.Generator, accounts: int, params: dict[str, float]) -> Drawn:
    """Orders of accounts of GammaGamma, with p, q and v: what one order of each at some places is worth."""
    scale = params["v"] / rng.standard_gamma(params["q"], accounts)
    return lambda of: rng.standard_gamma(params["p"], len(of)) * scale[of]


def normal_amounts(rng: np.random.Generator, accounts: int, params: dict[str, float]) -> Drawn:
    """Orders of accounts of NormalSpend, with kappa, nu, s and mu0: what one order of each at some places is worth."""
    spread = params["s"] * np.sqrt(params["nu"] / rng.chisquare(params["nu"], accounts))
    mean = params["mu0"] + spread / np.sqrt(params["kappa"]) * rng.standard_normal(accounts)
    return lambda of: mean[of] + spread[of] * rng.standard_normal(len(of))


def _played(
    rng: np.random.Generator,
    T: Array,
    horizon: str,
    gap: Drawn,
    lasts: Array,
    until: Array,
    *,
    unit: str = "week",
    amounts: Drawn | None = None,
    within: Sequence[str] = (),
    annual_rate: float = 0.1,
    whole_days: bool = False,
) -> Histories:
    """Order by order: the gap to the next one, for accounts that are still there and within the horizon.

    An account leaves after `lasts` orders, not counting the first, or at the time `until`.
    """
    days, begun = DAYS[unit], np.zeros(len(T))  # begun: how much of its day had passed when an account first ordered
    if whole_days:
        T, begun = np.round(T * days) / days, rng.random(len(T))
    spans = {
        f"_{name}" if name != horizon else "": (after(AS_OF, name) - AS_OF).days / days for name in (*within, horizon)
    }
    book = _Ledger(T, spans, amounts, discount(annual_rate, unit))
    now, going, orders = np.zeros(len(T)), np.arange(len(T)), 0
    book.enter(going, now)
    placed = np.zeros(len(T))
    while len(going := going[orders < lasts[going]]):
        now[going] += gap(going)
        dated = np.floor(now[going] * days + begun[going]) / days if whole_days else now[going]
        there = (now[going] <= until[going]) & (dated <= T[going] + spans[""])
        going, dated = going[there], dated[there]
        orders += 1  # every account that is still going has had as many
        placed[going[dated <= T[going]]] = orders
        book.enter(going, dated)
    frame = book.frame.assign(alive=(placed < lasts) & (until > T))
    return Histories.of(frame, unit=unit, as_of=AS_OF)


class _Ledger:
    """What a book sees of the orders that come in: occasions and money up to T, and within each span after it."""

    def __init__(self, T: Array, spans: dict[str, float], amounts: Drawn | None, rate: float) -> None:
        self._T, self._spans, self._amounts, self._rate = T, spans, amounts, rate
        self._last, self._money = np.full(len(T), -1.0), np.zeros(len(T))  # of the last occasion: when, and how much
        counts, times = ["frequency", *(f"orders{name}" for name in spans)], ["recency", "log_gaps"]
        if amounts is not None:
            times += ["revenue", "first_revenue", "revenue_squares"]
            times += [f"{what}{name}" for what in ("total", "value") for name in spans]
        self._sums: dict[str, Any] = {name: np.zeros(len(T), dtype=np.int64) for name in counts}
        self._sums |= {name: np.zeros(len(T)) for name in times}

    @property
    def frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame({"T": self._T, **self._sums})

    def enter(self, of: Places, time: Array) -> None:
        """One order each of the accounts at these places; one at the time of the last occasion joins it."""
        sums, last, past = self._sums, self._last[of], time <= self._T[of]
        fresh = time > last
        again = fresh & past & (last >= 0)
        sums["frequency"][of[again]] += 1
        sums["recency"][of[again]] = time[again]
        sums["log_gaps"][of[again]] += np.log((time - last)[again])
        ahead = {name: ~past & (time <= self._T[of] + span) for name, span in self._spans.items()}
        for name, inside in ahead.items():
            sums[f"orders{name}"][of[inside & fresh]] += 1
        self._last[of] = time
        if self._amounts is None:
            return
        amount, before = self._amounts(of), np.where(fresh, 0.0, self._money[of])
        self._money[of] = before + amount
        sums["revenue"][of[past]] += amount[past]
        sums["first_revenue"][of[time == 0]] += amount[time == 0]
        sums["revenue_squares"][of[past]] += (amount * (amount + 2 * before))[past]
        today = amount * np.exp(-self._rate * (time - self._T[of]))
        for name, inside in ahead.items():
            sums[f"total{name}"][of[inside]] += amount[inside]
            sums[f"value{name}"][of[inside]] += today[inside]
