"""Windows of time before each landmark, cut into pieces that are added up once and serve all of them.

The days that begin and end windows divide time into pieces. The engine adds rows up by account and piece; a window is
then a run of pieces, whatever the landmark. A row that holds from one day until another is told by two pieces.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.accounts import LATE
from crm_analysis.book.occasions import NEVER
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Days = NDArray[np.int64]

ANSWER_DAYS = 30
"""An invitation younger than this is not yet unanswered."""
LEAST_DAYS = 90
"""Less than this of a year is not brought to a year."""
_EPOCH = dt.date(1970, 1, 1)
_PARTS = 1e6  # whole millionths add up alike, whatever other landmarks divide the time


@dataclass(frozen=True)
class Landmark:
    """A day, and the days on which its windows had not begun: quarter, year, earlier (the year before that).

    `asked` is ANSWER_DAYS ago.
    """

    day: dt.date
    quarter: dt.date
    year: dt.date
    earlier: dt.date
    asked: dt.date

    @classmethod
    def of(cls, day: dt.date) -> Landmark:
        """The landmark of a day."""
        year = before(day, "12M")
        return cls(day, before(day, "3M"), year, before(year, "12M"), before(day, f"{ANSWER_DAYS}D"))

    def there(self, begins: dt.date | None) -> bool:
        """Whether a source that begins on that day tells of this one."""
        return begins is not None and begins <= self.day

    def as_a_year(self, begins: dt.date | None) -> float:
        """What brings a sum of the trailing year to a year, for a source that begins on that day.

        One that begins no more than a week (`accounts.LATE`) late covers the year; NaN if it tells too little.
        """
        if begins is None or begins > self.day:
            return float("nan")
        whole = (self.day - self.year).days
        seen = (self.day - begins).days + 1
        if seen + LATE.days >= whole:
            return 1.0
        return whole / seen if seen >= LEAST_DAYS else float("nan")


class Cuts:
    """The days that divide time; piece i ends with the i-th of them, the last one has no end."""

    def __init__(self, days: Iterable[dt.date]) -> None:
        self.days = sorted(set(days))
        self._places = {day: place for place, day in enumerate(self.days)}

    def at(self, day: dt.date) -> int:
        """The piece that ends with the day."""
        return self._places[day]

    def piece(self, date: Any, later: int = 0) -> Any:
        """The piece that a date, moved so many days later, falls in, in the engine; the last one for null."""
        ends = [day - dt.timedelta(days=later) for day in self.days]
        return ibis.cases(*((date <= ibis.literal(end), place) for place, end in enumerate(ends)), else_=self.last)

    @property
    def last(self) -> int:
        """The piece without an end; of what has no date, too."""
        return len(self.days)


@dataclass(frozen=True)
class Ledger:
    """Rows added up by account and piece: account (its number), since and until (pieces), values; sorted by since.

    `until` is 0 where rows tell of a moment. Values are whole millionths, or days since 1970.
    """

    accounts: int
    account: NDArray[np.int64]
    since: NDArray[np.int16]
    until: NDArray[np.int16]
    values: Mapping[str, Floats]

    @classmethod
    def of(cls, rows: pa.Table, ids: pa.Array) -> Ledger:
        """Rows with account_id, since, perhaps until, and numbers or dates (as days since 1970).

        Rows of other accounts are left out.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        number = pc.index_in(rows["account_id"].cast(ids.type), value_set=ids)
        rows, number = rows.filter(number.is_valid()), number.drop_null()

        def read(name: str) -> Any:
            column = rows[name]
            if pa.types.is_date32(column.type):
                return column.cast(pa.int32()).cast(pa.float64()).fill_null(-np.inf).to_numpy()
            return np.rint(column.cast(pa.float64()).fill_null(0.0).to_numpy() * _PARTS)

        account = number.to_numpy().astype("int64")
        since = rows["since"].to_numpy().astype("int16")
        until = rows["until"].to_numpy().astype("int16") if "until" in rows.column_names else np.zeros_like(since)
        order = np.argsort(since, kind="stable")
        values = {name: read(name)[order] for name in rows.column_names if name not in ("account_id", "since", "until")}
        return cls(len(ids), account[order], since[order], until[order], values)

    def total(self, name: str, after: int, upto: int, until: tuple[int, int] | None = None) -> Floats:
        """The sum by account of a number of the rows since a piece later than `after`, no later than `upto`.

        With `until`, of those whose `until` is in that range, ends included.
        """
        rows = self._rows(after, upto, until)
        return np.bincount(self.account[rows], self.values[name][rows], self.accounts) / _PARTS

    def latest(self, name: str, after: int, upto: int, until: tuple[int, int] | None = None) -> Floats:
        """The latest day by account of such rows; minus infinity without one."""
        rows = self._rows(after, upto, until)
        result = np.full(self.accounts, -np.inf)
        np.maximum.at(result, self.account[rows], self.values[name][rows])
        return result

    def _rows(self, after: int, upto: int, until: tuple[int, int] | None) -> Any:
        low, high = np.searchsorted(self.since, [after, upto], side="right")
        if until is None:
            return slice(low, high)
        return low + np.flatnonzero((self.until[low:high] >= until[0]) & (self.until[low:high] <= until[1]))


def cuts_of(landmarks: Iterable[Landmark], *names: str) -> Cuts:
    """The days of the landmarks that have these names: fewer pieces are quicker told apart."""
    return Cuts(getattr(mark, name) for mark in landmarks for name in names)


@dataclass(frozen=True)
class Marks:
    """The landmarks of a panel and the accounts it tells of, numbered in the order of their ids.

    `begins` is the day of the book's first order line; `since`, by account, the day from which it is known to have been
    there, no earlier than that (days since 1970).
    """

    landmarks: tuple[Landmark, ...]
    ids: pa.Array
    begins: dt.date
    since: Days
    never = ibis.literal(NEVER)

    def __iter__(self) -> Iterator[Landmark]:
        return iter(self.landmarks)

    def cuts(self, *names: str) -> Cuts:
        """As `cuts_of`."""
        return cuts_of(self.landmarks, *names)

    def ledger(self, rows: ibis.Table) -> Ledger:
        """The rows of the engine."""
        return Ledger.of(rows.to_pyarrow(), self.ids)

    def begin(self, dates: Any) -> dt.date | None:
        """The earliest of a column's dates."""
        found = dates.min().cast("string").execute()
        return dt.date.fromisoformat(str(found)) if found else None


def numbers(account_id: pd.Series, ids: pa.Array) -> NDArray[np.int64]:
    """The number of each account: its place among the sorted `ids`; -1 for others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.index_in(pa.array(account_id, pa.string()), value_set=ids).fill_null(-1)
    return found.to_numpy().astype("int64")  # type: ignore[no-any-return]


def stacked(source: Iterator[dict[str, Any]], at: list[NDArray[np.int64]]) -> dict[str, Any]:
    """The features of the accounts `at` each landmark, one landmark after the other; numbers as float32."""
    parts: dict[str, list[Any]] = {}
    for found, own in zip(source, at, strict=True):
        for name, values in found.items():
            parts.setdefault(name, []).append(values[own].astype(object if values.dtype == object else "float32"))
    return {name: np.concatenate(each) for name, each in parts.items()}


def days_since_epoch(day: dt.date) -> int:
    """The day as dates are counted in a ledger."""
    return (day - _EPOCH).days


def share(part: Floats, whole: Floats) -> Floats:
    """The quotient, NaN where the whole is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
