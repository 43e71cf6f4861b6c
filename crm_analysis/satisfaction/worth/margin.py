"""The next year's margin beside this year's, by what was said at the start: among accounts there then, leavers at 0.

Each level's next year is held against what others kept, as a ratio of sums, so that small accounts do not drown it,
and in two ways. Within bands of size: small accounts grow and large ones shrink by chance alone (regression to the
mean), which matters where size decides who is asked or content. Without bands: where the discontented are lastingly the
smaller, accounts of one band do not go back to one size, and bands see a fall where there is none. One errs where the
other does not, to the other side (Ding & Li 2019), so that a difference counts as clear only where both find it. If
contentment follows a year's passing orders in itself, neither takes that out: the content then look worse than they
are. Beside them the middle account, which no huge one moves.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.accounts import LATE, WINDOW, snapshots
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.purchases import begin_of
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.churn.survival.checks import holm
from crm_analysis.churn.survival.sample import codes
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.periods import after, before
from crm_analysis.progress import busy
from crm_analysis.satisfaction.worth.categories import LEVELS, categories

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Places = NDArray[np.intp]

BANDS, OF_A_BAND = 5, 20
"""Bands of size at most, and accounts that each has at least."""
FEW = 10
"""Accounts of a level below which its ratio is not told."""
YEAR_DAYS = 365
"""An account that is younger had no whole year before."""
YEARS = 5
"""Starts at most, a year apart, so that no two years overlap."""


@dataclass(frozen=True)
class Followed:
    """What accounts brought in the year after, by what was said at its start.

    - `table`: one row per question and level: question, level, accounts, account_years, this_year, next_year (money),
      kept (next by this; NaN where this year's is not positive), against (next year's by what accounts of their size
      kept; 1: as others), low, high, against_all (by what all accounts kept), low_all, high_all (all clustered by
      account), p_holm (that both are 1 or on two sides of it; corrected for the levels of the question), middle (half
      of the account-years kept no more than this), largest (share of the expected money that is one account's);
    - `starts`: the days looked from; `money`: "margin" or "revenue"; `bands`: how many bands of size were compared in.
    """

    table: pd.DataFrame
    starts: tuple[dt.date, ...]
    money: str
    bands: int


def starts_of(book: Book, days: Sequence[dt.date]) -> list[dt.date]:
    """Those of the days that begin a whole year known, with a whole year before; a year apart, the latest first."""
    last, begins = last_known(book), begin_of(book)
    found: list[dt.date] = []
    for day in sorted(days, reverse=True):
        whole = after(day, WINDOW) <= last and before(day, WINDOW) >= begins - LATE
        if whole and (not found or after(day, WINDOW) <= found[-1]) and len(found) < YEARS:
            found.append(day)
    return found


@busy("progress_voice")
def followed(
    book: Book, panel: pd.DataFrame, cuts: tuple[float, float] | None = None, level: float = LEVEL
) -> Followed:
    """The next year by the levels of `categories`, for a panel of account-quarters (`panel.account_quarters`).

    Of its days those a year apart are taken from which a year is known both ways (`starts_of`). Left out is who ordered
    nothing in the year before, there being nothing to keep, and who began in it, because its year is no whole one.
    Margin is of the lines whose cost is known; where the book has no costs, revenue. Raises BookError without such a
    day or such accounts.
    """
    import pandas as pd

    days = [day.date() for day in panel["as_of"].drop_duplicates()]
    starts = starts_of(book, days)
    if not starts:
        raise BookError(label("worth_no_year"))
    dates = sorted({*starts, *(after(day, WINDOW) for day in starts)})
    sums = snapshots(book, dates, WINDOW)
    money = "margin" if "margin" in sums else "revenue"
    sums = sums.set_index(["as_of", "account_id"])
    rows = panel[panel["as_of"].dt.date.isin(starts)].reset_index(drop=True)
    then = [pd.Timestamp(after(day.date(), WINDOW)) for day in rows["as_of"]]
    now = sums.reindex(pd.MultiIndex.from_arrays([rows["as_of"], rows["account_id"]]))
    later = sums.reindex(pd.MultiIndex.from_arrays([pd.DatetimeIndex(then), rows["account_id"]]))
    table = pd.DataFrame(
        {
            "account_id": rows["account_id"],
            "as_of": rows["as_of"],
            "size": now["revenue"].to_numpy(),
            "now": now[money].to_numpy(),
            "next": later[money].fillna(0.0).to_numpy(),
        }
    )
    own = (table["size"] > 0).to_numpy()
    if "tenure_days" in rows:
        own &= ~(rows["tenure_days"] < YEAR_DAYS).to_numpy()
    if not own.any():
        raise BookError(label("worth_no_year"))
    said = categories(rows, cuts)[own].reset_index(drop=True)
    parts, bands = compared(table[own].reset_index(drop=True), said, level)
    return Followed(parts, tuple(sorted(starts)), money, bands)


def compared(table: pd.DataFrame, said: pd.DataFrame, level: float = LEVEL) -> tuple[pd.DataFrame, int]:
    """The rows of `Followed.table`, and the bands, for rows of account_id, as_of, size, now, next and their levels.

    Bands are of `size`, made anew on each day, of OF_A_BAND accounts at least. The interval of next by expected is
    linearised, accounts as clusters, the expected money's own uncertainty included, with Student's t of as many
    degrees of freedom as the accounts' contributions have (Satterthwaite): few where a few accounts are most of it.
    """
    import pandas as pd

    owner, _ = codes(table["account_id"])
    now, later = table["now"].to_numpy("float64"), table["next"].to_numpy("float64")
    cell, bands = _cells(table)
    days = table["as_of"].factorize(sort=True)[0].astype(np.intp)
    of_size, of_all = (_Kept.of(place, owner, now, later) for place in (cell, days))
    rows = []
    for question in map(str, said.columns):
        for name in LEVELS[question]:
            own = (said[question] == name).to_numpy(dtype=bool)
            if own.any():
                near, far = of_size.against(own, level), of_all.against(own, level)
                agree = (near[0] - 1) * (far[0] - 1) > 0
                p = max(near[3], far[3]) if agree or np.isnan(near[0]) else 1.0
                rows.append((question, name, *_sums(own, owner, now, later), *near[:3], *far[:3], p, near[4]))
    names = ["question", "level", "accounts", "account_years", "this_year", "next_year", "kept", "middle"]
    names += ["against", "low", "high", "against_all", "low_all", "high_all", "p_holm", "largest"]
    found = pd.DataFrame(rows, columns=names)
    for _, part in found.groupby("question", sort=False):
        told = part["p_holm"].dropna()
        found.loc[told.index, "p_holm"] = holm(told.to_numpy("float64"))
    return found[[*names[:7], *names[8:15], "middle", "largest"]], bands


def _cells(table: pd.DataFrame) -> tuple[Places, int]:
    """The number of each row's day and band of size, and the most bands of a day."""
    import pandas as pd

    days = table["as_of"].factorize(sort=True)[0]
    rank = table.groupby("as_of")["size"].rank(method="min").to_numpy()
    many = table.groupby("as_of")["size"].transform("size").to_numpy()
    bands = np.clip(many // OF_A_BAND, 1, BANDS)
    band = np.minimum(((rank - 1) * bands / many).astype("int64"), bands - 1)  # equal sizes fall into one band
    cell, _ = pd.factorize(days * (BANDS + 1) + band, sort=True)
    return cell.astype(np.intp), int(bands.max())


def _sums(own: Flags, owner: Places, now: Array, later: Array) -> tuple[float, ...]:
    """accounts, account-years, this year's and next year's money, kept, and the middle share kept."""
    this, then = float(now[own].sum()), float(later[own].sum())
    shares = later[own & (now > 0)] / now[own & (now > 0)]
    middle = float(np.median(shares)) if len(shares) else float("nan")
    return len(np.unique(owner[own])), int(own.sum()), this, then, then / this if this > 0 else float("nan"), middle


@dataclass(frozen=True, eq=False)
class _Kept:
    """What accounts kept on average, cell by cell: rows' cell, owner, money now and later, sums and shares by cell."""

    cell: Places
    owner: Places
    now: Array
    later: Array
    base: Array
    kept: Array

    @classmethod
    def of(cls, cell: Places, owner: Places, now: Array, later: Array) -> _Kept:
        base, brought = (np.bincount(cell, weights=part).astype("float64") for part in (now, later))
        kept = np.divide(brought, base, out=np.zeros(len(base)), where=base > 0)
        return cls(cell, owner, now, later, base, kept)

    def against(self, own: Flags, level: float) -> tuple[float, ...]:
        """The rows' next year by the expected one, its ends, p, and the largest account's share of the expected.

        NaN where it is not to be told: fewer than FEW accounts, or nothing to keep.
        """
        from scipy.stats import t

        use = own & (self.base[self.cell] > 0)
        part = np.bincount(self.cell[use], weights=self.now[use], minlength=len(self.base))
        expected, this = float(part @ self.kept), float(self.now[use].sum())
        if len(np.unique(self.owner[use])) < FEW or expected <= 0 or this <= 0:
            return (float("nan"),) * 5
        ratio = float(self.later[use].sum()) / expected
        money = self.now * self.kept[self.cell]
        largest = float(np.bincount(self.owner[use], weights=money[use]).max()) / expected
        weight = np.divide(part, self.base, out=np.zeros(len(self.base)), where=self.base > 0)
        moved = np.where(use, self.later - ratio * money, 0.0) - ratio * weight[self.cell] * (self.later - money)
        square = np.bincount(self.owner, weights=moved) ** 2
        total, counted = float(square.sum()), int((square > 0).sum())
        if total <= 1e-18 * expected**2:
            return ratio, ratio, ratio, float(abs(ratio - 1) < 1e-9), largest
        freedom = float(np.clip(3 * total**2 / float((square**2).sum()), 1.0, max(counted - 1, 1)))
        error = np.sqrt(total * counted / max(counted - 1, 1)) / expected
        wide = float(t.ppf((1 + level) / 2, freedom)) * error
        low = ratio - wide if self.later[use].min() < 0 else max(ratio - wide, 0.0)
        return ratio, low, ratio + wide, float(2 * t.sf(abs(ratio - 1) / error, freedom)), largest
