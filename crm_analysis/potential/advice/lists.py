"""Low accounts as a reader gets them: all by advice, the most promising, those decided on against the advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.potential.advice.outcome import CUT, KEEP, OUTCOMES, OVERRIDE, SURVEY
from crm_analysis.potential.advice.words import decision_said

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.potential.advice.money import Money

FIRST = 20
"""Accounts with the highest potential that are named."""
PLACES = {CUT: 0, SURVEY: 1, KEEP: 2}
"""The order of the outcomes in a list."""


def by_reason(today: pd.DataFrame) -> pd.DataFrame:
    """A row per advice and reason, the largest first: advice, why, accounts, expected_promising, revenue.

    `today`: Low accounts with potential, revenue, outcome, because and why. What people said differs from account to
    account and counts as one reason.
    """
    told = today["why"].where(today["because"] != OVERRIDE, label("why_overridden"))
    own = today.assign(place=today["outcome"].map(PLACES), told=told)
    sums = own.groupby(["place", "outcome", "told"], sort=True).agg(
        accounts=("account_id", "size"), expected_promising=("potential", "sum"), revenue=("revenue", "sum")
    )
    sums = sums.reset_index().sort_values(["place", "accounts", "told"], ascending=[True, False, True])
    sums["outcome"] = [label(OUTCOMES[name]) for name in sums["outcome"]]
    names = {"outcome": "advice", "told": "why"}
    return sums.drop(columns="place").rename(columns=names).reset_index(drop=True)


def whole(today: pd.DataFrame, money: Money, reasons: pd.Series) -> pd.DataFrame:
    """All of `today`: those that may be cut, to survey first, to keep; in each the least likely to grow first.

    Among equals the least revenue first, so that without a score the list is still an order to begin steps in that can
    be taken back. Columns as `first` has them, then why, recommended, in the words that `decisions` should hold,
    and advice_code (a key of OUTCOMES).
    """
    table = _named(today, money, reasons).assign(
        why=today["why"],
        recommended=[label(OUTCOMES[own]) for own in today["recommended"]],
        advice_code=today["outcome"],
    )
    order = ["place", "potential", "revenue", "account_id"]
    return table.assign(place=today["outcome"].map(PLACES)).sort_values(order, ignore_index=True).drop(columns="place")


def first(today: pd.DataFrame, money: Money, reasons: pd.Series) -> pd.DataFrame:
    """The FIRST of `today` most likely to grow, whatever is advised: account_id, name, rep_id, revenue, brings, ...

    ... cost_to_serve, minutes (those that the book can tell), potential, low, high, advice, reasons.
    """
    table = _named(today, money, reasons).sort_values(["potential", "account_id"], ascending=[False, True])
    return table.head(FIRST).reset_index(drop=True)


def overridden(said: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    """Accounts of `today` that people decided on against the advice (`decided.overrides`), the latest first.

    Columns: account_id, name, decision, recommended, reason, decided_by, decided_on; known words as spoken.
    """
    table = said[said["account_id"].isin(today["account_id"])].rename(columns={"action": "decision"})
    table = table.join(today.set_index("account_id")["name"], on="account_id")
    table = table.sort_values(["decided_on", "account_id"], ascending=[False, True], ignore_index=True)
    for name in ("decision", "recommended"):
        table[name] = table[name].map(decision_said)
    columns = ["account_id", "name", "decision", "recommended", "reason", "decided_by", "decided_on"]
    return table[columns]


def _named(today: pd.DataFrame, money: Money, reasons: pd.Series) -> pd.DataFrame:
    """The accounts with what they bring and take, advice and reasons, in the order of `today`."""
    beside = money.accounts.set_index("account_id")
    names = [name for name in ("brings", "cost_to_serve", "minutes") if name not in money.lacks]
    table = today.join(beside[names], on="account_id").join(reasons.rename("reasons"), on="account_id")
    table["advice"] = [label(OUTCOMES[name]) for name in table["outcome"]]
    columns = ["account_id", "name", "rep_id", "revenue", *names, "potential", "low", "high", "advice", "reasons"]
    return table[[name for name in columns if name in table]]
