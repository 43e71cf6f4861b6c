"""Orders of the trailing year by account: small, large enough, and lines that are no order of the year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine

if TYPE_CHECKING:
    import pandas as pd

HIT, SPARED, UNKNOWN, WHOLE = "hit", "spared", "unknown", "whole"
KINDS = ("small", "enough", "begun_before", "reversed")
"""Orders below the minimum and not below it; orders that had begun before the year; those that come to nothing or
less, such as credit notes."""
PARTS = {
    HIT: "orders_part_hit",
    SPARED: "orders_part_spared",
    UNKNOWN: "orders_part_unknown",
    "enough": "orders_part_enough",
    "begun_before": "orders_part_begun_before",
    "reversed": "orders_part_reversed",
    WHOLE: "orders_part_whole",
}
"""Parts of the year's lines, each with the label of its words: the KINDS, small orders divided into those of accounts
hit, spared, and not known on the day; and the whole, which is asked of the engine apart from them."""


def by_account(each: ibis.Table, minimum: float) -> pd.DataFrame:
    """One row per account with lines in the year, by account_id, of the orders `each` (`steps.year_orders`).

    Columns: account_id; by kind of KINDS the number of orders (small, ...), and their revenue and, with costs, margin
    (small_revenue, small_margin, ...); orders and ordered (small and enough: their number and value); revenue, margin
    and costed_revenue of all lines. Without costs the last two, and the margins, are NaN.
    """
    small = each["value"].cast("float64") < minimum
    is_kind = {
        "small": each.counted & small,
        "enough": each.counted & ~small,
        "begun_before": each.begun_before,
        "reversed": ~each.counted & ~each.begun_before,
    }
    money = {"revenue": "value"} | ({"margin": "margin"} if "margin" in each.columns else {})
    counts: dict[str, Any] = {kind: holds.sum().cast("int64") for kind, holds in is_kind.items()}
    sums: dict[str, Any] = {
        f"{kind}_{name}": each[of].sum(where=holds) for kind, holds in is_kind.items() for name, of in money.items()
    }
    if "margin" in money:
        sums["costed_revenue"] = each.costed_revenue.sum()
    rows = each.group_by("account_id").agg(**counts, **sums)
    rows = rows.mutate(**{name: rows[name].cast("float64").fill_null(0.0) for name in sums})
    frame = engine.frame(rows.order_by("account_id"))
    for name in ("revenue", "margin"):
        each_kind = [f"{kind}_{name}" for kind in KINDS]
        if name not in money:
            frame[[*each_kind, "costed_revenue"]] = np.nan
        frame[name] = frame[each_kind].sum(axis=1, min_count=1)
    frame["orders"] = frame["small"] + frame["enough"]
    frame["ordered"] = frame["small_revenue"] + frame["enough_revenue"]
    return frame


def totals(days: ibis.Table, frame: pd.DataFrame, part: pd.Series) -> pd.DataFrame:
    """One row per part of PARTS: part, accounts, orders, revenue and, with costs, margin.

    `frame` is `by_account`, `part` says of each of its rows HIT, SPARED or UNKNOWN. `days` are the days of orders of
    the year, of which the money of WHOLE is the plain sum. Parts add up to it, but for accounts, which may be in
    several.
    """
    import pandas as pd

    money = ["revenue", "margin"] if "cost" in days.columns else ["revenue"]
    rows = {}
    for name in PARTS:
        kind = "small" if name in (HIT, SPARED, UNKNOWN) else name
        if name != WHOLE:
            own = frame[(frame[kind] > 0) & (part.eq(name) if kind == "small" else True)]
            sums = [float(np.sort(own[f"{kind}_{of}"].to_numpy("float64")).sum()) for of in money]
            rows[name] = [len(own), int(own[kind].sum()), *sums]
    sums_of = {"revenue": days.revenue.sum()}
    if "margin" in money:
        sums_of["margin"] = (days.costed_revenue - days.cost).sum()
    whole = engine.frame(days.agg(**{name: total.cast("float64") for name, total in sums_of.items()})).fillna(0.0)
    rows[WHOLE] = [len(frame), int(frame[list(KINDS)].to_numpy().sum()), *(float(whole[of].iloc[0]) for of in money)]
    if not rows[UNKNOWN][0]:
        del rows[UNKNOWN]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["accounts", "orders", *money])
    table[["accounts", "orders"]] = table[["accounts", "orders"]].astype("int64")
    return table.rename_axis("part").reset_index()
