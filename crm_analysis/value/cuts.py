"""The book cut by where accounts are and who serves them."""

from __future__ import annotations

import pandas as pd

from crm_analysis.value.pyramid import totals


def cut(frame: pd.DataFrame, by: str, first: int = 0) -> pd.DataFrame:
    """Sums of accounts by one of their columns, largest revenue first; empty if the frame has no such column.

    `by` is a column of `accounts` such as sales_office, region, industry, rep_id or postal_code; with
    `first`, only that many leading characters count (a postal area). Columns as in `pyramid.totals`;
    accounts without a value are the row "". Revenue adds up to the frame's.
    """
    if by not in frame:
        return pd.DataFrame({by: [], "accounts": [], "revenue": []})
    key = frame[by].astype("string").fillna("")
    table = totals(frame.assign(**{by: key.str[:first] if first else key}), by).drop(columns="account_share")
    return table.sort_values(["revenue", by], ascending=[False, True], kind="stable").reset_index(drop=True)
