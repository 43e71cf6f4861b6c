"""The guard at work on a book: who the model learns from, whom it never sees, and how far the cut may go.

Accounts, with their siblings, are divided by lot: the model learns from a part of them, on all days whose outcome is
known, and is then held against the others, one row per account: as they were on the latest of these days, which is most
like today. What an account is by lot it stays in every quarter, so that next quarter's model has not seen it either.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import after, before
from crm_analysis.potential import guard as guards
from crm_analysis.potential.advice.outcome import usual
from crm_analysis.potential.cases import Cases
from crm_analysis.potential.drift import Drift, drift
from crm_analysis.potential.features import WORDS
from crm_analysis.potential.guard.exact import allowed_misses, checked
from crm_analysis.potential.lots import SEED
from crm_analysis.potential.score.choice import Choice, choose
from crm_analysis.potential.vetoes import SEEN, vetoed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

CALIBRATION = 0.7
"""The share of the accounts that are held back from the model, to hold it against.

Of 0.4 to 0.8, tried on 8 demo books of 5,000 accounts (seeds 101 to 108), it let most accounts be cut."""
CALIBRATE = 1
"""What these lots are drawn for; the never-cut group has its own (`outcome.LOT`)."""
ALPHA, DELTA = 0.05, 0.10


@dataclass(frozen=True)
class Promise:
    """What is promised: a miss rate of at most alpha, with confidence 1 - delta; `seed` draws the lots.

    Raises UserError for an alpha or delta that is not between 0 and 1, and for a negative seed.
    """

    alpha: float = ALPHA
    delta: float = DELTA
    seed: int = SEED

    def __post_init__(self) -> None:
        checked(self.alpha, "alpha")
        checked(self.delta, "delta")
        if self.seed < 0:
            raise UserError(f"a seed is a whole number from 0; found {self.seed}.")


@dataclass(frozen=True, eq=False)
class Safety:
    """The guard of `cases`, for a promise. Raises BookError, from each of its parts, where no outcome is known yet."""

    cases: Cases
    promise: Promise

    @property
    def day(self) -> dt.date:
        """The latest day whose outcome is known."""
        if len(self.cases.days) < 2:
            raise BookError(label("potential_no_outcome", day=self.cases.day))
        return self.cases.days[-2]

    @cached_property
    def learned(self) -> pd.DataFrame:
        """The rows that the model learns from: of accounts that are not held back, on all days with an outcome."""
        known = self.cases.known
        return known[~self.held(known)].reset_index(drop=True)

    def held(self, rows: pd.DataFrame) -> Flags:
        """Whether the lot keeps the accounts of some rows from the model."""
        found: Flags = self.cases.lot(rows, self.promise.seed, CALIBRATE) < CALIBRATION
        return found

    @cached_property
    def _judged(self) -> Choice | str:
        """The model that is held against the calibration accounts, fitted without them; why there is none."""
        return self._fitted(self.learned)

    @cached_property
    def _chosen(self) -> Choice | str:
        """That model, or one that learned from all accounts where the guard allows no cut and so keeps no promise."""
        return self._fitted(self.cases.known) if self.guard.declines else self._judged

    def _fitted(self, rows: pd.DataFrame) -> Choice | str:
        try:
            return choose(rows, self.cases.wishes.horizon, features=self.cases.features)
        except UserError as refused:
            return str(refused)

    @property
    def judge(self) -> Choice:
        """The model of the guard, which never saw the calibration accounts; raises BookError without."""
        return _or_refused(self._judged)

    @property
    def choice(self) -> Choice:
        """The model that potentials are told by: the guard's, or where that allows no cut one of all accounts.

        Raises BookError where nothing can be learned.
        """
        return _or_refused(self._chosen)

    @property
    def judges(self) -> bool:
        """Whether there is a model of the guard."""
        return not isinstance(self._judged, str)

    @property
    def scores(self) -> bool:
        """Whether there is a model that potentials are told by."""
        return not isinstance(self._chosen, str)

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """The calibration accounts on the latest known day, one row each, with score and kept (by a veto).

        Without a model they all score 0.
        """
        own = self.cases.on(self.day)
        own = own[self.held(own)].reset_index(drop=True)
        return own.assign(score=self.judge.chance(own) if self.judges else 0.0, kept=self._kept(own))

    def _kept(self, rows: pd.DataFrame) -> pd.Series[bool]:
        """Whether a veto keeps accounts of the calibration's day."""
        seen = self.cases.begins <= before(self.day, SEEN)
        return vetoed(rows, "" if seen else "new")  # type: ignore[no-any-return]

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
        """How far the cut may go; without a model, nobody may be cut."""
        own, wish = self.promising, self.promise
        if not self.judges:
            most = allowed_misses(len(own), wish.alpha, wish.delta)
            return guards.Guard(wish.alpha, len(own), most, -np.inf, 0, wish.delta, 0.0)
        return guards.guard(own["score"], own["kept"].to_numpy(bool), self.promise.alpha, self.promise.delta)

    @cached_property
    def today(self) -> pd.DataFrame:
        """Today's Low accounts as in `cases`, with score, potential, low, high, kept and may_cut.

        `score` is the guard's, by which is cut; the potential is the same where the guard allows a cut. Without a model
        all have the share of promising of the latest known day as their potential, and no interval.
        """
        own = self.cases.today
        if self.scores:
            low, high = self.choice.interval(own)
            own = own.assign(potential=self.choice.chance(own), low=low, high=high)
        else:
            own = own.assign(potential=np.nan_to_num(usual(self.cases.known).share), low=np.nan, high=np.nan)
        own["kept"] = vetoed(own)
        own["score"] = self.judge.chance(own) if self.judges else 0.0
        may = self.guard.may_cut(own["score"], own["kept"].to_numpy(bool))
        return own.assign(may_cut=may)

    def missed_money(self, kind: str) -> guards.MoneyMissed:
        """The share of promising accounts' later revenue or margin that the cut would have missed.

        Of one account no more counts than three Mid bars as of the day, or the margin that revenue usually brings.
        """
        own, learn = self.promising, self.cases.known
        bar = float(self.cases.bars.loc[self.cases.bars["as_of"] == self.day, "mid"].iloc[0])
        rate = learn[kind].sum() / learn["revenue"].sum() if kind == "margin" and learn["revenue"].sum() > 0 else 1.0
        weight = own[f"{kind}_later"].fillna(0).clip(lower=0)
        cap = max(3 * bar * max(float(rate), 0.01), 1e-9)
        kept = own["kept"].to_numpy(bool)
        return guards.weighted_miss(own["score"], kept, weight, self.guard.threshold, self.promise.delta, cap=cap)

    # --- whether accounts are still those that the guard learned from ---

    @cached_property
    def drift(self) -> Drift:
        """Calibration accounts then against others of them today, divided by lot so that no account is in both."""
        then, now = self.calibration, self.cases.today
        lot = [self.cases.lot(rows, self.promise.seed, CALIBRATE) for rows in (then, now)]
        then = then[lot[0] < CALIBRATION / 2]
        now = now[(lot[1] >= CALIBRATION / 2) & (lot[1] < CALIBRATION)].reset_index(drop=True)
        names = [name for name in self.cases.features if name not in WORDS]
        return drift(then[["score", *names]], now.assign(score=self.judge.chance(now))[["score", *names]])


