"""Our share of markets, where the book has what all suppliers sold in them.

Ours is what the table says of us, so that both sides of the share come from one source and mean the same. Henderson
(1976) held that a stable market has no more than three suppliers of weight, the largest of them at most four times the
smallest: how many times the first sells what the third does is told, and not whether a market is stable.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.book import engine
from crm_analysis.contacts import US
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.windows import QUARTER, QUARTERS, YEAR, name_of
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book

COLUMNS = ("segment", "quarter", "our_sales", "market", "market_share", "share_before", "share_change", "suppliers",
           "place", "leader", "leader_share", "first_to_third")  # fmt: skip
_QUARTER = re.compile(r"(\d{4})Q([1-4])", re.ASCII)


def market_shares(book: Book, as_of: str | dt.date, kind: str = YEAR) -> pd.DataFrame:
    """One row per market and window whose figures are known on `as_of`; all markets together first, then by name.

    Within a market by quarter, ascending. Columns: segment (the part of the market; "" for all), quarter (the window's
    last), our_sales, market (money: ours, all suppliers'), market_share (NaN where nobody sells), share_before and
    share_change (the share of the window a year before, and the difference; NaN where that is not known), suppliers
    (that sold anything, us included), place (ours among them; NaN without sales of ours), leader (the largest supplier;
    the first by name of two alike), leader_share, first_to_third (how many times the third's sales the largest's are;
    NaN below three).

    A year is four quarters, each known of the market; of all markets together, quarters in which each of them is known.
    Figures come out some time after a quarter, so the last ones are missing. Raises BookError where the book has no
    markets, none known by then, no supplier called "us", or no periods written like 2026Q1; UserError for another kind
    of window.
    """
    import pandas as pd

    if kind not in (QUARTER, YEAR):
        raise UserError(f"market shares are told of a {QUARTER} or a {YEAR}; found {kind!r}.")
    sales = _sales(book, as_of)
    many = QUARTERS if kind == YEAR else 1
    parts = [_market(sales[sales["segment"] == name], name, many) for name in sorted(set(sales["segment"]))]
    whole = _market(_everywhere(sales), "", many) if len(parts) > 1 else None
    others = [part.assign(segment="") for part in parts] if whole is None else [whole, *parts]
    return pd.concat(others, ignore_index=True)[list(COLUMNS)]


def _sales(book: Book, as_of: str | dt.date) -> pd.DataFrame:
    """Sales by market, quarter (its number, at) and supplier, as known on a day."""
    known = book.as_of(as_of)
    rows = known.need("markets")
    segment = rows.segment.fill_null("") if "segment" in rows.columns else ""
    sums = rows.mutate(segment=segment).group_by("period", "segment", "supplier").agg(amount=rows.amount.sum())
    frame = engine.frame(sums.mutate(amount=sums.amount.cast("float64")).order_by("period", "segment", "supplier"))
    if frame.empty:
        raise BookError(label("market_none", day=known.day))
    found = [_QUARTER.fullmatch(str(period).strip()) for period in frame["period"]]
    if not any(found):
        raise BookError(label("market_periods", found=frame["period"].iloc[0]))
    at = np.array([int(match[1]) * QUARTERS + int(match[2]) - 1 if match else -1 for match in found])
    frame = frame.assign(at=at)[at >= 0]
    frame["supplier"] = frame["supplier"].astype(str).str.strip()
    frame["own"] = frame["supplier"].str.casefold() == US
    if not frame["own"].any():
        raise BookError(label("market_not_ours", supplier=frame["supplier"].iloc[0]))
    return frame


def _everywhere(sales: pd.DataFrame) -> pd.DataFrame:
    """Sales in all markets, of quarters in which every market is told that any quarter tells."""
    told = sales.groupby("at")["segment"].nunique()
    return sales[sales["at"].isin(told.index[told == sales["segment"].nunique()])]


def _market(sales: pd.DataFrame, name: str, many: int) -> pd.DataFrame:
    """The rows of one market, from windows of so many quarters."""
    import pandas as pd

    table = sales.groupby(["at", "supplier"])["amount"].sum().unstack().fillna(0.0).sort_index(axis=1)
    own = sales.groupby("supplier")["own"].first().reindex(table.columns).to_numpy(bool)
    rows = []
    for at in table.index:
        inside = [quarter for quarter in range(at - many + 1, at + 1) if quarter in table.index]
        if len(inside) == many:
            rows.append({"at": at} | _row(table.loc[inside].sum(), own))
    frame = pd.DataFrame(rows, columns=["at", *COLUMNS[2:5], *COLUMNS[7:]])
    share = dict(zip(frame["at"], frame["market_share"], strict=True))
    frame["share_before"] = [share.get(at - QUARTERS, np.nan) for at in frame["at"]]
    frame["share_change"] = frame["market_share"] - frame["share_before"]
    ends = [dt.date(int(at) // QUARTERS, 3 * (int(at) % QUARTERS) + 3, 1) for at in frame["at"]]
    return frame.assign(segment=name, quarter=[name_of(end) for end in ends])


def _row(sold: pd.Series, own: np.ndarray) -> dict[str, object]:
    """What is told of the sales of all suppliers in one window, by supplier in the order of their names."""
    amount = sold.to_numpy("float64")
    ours, market = float(amount[own].sum()), float(amount.sum())
    order = np.argsort(-amount, kind="stable")
    first, some = order[0], market > 0
    return {
        "our_sales": ours,
        "market": market,
        "market_share": ours / market if some else np.nan,
        "suppliers": int((amount > 0).sum()),
        "place": float((amount[~own] > ours).sum() + 1) if ours > 0 else np.nan,
        "leader": str(sold.index[first]) if some else "",
        "leader_share": amount[first] / market if some else np.nan,
        "first_to_third": amount[first] / amount[order[2]] if len(amount) > 2 and amount[order[2]] > 0 else np.nan,
    }
