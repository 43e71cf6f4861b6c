"""Items that go against all others: worded against us, and nobody has said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

LEAST = 20
"""Accounts without which nothing is said of an item."""
SURE = 3.3
"""Standard errors by which a correlation must lie below zero; one item in 2,000 would by chance."""


def opposed(shares: pd.DataFrame, accounts: pd.Series, never: Collection[str] = ()) -> list[str]:
    """The items whose answers surely fall where those of the others rise, in the order of the columns.

    `shares` has a row per questionnaire and a column per item; `accounts` the accounts of the rows. An item is compared
    with the mean of the others, account by account; the items `never` are taken for right. Fisher's transformation
    of the correlation, with accounts as the units.
    """
    import numpy as np

    means = shares.groupby(accounts.to_numpy()).mean()
    found = []
    for item in means.columns:
        if item in never or means.shape[1] < 3:
            continue
        both = means.assign(rest=means.drop(columns=item).mean(axis=1))[[item, "rest"]].dropna()
        if len(both) < LEAST or (both.std() <= 0).any():
            continue
        r = float(np.corrcoef(both.to_numpy(), rowvar=False)[0, 1])
        if np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)) * np.sqrt(len(both) - 3) < -SURE:
            found.append(item)
    return found
