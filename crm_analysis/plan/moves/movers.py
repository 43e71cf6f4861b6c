"""What accounts that moved really brought in their next year, beside accounts that stayed where they were.

Movers enter a state at its border, and many fall back or leave: the average of the state they reached is not theirs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.plan.moves.means import DRAWS, SEED, ends, mean_draws

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.plan.moves.ladder import Ladder
    from crm_analysis.plan.moves.past import Past

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_OF_IT = 0.5
"""Share of all that movers gained from which on a single one makes too much of their mean."""
FEW = 5
"""Movers below which their mean is an example rather than a rate."""
_AT_ONCE = 50


@dataclass(frozen=True)
class Years:
    """Years in which accounts made a move, and those of them in which others stayed."""

    moved: int
    counted: int


@dataclass(frozen=True, eq=False)
class Lift:
    """Accounts that moved from one state to another, one place each, sorted by what they gained.

    Of an account that made the move more than once its mean counts. `gains`: by money, what each brought in the year
    after the move less what accounts that stayed brought in the mean in the same year; `cluster`, its customer group,
    by money in the same order. `stay_error`: the standard error of the mean of those that stayed. `brought`, `stayed`
    and `head_start` are means over the accounts: of the year after; of those that stayed; and what the movers had
    brought more than those in the year before the move. `held`: the part that a year later was still in the state
    reached, or beyond. All NaN or empty without movers, gains also where nobody stayed in any year of a move.

    `years`: in how many years accounts made the move (moved), and in how many of these others stayed (counted). Moves
    of the other years, which nothing can be held against, are left out of all figures; where no year counts, they are
    all in.
    """

    begin: int
    end: int
    gains: Mapping[str, Array]
    cluster: Mapping[str, Ints]
    stay_error: Mapping[str, float]
    brought: Mapping[str, float]
    stayed: Mapping[str, float]
    head_start: Mapping[str, float]
    held: float
    years: Years

    @property
    def largest(self) -> float:
        """The part that one mover has of all the revenue that movers gained; NaN where none gained."""
        return self.share_of_largest("revenue")

    def share_of_largest(self, money: str) -> float:
        """The part that one mover has of all that movers gained of the money; NaN where none gained."""
        gained = np.maximum(self.gains[money], 0).sum()
        return float(self.gains[money].max() / gained) if gained > 0 else np.nan

    def gain_without_largest(self, money: str) -> float:
        """The mean gain of the movers but for the one that gained most; NaN without others."""
        return float(self.gains[money][:-1].mean()) if self.accounts > 1 else np.nan

    @property
    def accounts(self) -> int:
        """Accounts that made the move."""
        return len(self.gains["revenue"])

    def gain(self, money: str) -> float:
        """The mean gain of a mover; NaN without any."""
        return float(self.gains[money].mean()) if self.accounts else np.nan

    def gain_draws(self, money: str, accounts: int = 0, many: int = DRAWS, seed: int = SEED) -> Array:
        """Draws of the mean gain; given a number of accounts, of what so many gain together, their luck included.

        Luck is that of movers drawn anew. NaN with fewer than two movers (of different groups).
        """
        rng = np.random.default_rng([seed, self.begin, self.end, sorted(self.gains).index(money)])
        gains = self.gains[money]
        mean = mean_draws(gains, self.cluster[money], many, rng)
        if len(gains) < 2:
            return mean * max(accounts, 1)
        mean += self.stay_error[money] * rng.standard_normal(many)
        if not accounts:
            return mean
        own = (gains - gains.mean()) * np.sqrt(len(gains) / (len(gains) - 1))
        if accounts > _AT_ONCE:
            luck = np.sqrt(accounts * np.square(own).mean()) * rng.standard_normal(many)
        else:
            luck = own[rng.integers(0, len(own), (many, accounts))].sum(axis=1)
        return np.asarray(mean * accounts + luck, dtype="float64")


@dataclass(frozen=True, eq=False)
class Movers:
    """All moves between the states of a ladder: `lifts` by (state at the beginning, state a year later).

    `days`: the first day of the earliest move and the last day of the latest next year. `averages`: by money, the mean
    of a year of the accounts in each state on the last day (NaN without any), and `now` how many there are.
    """

    ladder: Ladder
    days: tuple[dt.date, ...]
    lifts: Mapping[tuple[str, str], Lift]
    averages: Mapping[str, Array]
    now: Ints

    def at_average(self, begin: str, end: str, money: str) -> float:
        """What a lift would bring if accounts brought the average of their state."""
        states, mean = self.ladder.states, self.averages[money]
        return float(mean[states.index(end)] - mean[states.index(begin)])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per move, from the top down.

        Columns: from_state, to_state, movers (accounts), held_share, then of revenue and, with costs, margin, here
        called money: brought_money, stayed_money, gain_money with low_ and high_ before it (the interval of the mean at
        LEVEL), head_start_money (how much of the gain they brought more before they moved), average_money (the gain
        if accounts brought the average of their state). NaN as in `Lift`; no interval for one mover.
        """
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for (begin, end), lift in self.lifts.items():
            row = {"from_state": begin, "to_state": end, "movers": lift.accounts, "held_share": lift.held}
            for name in lift.gains:
                low, high = ends(lift.gain_draws(name))
                row |= {f"brought_{name}": lift.brought[name], f"stayed_{name}": lift.stayed[name]}
                row |= {f"gain_{name}": lift.gain(name), f"low_gain_{name}": low, f"high_gain_{name}": high}
                row |= {f"head_start_{name}": lift.head_start[name]}
                row |= {f"average_{name}": self.at_average(begin, end, name)}
            rows.append(row)
        return pd.DataFrame(rows)