def _or_refused(choice: Choice | str) -> Choice:
    if isinstance(choice, str):
        raise BookError(label("potential_no_score", reason=choice))
    return choice


def as_known(cases: Cases, day: dt.date) -> Cases:
    """The cases as they were known on one of their earlier days: what came after it is taken back.

    Groups stay as known today. Raises UserError for a day that is none of them.
    """
    import pandas as pd

    if day not in cases.days:
        raise UserError(f"cases are of {cases.days[0]} to {cases.days[-1]}; found {day}, which is none of them.")
    days = [own for own in cases.days if after(own, cases.wishes.horizon) <= day]
    frame = cases.frame[cases.frame["as_of"].isin([pd.Timestamp(own) for own in (*days, day)])]
    later = [name for name in map(str, frame) if name.endswith("_later") or name == "promising"]
    frame = frame.assign(**{name: frame[name].where(frame["as_of"] < pd.Timestamp(day)) for name in later})
    bars = cases.bars[cases.bars["as_of"].isin([*days, day])]
    return replace(
        cases, frame=frame.reset_index(drop=True), bars=bars.reset_index(drop=True), day=day, days=(*days, day)
    )


def safety(cases: Cases, promise: Promise | None = None) -> Safety:
    """The guard of some cases, for a promise."""
    return Safety(cases, promise or Promise())
