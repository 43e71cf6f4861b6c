"""What an account thinks, of which few people were heard: pulled towards the others as far as people differ.

Empirical Bayes for a one-way layout: answers scatter between people of one account (within) and accounts differ
(between); an account of whom one person was heard is not taken at that person's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.intp]

ASSUMED = 0.5
"""Share of the spread that is taken for the people's where no account has two of them, so that it cannot be known."""


@dataclass(frozen=True)
class Shrunk:
    """Scores of accounts on one dimension.

    Where accounts differ by no more than people do, all have the same score, and no error that could part them.

    `people` heard, `raw` (their mean; NaN where nobody was), `mean` and `error` (of what the account thinks, given
    them) by account; `overall` the mean of all accounts; `within` and `between` the variances; `assumed` where within
    could not be told.
    """

    people: Array
    raw: Array
    mean: Array
    error: Array
    overall: float
    within: float
    between: float
    assumed: bool


def shrunk(scores: pd.Series, place: Places, many: int, share: float | None = None) -> Shrunk:
    """Scores of people, 0 to 1 with NaN where not answered, as those of `many` accounts; `place` is each one's account.

    The variances are those of the analysis of variance, between no less than 0 (Searle, Casella & McCulloch 1992).
    `share` is the part of the spread that is within where it cannot be told here (as other dimensions have it).
    """
    values = scores.to_numpy("float64")
    known = ~np.isnan(values)
    values, own = values[known], place[known]
    people = np.bincount(own, minlength=many).astype("float64")
    heard = people > 0
    raw = np.divide(np.bincount(own, values, minlength=many), people, out=np.full(many, np.nan), where=heard)
    groups, total = int(heard.sum()), float(people.sum())
    if not groups:
        nothing = np.full(many, np.nan)
        return Shrunk(people, raw, nothing, nothing, float("nan"), float("nan"), float("nan"), True)
    spread = float(((values - raw[own]) ** 2).sum())
    grand = float(values.mean())
    assumed = total <= groups
    if groups < 2:
        within, between = (0.0 if assumed else spread / (total - groups)), 0.0
    else:
        among = float((people[heard] * (raw[heard] - grand) ** 2).sum()) / (groups - 1)
        size = (total - float((people**2).sum()) / total) / (groups - 1)
        within = among * (ASSUMED if share is None else share) if assumed else spread / (total - groups)
        between = max((among - within) / size, 0.0)
    noise = np.divide(within, people, out=np.full(many, np.nan), where=heard)
    part = np.divide(between, between + noise, out=np.zeros(many), where=heard & (between + noise > 0))
    weight = np.where(heard, 1 / np.maximum(between + np.where(heard, noise, 1.0), 1e-12), 0.0)
    overall = float(np.nansum(weight * np.where(heard, raw, 0.0)) / weight.sum())
    mean = np.where(heard, part * np.where(heard, raw, 0.0) + (1 - part) * overall, np.nan)
    unsure = between * (1 - part) + ((1 - part) ** 2 / weight.sum() if between > 0 else 0.0)
    error = np.sqrt(np.where(heard, unsure, np.nan))
    return Shrunk(people, raw, mean, error, overall, within, between, assumed)
