"""Who moved between segments since the last report, and whether the account did or the bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.report.since.packs import Pack, same_codes
from crm_analysis.value.segments import NO_COST, SEGMENTS

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("High", "Mid", "Low")
GRADES = ("A", "B")
INACTIVE, PROSPECT, ABSENT = "inactive", "prospect", "absent"
ORDER = [*SEGMENTS, INACTIVE, PROSPECT, ABSENT]
"""Where an account is, as codes, best first: its segment, or why it has none."""
COLUMNS = ("account_id", "class", "tier", "revenue")


def moved(now: Pack, before: Pack) -> pd.DataFrame:
    """One row per account that is elsewhere than it was, those with most revenue in either report first.

    Columns: account_id, name, moved_from, moved_to (codes of ORDER), way (up, down), moved_by (a code: "revenue",
    "margin", "bars": at the bars of then it would not have moved, "new", "gone", "began", "stopped"), revenue_then,
    revenue_now, rate_then, rate_now (NaN where not told). Raises BookError where accounts cannot be matched.
    """
    import pandas as pd

    if not same_codes(now, before):
        raise BookError(label("since_no_match", quarter=before.quarter))
    told = {"now": _placed(now), "then": _placed(before)}
    both = told["then"].join(told["now"], how="outer", lsuffix="_then", rsuffix="_now")
    for side in told:
        both[f"place_{side}"] = both[f"place_{side}"].fillna(ABSENT)
    rows = both[both["place_then"] != both["place_now"]].copy()
    at = _bars(told["then"])
    rank = {place: number for number, place in enumerate(ORDER)}
    up = rows["place_now"].map(rank).to_numpy(int) < rows["place_then"].map(rank).to_numpy(int)
    found = pd.DataFrame(
        {
            "account_id": rows.index.astype(object),
            "name": rows["name_now"].fillna(rows["name_then"]).to_numpy(object),
            "moved_from": rows["place_then"].to_numpy(object),
            "moved_to": rows["place_now"].to_numpy(object),
            "way": np.where(up, "up", "down"),
            "moved_by": [_by(row, at) for _, row in rows.iterrows()],
            "revenue_then": rows["revenue_then"].to_numpy("float64"),
            "revenue_now": rows["revenue_now"].to_numpy("float64"),
            "rate_then": rows["margin_rate_then"].to_numpy("float64"),
            "rate_now": rows["margin_rate_now"].to_numpy("float64"),
        }
    )
    largest = found[["revenue_then", "revenue_now"]].max(axis=1).fillna(0.0)
    order = found.assign(largest=largest).sort_values(["largest", "account_id"], ascending=[False, True])
    return found.loc[order.index].reset_index(drop=True)


def matrix(table: pd.DataFrame) -> pd.DataFrame:
    """How many moved from where to where: moved_from, moved_to, accounts, revenue_then, revenue_now; best first."""
    grouped = table.groupby(["moved_from", "moved_to"], sort=False)
    found = grouped.agg(
        accounts=("account_id", "size"), revenue_then=("revenue_then", "sum"), revenue_now=("revenue_now", "sum")
    ).reset_index()
    rank = {place: number for number, place in enumerate(ORDER)}
    keys = found.assign(a=found["moved_from"].map(rank), b=found["moved_to"].map(rank)).sort_values(["a", "b"])
    return found.loc[keys.index].reset_index(drop=True)


def _placed(pack: Pack) -> pd.DataFrame:
    """Place, revenue, margin_rate, name by account_id; BookError where the classes are not the codes of CLASSES."""
    table = pack.table("accounts", *COLUMNS)
    known = table["class"].dropna()
    if not known.isin(CLASSES).all():
        raise BookError(label("since_words", quarter=pack.quarter, name="accounts"))
    for name in ("margin_rate", "grade", "name"):
        if name not in table:
            table[name] = None
    grade = table["grade"].where(table["grade"].isin(GRADES), f"({NO_COST})")
    never = table["tier"].isin(["prospect", "suspect"])
    idle = np.where(never, PROSPECT, INACTIVE)
    place = np.where(table["class"].isna(), idle, table["class"].astype(str) + " " + grade.astype(str))
    made = table[["account_id", "name", "revenue"]].assign(
        place=place, margin_rate=table["margin_rate"].astype("float64")
    )
    return made.set_index("account_id").sort_index()


def _bars(then: pd.DataFrame) -> dict[str, float]:
    """The least revenue of a High and of a Mid account, and the least margin rate of grade A, of that report."""
    active = then[then["place"].str.startswith(CLASSES)]
    told = {name: active.loc[active["place"].str.startswith(name), "revenue"].min() for name in CLASSES[:2]}
    rate = active.loc[active["place"].str.endswith("A"), "margin_rate"].min()
    return {**{name: float(bar) for name, bar in told.items()}, "A": float(rate)}


def _by(row: pd.Series, at: dict[str, float]) -> str:
    """Why an account is elsewhere."""
    then, now = str(row["place_then"]), str(row["place_now"])
    if ABSENT in (then, now):
        return "new" if then == ABSENT else "gone"
    if not then.startswith(CLASSES):
        return "began"
    if not now.startswith(CLASSES):
        return "stopped"
    was, is_ = then.split(" ", 1), now.split(" ", 1)
    if was[0] != is_[0]:
        revenue = float(row["revenue_now"])
        by_then = "High" if revenue >= at["High"] else "Mid" if revenue >= at["Mid"] else "Low"
        return "bars" if by_then == was[0] else "revenue"
    rate = float(row["margin_rate_now"])
    return "bars" if was[1] in GRADES and ("A" if rate >= at["A"] else "B") == was[1] else "margin"
