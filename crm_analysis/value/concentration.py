"""How unevenly revenue is spread over accounts: Lorenz curve, Gini coefficient, share of the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def lorenz(frame: pd.DataFrame) -> pd.DataFrame:
    """The Lorenz curve of revenue over active accounts, poorest first, from (0, 0) to (1, 1).

    Columns account_share and revenue_share, both cumulative, one row per active account and one for
    the origin. Empty if active accounts bring no revenue. Lorenz (1905).
    """
    import numpy as np
    import pandas as pd

    revenue = _revenue(frame)
    if not len(revenue) or revenue.sum() <= 0:
        return pd.DataFrame({"account_share": [], "revenue_share": []})
    shares = np.concatenate([[0.0], np.cumsum(revenue) / revenue.sum()])
    return pd.DataFrame({"account_share": np.arange(len(shares)) / len(revenue), "revenue_share": shares})


def gini(frame: pd.DataFrame) -> float:
    """The Gini coefficient of revenue over active accounts: 0 if all bring the same, near 1 if one brings all.

    The mean difference of pairs over twice the mean, without small-sample correction. Accounts with
    negative revenue can lift it above 1. NaN if active accounts bring no revenue.
    """
    import numpy as np

    revenue = _revenue(frame)
    count = len(revenue)
    if not count or revenue.sum() <= 0:
        return float("nan")
    place = np.arange(1, count + 1)
    return float(np.sum((2 * place - count - 1) * revenue) / (count * revenue.sum()))


def top_share(frame: pd.DataFrame, percent: int = 20) -> float:
    """The share of revenue that the first `percent` % of active accounts bring, their number rounded up.

    NaN if active accounts bring no revenue.
    """
    revenue = _revenue(frame)[::-1]
    whole = revenue.sum()
    return float(revenue[: -(-len(revenue) * percent // 100)].sum() / whole) if whole > 0 else float("nan")


def _revenue(frame: pd.DataFrame):  # type: ignore[no-untyped-def]
    """Revenue of active accounts, smallest first."""
    import numpy as np

    return np.sort(frame.loc[frame["active"], "revenue"].to_numpy(dtype=float))
