"""What the account says of us: its people's answers, its goodbye if it said one, and what our people wrote."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.brief.rows import rows_of
from crm_analysis.periods import before
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.scores.intervals import score
from crm_analysis.satisfaction.scores.measures import CONTENT, measured, units

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.satisfaction.answers import Answers

NOTES = 3
"""Last summaries that are shown."""


@dataclass(frozen=True)
class Heard:
    """What its people said of us within a year, each one's last answer, from 0 to 100; and what all accounts said.

    `mean` lies between `least` and `most`, the single answers; `before` is the mean of their answers in the year
    before (NaN: none). `book`, `low`, `high`: the mean of the other accounts' means, and its 90% interval (NaN of fewer
    than two). `best` and `worst` are the dimensions that they rated so ("" where fewer than two were answered), each
    with its points.
    """

    people: int
    on: dt.date
    mean: float
    least: float
    most: float
    before: float
    book: float
    low: float
    high: float
    best: tuple[str, float]
    worst: tuple[str, float]


def heard(book: Book, account: str, day: dt.date) -> Heard | None:
    """None where nobody of the account answered within the year. Raises BookError without usable answers."""
    import pandas as pd

    ours = answers(book, day).ours
    now = ours.latest()
    told = measured(now)[CONTENT]
    mine = now.people["account_id"] == account
    own: pd.Series = told[mine].dropna()
    if own.empty:
        return None
    others = units(now)
    means = others.loc[others["account_id"] != account, CONTENT].dropna()
    low = high = mean = np.nan
    if len(means) > 1:
        found = score(means.to_numpy(np.float64), CONTENT)
        mean, low, high = found.points, found.low, found.high
    on, year = ours.people["answered_on"], pd.Timestamp(before(day, "12M"))
    inside = (on <= year) & (on > pd.Timestamp(before(day, "24M")))
    past = ours.of(inside & (ours.people["account_id"] == account))
    earlier = measured(past)[CONTENT].dropna() if len(past.people) else own[:0]
    scores = _dimensions(now.of(mine))
    return Heard(
        people=len(own),
        on=now.people.loc[own.index, "answered_on"].max().date(),
        mean=100 * float(own.mean()),
        least=100 * float(own.min()),
        most=100 * float(own.max()),
        before=100 * float(earlier.mean()) if len(earlier) else np.nan,
        book=mean,
        low=low,
        high=high,
        best=scores[0] if len(scores) > 1 else ("", np.nan),
        worst=scores[-1] if len(scores) > 1 else ("", np.nan),
    )


def _dimensions(own: Answers) -> list[tuple[str, float]]:
    """The dimensions by what the account's people gave them, the best first."""
    means = {name: float(own.dimension(name).mean()) for name in own.asks.dimensions}
    told = {name: 100 * value for name, value in means.items() if value == value}
    return sorted(told.items(), key=lambda one: (-one[1], one[0]))


def goodbye(book: Book, account: str) -> pd.Series | None:
    """What was said when it left, if it did and has not ordered since: the last row of exits; None otherwise."""
    if not book.has("exits"):
        return None
    rows = rows_of(book, "exits", account, "known_on")
    if rows.empty:
        return None
    last: pd.Series = rows.iloc[-1]
    orders = book.table("orders")
    later = (
        orders.filter((orders.account_id == account) & (orders.revenue > 0)).ordered_on.max().cast("string").execute()
    )
    back = later is not None and later == later and dt.date.fromisoformat(str(later)) > last["known_on"].date()
    return None if back else last


def notes(book: Book, account: str) -> pd.DataFrame:
    """The last summaries that our people wrote, the latest first; raises BookError without summaries."""
    rows = rows_of(book, "summaries", account, "written_on")
    return rows.iloc[::-1].head(NOTES).reset_index(drop=True)
