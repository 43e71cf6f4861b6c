"""How long complaints take until they are closed; those still open count as long as they were seen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.satisfaction.complaints.durations import alike, curve, ended_by, median
from crm_analysis.satisfaction.complaints.topics import KINDS

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

WITHIN = (5, 10, 30)
"""Days after which it is told how many complaints were closed."""
LEAST = 5
"""Complaints a group needs to be told by itself; smaller ones are counted together."""
LISTED = 1_000
"""Open complaints that are listed at most."""


@dataclass(frozen=True)
class Resolution:
    """The complaints opened in a window, and how long each took.

    `rows`: account_id, topic, dimension, severity (as far as the book has them; None where not told), days (from
    opening to closing, or to the last day known), done (closed), number (complaints alike); sorted. `backwards`: how
    many were closed before they were opened; they are left out.
    """

    rows: pd.DataFrame
    backwards: int

    def table(self, groups: pd.Series | None = None, level: float = LEVEL) -> pd.DataFrame:
        """One row per group (all, without `groups`), the most complaints first, then by name.

        Columns: group, complaints, accounts, still_open, median, low, high (days within which half were closed; NaN
        where not half were), within_5, within_10, within_30 (share closed by then; NaN where nothing was seen for so
        long) and low_5, high_5, ... Groups of fewer than LEAST complaints are pooled if several are.
        """
        import pandas as pd

        named = pd.Series(label("complaints_all"), index=self.rows.index) if groups is None else self.pooled(groups)
        found = []
        for name, own in self.rows.groupby(named.to_numpy(dtype=str), sort=True):
            steps = curve(own, level)
            middle, low, high = median(steps)
            row: dict[str, Any] = {"group": name, "complaints": int(own["number"].sum())}
            row |= {"accounts": own["account_id"].nunique(), "still_open": int(own["number"][~own["done"]].sum())}
            row |= {"median": middle, "low": low, "high": high}
            for ended in ended_by(steps, WITHIN).itertuples():
                row |= {f"within_{ended.days}": ended.share}
                row |= {f"low_{ended.days}": ended.low, f"high_{ended.days}": ended.high}
            found.append(row)
        table = pd.DataFrame(found)
        return table.sort_values(["complaints", "group"], ascending=[False, True], ignore_index=True)

    def curves(self, groups: pd.Series | None = None, level: float = LEVEL) -> pd.DataFrame:
        """The curves of the groups of `table`, in their order: group, and the columns of `durations.curve`."""
        import pandas as pd

        named = pd.Series(label("complaints_all"), index=self.rows.index) if groups is None else self.pooled(groups)
        order = self.rows["number"].groupby(named.to_numpy(dtype=str)).sum().sort_index()
        order = order.sort_values(ascending=False, kind="stable")
        parts = []
        for name in order.index:
            own = self.rows[named == name]
            parts.append(curve(own, level).assign(group=name))
        return pd.concat(parts, ignore_index=True)

    def test(self, groups: pd.Series) -> tuple[int, float]:
        """Whether the groups of `table` are dealt with alike (`durations.alike`): how many there are, and p."""
        named = self.pooled(groups)
        found = alike(self.rows, named)
        return int(named.nunique()), found[1]

    def pooled(self, groups: pd.Series) -> pd.Series:
        """The group of each row, small ones together."""
        named = groups.astype(object).where(groups.notna(), label("complaints_untold")).astype(str)
        many = self.rows["number"].groupby(named.to_numpy(dtype=str)).sum()
        small = set(many.index[many < LEAST])
        return named.where(~named.isin(small), label("complaints_small_groups")) if len(small) > 1 else named


def resolution(book: Book, start: dt.date, end: dt.date) -> Resolution:
    """The complaints opened in (start, end], as known on `end`.

    Raises BookError if the book does not tell when complaints are closed, or there are none.
    """
    known = book.as_of(end)
    known.need("complaints", "closed_on")
    rows = known.table("complaints")
    rows = rows.filter((rows.opened_on > ibis.literal(start)) & (rows.opened_on <= ibis.literal(end)))
    last = ibis.literal(last_known(known))
    kinds = [name for name in KINDS if name in rows.columns]
    closing = rows.closed_on.fill_null(last)
    rows = rows.mutate(days=closing.delta(rows.opened_on, unit="day"), done=rows.closed_on.notnull())
    keys = ["account_id", *kinds, "days", "done"]
    each = rows.group_by(*keys).agg(number=rows.count())
    frame = engine.frame(each.order_by(*keys))
    frame = frame.astype({"days": np.int64, "number": np.int64, "done": bool})
    wrong = frame["days"] < 0
    found = Resolution(frame[~wrong].reset_index(drop=True), int(frame.loc[wrong, "number"].sum()))
    if found.rows.empty:
        raise BookError(label("complaints_none_opened", start=start, end=end))
    return found


def open_ones(book: Book, end: dt.date, most: int = LISTED) -> pd.DataFrame:
    """The complaints open on `end`, the longest open first, then by their key; no more than `most`.

    Columns: complaint_id, account_id, opened_on, days_open and, as far as the book has them, topic, severity. Raises
    BookError as `resolution`.
    """
    known = book.as_of(end)
    known.need("complaints", "closed_on")
    rows = known.table("complaints")
    rows = rows.filter(rows.closed_on.isnull())
    names = [name for name in ("topic", "severity") if name in rows.columns]
    table = rows.select("complaint_id", "account_id", "opened_on", *names).order_by("opened_on", "complaint_id")
    frame = engine.frame(table.limit(most))
    days = (np.datetime64(last_known(known)) - frame["opened_on"]).dt.days
    frame.insert(3, "days_open", days.astype(np.int64))
    return frame
