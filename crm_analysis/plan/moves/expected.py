"""The book to expect a step from now: accounts, revenue and margin by state, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.plan.moves.means import DRAWS, SEED, ends, mean_draws

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.plan.moves.migration import Migration
    from crm_analysis.plan.moves.past import Past

    Array = NDArray[np.float64]

TOTAL = ""
"""The state of the row that sums up all."""


@dataclass(frozen=True, eq=False)
class Expected:
    """The book a step of `quarters` from now.

    `table`, a row per state from the top down and one for all, whose state is "": state, accounts (now), expected (in
    the mean), low_expected, high_expected (at LEVEL), then revenue (of the trailing year now), expected_revenue,
    low_revenue, high_revenue and with costs the same of margin. Expected accounts add up to those now and the entries.
    `entries` of a step: expected, low, high. `counts` are the draws: draws x states.

    Intervals of accounts hold what is not known of shares, the next step's shock, and the luck of so few accounts;
    those of money also what is not known of the mean of a state (bootstrap), and the luck of what each account brings.
    Money is what accounts of the state bring now: that they grow within it is not foreseen, and a state of one account
    has a mean without a known error.
    """

    quarters: int
    table: pd.DataFrame
    entries: tuple[float, float, float]
    counts: NDArray[np.int64]


def expected(found: Migration, past: Past, seed: int = SEED) -> Expected:
    """The book a step from the last day of `past`, by the migration found in it."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    counts, came = count_draws(found, rng)
    mean = _mean(found)
    states, place = found.ladder.states, found.ladder.places(*past.on(-1))
    rows: list[dict[str, Any]] = []
    for at, state in enumerate(states):
        low, high = ends(counts[:, at].astype("float64"))
        rows.append({"state": state, "accounts": int(found.now[at]), "expected": float(mean[at])})
        rows[-1] |= {"low_expected": low, "high_expected": high}
    low, high = ends(counts.sum(axis=1).astype("float64"))
    rows.append({"state": TOTAL, "accounts": int(found.now.sum()), "expected": float(mean.sum())})
    rows[-1] |= {"low_expected": low, "high_expected": high}
    for name, money in past.money().items():
        whole, drawn, now = 0.0, np.zeros(len(counts)), 0.0
        for at in range(len(states)):
            own = place == at
            values = np.sort(money[-1][own])
            each = float(values.mean()) if len(values) else 0.0
            draws = np.zeros(len(counts))
            if each:
                luck = np.sqrt(counts[:, at]) * values.std() * rng.standard_normal(len(counts))
                draws = counts[:, at] * _means(money[-1][own], past.cluster[own], len(counts), rng) + luck
            row = {name: float(values.sum()), f"expected_{name}": float(mean[at]) * each}
            rows[at] |= row | dict(
                zip((f"low_{name}", f"high_{name}"), ends(np.asarray(draws, dtype="float64")), strict=True)
            )
            whole, now, drawn = whole + row[f"expected_{name}"], now + row[name], drawn + draws
        rows[-1] |= {name: now, f"expected_{name}": whole}
        rows[-1] |= dict(zip((f"low_{name}", f"high_{name}"), ends(drawn), strict=True))
    arriving = float(found.entries.sum(axis=1).mean())
    return Expected(found.quarters, pd.DataFrame(rows), (arriving, *ends(came.astype("float64"))), counts)


def _means(values: Array, cluster: NDArray[np.int64], many: int, rng: np.random.Generator) -> Array:
    """Draws of the mean of a state's accounts; the mean itself where one cluster is all there is."""
    drawn = mean_draws(values, cluster, many, rng, student=False)
    return np.where(np.isnan(drawn), values.mean(), drawn)


def _mean(found: Migration) -> Array:
    """Expected accounts by state."""
    arriving = found.entries.sum(axis=1).mean()
    mean: Array = np.append(found.now, arriving) @ found.shares
    return mean


def count_draws(
    found: Migration, rng: np.random.Generator, many: int = DRAWS
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draws of the accounts of each state a step from now (draws x states), and of the entries among them."""
    shares = found.share_draws(found.years.draws(many, rng)[1], rng)
    counts = np.zeros((many, len(found.now)), dtype=np.int64)
    for at, accounts in enumerate(found.now):
        own = shares[:, at]
        together = found.within * float(found.joint[at])
        if together > 0:  # accounts of one group move together: fewer independent ones
            own = _dirichlet(own * (1 / min(together, 0.99) - 1), rng)
        counts += rng.multinomial(int(accounts), own)
    steps = len(found.entries)
    rate = rng.gamma(found.entries.sum() + 0.5, 1 / steps, many) * np.exp(found.arrivals.draws(many, rng)[1])
    came = rng.poisson(rate).astype(np.int64)
    return counts + rng.multinomial(came, shares[:, -1]), came


def _dirichlet(parameters: Array, rng: np.random.Generator) -> Array:
    """One draw of each row's Dirichlet distribution."""
    drawn = rng.standard_gamma(np.maximum(parameters, 1e-12)) + 1e-300
    found: Array = drawn / drawn.sum(axis=1, keepdims=True)
    return found
