"""What Low accounts bring and take in a year, and what a promising one comes to bring more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.contacts import contacts
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.potential.lots import SEED
from crm_analysis.value.cost_to_serve import avoidable

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Array = NDArray[np.float64]

_TOLD: dict[str, str] = {
    "minutes": "minutes",
    "minutes_ours": "minutes_ours",
    "minutes_theirs": "minutes_theirs",
    "visits": "visits_ours",
    "minutes_visits": "minutes_visits_ours",
    "cost_visits": "cost_visits_ours",
}
CONTACTS = tuple(_TOLD)
"""Columns told by contacts; in `_TOLD` each with the column of `crm_analysis.contacts` it is."""
MOST_OF_IT = 0.5
"""Share of all that is gained beyond which one account makes too much of the mean."""
LEAST = 3
"""Accounts from which on the largest can be counted as the next one."""
DRAWS = 1000


@dataclass(frozen=True)
class Gain:
    """What a promising account brings more a horizon later, a year, in the mean of those known.

    `money` is "margin", or "revenue" where the book has no costs. `accounts` that it is the mean of; `largest`: the
    share of all that was gained that the largest brought; `winsorised`: whether the largest and the least were counted
    as the ones next to them; `plain` is the mean without that. `low` and `high` hold the mean at LEVEL, by
    bootstrap over accounts, which is too narrow for fewer than about 20. NaN where nothing is known; no interval for a
    single account.
    """

    money: str
    amount: float
    low: float
    high: float
    accounts: int
    largest: float
    winsorised: bool
    plain: float


@dataclass(frozen=True, eq=False)
class Money:
    """Money and minutes of the Low accounts of a day.

    `accounts`, one row each in the order given: account_id; brings (`money` of the trailing year: "margin", or
    "revenue" where the book has no costs); cost_to_serve (of a year, avoidable, 0 for accounts that spending does not
    name); and of the contacts of the trailing year minutes, minutes_ours and minutes_theirs (of contacts we and they
    began), visits, minutes_visits and cost_visits (of visits we began; those they asked for stand in minutes_theirs).
    `lacks`: the columns the book cannot tell, which are NaN, each with a sentence saying why. `says`: sentences on what
    the gain rests on.
    """

    accounts: pd.DataFrame
    money: str
    gain: Gain
    lacks: dict[str, str]
    says: tuple[str, ...]


def money(book: Book, as_of: str | dt.date, today: pd.DataFrame, known: pd.DataFrame, seed: int = SEED) -> Money:
    """Of the accounts of `today` (rows of `cases`), with what promising accounts among the `known` cases gained."""
    import pandas as pd

    then = book.as_of(as_of)
    day = then.day or then.extracted_on
    kind = "margin" if then.has("orders", "cost") else "revenue"
    ids = today["account_id"].reset_index(drop=True)
    frame = pd.DataFrame({"account_id": ids, "brings": today[kind].to_numpy("float64")})
    lacks = {} if kind == "margin" else {"margin": then.why_not("orders", "cost") or ""}
    frame["cost_to_serve"] = np.nan
    try:
        costs = avoidable(then, day).set_index("account_id")["cost_to_serve"]
        frame["cost_to_serve"] = ids.map(costs).fillna(0.0).astype("float64")
    except BookError as lack:
        lacks["cost_to_serve"] = str(lack)
    begun, why = effort(then, day)
    lacks |= why
    for name in CONTACTS:
        frame[name] = np.nan if name in why else ids.map(begun[name]).fillna(0.0).astype("float64")
    found = gain(known, kind, seed)
    return Money(frame, kind, found, lacks, tuple(_says(found)))


def effort(book: Book, day: dt.date) -> tuple[pd.DataFrame, dict[str, str]]:
    """CONTACTS of the trailing year by account_id, and why some cannot be told, from `crm_analysis.contacts`.

    Accounts without a contact have no row. What does not say who began it stands in minutes alone.
    """
    found = contacts(book, day)
    rows = found.frame.set_index("account_id")
    rows["minutes_theirs"] -= rows["minutes_unsaid"]
    why = {name: found.why[told] for name, told in _TOLD.items() if told in found.why}
    return rows[list(_TOLD.values())].set_axis(list(_TOLD), axis=1), why


def gain(known: pd.DataFrame, money: str = "margin", seed: int = SEED) -> Gain:
    """What promising accounts among known cases brought more a horizon later: a mean over accounts.

    Of an account that was promising on several days the mean counts, so that accounts are independent of each other
    and none counts for more. If the largest makes more than MOST_OF_IT of what was gained, the mean is winsorised by
    one account at each end (Dixon 1960).
    """
    rows = known[known["promising"] == 1].sort_values(["account_id", "as_of"])
    more = rows[f"{money}_later"] - rows[money]
    # sorted, so that neither the order of rows nor the names of accounts matter
    each = np.sort(more.groupby(rows["account_id"]).mean().dropna().to_numpy("float64"))
    many = len(each)
    if not many:
        return Gain(money, np.nan, np.nan, np.nan, 0, np.nan, False, np.nan)
    gained = float(np.maximum(each, 0).sum())
    largest = float(max(each[-1], 0) / gained) if gained > 0 else np.nan
    wins = many >= LEAST and largest > MOST_OF_IT
    plain = float(each.mean())
    if wins:
        each[0], each[-1] = each[1], each[-2]
    low, high = np.nan, np.nan
    if many > 1:
        rng = np.random.default_rng(seed)
        means = np.array([each[rng.integers(0, many, many)].mean() for _ in range(DRAWS)])
        low, high = (float(end) for end in np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    return Gain(money, float(each.mean()), low, high, many, largest, wins, plain)


def _says(found: Gain) -> list[str]:
    """What a reader must know of the gain."""
    if not found.accounts:
        return [label("gain_unknown")]
    if found.accounts == 1:
        return [label("gain_alone")]
    if found.winsorised:
        return [label("gain_winsorised", share=f"{found.largest:.0%}", accounts=f"{found.accounts:,}")]
    return []
