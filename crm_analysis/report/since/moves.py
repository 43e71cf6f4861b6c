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
UNSET = -1.0
"""A margin bar that is not set."""
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
    at = _bars(before, told["then"])
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


def _bars(pack: Pack, then: pd.DataFrame) -> dict[str, float]:
    """The bars of a report: those that were set, else what they follow from (`value.segments.bars`).

    That is the least revenue of a High and of a Mid account; of the margin rate it is not known where between the best
    of grade B and the least of grade A it lies, so both are given.
    """
    active = then[then["place"].str.startswith(CLASSES)]
    found = {}
    for name, asked in (("High", "high_bar"), ("Mid", "mid_bar")):
        least = active.loc[active["place"].str.startswith(name), "revenue"].min()
        found[name] = float(pack.parameter("segmentation", asked) or least)
    rate = pack.parameter("segmentation", "margin_bar")
    graded = active["place"].str.rsplit(" ", n=1).str[-1]
    ends = active.loc[graded == "B", "margin_rate"].max(), active.loc[graded == "A", "margin_rate"].min()
    given = rate is not None and rate != UNSET
    return found | {grade: float(rate if given else end) for grade, end in zip("BA", ends, strict=True)}


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
    stays = {"A": rate >= at["A"], "B": rate <= at["B"]}
    return "bars" if stays.get(was[1], False) else "margin"
