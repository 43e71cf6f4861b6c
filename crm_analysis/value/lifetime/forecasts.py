"""What a purchase model foretells of accounts, with intervals: from parameters known, however they were found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from crm_analysis.errors import UserError
from crm_analysis.value.histories import DAYS, Histories
from crm_analysis.value.lifetime.counts import bounds, counted
from crm_analysis.value.lifetime.fitting import normal_draws

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.value.lifetime.design import Design

    Array = NDArray[np.float64]

LEVEL = 0.9
"""The level of intervals unless another is asked for."""
DRAWS = 32
"""Parameter draws behind an interval; the spread of orders given the parameters is exact."""
_BLOCK = 200_000  # cells of (draw, account) worked on at once: they stay in the cache
_LIVES = 16  # of an account, drawn for each draw of the parameters
_SEED = 20260930
_NODES = 5  # at which a horizon is looked at for discounting, and more where much is discounted


class Forecasts(BaseEstimator):
    """The predictions of a purchase model of known `params_`, `covariance_` (of the logarithms), `design_`, `unit_`."""

    _title: ClassVar[str]
    _acts: ClassVar[tuple[tuple[int, float], ...]]  # which parameters a covariate's factors act on, and how
    params_: pd.Series
    covariance_: pd.DataFrame
    design_: Design
    unit_: str

    @property
    def title(self) -> str:
        """The model's name."""
        return self._title

    @property
    def _k(self) -> int:
        """How many events an order is; 1 where orders come at any time."""
        return 1

    # --- what a model says of itself; theta is a tuple of parameters, scalars or arrays (draws, accounts) ---

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

    def _brought(
        self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, rate: float, rng: np.random.Generator
    ) -> Array:
        """A draw of the orders each account still brings, discounted."""
        raise NotImplementedError

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
        Research 42). `annual_rate` is the interest of a year, compounded; above 0. The mean is that of the fitted
        parameters; the interval holds what is not known of them and what chance does to the account: its rate, when it
        leaves, how often it orders until then.
        """
        _checked(level)
        rate, rng = discount(annual_rate, histories.unit), np.random.default_rng(_SEED)

        def bounded(fitted: tuple[Any, ...], draws: tuple[Any, ...], x: Any, tx: Array, T: Array) -> dict[str, Array]:
            own = tuple(np.repeat(p, _LIVES, axis=0) for p in draws)
            lives = self._brought(own, x, tx, T, rate, rng)
            low, high = np.quantile(lives, [(1 - level) / 2, (1 + level) / 2], axis=0, method="weibull")
            return {"discounted_orders": self._discounted(fitted, x, tx, T, rate)[0], "low": low, "high": high}

        return self._table(histories, bounded, {}, cells=_BLOCK // _LIVES)

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

        `occasions` are the days it ordered on (`book.occasions.days_ordered`); on each day only those up to it count.
        The account has the covariates' reference levels.
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
        self, frame: pd.DataFrame, parameters: Array, cells: int = _BLOCK
    ) -> Iterator[tuple[NDArray[np.intp], tuple[Array, ...], Any, Array, Array]]:
        """Places of accounts, and for them the parameters of each draw, frequency, recency and T."""
        patterns, place = self.design_.patterns(frame)
        x = frame["frequency"].to_numpy("int64")
        tx, T = frame["recency"].to_numpy("float64"), frame["T"].to_numpy("float64")
        step = max(1, cells // len(parameters))
        for turn, pattern in enumerate(patterns):
            theta = tuple(np.exp(self._logs(parameters, pattern)).T[:, :, None])
            own = np.flatnonzero(place == turn)
            own = own[np.argsort((1 + x[own]) / (1 + T[own]), kind="stable")]  # alike in what is to come: done together
            for start in range(0, len(own), step):
                of = own[start : start + step]
                yield of, theta, x[of], tx[of], T[of]

    def _table(
        self,
        histories: Histories,
        predicted: Callable[..., dict[str, Array]],
        kinds: dict[str, Any],
        *given: Any,
        cells: int = _BLOCK,
    ) -> pd.DataFrame:
        """A prediction of every account: the same for the same history, so made once for each."""
        import pandas as pd

        if not hasattr(self, "params_"):
            raise UserError(f"{self.title} is not fitted yet; call fit(histories) first.")
        if not isinstance(histories, Histories):
            raise UserError(
                f"a forecast takes purchase histories, as `histories(book, day)` makes; found {histories!r:.60}."
            )
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
        for of, theta, x, tx, T in self._blocks(distinct, at, cells):
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

    def _logs(self, at: Array, pattern: Array) -> Array:
        """The logs of the four parameters under a pattern of covariates; `at` may have draws as its first axis."""
        logs = at[..., :4].copy()
        effects = len(pattern)
        for turn, (place, sign) in enumerate(self._acts if effects else ()):
            logs[..., place] += sign * at[..., 4 + turn * effects : 4 + (turn + 1) * effects] @ pattern
        return logs


def discount(annual_rate: float, unit: str) -> float:
    """The continuous rate per unit of an interest of so much a year; raises UserError unless above 0 and at most 1."""
    if not 0 < annual_rate <= 1:
        raise UserError(
            f"the discount rate of a year is above 0 and at most 1, such as 0.1 for 10%; found {annual_rate!r}."
        )
    return float(np.log1p(annual_rate) * DAYS[unit] / 365.25)


def _checked(level: float) -> None:
    if not 0 < level < 1:
        raise UserError(f"the level of an interval is between 0 and 1, such as 0.9; found {level!r}.")
