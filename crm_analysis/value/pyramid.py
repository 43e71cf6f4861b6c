"""The customer pyramid: which few accounts carry the revenue.

Tiers describe (Curry & Curry, The Customer Marketing Method, 2000): of the active accounts by
revenue the first 1 % are top, the next 4 % big, the next 15 % medium, the other 80 % small; below
them inactive accounts, prospects and suspects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TIERS = ("top", "big", "medium", "small", "inactive", "prospect", "suspect")
"""The tiers from the top down."""
_CUTS = (("top", 1), ("big", 5), ("medium", 20))  # cumulative per cent of active accounts


def tiers(frame: pd.DataFrame) -> pd.Series:
    """The tier of every account, as a Series named `tier` on the frame's index.

    `frame` is what `accounts` or `groups` returns. Accounts of equal revenue are ranked by their key.
    Numbers of accounts are rounded up, so that a book of fewer than 100 active accounts has a top
    account too. Accounts that never ordered are suspects if their stage says so, else prospects.
    """
    import pandas as pd

    key = "account_id" if "account_id" in frame else "group_id"
    ranked = frame[frame["active"]].sort_values(["revenue", key], ascending=[False, True], kind="stable").index
    tier = pd.Series("prospect", index=frame.index, name="tier", dtype=object)
    if "stage" in frame:
        tier[frame["stage"] == "suspect"] = "suspect"
    tier[frame["first_order"].notna()] = "inactive"
    tier[ranked] = "small"
    for name, percent in reversed(_CUTS):
        tier[ranked[: -(-len(ranked) * percent // 100)]] = name
    return tier


def pyramid(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per tier, from the top down.

    Columns: tier, accounts, account_share, revenue, revenue_share, revenue_per_account, margin,
    margin_share, margin_rate (the last three only where costs are known). `account_share` is the
    share of the active accounts for the four active tiers and NaN below them; revenue and margin
    shares are of the whole. Counts add up to all accounts, revenue to the total.
    """
    import pandas as pd

    tier = pd.Categorical(tiers(frame), categories=list(TIERS), ordered=True)
    table = totals(frame.assign(tier=tier), "tier").drop(columns="active")
    active = table["tier"].isin(["top", "big", "medium", "small"])
    table["account_share"] = (table["accounts"] / table.loc[active, "accounts"].sum()).where(active)
    return table


def totals(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sums of accounts by one of their columns, one row per value in its order; missing values are a row "".

    Columns: the column, accounts, account_share, active, revenue, revenue_share, revenue_per_account and, where costs
    are known, margin, margin_share, margin_rate. Shares are of the whole frame.
    """
    key = frame[by]
    if not hasattr(key, "cat"):
        key = key.fillna("").astype(str)
    costed = "margin" in frame
    sums = ["revenue", *(("margin", "costed_revenue") if costed else ())]
    grouped = frame.assign(**{by: key}).groupby(by, sort=True, observed=False)
    table = grouped[sums].sum()
    table.insert(0, "accounts", grouped.size())
    table.insert(1, "account_share", table["accounts"] / len(frame) if len(frame) else float("nan"))
    table.insert(2, "active", grouped["active"].sum().astype("int64"))
    table["revenue_share"] = _share(table["revenue"])
    table["revenue_per_account"] = table["revenue"] / table["accounts"].where(table["accounts"] > 0)
    if costed:
        table["margin_share"] = _share(table["margin"])
        table["margin_rate"] = table["margin"] / table["costed_revenue"].where(table["costed_revenue"] > 0)
    order = ["accounts", "account_share", "active", "revenue", "revenue_share", "revenue_per_account"]
    order += ["margin", "margin_share", "margin_rate"] if costed else []
    return table[order].reset_index()


def _share(amounts: pd.Series) -> pd.Series:
    whole = amounts.sum()
    return amounts / whole if whole > 0 else amounts * float("nan")
