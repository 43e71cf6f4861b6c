"""Features as columns of a model: transformed, kept within what was seen, filled in where unknown.

Everything is learned from the rows a model is fitted to; later rows are only looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import LABELS, code_said, label
from crm_analysis.labels.language import listed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

KEYS = ("account_id", "as_of", "spell", "row", "step", "left", "start", "stop", "event")
"""Columns that say which row it is and what came, and are no features."""
REPEATED = ("segment",)
"""Features that others say already (class and margin rate), used only if asked for."""
LOGS = (
    "complaints_late", "complaints_open", "complaints_year", "contacts", "contract_ends", "days_to_pay", "families",
    "order_count", "overdue", "revenue", "rhythm_days", "silence_days", "silence_ratio", "tenure_days",
)  # fmt: skip
"""Features of which the next one counts less than the first: taken as log(1 + x), below 0 as 0."""
BENT = ("silence_days", "silence_ratio")
"""What tells who is gone already: of another weight in the first step than later, and there with bends."""
BENDS = (0.5, 0.75, 0.9)
"""Quantiles of silence at which its effect may change."""
ENDS = (0.001, 0.999)
"""Quantiles between which values are kept, so that one odd account has no absurd probability."""
UNKNOWN = 0.01
"""Share of rows without a value from which on not knowing has an effect of its own."""
ENOUGH = 20
"""Accounts that a level of a text feature needs for an effect of its own; rarer ones count as the commonest."""


@dataclass(frozen=True)
class Column:
    """One column: of which feature, its words, whether for the first step only, and what is done to get it."""

    feature: str
    term: str
    first: bool = False
    kind: str = "value"  # value, flag, bend (above `at`), closing (days left of `at`), level (`level`), unknown
    at: float = 0.0
    level: str = ""
    centre: float = 0.0
    scale: float = 1.0

    @property
    def binary(self) -> bool:
        """Whether it is 0 or 1, and its effect that of 1 against 0."""
        return self.kind in ("flag", "level", "unknown")


@dataclass(frozen=True)
class Number:
    """What is learned of a number: the ends it is kept within and what stands for an unknown one."""

    low: float
    high: float
    middle: float
    logged: bool

    def of(self, values: Array) -> Array:
        """Values transformed, without gaps."""
        kept = np.clip(np.where(np.isnan(values), self.middle, values), self.low, self.high)
        return np.log1p(np.maximum(kept, 0)) if self.logged else kept


@dataclass(frozen=True)
class Design:
    """The columns of a model, and how numbers become them. `says`: what was done, in sentences."""

    columns: tuple[Column, ...]
    numbers: dict[str, Number]
    says: tuple[str, ...] = ()

    @classmethod
    def of(cls, frame: pd.DataFrame, features: Sequence[str] | None = None, bends: bool = True) -> Design:
        """The design learned from rows; `features` None takes every column that is one.

        `bends`: silence has its bends and its own weight in the first step. Constant columns are left out and said.
        Raises UserError for a feature that is missing, infinite, or neither number, flag nor text.
        """
        names = offered(frame) if features is None else list(features)
        columns: list[Column] = []
        numbers: dict[str, Number] = {}
        filled, same = [], []
        for name in names:
            made = _levels(frame, name) if _is_text(frame, name) else None
            if made is None:
                values = _values(frame, name)
                share = float(np.isnan(values).mean())
                if share == 1:
                    same.append(called(name))
                    continue
                numbers[name] = _number(values, name)
                made = _pieces(numbers[name], name, values, bends)
                if share >= UNKNOWN:
                    made.append(Column(name, label("term_unknown", term=called(name)), kind="unknown"))
                if share > 0:
                    told = f"{share:.1%}" if share >= 0.001 else label("learned_under", share="0.1%")
                    filled.append(label("learned_filled_term", term=called(name), share=told))
            columns += made
            if not made:
                same.append(called(name))
        draft = cls(tuple(columns), numbers)
        raw = draft._raw(frame)
        centre, scale = raw.mean(axis=0), raw.std(axis=0)
        varied = scale > 1e-9 * np.maximum(1.0, np.abs(centre))
        same += [column.term for column, own in zip(columns, varied, strict=True) if not own and not column.first]
        says = []
        if same:
            says.append(label("learned_same", terms=listed(dict.fromkeys(same))))
        if filled:
            says.append(label("learned_filled", share=f"{UNKNOWN:.0%}", terms=listed(filled)))
        kept = tuple(
            replace(column, centre=float(middle), scale=float(spread))
            for column, middle, spread, own in zip(columns, centre, scale, varied, strict=True)
            if own
        )
        return cls(tuple(sorted(kept, key=lambda column: column.first)), numbers, tuple(says))

    def matrix(self, frame: pd.DataFrame) -> Array:
        """A row per row of the frame: each column centred, in standard deviations. Raises UserError as `of`."""
        raw = self._raw(frame)
        raw -= np.array([column.centre for column in self.columns])
        raw /= np.array([column.scale for column in self.columns])
        return raw

    def without(self, dropped: Sequence[int]) -> Design:
        """The design less some columns, by place."""
        return replace(self, columns=tuple(own for place, own in enumerate(self.columns) if place not in set(dropped)))

    def told(self, at: Array, covariance: Array) -> pd.DataFrame:
        """Coefficients of the matrix as they are told: feature, term, coefficient, standard_error, scale; a row each.

        `scale` is what the coefficient is for: a standard deviation of the transformed feature, 1 for yes against no.
        """
        import pandas as pd

        spread = np.array([column.scale for column in self.columns])
        binary = np.array([column.binary for column in self.columns], dtype=bool)
        by = np.where(binary, 1 / spread, 1.0)
        return pd.DataFrame(
            {
                "feature": [column.feature for column in self.columns],
                "term": [column.term for column in self.columns],
                "coefficient": at * by,
                "standard_error": np.sqrt(np.diag(covariance)) * by,
                "scale": np.where(binary, 1.0, spread),
            }
        )

    @property
    def always(self) -> int:
        """How many columns, the first ones, are for every step; the others are for the first step only."""
        return sum(not column.first for column in self.columns)

    @property
    def features(self) -> list[str]:
        """The features that have a column, in their order."""
        return list(dict.fromkeys(column.feature for column in self.columns))

    def _raw(self, frame: pd.DataFrame) -> Array:
        made = np.empty((len(frame), len(self.columns)), order="F")
        cache: dict[str, tuple[Array, Array]] = {}
        for place, column in enumerate(self.columns):
            name = column.feature
            if column.kind == "level":
                made[:, place] = _texts(frame, name) == column.level
                continue
            if name not in cache:
                values = _values(frame, name)
                cache = {name: (values, self.numbers[name].of(values))}
            values, number = cache[name]
            if column.kind == "unknown":
                made[:, place] = np.isnan(values)
            elif column.kind == "bend":
                made[:, place] = np.maximum(number - column.at, 0)
            elif column.kind == "closing":
                made[:, place] = -np.log1p(np.maximum(column.at - np.expm1(number), 0))
            else:
                made[:, place] = number
        return np.ascontiguousarray(made)


def called(feature: str) -> str:
    """What a reader calls a feature; its name where nobody has given it words."""
    return label(f"feature_{feature}") if f"feature_{feature}" in LABELS else feature


def offered(frame: pd.DataFrame) -> list[str]:
    """The columns of rows that are features, in their order."""
    return [str(name) for name in frame.columns if name not in KEYS + REPEATED]


def _is_text(frame: pd.DataFrame, name: str) -> bool:
    import pandas as pd

    if name not in frame:
        raise UserError(f"the rows have no feature {name!r}; found {', '.join(offered(frame))}.")
    return not pd.api.types.is_numeric_dtype(frame[name])


def _values(frame: pd.DataFrame, name: str) -> Array:
    """A feature as numbers, NaN where unknown."""
    if _is_text(frame, name):
        raise UserError(f"the feature {name!r} is {frame[name].dtype}; expected numbers, as when the model was fitted.")
    values = frame[name].to_numpy(dtype="float64", na_value=np.nan)
    if np.isinf(values).any():
        raise UserError(
            f"the feature {name!r} is infinite in {int(np.isinf(values).sum()):,} rows; expected numbers, and NaN "
            "where unknown."
        )
    return values


def _number(values: Array, name: str) -> Number:
    known = values[~np.isnan(values)]
    low, high = (float(end) for end in np.quantile(known, ENDS, method="closest_observation"))
    if name in BENT:
        high = float(known.max())  # the longest silences are not odd, they are what it is about
    if low == high:  # hardly ever anything else, such as an open complaint
        low, high = float(known.min()), float(known.max())
    return Number(low, high, float(np.median(known)), name in LOGS)


def _pieces(number: Number, name: str, values: Array, bends: bool) -> list[Column]:
    """The columns of a number; silence has more."""
    term = called(name)
    flag = bool(np.isin(values[~np.isnan(values)], (0, 1)).all())
    made = [Column(name, term, kind="flag" if flag else "value")]
    if not bends or name not in BENT:
        return made
    made.append(Column(name, label("term_next", term=term), first=True))
    known = number.of(values[~np.isnan(values)])
    for knot in np.unique(np.quantile(known, BENDS, method="closest_observation")):
        if known.min() < knot < known.max():
            words = label("term_next_above", term=term, knot=f"{np.expm1(knot):.3g}")
            made.append(Column(name, words, first=True, kind="bend", at=float(knot)))
    if name == "silence_days":  # who is silent for all but a few days of the window must order in these few
        made.append(Column(name, label("term_next_closing", term=term), first=True, kind="closing", at=number.high))
    return made


def _levels(frame: pd.DataFrame, name: str) -> list[Column]:
    """A column for each level that is common enough, but for the commonest."""
    import pandas as pd

    kind = frame[name].dtype
    if not (pd.api.types.is_object_dtype(kind) or isinstance(kind, pd.CategoricalDtype | pd.StringDtype)):
        raise UserError(f"the feature {name!r} is {kind}; expected numbers, flags or texts.")
    texts = _texts(frame, name)
    owners = frame["account_id"].to_numpy() if "account_id" in frame else np.arange(len(frame))
    many = pd.Series(owners).groupby(texts).nunique()
    order = many.sort_index().sort_values(ascending=False, kind="stable").index
    own = sorted(str(level) for level in order[1:] if many[level] >= ENOUGH)
    terms = {level: label("term_level", term=called(name), level=code_said(level)) for level in own}
    return [Column(name, terms[level], kind="level", level=level) for level in own]


def _texts(frame: pd.DataFrame, name: str) -> NDArray[np.object_]:
    if not _is_text(frame, name):
        raise UserError(f"the feature {name!r} is {frame[name].dtype}; expected texts, as when the model was fitted.")
    return frame[name].astype(object).where(frame[name].notna(), "not known").astype(str).to_numpy(dtype=object)
