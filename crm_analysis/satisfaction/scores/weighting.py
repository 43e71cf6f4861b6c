"""The score of all who were asked, from those who answered: weighted by how likely each was to answer.

The unit is the invitation, an account's together being one account's worth. A person like others who mostly stay silent
counts for more of them (inverse probability of answering; ratio estimator of Hajek 1971). That mends what features
known before explain; what they do not explain is bounded in `bounds`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.satisfaction.scores.bounds import GAMMA, sensitivity, worst
from crm_analysis.satisfaction.scores.intervals import KINDS, POINTS, normal, score
from crm_analysis.satisfaction.scores.measures import SCORES, measured

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.satisfaction.answers import Answers
    from crm_analysis.satisfaction.scores.answering import Answering

    Array = NDArray[np.float64]

MOST_WEIGHT = 5.0
"""How many times the mean weight an answer counts at most: one odd person must not speak for all."""
DRAWS = 200
"""Draws of accounts for the interval."""
SEED = 20260922


class Weights(NamedTuple):
    """Weights of answers: 1 / the probability to answer, cut to MOST_WEIGHT times their mean; how many were cut."""

    weight: Array
    cut: int


def inverse(chance: Array) -> Weights:
    """The weights of people who answered, from the probability that they would.

    >>> inverse(np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.01])).cut
    1
    """
    raw = 1 / np.maximum(chance, 1e-9)
    most = MOST_WEIGHT * float(np.mean(raw)) if len(raw) else 1.0
    return Weights(np.minimum(raw, most), int((raw > most).sum()))


def weighted(
    answers: Answers, rows: pd.DataFrame, model: Answering, level: float = LEVEL, gamma: float = GAMMA
) -> pd.DataFrame:
    """One row per score: as heard, weighted for who stays silent, and how far off that may still be.

    `rows` are decided invitations (`answering.known_before`), `model` says who answers. Columns: score (code),
    accounts_asked, accounts_heard, people_asked, people_heard, points (as heard, accounts first), weighted, low, high
    (of weighted: accounts drawn anew DRAWS times, the model fitted again in each), cut (answers whose weight was cut),
    low_odds, high_odds (`bounds.sensitivity` at `gamma`), low_worst, high_worst (`bounds.worst`), all in points.
    Scores that fewer than two accounts told are left out.
    """
    import pandas as pd

    table, heard = measured(answers), rows["row"].to_numpy(np.int64)
    share = 1 / rows.groupby("account_id")["account_id"].transform("size").to_numpy(np.float64)
    chance = model.chance(rows)
    found = []
    for name in SCORES:
        own = table[name].to_numpy(np.float64)
        said = np.where(heard >= 0, own[heard] if len(own) else np.nan, np.nan)
        told = ~np.isnan(said)
        accounts = rows.loc[told, "account_id"]
        if accounts.nunique() < 2:
            continue
        kind = KINDS[name]
        raw = pd.Series(said[told]).groupby(accounts.to_numpy(), sort=True).mean()
        weights = inverse(chance[told])
        middle = _mean(said[told], share[told] * weights.weight)
        error = _error(rows, model, said, share)
        ends = [min(max(middle + side * normal(level) * error, kind.low), kind.high) for side in (-1, 1)]
        # of the odds against an answer as the weights tell them, so that the bounds lie around the weighted score
        odds = sensitivity(said[told], share[told], 1 / weights.weight, gamma)
        row = {"score": name, "accounts_asked": rows["account_id"].nunique(), "accounts_heard": accounts.nunique()}
        row |= {"people_asked": len(rows), "people_heard": int(told.sum())}
        row |= {"points": score(raw, name).points, "weighted": POINTS * middle}
        row |= {"low": POINTS * ends[0], "high": POINTS * ends[1], "cut": weights.cut}
        row |= dict(zip(("low_odds", "high_odds"), (POINTS * end for end in odds), strict=True))
        outer = worst(said, share, kind.low, kind.high)
        row |= dict(zip(("low_worst", "high_worst"), (POINTS * end for end in outer), strict=True))
        found.append(row)
    return pd.DataFrame(found)


def _mean(values: Array, weights: Array) -> float:
    return float(weights @ values / weights.sum())


def _error(rows: pd.DataFrame, model: Answering, said: Array, share: Array) -> float:
    """The standard error of the weighted score: accounts drawn anew, the model fitted again in each draw.

    A draw is weights of accounts, on which Newton steps from the model's own maximum lead to that of the draw: two are
    enough. Invitations of `model.rows` that are not among `rows` count for the fit only.
    """
    from scipy.special import expit

    matrix, owner = model.rows.matrix, model.rows.owner
    answered = model.rows.steps[0].left
    full = np.column_stack([np.ones(len(matrix)), matrix])
    penalty = np.r_[0.0, np.full(matrix.shape[1], model.ridge)]
    own = np.column_stack([np.ones(len(rows)), model.design.matrix(rows)])
    number = {name: place for place, name in enumerate(model.rows.accounts)}
    account = np.array([number[name] for name in rows["account_id"]], dtype=np.intp)
    told = ~np.isnan(said)
    rng, many = np.random.default_rng(SEED), len(model.rows.accounts)
    found = []
    for _ in range(DRAWS):
        times = np.bincount(rng.integers(0, many, many), minlength=many).astype(np.float64)
        if not times[account[told]].any():
            continue
        at, weight = model.at, times[owner]
        for _ in range(2):
            chance = expit(full @ at)
            slope = full.T @ (weight * (answered - chance)) - penalty * at
            bend = (full * (weight * chance * (1 - chance))[:, None]).T @ full + np.diag(penalty)
            at = at + np.linalg.solve(bend + 1e-9 * np.eye(len(bend)), slope)
        weights = inverse(expit(own[told] @ at)).weight * times[account[told]] * share[told]
        found.append(_mean(said[told], weights))
    # as many accounts as were heard tell of the scatter: brought to what one less would
    heard = len(set(account[told].tolist()))
    return float(np.std(found, ddof=1)) * float(np.sqrt(heard / (heard - 1)))
