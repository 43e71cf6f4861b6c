"""How the last report's forecasts did, as far as one quarter can decide it.

That an account has left is known only when it has been silent for long enough, which takes more than a quarter: chances
of leaving are not judged here, and what became of the accounts is told beside them. Orders of a quarter are decided.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.periods import before as earlier
from crm_analysis.periods import quarters_back
from crm_analysis.report.since.lists import AT_RISK, became, longest
from crm_analysis.report.since.packs import Pack, pack, same_codes

if TYPE_CHECKING:
    import pandas as pd

BANDS = (0.0, 0.10, AT_RISK)
"""Where the groups of risk begin."""
FATES = ("ordered", "silent", "goodbye", "left")
QUARTER = "3M"
MOST_AHEAD = 8
"""Quarters that the book ahead is told for at most."""


@dataclass(frozen=True)
class Came:
    """What was forecast, with its interval, and what came; `stated`: a report said so then, else it was made anew."""

    expected: float
    low: float
    high: float
    came: float
    stated: bool

    @property
    def inside(self) -> bool:
        """Whether what came lies within the interval."""
        return self.low <= self.came <= self.high


def orders(now: Pack, before: Pack) -> Came:
    """The orders of the quarter: what the last report expected, and what came of the accounts that had ordered before.

    A report that did not state it, or stated it for another time (one of them looked from a day within its quarter), is
    spoken for by this one's forecast with what was known then. Raises BookError where this report does not tell what
    came.
    """
    past = now.table("past_forecast", "expected_orders", "low", "high", "came").iloc[0]
    told, stated = past, False
    if before.day == earlier(now.day, QUARTER):
        with suppress(BookError):
            told, stated = before.table("next_quarter", "expected_orders", "low", "high").iloc[0], True
    expected, low, high = (float(told[name]) for name in ("expected_orders", "low", "high"))
    return Came(expected, low, high, float(past["came"]), stated)


def leaving(now: Pack, before: Pack) -> pd.DataFrame:
    """The accounts of the last report's list by their chance of leaving, and what became of them; highest first.

    Columns: from_chance, to_chance (NaN: none), accounts, leavers_told (the sum of their chances, within the longest
    time told), and one of each of FATES. Raises BookError where accounts cannot be matched.
    """
    import numpy as np
    import pandas as pd

    if not same_codes(now, before):
        raise BookError(label("since_no_match", quarter=before.quarter))
    table = before.table("at_risk", "account_id")
    name = longest(table)
    fate = became(now, before, table["account_id"])
    band = np.digitize(table[name], BANDS) - 1
    rows = []
    for place in reversed(range(len(BANDS))):
        inside = band == place
        end = BANDS[place + 1] if place + 1 < len(BANDS) else float("nan")
        row = {"from_chance": BANDS[place], "to_chance": end, "accounts": int(inside.sum())}
        row |= {"leavers_told": float(np.sort(table.loc[inside, name]).sum())}
        rows.append(row | {code: int((fate[inside] == code).sum()) for code in FATES})
    return pd.DataFrame(rows)


def horizon(before: Pack) -> int:
    """The quarters within which the last report tells the chance of leaving."""
    return int(longest(before.table("at_risk", "account_id"))[2:])


def book_ahead(now: Pack, before: Pack) -> tuple[Pack, Came]:
    """The report whose book ahead is due now, and its revenue expected beside what came.

    It lies in the same folder as the last report. Raises BookError where none is due, or accounts differ.
    """
    for back in range(1, MOST_AHEAD + 1):
        place = before.folder.parent / quarters_back(now.quarter, back)
        try:
            then = pack(place)
        except Exception:  # noqa: BLE001, S112 -- no report of ours there, so none that is due
            continue
        if then.parameter("what_if", "quarters") != back:
            continue
        told = then.table("what_if_expected", "state", "expected_revenue", "low_revenue", "high_revenue").iloc[-1]
        came = float(now.table("accounts", "revenue")["revenue"].sum())
        expected, low, high = (float(told[f"{end}_revenue"]) for end in ("expected", "low", "high"))
        return then, Came(expected, low, high, came, True)
    raise BookError(label("since_ahead_none"))
