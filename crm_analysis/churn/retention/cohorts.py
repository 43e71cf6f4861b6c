"""Cohorts: accounts by the quarter of their first order (or contract), what is left of them and of their revenue."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.book.days import last_known, order_days
from crm_analysis.churn.retention.beginnings import firsts
from crm_analysis.periods import quarter_end

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.definition import Spells

BEFORE = "before"
"""The row of accounts that may have ordered before the book begins; it counts from the book's first quarter."""


def cohorts(book: Book, spells: Spells) -> pd.DataFrame:
    """One row per cohort and quarter, up to the day the spells look from; early accounts first.

    Columns:

    - cohort: the quarter of the first order, such as 2024Q1, or "before" (`beginnings.firsts`);
    - quarter: 0 is that of the begin; period: the calendar quarter;
    - accounts: of the cohort; there: those whose last order before leaving comes in this quarter or later, and that
      have begun; returned: those of them that had left before and came back; share: there / accounts;
    - revenue: in this quarter, all lines (in quarter 0 also what was sent back before the first order); revenue_share:
      of an average quarter of the cohort's first year, the quarters 0 to 3 (the first of which it was there for half
      of, on average); NaN before that year is over.

    there, returned and share are NaN where it is not yet decided who had left before the quarter; revenue is NaN in a
    quarter that is not over. Accounts that never bought (or had a contract) are in no cohort.
    """
    import pandas as pd

    known = book.as_of(spells.as_of)
    begin = firsts(known, spells)
    first = engine.frame(begin.order_by("account_id"))
    start = _number(spells.begins)
    of = pd.Series(np.where(first["before"], start - 1, _numbers(first["first"])), index=first["account_id"])
    counts = of.groupby(of).size()
    last = _number(spells.as_of)
    grid = [(at, number) for at in counts.index for number in range(max(at, start), last + 1)]
    frame = pd.DataFrame(grid, columns=["of", "number"])
    found = _there(spells, of)
    money = _revenue(known, begin, start)
    frame = frame.merge(found, on=["of", "number"], how="left").merge(money, on=["of", "number"], how="left")
    opened = frame["number"].map({number: _first_day(number) for number in range(start, last + 1)})
    # who was gone before a quarter begins is decided when the silence after the day before has passed
    decided = pd.Series(opened, dtype="datetime64[ns]") <= pd.Timestamp(spells.decided_until) + pd.Timedelta(days=1)
    over = frame["number"] < _number(last_known(known) + dt.timedelta(days=1))
    frame["accounts"] = frame["of"].map(counts).astype(np.int64)
    for name in ("there", "returned"):
        frame[name] = frame[name].fillna(0).where(decided)
    frame["share"] = frame["there"] / frame["accounts"]
    frame["revenue"] = frame["revenue"].fillna(0.0).where(over)
    frame["quarter"] = frame["number"] - frame["of"].clip(lower=start)
    year = frame[frame["quarter"] < 4].groupby("of")["revenue"].agg(["mean", "count"])
    base = frame["of"].map(year["mean"].where((year["count"] == 4) & (year["mean"] > 0)))
    frame["revenue_share"] = frame["revenue"] / base
    frame["cohort"] = np.where(frame["of"] < start, BEFORE, frame["of"].map(_name))
    frame["period"] = frame["number"].map(_name)
    columns = ["cohort", "quarter", "period", "accounts", "there", "returned", "share", "revenue", "revenue_share"]
    return frame[columns]


def wide(table: pd.DataFrame, value: str = "share") -> pd.DataFrame:
    """`cohorts` as a table to look at: one row per cohort, one column per quarter since the first order.

    Columns: cohort, accounts, then "0", "1", ...; quarters that no cohort has a value for are left out.
    """
    cells = table.pivot(index="cohort", columns="quarter", values=value).reindex(table["cohort"].unique())
    cells = cells.dropna(axis="columns", how="all")
    cells.columns = [str(name) for name in cells.columns]
    sizes = table.drop_duplicates("cohort").set_index("cohort")["accounts"]
    cells.insert(0, "accounts", sizes)
    return cells.rename_axis(columns=None).reset_index()


def _there(spells: Spells, of: pd.Series) -> pd.DataFrame:
    """Accounts in each quarter of their spells: of, number, there, returned."""
    import pandas as pd

    frame = spells.frame[["account_id", "spell", "began", "last"]]
    frame = frame[frame["account_id"].isin(of.index)]
    start, end = _numbers(frame["began"]), _numbers(frame["last"])
    spans = pd.DataFrame(
        {
            "of": frame["account_id"].map(of).to_numpy(),
            # accounts from before the book are taken as there from its first quarter on
            "start": np.where((frame["spell"] == 1) & (frame["account_id"].map(of) < _number(spells.begins)),
                              _number(spells.begins), start),
            "end": end,
            "again": (frame["spell"] > 1).to_numpy(),
            "account": frame["account_id"].to_numpy(),
        }
    )  # fmt: skip
    parts = []
    for number in range(_number(spells.begins), _number(spells.as_of) + 1):
        here = spans[(spans["start"] <= number) & (spans["end"] >= number)]
        # one spell may end in a quarter and the next begin in it, if the silence is short: one account all the same
        here = here.sort_values("again", kind="stable").drop_duplicates("account")
        sums = here.groupby("of").agg(there=("again", "size"), returned=("again", "sum")).reset_index()
        parts.append(sums.assign(number=number))
    return pd.concat(parts, ignore_index=True)


def _revenue(known: Book, begin: ibis.Table, start: int) -> pd.DataFrame:
    """Revenue by cohort and quarter, from the engine: of, number, revenue."""
    days = order_days(known)
    joined = days.join(begin, "account_id")
    number = joined.ordered_on.year().cast("int64") * 4 + joined.ordered_on.quarter().cast("int64") - 1
    own = joined["first"].year().cast("int64") * 4 + joined["first"].quarter().cast("int64") - 1
    rows = joined.select(
        of=joined.before.ifelse(start - 1, own), number=ibis.greatest(number, own), revenue=joined.revenue
    )
    sums = rows.group_by("of", "number").agg(revenue=rows.revenue.sum().cast("float64"))
    return engine.frame(sums.order_by("of", "number"))


def _number(day: dt.date) -> int:
    """Quarters since year 0."""
    return day.year * 4 + (day.month - 1) // 3


def _numbers(dates: pd.Series) -> np.ndarray:
    return (dates.dt.year * 4 + (dates.dt.month - 1) // 3).to_numpy(np.int64)


def _name(number: int) -> str:
    return f"{number // 4:04d}Q{number % 4 + 1}"


def _first_day(number: int) -> dt.date:
    return quarter_end(_name(number - 1)) + dt.timedelta(days=1)
