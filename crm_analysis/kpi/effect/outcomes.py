"""What a programme may change: each outcome of units by quarter, and the same of accounts for the naive comparison.

Sums that are positive are told in logarithms, so that an office of any size counts the same and the effect is a share;
rates as they are. Where single accounts are the units sums are told as they are: an account that stopped ordering has
no logarithm, and must not be left out for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.kpi.effect.did import LEAST, NEVER
from crm_analysis.labels import label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.kpi.effect.starts import Units
    from crm_analysis.kpi.panel import Panel

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

LOW = 0
"""The code of class Low in a panel."""
YEAR = 4
BACK = 12
"""Quarters before the first start that are looked at: older ones tell little of now, and cost units that have gaps."""
TENTH = 0.1


@dataclass(frozen=True)
class Outcome:
    """A KPI whose change is looked for: `above` over `below` (measures of the panel; none: the sum itself).

    `scale`: what a rate is multiplied by; `better`: "up", "down" or "none"; `levels`: of a sum, that it is told as it
    is, per unit and quarter, and not in logarithms.
    """

    name: str
    above: str
    below: str = ""
    scale: float = 1.0
    better: str = "up"
    levels: bool = False

    @property
    def logs(self) -> bool:
        """True where the effect is a share of what there would have been."""
        return not self.below and not self.levels

    @property
    def needs(self) -> tuple[str, ...]:
        """The panel's measures it is made of; "minutes_low" are the minutes of accounts that were Low before."""
        own = ("minutes" if self.above == "minutes_low" else self.above, self.below)
        return tuple(name for name in own if name and name != "detractors")


OUTCOMES = (
    Outcome("orders", "orders"),
    Outcome("revenue", "revenue"),
    Outcome("margin", "margin"),
    Outcome("margin_rate", "margin", "costed_revenue"),
    Outcome("complaints_per_100_orders", "complaints", "orders", 100.0, "down"),
    Outcome("resolution_days", "closing_days", "closed", better="down"),
    Outcome("shipping_days", "shipping_days", "shipped", better="down"),
    Outcome("on_time", "on_time", "due"),
    Outcome("low_share_of_time", "minutes_low", "minutes", better="down"),
    Outcome("proactive_share", "contacts_ours", "contacts_said"),
    Outcome("days_to_pay", "paying_days", "paid", better="down"),
    Outcome("csat", "satisfied", "csat_answers"),
    Outcome("nps", "promoters", "nps_answers", 100.0),
)


def parts(panel: Panel, outcome: Outcome) -> tuple[Array, Array | None]:
    """Of quarters x accounts: what is above, and what is below (None for a sum); a quarter not covered is NaN.

    Raises BookError where the book does not tell a measure.
    """
    for name in outcome.needs:
        if name not in panel.measures:
            raise BookError(panel.why.get(name, label("effect_not_told")))
    covered = np.array(panel.covered)[:, None]

    def whole(name: str) -> Array:
        values: Array = np.where(covered, panel.measures[name], np.nan)
        return values

    if outcome.above == "minutes_low":
        low = np.zeros(panel.classes.shape, dtype=bool)
        low[1:] = panel.classes[:-1] == LOW
        above = np.where(low, whole("minutes"), 0.0)
        above[0] = np.nan  # the class before is not known
    elif outcome.name == "nps":
        above = whole("promoters") - whole("detractors")
    else:
        above = whole(outcome.above)
    return above, whole(outcome.below) if outcome.below else None


def outcome_of(above: Array, below: Array | None, scale: float = 1.0) -> Array:
    """The outcome of sums: a logarithm, NaN where they are not positive; or a rate, NaN where nothing is below."""
    if below is None:
        return np.log(above, out=np.full(above.shape, np.nan), where=above > 0)
    return scale * np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)


@dataclass(frozen=True, eq=False)
class Compared:
    """An outcome of periods x units without gaps.

    `start`: the period each unit starts in; `names`: of the units; `base`: periods that make a year's base; `pooled`:
    the quarters from the first start that were put together to one period, and the same of each year before, or 0 where
    periods are quarters; `left_out`: units with a gap, that started before the second period, or in the midst of one.
    """

    values: Array
    start: Ints
    names: NDArray[np.object_]
    base: int
    pooled: int
    left_out: tuple[str, ...]


