"""The questionnaires that importance is learned from, and what was left out of them.

The rule for missing answers: a dimension is the mean of its items that were answered; questionnaires with every
dimension and the target count, unless fewer than half are whole, in which case each pair of questions is compared in
the questionnaires that answer both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed
from crm_analysis.periods import before
from crm_analysis.satisfaction.drivers.impressions import titled
from crm_analysis.satisfaction.drivers.moments import LEAST, Moments
from crm_analysis.satisfaction.drivers.shapley import told_by_others
from crm_analysis.satisfaction.scores.measures import accounts_said, spoken

if TYPE_CHECKING:
    from crm_analysis.satisfaction.answers import Answers

WINDOW = "24M"
"""Importance changes slowly: it is learned from every wave of two years, a row per person and wave."""
ACCOUNTS, PER_DRIVER = 30, 10
"""Accounts that are needed, at all and for each dimension."""


@dataclass(frozen=True)
class Asked:
    """Rows to learn from: `values` (rows x dimensions and, last, target; shares of the scale), `account` of each row.

    `account` are codes, sorted, of `accounts`, all that answered in the window; `widths` the target's scale of each
    row. `source` is what customers said of us in the window. `groups` are the items of each dimension.
    """

    target: str
    groups: dict[str, tuple[str, ...]]
    window: str
    values: np.ndarray
    account: np.ndarray
    accounts: np.ndarray
    widths: np.ndarray
    source: Answers
    pairwise: bool
    notes: tuple[str, ...]

    @property
    def dimensions(self) -> list[str]:
        """The names of the dimensions."""
        return list(self.groups)

    @property
    def heard(self) -> int:
        """The accounts that have a row."""
        return len(np.unique(self.account))

    @property
    def moments(self) -> Moments:
        """Their moments, in points of 0 to 100."""
        return Moments(self.values * 100, self.account, len(self.accounts), self.pairwise)


def asked(
    answers: Answers,
    dimensions: Mapping[str, Sequence[str]] | None = None,
    target: str | None = None,
    window: str = WINDOW,
) -> Asked:
    """What customers said of us in the window, fit to learn from.

    `dimensions` are named groups of items, the survey's own unless given; `target` is the item they should explain: the
    overall one, or the recommendation where nobody was asked the overall one. Left out, each with a note: dimensions
    that nobody answered, that do not vary, or that the others tell exactly.

    Raises UserError for an item that the survey does not have, BookError where no target or dimension is left, or the
    accounts are too few: 30, and 10 for each dimension.
    """
    import pandas as pd

    groups = dict(answers.asks.dimensions if dimensions is None else dimensions)
    ours = answers.ours
    source = ours.of(ours.people["answered_on"] > pd.Timestamp(before(answers.as_of, window)))
    goal = _target(source, target, window)
    groups = {name: [item for item in items if item != goal] for name, items in groups.items()}
    unknown = [item for items in groups.values() for item in items if item not in ours.items]
    if unknown:
        raise UserError(label("drivers_unknown", item=unknown[0], found=listed(ours.items)))
    names = [name for name, items in groups.items() if items]
    accounts, codes = np.unique(source.people["account_id"].to_numpy(dtype=object).astype(str), return_inverse=True)
    columns = [_mean(source.shares[list(groups[name])].to_numpy("float64")) for name in names]
    values = np.column_stack([*columns, source.shares[goal].to_numpy("float64")])
    order = np.argsort(codes, kind="stable")
    values, codes = values[order], codes[order]
    said = ~np.isnan(values[:, -1])
    notes: list[str] = []
    names, values = _varying(names, values, said, notes)
    order, values, codes = order[said], values[said], codes[said]
    if values[:, -1].size == 0 or np.ptp(values[:, -1]) < 1e-9:
        raise BookError(label("drivers_same", target=titled(goal), many=f"{len(values):,}", window=spoken(window)))
    known = ~np.isnan(values)
    some = known[:, :-1].any(axis=1)
    order, values, codes, known = order[some], values[some], codes[some], known[some]
    _enough(names, len(np.unique(codes)), goal)
    whole = known.all(axis=1)
    pairwise = bool(whole.mean() < LEAST)
    if pairwise:
        names, values = _paired(names, values, codes, notes)
        notes.append(label("drivers_pairs", whole=f"{int(whole.sum()):,}", of=f"{len(whole):,}"))
    else:
        notes.append(label("drivers_whole", whole=f"{int(whole.sum()):,}", of=f"{len(whole):,}"))
        order, values, codes = order[whole], values[whole], codes[whole]
    names, values = _own(names, values, codes, len(accounts), pairwise, notes)
    _enough(names, len(np.unique(codes)), goal)
    widths = source.widths[goal].to_numpy("float64")[order]
    kept = {name: tuple(groups[name]) for name in names}
    return Asked(goal, kept, window, values, codes, accounts, widths, source, pairwise, tuple(notes))


def _target(source: Answers, target: str | None, window: str) -> str:
    """The item to explain."""
    asks = source.asks
    if target is not None and target not in source.items:
        raise UserError(label("drivers_unknown", item=target, found=listed(source.items)))
    for item in (asks.overall, asks.recommendation) if target is None else (target,):
        if item in source.items and source.shares[item].notna().any():
            return item
    tried = (
        label("drivers_tried", overall=asks.overall, recommendation=asks.recommendation)
        if target is None
        else label("drivers_tried_one", item=target)
    )
    raise BookError(label("drivers_no_target", tried=tried, window=spoken(window), day=source.as_of))


def _varying(names: list[str], values: np.ndarray, said: np.ndarray, notes: list[str]) -> tuple[list[str], np.ndarray]:
    """Without dimensions that nobody answered beside the target, or that all answered the same."""
    kept = []
    for place, name in enumerate(names):
        own = values[said, place]
        own = own[~np.isnan(own)]
        if not own.size:
            notes.append(label("drivers_silent", dimension=name))
        elif np.ptp(own) < 1e-9:
            notes.append(label("drivers_constant", dimension=name))
        else:
            kept.append(place)
    return [names[place] for place in kept], values[:, [*kept, len(names)]]


def _paired(names: list[str], values: np.ndarray, codes: np.ndarray, notes: list[str]) -> tuple[list[str], np.ndarray]:
    """Without dimensions that too few accounts answered together with another: of a pair the one answered less."""
    kept = np.arange(len(names))
    first = np.flatnonzero(np.r_[True, np.diff(codes) > 0])
    known = (~np.isnan(values[:, :-1])).astype("float64")
    answers = known.sum(axis=0)
    # accounts with a questionnaire that answers both
    both = np.array([(np.add.reduceat(known * known[:, [i]], first) > 0).sum(axis=0) for i in range(len(names))])
    while len(kept) > 1:
        short = (both[np.ix_(kept, kept)] < ACCOUNTS).sum(axis=1)
        if not short.any():
            break
        worst = max(range(len(kept)), key=lambda place: (short[place], -answers[kept[place]], place))
        notes.append(label("drivers_apart", dimension=names[kept[worst]], least=ACCOUNTS))
        kept = np.delete(kept, worst)
    return [names[place] for place in kept], values[:, [*kept, len(names)]]


def _own(
    names: list[str], values: np.ndarray, codes: np.ndarray, accounts: int, pairwise: bool, notes: list[str]
) -> tuple[list[str], np.ndarray]:
    """Without dimensions that do not vary among the rows left, and those that the ones before them tell exactly."""
    names, values = _varying(names, values, np.ones(len(values), dtype=bool), notes)
    if not names:
        return names, values
    told = told_by_others(Moments(values, codes, accounts, pairwise).under().corr[0])
    notes += [label("drivers_told", dimension=names[place]) for place in told]
    kept = [place for place in range(len(names)) if place not in told]
    return [names[place] for place in kept], values[:, [*kept, len(names)]]


def _enough(names: list[str], accounts: int, target: str) -> None:
    if not names:
        raise BookError(label("drivers_nothing", target=titled(target)))
    needed = max(ACCOUNTS, PER_DRIVER * len(names))
    if accounts < needed:
        words = label(
            "drivers_few",
            accounts=accounts_said(accounts),
            target=titled(target),
            needed=f"{needed:,}",
            dimensions=len(names),
            each=PER_DRIVER,
        )
        raise BookError(words)


def _mean(values: np.ndarray) -> np.ndarray:
    """The mean of the items answered, NaN where none was."""
    known = ~np.isnan(values)
    many = known.sum(axis=1)
    return np.where(many > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(many, 1), np.nan)
