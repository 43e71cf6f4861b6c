"""What if some accounts were lifted: what they would bring, by what movers really brought, and what it costs.

Fixed cost stays as it is. Minutes of contacts that moved accounts take more are paid for, as if other work had to wait
for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.plan.moves.costs import Costs, serving
from crm_analysis.plan.moves.ladder import state_said
from crm_analysis.plan.moves.means import DRAWS, ends
from crm_analysis.plan.moves.movers import FEW, MOST_OF_IT, movers
from crm_analysis.plan.moves.wishes import wishes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.plan.moves.costs import Effort, Serving
    from crm_analysis.plan.moves.ladder import Ladder
    from crm_analysis.plan.moves.movers import Movers
    from crm_analysis.plan.moves.past import Past
    from crm_analysis.plan.moves.wishes import Wish

    Array = NDArray[np.float64]

TOTAL = ""
"""The state, and the move, of the row that sums up all."""


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What moves would bring in a year.

    `table`, a row per move in the order said, and one for all: from_state, to_state ("" for all), accounts, movers
    (accounts it is known of; NaN for all), then of revenue and, with costs, margin: gain_revenue with low_ and high_
    before it (at LEVEL: what is not known of the mean, and the luck of so few accounts), average_revenue (the same if
    accounts brought the average of their state); extra_minutes, effort_cost, extra_avoidable, profit (margin gained
    less both) and return_on_effort (profit over effort_cost), these two with low_ and high_, and at class averages
    average_profit and average_return. NaN where movers, costs or minutes are not known; a return only where effort
    costs more. What is not known of avoidable cost is left out of profit, and said.

    `book`, a row per state and one for all: state, then accounts, revenue, margin and avoidable before, and after with
    after_ before the name: an account moved takes the average of its state along and brings the average plus the
    gain where it goes, so that all together changes by the gain. `result`: margin, avoidable (of all accounts that
    spending names, prospects too), fixed, profit (margin less both, as far as known), after_profit with low_ and high_;
    what contacts of today cost is not in it.
    """

    ladder: Ladder
    wishes: tuple[Wish, ...]
    table: pd.DataFrame
    book: pd.DataFrame
    result: pd.Series
    says: tuple[str, ...]


def lifted(
    past: Past, moves: str, ladders: Sequence[Ladder], cost: Costs | None = None, effort: Effort | None = None
) -> WhatIf:
    """What the `moves`, such as "Low>Mid: 6; Mid>High: 1", would bring; `past` has steps of four quarters.

    UserError for a text that cannot be read (`wishes`), more accounts than there are, or a state without minutes;
    BookError where orders do not reach back far enough (`movers`).
    """
    import pandas as pd

    ladder, found = wishes(moves, ladders)
    known = movers(past, ladder)
    _enough(found, known)
    cost = cost or Costs(None, np.nan)
    place = ladder.places(*past.on(-1))
    served = serving(past, place, len(ladder.states), cost)
    each = [_Case.of(wish, known, served, effort) for wish in found]
    rows = [case.row(wish.begin, wish.end) for case, wish in zip(each, found, strict=True)]
    whole = _Case.total(each)
    table = pd.DataFrame([*rows, whole.row(TOTAL, TOTAL)])
    if "margin" not in known.averages:
        table = table[[name for name in table if not re.search("profit|return", str(name))]]
    return WhatIf(
        ladder, found, table, _book(found, each, known, past, place, served), _result(whole, past, cost),
        _says(found, known, cost, effort),
    )  # fmt: skip


def _enough(found: tuple[Wish, ...], known: Movers) -> None:
    states = known.ladder.states
    for state in dict.fromkeys(wish.begin for wish in found):
        asked = sum(wish.accounts for wish in found if wish.begin == state)
        there = int(known.now[states.index(state)])
        if asked > there:
            told = {"asked": f"{asked:,}", "there": f"{there:,}"}
            raise UserError(label("what_if_too_few", state=state_said(state), **told))


