"""Difference in differences for units that start at different times, with intervals from dealing the starts out anew.

Group-time effects (Callaway & Sant'Anna 2021): units that start in a period are held against units that have not
started yet, never against units already treated. One regression with fixed effects of units and periods does the
latter, and is biased where an effect grows (Goodman-Bacon 2021). Every unit counts the same: the effect is that on
the average unit (office), not on the average money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.effect.assignments import ERROR, chance, interval, statistics
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

NEVER = 1_000_000
"""The start of a unit that has not started by the last period."""
BASE = 4
"""Periods before a start that a later one is held against. One period alone is not more right and far noisier, and
with four quarters no season is in the base."""
LEAST = 2
"""Units that have started, and units that have not, without which nothing is said."""


@dataclass(frozen=True, eq=False)
class Design:
    """Who is held against whom: cells of a start g and a period t.

    `start`: period in which each unit starts, NEVER else. `label`: its place among `starts`. `cells`: (g, t), a row
    each. `treated`, `compared`: units of each cell; compared are those that start after both g and t.
    """

    start: Ints
    starts: Ints
    label: Ints
    cells: Ints
    treated: Ints
    compared: Ints
    periods: int
    base: int

    @property
    def since(self) -> Ints:
        """Periods since the start, of each cell; negative before it."""
        since: Ints = self.cells[:, 1] - self.cells[:, 0]
        return since

    def contrasts(self, values: Array) -> Array:
        """Of periods x units: what each unit has in a cell's period above its mean before the cell's start.

        That is of `base` periods, as far as there are. Result: cells x units.
        """
        made = {}
        for g in np.unique(self.cells[:, 0]):
            made[int(g)] = values - values[max(0, int(g) - self.base) : int(g)].mean(axis=0)
        return np.stack([made[int(g)][t] for g, t in self.cells])

    def scores(self, values: Array, weights: Array) -> Array:
        """What each unit adds to targets under each start it might have had; targets x starts x units.

        `weights`: targets x cells, what each cell counts.
        """
        own = self.starts[:, None] == self.cells[:, 0]
        later = self.starts[:, None] > self.cells.max(axis=1)
        share = own / self.treated - later / self.compared
        many = (weights[:, None, :] * share).reshape(-1, share.shape[1])
        return (many @ self.contrasts(values)).reshape(len(weights), len(share), -1)


def design(start: ArrayLike, periods: int, base: int = BASE) -> Design:
    """The cells that units' starts allow.

    `start`: the period, counted from 0, in which each unit starts; `periods` or later, or NEVER, has not started. Cells
    need a period before the start and LEAST units that start later. Raises UserError for units that start in period 0
    or before; BookError for fewer than LEAST treated or compared units.
    """
    begun = np.asarray(start, dtype=np.int64)
    begun = np.where(begun >= periods, NEVER, begun)
    if (begun < 1).any():
        raise UserError(f"a unit starts in period 1 or later, to have one before it; found {int(begun.min())}.")
    starts, places = np.unique(begun, return_inverse=True)
    rows = []
    for g in starts[starts < NEVER]:
        for t in range(periods):
            compared = int((begun > max(int(g), t)).sum())
            if compared >= LEAST:
                rows.append((int(g), t, int((begun == g).sum()), compared))
    found = np.array(rows, dtype=np.int64).reshape(-1, 4)
    after = found[found[:, 1] >= found[:, 0]]
    treated = int(np.isin(begun, after[:, 0]).sum())
    if treated < LEAST:
        some, others = int((begun < NEVER).sum()), int((begun == NEVER).sum())
        raise BookError(label("effect_too_few_units", treated=some, others=others, least=LEAST))
    # a start whose every period has no comparison left is in no cell, but its units are compared until then
    kept = found[np.isin(found[:, 0], after[:, 0])]
    label_of = places.astype(np.int64).ravel()
    return Design(begun, starts, label_of, kept[:, :2], kept[:, 2], kept[:, 3], periods, base)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A number of effects: each with its 95 % interval and its chance without any effect.

    `error`: standard error from the spread of units within a start. `assignments`: ways to deal out the starts that
    were looked at, 0 where the normal law stood in.
    """

    effect: Array
    low: Array
    high: Array
    p: Array
    error: Array
    assignments: int


