"""Migration: from which state of the book to which accounts move in a step of some quarters, with intervals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.labels import label
from crm_analysis.plan.moves.ladder import NEW, Ladder
from crm_analysis.plan.moves.means import DRAWS, SEED, ends
from crm_analysis.plan.moves.shocks import Shocks, shocks

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.plan.moves.past import Past

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

PRIOR = 1.0
"""Accounts that the prior of a row counts for, spread evenly over its cells (Perks 1947)."""
SHOCK = 0.15
"""Scale of the prior of shocks, in log odds: a year in which a share of .2 goes to .23 is a common one."""
ENTRIES = 0.15
"""The same of entries, in logarithms of their number."""


@dataclass(frozen=True, eq=False)
class Migration:
    """Moves between the states of a ladder, counted over steps that do not overlap.

    `counts`: accounts by step, state at its beginning and state at its end; `entries`: accounts by step that became
    customers in it, by their state at its end; `now`: accounts by state on the last day. `alike` is the correlation of
    what accounts of one customer group, or one account in several steps, do beyond their state, and `within` that of
    a group's accounts in one step; `effective` are the accounts of each row that tell as much if all were independent.
    `years` are the good and bad steps all rows share, `arrivals` those of entries. `joint`: for each state, the part of
    pairs of its accounts now that are of one group.

    Assumed: what an account does next hangs on its state, not on how it got there, beyond `alike`; groups are
    independent of each other but for the steps' shocks.
    """

    ladder: Ladder
    quarters: int
    days: tuple[dt.date, ...]
    counts: Ints
    entries: Ints
    now: Ints
    alike: float
    within: float
    effective: Array
    joint: Array
    years: Shocks
    arrivals: Shocks

    @cached_property
    def posterior(self) -> Array:
        """Parameters of the Dirichlet distribution of each row, those of entries the last: states + 1 rows."""
        rows = np.vstack([self.counts.sum(axis=0), self.entries.sum(axis=0)]).astype("float64")
        whole = rows.sum(axis=1, keepdims=True)
        shrink = np.append(self.effective, whole[-1])[:, None] / np.maximum(whole, 1)
        found: Array = rows * shrink + PRIOR / rows.shape[1]
        return found

    @property
    def shares(self) -> Array:
        """The expected share of each cell: rows by state at the beginning, entries last."""
        found: Array = self.posterior / self.posterior.sum(axis=1, keepdims=True)
        return found

    def share_draws(self, shift: Array, rng: np.random.Generator) -> Array:
        """Draws x rows x states of the shares of accounts' rows, each draw moved by its shift; entries are not."""
        own = [rng.dirichlet(row, len(shift)) for row in self.posterior]
        found: Array = np.stack([*(moved(row, shift) for row in own[:-1]), own[-1]], axis=1)
        return found

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per cell, states from the top down and "new" last.

        Columns: from_state, to_state, moved, of (accounts counted over all steps), moved_share (of the posterior;
        smoothed, so that nothing is held impossible), low_moved_share, high_moved_share (at LEVEL; one-sided, from 0
        where nobody moved and to 1 where all did).
        """
        import pandas as pd

        rng = np.random.default_rng(SEED)
        drawn = self.share_draws(self.years.draws(DRAWS, rng)[0], rng)
        moves = np.vstack([self.counts.sum(axis=0), self.entries.sum(axis=0)])
        rows: list[dict[str, Any]] = []
        for i, begin in enumerate((*self.ladder.states, NEW)):
            for j, end in enumerate(self.ladder.states):
                low, high = _ends(drawn[:, i, j], int(moves[i, j]), int(moves[i].sum()))
                row = {"from_state": begin, "to_state": end, "moved": int(moves[i, j]), "of": int(moves[i].sum())}
                rows.append(
                    row | {"moved_share": float(self.shares[i, j]), "low_moved_share": low, "high_moved_share": high}
                )
        return pd.DataFrame(rows)

    @property
    def says(self) -> tuple[str, ...]:
        """What a reader must know: the steps, what the prior adds, and what is in the intervals."""
        steps = len(self.counts)
        whole = [label("moves_steps", steps=steps, months=3 * self.quarters, first=self.days[0])]
        whole.append(label("moves_prior"))
        if steps < 2:
            whole.append(label("moves_one_step"))
        else:
            whole.append(label("moves_shocks", steps=steps))
        if self.alike > 0:
            whole.append(label("moves_alike", alike=f"{self.alike:.2f}"))
        return tuple(whole)


def migration(past: Past, ladder: Ladder) -> Migration:
    """Counted over the steps of `past`, the first of which begins on its first day."""
    places = np.stack([ladder.places(*past.on(day)) for day in range(len(past.days))]).astype(np.int64)
    return counted(places, past.cluster, ladder, past.quarters, past.days)


def counted(
    places: Ints, cluster: Ints, ladder: Ladder, quarters: int = 4, days: tuple[dt.date, ...] = ()
) -> Migration:
    """From the places of accounts on days (days x accounts, as of `Ladder.places`) and the cluster of each account."""
    many, steps = len(ladder.states), len(places) - 1
    cells = np.zeros((steps, many + 1, many + 1), dtype=np.int64)
    for at in range(steps):
        pair = places[at] * (many + 1) + places[at + 1]
        cells[at] = np.bincount(pair, minlength=(many + 1) ** 2).reshape(many + 1, many + 1)
    counts, entries = cells[:, :many, :many], cells[:, many, :many]
    now = np.bincount(places[-1], minlength=many + 1)[:many]
    begin, end = places[:-1].ravel(), places[1:].ravel()
    there = begin < many
    step = np.repeat(np.arange(steps), places.shape[1])[there]
    own = np.tile(cluster, steps)[there]
    begin, end = begin[there], end[there]
    alike = _alike(own, begin, end, counts.sum(axis=0))
    within = _alike(own * steps + step, begin, end, counts.sum(axis=0))
    whole = counts.sum(axis=(0, 2))
    effective = whole / (1 + alike * _joint(own, begin, many) * np.maximum(whole - 1, 0))
    seen, information = _seen(counts, effective)
    came = entries.sum(axis=1).astype("float64")
    usual = came.mean() if steps else 0.0
    return Migration(
        ladder, quarters, days, counts, entries, now, alike, within, effective,
        _joint(cluster[places[-1] < many], places[-1][places[-1] < many], many),
        shocks(seen, information, SHOCK), shocks(came / max(usual, 1.0) - 1, np.full(steps, usual), ENTRIES),
    )  # fmt: skip


def moved(shares: Array, shift: Array) -> Array:
    """Shares of states from the top down (draws x states), the odds of being above each raised by exp(shift)."""
    from scipy.special import expit, logit

    above = np.clip(np.cumsum(shares, axis=1)[:, :-1], 1e-300, 1 - 1e-16)
    raised = expit(logit(above) + shift[:, None])
    edges = np.hstack([np.zeros((len(shares), 1)), raised, np.ones((len(shares), 1))])
    return np.diff(edges, axis=1)


def _ends(drawn: Array, moves: int, whole: int) -> tuple[float, float]:
    """The interval of a share; at the edge where none or all moved, as nothing speaks against 0 or 1 there."""
    if not moves:
        return 0.0, float(np.quantile(drawn, LEVEL))
    return (float(np.quantile(drawn, 1 - LEVEL)), 1.0) if moves == whole else ends(drawn)


def _joint(cluster: Ints, state: Ints, many: int) -> Array:
    """For each state, the part of pairs of its rows that are of one cluster."""
    key, sizes = np.unique(cluster * many + state, return_counts=True)
    pairs = np.bincount(key % many, sizes * (sizes - 1.0), minlength=many)
    whole = np.bincount(state, minlength=many).astype("float64")
    found: Array = pairs / np.maximum(whole * (whole - 1), 1)
    return found


def _alike(cluster: Ints, begin: Ints, end: Ints, counts: Ints) -> float:
    """The correlation within clusters of the state reached, given the one begun in, by moments over all rows.

    What clusters scatter by Pearson's statistic is compared with what it is where accounts are independent (Brier,
    Analysis of contingency tables under cluster sampling, 1980). 0 to 1; 0 where no cluster has two rows of a state.
    """
    many = len(counts)
    whole = counts.sum(axis=1).astype("float64")
    share = counts / np.maximum(whole, 1)[:, None]
    cell, hits = np.unique((cluster * many + begin) * many + end, return_counts=True)
    # whole numbers are summed first, so that the names of clusters change nothing
    squared = np.bincount(cell % many**2, np.square(hits), minlength=many**2).reshape(many, many)
    scatter = np.divide(squared, share, out=np.zeros_like(share), where=share > 0).sum(axis=1)
    row, sizes = np.unique(cell // many, return_inverse=True)
    squares = np.bincount(row % many, np.square(np.bincount(sizes, hits)), minlength=many)
    free = np.maximum((counts > 0).sum(axis=1) - 1, 0)
    more = (scatter - squares - free * (whole - squares / np.maximum(whole, 1))).sum()
    pairs = (free * (squares - whole)).sum()
    return float(np.clip(more / pairs, 0, 1)) if pairs > 0 else 0.0


def _seen(counts: Ints, effective: Array) -> tuple[Array, Array]:
    """The shock of each step in log odds, by one step of Newton's from none, and its information.

    The score of a common shift of the cumulative log odds (McCullagh, Regression models for ordinal data, 1980) of an
    account that ends in a state is the share of its row below that state less the share above.
    """
    rows = counts.sum(axis=0)
    whole = rows.sum(axis=1, keepdims=True)
    share = rows / np.maximum(whole, 1)
    upto = np.cumsum(share, axis=1)
    score = 1 - upto - (upto - share)
    weight = effective / np.maximum(whole[:, 0], 1)
    each = weight * (share * np.square(score)).sum(axis=1)
    information = counts.sum(axis=2) @ each
    steps = (counts * (weight[:, None] * score)).sum(axis=(1, 2))
    return steps / np.where(information > 0, information, 1.0), information.astype("float64")
