"""PLS path modelling: what satisfaction hangs on, and what hangs on it, where each is measured by several questions.

Mode A with the centroid or the path weighting scheme (Lohmoeller 1989; Tenenhaus, Esposito Vinzi, Chatelin & Lauro
2005, "PLS path modeling", Computational Statistics & Data Analysis 48). Everything is worked out from the covariances
of the items, so that a draw of the bootstrap, which draws accounts, costs nothing of the questionnaires.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed
from crm_analysis.satisfaction.drivers.moments import DRAWS, LEAST, SEED, Moments, ends, resampled
from crm_analysis.satisfaction.drivers.pls import CENTROID, PATH, ROUNDS, Fit, fit
from crm_analysis.satisfaction.scores.measures import accounts_said

if TYPE_CHECKING:
    import pandas as pd

ACCOUNTS, PER_ARROW = 30, 10
"""Accounts needed, at all and for each arrow that leads to one construct or question that makes one up."""

Floats = np.ndarray


@dataclass(frozen=True)
class PathModel:
    """A fitted path model; constructs are in an order in which each comes after those it hangs on.

    - `weights`: construct, item, weight, loading (correlation with its construct), low and high (of the loading),
      communality (its square)
    - `paths`: source, target, path (direct), low, high, indirect, total, low_total, high_total; of constructs joined
      only through others, whose path is 0
    - `constructs`: construct, items, r2 (NaN where nothing leads to it), low_r2, high_r2, communality (mean), ave,
      reliability (composite, Dillon-Goldstein), first_eigenvalue, second_eigenvalue (of its items' correlations)
    - `gof`: square root of mean communality times mean R2; `scores`: rows x constructs, mean 0 and variance 1
    - `lost`: draws that did not settle and do not count; `draws`: paths by draw, a column "source > target" each
    """

    weights: pd.DataFrame
    paths: pd.DataFrame
    constructs: pd.DataFrame
    gof: float
    scores: pd.DataFrame
    rows: int
    accounts: int
    rounds: int
    lost: int
    draws: pd.DataFrame
    notes: tuple[str, ...]


def path_model(
    data: pd.DataFrame,
    structure: Mapping[str, Sequence[str]] | pd.DataFrame,
    blocks: Mapping[str, Sequence[str]],
    scheme: str = CENTROID,
    scaled: bool = True,
    accounts: Any = None,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = SEED,
) -> PathModel:
    """The model of `structure` with constructs measured by `blocks` of columns of `data`, a row per questionnaire.

    `structure` tells for a construct those it hangs on, or is a table with columns `from` and `to`. With `scaled` all
    items have variance 1 first. `accounts` names the account of each row (each row its own without it): accounts are
    drawn again. Rows with every item count, unless fewer than half are whole: then each pair of items is compared in
    the rows that answer both, and scores are made of what was answered.

    Raises UserError for a scheme, construct or item that is not there and for a structure in a circle; BookError where
    an item does not vary, accounts are too few, or the weights do not settle.
    """
    import pandas as pd

    order, arrows = _structure(structure, blocks)
    items = _items(data, blocks, order)
    if scheme not in (CENTROID, PATH):
        raise UserError(label("paths_scheme", found=scheme))
    named = np.arange(len(data)) if accounts is None else np.asarray(accounts)
    values = data[[item for _, item in items]].to_numpy("float64")
    some = ~np.isnan(values).all(axis=1)
    whole = ~np.isnan(values).any(axis=1)
    pairwise = bool(whole.sum() < LEAST * some.sum())
    used = some if pairwise else whole
    key = "drivers_pairs" if pairwise else "drivers_whole"
    notes = [label(key, whole=f"{int(whole.sum()):,}", of=f"{int(some.sum()):,}")]
    names, codes = np.unique(named[used], return_inverse=True)
    _enough(len(names), arrows, [name for name, _ in items])
    sorting = np.argsort(codes, kind="stable")
    inside = values[used][sorting]
    flat = [item for place, (_, item) in enumerate(items) if not _varies(inside[:, place])]
    if flat:
        raise BookError(label("paths_flat", item=flat[0]))
    moments = Moments(inside, codes[sorting], len(names), pairwise)
    block = np.array([[name == own for name in order] for own, _ in items])
    now = fit(moments.under(), block, arrows, scheme, scaled)
    if not now.settled[0]:
        raise BookError(label("paths_unsettled", rounds=ROUNDS))
    then = fit(moments.under(resampled(len(names), draws, seed)), block, arrows, scheme, scaled)
    lost = int((~then.settled).sum())
    if lost > draws / 10:
        notes.append(label("paths_lost", lost=lost, draws=draws))
    tables = _Tables(order, items, block, arrows, now, then, level, len(names))
    scores = pd.DataFrame(_scores(values, now, block, moments, scaled), columns=order, index=data.index)
    return PathModel(
        tables.weights(),
        tables.paths(),
        tables.constructs(moments.under().corr[0]),
        tables.gof(),
        scores,
        int(used.sum()),
        len(names),
        now.rounds,
        lost,
        tables.draws(),
        tuple(notes),
    )


def _structure(
    structure: Mapping[str, Sequence[str]] | pd.DataFrame, blocks: Mapping[str, Sequence[str]]
) -> tuple[list[str], Floats]:
    """Constructs, each after those it hangs on, and the arrows (row hangs on column)."""
    if hasattr(structure, "columns"):
        table: Any = structure
        if not {"from", "to"} <= set(table.columns):
            raise UserError(label("paths_table", found=listed(map(str, table.columns))))
        pairs = [(str(begin), str(end)) for begin, end in zip(table["from"], table["to"], strict=True)]
    else:
        pairs = [(begin, end) for end, begins in structure.items() for begin in begins]
    if not pairs:
        raise UserError(label("paths_empty"))
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    unknown = [name for name in names if name not in blocks]
    if unknown:
        raise UserError(label("paths_unknown", construct=unknown[0], found=listed(blocks)))
    names = [name for name in blocks if name in names]
    order: list[str] = []
    while len(order) < len(names):
        ready = [
            name for name in names if name not in order and all(begin in order for begin, end in pairs if end == name)
        ]
        if not ready:
            circle = [name for name in names if name not in order]
            raise UserError(label("paths_circle", constructs=listed(circle)))
        order += ready
    arrows = np.zeros((len(order), len(order)), dtype=bool)
    for begin, end in pairs:
        arrows[order.index(end), order.index(begin)] = True
    return order, arrows


def _items(data: pd.DataFrame, blocks: Mapping[str, Sequence[str]], order: list[str]) -> list[tuple[str, str]]:
    """Construct and item, in the order of the constructs; an item may measure one construct only."""
    found = [(name, item) for name in order for item in blocks[name]]
    missing = [item for _, item in found if item not in data.columns]
    if missing:
        raise UserError(label("drivers_unknown", item=missing[0], found=listed(map(str, data.columns))))
    empty = [name for name in order if not blocks[name]]
    if empty:
        raise UserError(label("paths_block", construct=empty[0]))
    seen = [item for _, item in found]
    if twice := [item for item in seen if seen.count(item) > 1]:
        raise UserError(label("paths_twice", item=twice[0]))
    return found


def _enough(accounts: int, arrows: Floats, owners: list[str]) -> None:
    most = max(int(arrows.sum(axis=1).max()), *(owners.count(name) for name in set(owners)))
    needed = max(ACCOUNTS, PER_ARROW * most)
    if accounts < needed:
        words = {"accounts": accounts_said(accounts), "needed": needed, "most": most, "each": PER_ARROW}
        raise BookError(label("paths_few", **words))


def _varies(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    return known.size > 1 and float(np.ptp(known)) > 1e-9 * max(1.0, float(np.abs(known).max()))


def _scores(values: Floats, found_fit: Fit, block: Floats, moments: Moments, scaled: bool) -> Floats:
    """Scores of every row of which an item of each block was answered; items not answered count as the mean."""
    spread = moments.under()
    sd = np.sqrt(np.diagonal(spread.cov[0])) if scaled else 1.0
    centred = (values - spread.mean[0]) / sd
    known = ~np.isnan(centred)
    found = np.where(known, centred, 0.0) @ (found_fit.weights[0][:, None] * block)
    return np.where(known.astype("float64") @ block > 0, found, np.nan)


@dataclass(frozen=True)
class _Tables:
    """The tables of a fit and of its draws."""

    order: list[str]
    items: list[tuple[str, str]]
    block: Floats
    arrows: Floats
    now: Fit
    then: Fit
    level: float
    accounts: int

    def _ends(self, drawn: Floats) -> tuple[Floats, Floats]:
        own = drawn[self.then.settled]
        return ends(own, self.level, self.accounts) if len(own) else (np.full(drawn.shape[1:], np.nan),) * 2

    def weights(self) -> pd.DataFrame:
        import pandas as pd

        low, high = self._ends(self.then.loadings)
        loading = self.now.loadings[0]
        columns = {"weight": self.now.weights[0], "loading": loading, "low": low, "high": high}
        names = {"construct": [name for name, _ in self.items], "item": [item for _, item in self.items]}
        return pd.DataFrame(names | columns | {"communality": loading**2})

    def _joined(self) -> list[tuple[int, int]]:
        """Places of end and begin of all that are joined, directly or through others."""
        reach, step = self.arrows.copy(), self.arrows.copy()
        for _ in self.order:
            step = (step.astype(int) @ self.arrows.astype(int)) > 0
            reach |= step
        return [(int(end), int(begin)) for end, begin in np.argwhere(reach)]

    def paths(self) -> pd.DataFrame:
        import pandas as pd

        low, high = self._ends(self.then.paths)
        low_total, high_total = self._ends(self.then.total)
        rows = []
        for end, begin in self._joined():
            path, total = self.now.paths[0, end, begin], self.now.total[0, end, begin]
            direct = bool(self.arrows[end, begin])
            row = {"source": self.order[begin], "target": self.order[end], "path": path}
            row |= {"low": low[end, begin] if direct else np.nan, "high": high[end, begin] if direct else np.nan}
            row |= {"indirect": total - path, "total": total}
            rows.append(row | {"low_total": low_total[end, begin], "high_total": high_total[end, begin]})
        return pd.DataFrame(rows)

    def constructs(self, corr: Floats) -> pd.DataFrame:
        import pandas as pd

        low, high = self._ends(self.then.r2)
        rows = []
        for place, name in enumerate(self.order):
            own = np.flatnonzero(self.block[:, place])
            loading = self.now.loadings[0, own]
            errors = float((1 - loading**2).sum())
            whole = float(loading.sum()) ** 2
            values = np.linalg.eigvalsh(corr[np.ix_(own, own)])[::-1]
            rows.append(
                {
                    "construct": name,
                    "items": len(own),
                    "r2": self.now.r2[0, place],
                    "low_r2": low[place],
                    "high_r2": high[place],
                    "ave": float((loading**2).mean()),
                    "reliability": whole / (whole + errors),
                    "first_eigenvalue": float(values[0]),
                    "second_eigenvalue": float(values[1]) if len(own) > 1 else np.nan,
                }
            )
        return pd.DataFrame(rows)

    def gof(self) -> float:
        """Square root of mean communality, of blocks with several items where there are any, times mean R2."""
        several = self.block[:, self.block.sum(axis=0) > 1].any(axis=1)
        communality = self.now.loadings[0] ** 2
        mean = communality[several].mean() if several.any() else communality.mean()
        return float(np.sqrt(mean * np.nanmean(self.now.r2[0])))

    def draws(self) -> pd.DataFrame:
        import pandas as pd

        pairs = [(end, begin) for end, begin in np.argwhere(self.arrows)]
        names = [f"{self.order[begin]} > {self.order[end]}" for end, begin in pairs]
        own = self.then.paths[self.then.settled]
        return pd.DataFrame({name: own[:, end, begin] for name, (end, begin) in zip(names, pairs, strict=True)})
