"""A small model of leaving and accounts to ask it about, for tests of what is done with its probabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.churn.survival.discrete import LeavingModel


def small_model() -> LeavingModel:
    """Fitted to 400 accounts and their four quarters; the longer silent, the sooner gone."""
    rng = np.random.default_rng(3)
    rows = []
    for place in range(400):
        silent = float(rng.integers(1, 90))
        for step in (1, 2, 3, 4):
            left = bool(rng.random() < 1 / (1 + np.exp(3 - silent / 30)))
            own = {"account_id": f"A{place:03}", "silence_days": silent, "silence_ratio": silent / 30}
            rows.append(own | {"complaints_open": float(rng.poisson(0.5)), "step": step, "left": int(left)})
            if left:
                break
    return LeavingModel().fit(pd.DataFrame(rows))


def people(count: int) -> pd.DataFrame:
    """A panel of so many accounts, some silent for long."""
    rng = np.random.default_rng(5)
    silent = rng.integers(1, 90, count).astype(float)
    return pd.DataFrame(
        {
            "account_id": [f"A{place:03}" for place in range(count)],
            "silence_days": silent,
            "rhythm_days": 30.0,
            "silence_ratio": silent / 30,
            "complaints_open": rng.poisson(0.5, count).astype(float),
        }
    )
