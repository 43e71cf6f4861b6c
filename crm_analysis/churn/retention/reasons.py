"""Why accounts leave: how many by which reason, who says so, and whether a claim about it holds.

Other exits are competing risks: an account that closed down can no longer leave over service, and counted as if it
still could, every reason would look too common. What is known of reasons comes from those somebody asked, and who is
asked is no random sample: shares among them need not hold for all who left, and the bounds that need no such faith
stand beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import wilson
from crm_analysis.churn.retention.curves import LEVEL
from crm_analysis.churn.retention.tenures import AT_RISK, OTHER, UNKNOWN, YEAR, at_risk, or_none, stretch, within
from crm_analysis.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.definition import Spells

    Array = NDArray[np.float64]

OURS, CLOSED = "cut by us", "closed down"
MOST = 8
"""So many causes have a curve of their own; rarer ones are pooled."""
CONFIRMED, REFUTED, OPEN = "confirmed", "refuted", "cannot be said"


def causes(frame: pd.DataFrame, most: int = MOST) -> pd.Series:
    """Why each account of `tenures` (or each spell) went: None of those still there, else in words.

    "cut by us" and "closed down" by its kind; else the reason somebody gave, in small letters, or "unknown". Beyond the
    `most` frequent ones they are "other".
    """
    words = frame["reason"].map(lambda word: " ".join(str(word).casefold().split()), na_action="ignore")
    said = words.where(words.notna() & (words != ""), UNKNOWN)
    found = said.where(frame["kind"] == "left").astype(object)
    found = found.where(frame["kind"] != "ours", OURS).where(frame["kind"] != "closed", CLOSED)
    rare = [cause for cause in _counts(found)["cause"].iloc[most:] if cause != UNKNOWN]
    return or_none(found.where(~found.isin(rare), OTHER))


def incidence(
    frame: pd.DataFrame, cause: pd.Series | None = None, level: float = LEVEL, least: int = AT_RISK
) -> pd.DataFrame:
    """The share of accounts gone by each cause, by years of tenure: the Aalen-Johansen estimate, with late entry.

    One row per cause and age at which accounts go: cause, time (days), years, at_risk, gone (by this cause at this
    age), incidence (share gone by it until then), low, high (pointwise). Causes in the order of their frequency. At
    each age the incidences and what `curves` says is still there add up to 1, over the same `stretch` of ages; if that
    starts above 0, shares are of those there at its start. `cause` names each row's (None while it stays): `causes`
    unless given; `frame["kind"]` tells leaving of one's own will from the rest.

    The variance is Greenwood's for competing risks (Marubini & Valsecchi 1995, eq. 10.12) with ties kept as they are,
    where lifelines moves tied accounts apart by chance; intervals are those of log(-log). No rows without a stretch.
    """
    import pandas as pd

    columns = ["cause", "time", "years", "at_risk", "gone", "incidence", "low", "high"]
    ages = stretch(frame, least)
    if ages is None:
        return pd.DataFrame(columns=columns)
    own = within(frame, *ages)
    named = (causes(frame) if cause is None else cause).reindex(own.index).where(own["gone"])
    gone = own["duration"][own["gone"]].to_numpy(float)
    time = np.unique(np.concatenate([[ages[0], ages[1]], gone]))
    many = at_risk(own, time)
    many[0] = float((own["entry"] <= ages[0]).sum())
    all_gone = _counted(time, gone)
    lasting = np.cumprod(1 - all_gone / many)
    before = np.concatenate([[1.0], lasting[:-1]])
    parts = []
    for name in _counts(named)["cause"]:
        here = _counted(time, own["duration"][named == name].to_numpy(float))
        share = np.cumsum(before * here / many)
        error = np.sqrt(np.maximum(_variance(share, before, many, all_gone, here), 0.0))
        low, high = _bounds(share, error, many, level)
        rows = {"time": time, "years": time / YEAR, "at_risk": many, "gone": here}
        table = pd.DataFrame(rows | {"incidence": share, "low": low, "high": high})
        parts.append(table.assign(cause=name).astype({"at_risk": np.int64, "gone": np.int64}))
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _counts(words: pd.Series) -> pd.DataFrame:
    """Columns cause, n; the most frequent first."""
    table = words.value_counts().rename_axis("cause").reset_index(name="n")
    return table.sort_values(["n", "cause"], ascending=[False, True], kind="stable")


def _counted(time: Array, went: Array) -> Array:
    return np.bincount(np.searchsorted(time, went), minlength=len(time)).astype(np.float64)


def _variance(share: Array, before: Array, many: Array, gone: Array, here: Array) -> Array:
    """The variance of an incidence at each age, from sums over the ages up to it."""
    left = many - gone  # where it is 0 everybody went, and no incidence changes any more
    first = np.divide(gone, many * left, out=np.zeros_like(many), where=left > 0)
    second = before**2 * here * (many - here) / many**3
    third = before * here / many**2
    squared = share**2 * np.cumsum(first) - 2 * share * np.cumsum(first * share) + np.cumsum(first * share**2)
    return np.asarray(squared + np.cumsum(second) - 2 * (share * np.cumsum(third) - np.cumsum(third * share)))


def _bounds(share: Array, error: Array, many: Array, level: float) -> tuple[Array, Array]:
    """Bounds of log(-log); exact ones for as many accounts as are at risk where the share is still 0 or already 1."""
    from scipy.stats import norm

    wide, edge = float(norm.ppf((1 + level) / 2)), ((1 - level) / 2) ** (1 / many)
    none, all_ = share <= 0, share >= 1 - 1e-12
    inner = np.where(none | all_, 0.5, share)
    spread = wide * error / (inner * np.abs(np.log(inner)))
    low, high = (inner ** np.exp(sign * spread) for sign in (1, -1))
    high = np.where(none, 1 - edge, np.where(all_, 1.0, high))
    high[0] = 0.0 if none[0] else high[0]  # where the curve starts nobody has gone
    return np.where(none, 0.0, np.where(all_, edge, low)), high


def leavers(spells: Spells) -> pd.DataFrame:
    """One row per account that left and that we did not cut, with what was said of it; sorted by account_id.

    Columns: account_id, last, account, rep (the reason each of the two gave, else None), asked (the account's word
    before the rep's, and one whose source is unknown last; None where nobody said). An account that left twice counts
    by its latest leaving. Only leaving that silence (or the contract) has decided counts, so that who was asked does
    not decide who is counted.
    """
    gone = spells.frame[spells.frame["left"] & (spells.frame["kind"] != "ours")]
    gone = gone.sort_values(["account_id", "spell"], kind="stable").drop_duplicates("account_id", keep="last")
    table = gone[["account_id", "spell", "last"]].reset_index(drop=True)
    words = spells.exits[spells.exits["held"] & spells.exits["reason"].notna()]
    words = words.merge(gone[["account_id", "spell", "kind"]], on=["account_id", "spell"])
    words = words.assign(reason=causes(words, len(words)), source=words["source"].where(words["source"].notna(), ""))
    words = words.sort_values(["account_id", "gone_on", "reason"], ascending=[True, False, True], kind="stable")
    for who in ("account", "rep", ""):
        own = words[words["source"] == who].drop_duplicates("account_id").set_index("account_id")["reason"]
        table[who] = or_none(table["account_id"].map(own))
    asked = table["account"].where(table["account"].notna(), table["rep"])
    table["asked"] = asked.where(asked.notna(), table[""])
    return table.drop(columns=["spell", ""])


WHO = ("account", "rep", "asked")
"""Whose word counts: the account's own, our rep's, or the account's and else the rep's."""


def reason_shares(gone: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """Shares of the reasons of `leavers`, by who says so: who, reason, said (accounts), of, share, low, high (Wilson).

    Most frequent first. The intervals hold for all who left only if those asked are like those not asked.
    """
    import pandas as pd

    parts = []
    for who in WHO:
        said = _counts(gone[who].dropna()).set_axis(["reason", "said"], axis=1)
        low, high = wilson(said["said"].to_numpy(float), float(said["said"].sum()), level)
        of = int(said["said"].sum())
        parts.append(said.assign(who=who, of=of, share=said["said"] / max(of, 1), low=low, high=high))
    return pd.concat(parts, ignore_index=True)[["who", "reason", "said", "of", "share", "low", "high"]]


def claim(
    gone: pd.DataFrame, reason: str = "service", share: float = 2 / 3, margin: float = 0.1, level: float = LEVEL
) -> pd.DataFrame:
    """Whether so large a share of `leavers` went for this reason, give or take `margin`.

    One row each for what accounts say, what reps say, the two together ("asked"), and all who left ("leavers").
    Columns: who, said (accounts), of, share, low, high, verdict: "confirmed" if the whole interval lies within the
    margin of the claim, "refuted" if all of it lies outside, else "cannot be said".

    The first three speak of those asked. "leavers" supposes nothing about the others: low is where none of them left
    for this reason, high where all did (bounds of Manski 1990, with Wilson's intervals), share is NaN. An account is
    the unit.
    """
    import pandas as pd

    if not 0 <= share <= 1 or not 0 < margin < 1:
        raise UserError(
            f"a claim is a share from 0 to 1, give or take a margin above 0; found {share:g} and {margin:g}."
        )
    wanted = " ".join(reason.casefold().split())
    rows = []
    for who in WHO:
        said, of = int((gone[who] == wanted).sum()), int(gone[who].notna().sum())
        rows.append((who, said, of, said / of if of else np.nan, *map(float, wilson(said, of, level))))
    said, silent = int((gone["asked"] == wanted).sum()), int(gone["asked"].isna().sum())
    few, many = float(wilson(said, len(gone), level)[0]), float(wilson(said + silent, len(gone), level)[1])
    rows.append(("leavers", said, len(gone), np.nan, few, many))
    table = pd.DataFrame(rows, columns=["who", "said", "of", "share", "low", "high"])
    inside = (table["low"] >= share - margin) & (table["high"] <= share + margin)
    outside = (table["high"] < share - margin) | (table["low"] > share + margin)
    return table.assign(verdict=np.select([inside, outside], [CONFIRMED, REFUTED], OPEN))
