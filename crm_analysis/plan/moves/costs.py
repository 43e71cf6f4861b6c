"""What serving accounts takes: minutes of contacts, avoidable cost, fixed cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.accounts import WINDOW
from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.plan.moves.ladder import INACTIVE
from crm_analysis.plan.moves.means import DRAWS, SEED, mean_draws
from crm_analysis.value.cost_to_serve import SHORTEST, avoidable

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.plan.moves.past import Past

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Effort:
    """Minutes of contacts a year planned for an account of each state, and what a minute costs.

    Inactive accounts take none unless it is said.
    """

    minutes: Mapping[str, float]
    cost_per_minute: float

    def of(self, state: str) -> float:
        """Minutes of an account in a state; UserError where they are not said."""
        if state not in self.minutes and state != INACTIVE:
            raise UserError(f"minutes of a year are missing for {state}; expected those of every state moved.")
        return self.minutes.get(state, 0.0)

    def __post_init__(self) -> None:
        """UserError for an amount below 0."""
        for name, amount in {**self.minutes, "a minute": self.cost_per_minute}.items():
            if not amount >= 0:
                raise UserError(f"minutes and their cost are 0 or more; found {amount!r} for {name}.")


@dataclass(frozen=True, eq=False)
class Costs:
    """What serving takes: avoidable cost of a year by account (account_id, cost_to_serve) and fixed cost of a year.

    None and NaN where the book cannot tell; `lacks` says why.
    """

    avoidable: pd.DataFrame | None
    fixed: float
    lacks: tuple[str, ...] = ()


def costs(book: Book, as_of: str | dt.date) -> Costs:
    """Avoidable cost by account (`value.cost_to_serve`) and fixed cost of the trailing year, as far as spending tells.

    Fixed are rows of spending marked so, whether or not they name an account; a period that began before the year
    counts by its days inside. Spending of less than the year is brought to a year.
    """
    day, lacks, own = as_date(as_of), [], None
    try:
        own = avoidable(book, day)
    except BookError as error:
        lacks.append(str(error))
    if missing := book.as_of(day).why_not("spend", "fixed"):
        return Costs(own, np.nan, (*lacks, missing))
    rows, start = book.as_of(day).need("spend"), before(day, WINDOW)
    begin = rows.period_start if "period_start" in rows.columns else ibis.null("date")
    rows = rows.mutate(begin=begin.fill_null(rows.period_end)).filter(rows.period_end > ibis.literal(start))
    told = rows.filter(rows.fixed.fill_null(ibis.literal(False))).group_by("begin", "period_end")
    frame = engine.frame(told.agg(amount=rows.amount.sum().cast("float64")).order_by("begin", "period_end"))
    span = engine.frame(rows.agg(first=rows.begin.min(), last=rows.period_end.max()))
    first, last = span["first"].iloc[0], span["last"].iloc[0]
    covered = (last.date() - max(first.date() - dt.timedelta(days=1), start)).days if first == first else 0
    if frame.empty or covered < SHORTEST:
        return Costs(own, np.nan, (*lacks, label("what_if_no_fixed")))
    length = (frame["period_end"] - frame["begin"]).dt.days + 1
    counted = np.minimum((frame["period_end"] - np.datetime64(start)).dt.days, length)
    year = (day - start).days
    return Costs(own, float((frame["amount"] * counted / length).sum() * year / covered), tuple(lacks))


@dataclass(frozen=True, eq=False)
class Serving:
    """Avoidable cost of a year by state: sums, means of an account, and draws of those (states x draws).

    All NaN where the cost is not known, the mean also where there is no account.
    """

    sums: Array
    mean: Array
    draws: Array


def serving(past: Past, place: NDArray[np.int8], states: int, cost: Costs) -> Serving:
    """By the states that accounts are in on the last day; an account that spending does not name costs nothing."""
    import pandas as pd

    mean, draws = np.full(states, np.nan), np.full((states, DRAWS), np.nan)
    if cost.avoidable is None:
        return Serving(mean.copy(), mean, draws)
    named = cost.avoidable.set_index("account_id")["cost_to_serve"]
    each = pd.Series(past.account_id).map(named).fillna(0.0).to_numpy("float64")
    rng, sums = np.random.default_rng(SEED), np.zeros(states)
    for at in range(states):
        own = np.flatnonzero(place == at)
        sums[at] = np.sort(each[own]).sum()
        if len(own):
            mean[at] = sums[at] / len(own)
            draws[at] = mean_draws(each[own], past.cluster[own], DRAWS, rng)
    return Serving(sums, mean, np.where(np.isnan(draws), mean[:, None], draws))
