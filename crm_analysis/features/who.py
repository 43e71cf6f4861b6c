"""Who accounts are, as far as it was known on each landmark; as in `trade`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.features.trade import Features
    from crm_analysis.features.windows import Marks


def attributes(book: Book, marks: Marks, names: Sequence[str]) -> Iterator[Features]:
    """Columns of `accounts` as objects, None where unknown; None in all where the landmark could not know the column."""
    for mark in marks:
        yield attributes_on(book.as_of(mark.day), marks, names)


def attributes_on(known: Book, marks: Marks, names: Sequence[str]) -> Features:
    """The same on the day of a book."""
    import pyarrow.compute as pc

    there = [name for name in names if known.has("accounts", name)]
    found: Features = {name: np.full(len(marks.ids), None, dtype=object) for name in names}
    if not there:
        return found
    rows = known.table("accounts", *there).select("account_id", *there).to_pyarrow()
    place = pc.index_in(rows["account_id"].cast(marks.ids.type), value_set=marks.ids)
    rows = rows.filter(place.is_valid())
    at = place.drop_null().to_numpy()
    for name in there:
        found[name][at] = rows[name].to_numpy()
    return found
