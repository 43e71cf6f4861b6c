"""Frames of many columns and a million rows, put together without copying them again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def widened(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """`frame` with these columns too, or in the place of its own of that name.

    Nothing is copied, so the two share their values: put columns into the result, but write into none.
    """
    import pandas as pd

    told: dict[Any, Any] = dict(frame.items())
    return pd.DataFrame(told | dict(columns), index=frame.index, copy=False)


def found(frame: pd.DataFrame, ids: pd.Series, by: str = "account_id") -> dict[str, Any]:
    """The columns of `frame` but `by` for these ids, in their order; missing where there is no row.

    Raises ValueError (pandas' InvalidIndexError) where `frame` has an id twice.
    """
    import pandas as pd

    place = pd.Index(frame[by]).get_indexer(ids)
    return {
        name: pd.api.extensions.take(frame[name].to_numpy(), place, allow_fill=True)
        for name in frame.columns
        if name != by
    }
