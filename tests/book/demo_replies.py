"""Who was asked in the demo's surveys, who replied, and how content each of them truly was."""

from __future__ import annotations

import pandas as pd


def customers(surveys: pd.DataFrame) -> pd.DataFrame:
    """What customers said of us."""
    return surveys[(surveys.subject == "us") & (surveys.respondent_type == "customer")]


def replies(asked: pd.DataFrame, surveys: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """One row per invitation: account_id, sent_on, respondent_id, replied, content (true, of the wave's year)."""
    keys = ["account_id", "respondent_id"]
    said = customers(surveys)[[*keys, "answered_on"]].drop_duplicates().sort_values("answered_on")
    asked = pd.merge_asof(
        asked.sort_values("sent_on"), said, left_on="sent_on", right_on="answered_on", by=keys,
        direction="forward", tolerance=pd.Timedelta(days=40),
    )  # fmt: skip
    year = asked.sent_on.dt.year
    content = [truth.at[account, f"content_{at}"] for account, at in zip(asked.account_id, year, strict=True)]
    return asked.assign(replied=asked.answered_on.notna(), content=content)
