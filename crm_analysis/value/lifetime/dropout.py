"""Models of accounts that may leave at each order: BG/NBD and MBG/CNBD-k.

While an account is there, the gaps between its orders are Erlang-k with a rate that varies over accounts as a
gamma distribution; at each order it leaves with a probability that varies as a beta distribution. Seen by events
of that rate, of which every k-th is an order, an account alive has just passed one of k phases, and the number of
events to come is negative binomial: everything below follows from that and is exact for every k.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crm_analysis.value.lifetime.counts import crowded, fewer, of_accounts
from crm_analysis.value.lifetime.model import PurchaseModel
from crm_analysis.value.lifetime.phases import Steps
from crm_analysis.value.lifetime.quadrature import gamma_nodes, mean_inverse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.value.histories import Histories

    Array = NDArray[np.float64]

_ALL_BUT = 1e-11  # of the orders expected: what is left out of the sums
REGULAR = 12
"""The most regular gaps looked for: k up to this, as BTYDplus does. Beyond it orders follow a calendar, which the model
does not know: AdventureWorks' resellers, who order every three months, fit best at 35 to 60 and are forecast worse."""
CLOSE = 3.0
"""Log-likelihoods of two k this near are compared without the help of a prior."""
_WEAK = 2.0


class _LeavesAtOrders(PurchaseModel):
    """What BG/NBD and MBG/CNBD-k share; `_stays` orders at the beginning are never the last."""

    names: ClassVar = ("r", "alpha", "a", "b")
    _timed: ClassVar = (1,)
    _acts: ClassVar = ((1, -1.0), (2, 1.0))
    _stays: ClassVar[int]

    def _starts(self, x: Array, tx: Array, T: Array, count: Array) -> list[Array]:
        rate = max((x * count).sum() / (T * count).sum(), 1e-3) * self._k
        return [
            np.log([1.0, 1 / rate, 0.5, 2.0]),
            np.log([0.5, 0.2 / rate, 1.0, 20.0]),
            np.log([3.0, 3 / rate, 0.3, 1.0]),
        ]

    def _likelihood(self, theta: tuple[float, ...], x: Any, tx: Array, T: Array) -> tuple[Array, Array]:
        from scipy.special import digamma, gammaln

        r, alpha, a, b = theta
        k, stays, most = self._k, self._stays, int(x.max(initial=0))
        # what depends on the number of orders alone is computed once for each
        orders = np.arange(most + 1)
        past = orders - stays  # orders the account stayed after, but for the last; negative where it cannot have left
        n_of, b_of = r + k * orders, b + (past + 1)
        if (x == most).all():  # as in most blocks of sorted histories
            x = x[:1]
        begun, reach = alpha + tx, alpha + T
        since, until = np.log(begun), np.log(reach)
        with np.errstate(divide="ignore"):
            left_of = np.where(past >= 0, np.log(a) - np.log(b + np.maximum(past, 0)), -np.inf)
            idle = np.log(T - tx) if k > 1 else None
        n = n_of[x]
        left = left_of[x] - n * since
        alive, by_r, by_alpha = -n * until, -until, -n / reach
        if idle is not None:
            alive, by_r, by_alpha = self._idle(n, until, idle, reach)
        ahead = alive - left
        apart = np.exp(-np.abs(ahead))
        top = np.maximum(left, alive) + np.log(1 + apart)
        gone = np.where(ahead > 0, apart, 1) / (1 + apart)
        constant = gammaln(n_of) - gammaln(r) + r * np.log(alpha) - orders * gammaln(k)
        constant = constant + gammaln(b_of) - gammaln(a + b_of) - gammaln(b) + gammaln(a + b)
        slope = np.empty((4, len(T)))
        slope[0] = r * ((digamma(n_of) - digamma(r) + np.log(alpha))[x] + by_r - gone * (since + by_r))
        slope[1] = r + alpha * (by_alpha - gone * (n / begun + by_alpha))
        slope[2] = a * (digamma(a + b) - digamma(a + b_of))[x] + gone
        by_b = digamma(b_of) - digamma(a + b_of) - digamma(b) + digamma(a + b)
        slope[3] = b * (by_b[x] - gone / (b + np.maximum(past, 0))[x])
        return constant[x] + top, slope

    def _idle(self, n: Array, until: Array, idle: Array, reach: Array) -> tuple[Array, Array, Array]:
        """The log of being alive in any of the phases, and its slopes in r and alpha."""
        parts, by_r = [-n * until], [-until]
        for j in range(1, self._k):
            parts.append(parts[-1] + idle - np.log(j) + np.log(n + j - 1) - until)
            by_r.append(by_r[-1] + 1 / (n + j - 1))
        logs = np.array(parts)
        top = np.logaddexp.reduce(logs, axis=0)
        weights = np.exp(logs - top)
        by_alpha = -sum(weight * (n + j) for j, weight in enumerate(weights)) / reach
        return top, sum(weight * slope for weight, slope in zip(weights, by_r, strict=True)), by_alpha

    def _then(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array) -> tuple[Array, Array, Array, list[Array]]:
        """Log odds of being alive, the shapes n and B of rate and staying if it is, and the weights of the phases."""
        r, alpha, a, b = theta
        k = self._k
        n, stays = r + k * x, b + (x + 1 - self._stays)
        reach = alpha + T
        odds = np.log(b + np.maximum(x - self._stays, 0)) - np.log(a) - n * np.log(reach / (alpha + tx))
        if self._stays:
            odds = np.where(x == 0, np.inf, odds)
        if k == 1:
            return odds, n, stays, [np.ones_like(odds)]
        ratio, parts = (T - tx) / reach, [np.ones_like(odds)]
        for j in range(1, k):
            parts.append(parts[-1] * ratio * (n + j - 1) / j)
        whole = sum(parts)
        return odds + np.log(whole), n, stays, [part / whole for part in parts]

    def _alive(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array) -> Array:
        from scipy.special import expit

        return expit(self._then(theta, x, tx, T)[0])

    def _steps(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> Steps:
        from scipy.special import expit

        odds, n, stays, phases = self._then(theta, x, tx, T)
        return Steps(expit(odds), n, stays, theta[2], t / (theta[1] + T), phases)

    def _at_least(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float, y: Any) -> Array:
        from scipy.special import betainc, expit

        odds, n, stays, phases = self._then(theta, x, tx, T)
        share = t / (theta[1] + T + t)
        events = (self._k * y - j for j in range(self._k))
        chance = sum(w * betainc(m, n + j, share) for j, (w, m) in enumerate(zip(phases, events, strict=True)))
        return expit(odds) * _stayed(theta[2], stays, y - 1) * chance

    def _probability(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float, y: Any) -> Array:
        from scipy.special import betainc, betaln, expit, xlog1py, xlogy

        odds, n, stays, phases = self._then(theta, x, tx, T)
        k, share = self._k, t / (theta[1] + T + t)
        exactly = more = np.zeros_like(odds)
        for j, weight in enumerate(phases):
            more = more + weight * betainc(np.maximum(k * y - j, 1), n + j, share)
            for m in (k * y - j + i for i in range(k)):
                # the negative binomial probability of m events; impossible for m < 0
                log = xlogy(m, share) + xlog1py(n + j, -share) - betaln(np.maximum(m, 0) + 1, n + j) - np.log(n + j + m)
                exactly = exactly + np.where(m >= 0, weight * np.exp(np.where(m >= 0, log, 0)), 0)
        hazard = theta[2] / (theta[2] + stays + y - 1)
        last = np.where(y > 0, _stayed(theta[2], stays, y - 1) * hazard * more, 0)
        return np.where(y > 0, 0, expit(-odds)) + expit(odds) * (_stayed(theta[2], stays, y) * exactly + last)

    def _remaining(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> Array:
        return self._walked(theta, x, tx, T, t)[1]

    def _expected(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> Array:
        return self._walked(theta, x, tx, T, t)[0]

    def _walked(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> tuple[Array, Array]:
        """Expected orders, and the chance of being alive afterwards, by adding up the chances of each order."""
        alive = self._alive(theta, x, tx, T)
        orders, left = np.zeros_like(alive), alive.copy()
        n = theta[0] + self._k * x
        many = crowded(self, theta, x, T, t)
        going = np.flatnonzero(~many)
        if len(going):
            steps = self._steps(of_accounts(theta, ~many), x[~many], tx[~many], T[~many], t)
            came, gone = np.zeros((2, len(alive), len(going)))
            while len(going):
                tail = steps.step()
                came += tail
                gone += tail * (1 - steps.hazard_left)
                # tails are differences from 1: what is left of them below 1e-15 is rounding
                more = np.any(tail > _ALL_BUT * came + 1e-15 * steps.alive, axis=0)
                if fewer(more):
                    orders[:, going] = came
                    left[:, going] = steps.alive - gone
                    steps.keep(more)
                    going, came, gone = going[more], came[:, more], gone[:, more]
        for place in np.flatnonzero(many):
            one = slice(place, place + 1)
            mean = float(np.max(n[..., one] * t / (theta[1] + T)[..., one]) / self._k)
            y = np.arange(1, int(mean + 40 * np.sqrt(mean + mean**2 / max(1.0, float(x[place])))) + 50)
            narrow = of_accounts(theta, one)
            tail = self._at_least(narrow, x[one], tx[one], T[one], t, y)
            stays = x[place] + y - self._stays
            orders[:, place] = tail.sum(axis=1)
            left[:, place] -= (tail * narrow[2] / (narrow[2] + narrow[3] + stays)).sum(axis=1)
        return orders, np.maximum(left, 0)

    def _discounted(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, rate: float) -> Array:
        """Alive times E[z^(k-j) / (1 - (1-p) z^k)] over phase, rate and drop-out, z = lambda / (lambda + rate)."""
        from scipy.special import expit

        odds, n, stays, phases = self._then(theta, x, tx, T)
        result, step = np.empty_like(odds), max(1, 5000 // len(odds))
        for of in (np.arange(start, min(start + step, len(x))) for start in range(0, len(x), step)):
            alpha, a = of_accounts(theta, of)[1:3]
            reach, shape, own = alpha + T[of], n[..., of], np.broadcast_to(stays[..., of], (len(odds), len(of)))
            total = np.zeros((len(odds), len(of)))
            for j, weight in enumerate(phases):
                # a mean over Gamma(n) of lambda g(lambda) is one over Gamma(n + 1) of g, times its mean
                nodes, masses = gamma_nodes(shape + j + 1)
                pace = nodes / reach[..., None]
                z = pace / (pace + rate)
                inner = z ** (self._k - j - 1) / (pace + rate) * mean_inverse(1 - z**self._k, a, own)
                total = total + weight[..., of] * (shape + j) / reach * (inner * masses).sum(axis=-1)
            result[:, of] = expit(odds[:, of]) * total
        return result

    def _brought(
        self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, rate: float, rng: np.random.Generator
    ) -> Array:
        """By phase, rate and number of orders until the account leaves; the times of these as expected."""
        from scipy.special import expit

        odds, n, stays, phases = self._then(theta, x, tx, T)
        alive, phase = rng.random(odds.shape) < expit(odds), np.zeros(odds.shape)
        if self._k > 1:
            place, passed = rng.random(odds.shape), np.zeros(odds.shape)
            for weight in phases[:-1]:
                passed = passed + weight
                phase += place > passed
        with np.errstate(divide="ignore", over="ignore"):
            log = -np.log1p(rate * (theta[1] + T) / rng.standard_gamma(np.broadcast_to(n, odds.shape) + phase))
            leaves = rng.beta(np.broadcast_to(theta[2], odds.shape), np.broadcast_to(stays, odds.shape))
            last = np.floor(-rng.standard_exponential(odds.shape) / np.log1p(-leaves)) + 1
        gap = self._k * log  # the discount from one order to the next
        whole = np.expm1(np.maximum(last * gap, -700)) / np.expm1(np.maximum(gap, -700))
        return np.where(alive, np.exp((self._k - phase) * log) * whole, 0.0)


class BGNBD(_LeavesAtOrders):
    """BG/NBD: Poisson orders, and at each repeat order a chance to leave.

    Fader, Hardie & Lee (2005), Marketing Science 24(2). Parameters r, alpha (rate of orders: gamma with mean r / alpha
    per unit), a, b (drop-out: beta with mean a / (a + b) per order). An account that has not ordered again is alive
    with certainty: where that is absurd, MBG/CNBD-k is the better model.
    """

    _title: ClassVar = "BG/NBD"
    _stays: ClassVar = 1


class MBGCNBD(_LeavesAtOrders):
    """MBG/CNBD-k: orders in rhythm (Erlang-k gaps), and at each order, the first included, a chance to leave.

    Reutterer, Platzer & Schröder (2021), International Journal of Research in Marketing 38(1); k = 1 is the MBG/NBD of
    Batislam, Denizel & Filiztekin (2007). `k` is chosen by likelihood where it is None, from 1 up to REGULAR, which
    needs the histories' log gaps. The rate is that of the events of which every k-th is an order: an account orders
    on average r / alpha / k times a unit.
    """

    _stays: ClassVar = 0

    def __init__(self, k: int | None = None, covariates: tuple[str, ...] = (), prior: float | None = None) -> None:
        super().__init__(covariates, prior)
        self.k = k

    @property
    def title(self) -> str:
        """The model's name with its k."""
        k = getattr(self, "k_", self.k)
        return "MBG/NBD" if k == 1 else f"MBG/CNBD-{k or 'k'}"

    @property
    def _k(self) -> int:
        return int(getattr(self, "k_", self.k) or 1)

    def fit(self, histories: Histories, weights: Any = None) -> MBGCNBD:
        """Fit to histories; see PurchaseModel.fit. Learns `k_`, and `by_k_`: the log-likelihood of each k tried.

        Only k about the best are tried; in `by_k_`, those not near it have the likelihood of a fit with a weak prior.
        """
        import pandas as pd

        from crm_analysis.errors import UserError
        from crm_analysis.value.lifetime.fitting import NotIdentified

        if self.k is not None:
            if not isinstance(self.k, int | np.integer) or not 1 <= self.k <= 100:
                raise UserError(f"k is a whole number from 1 on; found {self.k!r}.")
            self.k_ = int(self.k)
            super().fit(histories, weights)
            self.by_k_ = pd.DataFrame({"k": [self.k_], "loglik": [self.loglik_]})
            return self
        data = self._prepared(histories, weights)
        if data.log_gaps is None:
            raise UserError(
                "regularity cannot be told from these histories: they have no log_gaps; expected them, or a k."
            )
        # Uphill from where the gaps of each account point. Each k is tried with a weak prior: quick, and defined where
        # plain likelihood has a ridge. It moves the likelihood by less than CLOSE, and ks this near are fitted again.
        own, best = self.prior, _regularity(data)
        tried: dict[int, float] = {}
        near: Array | None = None
        try:
            self.prior = own or _WEAK
            while untried := [k for k in (best, best - 1, best + 1) if 1 <= k <= REGULAR and k not in tried]:
                self.k_ = untried[0]
                start = None if near is None else near + np.array([0, np.log(best / self.k_), *np.zeros(len(near) - 2)])
                found = self._maximum(data, start)
                tried[self.k_] = found.loglik
                if found.loglik >= max(tried.values()):
                    best, near = self.k_, found.at
        finally:
            self.prior = own
        tried = dict(sorted(tried.items()))
        fitted = {}
        for self.k_ in (k for k in tried if tried[k] >= tried[best] - CLOSE):
            with contextlib.suppress(NotIdentified) if self.k_ != best else contextlib.nullcontext():
                fitted[self.k_] = self._maximum(data)
                tried[self.k_] = fitted[self.k_].loglik
        self.k_ = max(fitted, key=lambda k: fitted[k].loglik)
        self._learned(data, fitted[self.k_])
        self.by_k_ = pd.DataFrame({"k": list(tried), "loglik": list(tried.values())})
        return self


def _regularity(data: Any) -> int:
    """The k at which gaps differ within accounts as they do: rates cancel there, and drop-out does not matter.

    x gaps of Erlang-k that add up to S have logs that add up to x (log(S / x) + digamma(k) - digamma(k x) + log x) on
    average.
    """
    from scipy.special import digamma

    x, tx, count = (np.concatenate([part[place] for part in data.parts]) for place in (0, 1, 3))
    x, tx, count = x[x > 0].astype(float), tx[x > 0] * data.scale, count[x > 0]
    excess = data.log_gaps - (count * x * np.log(tx / x)).sum()
    ks = np.arange(1, REGULAR + 1)
    points = [(count * x * (digamma(k) - digamma(k * x) + np.log(x))).sum() for k in ks]
    return int(ks[np.argmin(np.abs(np.array(points) - excess))])


def _stayed(a: Any, stays: Any, orders: Any) -> Array:
    """The chance not to have left in so many orders: E[(1 - p)^orders] with p ~ Beta(a, stays)."""
    from scipy.special import gammaln

    return np.exp(gammaln(stays + orders) - gammaln(stays) + gammaln(a + stays) - gammaln(a + stays + orders))
