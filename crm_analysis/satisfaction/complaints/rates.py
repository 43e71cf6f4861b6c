"""How many complaints for how many orders, of all accounts and of groups, with intervals that count accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.labels import label
from crm_analysis.satisfaction.complaints.chance import compared, interval, spreads, unevenness

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.complaints.counts import Counts

HUNDRED = 100
"""Orders for which complaints are told."""


def overall(counts: Counts, level: float = LEVEL) -> pd.Series:
    """The rate of all accounts, and that of the window before.

    - complaints, orders, accounts (with an order in the window), complainers (accounts that complained), silent (with
      an order and without a complaint), per_account (complaints per account with an order; NaN without any);
    - per_100 (complaints per 100 orders; NaN without orders), low, high;
    - per_100_before, ratio (the one over the other), low_ratio, high_ratio, p (of no change; `chance.compared`): NaN
      where the window before is not comparable, or nothing was to compare.
    """
    import pandas as pd

    own = counts.frame
    orders, complaints = int(own["orders"].sum()), int(own["complaints"].sum())
    active, spoke = own["orders"] > 0, own["complaints"] > 0
    row: dict[str, float] = {
        "complaints": complaints,
        "orders": orders,
        "accounts": int(active.sum()),
        "complainers": int(spoke.sum()),
        "silent": int((active & ~spoke).sum()),
        "per_account": complaints / active.sum() if active.any() else np.nan,
    }
    table = by_group(own, pd.Series("", index=own.index), level)
    row |= {name: float(table[name].iloc[0]) for name in ("per_100", "low", "high")} if len(table) else {}
    before = int(own["orders_before"].sum())
    nothing = not counts.comparable or before == 0
    row["per_100_before"] = np.nan if nothing else HUNDRED * own["complaints_before"].sum() / before
    names = ("ratio", "low_ratio", "high_ratio", "p")
    found = compared(own["complaints"], own["complaints_before"], orders, before, level)
    row |= dict(zip(names, [np.nan] * len(names) if nothing else found, strict=True))
    return pd.Series(row)


def by_group(frame: pd.DataFrame, groups: pd.Series, level: float = LEVEL) -> pd.DataFrame:
    """The rate of each group: one row per group, the most orders first, then by name.

    `frame` is that of `Counts`, `groups` a text for each of its rows. Columns: group, accounts (with an order in the
    window), complainers, orders, complaints, per_100, low, high (NaN without orders). The interval is the exact one of
    a Poisson number, widened by how unevenly accounts complain (`chance`); that is learned from all accounts, and never
    from a rate of the group below that of all.
    """
    import pandas as pd

    active = (frame["orders"] > 0) | (frame["complaints"] > 0)
    place, names = pd.factorize(groups, sort=True)
    many = len(names)

    def total(values: pd.Series) -> np.ndarray:
        return np.bincount(place, values.to_numpy(dtype=np.float64), minlength=many)

    orders, complaints = total(frame["orders"]), total(frame["complaints"])
    table = pd.DataFrame(
        {
            "group": names,
            "accounts": total(frame["orders"] > 0),
            "complainers": total(frame["complaints"] > 0),
            "orders": orders,
            "complaints": complaints,
        }
    )
    table[table.columns[1:]] = table[table.columns[1:]].astype(np.int64)
    usual = rate(frame)
    uneven = unevenness(frame.loc[active, "complaints"], usual * frame.loc[active, "orders"])
    own = np.divide(complaints, orders, out=np.zeros(many), where=orders > 0)
    mean = np.maximum(own, usual)[place] * frame["orders"].to_numpy(dtype=np.float64)
    low, high = interval(complaints, level, spreads(mean, place, many, uneven))
    by = np.where(orders > 0, orders, np.nan) / HUNDRED
    table["per_100"], table["low"], table["high"] = complaints / by, low / by, high / by
    return table.sort_values(["orders", "group"], ascending=[False, True], ignore_index=True)


def rate(frame: pd.DataFrame) -> float:
    """Complaints per order of all accounts; 0 without orders."""
    orders = float(frame["orders"].sum())
    return float(frame["complaints"].sum()) / orders if orders > 0 else 0.0


def members(counts: Counts, frame: pd.DataFrame, column: str) -> pd.Series:
    """The group of each account of the counts by a column of `frame`; who has none is `complaints_unknown`."""
    import pandas as pd

    known = pd.Index(frame["account_id"])
    place, names = pd.factorize(frame[column].astype(object))
    words = [str(name) if str(name).strip() else label("complaints_unknown") for name in names]
    words.append(label("complaints_unknown"))  # of place -1, as accounts without a value have
    row = known.get_indexer(pd.Index(counts.frame["account_id"]))
    at = np.where(row >= 0, place[row] if len(place) else -1, -1)
    return pd.Series(np.array(words, dtype=object)[at], index=counts.frame.index, dtype=object)
