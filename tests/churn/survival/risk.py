"""Simulated risk rows of a known hazard, for tests of the models of leaving."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

EFFECTS = {"x": 0.8, "y": -0.5, "z": 0.0}
LEVELS = (-2.2, -2.6, -2.8, -3.0)


def chances(panel: pd.DataFrame) -> np.ndarray:
    """The true hazard of each row of a panel, a column per step."""
    odds = sum(effect * panel[name].to_numpy() for name, effect in EFFECTS.items())
    return expit(np.asarray(odds)[:, None] + np.array(LEVELS))


def within(panel: pd.DataFrame, steps: int) -> np.ndarray:
    """The true probability of leaving within some steps."""
    return 1 - np.prod(1 - chances(panel)[:, :steps], axis=1)


def simulated(accounts: int, seed: int, landmarks: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A panel (account_id, as_of, x, y, z) and its risk rows (row, step, left); x belongs to the account."""
    rng = np.random.default_rng(seed)
    size = accounts * landmarks
    days = pd.to_datetime(["2024-03-31", "2024-12-31", "2025-09-30"])[:landmarks]
    panel = pd.DataFrame(
        {
            "as_of": np.repeat(days, accounts),
            "account_id": np.tile([f"A{number:06}" for number in range(accounts)], landmarks),
            "x": np.tile(rng.normal(size=accounts), landmarks),
            "y": rng.normal(size=size),
            "z": rng.exponential(size=size),
        }
    )
    hazard, there, parts = chances(panel), np.arange(size), []
    for step in range(4):
        left = rng.random(len(there)) < hazard[there, step]
        parts.append(pd.DataFrame({"row": there, "step": step + 1, "left": left.astype(int)}))
        there = there[~left]
    return panel, pd.concat(parts).sort_values(["row", "step"], ignore_index=True)


def beside(panel: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Risk rows with their features."""
    return panel.iloc[rows["row"]].reset_index(drop=True).assign(step=rows["step"], left=rows["left"])
