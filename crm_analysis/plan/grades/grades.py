"""Grades: key (A), develop (B), select (C), drop (D), and what two bars, kept apart, make of them.

The loss bar looks at payment alone, the work bar at worth and minutes alone. Neither has room to lend to the other: an
account that is to pay beforehand keeps its place in the queue for work, and minutes to spare save nobody who pays late.
So changing one bar moves only accounts that it touches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.potential.advice.outcome import CUT
from crm_analysis.potential.guard.exact import NEAR

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Words = NDArray[np.object_]

KEY, DEVELOP, SELECT, DROP, NOT_ACTIVE = "A", "B", "C", "D", ""
GRADES = {KEY: "grade_key", DEVELOP: "grade_develop", SELECT: "grade_select", DROP: "grade_drop",
          NOT_ACTIVE: "grade_not_active"}  # fmt: skip
"""The grades, the best first, each with the label of its words."""
LOSS, WORK, NO_BAR = "loss", "work", ""
BARS = {NO_BAR: "bar_none", WORK: "bar_work", LOSS: "bar_loss"}
"""What lowered a grade, each with the label of its words."""


@dataclass(frozen=True, eq=False)
class Grades:
    """The grade of each account, and how the bars made it.

    `table`, a row per account in the order given: account_id, base_grade, grade, bar (LOSS, WORK or NO_BAR: which one
    lowered it; LOSS where both would), spared (the bar that would have lowered it but for a person's word to keep it).
    `summary`, a row per grade and bar that occur, the best first: grade, bar, accounts, revenue, worth, minutes (a
    year, at that grade; those who are to pay beforehand count as selected).

    Minutes a year: `capacity`; `select`: all accounts served as selected or less, with what they ask for; `kept`: what
    those take beyond that whom a person's word keeps at A or B; `wanted`: what all others at A and B would take beyond.
    `reach`: the worth, in money a year, of the last account that the work bar lets pass (NaN: none passes), of grade
    `reach_grade`: nobody of a lower grade or worth passes, but for those kept.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    capacity: float
    select: float
    kept: float
    wanted: float
    reach: float
    reach_grade: str
    binding_loss: bool
    binding_work: bool

    @property
    def room(self) -> float:
        """Minutes left for the others at A and B; below 0 where not even the work at select level fits."""
        return self.capacity - self.select - self.kept

    @property
    def select_fits(self) -> bool:
        """The capacity carries every account at select level."""
        return self.select <= self.capacity + _rounding(self.capacity)


def base_grades(frame: pd.DataFrame) -> pd.Series:
    """The grade of each account before any bar.

    A: class High, or a key account. B: Mid, or `raised` (Low, but worth developing: promising, new). D: Low that
    may be cut (`outcome`). C: other Low. "" if it is not `active`. UserError for a class that is none.
    """
    import pandas as pd

    active, kind = frame["active"].to_numpy(bool), frame["class"]
    wrong = active & ~kind.isin(["High", "Mid", "Low"]).to_numpy()
    if wrong.any():
        raise UserError(
            f"grades: expected a class of High, Mid or Low for active accounts; found {kind[wrong].iloc[0]!r} for "
            f"{int(wrong.sum())} of them."
        )
    rules = [
        ~active,
        (kind == "High").to_numpy(bool) | frame["key_account"].to_numpy(bool),
        (kind == "Mid").to_numpy(bool) | frame["raised"].to_numpy(bool),
        (frame["outcome"] == CUT).to_numpy(bool),
    ]
    found = np.select(rules, [np.array(grade, dtype=object) for grade in (NOT_ACTIVE, KEY, DEVELOP, DROP)], SELECT)
    return pd.Series(found, index=frame.index, dtype=object)


def grades(frame: pd.DataFrame, capacity: float) -> Grades:
    """The grades after both bars; `capacity` is in minutes a year (inf: no work bar).

    `frame`: account_id, base_grade, fails (pays later than the loss bar), kept (a person's word to keep it), worth and
    revenue (a year; without a worth an account comes last), minutes_full (a year at the base grade), minutes_select
    (the same at C; of accounts not at A or B, at their own grade). Asked-for contacts are in both.

    - Loss bar: who fails is D, whatever its class.
    - Work bar: after everybody's minutes_select, A and then B are served, each by worth downwards (ties by
      account_id): the first account that no longer fits, and all after it, are C. Smaller ones that would still fit are
      not let in before it, so that more capacity never lowers anyone.
    - Who is kept is lowered by neither; the minutes of those at A and B are put aside before the queue.

    UserError for a capacity or minutes below 0 or not known, grades that are none, an account given twice.
    """
    import pandas as pd

    base, ids = frame["base_grade"].to_numpy(object), frame["account_id"]
    _check(frame, capacity)
    full, select = (frame[name].to_numpy("float64") for name in ("minutes_full", "minutes_select"))
    kept, active = frame["kept"].to_numpy(bool), base != NOT_ACTIVE
    better = (base == KEY) | (base == DEVELOP)
    more = np.where(better, np.maximum(full - select, 0.0), 0.0)
    queue = frame.loc[better, ["base_grade", "worth", "account_id"]].assign(place=np.flatnonzero(better))
    queue = queue.sort_values(["base_grade", "worth", "account_id"], ascending=[True, False, True])
    place = queue["place"].to_numpy()
    taken = np.cumsum(np.where(kept, 0.0, more)[place])
    aside, least = _total(more[kept]), _total(select)
    beyond = np.zeros(len(frame), dtype=bool)
    beyond[place] = taken > capacity - least - aside + _rounding(capacity)
    fails = frame["fails"].to_numpy(bool) & active
    lowered = [fails & ~kept, beyond & ~kept]
    grade = np.select(lowered, [DROP, SELECT], base).astype(object)
    bar = np.select(lowered, [LOSS, WORK], NO_BAR).astype(object)
    spared = np.select([fails & kept, beyond & kept], [LOSS, WORK], NO_BAR).astype(object)
    passed = queue[~(beyond | kept)[place]]
    table = {"account_id": ids.to_numpy(object), "base_grade": base, "grade": grade, "bar": bar, "spared": spared}
    return Grades(
        table=pd.DataFrame(table),
        summary=_summary(frame, grade, bar, select + np.where(bar == NO_BAR, more, 0.0)),
        capacity=float(capacity),
        select=least,
        kept=aside,
        wanted=_total(more[~kept]),
        reach=float(passed["worth"].iloc[-1]) if len(passed) else np.nan,
        reach_grade=str(passed["base_grade"].iloc[-1]) if len(passed) else NOT_ACTIVE,
        binding_loss=bool(lowered[0].any()),
        binding_work=bool(lowered[1].any()),
    )


def _check(frame: pd.DataFrame, capacity: float) -> None:
    if not capacity >= 0:
        raise UserError(f"the capacity is a number of minutes from 0; found {capacity}.")
    strange = ~frame["base_grade"].isin(list(GRADES))
    if strange.any():
        raise UserError(f"grades are {', '.join(GRADES)[:-2]} or none; found {frame['base_grade'][strange].iloc[0]!r}.")
    for name in ("minutes_full", "minutes_select"):
        values = frame[name].to_numpy("float64")
        wrong = int((~(np.isfinite(values) & (values >= 0))).sum())
        if wrong:
            raise UserError(f"{name}: expected minutes from 0; found {wrong} of {len(values)} that are not.")
    twice = frame["account_id"].duplicated()
    if twice.any():
        raise UserError(f"grades: expected each account once; found {frame['account_id'][twice].iloc[0]!r} twice.")


def _summary(frame: pd.DataFrame, grade: Words, bar: Words, minutes: NDArray[np.float64]) -> pd.DataFrame:
    import pandas as pd

    key, of = pd.factorize(pd.Series(grade) + " " + pd.Series(bar))
    values = {name: frame[name].to_numpy("float64") for name in ("revenue", "worth")} | {"minutes": minutes}
    rows = {}
    for place, words in enumerate(of):
        here = key == place
        sums = {name: _total(told[here]) for name, told in values.items()}
        rows[words] = dict(zip(("grade", "bar"), words.split(" "), strict=True)) | {"accounts": int(here.sum())} | sums
    order = [f"{one} {other}" for one in GRADES for other in BARS]
    columns = ["grade", "bar", "accounts", "revenue", "worth", "minutes"]
    return pd.DataFrame([rows[words] for words in order if words in rows], columns=columns)


def _total(values: NDArray[np.float64]) -> float:
    """A sum that does not depend on the order of the accounts, without what is not known."""
    return float(np.sort(values[~np.isnan(values)]).sum())


def _rounding(capacity: float) -> float:
    """Room for rounding, so that what fills the capacity exactly fits."""
    return NEAR * capacity if np.isfinite(capacity) else 0.0
