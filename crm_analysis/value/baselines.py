"""Naive forecasts of orders, which a purchase model must beat to earn its place.

Each is one number per account that anybody would work out by hand. To be compared by log score it needs a
distribution, and gets a fair one: negative binomial, its mean a straight line in that number, fitted to what came
after an earlier split of the same book. So history is corrected for what it overstates, and never sees the future.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from crm_analysis.errors import UserError
from crm_analysis.labels import label
from crm_analysis.value.histories import DAYS, Histories
from crm_analysis.value.lifetime.fitting import maximum, normal_draws, penalised, summary
from crm_analysis.value.lifetime.forecasts import discount
from crm_analysis.value.splits import RECENT

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LATELY = 1 / 3
"""Bought lately: within this part of the horizon before as_of (13 of 39 weeks, 4 of 12 months)."""
WEAK = 2.0
"""Standard deviation of the normal prior on the logarithm of each parameter: a factor of 50 either way is likely."""
LEVEL = 0.9
DRAWS = 32
_BLOCK = 20_000
_ROUNDING = 1e-9  # times are whole days divided
_AS_LONG = 0.95  # months differ in length; this part of a horizon is one


class Baseline(BaseEstimator):
    """What the naive forecasts share: orders are negative binomial, their mean base + slope * point.

    Their variance is mean + mean^2 / size, so that they are never more regular than chance.

    `fit` learns `params_` (base in orders of the window fitted to, slope, size), `covariance_` (of the logarithms),
    `loglik_`, `summary_`, `size_` (accounts), `window_` (fitted to), `window_time_` (in units) and `unit_`. For a
    horizon of another length the mean grows in proportion, and size stays, as where each account has a rate of its own.
    """

    title: ClassVar[str]
    names: ClassVar = ("base", "slope", "size")

    def point(self, histories: Histories, time: float) -> Array:
        """The naive number of orders of each account in the `time` (in units) after as_of, before any correction."""
        raise NotImplementedError

    def fit(self, histories: Histories, window: str, orders: Any) -> Self:
        """Fit to an earlier split: histories as of then, and the orders that came in the window after it, per account.

        Maximum likelihood with a weak prior (WEAK), which holds still what the data do not tell. Raises UserError where
        counts and histories differ in number, or there are none.
        """
        came = np.asarray(orders, dtype=np.float64)
        if came.shape != (len(histories.frame),) or not len(came) or not (came >= 0).all():
            raise UserError(
                f"{self.title}: orders are counts, one for each of the {len(histories.frame)} histories, at least one "
                f"in all; found {came.shape}."
            )
        time = histories.time(window)
        point = self.point(histories, time)
        pairs, count = np.unique(np.column_stack([point, came]), axis=0, return_counts=True)
        start = np.log([max(0.2 * came.mean(), 1e-3), 0.7, 1.0])

        def likelihood(at: Array) -> tuple[float, Array]:
            return _likelihood(at, pairs[:, 0], pairs[:, 1], count)

        found = maximum(penalised(likelihood, start, WEAK), [start], self.names, self.title, float(len(came)))
        self._learned(found.at, found.covariance)
        self.loglik_ = likelihood(found.at)[0]
        self.size_, self.window_, self.window_time_, self.unit_ = float(len(came)), window, time, histories.unit
        return self

    def note(self, histories: Histories, horizon: str) -> str:
        """How it was fitted if the orders known did not fill two horizons; empty otherwise."""
        if self.window_time_ > _AS_LONG * histories.time(horizon):
            return ""
        return label("baseline_scaled", window=self.window_, horizon=horizon)

    def alive(self, histories: Histories, level: float = LEVEL) -> pd.DataFrame:
        """Of this a baseline knows nothing: account_id, and NaN for alive, low, high."""
        return histories.frame[["account_id"]].assign(alive=np.nan, low=np.nan, high=np.nan)

    def orders(self, histories: Histories, horizon: str, level: float = LEVEL) -> pd.DataFrame:
        """Orders of each account in the horizon after as_of: account_id, expected_orders, low, high.

        low and high as those of PurchaseModel.orders.
        """
        if not 0 < level < 1:
            raise UserError(f"the level of an interval is between 0 and 1, such as 0.9; found {level!r}.")
        point, back, longer = self._points(histories, horizon)
        low, high = (np.empty(len(point), dtype=np.int64) for _ in range(2))
        for of in (slice(start, start + _BLOCK) for start in range(0, len(point), _BLOCK)):
            mean, size = _means(self.parameter_draws(), point[of], longer)
            low[of] = _smallest(mean, size, (1 - level) / 2)
            high[of] = _smallest(mean, size, (1 + level) / 2)
        mean = _means(self.parameter_draws(0), point, longer)[0][0]
        table = histories.frame[["account_id"]].copy()
        return table.assign(expected_orders=mean[back], low=low[back], high=high[back])

    def stream(self, histories: Histories, horizon: str, annual_rate: float = 0.1) -> pd.DataFrame:
        """What comes within the horizon, discounted to as_of, as PurchaseModel.stream; spread evenly over it.

        alive is not known, and years are those of the whole horizon.
        """
        rate, time = discount(annual_rate, histories.unit), histories.time(horizon)
        present = -np.expm1(-rate * time) / rate
        expected = self.orders(histories, horizon)["expected_orders"]
        table = histories.frame[["account_id"]].assign(alive=np.nan, expected_orders=expected)
        years = present * DAYS[histories.unit] / 365.25
        return table.assign(discounted_orders=expected * present / time, years=years)

    def log_score(self, histories: Histories, horizon: str, orders: Any) -> Array:
        """The log of the probability given beforehand to what came: `orders` per account, in the order of the frame."""
        point, back, longer = self._points(histories, horizon)
        mean, size = _means(self.parameter_draws(0), point, longer)
        return _log_probability(np.asarray(orders, dtype=np.float64), mean[0][back], size[0])

    def chances(self, histories: Histories, horizon: str, orders: Any) -> tuple[Array, Array]:
        """The chance of fewer orders than came, and of exactly as many, per account; over the parameter draws."""
        from scipy.special import betainc

        came = np.asarray(orders, dtype=np.float64)
        point, back, longer = self._points(histories, horizon)
        fewer, same = np.zeros(len(came)), np.zeros(len(came))
        draws = self.parameter_draws()
        for at in draws:
            mean, size = _means(at[None], point, longer)
            m, s = mean[0][back], size[0]
            fewer += np.where(came > 0, betainc(s, np.maximum(came, 1), s / (s + m)), 0)
            same += np.exp(_log_probability(came, m, s))
        return fewer / len(draws), same / len(draws)

    def sampled(self, histories: Histories, horizon: str, parameters: Array, uniform: Array) -> NDArray[np.int64]:
        """Numbers of orders in the horizon drawn from their distribution, as PurchaseModel.sampled does."""
        from scipy.stats import nbinom

        point, back, longer = self._points(histories, horizon)
        found = np.empty(uniform.shape, dtype=np.int64)
        for row, at in enumerate(parameters):
            mean, size = _means(at[None], point, longer)
            found[row] = nbinom.isf(uniform[row], size[0], (size[0] / (size[0] + mean[0]))[back])
        return found

    def parameter_draws(self, m: int = DRAWS) -> Array:
        """`m` draws of the logs of the parameters, evenly spread over their normal approximation; 0 is the fit."""
        return normal_draws(np.log(self.params_.to_numpy()), self.covariance_.to_numpy(), m)

    def _points(self, histories: Histories, horizon: str) -> tuple[Array, NDArray[np.intp], float]:
        """Distinct points for the window fitted to, which of them each account has, the horizon over the window."""
        if histories.unit != self.unit_:
            raise UserError(
                f"the baseline counts in {self.unit_}s, the histories in {histories.unit}s; expected one unit."
            )
        point, back = np.unique(self.point(histories, self.window_time_), return_inverse=True)
        return point, back.reshape(-1), histories.time(horizon) / self.window_time_

    def _learned(self, at: Array, covariance: Array) -> None:
        import pandas as pd

        names = list(self.names)
        self.params_ = pd.Series(np.exp(at), names)
        self.covariance_ = pd.DataFrame(covariance, names, names)
        self.summary_ = summary(names, at, covariance, logs=3)


class LastWindow(Baseline):
    """The last window repeated: as many orders as in the window before, of the length of the horizon.

    Needs the histories' column `recent` (orders in the window that ends on as_of, of the length fitted to), as
    `splits.Splits` makes it.
    """

    title: ClassVar = "last window repeated"

    def point(self, histories: Histories, time: float) -> Array:
        """Orders in the window before as_of."""
        if RECENT not in histories.frame:
            raise UserError(
                f"{self.title}: the histories have no column '{RECENT}', the orders in the window that ends on as_of; "
                "expected it, as a holdout or auto of a book makes it."
            )
        return histories.frame[RECENT].to_numpy("float64")


class Rate(Baseline):
    """Rate times time: an account goes on as often as it ordered again so far, frequency / T."""

    title: ClassVar = "rate x time"

    def point(self, histories: Histories, time: float) -> Array:
        """Frequency / T times the time; 0 for an account whose first order is of the last day."""
        frame = histories.frame
        T = frame["T"].to_numpy("float64")
        return np.where(T > 0, frame["frequency"].to_numpy("float64") * time / np.where(T > 0, T, 1), 0.0)


class BoughtLately(Rate):
    """Active if bought lately: rate times time for accounts that ordered within LATELY of the time, 0 for others."""

    title: ClassVar = "active if bought lately"

    def point(self, histories: Histories, time: float) -> Array:
        """As Rate for accounts whose last order is not older than that; else 0."""
        frame = histories.frame
        silent = frame["T"].to_numpy("float64") - frame["recency"].to_numpy("float64")
        return np.where(silent < time * LATELY - _ROUNDING, super().point(histories, time), 0.0)


BASELINES: tuple[type[Baseline], ...] = (LastWindow, Rate, BoughtLately)


def _means(draws: Array, point: Array, longer: float) -> tuple[Array, Array]:
    """Means (draws, points) in a window so much longer than that fitted to, and sizes (draws, 1)."""
    base, slope, size = np.exp(draws).T[:, :, None]
    return (base + slope * point) * longer, size


def _log_probability(y: Array, mean: Array, size: Any) -> Array:
    """The log of the negative binomial probability, not losing digits where size is large."""
    from scipy.special import betaln, xlogy

    # Gamma(y + s) / (Gamma(s) y!) = 1 / (y B(y, s)) for y > 0
    some = np.maximum(y, 1)
    choose = np.where(y > 0, -betaln(some, size) - np.log(some), 0)
    return choose - size * np.log1p(mean / size) + xlogy(y, mean / (size + mean))


def _likelihood(at: Array, point: Array, y: Array, count: Any) -> tuple[float, Array]:
    """The log-likelihood of counts beside their points, and its slopes in the logs of base, slope and size."""
    from scipy.special import digamma

    base, slope, size = np.exp(at)
    mean = base + slope * point
    by_mean = (y / mean - (y + size) / (size + mean)) * count
    by_size = digamma(y + size) - digamma(size) - np.log1p(mean / size) + (mean - y) / (size + mean)
    slopes = [base * by_mean.sum(), slope * (by_mean @ point), size * (by_size @ count)]
    return float(_log_probability(y, mean, size) @ count), np.array(slopes)


def _smallest(mean: Array, size: Array, chance: float) -> NDArray[np.int64]:
    """Per account the smallest number that is not exceeded with at least the chance, over the draws, by halving."""
    from scipy.special import betainc

    def up_to(y: Array) -> Array:
        below: Array = betainc(size, y + 1, size / (size + mean)).mean(axis=0)
        return below

    low, high = np.full(mean.shape[1], -1.0), np.full(mean.shape[1], 64.0)
    while (short := up_to(high) < chance).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = up_to(np.maximum(middle, 0)) >= chance
        enough &= middle >= 0
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high.astype(np.int64)
