"""Rows of a plan's table, as far as action lists need them, made by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd

PEOPLE = pd.DataFrame(
    {
        "rep_id": ["R1", "R2", "R3", "R4"],
        "name": ["Ann", "Bo", "Ann", None],
    }
)


def row(account: str, **more: Any) -> dict[str, Any]:
    """A row with something to do, in sales administration, owned by R2, due on 2026-10-20."""
    return {
        "account_id": account,
        "name": f"company {account}",
        "team": "sales administration",
        "action": "Call it",
        "reason": "Low",
        "owner": "R2",
        "owner_why": "stays",
        "due": "2026-10-20",
        "class": "Low",
        "grade": "C",
        "revenue": 100.0,
        "worth": 10.0,
        "recommended": "desk",
        **more,
    }


def treated(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows))
    return frame.assign(due=pd.to_datetime(frame["due"]))
