"""What Low accounts bring and take in a year, and what a promising one comes to bring more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import BookError
from crm_analysis.features.windows import Landmark
from crm_analysis.labels import label
from crm_analysis.potential.lots import SEED
from crm_analysis.value.cost_to_serve import avoidable

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book

    Array = NDArray[np.float64]

CONTACTS = ("minutes", "minutes_ours", "minutes_theirs", "visits", "minutes_visits", "cost_visits")
"""Columns told by contacts, each with what it needs of `interactions` in `_NEEDS`."""
_NEEDS: dict[str, tuple[str, ...]] = {
    "minutes": ("minutes",),
    "minutes_ours": ("minutes", "initiated_by"),
    "minutes_theirs": ("minutes", "initiated_by"),
    "visits": ("channel", "initiated_by"),
    "minutes_visits": ("minutes", "channel", "initiated_by"),
    "cost_visits": ("cost", "channel", "initiated_by"),
}
VISIT = "visit"
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
    contacts, why = effort(then, day)
    lacks |= why
    for name in CONTACTS:
        frame[name] = np.nan if name in why else ids.map(contacts[name]).fillna(0.0).astype("float64")
    found = gain(known, kind, seed)
    return Money(frame, kind, found, lacks, tuple(_says(found)))


def effort(book: Book, day: dt.date) -> tuple[pd.DataFrame, dict[str, str]]:
    """CONTACTS of the trailing year by account_id, and why some cannot be told.

    Accounts without a contact have no row. Where the book's contacts begin inside the year, those there are are brought
    to a year; of less than three months nothing is told.
    """
    import pandas as pd

    why = {name: lack for name, needs in _NEEDS.items() if (lack := book.why_not("interactions", *needs))}
    if len(why) == len(_NEEDS):
        return pd.DataFrame(columns=list(CONTACTS)), why
    rows, mark = book.table("interactions"), Landmark.of(day)
    first = rows.happened_on.min().cast("string").execute()
    begins = dt.date.fromisoformat(str(first)) if first else None
    scale = mark.as_a_year(begins)
    if np.isnan(scale):
        return pd.DataFrame(columns=list(CONTACTS)), dict.fromkeys(CONTACTS, label("money_few_days").format(day=day))
    inside = rows.filter((rows.happened_on > ibis.literal(mark.year)) & rows.account_id.notnull())
    sums: dict[str, Any] = {}
    if "initiated_by" in rows.columns:
        ours = (engine.trimmed(inside.initiated_by).lower() == "us").fill_null(False)
        theirs = (engine.trimmed(inside.initiated_by).lower() == "them").fill_null(False)
    if "channel" in rows.columns and "initiated_by" in rows.columns:
        visit = ours & (engine.trimmed(inside.channel).lower() == VISIT).fill_null(False)
        sums["visits"] = visit.sum()
    if "minutes" not in why:
        sums["minutes"] = inside.minutes.sum()
    if "minutes_ours" not in why:
        sums |= {"minutes_ours": inside.minutes.sum(where=ours), "minutes_theirs": inside.minutes.sum(where=theirs)}
    if "minutes_visits" not in why:
        sums["minutes_visits"] = inside.minutes.sum(where=visit)
    if "cost_visits" not in why:
        sums["cost_visits"] = inside.cost.sum(where=visit)
    table = inside.group_by("account_id").agg(**sums)
    table = table.mutate(**{name: table[name].cast("float64") for name in sums})
    found = engine.frame(table.order_by("account_id")).set_index("account_id")
    return found.fillna(0.0) * scale, why


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
        return [label("gain_winsorised").format(share=f"{found.largest:.0%}", accounts=f"{found.accounts:,}")]
    return []
