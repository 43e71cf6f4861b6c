"""Customer focus scorecard: how our own people rate us to each account, beside what the account itself says.

Organisation, communication, information (`asks.focus`; each item by itself where the survey names no such areas). What
our people said of an account is paired with what its customers said in the same wave, else within a year. Accounts
count once each, however many answered, and the differences of accounts are what an interval is made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.churn.survival.checks import holm
from crm_analysis.errors import BookError
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.satisfaction.answers import Answers

    Array = NDArray[np.float64]

NEAR_DAYS = 365
"""Days between two questionnaires of different waves that may still be paired."""
FEW = 5
"""Accounts paired below which no difference is told."""
LEAST_ITEMS = 3
"""Items below which no ranks are compared."""
CLEAR = 0.05
DRAWS, SEED = 400, 20260930
_KEYS = ["account_id", "wave"]


@dataclass(frozen=True)
class Scorecard:
    """Our own view beside theirs, as shares of the scale.

    - `areas`, `items`: one row each: area (and item), accounts (paired), ours (our people's mean), theirs, difference
      (ours less theirs), low, high, p_holm (that there is none; corrected for the table's rows), verdict ("rosier",
      "gloomier"; with "perhaps_" before it where the row's own interval leaves out 0 and p_holm is not CLEAR; "open"
      where it cannot be told; "few" below FEW accounts);
    - `teams`: the same over all items, by the team that serves the account; None where the frame has none;
    - `importance`: one row per item whose stated importance both told: item, accounts, ours, theirs, difference, low,
      high, p_holm, verdict, rank_ours, rank_theirs; `agreement`: rho, Spearman's rank correlation of the two, with low,
      high and items; NaN with fewer than LEAST_ITEMS;
    - `pairs` (pairs of an account and a wave), `accounts`, `unpaired` (questionnaires of our people without an answer
      of the account beside), `same_wave` (pairs of the same wave).
    """

    areas: pd.DataFrame
    items: pd.DataFrame
    teams: pd.DataFrame | None
    importance: pd.DataFrame
    agreement: pd.Series
    pairs: int
    accounts: int
    unpaired: int
    same_wave: int


def scorecard(answers: Answers, frame: pd.DataFrame | None = None, level: float = LEVEL, seed: int = SEED) -> Scorecard:
    """The scorecard of all questionnaires; `frame` (account_id, team) tells who serves whom.

    Raises BookError where none of our people answered, or none about an account that answered too.
    """
    inside, said = answers.internal, answers.ours
    if not len(inside.people):
        raise BookError(label("focus_no_internal"))
    items = [name for name in answers.items if inside.shares[name].notna().any() and said.shares[name].notna().any()]
    beside = _paired(inside, said)
    if not items or beside.empty:
        many = len(inside.people)
        raise BookError(label("focus_unpaired_one" if many == 1 else "focus_unpaired_many", n=f"{many:,}"))
    areas = answers.asks.focus or {name: (name,) for name in items}
    areas = {name: tuple(item for item in of if item in items) for name, of in areas.items()}
    areas = {name: of for name, of in areas.items() if of}
    if not areas:
        areas = {name: (name,) for name in items}
    shown = [item for of in areas.values() for item in of]
    ours, theirs = _values(inside.shares, beside, "inside"), _values(said.shares, beside, "said")
    owner = beside["account_id"]
    by_item = {name: _by_account(ours[[name]], theirs[[name]], owner) for name in dict.fromkeys(shown)}
    by_area = {name: _by_account(ours[list(of)], theirs[list(of)], owner) for name, of in areas.items()}
    table = _compared(by_item, "item", level)
    table.insert(0, "area", [next(name for name, of in areas.items() if item in of) for item in table["item"]])
    weights = [_values(part.importance, beside, side) for part, side in ((inside, "inside"), (said, "said"))]
    importance, agreement = _importance(weights[0][list(by_item)], weights[1][list(by_item)], owner, level, seed)
    whole = _by_account(ours[list(by_item)], theirs[list(by_item)], owner)
    paired = sum(len(rows) for rows in beside["inside"])
    return Scorecard(
        _compared(by_area, "area", level), table, _teams(whole, frame, level), importance, agreement, len(beside),
        owner.nunique(), len(inside.people) - paired, int(beside["same"].sum()),
    )  # fmt: skip


def _paired(inside: Answers, said: Answers) -> pd.DataFrame:
    """One row per account and wave of our people's answers that have a customer's beside.

    Columns: account_id, wave, inside and said (the rows of their questionnaires), same (of the same wave). Where no
    customer of the account answered in that wave, those count that did within NEAR_DAYS of our people's last answer.
    """
    import pandas as pd

    ours = inside.people.groupby(_KEYS, sort=True).indices
    theirs = said.people.groupby(_KEYS, sort=True).indices
    by_account = said.people.groupby("account_id", sort=True).indices
    asked, answered = (part.people["answered_on"].to_numpy("datetime64[D]") for part in (inside, said))
    rows = []
    for key, own in cast("dict[tuple[str, str], Any]", ours).items():
        account, wave = key
        same = key in theirs
        beside = theirs.get(key)
        if beside is None:
            near = by_account.get(account, np.array([], dtype=np.intp))
            days = np.abs((answered[near] - asked[own].max()).astype("int64"))
            beside = near[days <= NEAR_DAYS]
        if len(beside):
            rows.append((account, wave, own, beside, same))
    return pd.DataFrame(rows, columns=[*_KEYS, "inside", "said", "same"])


def _values(shares: pd.DataFrame, beside: pd.DataFrame, side: str) -> pd.DataFrame:
    """The mean of each item over the questionnaires of each pair; a row per pair."""
    many = beside[side].map(len).to_numpy()
    pair = np.repeat(np.arange(len(beside)), many)
    rows = np.concatenate(beside[side].to_list())
    return shares.iloc[rows].groupby(pair).mean()


def _by_account(ours: pd.DataFrame, theirs: pd.DataFrame, owner: pd.Series) -> pd.DataFrame:
    """Ours and theirs by account: means over its pairs, of the items that both answered, each item counting alike."""
    import pandas as pd

    both = ours.notna().to_numpy() & theirs.notna().to_numpy()
    parts = {"ours": ours.where(both).mean(axis=1), "theirs": theirs.where(both).mean(axis=1)}
    return pd.DataFrame(parts).groupby(owner.to_numpy()).mean().dropna()


def _compared(parts: dict[str, pd.DataFrame], name: str, level: float) -> pd.DataFrame:
    """A row per part: accounts, ours, theirs, difference, low, high, p_holm, verdict."""
    import pandas as pd
    from scipy.stats import t

    rows = []
    for key, by in parts.items():
        apart = (by["ours"] - by["theirs"]).to_numpy()
        n, mean = len(apart), float(apart.mean()) if len(apart) else float("nan")
        ends = [float("nan")] * 3
        if n >= FEW:
            error = float(apart.std(ddof=1)) / np.sqrt(n)
            half = float(t.ppf((1 + level) / 2, n - 1)) * error
            p = float(2 * t.sf(abs(mean) / error, n - 1)) if error > 0 else float(mean == 0)
            ends = [mean - half, mean + half, p]
        rows.append((key, n, *by.mean().reindex(["ours", "theirs"]), mean, *ends))
    found = pd.DataFrame(rows, columns=[name, "accounts", "ours", "theirs", "difference", "low", "high", "p_holm"])
    told = found["p_holm"].notna()
    found.loc[told, "p_holm"] = holm(found.loc[told, "p_holm"].to_numpy("float64"))
    clear = found["p_holm"] < CLEAR
    sides = [~told, clear & (found["difference"] > 0), clear, found["low"] > 0, found["high"] < 0]
    words = np.select(sides, ["few", "rosier", "gloomier", "perhaps_rosier", "perhaps_gloomier"], "open")
    return found.assign(verdict=words)


def _teams(whole: pd.DataFrame, frame: pd.DataFrame | None, level: float) -> pd.DataFrame | None:
    """The difference over all items by the team that serves the account."""
    if frame is None or "team" not in frame:
        return None
    team = frame.set_index("account_id")["team"].reindex(whole.index)
    team = team.where(team.notna() & (team.astype(str) != ""), label("team_nobody")).astype(str)
    return _compared({str(name): whole[(team == name).to_numpy()] for name in sorted(team.unique())}, "team", level)


def _importance(
    ours: pd.DataFrame, theirs: pd.DataFrame, owner: pd.Series, level: float, seed: int
) -> tuple[pd.DataFrame, pd.Series]:
    """Stated importance compared by item, and how far the two orders of the items agree."""
    import pandas as pd

    parts = {str(name): _by_account(ours[[name]], theirs[[name]], owner) for name in ours}
    parts = {name: by for name, by in parts.items() if len(by)}
    table = _compared(parts, "item", level)
    for side in ("ours", "theirs"):
        table[f"rank_{side}"] = table[side].rank(ascending=False, method="min")
    nothing = pd.Series({"rho": np.nan, "low": np.nan, "high": np.nan, "items": len(parts)})
    accounts = sorted({name for by in parts.values() for name in by.index})
    if len(parts) < LEAST_ITEMS or len(accounts) < FEW:
        return table, nothing
    grids = [
        np.column_stack([by[side].reindex(accounts).to_numpy("float64") for by in parts.values()])
        for side in ("ours", "theirs")
    ]
    rng = np.random.default_rng(seed)
    weight = rng.multinomial(len(accounts), np.full(len(accounts), 1 / len(accounts)), DRAWS).astype("float64")
    drawn = [_weighted(grid, weight) for grid in grids]
    rhos = _spearman(*drawn)
    rho = float(_spearman(*(_weighted(grid, np.ones((1, len(accounts)))) for grid in grids))[0])
    rhos = rhos[~np.isnan(rhos)]
    if np.isnan(rho) or not len(rhos):
        return table, nothing
    low, high = np.quantile(rhos, [(1 - level) / 2, (1 + level) / 2])
    return table, pd.Series({"rho": rho, "low": float(low), "high": float(high), "items": len(parts)})


def _weighted(grid: Array, weight: Array) -> Array:
    """Means of the columns by draws of weights: draws x columns; NaN where a draw has nobody."""
    known = ~np.isnan(grid)
    many = weight @ known
    sums = weight @ np.where(known, grid, 0.0)
    return np.divide(sums, many, out=np.full(sums.shape, np.nan), where=many > 0)


def _spearman(one: Array, other: Array) -> Array:
    """Spearman's rank correlation row by row; NaN where a row has no order."""
    from scipy.stats import rankdata

    there = ~(np.isnan(one) | np.isnan(other)).any(axis=1)
    found = np.full(len(one), np.nan)
    a, b = (rankdata(values[there].round(12), axis=1) for values in (one, other))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    found[there] = np.divide((a * b).sum(axis=1), size, out=np.full(len(size), np.nan), where=size > 0)
    return found
