"""Cases: the Low accounts of many days, what was known of each on its day, and what became of it.

The population of potential. A Low account of a day is *promising* if its trailing year's value a horizon later is at
least the Mid bar as it stood on the day and at least GROWN times its own then. Bars are frozen in money on each day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.accounts import LATE
from crm_analysis.book.book import as_date
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.purchases import begin_of
from crm_analysis.errors import BookError, UserError
from crm_analysis.features import trade, who
from crm_analysis.features.windows import Landmark, Ledger, Marks
from crm_analysis.labels import label
from crm_analysis.periods import after, before
from crm_analysis.potential import lots
from crm_analysis.potential.farewells import farewells
from crm_analysis.potential.features import FEATURES
from crm_analysis.potential.known import Known
from crm_analysis.potential.low import PLACES, Day, Wishes, money
from crm_analysis.potential.low import days as low_days
from crm_analysis.progress import busy

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Floats = NDArray[np.float64]

STEP = "3M"
"""From one day of cases to the next."""
MOST = 12
"""Earlier days looked at, if the book reaches back that far."""
GROWN = 1.5
"""How many times its own value a promising account brings a horizon later."""
BY = ("revenue", "margin")
"""What potential can be told by."""


@dataclass(frozen=True)
class Cases:
    """The Low accounts of `days`, the last of which is today, and what became of those of the earlier ones.

    `frame`, sorted by as_of and account_id, a row per day and Low account that we had not said goodbye to: as_of
    (datetime64), account_id; the features of `features.FEATURES` that the book can tell (numbers as float32, NaN where
    unknown; words as category); veto_... (bool) for each of `vetoes.VETOES`; revenue, margin and value (of the trailing
    year, in the book's currency; margin NaN without costs; value is the one potential is told by), each also with
    _later, a horizon on; promising (1, 0; NaN where it is not known: today, and where we said goodbye in between);
    group (the number of its customer group as known today; an account without one is a group of its own); bits (what
    lots are drawn from, `lots`).

    `bars`, a row per day: as_of (a date), mid, high. `features` are the names of those there. `begins` is the day
    of the book's first order line.
    """

    frame: pd.DataFrame
    bars: pd.DataFrame
    day: dt.date
    days: tuple[dt.date, ...]
    wishes: Wishes
    features: tuple[str, ...]
    begins: dt.date = dt.date.min

    @property
    def today(self) -> pd.DataFrame:
        """The rows of the last day."""
        return self.on(self.day)

    def on(self, day: dt.date) -> pd.DataFrame:
        """The rows of a day."""
        import pandas as pd

        return self.frame[self.frame["as_of"] == pd.Timestamp(day)].reset_index(drop=True)

    @property
    def known(self) -> pd.DataFrame:
        """The rows of which it is known whether they were promising."""
        return self.frame[self.frame["promising"].notna()].reset_index(drop=True)

    def lot(self, rows: pd.DataFrame, seed: int, purpose: int) -> NDArray[np.float64]:
        """A lot from 0 to 1 for each of some rows, the same for siblings and for all days of an account."""
        return lots.lots(rows["bits"].to_numpy(np.uint64), seed, purpose)


def case_days(book: Book, as_of: str | dt.date, horizon: str = "12M", most: int = MOST) -> list[dt.date]:
    """Days whose cases have an outcome known by `as_of`, earliest first: a horizon back, then every STEP.

    None whose trailing year begins more than LATE before the book's orders do. Raises UserError for a horizon that is
    no window, BookError where no order line is known.
    """
    known = book.as_of(as_of)
    return _days(last_known(known), begin_of(known), horizon, most)


def _days(day: dt.date, begins: dt.date, horizon: str, most: int) -> list[dt.date]:
    found: list[dt.date] = []
    at = before(day, horizon)
    while len(found) < most and before(at, "12M") + dt.timedelta(days=1) + LATE >= begins:
        found.append(at)
        at = before(at, STEP)
    return found[::-1]


@busy("progress_cases")
def cases(book: Book, as_of: str | dt.date, wishes: Wishes | None = None, most: int = MOST) -> Cases:
    """The cases of a book as known on a day. Each table is read once or twice for all days.

    Raises UserError for wishes no book could meet, BookError for a book without an order, or without costs if potential
    is to be told by margin.
    """
    import pandas as pd

    wishes, known = wishes or Wishes(), book.as_of(as_date(as_of))
    _checked(known, wishes)
    day, begins = last_known(known), begin_of(known)
    days = [*_days(day, begins, wishes.horizon, most), day]
    rows = trade.order_rows(known, tuple(map(Landmark.of, days)))
    ids = _ids(rows)
    bits, first = lots.keys(known, ids)
    marks = Marks(tuple(map(Landmark.of, days)), ids, begins, first)
    ledger = Ledger.of(rows, ids)

    told = list(low_days(ledger, marks, wishes))
    parted = farewells(known, marks, ledger, wishes.horizon)
    at = [own.low[~gone[own.low]] for own, gone in zip(told, parted.gone, strict=True)]
    columns = Known(known, marks, ledger, told).columns(at)
    columns |= stacked_money(told, at)
    columns |= _later(known, marks, wishes, at)
    later, bar = columns["value_later"], np.repeat([own.bars.mid for own in told], _sizes(at))
    grown = np.rint(later * PLACES) >= GROWN * np.rint(columns["value"] * PLACES)
    promising = np.where((later >= bar) & grown, 1.0, 0.0)
    unknown = np.isnan(later) | np.concatenate([own[rows] for own, rows in zip(parted.between, at, strict=True)])
    columns["promising"] = np.where(unknown, np.nan, promising)
    group = _groups(known, marks)
    columns["group"] = np.concatenate([group[own] for own in at])
    columns["bits"] = np.concatenate([lots.of_groups(bits, first, group)[own] for own in at])

    names = np.asarray(ids.to_pandas(), dtype=object)
    frame = pd.DataFrame({"as_of": np.repeat(np.array(days, dtype="datetime64[ns]"), _sizes(at))})
    frame["account_id"] = np.concatenate([names[own] for own in at])
    frame = pd.concat([frame, pd.DataFrame(columns)], axis=1)
    table = [(day, own.bars.mid, own.bars.high) for day, own in zip(days, told, strict=True)]
    at_bars = pd.DataFrame(table, columns=["as_of", "mid", "high"])
    told_of = tuple(name for name in FEATURES if name in frame)
    return Cases(frame, at_bars, day, tuple(days), wishes, told_of, begins)


def _checked(known: Book, wishes: Wishes) -> None:
    if wishes.by not in BY:
        raise UserError(f"potential is told by {' or '.join(BY)}; found {wishes.by!r}.")
    if wishes.by == "margin" and (lack := known.why_not("orders", "cost")):
        raise BookError(label("potential_no_cost", lack=lack))


def _ids(rows: pa.Table) -> pa.Array:
    import pyarrow as pa

    return pa.array(sorted(rows["account_id"].unique().to_pylist()), pa.string())


def _sizes(at: list[NDArray[np.intp]]) -> list[int]:
    return [len(own) for own in at]


def stacked_money(told: list[Day], at: list[NDArray[np.intp]]) -> dict[str, Any]:
    """revenue, margin and value of the accounts of each landmark."""
    return {
        name: np.concatenate([day.money[name][own] for day, own in zip(told, at, strict=True)])
        for name in ("revenue", "margin", "value")
    }


def _later(known: Book, marks: Marks, wishes: Wishes, at: list[NDArray[np.intp]]) -> dict[str, Any]:
    """The same a horizon later, with _later; NaN today, the last of the landmarks, when that is not over."""
    last, days = last_known(known), [mark.day for mark in marks][:-1]
    # from the end of a short month a horizon leads to the end of a longer one, past the day it was counted back from
    over = [Landmark.of(min(after(day, wishes.horizon), last)) for day in days]
    ends = Marks(tuple(over), marks.ids, marks.begins, marks.since)
    found: list[dict[str, Floats]] = []
    if over:
        ledger, cuts = Ledger.of(trade.order_rows(known, over), marks.ids), ends.cuts(*trade.ENDS)
        found = [money(ledger, cuts.at(mark.year), cuts.at(mark.day), wishes.by) for mark in over]
    nothing = np.full(len(marks.ids), np.nan)
    found.append(dict.fromkeys(("revenue", "margin", "value"), nothing))
    return {
        f"{name}_later": np.concatenate([each[name][own] for each, own in zip(found, at, strict=True)])
        for name in ("revenue", "margin", "value")
    }


def _groups(known: Book, marks: Marks) -> NDArray[np.int64]:
    """The number of each account's group as known on the book's day."""
    return who.groups(who.attributes_on(known, marks, ["group_id"])["group_id"], marks)
