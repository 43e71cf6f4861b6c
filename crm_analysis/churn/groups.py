"""Groups of accounts beside each other: how many go, how many would if all groups were alike, how long they stay.

Groups of any size are counted; a curve, a mean and a test take groups large enough to speak of.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.retention.comparison import logrank, logrank_pairs, restricted_means
from crm_analysis.churn.retention.curves import LEVEL, curves
from crm_analysis.churn.retention.tenures import OTHER, STAYED, UNKNOWN, at_risk, grouped, or_none
from crm_analysis.errors import BookError
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.churn.definition import Spells

SMALL = 5
"""Accounts a group needs to be tested beside others where fewer than two have LEAST."""
MOST_DRAWN = 5
"""Curves that can be told apart in one figure."""


@dataclass(frozen=True)
class Groups:
    """Accounts of `tenures` (or `standing`) in groups; `named` is each one's group, by account_id."""

    tenures: pd.DataFrame
    named: pd.Series

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The tenures in groups of LEAST accounts, small ones pooled; of SMALL where fewer than two are as large."""
        frame = grouped(self.tenures, self.named)
        spoken = set(frame["group"]) - {OTHER, UNKNOWN}
        return frame if len(spoken) > 1 else grouped(self.tenures, self.named, SMALL)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """As `retention.curves.curves`, of groups of LEAST accounts."""
        return curves(grouped(self.tenures, self.named))

    @property
    def drawn(self) -> pd.DataFrame:
        """The curves, where two to MOST_DRAWN groups have one; raises BookError where they could not be told apart."""
        found = self.curves
        if not 2 <= found["group"].nunique() <= MOST_DRAWN:
            raise BookError(label("stay_no_groups"))
        return found

    @cached_property
    def test(self) -> pd.Series:
        """Whether the groups of `frame` go alike: groups, gone, statistic, df, p (`comparison.logrank`)."""
        return logrank(self.frame).iloc[0]

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The pairs of `frame` that chance does not explain: p_holm up to .05 (`comparison.logrank_pairs`)."""
        table = logrank_pairs(self.frame)
        return table[table["p_holm"] <= 0.05].reset_index(drop=True)

    @cached_property
    def _means(self) -> pd.DataFrame:
        return restricted_means(self.curves)

    @property
    def until(self) -> float:
        """The years within which years stayed are counted; NaN where no group named has a mean."""
        own = self._means[self._means["mean"].notna() & ~self._means["group"].isin([OTHER])]
        return float(own["until_years"].iloc[0]) if len(own) else float("nan")

    @property
    def table(self) -> pd.DataFrame:
        """One row per group named, the most accounts first, then by name.

        Columns: group, accounts, gone, expected_gone (if accounts of all groups went alike at each age), ratio (the one
        over the other), low, high (exact Poisson; Garwood 1936) and, of groups with a curve, mean (years stayed within
        the first `until`), low_mean, high_mean (`comparison.restricted_means`).
        """
        from scipy.stats import chi2

        frame = grouped(self.tenures, self.named, 0)
        table = frame.groupby("group").agg(accounts=("account_id", "size"), gone=("gone", "sum")).reset_index()
        table["gone"] = table["gone"].astype(np.int64)
        table["expected_gone"] = table["group"].map(_expected(frame).groupby(frame["group"]).sum())
        tail, expected = (1 - LEVEL) / 2, table["expected_gone"].where(table["expected_gone"] > 0)
        table["ratio"] = table["gone"] / expected
        table["low"] = (
            np.where(table["gone"] > 0, chi2.ppf(tail, 2 * table["gone"].clip(lower=0.5)) / 2, 0.0) / expected
        )
        table["high"] = chi2.isf(tail, 2 * table["gone"] + 2) / 2 / expected
        means = self._means.rename(columns={"low": "low_mean", "high": "high_mean"}).set_index("group")
        for name in ("mean", "low_mean", "high_mean"):
            table[name] = table["group"].map(means[name]).astype(float)
        if table["mean"].isna().all():
            table = table.drop(columns=["mean", "low_mean", "high_mean"])
        table["group"] = table["group"].replace({UNKNOWN: label("group_unknown")})
        return table.sort_values(["accounts", "group"], ascending=[False, True], ignore_index=True)


def standing(spells: Spells, day: dt.date) -> pd.DataFrame:
    """The accounts there on a day, counted from that day on: the columns of `tenures`.

    For groups that an account can change, and changes as it leaves: those of the day divide accounts by what was known
    before anything came. There are accounts whose first order of the spell lies on the day or before, and the last on
    it or after.
    """
    import pandas as pd

    at, cut = pd.Timestamp(day), pd.Timestamp(spells.decided_until)
    own = spells.frame[(spells.frame["began"] <= at) & (at <= spells.frame["last"])]
    if cut <= at:
        own = own.head(0)
    gone = own["left"].astype(bool)
    return pd.DataFrame(
        {
            "account_id": own["account_id"],
            "group": "all",
            "entry": np.int64(0),
            "duration": (own["last"].where(gone, cut) - at).dt.days + 1,
            "kind": own["kind"].where(gone, STAYED),
            "gone": gone,
            "reason": or_none(own["reason"].where(gone)),
            "limit": (cut - at).days + 1,
        }
    ).reset_index(drop=True)


def _expected(frame: pd.DataFrame) -> pd.Series:
    """The hazard of all accounts together (Nelson & Aalen) over the ages each was at risk at."""
    import pandas as pd

    gone = frame["duration"][frame["gone"].astype(bool)].to_numpy(float)
    time, went = np.unique(gone, return_counts=True)
    grown = np.concatenate([[0.0], np.cumsum(went / at_risk(frame, time))])
    upto, since = (np.searchsorted(time, frame[name].to_numpy(float), "right") for name in ("duration", "entry"))
    return pd.Series(grown[upto] - grown[since], index=frame.index)
