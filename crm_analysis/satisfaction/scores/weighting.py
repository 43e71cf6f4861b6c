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
from crm_analysis.satisfaction.scores.intervals import KINDS, POINTS, pseudo, quantile, score
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

    `rows` are decided invitations (`answering.known_before`), `model` says who answers (fitted without habits).
    Columns: score (code), accounts_asked, accounts_heard, people_asked, people_heard, points (as heard, accounts
    first), weighted, low, high (of weighted; `Drawn`), cut (answers whose weight was cut), low_odds, high_odds
    (`bounds.sensitivity` at `gamma`, chance included), low_worst, high_worst (`bounds.worst`), all in points. Scores
    that fewer than two accounts told are left out.
    """
    import pandas as pd

    table, heard = measured(answers), rows["row"].to_numpy(np.int64)
    share = 1 / rows.groupby("account_id")["account_id"].transform("size").to_numpy(np.float64)
    spoke = np.flatnonzero(heard >= 0)
    told: dict[str, Told] = {}
    for name in SCORES:
        own = table[name].to_numpy(np.float64)[heard[spoke]]
        known = np.flatnonzero(~np.isnan(own))
        known = known[np.argsort(own[known], kind="stable")]
        if rows["account_id"].iloc[spoke[known]].nunique() >= 2:
            told[name] = Told(known, own[known], share[spoke[known]])
    draws = _drawn(rows.iloc[spoke], told, model, gamma)
    chance, found = model.chance(rows.iloc[spoke]), []
    for name, (known, said, count) in told.items():
        kind, accounts = KINDS[name], rows["account_id"].iloc[spoke[known]]
        raw = pd.Series(said).groupby(accounts.to_numpy(), sort=True).mean()
        weights = inverse(chance[known])
        middle = _mean(said, count * weights.weight)
        low, high = _ends(middle, draws[name], _worth(accounts, count * weights.weight), name, level)
        odds = sensitivity(said, count, 1 / weights.weight, gamma)
        tail = (1 - level) / 2
        least = min(odds[0], float(np.quantile(draws[name].low, tail)))
        most = max(odds[1], float(np.quantile(draws[name].high, 1 - tail)))
        every = np.full(len(rows), np.nan)
        every[spoke[known]] = said
        outer = worst(every, share, kind.low, kind.high)
        row = {"score": name, "accounts_asked": rows["account_id"].nunique(), "accounts_heard": accounts.nunique()}
        row |= {"people_asked": len(rows), "people_heard": len(known)}
        row |= {"points": score(raw, name).points, "weighted": POINTS * middle, "low": POINTS * low}
        row |= {"high": POINTS * high, "cut": weights.cut, "low_odds": POINTS * least, "high_odds": POINTS * most}
        found.append(row | {"low_worst": POINTS * outer[0], "high_worst": POINTS * outer[1]})
    return pd.DataFrame(found)


class Told(NamedTuple):
    """Who told a score, as places among the invitations answered, what they said, rising, and what each counts for."""

    place: NDArray[np.intp]
    said: Array
    share: Array


class Drawn(NamedTuple):
    """Accounts drawn anew DRAWS times: the weighted score of each draw, and its least and greatest by odds."""

    mean: Array
    low: Array
    high: Array


def _mean(values: Array, weights: Array) -> float:
    return float(weights @ values / weights.sum())


def _worth(accounts: pd.Series, weights: Array) -> float:
    """As how many equal accounts the weighted ones count (Kish 1965)."""
    import pandas as pd

    each = pd.Series(weights).groupby(accounts.to_numpy()).sum().to_numpy(np.float64)
    return float(each.sum() ** 2 / (each @ each))


def _ends(middle: float, drawn: Drawn, worth: float, name: str, level: float) -> tuple[float, float]:
    """The interval of a weighted score: the scatter of the draws, and pseudo-responses as `intervals` adds them."""
    kind, added = KINDS[name], pseudo(name, level)
    centre, spread = (kind.low + kind.high) / 2, kind.spread * ((kind.high - kind.low) / 2) ** 2
    scatter = float(np.var(drawn.mean, ddof=1)) * worth / max(worth - 1, 0.5)
    moved = (worth * middle + added * centre) / (worth + added)
    variance = (worth**2 * scatter + added * (spread + (centre - moved) ** 2)) / (worth + added) ** 2
    half = float(quantile(name, level, np.array(worth + added), uneven=True)) * float(np.sqrt(variance))
    return min(max(moved - half, kind.low), middle), max(min(moved + half, kind.high), middle)


def _drawn(answered: pd.DataFrame, told: dict[str, Told], model: Answering, gamma: float) -> dict[str, Drawn]:
    """The scores of accounts drawn anew, the model of who answers fitted again in each draw.

    A draw is how often each account is taken; a Newton step leads from the model's maximum to about that of the draw.
    `answered` are the invitations that were.
    """
    from scipy.special import expit

    number = {name: place for place, name in enumerate(model.rows.accounts)}
    account = np.array([number[name] for name in answered["account_id"]], dtype=np.intp)
    own = np.column_stack([np.ones(len(answered)), model.design.matrix(answered)])
    pulls, bend = _pulls(model)
    rng, many = np.random.default_rng(SEED), len(model.rows.accounts)
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in told}
    for _ in range(DRAWS):
        times = np.bincount(rng.integers(0, many, many), minlength=many).astype(np.float64)
        at = model.at + np.linalg.solve(bend, np.einsum("a,ap->p", times - 1, pulls))
        chance = expit(np.einsum("np,p->n", own, at))  # einsum keeps to one thread: such products are too thin for more
        counts = times[account]
        for name, (place, said, share) in told.items():
            count = counts[place] * share
            if count.any():
                weights = inverse(chance[place]).weight
                found[name].append((_mean(said, weights * count), *sensitivity(said, count, 1 / weights, gamma)))
    return {name: Drawn(*np.array(rows).T) for name, rows in found.items()}


def _pulls(model: Answering) -> tuple[Array, Array]:
    """How each account pulls at the parameters of who answers, and how much they resist: slope and curvature."""
    from scipy.special import expit

    rows = model.rows
    chance = expit(model.at[0] + rows.matrix @ model.at[1:])
    miss, many = rows.steps[0].left - chance, len(rows.accounts)
    columns = [np.bincount(rows.owner, miss * column, many) for column in (1.0, *rows.matrix.T)]
    full = np.column_stack([np.ones(len(rows.matrix)), rows.matrix])
    penalty = np.r_[1e-9, np.full(rows.matrix.shape[1], model.ridge)]
    return np.column_stack(columns), (full * (chance * (1 - chance))[:, None]).T @ full + np.diag(penalty)
