"""What the KPI page tells of our share of markets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.kpi.markets import market_shares
from crm_analysis.labels import code_said, label
from crm_analysis.report.sentences.kpi import quiet
from crm_analysis.report.sentences.kpi_words import changed

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.kpi.outlook import Outlook

MARKETS = ("segment", "market_share", "market_change_said", "place", "leader", "leader_share", "first_to_third")
"""What fits a screen; the file has the sales, too."""


def markets(look: Outlook) -> pd.DataFrame:
    """Our share of each market in the last year known, its change in points; raises BookError where none is known."""
    quiet(look)
    table = market_shares(look.book, look.day)
    if table.empty:
        raise BookError(label("market_none", day=look.day))
    last = table.groupby("segment", sort=False).tail(1)
    pairs = zip(last["share_change"], last["share_before"], strict=True)
    nan = float("nan")
    return last.assign(
        segment=last["segment"].mask(last["segment"] == "", label("market_all")),
        leader=last["leader"].map(code_said),
        market_change_said=[changed(change, nan, nan, before, "share") for change, before in pairs],
    ).reset_index(drop=True)


def markets_until(look: Outlook) -> str:
    """The quarter that the year ends with; raises BookError where no market is known."""
    quarters = sorted(set(markets(look)["quarter"]))
    key = "market_until" if len(quarters) == 1 else "market_until_mixed"
    return label(key, first=quarters[0], last=quarters[-1])
