"""A lot for every account: a number from 0 to 1 that decides what chance must decide, and never changes.

It is made of what the account bought on its first day, which later days leave alone and which no analysis forecasts. So
an account stays in the group it fell into, quarter after quarter; renaming or reordering accounts changes nothing; and
accounts that bought the very same on the same first day share their lot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.book.days import order_days

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Bits = NDArray[np.uint64]

SEED = 20260930
"""What lots are drawn with unless another is given; a lot is drawn for a purpose, so one seed does for all."""
_STEP = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))


def keys(book: Book, ids: pa.Array) -> tuple[Bits, NDArray[np.int64]]:
    """Of each of `ids` the bits its lots are drawn from, and its first day in the book (days since 1970)."""
    import ibis
    import pyarrow as pa
    import pyarrow.compute as pc

    days = order_days(book)
    days = days.mutate(first=days.ordered_on.min().over(ibis.window(group_by="account_id")))
    days = days.filter(days.ordered_on == days.first)
    rows: Any = days.group_by("account_id", "first").agg(
        money=days.revenue.sum().cast("float64"), lines=days.lines.sum()
    )
    found = rows.to_pyarrow()
    place = pc.index_in(found["account_id"].cast(ids.type), value_set=ids)
    found, at = found.filter(place.is_valid()), place.drop_null().to_numpy()
    first = np.zeros(len(ids), dtype=np.int64)
    bits = np.zeros(len(ids), dtype=np.uint64)
    first[at] = found["first"].cast(pa.int32()).to_numpy()
    money = np.rint(found["money"].to_numpy() * 10_000)  # exact: money has four places
    for part in (first[at], money, found["lines"].to_numpy()):
        bits[at] = _mixed(bits[at] ^ part.astype(np.int64).view(np.uint64))
    return bits, first


def lots(bits: Bits, seed: int, purpose: int) -> NDArray[np.float64]:
    """A lot from the bits; each seed and each purpose (a small number) draws anew."""
    mixed = _mixed(_mixed(bits ^ np.uint64(seed)) + np.uint64(purpose))
    result: NDArray[np.float64] = ((mixed >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return result


def of_groups(bits: Bits, first: NDArray[np.int64], group: NDArray[np.int64]) -> Bits:
    """The bits of each account's group: those of its oldest account, so that siblings share their lot.

    `group` numbers the groups from 0; -1 stands for an account without one, which keeps its own.
    """
    result = bits.copy()
    member = np.flatnonzero(group >= 0)
    order = member[np.lexsort((_mixed(bits[member]), first[member], group[member]))]
    starts = np.r_[True, np.diff(group[order]) != 0] if len(order) else np.zeros(0, dtype=bool)
    oldest = bits[order[starts]]
    result[order] = oldest[np.cumsum(starts) - 1] if len(order) else result[order]
    return result


def _mixed(bits: Bits) -> Bits:
    """The bits stirred (SplitMix64; Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        found = bits + _STEP
        for shift, factor in _ROUNDS:
            found = (found ^ (found >> shift)) * factor
        mixed: Bits = found ^ (found >> np.uint64(31))
    return mixed
