"""Whether the items of a scale measure one thing: Cronbach's alpha, raw and standardised, and without each item.

Rows are questionnaires; those of one account are not independent, so that errors are added up by account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import UserError
from crm_analysis.satisfaction.scores.intervals import normal

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEAST = 10
"""Questionnaires in which all items of a scale are answered, and accounts they come from, that an alpha needs."""


class Alpha(NamedTuple):
    """The reliability of a scale: of `people` whole questionnaires of `accounts` accounts on `items` items.

    alpha: Cronbach's (1951), with its interval; standardised: of items brought to one variance; correlation: the mean
    between two items; without: the alpha of all items but one, by item (none with two items); constant: items that
    everybody answered alike, left out.
    """

    items: int
    people: int
    accounts: int
    alpha: float
    low: float
    high: float
    standardised: float
    correlation: float
    without: dict[str, float]
    constant: tuple[str, ...]


def reliability(shares: pd.DataFrame, accounts: Sequence[object] | pd.Series, level: float = LEVEL) -> Alpha:
    """The reliability of items, a column each and a row per questionnaire; rows with a gap are left out.

    The interval is that of log(1 - alpha), by the delta method without a normal assumption (Maydeu-Olivares, Coffman &
    Hartmann 2007), errors added up by account. Raises UserError with fewer than two items that vary, or fewer than
    LEAST whole rows or accounts.
    """
    import pandas as pd

    whole = shares.notna().all(axis=1).to_numpy()
    kept = shares[whole]
    same = tuple(str(item) for item in kept if len(kept) and np.ptp(kept[item].to_numpy(np.float64)) < 1e-12)
    names = [str(item) for item in kept if item not in same]
    own = np.asarray(accounts, dtype=object)[whole]
    many = len(set(own))
    if len(names) < 2:
        raise UserError(f"reliability needs two items that vary; found {len(names)} of {shares.shape[1]}.")
    if min(len(kept), many) < LEAST:
        raise UserError(
            f"reliability needs {LEAST} questionnaires of {LEAST} accounts in which all {len(names)} items are "
            f"answered; found {len(kept):,} of {many:,}."
        )
    rows = kept[names].to_numpy(np.float64)
    covariance = np.cov(rows, rowvar=False)
    spread = np.sqrt(np.diag(covariance))
    like = covariance / np.outer(spread, spread)
    alpha = _alpha(covariance)
    owner = pd.factorize(own, sort=True)[0]
    error = _error(rows, covariance, owner, many)
    if alpha < 1 - 1e-9:
        half = normal(level) * error / (1 - alpha)
        low, high = (float(1 - (1 - alpha) * np.exp(side * half)) for side in (1, -1))
    else:
        low, high = float("nan"), float("nan")  # items that all say the same: nothing scatters
    without = {}
    if len(names) > 2:
        for place, name in enumerate(names):
            others = np.delete(np.arange(len(names)), place)
            without[name] = _alpha(covariance[np.ix_(others, others)])
    between = float(like[np.triu_indices(len(names), 1)].mean())
    return Alpha(len(names), len(kept), many, alpha, low, high, _alpha(like), between, without, same)


def scales(groups: Mapping[str, Sequence[str]], shares: pd.DataFrame, accounts: pd.Series) -> pd.DataFrame:
    """One row per scale that can be told; scales of which nothing can be told are left out.

    Columns: scale, items, people_heard, accounts_heard, alpha, low, high, standardised, correlation, weakest (the item
    without which alpha is highest, if that is higher than with it), alpha_without.
    """
    import pandas as pd

    rows = []
    for name, items in groups.items():
        try:
            found = reliability(shares[[item for item in items if item in shares]], accounts)
        except UserError:
            continue
        best = max(found.without, key=lambda item: found.without[item]) if found.without else ""
        better = bool(best) and found.without[best] > found.alpha
        rows.append(
            {
                "scale": name, "items": found.items, "people_heard": found.people, "accounts_heard": found.accounts,
                "alpha": found.alpha, "low": found.low, "high": found.high, "standardised": found.standardised,
                "correlation": found.correlation, "weakest": best if better else "",
                "alpha_without": found.without[best] if better else np.nan,
            }
        )  # fmt: skip
    columns = ["scale", "items", "people_heard", "accounts_heard", "alpha", "low", "high", "standardised",
               "correlation", "weakest", "alpha_without"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _alpha(covariance: Array) -> float:
    items, total = len(covariance), float(covariance.sum())
    return items / (items - 1) * (1 - float(np.trace(covariance)) / total) if total > 1e-15 else float("-inf")


def _error(rows: Array, covariance: Array, owner: NDArray[np.intp], many: int) -> float:
    """The standard error of alpha: what each questionnaire moves it by, added up by account."""
    items, trace, total = len(covariance), float(np.trace(covariance)), float(covariance.sum())
    if total <= 1e-15:
        return float("nan")
    away = rows - rows.mean(axis=0)
    of_trace, of_total = (away**2).sum(axis=1) - trace, away.sum(axis=1) ** 2 - total
    moved = items / (items - 1) * (trace * of_total / total**2 - of_trace / total)
    sums = np.bincount(owner, moved, many)
    return float(np.sqrt(many / (many - 1) * (sums @ sums)) / len(rows))
