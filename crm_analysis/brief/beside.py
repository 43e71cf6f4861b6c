"""The account's year beside its own year before, and beside the other accounts of its segment."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.accounts import WINDOW, snapshots
from crm_analysis.book import engine
from crm_analysis.brief.trade import late_shares
from crm_analysis.frames import found
from crm_analysis.periods import before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

MEASURES = ("revenue", "orders", "order_value", "margin_rate", "families", "late_share", "complaints")
"""What is compared, in the order it is read."""
FEWEST = 8
"""Other accounts of the segment from which on the middle half of them is worth telling."""


def beside(book: Book, day: dt.date, account: str, frame: pd.DataFrame) -> pd.DataFrame:
    """One row per measure the book can tell: measure, now, year_before (NaN: not known), low, high, others.

    low and high are the quarter points of the other accounts of the segment that ordered in the year (NaN with fewer
    than FEWEST of them, whose number is others). `frame` is the plan's: `accounts.accounts` of the day with the column
    `segment`. No rows for an account without an order in either year.
    """
    import pandas as pd

    then = before(day, WINDOW)
    earlier = snapshots(book, [then], WINDOW).drop(columns="as_of") if (frame["revenue_before"].notna()).any() else None
    now = _measured(book, day, frame)
    past = _measured(book.as_of(then), then, earlier) if earlier is not None else None
    own = now[frame["account_id"] == account].iloc[0]
    segment = frame.loc[frame["account_id"] == account, "segment"].iloc[0]
    alike = (frame["segment"] == segment) & (frame["account_id"] != account) if isinstance(segment, str) else None
    rows = []
    for name in MEASURES:
        if name not in now:
            continue
        ago = np.nan
        if past is not None and earlier is not None and (there := earlier["account_id"] == account).any():
            ago = float(past.loc[there, name].iloc[0]) if name in past else np.nan
        others = now.loc[alike, name].dropna() if alike is not None else now.loc[[], name]
        ends = others.quantile([0.25, 0.75]).to_list() if len(others) >= FEWEST else [np.nan, np.nan]
        rows.append({"measure": name, "now": float(own[name]), "year_before": ago, "low": ends[0], "high": ends[1],
                     "others": len(others)})  # fmt: skip
    table = pd.DataFrame(rows, columns=["measure", "now", "year_before", "low", "high", "others"])
    nothing = table[table["measure"] == "orders"][["now", "year_before"]].fillna(0).to_numpy().sum() == 0
    return table[:0] if nothing else table


def _measured(book: Book, day: dt.date, frame: pd.DataFrame) -> pd.DataFrame:
    """MEASURES of every account of the frame, as far as the book tells them; row by row as the frame."""
    import pandas as pd

    ids, orders = frame["account_id"], frame["orders"].astype("float64")
    told = {"revenue": frame["revenue"], "orders": orders}
    told["order_value"] = frame["revenue"] / orders.where(orders > 0)
    for name in ("margin_rate", "families"):
        if name in frame:
            told[name] = frame[name].astype("float64")
    late = late_shares(book, day)
    if len(late):
        own = found(late, ids)
        due = pd.Series(own["due"], index=frame.index).astype("float64")
        told["late_share"] = pd.Series(own["late"], index=frame.index).astype("float64") / due.where(due > 0)
    if book.has("complaints"):
        rows = book.table("complaints", "account_id", "opened_on")
        rows = rows.filter(rows.opened_on > before(day, WINDOW))
        counts = engine.frame(rows.group_by("account_id").agg(complaints=rows.count()))
        told["complaints"] = ids.map(counts.set_index("account_id")["complaints"]).fillna(0).astype("float64")
    return pd.DataFrame(told, index=frame.index)