def estimate(plan: Design, values: Array, weights: Array) -> Estimate:
    """The effects that weighted cells make, each row of `weights` one of them; see `assignments.interval`.

    The rows of `weights` sum to 1 over cells from the start on. Where effects differ from period to period, intervals
    are those of a constant effect. The order of units changes nothing.
    """
    order = np.lexsort((*values, plan.label))
    own = plan.label[order]
    scores = plan.scores(values, weights)[:, :, order]
    found = statistics(scores, own)
    real, error = found[:, 0], _error(scores, own)
    if found.shape[1] == 1:
        from scipy.stats import norm

        half = float(norm.ppf(1 - ERROR / 2)) * error
        return Estimate(real, real - half, real + half, 2 * norm.sf(np.abs(real) / error), error, 0)
    treatment = (np.arange(plan.periods)[:, None] >= plan.start).astype(np.float64)
    slope = statistics(plan.scores(treatment, weights)[:, :, order], own)
    ends = [interval(*pair) for pair in zip(found, slope, strict=True)]
    low, high = np.array(ends).T
    return Estimate(real, low, high, np.array([chance(row) for row in found]), error, found.shape[1])


def _error(scores: Array, own: Ints) -> Array:
    total = np.zeros(len(scores))
    for place in np.unique(own):
        part = scores[:, place, own == place]
        if part.shape[1] > 1:
            total += part.shape[1] * part.var(axis=1, ddof=1)
    return np.sqrt(total)


@dataclass(frozen=True, eq=False)
class Did:
    """What a programme did, by difference in differences.

    `effect`, `low`, `high` (95 %), `p`: over all periods from the starts on that have a comparison, weighted by
    units. `treated`, `compared`: units that started and have a comparison; those that had not started in the last
    period with one. `assignments`: ways to deal out the starts that were looked at (0: normal law).
    `cells`: a row per start and period: start, period, since, effect, treated, compared. `by_event`: a row per period
    since the start, negative before it: since, effect, low, high, units; before the start it is the difference to units
    that start later, with what chance leaves around it (the last `base` periods are the base itself and sum to 0).
    `through`: the mean effect from the start up to each period since: since, effect, low, high, units.
    `before`: the same estimate on earlier data, as if units had started BASE periods earlier; None where periods do
    not reach. Its power is small: that it finds nothing proves little.
    """

    effect: float
    low: float
    high: float
    p: float
    error: float
    treated: int
    compared: int
    assignments: int
    cells: pd.DataFrame
    by_event: pd.DataFrame
    through: pd.DataFrame
    before: Did | None

    @property
    def told(self) -> bool:
        """True where the effect is told from chance."""
        return self.low > 0 or self.high < 0


def did(values: ArrayLike, start: ArrayLike, base: int = BASE, before: bool = True) -> Did:
    """The effect on an outcome of periods x units, all finite; `start` as for `design`.

    Raises BookError where too few units are on either side, or where no effect of any size could be told from chance
    at 5 %; UserError where values are missing or of another shape.
    """
    outcome = np.asarray(values, dtype=np.float64)
    begun = np.asarray(start, dtype=np.int64)
    if outcome.ndim != 2 or begun.shape != outcome.shape[1:] or not np.isfinite(outcome).all():
        raise UserError(f"an outcome is finite, of periods x units, with a start per unit; found {outcome.shape} and "
                        f"{begun.shape}.")  # fmt: skip
    order = np.lexsort((*outcome, begun))  # products of matrices follow places in their last digits
    outcome, begun = outcome[:, order], begun[order]
    plan = design(begun, len(outcome), base)
    since, count = plan.since, plan.treated.astype(np.float64)
    after = since >= 0
    events = np.unique(since)
    by_event = (since == events[:, None]) * count
    by_event /= by_event.sum(axis=1, keepdims=True)
    late = by_event[events >= 0]
    through = np.cumsum(late, axis=0) / np.arange(1, len(late) + 1)[:, None]
    whole = (after * count / count[after].sum())[None, :]
    made = estimate(plan, outcome, np.concatenate([whole, late, through]))
    compared = int(plan.compared[after].min())
    treated = int(np.isin(plan.start, plan.cells[after, 0]).sum())
    if not (np.isfinite(made.low[0]) and np.isfinite(made.high[0])):
        raise BookError(label("effect_never_told", treated=treated, compared=compared))
    units = (since == events[:, None]) @ plan.treated
    told = np.stack([made.effect, made.low, made.high], axis=1)[1:]
    leads = _leads(plan, outcome, by_event[events < 0], float(made.effect[0]))
    frame = _frame(events, np.concatenate([leads, told[: len(late)]]), units)
    cumulated = _frame(events[events >= 0], told[len(late) :], units[events >= 0])
    cells = _cells(plan, outcome)
    earlier = _before(outcome, plan, base) if before else None
    return Did(
        float(made.effect[0]), float(made.low[0]), float(made.high[0]), float(made.p[0]), float(made.error[0]), treated,
        compared, made.assignments, cells, frame, cumulated, earlier,
    )  # fmt: skip


