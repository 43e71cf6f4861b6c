"""Quarters x accounts: where the engine's rows are put that were summed by account and quarter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.periods import after, before

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Codes = NDArray[np.int64]
    Days = NDArray[np.datetime64]

PARTS = 1e4
"""Whole ten-thousandths, the contract's last place, add up alike in any order."""
QUARTER = "3M"


@dataclass(frozen=True, eq=False)
class Grid:
    """Accounts, by their sorted ids, and the ends of consecutive quarters, ascending."""

    ids: pa.Array
    ends: tuple[dt.date, ...]

    @cached_property
    def bounds(self) -> tuple[dt.date, ...]:
        """The last day before the first quarter, and the last of each."""
        return (before(self.ends[0], QUARTER), *self.ends)

    @property
    def shape(self) -> tuple[int, int]:
        """How many quarters, and accounts."""
        return len(self.ends), len(self.ids)

    def begins(self) -> list[dt.date]:
        """The first day of each quarter."""
        return [day + dt.timedelta(days=1) for day in self.bounds[:-1]]

    def longer(self, quarters: int) -> Grid:
        """The same with so many quarters before the first."""
        earlier = (before(self.ends[0], f"{many}Q") for many in range(quarters, 0, -1))
        return Grid(self.ids, (*earlier, *self.ends))

    def quarter(self, date: Any, later: int = 0) -> Any:
        """In the engine: the place of the quarter that a date, moved so many days later, falls in.

        -1 before the first; after the last, or without a date, as many as there are.
        """
        days = [end - dt.timedelta(days=later) for end in self.bounds]
        tests = [(date <= ibis.literal(day), place - 1) for place, day in enumerate(days)]
        return ibis.cases(*tests, else_=len(self.ends))

    def inside(self, date: Any) -> Any:
        """In the engine: whether a date falls in one of the quarters."""
        return (date > ibis.literal(self.bounds[0])) & (date <= ibis.literal(self.bounds[-1]))

    def place(self, days: Any) -> Codes:
        """The same places of days in memory; without a day, as many as there are quarters."""
        given = np.asarray(days, dtype="datetime64[D]")
        found = np.searchsorted(np.array(self.bounds, dtype="datetime64[D]"), given, side="left") - 1
        return np.where(np.isnat(given), len(self.ends), found).astype(np.int64)

    def cells(self, rows: ibis.Table | pd.DataFrame) -> Cells:
        """Rows with an account_id; those of other accounts are left out."""
        import pyarrow as pa
        import pyarrow.compute as pc

        table = rows.to_pyarrow() if isinstance(rows, ibis.Table) else pa.Table.from_pandas(rows, preserve_index=False)
        number = pc.index_in(table["account_id"].cast(self.ids.type), value_set=self.ids)
        table = table.drop_columns("account_id").filter(number.is_valid())
        return Cells(self, number.drop_null().to_numpy().astype(np.int64), table)


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of accounts of a grid: the number of each row's account, and its other columns."""

    grid: Grid
    account: Codes
    table: pa.Table

    def numbers(self, name: str) -> Array:
        """A column as floats, 0 where empty."""
        import pyarrow as pa

        found: Array = self.table[name].cast(pa.float64()).fill_null(0.0).to_numpy()
        return found

    def places(self, name: str) -> Codes:
        """A column of whole numbers."""
        found: Codes = self.table[name].to_numpy().astype(np.int64)
        return found

    def days(self, name: str) -> Days:
        """A column of dates."""
        import pyarrow as pa

        return self.table[name].cast(pa.date32()).to_numpy().astype("datetime64[D]")  # type: ignore[no-any-return]

    def total(self, values: str | Array, at: str | Codes = "quarter", where: Flags | None = None) -> Array:
        """The sum by quarter and account of a column, or of values row by row; `at`: the quarter of each row.

        What falls in none of the quarters is left out. Sums are of whole ten-thousandths.
        """
        quarters, accounts = self.grid.shape
        place = self.places(at) if isinstance(at, str) else at
        numbers = self.numbers(values) if isinstance(values, str) else values
        kept = (place >= 0) & (place < quarters)
        if where is not None:
            kept &= where
        cell = place[kept] * accounts + self.account[kept]
        return added(cell, numbers[kept], quarters * accounts).reshape(quarters, accounts)

    def covered(self, since: Codes, until: Codes) -> Flags:
        """By quarter and account, whether a row holds that is there from one quarter until another, both included."""
        quarters, accounts = self.grid.shape
        begin, end = np.clip(since, 0, quarters), np.clip(until + 1, 0, quarters)
        own = begin < end
        change = np.zeros((quarters + 1) * accounts, dtype=np.int32)
        for place, way in ((begin, 1), (end, -1)):
            cell = (place * accounts + self.account)[own]
            change += way * np.bincount(cell, minlength=change.size).astype(np.int32)
        return change.reshape(quarters + 1, accounts).cumsum(axis=0)[:-1] > 0

    def any(self, at: str | Codes = "quarter", where: Flags | None = None) -> Array:
        """1 where there is a row, else 0."""
        return np.minimum(self.total(np.ones(len(self.account)), at, where), 1.0)


def added(place: Codes, numbers: Array, many: int) -> Array:
    """Sums of numbers by place, in whole ten-thousandths."""
    found: Array = np.bincount(place, np.rint(numbers * PARTS), many) / PARTS
    return found


@dataclass(frozen=True)
class Told:
    """What a source tells: `measures` by name; `why` it cannot tell others; `since` when it tells each."""

    measures: dict[str, Array]
    why: dict[str, str]
    since: dict[str, dt.date]

    def __or__(self, other: Told) -> Told:
        return Told(self.measures | other.measures, self.why | other.why, self.since | other.since)


NOTHING = Told({}, {}, {})


def untold(names: Sequence[str], why: str) -> Told:
    """Measures that cannot be told, all for one reason."""
    return Told({}, dict.fromkeys(names, why), {})


def first_day(dates: Any) -> dt.date | None:
    """The earliest of a column's dates in the engine; None without one."""
    found = dates.min().cast("string").execute()
    return dt.date.fromisoformat(str(found)) if found is not None and found == found else None


def settled_since(first: dt.date) -> dt.date:
    """From when what settles is told whole, by a table whose first row is of that day: a quarter later.

    Of the first quarter only what both began and settled in it is there, and those are the quick ones.
    """
    return after(first, QUARTER)


def lacks(book: Book, needs: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Of measures with the table and columns that each needs, those that the book cannot tell, and why."""
    return {name: why for name, (table, *columns) in needs.items() if (why := book.why_not(table, *columns))}
