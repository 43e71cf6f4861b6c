"""How well risks rank and probabilities fit where part of the durations is censored.

Inverse probability of censoring weights (IPCW): what is seen counts for what was censored alike. Ties, weights and the
Kaplan-Meier estimate of censoring are those of scikit-survival, which the tests hold these functions against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Places = NDArray[np.intp]

TIED = 1e-8
"""Risks no further apart than this are tied."""


@dataclass(frozen=True, eq=False)
class Followed:
    """How long each account was followed, and whether it left at the end (else it was censored there).

    Raises UserError for durations that are no numbers, none at all, or two columns of different lengths.
    """

    duration: Array
    event: Flags

    def __post_init__(self) -> None:
        duration, event = np.asarray(self.duration, dtype=np.float64), np.asarray(self.event, dtype=bool)
        if duration.ndim != 1 or duration.shape != event.shape or not len(duration):
            raise UserError(
                f"durations and events are two columns of one length; found {duration.shape} and {event.shape}."
            )
        if not np.isfinite(duration).all():
            raise UserError(f"durations are numbers; found {int((~np.isfinite(duration)).sum())} that are not.")
        object.__setattr__(self, "duration", duration)
        object.__setattr__(self, "event", event)

    def __len__(self) -> int:
        return len(self.duration)


@dataclass(frozen=True, eq=False)
class _Curve:
    """A step function that starts at 1: its value from each of `times` on."""

    times: Array
    values: Array

    @classmethod
    def of(cls, followed: Followed, censoring: bool) -> _Curve:
        """Kaplan and Meier's estimate of staying or, with `censoring`, of not being censored.

        Who leaves on a day is not at risk of being censored on it.
        """
        times, place = np.unique(followed.duration, return_inverse=True)
        left = np.bincount(place, weights=followed.event, minlength=len(times))
        all_ends = np.bincount(place, minlength=len(times)).astype(np.float64)
        there = all_ends[::-1].cumsum()[::-1] - (left if censoring else 0)
        ends = all_ends - left if censoring else left
        gone = np.divide(ends, there, out=np.zeros(len(times)), where=ends > 0)
        return cls(times, np.cumprod(1 - gone))

    def at(self, times: Array) -> Array:
        """The value at each time; NaN past the last one, unless the curve has come down to 0."""
        values = np.r_[1.0, self.values][np.searchsorted(self.times, times, side="right")]
        if self.values[-1] > 0:
            values = np.where(times > self.times[-1], np.nan, values)
        return values


def concordance(test: Followed, risk: ArrayLike, train: Followed | None = None, tau: float | None = None) -> float:
    """How often, of two accounts, the one with the higher risk leaves first; .5 is chance.

    With `train`, Uno's: weighted by the censoring found there, for leaving before `tau` (all of it if None). Without,
    Harrell's, which depends on who was censored. A tie in risk counts half; an account that left is compared with those
    who stayed longer, and with those censored at the same time. Sorting and 20 passes: three seconds for a million
    rows. Raises UserError where no two accounts can be compared, or `tau` lies beyond what `train` tells of
    censoring. Uno, Cai, Pencina, D'Agostino & Wei (2011); Harrell, Lee & Mark (1996).
    """
    risks = _risks(risk, test)
    weighed = test.event if tau is None else test.event & (test.duration < tau)
    if train is None:
        weight = weighed.astype(np.float64)
    else:
        weight = _inverse(_Curve.of(train, censoring=True), test, weighed, "a tau of at most") ** 2
    # the latest first, and of one time those censored first: who a leaver is compared with comes before it
    order = np.lexsort((test.event, -test.duration))
    compared = np.empty(len(test), dtype=np.intp)
    duration, event = test.duration[order], test.event[order]
    start = np.r_[True, (duration[1:] != duration[:-1]) | (event[1:] != event[:-1])]
    compared[order] = np.maximum.accumulate(np.where(start, np.arange(len(test)), 0))
    who = np.flatnonzero(weighed)
    pairs = float(weight[who] @ compared[who])
    if pairs <= 0:
        raise UserError(
            f"no two of {len(test):,} accounts can be compared: {len(who):,} left in time, none before another."
        )
    values = np.sort(risks)
    ranks = np.searchsorted(values, risks[order])
    below = _fewer_before(ranks, compared[who], np.searchsorted(values, risks[who] - TIED, side="left"))
    up_to = _fewer_before(ranks, compared[who], np.searchsorted(values, risks[who] + TIED, side="right"))
    return float(weight[who] @ (below + up_to) / 2 / pairs)


def dynamic_auc(test: Followed, risk: ArrayLike, times: ArrayLike, train: Followed) -> pd.DataFrame:
    """How often an account that left by a time had a higher risk than one still there: time, auc; then `mean` in attrs.

    `risk` is one column for all times or one per time. `attrs["mean"]` is the mean over the times, weighted by how many
    left between them. Raises UserError for times at which nobody had left, nobody was there any more, or censoring is
    unknown. Uno, Cai, Tian & Wei (2007); Lambert & Chevret (2016).
    """
    import pandas as pd

    when = _times(times, test)
    risks = _by_time(risk, test, len(when))
    weight = _inverse(_Curve.of(train, censoring=True), test, test.event & (test.duration <= when[-1]), "times below")
    found = []
    for place, time in enumerate(when):
        order = np.argsort(-risks[:, place], kind="stable")
        came = np.where(test.event & (test.duration <= time), weight, 0.0)[order]
        stayed = (test.duration > time)[order]
        if not came.any():
            raise UserError(f"nobody had left by time {time:g}; expected times after the first that left.")
        # ties in a chain count as one
        last = np.r_[-np.diff(risks[order, place]) > TIED, True]
        hits, alarms = (np.r_[0.0, np.cumsum(part)[last]] for part in (came, stayed))
        found.append(np.trapezoid(hits, alarms) / hits[-1] / alarms[-1])
    falls = -np.diff(np.r_[1.0, _Curve.of(test, censoring=False).at(when)])
    table = pd.DataFrame({"time": when, "auc": found})
    table.attrs["mean"] = float(np.array(found) @ falls / falls.sum())
    return table


def brier(test: Followed, stays: ArrayLike, times: ArrayLike, train: Followed) -> pd.DataFrame:
    """The mean squared error of the probability of still being there at each time: time, brier; 0 is perfect.

    `stays` has a row per account and a column per time. `attrs["integrated"]`, where there are two times or more, is
    the mean over the time from the first to the last (trapezia). Raises UserError as `dynamic_auc`. Graf, Schmoor,
    Sauerbrei & Schumacher (1999).
    """
    import pandas as pd

    when = _times(times, test)
    chances = _by_time(stays, test, len(when))
    curve = _Curve.of(train, censoring=True)
    weight = _inverse(curve, test, test.event & (test.duration <= when[-1]), "times below")
    uncensored = curve.at(when)
    found = np.empty(len(when))
    for place, time in enumerate(when):
        if not uncensored[place] > 0:
            raise UserError(_beyond(float(time), "times below"))
        left, there = test.event & (test.duration <= time), test.duration > time
        errors = np.where(left, chances[:, place] ** 2 * weight, 0.0)
        errors += np.where(there, (1 - chances[:, place]) ** 2 / uncensored[place], 0.0)
        found[place] = errors.mean()
    table = pd.DataFrame({"time": when, "brier": found})
    if len(when) > 1:
        table.attrs["integrated"] = float(np.trapezoid(found, when) / (when[-1] - when[0]))
    return table


def _risks(risk: ArrayLike, test: Followed) -> Array:
    risks = np.asarray(risk, dtype=np.float64)
    if risks.shape != test.duration.shape or not np.isfinite(risks).all():
        raise UserError(
            f"risks are one number for each of {len(test):,} accounts; found {risks.shape} with "
            f"{int((~np.isfinite(risks)).sum())} that are no numbers."
        )
    return risks


def _by_time(values: ArrayLike, test: Followed, columns: int) -> Array:
    """One column of numbers per time."""
    found = np.asarray(values, dtype=np.float64)
    if found.ndim == 1:
        found = np.tile(found[:, None], columns)
    if found.shape != (len(test), columns) or not np.isfinite(found).all():
        raise UserError(
            f"expected a number for each of {len(test):,} accounts and {columns} times; found {found.shape} with "
            f"{int((~np.isfinite(found)).sum())} that are no numbers."
        )
    return found


def _times(times: ArrayLike, test: Followed) -> Array:
    """The times asked for; they rise, and at each of them somebody is still there."""
    when = np.atleast_1d(np.asarray(times, dtype=np.float64))
    first, last = test.duration.min(), test.duration.max()
    if not len(when) or (np.diff(when) <= 0).any() or not (first <= when[0] and when[-1] < last):
        raise UserError(f"times rise and lie within [{first:g}, {last:g}), where accounts are followed; found {when}.")
    return when


def _inverse(curve: _Curve, test: Followed, who: Flags, what: str) -> Array:
    """One over the probability of not having been censored, for those asked about; 0 for the others."""
    chances = curve.at(test.duration[who])
    unknown = ~(chances > 0)
    if unknown.any():
        raise UserError(_beyond(float(test.duration[who][unknown].min()), what))
    weight = np.zeros(len(test))
    weight[who] = 1 / chances
    return weight


def _beyond(found: float, what: str) -> str:
    return (
        f"where censoring is learned nobody is followed uncensored past time {found:g}, so that whoever was there then "
        f"has no weight; expected {what} {found:g}."
    )


def _fewer_before(values: Places, before: Places, limits: Places) -> Places:
    """For each query, how many of the first `before` of `values` are less than its limit (all at most len(values)).

    A wavelet matrix: bit by bit, highest first, values are parted stably into zeros and ones, and each query follows
    the bits of its limit.
    """
    found = np.zeros(len(before), dtype=np.intp)
    where, first = before.copy(), np.zeros(len(before), dtype=np.intp)  # values[first:where] agree so far
    for bit in range(len(values).bit_length() - 1, -1, -1):
        zero = (values >> bit) & 1 == 0
        zeros = np.r_[0, np.cumsum(zero)]
        up = (limits >> bit) & 1 == 1
        low_first, low_where = zeros[first], zeros[where]
        found += np.where(up, low_where - low_first, 0)
        first = np.where(up, zeros[-1] + first - low_first, low_first)
        where = np.where(up, zeros[-1] + where - low_where, low_where)
        values = np.concatenate([values[zero], values[~zero]])
    return found
