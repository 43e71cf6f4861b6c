"""What all purchase models share: fitting to distinct histories, parameter draws, predictions with intervals."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from crm_analysis.errors import UserError
from crm_analysis.value.histories import DAYS, Histories
from crm_analysis.value.lifetime.counts import bounds, counted
from crm_analysis.value.lifetime.design import Design
from crm_analysis.value.lifetime.fitting import (
    Maximum,
    NotIdentified,
    maximum,
    normal_draws,
    penalised,
    summary,
)

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEVEL = 0.9
"""The level of intervals unless another is asked for."""
DRAWS = 32
"""Parameter draws behind an interval; the spread of orders given the parameters is exact."""
_BLOCK = 200_000  # cells of (draw, account) worked on at once: they stay in the cache
_SAMPLE = 20_000
_NODES = 5  # at which a horizon is looked at for discounting, and more where much is discounted


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


class PurchaseModel(BaseEstimator):
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
    _title: ClassVar[str]
    _timed: ClassVar[tuple[int, ...]]  # which parameters are times
    _acts: ClassVar[tuple[tuple[int, float], ...]]  # which a factor on rate and on drop-out acts on, and how

    def __init__(self, covariates: tuple[str, ...] = (), prior: float | None = None) -> None:
        self.covariates = covariates
        self.prior = prior

    @property
    def title(self) -> str:
        """The model's name."""
        return self._title

    @property
    def _k(self) -> int:
        """How many events an order is; 1 where orders come at any time."""
        return 1

    # --- what a model says of itself; theta is a tuple of parameters, scalars or arrays (draws, accounts) ---

    def _starts(self, x: Array, tx: Array, T: Array, count: Array) -> list[Array]:
        """Logs of parameters to start from; times have mean T 1."""
        raise NotImplementedError

    def _likelihood(self, theta: tuple[float, ...], x: Any, tx: Array, T: Array) -> tuple[Array, Array]:
        """The log-likelihood of each history without its gaps, and its slopes in the logs of the parameters."""
        raise NotImplementedError

    def _alive(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array) -> Array:
        raise NotImplementedError

    def _steps(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> Any:
        """A walk through P(at least 1 order), P(at least 2), ...: `alive`, `step()`, `keep(accounts)`."""
        raise NotImplementedError

    def _at_least(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float, y: Any) -> Array:
        raise NotImplementedError

    def _probability(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float, y: Any) -> Array:
        raise NotImplementedError

    def _expected(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> Array:
        raise NotImplementedError

    def _remaining(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> Array:
        """P(still alive a time t later)."""
        raise NotImplementedError

    def _discounted(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, rate: float) -> Array:
        raise NotImplementedError

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
            raise NotIdentified(
                f"{self.title}: none of the {count.sum():,.0f} accounts ordered a second time by {histories.as_of}; "
                "expected repeat orders, which are all that a model of orders can learn from."
            )
        design = Design.of(rows, columns)
        patterns, place = design.patterns(rows)
        scale = float((rows["T"] * count).sum() / count.sum())
        if not scale > 0:
            raise NotIdentified(f"{self.title}: no time has passed since the first orders; expected at least one unit.")
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

    def _logs(self, at: Array, pattern: Array) -> Array:
        """The logs of the four parameters under a pattern of covariates; `at` may have draws as its first axis."""
        logs = at[..., :4].copy()
        effects = len(pattern)
        for turn, (place, sign) in enumerate(self._acts if effects else ()):
            logs[..., place] += sign * at[..., 4 + turn * effects : 4 + (turn + 1) * effects] @ pattern
        return logs

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

    # --- predictions ---

    def alive(self, histories: Histories, level: float = LEVEL) -> pd.DataFrame:
        """The probability that each account is still there: account_id, alive, low, high.

        The interval holds what is not known of the parameters.
        """
        return self._means(histories, "alive", level, self._alive)

    def still_alive(self, histories: Histories, horizon: str, level: float = LEVEL) -> pd.DataFrame:
        """The probability that each account is still there at the horizon's end: account_id, alive, low, high."""
        t = histories.time(horizon)
        return self._means(histories, "alive", level, lambda theta, x, tx, T: self._remaining(theta, x, tx, T, t))

    def orders(self, histories: Histories, horizon: str, level: float = LEVEL) -> pd.DataFrame:
        """Orders of each account in the horizon after as_of: account_id, expected_orders, low, high.

        low and high bound the number of orders, parameters and chance together: at most (1 - level) / 2 lies below,
        and as much above.
        """
        _checked(level)
        t = histories.time(horizon)

        def bounded(theta: tuple[Any, ...], draws: tuple[Any, ...], x: Any, tx: Array, T: Array) -> dict[str, Array]:
            low, high = bounds(self, draws, x, tx, T, t, level)
            return {
                "expected_orders": self._expected(tuple(p[:1] for p in theta), x, tx, T, t)[0],
                "low": low,
                "high": high,
            }

        return self._table(histories, bounded, {"expected_orders": float, "low": "int64", "high": "int64"})

    def order_distribution(self, histories: Histories, horizon: str, up_to: int = 10) -> pd.DataFrame:
        """The chances of 0, 1, ... up_to orders in the horizon, and of more: account_id, then p_0, p_1, ..., p_more.

        Over the parameter draws as over the chances, so that rows add up to 1.
        """
        t = histories.time(horizon)

        def chances(_: Any, draws: tuple[Any, ...], x: Any, tx: Array, T: Array) -> dict[str, Array]:
            steps = self._steps(draws, x, tx, T, t)
            tails = [np.ones(len(x)), *(steps.step().mean(axis=0) for _ in range(up_to + 1))]
            found = {f"p_{y}": tails[y] - tails[y + 1] for y in range(up_to + 1)}
            return found | {"p_more": tails[-1]}

        return self._table(histories, chances, {})

    def discounted_orders(self, histories: Histories, annual_rate: float = 0.1, level: float = LEVEL) -> pd.DataFrame:
        """Orders each account has still to bring, each discounted to as_of: account_id, discounted_orders, low, high.

        Discounted expected residual transactions, without horizon (Fader, Hardie & Lee 2005, Journal of Marketing
        Research 42). `annual_rate` is the interest of a year, compounded; above 0. The interval holds what is not
        known of the parameters.
        """
        rate = discount(annual_rate, histories.unit)
        return self._means(
            histories, "discounted_orders", level, lambda theta, x, tx, T: self._discounted(theta, x, tx, T, rate)
        )

    def stream(self, histories: Histories, horizon: str, annual_rate: float = 0.1) -> pd.DataFrame:
        """What comes within the horizon, discounted to as_of, at the fitted parameters.

        Columns: account_id, alive, expected_orders, discounted_orders, years (of being there, discounted).
        """
        rate, t = discount(annual_rate, histories.unit), histories.time(horizon)
        nodes, weights = np.polynomial.legendre.leggauss(_NODES + min(60, int(2 * rate * t)))
        times, weights = t * (nodes + 1) / 2, t / 2 * weights * np.exp(-rate * t * (nodes + 1) / 2)

        def flows(theta: tuple[Any, ...], _: Any, x: Any, tx: Array, T: Array) -> dict[str, Array]:
            expected = self._expected(theta, x, tx, T, t)[0]
            discounted, there = expected * np.exp(-rate * t), np.zeros_like(expected)
            for time, weight in zip(times, weights, strict=True):
                discounted = discounted + rate * weight * self._expected(theta, x, tx, T, float(time))[0]
                there = there + weight * self._remaining(theta, x, tx, T, float(time))[0]
            return {
                "alive": self._alive(theta, x, tx, T)[0],
                "expected_orders": expected,
                "discounted_orders": discounted,
                "years": there * DAYS[histories.unit] / 365.25,
            }

        return self._table(histories, flows, {})

    def log_score(self, histories: Histories, horizon: str, orders: Any) -> Array:
        """The log of the probability given beforehand to what came: `orders` per account, in the order of the frame."""
        t, actual = histories.time(horizon), np.asarray(orders)

        def score(theta: tuple[Any, ...], _: Any, x: Any, tx: Array, T: Array, y: Any) -> dict[str, Array]:
            with np.errstate(divide="ignore"):
                return {"log_score": np.log(self._probability(tuple(p[:1] for p in theta), x, tx, T, t, y)[0])}

        return self._table(histories, score, {}, actual)["log_score"].to_numpy()

    def chances(self, histories: Histories, horizon: str, orders: Any) -> tuple[Array, Array]:
        """The chance of fewer orders than came, and of exactly as many, per account; over the parameter draws."""
        t, actual = histories.time(horizon), np.asarray(orders)

        def both(_: Any, draws: tuple[Any, ...], x: Any, tx: Array, T: Array, y: Any) -> dict[str, Array]:
            more = self._at_least(draws, x, tx, T, t, np.maximum(y, 1)).mean(axis=0)
            same = self._probability(draws, x, tx, T, t, y).mean(axis=0)
            return {"fewer": np.where(y > 0, 1 - more, 0), "same": same}

        found = self._table(histories, both, {}, actual)
        return found["fewer"].to_numpy(), found["same"].to_numpy()

    def alive_path(self, occasions: Sequence[dt.date], until: dt.date, level: float = LEVEL) -> pd.DataFrame:
        """How alive one account looked on each day from its first occasion to `until`: day, alive, low, high.

        On each day only the occasions up to it count. The account has the covariates' reference levels.
        """
        import pandas as pd

        days = pd.DatetimeIndex(sorted({pd.Timestamp(day) for day in occasions}))
        grid = pd.date_range(days[0], pd.Timestamp(until), freq="D")
        seen = days.searchsorted(grid, side="right")
        frame = pd.DataFrame(
            {
                "account_id": [f"{place:06}" for place in range(len(grid))],
                "frequency": seen - 1,
                "recency": (days[seen - 1] - days[0]).days / DAYS[self.unit_],
                "T": (grid - days[0]).days / DAYS[self.unit_],
            }
        )
        for column in {column for column, _ in self.design_.levels}:
            frame[column] = self.design_.references[column]
        path = self.alive(Histories.of(frame, unit=self.unit_, as_of=until), level)
        return path.drop(columns="account_id").assign(day=grid)[["day", "alive", "low", "high"]]

    def sampled(self, histories: Histories, horizon: str, parameters: Array, uniform: Array) -> NDArray[np.int64]:
        """Numbers of orders in the horizon drawn from their distribution: (draws, accounts).

        `parameters` are rows of `parameter_draws`, `uniform` numbers between 0 and 1, one per draw and account.
        """
        frame = histories.frame
        t = histories.time(horizon)
        result = np.empty(uniform.shape, dtype=np.int64)
        for of, theta, x, tx, T in self._blocks(frame, parameters):
            result[:, of] = counted(self, theta, x, tx, T, t, uniform[:, of])
        return result

    def parameter_draws(self, m: int = DRAWS) -> Array:
        """`m` draws of the parameters (natural parameters as logs), evenly spread over their normal approximation."""
        at = np.concatenate([np.log(self.params_.to_numpy()[:4]), self.params_.to_numpy()[4:]])
        return normal_draws(at, self.covariance_.to_numpy(), m)

    # --- how predictions are made, block by block ---

    def _blocks(
        self, frame: pd.DataFrame, parameters: Array
    ) -> Iterator[tuple[NDArray[np.intp], tuple[Array, ...], Any, Array, Array]]:
        """Places of accounts, and for them the parameters of each draw, frequency, recency and T."""
        patterns, place = self.design_.patterns(frame)
        x = frame["frequency"].to_numpy("int64")
        tx, T = frame["recency"].to_numpy("float64"), frame["T"].to_numpy("float64")
        step = max(1, _BLOCK // len(parameters))
        for turn, pattern in enumerate(patterns):
            theta = tuple(np.exp(self._logs(parameters, pattern)).T[:, :, None])
            own = np.flatnonzero(place == turn)
            own = own[np.argsort((1 + x[own]) / (1 + T[own]), kind="stable")]  # alike in what is to come: done together
            for start in range(0, len(own), step):
                of = own[start : start + step]
                yield of, theta, x[of], tx[of], T[of]

    def _table(
        self, histories: Histories, predicted: Callable[..., dict[str, Array]], kinds: dict[str, Any], *given: Any
    ) -> pd.DataFrame:
        """A prediction of every account: the same for the same history, so made once for each."""
        import pandas as pd

        if histories.unit != self.unit_:
            raise UserError(
                f"the model counts in {self.unit_}s, the histories in {histories.unit}s; expected one unit."
            )
        frame = histories.frame
        own = frame[["frequency", "recency", "T", *dict.fromkeys(column for column, _ in self.design_.levels)]]
        extra = {f"given_{place}": values for place, values in enumerate(given)}
        own = own.assign(**extra)
        back = own.groupby(list(own.columns), sort=False, dropna=False).ngroup().to_numpy()
        distinct = own.iloc[np.unique(back, return_index=True)[1]]
        at = np.concatenate([self.parameter_draws(), [self.parameter_draws(0)[0]]])
        found: dict[str, Array] = {}
        for of, theta, x, tx, T in self._blocks(distinct, at):
            more = [distinct[name].to_numpy()[of] for name in extra]
            fitted, draws = tuple(p[-1:] for p in theta), tuple(p[:-1] for p in theta)
            for name, values in predicted(fitted, draws, x, tx, T, *more).items():
                found.setdefault(name, np.empty(len(distinct)))[of] = values
        table = pd.DataFrame({"account_id": frame["account_id"]})
        for name, values in found.items():
            table[name] = values[back].astype(kinds.get(name, float))
        return table

    def _means(self, histories: Histories, name: str, level: float, mean: Callable[..., Array]) -> pd.DataFrame:
        """A mean of each account at the fitted parameters, between quantiles over the parameter draws."""
        _checked(level)

        def bounded(fitted: tuple[Any, ...], draws: tuple[Any, ...], x: Any, tx: Array, T: Array) -> dict[str, Array]:
            middle, over = mean(fitted, x, tx, T)[0], mean(draws, x, tx, T)
            low, high = np.quantile(
                np.broadcast_to(over, (len(draws[0]), len(x))), [(1 - level) / 2, (1 + level) / 2], axis=0
            )
            return {name: middle, "low": np.minimum(low, middle), "high": np.maximum(high, middle)}

        return self._table(histories, bounded, {})


def discount(annual_rate: float, unit: str) -> float:
    """The continuous rate per unit of an interest of so much a year; raises UserError unless it is above 0."""
    if not 0 < annual_rate < 10:
        raise UserError(f"the discount rate of a year is above 0, such as 0.1 for 10%; found {annual_rate!r}.")
    return float(np.log1p(annual_rate) * DAYS[unit] / 365.25)


def _checked(level: float) -> None:
    if not 0 < level < 1:
        raise UserError(f"the level of an interval is between 0 and 1, such as 0.9; found {level!r}.")
