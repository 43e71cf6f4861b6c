"""Answers made by hand, for tests of what satisfaction hangs on: shares of a scale in, Answers out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crm_analysis.book.questionnaire import Questionnaire
from crm_analysis.satisfaction.answers import Answers

DAY = dt.date(2026, 9, 30)


def said(
    shares: Mapping[str, Any] | pd.DataFrame,
    accounts: Sequence[Any] | None = None,
    days: Sequence[Any] | str = "2026-05-20",
    importance: Mapping[str, Any] | None = None,
    width: float = 4.0,
    widths: pd.DataFrame | None = None,
    said_of: Questionnaire | None = None,
    people: Sequence[str] | None = None,
) -> Answers:
    """Customers' answers about us; every row is an account and a person of its own unless named."""
    frame = pd.DataFrame(shares).astype(float)
    n = len(frame)
    names = [f"A{i:05}" for i in range(n)] if accounts is None else [str(name) for name in accounts]
    table = pd.DataFrame(
        {
            "account_id": names,
            "person": [f"P{i:05}" for i in range(n)] if people is None else list(people),
            "answered_on": pd.to_datetime([days] * n if isinstance(days, str) else list(days)),
            "wave": "2026-05",
            "subject": "us",
            "internal": False,
        }
    )
    order = table.sort_values(["account_id", "person", "answered_on"], kind="stable").index
    stated = pd.DataFrame(importance if importance is not None else {}, index=range(n)).reindex(columns=frame.columns)
    wide = pd.DataFrame(width, index=frame.index, columns=frame.columns) if widths is None else widths
    parts = [part.loc[order].reset_index(drop=True) for part in (table, frame, wide.where(frame.notna()), stated)]
    asks = (said_of or Questionnaire()).of(sorted(frame.columns))
    return Answers(*parts, asks, pd.DataFrame(), pd.DataFrame(), (), DAY)


def simulated(
    accounts: int = 120,
    people: int = 2,
    weights: Sequence[float] = (0.6, 0.3, 0.0),
    seed: int = 1,
    alike: float = 0.4,
    noise: float = 0.6,
    halo: float = 0.3,
    steps: int = 6,
) -> tuple[pd.DataFrame, list[str]]:
    """Shares of a scale of `steps` steps: items x0, x1, ... and satisfaction, and the account of each row.

    `alike` is the intra-class correlation within accounts, `weights` the true slopes, the last of 0 or not.
    """
    rng = np.random.default_rng(seed)
    n, p = accounts * people, len(weights)
    account = np.repeat(np.arange(accounts), people)

    def clustered(columns: int) -> np.ndarray:
        own, shared = rng.standard_normal((n, columns)), rng.standard_normal((accounts, columns))
        return np.sqrt(1 - alike) * own + np.sqrt(alike) * shared[account]

    x = clustered(p)
    x[:, :-1] = np.sqrt(1 - halo) * x[:, :-1] + np.sqrt(halo) * clustered(1)
    y = x @ np.asarray(weights) + noise * clustered(1)[:, 0]
    values = np.column_stack([x, y / y.std()])
    shares = np.clip(np.round((values + 2.5) / 5 * steps), 0, steps) / steps
    return pd.DataFrame(shares, columns=[*(f"x{i}" for i in range(p)), "satisfaction"]), [f"A{i:05}" for i in account]
