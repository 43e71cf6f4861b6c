"""Partial churn: accounts that still order, and bring far less than in their own year before.

Its own event, apart from leaving. Revenue of an account goes up and down by itself, so whoever had a good year is
likely to fall (regression to the mean): as many would fall by half as double if nothing but chance moved them. The
share that rises by as much stands beside the share that falls, and only the difference tells of a decline: of the book,
not of any one account.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import ibis

from crm_analysis.accounts import LATE
from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.book.days import order_days
from crm_analysis.churn.definition.purchases import begin_of
from crm_analysis.churn.definition.rhythm import rhythm
from crm_analysis.churn.definition.shares import LEVEL, wilson
from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.periods import after, before

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book
    from crm_analysis.churn.definition.spells import Spells

DROP = 0.5
YEAR = "12M"


def partial(book: Book, as_of: str | dt.date, spells: Spells, drop: float = DROP) -> pd.DataFrame:
    """The accounts there on `as_of`, their last year against the year before: one row each, sorted by account_id.

    Columns: account_id, revenue_before, revenue (of the two years, float64), change (revenue / revenue_before - 1),
    down (revenue is at most 1 - `drop` of the year before), up (the mirror image: the year before is at most so much of
    this one, which chance does as often), silence_ratio (`rhythm`; where it is above 1, some of the accounts have left
    already). Left out are accounts that said goodbye, that began less than two years ago
    and so have no whole year to fall from, and those that brought nothing in the year before. Raises UserError for a
    drop that is none, and where orders do not reach back two years.
    """
    day = as_date(as_of)
    middle = before(day, YEAR)
    there = _whole(spells, day, before(middle, YEAR))
    found = _years(book.as_of(day), middle, day, there, drop)
    silence = rhythm(book, day).set_index("account_id")["silence_ratio"]
    found["silence_ratio"] = found["account_id"].map(silence)
    return found.rename(columns={"first": "revenue_before", "second": "revenue"})


def partial_outcomes(book: Book, day: str | dt.date, months: int, spells: Spells, drop: float = DROP) -> pd.Series:
    """What became of the accounts there on `day` within so many months, by account_id.

    "left", "ours" or "closed" as in `Spells.outcomes`; of the others "down" if the year that ends after those months
    brought at most 1 - `drop` of the year that ends on `day`, "up" for the mirror image, else "stayed". The two years
    overlap where `months` is less than 12, and a fall takes longer to show. Left out are accounts as in `partial`, a
    whole year before `day` being asked for. Raises UserError where this is not yet decidable or was not yet recorded.
    """
    import pandas as pd

    first, last = as_date(day), after(as_date(day), f"{months}M")
    outcome = spells.outcomes(first, months)
    there = _whole(spells, first, before(first, YEAR))
    found = _years(book.as_of(spells.as_of), first, last, there, drop)
    words = pd.Series("stayed", index=pd.Index(found["account_id"], name="account_id"), dtype=object, name="outcome")
    words[found["down"].to_numpy()] = "down"
    words[found["up"].to_numpy()] = "up"
    became = outcome.reindex(words.index)
    return words.where(became == "stayed", became)


def falls(compared: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """How many fell, beside how many rose as far: rows "down", "up" and "beyond chance" (down less up).

    `compared` is what `partial` returns. Columns: what, accounts, of, share, low, high (Wilson; of the difference the
    square-and-add interval of Newcombe, 1998), revenue_change (float64, summed over the accounts).
    """
    import numpy as np
    import pandas as pd

    of = len(compared)
    change = compared["revenue"] - compared["revenue_before"]
    rows = []
    for what in ("down", "up"):
        many = int(compared[what].sum())
        low, high = (float(end) for end in wilson(many, of, level))
        rows.append((what, many, of, many / of if of else np.nan, low, high, float(change[compared[what]].sum())))
    (_, downs, _, down, down_low, down_high, lost), (_, ups, _, up, up_low, up_high, won) = rows
    low = down - up - np.hypot(down - down_low, up_high - up)
    high = down - up + np.hypot(down_high - down, up - up_low)
    rows.append(("beyond chance", downs - ups, of, down - up, float(low), float(high), lost + won))
    return pd.DataFrame(rows, columns=["what", "accounts", "of", "share", "low", "high", "revenue_change"])


def _whole(spells: Spells, day: dt.date, since: dt.date) -> pd.Series:
    """The accounts there on the day that had begun by `since` and have not said goodbye."""
    import pandas as pd

    rows = spells.there(day)
    return rows.loc[(rows["origin"] <= pd.Timestamp(since)) & ~rows["said_goodbye"], "account_id"]


def _years(known: Book, one: dt.date, other: dt.date, there: pd.Series, drop: float) -> pd.DataFrame:
    """Revenue of the years ending on two days: account_id, first, second, change, down, up."""
    if not 0 < drop < 1:
        raise UserError(f"a drop is a share between 0 and 1, such as 0.5 for half; found {drop!r}.")
    start, begins = before(one, YEAR), begin_of(known)
    if begins > start + dt.timedelta(days=1) + LATE:
        raise UserError(label("no_year_to_fall", begins=begins, start=start + dt.timedelta(days=1)))
    days = order_days(known)

    def year(end: dt.date) -> ibis.Value:
        inside = (days.ordered_on > ibis.literal(before(end, YEAR))) & (days.ordered_on <= ibis.literal(end))
        return days.revenue.sum(where=inside)

    sums = days.group_by("account_id").agg(first=year(one), second=year(other))
    found = engine.frame(
        sums.select(
            "account_id",
            **{name: sums[name].fill_null(ibis.literal(0, "int64")).cast("float64") for name in ("first", "second")},
        )
    )
    found = found[(found["first"] > 0) & found["account_id"].isin(there)].sort_values("account_id", ignore_index=True)
    found["change"] = found["second"] / found["first"] - 1
    # sums of money are exact: a fall by just as much is one, whatever the last bit of a product says
    found["down"] = (found["second"] - (1 - drop) * found["first"]).round(6) <= 0
    found["up"] = (found["first"] - (1 - drop) * found["second"]).round(6) <= 0
    return found