def _frame(since: Ints, told: Array, units: Ints) -> pd.DataFrame:
    import pandas as pd

    effect, low, high = told.T
    return pd.DataFrame({"since": since, "effect": effect, "low": low, "high": high, "units": units})


def _cells(plan: Design, outcome: Array) -> pd.DataFrame:
    import pandas as pd

    contrast = plan.contrasts(outcome)
    own = plan.start == plan.cells[:, :1]
    later = plan.start > plan.cells.max(axis=1)[:, None]
    effect = (contrast * own).sum(axis=1) / plan.treated - (contrast * later).sum(axis=1) / plan.compared
    columns = {"start": plan.cells[:, 0], "period": plan.cells[:, 1], "since": plan.since, "effect": effect}
    frame = pd.DataFrame(columns | {"treated": plan.treated, "compared": plan.compared})
    return frame.sort_values(["start", "period"], ignore_index=True)


def _leads(plan: Design, outcome: Array, weights: Array, effect: float) -> Array:
    """Differences before the start, and the 95 % that chance leaves around them once the effect is taken away."""
    if not len(weights):
        return np.empty((0, 3))
    order = np.lexsort((*outcome, plan.label))
    own = plan.label[order]
    treatment = (np.arange(plan.periods)[:, None] >= plan.start).astype(np.float64)
    scores = plan.scores(outcome - effect * treatment, weights)[:, :, order]
    found = statistics(scores, own)
    if found.shape[1] == 1:
        from scipy.stats import norm

        half = float(norm.ppf(1 - ERROR / 2)) * _error(scores, own)
    else:
        half = np.quantile(np.abs(found), 1 - ERROR, axis=1, method="higher")
    return np.stack([found[:, 0], found[:, 0] - half, found[:, 0] + half], axis=1)


def _before(outcome: Array, plan: Design, base: int) -> Did | None:
    """The estimate as if units had started `base` periods earlier, on the periods before anyone did."""
    first = int(plan.starts[0])
    if first - base < 1:
        return None
    try:
        return did(outcome[:first], np.where(plan.start < NEVER, plan.start - base, NEVER), base, before=False)
    except BookError:
        return None


@dataclass(frozen=True)
class TwoByTwo:
    """Two groups, two periods: the difference of their changes, its standard error and 95 % interval (normal)."""

    effect: float
    error: float
    low: float
    high: float


def two_by_two(treated: tuple[float, float], compared: tuple[float, float]) -> TwoByTwo:
    """From the mean change of each group and its standard error: where only these are published.

    Card & Krueger (1994), American Economic Review 84 (4), table 3, rows 3 and 4: full-time-equivalent employment in
    fast-food stores rose by .59 (.54) in New Jersey, where the minimum wage rose, and fell by 2.16 (1.25) in
    Pennsylvania.

    >>> found = two_by_two((0.59, 0.54), (-2.16, 1.25))
    >>> round(found.effect, 2), round(found.error, 2)
    (2.75, 1.36)
    """
    from scipy.stats import norm

    effect, error = treated[0] - compared[0], float(np.hypot(treated[1], compared[1]))
    half = float(norm.ppf(1 - ERROR / 2)) * error
    return TwoByTwo(effect, error, effect - half, effect + half)
