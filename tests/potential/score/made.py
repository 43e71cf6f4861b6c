"""Cases of a known truth, made without a book."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy.special import expit

from crm_analysis.periods import before
from crm_analysis.potential.cases import Cases
from crm_analysis.potential.low import Wishes

FEATURES = ("size", "pace", "trend", "recent", "order_count", "silence_days", "demand", "industry")
DAY = dt.date(2026, 9, 30)


def rows(accounts: int, days: int = 1, seed: int = 1, by_size: float = 1.0, by_demand: float = 0.0) -> pd.DataFrame:
    """Accounts on so many days, a quarter apart, the last of them a year before DAY; `truth` is their chance.

    Log odds rise with size and, where it is known, demand; nothing else matters. Accounts change little by little.
    """
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2**63, accounts, dtype=np.uint64)
    ids = np.array([f"A{number:05}" for number in rng.permutation(accounts)], dtype=object)
    size, demand = rng.normal(-2, 1, accounts), rng.normal(0, 1, accounts)
    known = rng.random(accounts) < 0.5
    industry = rng.choice(["audio", "medical", "lighting"], accounts)
    parts = []
    for back in range(days - 1, -1, -1):
        size = size + rng.normal(0, 0.3, accounts)
        frame = pd.DataFrame({"as_of": pd.Timestamp(before(DAY, f"{12 + 3 * back}M")), "account_id": ids})
        frame["size"], frame["pace"] = size, size + rng.normal(0, 1, accounts)
        frame["trend"], frame["recent"] = rng.normal(0, 0.5, accounts), rng.normal(0, 0.5, accounts)
        frame["order_count"] = rng.poisson(5, accounts).astype("float64")
        frame["silence_days"] = rng.exponential(30, accounts)
        frame["demand"] = np.where(known, demand, np.nan)
        frame["industry"] = pd.Categorical(industry)
        frame["truth"] = expit(-2 + by_size * (size + 2) + by_demand * np.where(known, demand, 0))
        frame["promising"] = (rng.random(accounts) < frame["truth"]).astype("float64")
        frame["bits"] = bits
        parts.append(frame)
    return pd.concat(parts, ignore_index=True).sort_values(["as_of", "account_id"], ignore_index=True)


def cases(frame: pd.DataFrame) -> Cases:
    """The same as cases, with today's accounts, of whom nothing is known yet."""
    today = frame[frame["as_of"] == frame["as_of"].max()].assign(as_of=pd.Timestamp(DAY), promising=np.nan)
    whole = pd.concat([frame, today], ignore_index=True)
    days = tuple(pd.Timestamp(day).date() for day in sorted(whole["as_of"].unique()))
    return Cases(whole, pd.DataFrame({"as_of": days}), DAY, days, Wishes(), FEATURES)


def renamed(frame: pd.DataFrame, seed: int = 3) -> pd.DataFrame:
    """The same rows in another order, with other ids (`was` holds the old ones)."""
    rng = np.random.default_rng(seed)
    ids = np.unique(frame["account_id"].to_numpy(str))
    new = dict(zip(ids.tolist(), [f"B{number}" for number in rng.permutation(len(ids))], strict=True))
    mixed = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    return mixed.assign(was=mixed["account_id"], account_id=mixed["account_id"].map(new))
