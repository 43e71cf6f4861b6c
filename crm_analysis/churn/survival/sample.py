"""Whole accounts drawn or parted by their ids alone: the same whatever the order of rows, run after run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Flags = NDArray[np.bool_]
    Places = NDArray[np.intp]

FOLDS = 5
"""Parts of the accounts in cross-validation."""


def codes(accounts: ArrayLike) -> tuple[Places, NDArray[np.object_]]:
    """A number for each row's account, and the accounts in the order of their numbers, which is that of their ids."""
    import pandas as pd

    place, names = pd.factorize(np.asarray(accounts, dtype=object), sort=True)
    return place.astype(np.intp), np.asarray(names, dtype=object)


def drawn(place: Places, names: NDArray[np.object_], most: int) -> Flags:
    """Which of `names` are taken so that they have at most `most` of the rows; all of them if that is enough."""
    rows = np.bincount(place, minlength=len(names))
    if len(place) <= most:
        return np.ones(len(names), dtype=bool)
    order = np.argsort(_numbers(names, "drawn"), kind="stable")
    chosen = np.zeros(len(names), dtype=bool)
    chosen[order[np.cumsum(rows[order]) <= most]] = True
    return chosen


def folds(names: NDArray[np.object_]) -> Places:
    """Which of FOLDS parts each account is in; parts differ by one account at most."""
    order = np.argsort(_numbers(names, "folds"), kind="stable")
    part = np.empty(len(names), dtype=np.intp)
    part[order] = np.arange(len(names)) % FOLDS
    return part


def _numbers(names: NDArray[np.object_], purpose: str) -> Any:
    """A number per id that looks like chance; another one for each purpose."""
    import pandas as pd

    texts = np.array([f"{purpose} {name}" for name in names], dtype=object)
    return pd.util.hash_array(texts, categorize=False)
