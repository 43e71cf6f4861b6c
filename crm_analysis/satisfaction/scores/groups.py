"""Scores by group of accounts, each with its interval and how many were heard; which groups surely differ.

Groups are never ranked by what they scored: small ones lead every such list, and close it, by chance. They stand in the
order of the accounts heard; one of few shows how many they are and no score; one differs from the rest if that holds
beside all the others that were looked at (Holm 1979).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.churn.survival.checks import holm
from crm_analysis.labels import label
from crm_analysis.satisfaction.scores.change import between
from crm_analysis.satisfaction.scores.intervals import POINTS, Sums, ends
from crm_analysis.satisfaction.scores.measures import CONTENT, NPS, SCORES

if TYPE_CHECKING:
    import pandas as pd

FEW = 5
"""Accounts below which a group shows no score: what one person said could be read off it, and an interval of four
accounts leaves nearly all of the scale open."""
SURE = 0.05
"""Holm-corrected p-value up to which a group differs from the rest."""


def overview(units: pd.DataFrame, revenue: pd.Series | None, level: float = LEVEL) -> pd.DataFrame:
    """One row per score that somebody told: all accounts heard, and the same weighted by revenue.

    Columns: score (code), accounts_heard, people_heard (questionnaires that told it), points, low, high, then, with
    `revenue` (by account_id), points_by_revenue, low_by_revenue, high_by_revenue, effective (as how many equal accounts
    the weighted ones count; Kish 1965). An account without revenue has no weight. The interval is NaN below two
    accounts, or two's worth.
    """
    import pandas as pd

    rows = []
    for name in SCORES:
        own = units[units[name].notna()]
        if own.empty:
            continue
        sums = Sums.of(own[name])
        told = int(own[f"people_{name}"].sum())
        row: dict[str, Any] = {"score": name, "accounts_heard": len(own), "people_heard": told}
        row |= _told("points", "low", "high", sums, name, level)
        if revenue is not None:
            weighted = Sums.of(own[name], weights=own["account_id"].map(revenue).fillna(0.0).clip(lower=0.0))
            row |= _told("points_by_revenue", "low_by_revenue", "high_by_revenue", weighted, name, level)
            row["effective"] = weighted.effective
        rows.append({key: value if np.isscalar(value) else value[0] for key, value in row.items()})
    return pd.DataFrame(rows)


def by_group(
    units: pd.DataFrame, named: pd.Series, revenue: pd.Series | None = None, level: float = LEVEL, few: int = FEW
) -> pd.DataFrame:
    """One row per group, the most accounts heard first, then by name; NaN scores below `few` accounts.

    Columns: group, accounts_heard, people_heard, then for each score that somebody told its name, low_<name>,
    high_<name>; with `revenue` content_by_revenue; then differs: "higher" or "lower" than the rest, "" where chance may
    explain it, "few" below `few` accounts (by content, or by nps where nobody told that). `named` is the group by
    account_id; accounts without one are a group of their own. A score of which fewer than `few` accounts tell is NaN.
    """
    import pandas as pd

    group = units["account_id"].map(named)
    group = group.astype(object).where(group.notna(), label("group_unknown")).astype(str)
    place, names = pd.factorize(group, sort=True)
    many = len(names)
    table = pd.DataFrame({"group": np.asarray(names, dtype=object)})
    table["accounts_heard"] = np.bincount(place, minlength=many)
    table["people_heard"] = np.bincount(place, units["people"], many).astype(np.int64)
    told = [name for name in SCORES if units[name].notna().any()]
    for name in told:
        sums = Sums.of(units[name], place, many)
        own = _told(name, f"low_{name}", f"high_{name}", sums, name, level)
        for column, values in own.items():
            table[column] = np.where(sums.accounts >= few, values, np.nan)
    if revenue is not None and CONTENT in told:
        weights = units["account_id"].map(revenue).fillna(0.0).clip(lower=0.0)
        sums = Sums.of(units[CONTENT], place, many, weights)
        table["content_by_revenue"] = np.where(sums.effective >= LEAST_WORTH, POINTS * sums.mean, np.nan)
        table.loc[table["accounts_heard"] < few, "content_by_revenue"] = np.nan
    table["differs"] = _differs(units, place, many, told, few)
    return table.sort_values(["accounts_heard", "group"], ascending=[False, True], ignore_index=True)


LEAST_WORTH = 2.0
"""Equal accounts' worth of weight that a weighted score needs."""


def _told(points: str, low: str, high: str, sums: Sums, name: str, level: float) -> dict[str, Any]:
    found = (sums.mean, *ends(sums, name, level))
    return {column: POINTS * values for column, values in zip((points, low, high), found, strict=True)}


def _differs(units: pd.DataFrame, place: Any, many: int, told: list[str], few: int) -> np.ndarray:
    """Which groups differ from all other accounts."""
    name = CONTENT if CONTENT in told else NPS
    words = np.full(many, "few", dtype=object)
    if name not in units or not units[name].notna().any():
        return words
    own, whole = Sums.of(units[name], place, many), Sums.of(units[name])
    rest = whole.without(own)
    enough = (own.accounts >= few) & (rest.accounts >= few)
    found = between(rest, own, name)
    p = holm(np.where(enough, found.p, 1.0)[enough])
    words[own.accounts >= few] = ""
    words[np.flatnonzero(enough)[p <= SURE]] = "sure"
    sure = words == "sure"
    words[sure] = np.where(found.points[sure] > 0, "higher", "lower")
    return words
