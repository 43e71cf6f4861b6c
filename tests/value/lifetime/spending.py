"""Histories with money: the CDNOW sample, and accounts made of lists of amounts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import lifetimes
import numpy as np
import pandas as pd

from crm_analysis.value.histories import Histories

DAY = "1997-09-30"


@cache
def cdnow() -> Histories:
    """The CDNOW 1/10 sample up to week 39, one occasion a day, from the transactions that lifetimes ships."""
    path = Path(lifetimes.__file__).parent / "datasets/CDNOW_sample.txt"
    rows = pd.read_csv(path, sep=r"\s+", header=None, names=["master", "account", "day", "discs", "amount"])
    rows = rows[rows["day"] <= 19970930]
    days = rows.groupby(["account", "day"], as_index=False)["amount"].sum()
    return histories_of([list(amounts) for _, amounts in days.groupby("account")["amount"]])


def histories_of(amounts: list[Any], money: str = "revenue") -> Histories:
    """Accounts 0, 1, ... with orders of these amounts, the first of each the first occasion; times do not matter."""
    sizes = np.array([len(own) for own in amounts])
    flat = np.concatenate([np.asarray(own, dtype=float) for own in amounts])
    return histories_from(sizes, flat, money)


def histories_from(sizes: np.ndarray, flat: np.ndarray, money: str = "revenue") -> Histories:
    """The same of amounts that stand one after the other, so many for each account."""
    begins = np.cumsum(sizes) - sizes
    frame = pd.DataFrame({"frequency": sizes - 1, "recency": np.where(sizes > 1, 1.0, 0.0), "T": 2.0})
    frame[money], frame[f"first_{money}"] = np.add.reduceat(flat, begins), flat[begins]
    frame[f"{money}_squares"] = np.add.reduceat(flat**2, begins)
    return Histories.of(frame, unit="week", as_of=DAY)


def changed(histories: Histories, **columns: Any) -> Histories:
    """Histories with other columns."""
    return Histories.of(histories.frame.assign(**columns), unit="week", as_of=DAY)


def coverage_fits(inside: np.ndarray, level: float) -> bool:
    """Whether so many of independent intervals of this level may cover: exact binomial test at 1 in 1,000."""
    from scipy.stats import binomtest

    return binomtest(int(inside.sum()), len(inside), level).pvalue > 0.001