def compared(units: Units, above: Array, below: Array | None, scale: float = 1.0) -> Compared:
    """An outcome of quarters x accounts by unit, quarter by quarter from BACK quarters before the first start.

    Where gaps would cost more than a TENTH of the units (few complaints, a survey now and then), the quarters from the
    first start on that still have a comparison, at most a year of them, are one period, and so are the same quarters of
    each year before; units that start within it are left out. Where units are single accounts, sums stay as they are.
    Raises BookError where too few units are left, and for rates of single accounts.
    """
    single = units.programme.kind == "account_id"
    if single and below is not None:
        raise BookError(label("effect_single"))
    sums, under = units.totals(above), None if below is None else units.totals(below)
    later = units.start[units.start > 0]
    first = int(later.min()) if len(later) else NEVER
    if first >= len(above):
        raise BookError(label("effect_gaps"))
    told = sums if single else outcome_of(sums, under, scale)
    made = _gapless(units, told[max(0, first - BACK) :], max(0, first - BACK))
    if single:
        if made is None:
            raise BookError(label("effect_gaps"))
        return made
    if made is not None and len(made.names) >= (1 - TENTH) * len(units.names):
        return made
    put = _pooled(units, sums, under, scale, first)
    if put is not None and (made is None or len(put.names) > len(made.names)):
        made = put
    if made is None or len(made.names) < 2 * LEAST:
        raise BookError(label("effect_gaps"))
    return made


def _gapless(units: Units, values: Array, skipped: int) -> Compared | None:
    """Periods that any unit tells, to the last, and the units that tell all of them."""
    told = np.isfinite(values)
    skip = int(told.any(axis=1).argmax())  # before the measure's table begins
    start = np.where(units.start < NEVER, units.start - skipped - skip, NEVER)
    kept = told[skip:].all(axis=0) & (start > 0)
    if not kept.any():
        return None
    return Compared(values[skip:][:, kept], start[kept], units.names[kept], YEAR, 0, tuple(units.names[~kept]))


def _pooled(units: Units, sums: Array, under: Array | None, scale: float, first: int) -> Compared | None:
    for many in range(min(YEAR, len(sums) - first), 0, -1):
        apart = (units.start == first) | (units.start >= first + many)
        if (apart & (units.start > first)).sum() >= LEAST:
            break
    else:
        return None
    begins = np.array([begin for begin in (first - 2 * YEAR, first - YEAR, first) if begin >= 0])

    def together(values: Array) -> Array:
        return np.stack([values[begin : begin + many].sum(axis=0) for begin in begins])

    values = outcome_of(together(sums), None if under is None else together(under), scale)
    told = np.isfinite(values)
    skip = int(told.any(axis=1).argmax())
    kept = told[skip:].all(axis=0) & apart
    last = len(values) - 1 - skip
    if not kept.any() or last < 1:
        return None
    start = np.where(units.start == first, last, NEVER)[kept]
    return Compared(values[skip:][:, kept], start, units.names[kept], 1, many, tuple(units.names[~kept]))


def whole(units: Units, above: Array, below: Array | None, scale: float = 1.0) -> tuple[Array, int]:
    """The outcome of the units that started first, all their accounts together, by quarter.

    Beside it the place of that start among the quarters. Accounts of units that started later or never are not in it:
    they are no part of what was changed then. Quarters before the measure's table begins are left away. BookError where
    others are not told.
    """
    began = np.append(units.start == units.start.min(), False)  # the last is that of accounts in no unit, -1
    one = replace(units, names=units.names[:1], member=np.where(began[units.member], 0, -1))
    values = outcome_of(one.totals(above), None if below is None else one.totals(below), scale)[:, 0]
    told = np.isfinite(values)
    skip = int(told.argmax())
    if not told[skip:].all():
        raise BookError(label("effect_gaps"))
    return values[skip:], int(units.start.min()) - skip
