"""The three impressions, and which of them a team loses on.

First the manner in which a customer is met, then whether we can do the job, last whether we follow through. An
account's rating of an impression is the mean over its people, each by the latest questionnaire; accounts count alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.book.questionnaire import IMPRESSIONS, PATHS
from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.churn.survival.checks import holm
from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed
from crm_analysis.satisfaction.scores.measures import spoken

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.answers import Answers

WINDOW = "12M"
TEAM = 5
"""Accounts with an answer that a team needs before its ratings are shown."""
CONSTRUCTS = {*PATHS, *(name for begins in PATHS.values() for name in begins)}
"""The constructs of the usual path model."""


def ratings(answers: Answers, impressions: Mapping[str, Sequence[str]], window: str = WINDOW) -> pd.DataFrame:
    """One row per account, by account_id: a column per impression, points of 0 to 100, NaN where not rated.

    Raises BookError where the survey asks for fewer than two impressions, or nobody answered in the window.
    """
    import pandas as pd

    if len(impressions) < 2:
        raise BookError(
            label("impressions_none", found=listed(map(titled, impressions)) or label("drivers_found_none"))
        )
    source = answers.ours.latest(window)
    own = {name: source.shares[list(items)].mean(axis=1) * 100 for name, items in impressions.items()}
    people = pd.DataFrame(own).assign(account_id=source.people["account_id"]).dropna(how="all", subset=list(own))
    if people.empty:
        raise BookError(label("impressions_silent", window=spoken(window), day=answers.as_of))
    return people.groupby("account_id", sort=True).mean()


def overall(ratings: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """A row per impression: impression, accounts, performance with low and high (Student's t), points_lost.

    points_lost is how far accounts rate it below the mean of what the same accounts rate the others (negative if
    above), with low_points_lost and high_points_lost, each alone. p_holm is how often chance alone parts them as far,
    corrected for the number of impressions (Holm 1979); loses: p_holm under 1 - level and points_lost above 0.
    """
    import pandas as pd

    rows, p = [], []
    for name in ratings:
        own, others = ratings[name], ratings.drop(columns=name).mean(axis=1)
        mean, low, high = _mean(own.dropna().to_numpy("float64"), level)
        row = {"impression": name, "accounts": int(own.notna().sum()), "performance": mean}
        apart = (others - own).dropna().to_numpy("float64")
        lost, low_lost, high_lost = _mean(apart, level)
        row |= {"low": max(low, 0.0), "high": min(high, 100.0), "points_lost": lost, "low_points_lost": low_lost}
        rows.append(row | {"high_points_lost": high_lost})
        p.append(_chance(apart))
    table = pd.DataFrame(rows)
    table["p_holm"] = _holm(np.array(p)) if len(p) > 2 else p  # two are one comparison
    table["loses"] = (table["p_holm"] < 1 - level) & (table["points_lost"] > 0)
    return table


def by_team(ratings: pd.DataFrame, team: pd.Series, level: float = LEVEL) -> pd.DataFrame:
    """A row per team and impression: what its accounts say, beside the accounts of all other teams.

    `team` names the team of each account, by account_id. Columns: team, impression, accounts, performance with low and
    high, points_lost (below the mean of the other teams' accounts), low_points_lost, high_points_lost, p_holm, loses
    (surely below: p_holm under 1 - level and points_lost above 0). How much accounts differ within teams is taken to be
    the same in all, so that a team whose few accounts happen to agree is not thought sure. Teams of fewer than 5
    accounts have their number, and no figures. Raises BookError unless two teams have enough.
    """
    import pandas as pd
    from scipy.stats import t as student

    own = team[team.notna() & (team.astype(str) != "")].astype(str)
    frame = ratings.join(own.rename("team"), how="inner")
    counts = {str(name): int(many) for name, many in frame["team"].value_counts().items()}
    enough = sorted(name for name, many in counts.items() if many >= TEAM)
    if len(enough) < 2:
        raise BookError(label("impressions_teams", teams=len(counts), least=TEAM, enough=len(enough)))
    rows = []
    for name in map(str, ratings):
        part = frame.loc[frame[name].notna(), ["team", name]]
        groups = {one: values.to_numpy("float64") for one, values in part.groupby("team", sort=True)[name]}
        within = sum(float(((values - values.mean()) ** 2).sum()) for values in groups.values())
        df = len(part) - len(groups)
        sd = float(np.sqrt(within / df)) if df > 0 else 0.0
        whole, factor = float(part[name].sum()), float(student.ppf((1 + level) / 2, df)) if df > 0 else float("nan")
        for one in sorted(counts):
            values = groups.get(one, np.array([]))
            n, rest = len(values), len(part) - len(values)
            row: dict[str, object] = {"team": one, "impression": name, "accounts": n}
            if one in enough and n >= TEAM and rest >= TEAM and sd > 0:
                mean = float(values.mean())
                lost = (whole - float(values.sum())) / rest - mean
                half, error = factor * sd / np.sqrt(n), sd * np.sqrt(1 / n + 1 / rest)
                row |= {"performance": mean, "low": max(mean - half, 0.0), "high": min(mean + half, 100.0)}
                row |= {
                    "points_lost": lost,
                    "low_points_lost": lost - factor * error,
                    "high_points_lost": lost + factor * error,
                }
                row["p"] = 2 * float(student.sf(abs(lost) / error, df))
            elif one in enough and n >= TEAM:
                row["performance"] = float(values.mean())
            rows.append(row)
    columns = ["performance", "low", "high", "points_lost", "low_points_lost", "high_points_lost", "p"]
    table = pd.DataFrame(rows).reindex(columns=["team", "impression", "accounts", *columns])
    table[columns] = table[columns].astype("float64")
    table["p_holm"] = _holm(table["p"].to_numpy("float64"))
    table["loses"] = (table["p_holm"] < 1 - level) & (table["points_lost"] > 0)
    order = {name: place for place, name in enumerate(ratings)}
    table = table.sort_values(
        ["team", "impression"], key=lambda column: column.map(order).fillna(column), kind="stable"
    )
    return table.drop(columns="p").reset_index(drop=True)


def titled(name: str) -> str:
    """What a reader calls an impression or a construct of the usual model; other names are as the book has them."""
    if name in IMPRESSIONS:
        return label(f"impression_{name}")
    return label(f"construct_{name}") if name in CONSTRUCTS else name


def _holm(p: np.ndarray) -> np.ndarray:
    """p-values corrected for their number; those that are not known do not count."""
    found = np.full(len(p), np.nan)
    known = ~np.isnan(p)
    found[known] = holm(p[known])
    return found


def _chance(values: np.ndarray) -> float:
    """The p-value of a mean of 0 (Student's t); NaN where `_mean` has no interval."""
    from scipy.stats import t as student

    n = len(values)
    error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    return 2 * float(student.sf(abs(float(values.mean())) / error, n - 1)) if error > 1e-12 else float("nan")


def _mean(values: np.ndarray, level: float) -> tuple[float, float, float]:
    """Mean and Student's interval; without ends where there is one value, or all are the same."""
    from scipy.stats import t as student

    n = len(values)
    if n == 0:
        return float("nan"), float("nan"), float("nan")
    mean = float(values.mean())
    error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    if error <= 1e-12:
        return mean, float("nan"), float("nan")
    half = float(student.ppf((1 + level) / 2, n - 1)) * error
    return mean, mean - half, mean + half
