"""The guard at work on a book: who the model learns from, whom it never sees, and how far the cut may go.

Accounts, with their siblings, are divided by lot. The calibration accounts are Low on the latest day whose outcome is
known; the model learns from all others, on all earlier days, and is then held against them, one row per account. What
an account is by lot it stays in every quarter, so that next quarter's model has not seen them either.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import after
from crm_analysis.potential import guard as guards
from crm_analysis.potential.cases import Cases
from crm_analysis.potential.drift import Drift, drift
from crm_analysis.potential.features import WORDS
from crm_analysis.potential.score.choice import Choice, choose
from crm_analysis.potential.vetoes import vetoed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CALIBRATION = 0.7
"""The share of the Low accounts of the latest known day that are kept from the model, to hold it against."""
CALIBRATE, NEVER_CUT = 1, 2
"""What lots are drawn for."""
ALPHA, DELTA = 0.05, 0.10
SEED = 20260930


@dataclass(frozen=True)
class Promise:
    """What is promised: a miss rate of at most alpha, with confidence 1 - delta; `seed` draws the lots."""

    alpha: float = ALPHA
    delta: float = DELTA
    seed: int = SEED


@dataclass(frozen=True, eq=False)
class Safety:
    """The guard of `cases`, for a promise. Raises BookError, from each of its parts, where no outcome is known yet."""

    cases: Cases
    promise: Promise

    @property
    def day(self) -> dt.date:
        """The latest day whose outcome is known."""
        if len(self.cases.days) < 2:
            raise BookError(label("potential_no_outcome").format(horizon=self.cases.wishes.horizon, day=self.cases.day))
        return self.cases.days[-2]

    @cached_property
    def _parts(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The rows to learn from, with their weight, and all calibration accounts' rows of the day."""
        import pandas as pd

        frame, at = self.cases.frame, pd.Timestamp(self.day)
        low_then = frame["group"].isin(frame.loc[frame["as_of"] == at, "group"]).to_numpy()
        held = low_then & self.held(frame)
        known = frame["promising"].notna().to_numpy()
        learn = frame[known & ~held]
        # of the groups that were Low on the day only a part is learned from: each stands for those held back as well
        weight = np.where(low_then[known & ~held], 1 / (1 - CALIBRATION), 1.0)
        own = frame[held & (frame["as_of"] == at).to_numpy()]
        return learn.assign(weight=weight).reset_index(drop=True), own.reset_index(drop=True)

    def held(self, rows: pd.DataFrame) -> Flags:
        """Whether the lot keeps the accounts of some rows from the model."""
        found: Flags = self.cases.lot(rows, self.promise.seed, CALIBRATE) < CALIBRATION
        return found

    @cached_property
    def choice(self) -> Choice:
        """The model, chosen and fitted without the calibration accounts."""
        rows, _ = self._parts
        return choose(rows, self.cases.features, self.cases.wishes.horizon, rows["weight"].to_numpy("float64"))

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """The calibration accounts on the latest known day, one row each, with score and kept (by a veto)."""
        own = self._parts[1]
        return own.assign(score=self.choice.chance(own), kept=vetoed(own))

    @cached_property
    def promising(self) -> pd.DataFrame:
        """Those of them that are known to have been promising.

        Siblings are not independent of each other: of those in one group only the one with the lowest score counts.
        """
        own = self.calibration[self.calibration["promising"] == 1]
        own = own.sort_values(["kept", "score", "account_id"]).drop_duplicates("group")
        return own.sort_values("account_id").reset_index(drop=True)

    @cached_property
    def guard(self) -> guards.Guard:
        """How far the cut may go."""
        own = self.promising
        return guards.guard(own["score"], own["kept"].to_numpy(bool), self.promise.alpha, self.promise.delta)

    @cached_property
    def on_average(self) -> guards.OnAverage:
        """The weaker promise: the miss rate is at most alpha on average."""
        own = self.promising
        return guards.on_average(own["score"], own["kept"].to_numpy(bool), self.promise.alpha)

    @cached_property
    def today(self) -> pd.DataFrame:
        """Today's Low accounts as in `cases`, with potential, low, high, kept and may_cut."""
        own = self.cases.today
        low, high = self.choice.interval(own)
        own = own.assign(potential=self.choice.chance(own), low=low, high=high, kept=vetoed(own))
        may = self.guard.may_cut(own["potential"], own["kept"].to_numpy(bool))
        return own.assign(may_cut=may)

    # --- what else could be promised, and what it would risk ---

    @property
    def steps_down(self) -> pd.DataFrame:
        """What a cut of more or fewer accounts would risk (`guard.steps_down`)."""
        own, now = self.promising, self.today
        return guards.steps_down(
            own["score"], own["kept"].to_numpy(bool), now["potential"], now["kept"].to_numpy(bool), self.promise.delta
        )

    def by_alpha(self, alphas: tuple[float, ...]) -> pd.DataFrame:
        """What other promises would free (`guard.by_alpha`)."""
        own, now = self.promising, self.today
        kept, now_kept = own["kept"].to_numpy(bool), now["kept"].to_numpy(bool)
        return guards.by_alpha(own["score"], kept, now["potential"], now_kept, alphas, self.promise.delta)

    # --- whether accounts are still those that the guard learned from ---

    @cached_property
    def drift(self) -> Drift:
        """Calibration accounts then against others of them today, divided by lot so that no account is in both."""
        then, now = self.calibration, self.cases.today
        lot = [self.cases.lot(rows, self.promise.seed, CALIBRATE) for rows in (then, now)]
        then = then[lot[0] < CALIBRATION / 2]
        now = now[(lot[1] >= CALIBRATION / 2) & (lot[1] < CALIBRATION)].reset_index(drop=True)
        names = [name for name in self.cases.features if name not in WORDS]
        return drift(then[["score", *names]], now.assign(score=self.choice.chance(now))[["score", *names]])


def as_known(cases: Cases, day: dt.date) -> Cases:
    """The cases as they were known on one of their earlier days: what came after it is taken back.

    Groups stay as known today. Raises UserError for a day that is none of them.
    """
    import pandas as pd

    if day not in cases.days:
        raise UserError(f"cases are known of {cases.days[0]} to {cases.days[-1]}; found {day}, expected one of their days.")
    days = [own for own in cases.days if after(own, cases.wishes.horizon) <= day]
    frame = cases.frame[cases.frame["as_of"].isin([pd.Timestamp(own) for own in (*days, day)])]
    later = [name for name in frame if name.endswith("_later") or name == "promising"]
    frame = frame.assign(**{name: frame[name].where(frame["as_of"] < pd.Timestamp(day)) for name in later})
    bars = cases.bars[cases.bars["as_of"].isin([*days, day])]
    return replace(
        cases, frame=frame.reset_index(drop=True), bars=bars.reset_index(drop=True), day=day, days=(*days, day)
    )


def safety(cases: Cases, promise: Promise | None = None) -> Safety:
    """The guard of some cases, for a promise."""
    return Safety(cases, promise or Promise())
