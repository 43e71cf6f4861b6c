"""Expected orders, which a score of potential must beat: by the value module's model, fitted anew on each day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crm_analysis.potential.score.model import EXPECTED
from crm_analysis.progress import busy
from crm_analysis.value.candidates import by_day

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


@busy("progress_orders")
def expected_orders(book: Book, days: Iterable[dt.date], horizon: str) -> pd.DataFrame:
    """One row per day and account with a history: as_of (datetime64), account_id, expected_orders.

    Orders in the horizon after the day by MBG/CNBD-k (Platzer & Reutterer 2016), fitted to what was known on that day
    and nothing later. A day on which it cannot be fitted has no row. How regular orders are (k) is chosen on the
    first day on which it can be.
    """
    import pandas as pd

    parts = [
        model.orders(known, horizon)[["account_id", EXPECTED]].assign(as_of=pd.Timestamp(day))
        for day, known, model in by_day(book, days)
        if model is not None
    ]
    if not parts:
        return pd.DataFrame({"as_of": pd.Series(dtype="datetime64[ns]"), "account_id": [], EXPECTED: []})
    return pd.concat(parts, ignore_index=True)[["as_of", "account_id", EXPECTED]]
