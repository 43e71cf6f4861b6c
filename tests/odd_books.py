"""Four odd books, cut out of the demo company: bare, whole, ten accounts, a single quarter."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from crm_analysis.book.contract import CONTRACT

DEMO = Path(__file__).parents[1] / "data" / "demo"
BARE = {"accounts": ["account_id", "name"], "orders": ["line_id", "account_id", "ordered_on", "revenue"]}
"""The columns of the smallest book that companies have."""
BEGIN = "2026-07-01"


def bare(folder: Path) -> Path:
    """Only accounts and orders, with the columns they must have, and names."""
    folder.mkdir(parents=True)
    for table, columns in BARE.items():
        _read(table)[columns].to_csv(folder / f"{table}.csv", index=False)
    return folder


def whole(folder: Path) -> Path:
    """Every table: the demo itself."""
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("truth"))
    return folder


def ten_accounts(folder: Path) -> Path:
    """Every table, of the ten accounts with most order lines, and of all accounts what is of none."""
    orders = _read("orders")
    ten = set(orders["account_id"].value_counts(sort=True).sort_index(kind="stable").nlargest(10).index)
    offers = set(_read("opportunities").query("account_id in @ten")["opportunity_id"])
    owners = set(_read("accounts").query("account_id in @ten")["rep_id"])
    folder.mkdir(parents=True)
    for table in CONTRACT:
        rows = _read(table)
        if "account_id" in rows:
            rows = rows[rows["account_id"].isin([*ten, ""])]
        elif table == "stage_changes":
            rows = rows[rows["opportunity_id"].isin(offers)]
        elif table == "reps":
            rows = rows[rows["rep_id"].isin(owners)]
        rows.to_csv(folder / f"{table}.csv", index=False)
    shutil.copy(DEMO / "book.toml", folder)
    return folder


def one_quarter(folder: Path) -> Path:
    """Every table, of one quarter: nothing before it was written down."""
    folder.mkdir(parents=True)
    for table, contract in CONTRACT.items():
        rows = _read(table)
        if table == "accounts":
            rows = rows.drop(columns=contract.known_at)
        elif table != "reps":
            rows = rows[rows[contract.known_at] >= BEGIN]
        if len(rows):
            rows.to_csv(folder / f"{table}.csv", index=False)
    shutil.copy(DEMO / "book.toml", folder)
    return folder


def _read(table: str) -> pd.DataFrame:
    return pd.read_csv(DEMO / f"{table}.csv", dtype=str, keep_default_na=False)
