"""Which account waits for which improvement: gap x importance x margin at stake, with what is not known of each.

- gap: how far the account lies below the upper quarter of the accounts heard, on the dimension's scale of 0 to 1; the
  account's score is shrunk (`shrinkage`), because one person's answer is not the account's.
- importance: how much overall satisfaction rises per unit of the dimension, drawn from its bootstrap; a draw below 0
  counts as it is, so that a dimension that adds nothing has a priority about 0.
- at stake: what the account brought in a year, or is expected to bring.

Where leaving goes with the score (`leaving.Linked.curve`), a priority is the margin a year that would be kept if the
score moved along that curve; else it is an index, of which all priorities above 0 have 1,000 points together. Accounts
that nobody was heard of are listed apart and get none: silence is not a middling answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed
from crm_analysis.satisfaction.worth.draws import Best, Draws
from crm_analysis.satisfaction.worth.shrinkage import Shrunk, shrunk

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.satisfaction.answers import Answers
    from crm_analysis.satisfaction.worth.curve import Curve

    Array = NDArray[np.float64]
    Places = NDArray[np.intp]

WINDOW = "24M"
"""An answer counts for two years, as it does where leaving is forecast."""
POINTS = 1000.0
SEED = 20260930


@dataclass(frozen=True)
class Priorities:
    """Improvements by account and by dimension.

    - `accounts`: one row per account heard, the highest priority first: account_id, name, segment, rep_id (as far as
      the frame has them), at_stake (money a year), dimension (its first improvement), people (heard on it), said_score
      (their mean, 0 to 1), score (shrunk), benchmark, priority, low, high, p_first (that this dimension is the
      account's first), p_top (that the account is among the first TOP). dimension is None where no dimension has a
      gap in any draw.
    - `dimensions`: one row per dimension, the highest priority first: dimension, accounts (whose first it is), at_stake
      (theirs), priority (summed over all accounts), low, high, importance, low_importance, high_importance, within
      (share of the spread of answers that is between people of one account).
    - `each`: account_id, dimension, priority; all of them, as they add up in the others.
    - `unheard`: accounts of which nobody was heard though something is at stake, the largest first: account_id, name,
      segment, rep_id, at_stake.
    - `money`: what is at stake ("margin", "revenue" or "expected"); `index`: whether priorities are points, not money;
      `says`: sentences on what was assumed or left out.
    """

    accounts: pd.DataFrame
    dimensions: pd.DataFrame
    each: pd.DataFrame
    unheard: pd.DataFrame
    money: str
    index: bool
    says: tuple[str, ...]


def priorities(
    answers: Answers,
    frame: pd.DataFrame,
    importances: pd.DataFrame,
    expected: pd.Series | None = None,
    curve: Curve | None = None,
    level: float = LEVEL,
    seed: int = SEED,
) -> Priorities:
    """What each account of `frame` (a row per account: account_id, revenue or margin ...) would gain most from.

    `answers` are all of a book's; those of customers about us within WINDOW count, a person's latest. `importances`: a
    row per draw, a column per dimension or item (`weights.slopes`). `expected`: the money at stake by account_id, in
    place of last year's margin (revenue where there is no cost); below 0 as 0. Raises UserError for importances that
    name no dimension, or are not finite; BookError where no account of the frame was heard.
    """
    lately = answers.ours.latest(WINDOW)
    names = [str(name) for name in importances.columns if name in answers.asks.dimensions or name in answers.items]
    drawn = importances[names].to_numpy("float64")
    if not names or not len(drawn) or not np.isfinite(drawn).all():
        raise UserError(
            f"importances are finite numbers, a column per dimension of the survey; found {list(importances.columns)}, "
            f"expected some of {list(answers.asks.dimensions)}."
        )
    own = frame.sort_values("account_id", ignore_index=True)
    stake, money = stakes(own, expected)
    place = _places(own["account_id"], lately.people["account_id"])
    known = place >= 0
    lately, place = lately.of(known), place[known]
    strangers = int((~known).sum())
    says = [_counted(strangers, "priority_strangers")] if strangers else []
    scores, notes = _scores(lately, names, place, len(own))
    heard = np.flatnonzero(np.sum([each.people > 0 for each in scores], axis=0) > 0)
    if not len(heard):
        raise BookError(label("priority_nobody"))
    spoke = np.unique(place)
    if len(spoke) > len(heard):
        says.append(_counted(len(spoke) - len(heard), "priority_other"))
    whole = None
    if curve is not None and answers.asks.overall in lately.shares:
        whole = shrunk(lately.shares[answers.asks.overall], place, len(own))
    draws = Draws(
        scores, whole, curve if whole is not None else None, heard, stake, drawn, _likeness(lately, names), seed
    )
    each, best, sums = draws.made(level)
    whole_sum = float(np.maximum(each, 0).sum())
    scale = 1.0 if draws.curve is not None or whole_sum <= 0 else POINTS / whole_sum
    beside = own.iloc[heard][[name for name in ("account_id", "name", "segment", "rep_id") if name in own]]
    table = _accounts(beside.reset_index(drop=True), stake[heard], names, scores, heard, each, best, scale)
    table["benchmark"] = [draws.benchmark[names.index(name)] if name else np.nan for name in table["dimension"]]
    return Priorities(
        table, _dimensions(names, table, each, sums, drawn, scores, scale, level),
        _each(beside["account_id"], names, each * scale), unheard(answers, frame, expected), money, draws.curve is None,
        (*says, *notes),
    )  # fmt: skip


def stakes(own: pd.DataFrame, expected: pd.Series | None = None) -> tuple[Array, str]:
    """The money at stake of each account, no less than 0, and what it is."""
    if expected is not None:
        values, money = own["account_id"].map(expected), "expected"
    else:
        money = "margin" if "margin" in own else "revenue"
        values = own[money]
    return np.maximum(values.fillna(0.0).to_numpy("float64"), 0.0), money


def unheard(answers: Answers, frame: pd.DataFrame, expected: pd.Series | None = None) -> pd.DataFrame:
    """As `Priorities.unheard`: it takes no importances, and is told where those cannot be."""
    own = frame.sort_values("account_id", ignore_index=True)
    stake, _ = stakes(own, expected)
    spoke = own["account_id"].isin(answers.ours.latest(WINDOW).people["account_id"]).to_numpy()
    there = (stake > 0) & ~spoke
    names = [name for name in ("account_id", "name", "segment", "rep_id") if name in own]
    table = own.loc[there, names].assign(at_stake=stake[there])
    return table.sort_values(["at_stake", "account_id"], ascending=[False, True], ignore_index=True)


def _counted(number: int, words: str) -> str:
    return label(f"{words}_one" if number == 1 else f"{words}_many", n=f"{number:,}")


def _places(ids: pd.Series, asked: pd.Series) -> Places:
    """The place of each asked account among the ids; -1 without one."""
    import pandas as pd

    found: Places = pd.Index(ids).get_indexer(pd.Index(asked)).astype(np.intp)
    return found


def _scores(lately: Answers, names: list[str], place: Places, many: int) -> tuple[list[Shrunk], list[str]]:
    """Scores per dimension, and what is to be said of them."""
    series = [lately.dimension(name) if name in lately.asks.dimensions else lately.shares[name] for name in names]
    first = [shrunk(values, place, many) for values in series]
    known = [each for each in first if not each.assumed]
    within, between = (sum(getattr(each, name) for each in known) for name in ("within", "between"))
    share = within / (within + between) if within + between > 0 else None
    scores = [
        shrunk(values, place, many, share) if each.assumed else each for values, each in zip(series, first, strict=True)
    ]
    notes = []
    if not known:
        notes.append(label("priority_assumed"))
    alike = [name for name, each in zip(names, scores, strict=True) if each.people.any() and each.between == 0]
    if alike:
        notes.append(label("priority_alike", dimensions=listed(alike)))
    return scores, notes


def _likeness(lately: Answers, names: list[str]) -> Array:
    """What makes the errors of dimensions go together as answers do: the root of the answers' correlations."""
    import pandas as pd

    frame = pd.DataFrame(
        {name: lately.dimension(name) if name in lately.asks.dimensions else lately.shares[name] for name in names}
    )
    like = frame.corr(min_periods=10).fillna(0.0).to_numpy(copy=True)
    np.fill_diagonal(like, 1.0)
    values, vectors = np.linalg.eigh(like)
    root: Array = vectors * np.sqrt(np.maximum(values, 0))
    return root / np.sqrt((root**2).sum(axis=1, keepdims=True))  # pairwise correlations need not fit together


def _accounts(
    beside: pd.DataFrame, stake: Array, names: list[str], scores: list[Shrunk], heard: Places, each: Array, best: Best,
    scale: float,
) -> pd.DataFrame:  # fmt: skip
    rows = np.arange(len(heard))
    first = np.maximum(best.first, 0)
    none = best.first < 0
    people, raw, mean = (
        np.column_stack([getattr(own, name)[heard] for own in scores])[rows, first]
        for name in ("people", "raw", "mean")
    )
    table = beside.assign(
        at_stake=stake,
        dimension=np.array([*names, None], dtype=object)[np.where(none, len(names), first)],
        people=people.astype("int64"),
        said_score=raw,
        score=mean,
        benchmark=np.nan,
        priority=each[rows, first] * scale,
        low=best.low * scale,
        high=best.high * scale,
        p_first=best.p_first,
        p_top=best.p_top,
    )
    table.loc[none, ["said_score", "score"]] = np.nan
    return table.sort_values(["priority", "account_id"], ascending=[False, True], ignore_index=True)


def _dimensions(
    names: list[str], table: pd.DataFrame, each: Array, sums: Array, drawn: Array, scores: list[Shrunk], scale: float,
    level: float,
) -> pd.DataFrame:  # fmt: skip
    import pandas as pd

    ends = [(1 - level) / 2, (1 + level) / 2]
    first = table.groupby("dimension")["at_stake"].agg(["size", "sum"]).reindex(names)
    low, high = np.quantile(sums * scale, ends, axis=0)
    least, most = np.quantile(drawn, ends, axis=0)
    found = pd.DataFrame(
        {
            "dimension": names,
            "accounts": first["size"].fillna(0).astype("int64").to_numpy(),
            "at_stake": first["sum"].fillna(0.0).to_numpy(),
            "priority": each.sum(axis=0) * scale,
            "low": low,
            "high": high,
            "importance": drawn.mean(axis=0),
            "low_importance": least,
            "high_importance": most,
            "within": [own.within / (own.within + own.between) if own.within > 0 else 0.0 for own in scores],
        }
    )
    return found.sort_values(["priority", "dimension"], ascending=[False, True], ignore_index=True)


def _each(ids: pd.Series, names: list[str], each: Array) -> pd.DataFrame:
    import pandas as pd

    owner = np.repeat(ids.to_numpy(dtype=object), len(names))
    return pd.DataFrame({"account_id": owner, "dimension": names * len(ids), "priority": each.ravel()})
