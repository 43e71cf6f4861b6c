"""What all purchase models share: fitting to distinct histories. What they foretell is in `forecasts`."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.reprs import Card, as_bundle, as_text
from crm_analysis.value.histories import DAYS, Histories
from crm_analysis.value.lifetime.design import Design
from crm_analysis.value.lifetime.fitting import (
    Maximum,
    NotIdentified,
    maximum,
    penalised,
    summary,
)
from crm_analysis.value.lifetime.forecasts import Forecasts

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_SAMPLE = 20_000  # distinct histories that tell a start near the maximum


@dataclass(frozen=True)
class _Data:
    """Distinct histories to fit to: times scaled, and by pattern of covariates."""

    design: Design
    patterns: Array
    parts: list[tuple[Any, ...]]  # per pattern: frequency, recency, T, count
    scale: float
    size: float
    repeats: float
    log_gaps: float | None
    unit: str
    as_of: dt.date


class PurchaseModel(Forecasts):
    """A model of when accounts order and whether they are still there; see BGNBD, ParetoNBD and MBGCNBD.

    `covariates` are columns of the histories (texts or flags) that act on the rate of orders and on drop-out: each
    level multiplies the rate of orders, and the odds or the rate of leaving, by a factor of its own. `prior` is None
    for plain maximum likelihood; for a book too small for it, the standard deviation of a normal prior on the
    logarithm of each parameter (2: a factor of 50 either way is likely), around accounts that order at the book's pace
    and leave at one order in five, or in a mean T.

    `fit` learns `params_` (natural parameters, then the logarithms of the factors), `covariance_` (of the logarithms),
    `loglik_`, `bic_`, `summary_`, `size_` (accounts), `unit_` and `optimiser_`.
    """

    names: ClassVar[tuple[str, ...]]
    _timed: ClassVar[tuple[int, ...]]  # which parameters are times

    def __init__(self, covariates: tuple[str, ...] = (), prior: float | None = None) -> None:
        self.covariates = covariates
        self.prior = prior

    # --- what a model says of itself; theta is a tuple of parameters, scalars or arrays (draws, accounts) ---

    def _starts(self, x: Array, tx: Array, T: Array, count: Array) -> list[Array]:
        """Logs of parameters to start from; times have mean T 1."""
        raise NotImplementedError

    def _likelihood(self, theta: tuple[float, ...], x: Any, tx: Array, T: Array) -> tuple[Array, Array]:
        """The log-likelihood of each history without its gaps, and its slopes in the logs of the parameters."""
        raise NotImplementedError

    _repr_mimebundle_ = as_bundle

    def __repr__(self) -> str:
        return as_text(self) if hasattr(self, "summary_") else super().__repr__()

    def _card(self) -> Card:
        if not hasattr(self, "summary_"):
            return Card(super().__repr__(), next=(".fit(histories)",))
        facts = {
            "accounts": self.size_,
            "unit": f"{self.unit_}s",
            "covariates": tuple(self.covariates) or None,
            "prior": self.prior,
            "loglik": self.loglik_,
            "bic": self.bic_,
            "interval": "low, high: 95%",
        }
        calls = ('.orders(histories, "12M")', ".alive(histories)", ".summary_")
        return Card(self.title, facts, self.summary_, calls)

    # --- fitting ---

    def fit(self, histories: Histories, weights: Any = None) -> Self:
        """Fit by maximum likelihood to the distinct histories.

        `weights`, one per account in the order of `histories.frame`, count an account that often. Raises NotIdentified
        where the data do not tell the parameters, UserError for histories without a repeat order.
        """
        data = self._prepared(histories, weights)
        self._learned(data, self._maximum(data))
        return self

    @classmethod
    def from_params(cls, unit: str, covariance: Any = None, **params: float) -> Self:
        """A model with known parameters, such as published ones: `BGNBD.from_params("week", r=.243, ...)`.

        For MBGCNBD `k` is one of them. Without a covariance (of the logarithms) intervals hold the spread of orders
        alone.
        """
        import pandas as pd

        k = params.pop("k", None)
        model = cls() if k is None else cls().set_params(k=k)
        if sorted(params) != sorted(cls.names):
            raise UserError(
                f"{model.title} has the parameters {', '.join(cls.names)}; found {', '.join(sorted(params))}."
            )
        if unit not in DAYS or not all(0 < value < np.inf for value in params.values()):
            raise UserError(f"parameters are positive and per day, week or month; found {params} per {unit!r}.")
        if k is not None:
            model.k_ = int(k)  # type: ignore[attr-defined]
        model.params_ = pd.Series({name: float(params[name]) for name in cls.names})
        zero = np.zeros((len(cls.names),) * 2)
        model.covariance_ = pd.DataFrame(zero if covariance is None else covariance, cls.names, cls.names)
        model.design_, model.unit_ = Design({}, ()), unit
        return model

    def _prepared(self, histories: Histories, weights: Any) -> _Data:
        columns = tuple(self.covariates)
        if not isinstance(histories, Histories):
            raise UserError(f"fit takes purchase histories, as `histories(book, day)` makes; found {histories!r:.60}.")
        if weights is None:
            rows = histories.compressed(columns)
        else:
            rows = histories.frame.assign(count=np.asarray(weights, dtype=float))
            if not ((rows["count"] >= 0) & np.isfinite(rows["count"])).all():
                raise UserError("weights of histories are finite and not negative; found another.")
            rows["log_gaps"] = rows["log_gaps"] * rows["count"]
            rows = rows[rows["count"] > 0]
        x, count = rows["frequency"].to_numpy("int64"), rows["count"].to_numpy("float64")
        if not (x * count).sum() > 0:
            many = f"{count.sum():,.0f}"
            raise NotIdentified(label("fit_no_repeat", model=self.title, accounts=many, day=histories.as_of))
        design = Design.of(rows, columns)
        patterns, place = design.patterns(rows)
        scale = float((rows["T"] * count).sum() / count.sum())
        if not scale > 0:
            raise NotIdentified(label("fit_no_time", model=self.title))
        tx, T = rows["recency"].to_numpy("float64") / scale, rows["T"].to_numpy("float64") / scale
        parts = [(x[of], tx[of], T[of], count[of]) for of in (place == turn for turn in range(len(patterns)))]
        gaps, repeats = rows["log_gaps"].sum(skipna=False), float((x * count).sum())
        return _Data(
            design,
            patterns,
            parts,
            scale,
            float(count.sum()),
            repeats,
            None if gaps != gaps else float(gaps),
            histories.unit,
            histories.as_of,
        )

    def _maximum(self, data: _Data, near: Array | None = None) -> Maximum:
        """The maximum for scaled times; searched from `near`, where that is given, and else from several starts."""
        effects = len(data.design.names)

        def likelihood(at: Array) -> tuple[float, Array]:
            value, slope = 0.0, np.zeros(len(at))
            for pattern, (x, tx, T, count) in zip(data.patterns, data.parts, strict=True):
                with np.errstate(over="ignore"):
                    theta = np.exp(self._logs(at, pattern))
                if not (np.isfinite(theta) & (theta > 0)).all():
                    return -np.inf, slope
                for of in (slice(start, start + 8192) for start in range(0, len(x), 8192)):
                    logs, slopes = self._likelihood(tuple(theta), x[of], tx[of], T[of])
                    value += float(logs @ count[of])
                    own = slopes @ count[of]
                    slope[:4] += own
                    for turn, (place, sign) in enumerate(self._acts if effects else ()):
                        slope[4 + turn * effects : 4 + (turn + 1) * effects] += sign * own[place] * pattern
            return value, slope

        x, tx, T, count = (np.concatenate(part) for part in zip(*data.parts, strict=True))
        starts = [np.concatenate([start, np.zeros(2 * effects)]) for start in self._starts(x, tx, T, count)]
        if self.prior is not None:
            weighed = penalised(likelihood, starts[0], self.prior)
            found = maximum(weighed, starts, self._labels(data.design), self.title, data.size)
            found = replace(found, loglik=likelihood(found.at)[0])
        else:
            rough = self._of_some(data, near) if len(x) > 2 * _SAMPLE else None
            starts = starts if near is None else [near]
            found = maximum(likelihood, starts, self._labels(data.design), self.title, data.size, rough)
        # back from scaled times: the density of every gap, and where k > 1 its shape
        shift = -data.repeats * np.log(data.scale)
        if self._k > 1 and data.log_gaps is not None:
            shift += (self._k - 1) * (data.log_gaps - data.repeats * np.log(data.scale))
        elif self._k > 1:
            shift = np.nan
        return replace(found, loglik=found.loglik + shift)

    def _of_some(self, data: _Data, near: Array | None) -> Maximum | None:
        """The maximum for some of the histories, as a start for all, with the covariance that all would have."""
        thin = slice(None, None, sum(len(part[0]) for part in data.parts) // _SAMPLE)
        parts = [tuple(of[thin] for of in part) for part in data.parts]
        few = replace(data, parts=parts, size=float(sum(part[3].sum() for part in parts)))
        with contextlib.suppress(NotIdentified):
            rough = self._maximum(few, near)
            return replace(rough, covariance=rough.covariance * (few.size / data.size))
        return None

    def _labels(self, design: Design) -> tuple[str, ...]:
        return (*self.names, *(f"{on}: {name}" for on in ("rate", "drop-out") for name in design.names))

    def _learned(self, data: _Data, found: Maximum) -> None:
        import pandas as pd

        labels = list(self._labels(data.design))
        at = found.at.copy()
        at[list(self._timed)] += np.log(data.scale)
        self.design_, self.unit_, self.size_ = data.design, data.unit, data.size
        self.covariance_ = pd.DataFrame(found.covariance, labels, labels)
        self.loglik_, self.optimiser_ = found.loglik, found.optimiser
        self.bic_ = len(at) * np.log(data.size) - 2 * found.loglik
        self.params_ = pd.Series(np.concatenate([np.exp(at[:4]), at[4:]]), labels)
        self.summary_ = summary(labels, at, found.covariance, logs=4)
