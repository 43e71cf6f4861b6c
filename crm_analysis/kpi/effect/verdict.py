"""The programme's effect on each outcome, beside what a naive comparison says and what chance alone would bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.kpi.effect.assignments import ERROR
from crm_analysis.kpi.effect.did import NEVER, Did, did
from crm_analysis.kpi.effect.drift import Drift, drift
from crm_analysis.kpi.effect.months import Months, months
from crm_analysis.kpi.effect.naive import Naive, naive
from crm_analysis.kpi.effect.outcomes import OUTCOMES, Compared, Outcome, compared, parts, whole
from crm_analysis.kpi.effect.series import Series, series
from crm_analysis.kpi.effect.starts import Units, programme, units
from crm_analysis.labels import label
from crm_analysis.progress import busy

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel import Panel


@dataclass(frozen=True, eq=False)
class Found:
    """What was found of one outcome: the estimate, and beside it the naive comparison and the drift (None: not told).

    `compared`: the periods and units that the estimate is of; None for a series.
    """

    outcome: Outcome
    estimate: Did | Series
    naive: Naive
    drift: Drift | None
    compared: Compared | None


@dataclass(frozen=True, eq=False)
class Effect:
    """What the programme did: `units`, `found` by outcome, `why` by outcome that cannot be told.

    `compared`: whether there are units that had not started to hold against those that had; if not, estimates are
    `Series`, of the units that started first together.
    """

    units: Units
    found: Mapping[str, Found]
    why: Mapping[str, str]
    compared: bool

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per outcome that can be told, in the order of OUTCOMES.

        Columns: kpi; share (True: all effects are shares of what there would have been, else in the KPI's unit);
        effect, low, high (95 %); p and told (after false discovery control over the rows, Benjamini & Hochberg 1995, so
        that an interval may be off zero and its effect not told; of a series never, see `effect.series`); way
        ("better", "worse", "changed" where neither is good, "" where not told); naive, naive_low, naive_high; drift
        (what chance would have brought had units been chosen for their year before; NaN not told); before, before_p
        (the same estimate a year earlier, where it should find nothing); treated, compared (units; 0 of a series).
        """
        import pandas as pd

        rows = [_row(one) for one in self.found.values()]
        table = pd.DataFrame(rows, columns=list(_COLUMNS))
        some = table["p"].notna().to_numpy()
        if some.any():
            from scipy.stats import false_discovery_control

            table.loc[some, "told"] = false_discovery_control(table.loc[some, "p"].to_numpy(float)) <= ERROR
        table["told"] = table["told"].astype(bool)
        better = np.array([{"up": 1, "down": -1}.get(one.outcome.better, 0) for one in self.found.values()])
        side = np.sign(table["effect"].to_numpy(float)) * better
        table["way"] = np.where(~table["told"], "", np.select([side > 0, side < 0], ["better", "worse"], "changed"))
        return table


_COLUMNS = (
    "kpi", "share", "effect", "low", "high", "p", "told", "way", "naive", "naive_low", "naive_high", "drift", "before",
    "before_p", "treated", "compared",
)  # fmt: skip


def _row(one: Found) -> dict[str, object]:
    def told(value: float) -> float:
        return float(np.expm1(value)) if one.outcome.logs else float(value)

    own, beside = one.estimate, one.naive
    row: dict[str, object] = {
        "kpi": one.outcome.name,
        "share": one.outcome.logs,
        "effect": told(own.effect),
        "low": told(own.low),
        "high": told(own.high),
        "p": own.p if isinstance(own, Did) else np.nan,
        "told": isinstance(own, Did) and own.told,
        "way": "",
        "naive": told(beside.effect),
        "naive_low": told(beside.low),
        "naive_high": told(beside.high),
        "drift": told(one.drift.drift) if one.drift is not None else np.nan,
        "before": np.nan,
        "before_p": np.nan,
        "treated": 0,
        "compared": 0,
    }
    if isinstance(own, Did):
        row |= {"treated": own.treated, "compared": own.compared}
        if own.before is not None:
            row |= {"before": told(own.before.effect), "before_p": own.before.p}
    return row


@busy("progress_effect")
def effect(book: Book, panel: Panel, name: str = "", outcomes: tuple[Outcome, ...] = OUTCOMES) -> Effect:
    """The effect of the programme of that name, by default of the one in most units, as known on the panel's last day.

    Raises BookError where the book knows of no programme, or not who belongs to its units; UserError for a name that is
    none. What of the outcomes cannot be told is in `Effect.why`.
    """
    own = units(book, panel, programme(book, panel.ends[-1], name))
    found, why = {}, {}
    for outcome in outcomes:
        try:
            found[outcome.name] = _found(panel, own, outcome)
        except BookError as error:
            why[outcome.name] = str(error)
    return Effect(own, found, why, not own.together)


def until(book: Book, panel: Panel, own: Units, measure: str = "orders") -> Months:
    """The months until the effect shows; BookError where there is nothing to compare with."""
    if own.together:
        key = "effect_together" if own.at_once else "effect_few_left"
        raise BookError(label(key, name=own.programme.name))
    return months(book, panel, own, measure)


def _found(panel: Panel, own: Units, outcome: Outcome) -> Found:
    above, below = parts(panel, outcome)
    start_of = np.where(own.member >= 0, own.start[own.member], NEVER)
    if own.programme.kind == "account_id" and below is None and not own.together:
        outcome = replace(outcome, levels=True)
    every = np.ones_like(above) if outcome.levels else below  # of levels the mean of an account and quarter
    beside = naive(above, every, start_of, outcome.scale)
    if own.together:
        values, begin = whole(own, above, below, outcome.scale)
        return Found(outcome, series(values, begin), beside, None, None)
    told = compared(own, above, below, outcome.scale)
    made = did(told.values, told.start, told.base)
    try:
        moved: Drift | None = drift(told.values, told.start, told.base, outcome.logs)
    except BookError:
        moved = None
    return Found(outcome, made, beside, moved, told)
