"""Who accounts are, as far as it was known on each landmark; as in `trade`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_analysis.book.book import Book
    from crm_analysis.features.trade import Features
    from crm_analysis.features.windows import Days, Marks


def attributes(book: Book, marks: Marks, names: Sequence[str]) -> Iterator[Features]:
    """Columns of `accounts` as objects, None where unknown; None in all where the landmark could not know the column.

    One query asks for all landmarks.
    """
    import pyarrow.compute as pc

    whole = book.whole["accounts"]
    kinds = {name: whole[name].type() for name in names if name in whole.columns}
    parts: list[Any] = []
    for place, mark in enumerate(marks):
        known = book.as_of(mark.day)
        if there := [name for name in kinds if known.has("accounts", name)]:
            rows = known.table("accounts", *there)
            told = {name: rows[name] if name in there else ibis.null(kind) for name, kind in kinds.items()}
            parts.append(rows.select("account_id", place=ibis.literal(place, "int16"), **told))
    found = (ibis.union(*parts) if len(parts) > 1 else parts[0]).to_pyarrow() if parts else None
    for place, _ in enumerate(marks):
        yield _placed(None if found is None else found.filter(pc.equal(found["place"], place)), marks, names)


def attributes_on(known: Book, marks: Marks, names: Sequence[str]) -> Features:
    """The same on the day of a book."""
    there = [name for name in names if known.has("accounts", name)]
    rows = known.table("accounts", *there).select("account_id", *there).to_pyarrow() if there else None
    return _placed(rows, marks, names)


def _placed(rows: pa.Table | None, marks: Marks, names: Sequence[str]) -> Features:
    """The columns by the numbers of the accounts."""
    import pyarrow.compute as pc

    found: Features = {name: np.full(len(marks.ids), None, dtype=object) for name in names}
    if rows is None:
        return found
    place = pc.index_in(rows["account_id"].cast(marks.ids.type), value_set=marks.ids)
    rows = rows.filter(place.is_valid())
    at = place.drop_null().to_numpy()
    for name in names:
        if name in rows.column_names:
            found[name][at] = rows[name].to_numpy()
    return found


def groups(group_id: Any, marks: Marks) -> Days:
    """The number of each account's group, of what `attributes` tells as group_id; numbers follow the groups' names.

    An account without a group is a group of its own, named by its account_id: others that name that as their group
    belong to it (as in `accounts.groups`).
    """
    import pandas as pd

    names = np.where(pd.isna(group_id), marks.ids.to_numpy(zero_copy_only=False), group_id)
    return pd.factorize(names, sort=True)[0].astype("int64")  # type: ignore[no-any-return]
