"""What is expected of the account: its lifetime value and the risk that it leaves, as the pack of that day tells them.

The models are those of the value page and the retention page, chosen and fitted to the whole book as known on the day,
so that a brief and the pack of the same day say the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.outlook import outlook as churn_outlook
from crm_analysis.churn.risks import Risks
from crm_analysis.churn.survival.evaluation import ALIVE
from crm_analysis.errors import BookError
from crm_analysis.value.outlook import outlook as value_outlook

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.value.outlook import Outlook as Value


@dataclass(frozen=True)
class Worth:
    """Its lifetime value and the 90% interval; `money` is "margin" or "revenue", `rank` its place among `accounts`."""

    value: float
    low: float
    high: float
    money: str
    horizon: str
    orders: float
    rank: int
    accounts: int


@dataclass(frozen=True)
class Risk:
    """The chance that it leaves within `quarters`, its 90% interval (NaN: the best candidate has none), and why.

    `usual` is the mean chance of all accounts that are there; `at_risk` the money at risk with its interval, NaN where
    the account has no value; `money` as `churn.at_risk`. `reasons` are words, "" where nothing is unusual.
    """

    chance: float
    low: float
    high: float
    quarters: int
    usual: float
    at_risk: float
    low_at_risk: float
    high_at_risk: float
    money: str
    reasons: str


def value_of(look: Value, account: str) -> Worth | None:
    """None for an account without a history; raises BookError where no value can be told."""
    if look.worth is None:
        raise BookError(look.refusal)
    table = look.worth.accounts
    own = table[table["account_id"] == account]
    if own.empty:
        return None
    row = own.iloc[0]
    return Worth(
        value=float(row["value"]),
        low=float(row["low"]),
        high=float(row["high"]),
        money=look.worth.money,
        horizon=look.horizon,
        orders=float(row["expected_orders"]),
        rank=int((table["value"] > row["value"]).sum()) + 1,
        accounts=len(table),
    )


def risk_of(risks: Risks, account: str) -> Risk | None:
    """None for an account that is not there, or too new to be told; raises BookError where no chance can be learned."""
    listed = risks.listed
    table = listed.accounts
    own = table[table["account_id"] == account]
    if own.empty:
        return None
    row, step = own.iloc[0], listed.horizon
    sure = risks.used != ALIVE  # that one has no interval
    ends = [float(row[f"{end}_{step}"]) if sure else np.nan for end in ("low", "high")]
    return Risk(
        chance=float(row[f"p_{step}"]),
        low=ends[0],
        high=ends[1],
        quarters=step,
        usual=float(table[f"p_{step}"].mean()),
        at_risk=float(row["at_risk"]),
        low_at_risk=float(row["low_at_risk"]),
        high_at_risk=float(row["high_at_risk"]),
        money=listed.money,
        reasons=str(row["reasons"]),
    )


def value_look(book: Book, day: dt.date) -> Value:
    """The value page's outlook, as its notebook makes it unless told otherwise."""
    return value_outlook(book, day)


def risks_look(book: Book, day: dt.date, value: Value) -> Risks:
    """The retention page's list of risks, as its notebook makes it; BookError where leaving has no definition."""
    leaving = churn_outlook(book, day)
    if leaving.defined is None:
        raise BookError(leaving.refusal)
    return Risks(book, leaving.defined.spells, leaving.frame, lambda: value.worth)