@dataclass(frozen=True, eq=False)
class _Case:
    """A move, or all: numbers by name, and draws of those that have an interval."""

    known: dict[str, float]
    drawn: dict[str, Array]

    @classmethod
    def of(cls, wish: Wish, known: Movers, served: Serving, effort: Effort | None) -> _Case:
        begin, end = (known.ladder.states.index(state) for state in (wish.begin, wish.end))
        lift, many = known.lifts[wish.begin, wish.end], wish.accounts
        row: dict[str, float] = {"accounts": many, "movers": lift.accounts}
        drawn: dict[str, Array] = {}
        for name in lift.gains:
            row[f"gain_{name}"] = many * lift.gain(name)
            row[f"average_{name}"] = many * known.at_average(wish.begin, wish.end, name)
            drawn[f"gain_{name}"] = lift.gain_draws(name, many)
        row["extra_minutes"] = row["effort_cost"] = np.nan
        if effort is not None:
            row["extra_minutes"] = many * (effort.of(wish.end) - effort.of(wish.begin))
            row["effort_cost"] = row["extra_minutes"] * effort.cost_per_minute
        row["extra_avoidable"] = many * float(served.mean[end] - served.mean[begin])
        drawn["extra_avoidable"] = many * (served.draws[end] - served.draws[begin])
        return cls(row, drawn)

    @classmethod
    def total(cls, cases: list[_Case]) -> _Case:
        """The sum; movers of different moves add up to nothing."""
        row = {name: float(sum(case.known[name] for case in cases)) for name in cases[0].known}
        drawn = {name: np.sum([case.drawn[name] for case in cases], axis=0) for name in cases[0].drawn}
        return cls(row | {"movers": np.nan}, drawn)

    def profit(self) -> tuple[float, float, Array]:
        """Margin gained less what it takes more: by movers, at averages, and draws; of costs those that are known."""
        if "gain_margin" not in self.known:
            return np.nan, np.nan, np.full(DRAWS, np.nan)
        effort = np.nan_to_num(self.known["effort_cost"])
        serving = np.nan_to_num(self.known["extra_avoidable"])
        drawn = self.drawn["gain_margin"] - effort - np.nan_to_num(self.drawn["extra_avoidable"])
        return (
            self.known["gain_margin"] - effort - serving, self.known["average_margin"] - effort - serving, drawn,
        )  # fmt: skip

    def row(self, begin: str, end: str) -> dict[str, Any]:
        """A row of the table."""
        found: dict[str, Any] = {"from_state": begin, "to_state": end}
        for name, value in self.known.items():
            found[name] = value
            if name.startswith("gain_"):
                found |= _ends(name, self.drawn[name])
        profit, average, drawn = self.profit()
        spent = self.known["effort_cost"]
        spent = spent if spent > 0 else np.nan
        found |= {"profit_gain": profit, **_ends("profit_gain", drawn), "average_profit": average}
        found |= {"return_on_effort": profit / spent, **_ends("return_on_effort", drawn / spent)}
        return found | {"average_return_on_effort": average / spent, "accounts": int(self.known["accounts"])}


def _ends(name: str, draws: Array) -> dict[str, float]:
    low, high = ends(draws)
    return {f"low_{name}": low, f"high_{name}": high}


def _book(
    found: tuple[Wish, ...], cases: list[_Case], known: Movers, past: Past, place: NDArray[np.int8], served: Serving
) -> pd.DataFrame:
    import pandas as pd

    states = known.ladder.states
    sums = {"accounts": known.now.astype("float64")}
    for name, values in past.money().items():
        sums[name] = np.array([np.sort(values[-1][place == at]).sum() for at in range(len(states))])
    sums["avoidable"] = served.sums
    after = {name: values.copy() for name, values in sums.items()}
    for wish, case in zip(found, cases, strict=True):
        begin, end = states.index(wish.begin), states.index(wish.end)
        means = {name: float(mean[begin]) for name, mean in known.averages.items()}
        means |= {"accounts": 1.0, "avoidable": float(served.mean[begin])}
        gains = {name: case.known[f"gain_{name}"] for name in known.averages}
        gains |= {"accounts": 0.0, "avoidable": float(np.nan_to_num(case.known["extra_avoidable"]))}
        for name, values in after.items():
            taken = wish.accounts * means[name]
            values[begin] -= taken
            values[end] += taken + gains[name]
    columns = sums | {f"after_{name}": values for name, values in after.items()}
    rows = {name: [*values, values.sum()] for name, values in columns.items()}
    return pd.DataFrame({"state": [*states, TOTAL]} | rows).astype({"accounts": "int64", "after_accounts": "int64"})


def _result(whole: _Case, past: Past, cost: Costs) -> pd.Series:
    import pandas as pd

    served = np.nan if cost.avoidable is None else float(np.sort(cost.avoidable["cost_to_serve"]).sum())
    margin = np.nan if past.margin is None else float(np.sort(past.margin[-1]).sum())
    profit = margin - float(np.nan_to_num(served)) - float(np.nan_to_num(cost.fixed))
    gain, _, drawn = whole.profit()
    low, high = ends(profit + drawn)
    found = {
        "margin": margin,
        "avoidable": served,
        "fixed": cost.fixed,
        "profit": profit,
        "after_profit": profit + gain,
    }
    return pd.Series(found | {"low_after_profit": low, "high_after_profit": high})


def _says(found: tuple[Wish, ...], known: Movers, cost: Costs, effort: Effort | None) -> tuple[str, ...]:
    """What a reader must know of the figures."""
    says = [label("what_if_rests", first=known.days[0], last=known.days[-1])]
    for wish in found:
        lift = known.lifts[wish.begin, wish.end]
        names = {"begin": state_said(wish.begin), "end": state_said(wish.end), "movers": lift.accounts}
        if lift.accounts < 2:
            says.append(label("what_if_no_movers" if not lift.accounts else "what_if_one_mover", **names))
        elif lift.accounts < FEW:
            says.append(label("what_if_few_movers", **names))
        elif lift.largest > MOST_OF_IT:
            says.append(label("what_if_largest", **names, share=f"{lift.largest:.0%}"))
        if lift.years.counted < lift.years.moved:
            moved, counted = (f"{number}" for number in (lift.years.moved, lift.years.counted))
            says.append(label("what_if_years", **names, moved=moved, counted=counted))
        head, gain = lift.head_start["revenue"], lift.gain("revenue")
        if gain > 0 and head > 0:
            says.append(label("what_if_head_start", **names, share=f"{min(head / gain, 1):.0%}"))
    if "margin" not in known.averages:
        says.append(label("what_if_no_margin"))
    if effort is None:
        says.append(label("what_if_no_effort"))
    return (*says, *cost.lacks)
