"""The loss bar: how late an account may pay, on average, and still be supplied against invoice.

Accounts are ordered by one figure that everybody understands: the days they paid late in the mean, weighted by amount.
In the past it is known who went bad in the year after. The bar is the loosest that would have kept the bad accounts,
as a share of all accounts, under what the company can bear: those that pay later pay beforehand, and whoever pays
beforehand cannot go bad. That it would have done so in one year may be luck; what is more than luck is told apart.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.plan.grades.bad import ERROR, YEAR, with_share
from crm_analysis.potential.guard.exact import NEAR, allowed_misses, checked, lower, needed_cases, upper

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Flags = NDArray[np.bool_]

BAD_SHARE = 0.03
STRICTEST = 0.5
"""A bar lets at least this share of the accounts pass: one that asks most customers to pay beforehand is none."""
PLACES = 40
"""Bars that are shown, about."""
SHOWN, LIKELY, IMPOSSIBLE = "shown", "likely", "impossible"
"""What is known of the bar."""


class Passing(NamedTuple):
    """A bar, and what it would have let pass: `passing` of `accounts`, of whom `bad` went bad in the year after.

    days_late: the most that passes (inf: everybody does). share: bad / accounts, with its interval low to high (exact:
    Clopper & Pearson 1934), each end wrong with probability ERROR at most for a bar that was set without looking.
    """

    days_late: float
    accounts: int
    passing: int
    bad: int
    share: float
    low: float
    high: float

    @property
    def everybody(self) -> bool:
        """All accounts pass."""
        return self.days_late == math.inf

    @property
    def share_of_passing(self) -> float:
        """The share of bad ones among the accounts that pass; NaN if none does."""
        return self.bad / self.passing if self.passing else math.nan


@dataclass(frozen=True, eq=False)
class LossBar:
    """The loss bar, and what is known of it.

    `at`: the bar. `state`: SHOWN: bad accounts that pass are fewer than `bad_share` of all with confidence 1 - ERROR;
    LIKELY: in the year looked at they were, no more is known; IMPOSSIBLE: no bar kept them so few, `at` is the one that
    came closest. `sure`: the loosest bar of which SHOWN is true (as strict as `at` or stricter), None if of none.

    `day`: the day on which days late were known; who went bad in the year after decided. `strict` and `all`: the
    strictest bar, and none at all. `unknown`: accounts of whom nothing was due in the year before: no bar can judge
    them, and none of the other figures counts them. `steps`: about PLACES bars, the strictest first, each a `Passing`
    and passing_share.
    """

    bad_share: float
    day: dt.date
    at: Passing
    state: str
    sure: Passing | None
    strict: Passing
    all: Passing
    unknown: Passing
    steps: pd.DataFrame

    @property
    def binds(self) -> bool:
        """There is a bar: some account of that year would not have passed."""
        return not self.at.everybody

    @property
    def needed(self) -> int:
        """The fewest accounts that could show the share to be so low: if none of those that pass goes bad."""
        return needed_cases(self.bad_share, ERROR)

    @property
    def too_few(self) -> bool:
        """There are fewer accounts than that, so that no bar could have been shown to hold."""
        return self.all.accounts < self.needed

    @property
    def least_shown(self) -> float:
        """The least share that the strictest bar, and so any, is shown to keep to, with confidence 1 - ERROR."""
        return self.strict.high

    @property
    def surely_impossible(self) -> bool:
        """Of the accounts that pass the strictest bar alone, more than bad_share of all go bad (confidence 1 - ERROR).

        A looser bar lets more of them pass.
        """
        return self.state == IMPOSSIBLE and self.strict.low > self.bad_share

    def fails(self, days_late: ArrayLike) -> Flags:
        """Whether each account pays later than the bar; False where it is not known (NaN)."""
        return np.asarray(np.asarray(days_late, dtype=np.float64) > self.at.days_late, dtype=np.bool_)


def followed(frame: pd.DataFrame) -> pd.DataFrame:
    """What became of accounts: one row per day and account that owed anything in the year after it, sorted by both.

    `frame` is what `bad_accounts` tells of days a year apart. Columns: as_of, account_id, days_late (known on that day;
    NaN where nothing was due in the year before), bad (in the year after). The last day has no rows: its year is yet to
    come. UserError for days that are not a year apart.
    """
    import pandas as pd

    days = np.sort(frame["as_of"].unique())
    ends = [pd.Timestamp(day).date() for day in days]
    for one, other in itertools.pairwise(ends):
        if one != before(other, YEAR):
            raise UserError(label("bad_days_apart", one=one, other=other))
    codes, names = pd.factorize(frame["account_id"], sort=True)
    on = np.searchsorted(days, frame["as_of"].to_numpy())
    parts = []
    for place in range(len(days) - 1):
        late = np.full(len(names), np.nan)
        late[codes[on == place]] = frame["days_late"].to_numpy("float64")[on == place]
        next_year = np.flatnonzero(on == place + 1)
        next_year = next_year[np.argsort(codes[next_year])]
        found = {"account_id": names[codes[next_year]], "days_late": late[codes[next_year]]}
        parts.append(pd.DataFrame({"as_of": days[place]} | found | {"bad": frame["bad"].to_numpy(bool)[next_year]}))
    if not parts:
        return frame.loc[[], ["as_of", "account_id", "days_late", "bad"]]
    return pd.concat(parts, ignore_index=True)


def loss_bar(past: pd.DataFrame, bad_share: float = BAD_SHARE) -> LossBar:
    """The loosest bar that kept bad accounts under `bad_share` of all; `past` is what `followed` tells.

    The accounts are those of the latest year of whom something was due before it and who owed anything in it, each
    counting once. Accounts that pay equally late pass or fail together; each bar lets STRICTEST of them pass. `at` is
    the loosest one with bad / accounts below bad_share, none at all if that is so without one, and the strictest one
    (the loosest with as few bad accounts) if that is so of none. So a smaller bad_share never lets more accounts pass.

    `at` is an estimate: for fresh accounts the share is about bad_share on average, above it in nearly every other
    book, and more where hardly any bar keeps to it (docs/plan_measured.md). `sure` is a promise, `guard`'s: the looser
    the bar, the more bad accounts it lets pass, so bars are tested from the strictest upwards, each by the exact
    p-value P(Bin(accounts, bad_share) <= bad), up to the first above ERROR. Such fixed-sequence testing needs no
    correction for the number of bars (Wilks 1941; Angelopoulos, Bates, Candes, Jordan & Lei 2021). It speaks of the
    population these accounts come from, in a year like that one.

    BookError where the latest year has no such account; UserError for a bad_share outside (0, 1).
    """
    import pandas as pd

    checked(bad_share, "bad_share")
    if not len(past):
        raise BookError(label("bad_no_two_years"))
    day = pd.Timestamp(past["as_of"].max())
    last = past[past["as_of"] == day]
    known = last["days_late"].notna().to_numpy(bool)
    if not known.any():
        raise BookError(label("bad_nothing_due", day=day.date()))
    bars = _bars(last["days_late"].to_numpy("float64")[known], last["bad"].to_numpy(bool)[known])
    share = bars.bad / bars.accounts
    under, few = np.flatnonzero(share < bad_share), np.flatnonzero(bars.bad == bars.bad[0])
    place = int((under if len(under) else few)[-1])
    allowed = allowed_misses(bars.accounts, bad_share, ERROR)
    sure = int(np.searchsorted(bars.bad, allowed, side="right")) - 1
    at = bars.passing_at(place)
    return LossBar(
        bad_share=bad_share,
        day=day.date(),
        at=at,
        state=IMPOSSIBLE if not len(under) else SHOWN if place <= sure else LIKELY,
        sure=bars.passing_at(min(place, sure)) if sure >= 0 else None,
        strict=bars.passing_at(0),
        all=bars.passing_at(-1),
        unknown=_passing(math.nan, int((~known).sum()), 0, int(last.loc[~known, "bad"].sum())),
        steps=_steps(bars),
    )


class _Bars(NamedTuple):
    """Bars of one year, the strictest first: the most days late that pass, how many pass, how many of them go bad."""

    accounts: int
    at: Array
    passing: Counts
    bad: Counts

    def passing_at(self, place: int) -> Passing:
        return _passing(float(self.at[place]), self.accounts, int(self.passing[place]), int(self.bad[place]))


def _bars(late: Array, bad: Flags) -> _Bars:
    """One bar for each different figure that lets STRICTEST of the accounts pass at least; the loosest is none."""
    order = np.argsort(late, kind="stable")
    at, first, times = np.unique(late[order], return_index=True, return_counts=True)
    passing, gone = np.cumsum(times), np.cumsum(np.add.reduceat(bad[order].astype(np.int64), first))
    at = at.astype(np.float64)
    at[-1] = math.inf
    enough = passing >= STRICTEST * len(late) * (1 - NEAR)
    return _Bars(len(late), at[enough], passing[enough], gone[enough])


def _passing(days_late: float, accounts: int, passing: int, bad: int) -> Passing:
    ends = float(lower(bad, accounts, ERROR)), float(upper(bad, accounts, ERROR))
    return Passing(days_late, accounts, passing, bad, bad / accounts if accounts else math.nan, *ends)


def _steps(bars: _Bars) -> pd.DataFrame:
    import pandas as pd

    wanted = np.linspace(bars.passing[0], bars.passing[-1], PLACES)
    places = np.unique(np.searchsorted(bars.passing, wanted))
    columns = {"days_late": bars.at, "passing": bars.passing, "bad": bars.bad}
    table = pd.DataFrame({name: values[places] for name, values in columns.items()})
    table.insert(1, "accounts", bars.accounts)
    table.insert(3, "passing_share", table["passing"] / bars.accounts)
    return with_share(table)


def let_pass(past: pd.DataFrame, days_late: float) -> pd.DataFrame:
    """What a bar would have let pass of `past` (`followed`): one row per year, the earliest first.

    Columns: as_of, then as `Passing` (accounts, passing, bad, share, low, high), all_bad (without a bar),
    unknown_accounts, unknown_bad. By the last year `loss_bar` decides.
    """
    known, bad = past["days_late"].notna(), past["bad"].astype(bool)
    passes = past["days_late"] <= days_late
    flags = {
        "accounts": known,
        "passing": passes,
        "bad": passes & bad,
        "all_bad": known & bad,
        "unknown_accounts": ~known,
        "unknown_bad": ~known & bad,
    }
    table = past[["as_of"]].assign(**flags).groupby("as_of", sort=True).sum().astype("int64").reset_index()
    names = ["as_of", "accounts", "passing", "bad", "share", "low", "high", "all_bad", "unknown_accounts"]
    return with_share(table)[[*names, "unknown_bad"]]