def movers(past: Past, ladder: Ladder) -> Movers:
    """Moves of a year and what came in the next, over all years of `past`, which has steps of four quarters.

    Those that fell back or left count with what they brought; moves of a year in which nobody stayed do not, where
    others do. BookError where orders do not reach over a year for the bars, a year for the move and the year after;
    UserError for other steps.
    """
    if past.quarters != 4:
        raise UserError(f"moves are valued by years, steps of 4 quarters; found steps of {past.quarters}.")
    if len(past.days) < 3:
        raise BookError(label("moves_no_next_year", first=past.days[0], day=past.days[-1]))
    places = np.stack([ladder.places(*past.on(day)) for day in range(len(past.days))]).astype(np.int64)
    money = past.money()
    many, steps = len(ladder.states), len(places) - 2
    begin, end, after = (places[first : first + steps].ravel() for first in range(3))
    year, account = np.repeat(np.arange(steps), places.shape[1]), np.tile(np.arange(places.shape[1]), steps)
    known = begin < many
    begin, end, after, year, account = (rows[known] for rows in (begin, end, after, year, account))
    came = {name: values[2:].ravel()[known] for name, values in money.items()}
    had = {name: values[:steps].ravel()[known] for name, values in money.items()}
    lifts = {}
    for i, one in enumerate(ladder.states):
        own = begin == i
        stays = {name: _Stay.of(came[name], had[name], year, own & (end == i), steps) for name in money}
        for j, other in enumerate(ladder.states):
            if i != j:
                at, years = _counted(np.flatnonzero(own & (end == j)), year, stays["revenue"])
                kept = after[at] <= j if j < i else after[at] >= j
                rows = {name: (came[name][at], had[name][at]) for name in money}
                lifts[one, other] = _lift((i, j), account[at], year[at], rows, kept, stays, past.cluster, years)
    now = np.bincount(places[-1], minlength=many + 1)[:many]
    averages = {name: _averages(values[-1], places[-1], many) for name, values in money.items()}
    return Movers(ladder, past.days, lifts, averages, now)


@dataclass(frozen=True, eq=False)
class _Stay:
    """Accounts that stayed in a state, by year: mean of the year after, its error, and mean of the year before."""

    after: Array
    error: Array
    before: Array

    @classmethod
    def of(cls, came: Array, had: Array, year: Ints, stayed: NDArray[np.bool_], steps: int) -> _Stay:
        after, error, before = np.full((3, steps), np.nan)
        for step in range(steps):
            own = stayed & (year == step)
            values = np.sort(came[own])
            if len(values):
                after[step], before[step] = values.mean(), np.sort(had[own]).mean()
                error[step] = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else abs(values[0])
        return cls(after, error, before)


def _counted(moves: Ints, year: Ints, stay: _Stay) -> tuple[Ints, Years]:
    """Of moves (places in `year`) those of years in which others stayed, or all where none is; and the years."""
    known = np.isfinite(stay.after[year[moves]])
    years = Years(len(np.unique(year[moves])), len(np.unique(year[moves[known]])))
    return (moves[known] if known.any() else moves), years


def _lift(
    pair: tuple[int, int], account: Ints, year: Ints, money: Mapping[str, tuple[Array, Array]],
    kept: NDArray[np.bool_], stays: Mapping[str, _Stay], cluster: Ints, years: Years,
) -> Lift:  # fmt: skip
    each, place = np.unique(account, return_inverse=True)
    moves = np.bincount(place).astype("float64")

    def by_account(values: Any) -> Array:
        return np.asarray(np.bincount(place, values) / moves, dtype="float64")

    found: dict[str, dict[str, Any]] = {name: {} for name in ("gains", "cluster", "error", "brought", "stayed", "head")}
    for name, (came, had) in money.items():
        stay = stays[name]
        gains, brought = by_account(came - stay.after[year]), by_account(came)
        order = np.lexsort((cluster[each], brought, gains))
        found["gains"][name], found["cluster"][name] = gains[order], cluster[each][order]
        found["brought"][name] = float(np.sort(brought).mean()) if len(each) else np.nan
        found["stayed"][name] = float(np.sort(by_account(stay.after[year])).mean()) if len(each) else np.nan
        head = np.sort(by_account(had - stay.before[year]))
        found["head"][name] = float(head.mean()) if len(each) else np.nan
        # accounts that stay do so for years: errors of several years are added, as if they were one
        found["error"][name] = float(by_account(stay.error[year]).mean()) if len(each) else np.nan
    held = float(by_account(kept.astype("float64")).mean()) if len(each) else np.nan
    return Lift(
        *pair,
        found["gains"],
        found["cluster"],
        found["error"],
        found["brought"],
        found["stayed"],
        found["head"],
        held,
        years,
    )


def _averages(values: Array, place: Ints, many: int) -> Array:
    """The mean of each state's values; NaN without accounts."""
    order = np.lexsort((values, place))
    sums = np.bincount(place[order], values[order], minlength=many + 1)[:many]
    sizes = np.bincount(place, minlength=many + 1)[:many]
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), np.nan)
