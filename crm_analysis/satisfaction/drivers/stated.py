"""Stated importance: how important people say a dimension is to them.

People call almost everything important, so what they say is read as an order: which dimension each puts first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed
from crm_analysis.satisfaction.drivers.moments import ends

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.answers import Answers

_TIE = 1e-9


@dataclass(frozen=True)
class Stated:
    """Stated importance by dimension: mean over accounts of what their people say.

    `table`: dimension, stated (mean, 0 to 100) with low and high, stated_rank (1 for the most important), stated_first
    (share of the accounts' people who put it above all others; ties are shared) with low and high, accounts.
    `draws` are means, draws x dimensions. `alike` is the share of questionnaires that say the same of all
    dimensions: they put nothing first and do not count in stated_first.
    """

    table: pd.DataFrame
    draws: np.ndarray
    alike: float


def stated(
    answers: Answers,
    dimensions: Mapping[str, Sequence[str]],
    accounts: np.ndarray,
    weights: np.ndarray,
    level: float,
) -> Stated:
    """From customers' questionnaires about us, a dimension's importance being the mean over its items.

    `weights` are draws x `accounts` (`moments.resampled`). Raises BookError where nobody said how important anything
    is, or only of one dimension.
    """
    import pandas as pd

    source = answers.ours
    names = [name for name, items in dimensions.items() if source.importance[list(items)].notna().any(axis=None)]
    if len(names) < 2:
        raise BookError(label("stated_none", found=listed(names) or label("drivers_found_none")))
    said = np.column_stack([source.importance[list(dimensions[name])].mean(axis=1) for name in names]) * 100
    account = source.people["account_id"].to_numpy(dtype=object).astype(str)
    codes = np.searchsorted(accounts, account)
    heard = (codes < len(accounts)) & (accounts[np.minimum(codes, len(accounts) - 1)] == account)
    said, codes = said[heard], codes[heard]
    compared = (~np.isnan(said)).sum(axis=1) > 1
    top = np.where(compared[:, None], said, np.nan)
    highest = np.fmax.reduce(top, axis=1)[:, None]
    lowest = np.fmin.reduce(top, axis=1)[:, None]
    first = (top >= highest - _TIE).astype("float64")
    first[~(highest - lowest > _TIE)[:, 0]] = np.nan
    first /= np.where(first.sum(axis=1, keepdims=True) > 0, first.sum(axis=1, keepdims=True), np.nan)
    means, mean_draws = by_account(said, codes, len(accounts), weights)
    firsts, first_draws = by_account(first, codes, len(accounts), weights)
    columns: dict[str, object] = {"dimension": names}
    for name, value, drawn in (("stated", means, mean_draws), ("stated_first", firsts, first_draws)):
        low, high = ends(drawn, level, len(np.unique(codes)))
        columns |= {name: value, f"low_{name}": low, f"high_{name}": high}
    table = pd.DataFrame(columns)
    table["stated_rank"] = table["stated"].round(9).rank(ascending=False, method="min").astype("int64")
    table["accounts"] = [len(np.unique(codes[~np.isnan(said[:, place])])) for place in range(len(names))]
    alike = float(np.mean((highest - lowest <= _TIE)[compared, 0])) if compared.any() else float("nan")
    return Stated(table, mean_draws, alike)


def by_account(
    values: np.ndarray, codes: np.ndarray, accounts: int, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Means over accounts of each account's mean, by column: now (columns), and in each draw (draws x columns).

    `values` are rows x columns with NaN where missing, `codes` the account of each row.
    """
    sums = np.empty((accounts, values.shape[1]))
    many = np.empty_like(sums)
    for place in range(values.shape[1]):
        known = ~np.isnan(values[:, place])
        sums[:, place] = np.bincount(codes[known], weights=values[known, place], minlength=accounts)
        many[:, place] = np.bincount(codes[known], minlength=accounts)
    known = (many > 0).astype("float64")
    mean = sums / np.maximum(many, 1)
    return _ratio(mean.sum(axis=0), known.sum(axis=0)), _ratio(weights @ mean, weights @ known)


def _ratio(part: np.ndarray, of: np.ndarray) -> np.ndarray:
    return np.where(of > 0, part / np.where(of > 0, of, 1.0), np.nan)
