"""What people do today, tried on the book's own past: cut the least revenue, beside as many cut by score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import UserError
from crm_analysis.potential.guard.exact import lower, upper
from crm_analysis.potential.vetoes import vetoed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SHARES = (0.10, 0.20, 0.30, 0.40, 0.50, 0.60, 0.75)
"""Shares of the Low accounts that are cut."""
BY = ("revenue", "score")


@dataclass(frozen=True, eq=False)
class Practice:
    """What cutting the least revenue would have missed on `day`, beside cutting as many by score.

    `table`, one row per share: cut_share (asked for), accounts (cut), then for each of BY missed_... (promising
    accounts cut), missed_share_ (of all promising), low_missed_, high_missed_ (exact, Clopper & Pearson, at LEVEL),
    lost_ (the `money` those missed brought in the year that ended a horizon later: "margin", or "revenue" without
    costs); and p_same: the chance of missing so unequally many were both rules as good (McNemar 1947, exact), which
    the intervals, being of the same accounts, do not tell. Intervals hold for promising accounts drawn from such a
    book.

    `accounts` and `promising` are all that were Low; `vetoes`: whether either rule spared those that a veto keeps.
    """

    table: pd.DataFrame
    day: Any
    accounts: int
    promising: int
    money: str
    vetoes: bool


def practice(scored: pd.DataFrame, shares: Iterable[float] = SHARES, vetoes: bool = False) -> Practice:
    """The two rules on known cases of one day (rows of `cases`, an account each), with a column `score`.

    The scores must come from a model that saw none of these accounts, or the comparison flatters them. `vetoes`: both
    rules spare accounts with a veto, and cut fewer than asked for where too few are left; without, neither does, which
    is what is done today. Equal revenues and scores are told apart by lot. UserError for rows of several days, twice
    of an account, without an outcome or a finite score, and for shares that are none.
    """
    import pandas as pd

    wanted = sorted(set(shares))
    if not wanted or not 0 < wanted[0] <= wanted[-1] <= 1:
        raise UserError(f"shares of accounts to cut lie above 0 and up to 1; found {wanted}.")
    _checked(scored)
    rows = scored.assign(lot=scored["bits"] if "bits" in scored else np.uint64(0))
    free = ~vetoed(rows).to_numpy() if vetoes else np.ones(len(rows), dtype=bool)
    promising = rows["promising"].to_numpy() == 1
    money = "margin" if rows["margin_later"].notna().any() else "revenue"
    later = rows[f"{money}_later"].fillna(0.0).to_numpy("float64")
    ranks = {name: _ranks(rows, name, free) for name in BY}
    whole, tail = int(promising.sum()), (1 - LEVEL) / 2
    table = []
    for share in wanted:
        many = min(round(share * len(rows)), int(free.sum()))
        found: dict[str, Any] = {"cut_share": share, "accounts": many}
        missed = {name: (ranks[name] < many) & promising for name in BY}
        for name, own in missed.items():
            count = int(own.sum())
            found |= {
                f"missed_{name}": count,
                f"missed_share_{name}": count / whole if whole else np.nan,
                f"low_missed_{name}": float(lower(count, whole, tail)) if whole else 0.0,
                f"high_missed_{name}": float(upper(count, whole, tail)) if whole else 1.0,
                f"lost_{name}": float(np.sort(later[own]).sum()),
            }
        found["p_same"] = _same(missed["revenue"], missed["score"])
        table.append(found)
    return Practice(pd.DataFrame(table), rows["as_of"].iloc[0], len(rows), whole, money, vetoes)


def _ranks(rows: pd.DataFrame, name: str, free: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The place of each account from the least of `name` up; infinite where it is spared."""
    order = rows[[name, "lot", "account_id"]].reset_index(drop=True)[free].sort_values([name, "lot", "account_id"])
    places = np.full(len(rows), np.inf)
    places[order.index.to_numpy()] = np.arange(len(order))
    return places


def _same(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """McNemar's exact p-value of two sets of misses among the same accounts; 1 where they are the same."""
    from scipy.stats import binomtest

    only, differ = int((one & ~other).sum()), int((one ^ other).sum())
    return float(binomtest(only, differ).pvalue) if differ else 1.0


def _checked(scored: pd.DataFrame) -> None:
    if not len(scored):
        raise UserError("today's practice is tried on the known cases of a day; found none.")
    if scored["as_of"].nunique() != 1 or scored["account_id"].duplicated().any():
        raise UserError(
            f"today's practice is tried on one day and one row per account; found {scored['as_of'].nunique()} days and "
            f"{int(scored['account_id'].duplicated().sum())} accounts more than once."
        )
    wrong = int((~np.isfinite(scored["score"].to_numpy("float64"))).sum())
    unknown = int(scored["promising"].isna().sum())
    if wrong or unknown:
        raise UserError(f"expected a finite score and an outcome of every case; found {wrong} and {unknown} without.")
