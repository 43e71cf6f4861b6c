"""Pareto/NBD: accounts that may leave at any moment.

While an account is there it orders as a Poisson process, and it stays for an exponential time; both rates vary over
accounts as gamma distributions. After x orders, the last at tx, the rates of an account that was alive then are
Gamma(r + x, alpha + tx) and Gamma(s, beta + tx), independent: everything below is about a silence or a count from
such a moment on. The hypergeometric functions of the papers are integrals of positive terms, and computed as these,
by Gauss-Legendre on the stretch where the integrand is: nothing cancels, whatever the parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crm_analysis.value.lifetime.model import PurchaseModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DROP = 38.0
"""An integrand is followed until it has fallen by this many powers of e: to a last digit of the integral."""
CHUNK = 512
"""Histories worked on at once, so that the nodes' arrays stay in the processor's cache."""
FINE, COARSE, WALKED = 24, 16, 16
"""Nodes: for likelihoods (13 digits), for predictions (9), for walking a distribution (3 to 6 decimals)."""


class ParetoNBD(PurchaseModel):
    """Pareto/NBD: Poisson orders, and a chance to leave at any moment, whether an account orders or not.

    Schmittlein, Morrison & Colombo (1987), Management Science 33(1); Fader & Hardie (2005), "A note on deriving the
    Pareto/NBD model". Parameters r, alpha (rate of orders: gamma with mean r / alpha per unit), s, beta (rate of
    leaving: gamma with mean s / beta per unit).
    """

    title: ClassVar = "Pareto/NBD"
    names: ClassVar = ("r", "alpha", "s", "beta")
    _timed: ClassVar = (1, 3)
    _acts: ClassVar = ((1, -1.0), (3, -1.0))

    def _starts(self, x: Array, tx: Array, T: Array, count: Array) -> list[Array]:
        rate = max((x * count).sum() / (T * count).sum(), 1e-3)
        return [np.log([0.6, 0.4 / rate, 0.6, 0.6]), np.log([2.0, 1.5 / rate, 1.0, 3.0])]

    def _likelihood(self, theta: tuple[float, ...], x: Any, tx: Array, T: Array) -> tuple[Array, Array]:
        r, alpha, s, beta = theta
        orders = np.arange(int(x.max(initial=0)))  # Gamma(r + x) / Gamma(r) / alpha^x for every x, and its slope in r
        rising = np.concatenate([[0.0], np.cumsum(np.log((r + orders) / alpha))])[x]
        by_r = np.concatenate([[0.0], np.cumsum(1 / (r + orders))])[x]
        n, A, B, gap = r + x, alpha + tx, beta + tx, T - tx
        stay, gone, grown_A, grown_B, inverse_A, inverse_B = _chunked(_silence_slopes, 6, n, A, s, B, gap)
        silent = stay + gone
        stay, gone = stay / silent, gone / silent
        since_A, since_B = np.log1p(tx / alpha), np.log1p(tx / beta)
        until_A, until_B = np.log1p(gap / A), np.log1p(gap / B)
        slope = np.empty((4, len(x)))
        slope[0] = r * (by_r - since_A - stay * until_A - gone * grown_A)
        slope[1] = r - n * alpha / A * (stay * np.exp(-until_A) + gone * inverse_A)
        slope[2] = gone - s * (since_B + stay * until_B + gone * grown_B)
        slope[3] = s - beta / B * (s * stay * np.exp(-until_B) + (s + 1) * gone * inverse_B)
        return rising - n * since_A - s * since_B + np.log(silent), slope

    def _then(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array) -> tuple[Array, Array]:
        """The chances to be alive at T and to have left before."""
        r, alpha, s, beta = theta
        stay, gone = _chunked(_silence, 2, r + x, alpha + tx, s, beta + tx, T - tx)
        return stay / (stay + gone), gone / (stay + gone)

    def _alive(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array) -> Array:
        return self._then(theta, x, tx, T)[0]

    def _remaining(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> Array:
        return self._alive(theta, x, tx, T) * np.exp(-theta[2] * np.log1p(t / (theta[3] + T)))

    def _expected(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> Array:
        """Alive times mean rate times the mean time there: the integral of (B / (B + u))^s, which is log at s = 1."""
        r, alpha, s, beta = theta
        grown = np.log1p(t / (beta + T))
        power = (1 - s) * grown
        there = (beta + T) * grown * np.where(power == 0, 1, np.expm1(power) / np.where(power == 0, 1, power))
        return self._alive(theta, x, tx, T) * (r + x) / (alpha + T) * there

    def _discounted(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, rate: float) -> Array:
        """Alive times mean rate times E[1 / (mu + rate)]; Fader, Hardie & Lee (2005), J. of Marketing Research 42."""
        r, alpha, s, beta = theta
        B = beta + T
        return self._alive(theta, x, tx, T) * (r + x) / (alpha + T) * B * _chunked(_lasting, 1, s, rate * B)[0]

    def _at_least(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float, y: Any) -> Array:
        """The y-th order comes within t, and the account is still there then."""
        r, alpha, s, beta = theta
        chance = _chunked(_arrives, 1, r + x, alpha + T, s, beta + T, t, y)[0]
        return self._alive(theta, x, tx, T) * chance

    def _probability(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float, y: Any) -> Array:
        r, alpha, s, beta = theta
        alive, left = self._then(theta, x, tx, T)
        exactly = _chunked(_exactly, 1, r + x, alpha + T, s, beta + T, t, y)[0]
        return np.where(np.asarray(y) == 0, left, 0) + alive * exactly

    def _steps(self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float) -> Steps:
        r, alpha, s, beta = theta
        return Steps(self._alive(theta, x, tx, T), r + x, t / (alpha + T), s, t / (beta + T))


class Steps:
    """The chances of at least one order, two, three, ... for many accounts and parameter draws, a step at a time.

    Arrays are (draws, accounts). Orders until a given moment are negative binomial; the moment is t, or when the
    account leaves before, of which WALKED nodes stand for all: dense near 0, where counts spread less.
    """

    def __init__(self, alive: Array, n: Array, reach: Any, s: Any, stretch: Any) -> None:
        places, weights = _legendre(WALKED, alive.ndim)
        moments = np.concatenate([places**2, np.ones((1,) * places.ndim)])  # as shares of t; the last one is t itself
        leaves = s * stretch * (1 + stretch * places**2) ** -(s + 1) * 2 * places * weights
        stays = np.exp(-s * np.log1p(stretch))
        # the weights add up to 1 but for the quadrature
        leaves = leaves * (-np.expm1(-s * np.log1p(stretch)) / leaves.sum(axis=0))
        self.alive = alive
        self._n = np.broadcast_to(n, alive.shape)
        self._y = 0
        ratio = np.broadcast_to(moments * reach, (len(moments), *alive.shape))
        masses = np.concatenate([leaves, stays[None]]) * alive
        none = -self._n * np.log1p(ratio)
        self._more = (masses * -np.expm1(none)).sum(axis=0)
        self._q = ratio / (1 + ratio)
        # exp(-745) is 0 and would stay 0: where that is near, the chances are walked as logarithms
        self._logs = bool(none.min(initial=0) < -600)
        with np.errstate(divide="ignore"):
            self._masses = np.log(masses) + none if self._logs else masses * np.exp(none)

    def step(self) -> Array:
        """P(at least y orders), y = 1 at the first call, one more at each."""
        if self._y:
            factor = (self._n + (self._y - 1)) / self._y
            if self._logs:
                with np.errstate(divide="ignore"):
                    self._masses = self._masses + np.log(self._q * factor)
                exactly = np.exp(self._masses).sum(axis=0)
            else:
                self._masses *= self._q
                self._masses *= factor
                exactly = self._masses.sum(axis=0)
            self._more = np.maximum(self._more - exactly, 0)
        self._y += 1
        return self._more

    def keep(self, accounts: NDArray[np.bool_]) -> None:
        """Go on with these accounts only."""
        for name in ("alive", "_n", "_more", "_q", "_masses"):
            setattr(self, name, getattr(self, name)[..., accounts])


@lru_cache
def _legendre(nodes: int, dimensions: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on (0, 1), along an axis before so many others."""
    places, weights = np.polynomial.legendre.leggauss(nodes)
    shape = (nodes, *(1,) * dimensions)
    return (places.reshape(shape) + 1) / 2, weights.reshape(shape) / 2


def _chunked(function: Callable[..., Any], results: int, *arrays: Any) -> Array:
    """The results of a function of arrays that broadcast, worked out in chunks of their last axis."""
    whole = np.broadcast_arrays(*(np.atleast_1d(np.asarray(array, dtype=float)) for array in arrays))
    shape = whole[0].shape
    found = np.empty((results, *shape))
    width = max(CHUNK // max(int(np.prod(shape[:-1])), 1), 1)
    for start in range(0, shape[-1], width):
        part = slice(start, start + width)
        found[..., part] = function(*(array[..., part] for array in whole))
    return found.reshape(results, *np.broadcast_shapes(*(np.shape(array) for array in arrays)))


def _terms(n: Array, A: Array, s: Array, B: Array, gap: Array, nodes: int) -> tuple[Any, ...]:
    """The integrand of leaving in a silence, at nodes along a new first axis, and its parts.

    The chance to leave at u and to have ordered nothing before is s B^s / (B+u)^(s+1) (A / (A+u))^n. With m the
    smaller of A and B, M the other, and v = log((m+u) / m), it is exp(-fall(v)) with fall convex: Newton's steps for
    the v where it has fallen by DROP come from the right and stay there.
    """
    rate_first = A <= B
    m = np.minimum(A, B)
    p = np.abs(A - B) / m
    k_m, k_M = np.where(rate_first, n, s + 1), np.where(rate_first, s + 1, n)
    width = np.log1p(gap / m)
    slope = k_m - 1 + k_M / (1 + p)
    width = np.minimum(width, np.where(slope > 0, DROP / np.where(slope > 0, slope, 1), np.inf))
    for _ in range(3):
        grown = np.exp(width) + p
        over = (k_m - 1) * width + k_M * np.log(grown / (1 + p)) - DROP
        slope = k_m - 1 + k_M * (1 - p / grown)
        width = np.where(over > 0, width - over / np.where(over > 0, slope, 1), width)
    places, weights = _legendre(nodes, n.ndim)
    v = places * width
    E = np.exp(v)
    F = (E + p) / (1 + p)
    log_F = np.log(F)
    mass = np.exp(-(k_m - 1) * v - k_M * log_F)
    mass *= weights * (s * width * m / B)
    return mass, v, log_F, E, F, rate_first


def _silence(n: Array, A: Array, s: Array, B: Array, gap: Array) -> tuple[Array, Array]:
    """The chances to order nothing for a while: of an account that stays, and of one that leaves meanwhile.

    The account was there at the beginning, with rates Gamma(n, A) of orders and Gamma(s, B) of leaving.
    """
    stay = np.exp(-n * np.log1p(gap / A) - s * np.log1p(gap / B))
    return stay, _terms(n, A, s, B, gap, COARSE)[0].sum(axis=0)


def _silence_slopes(n: Array, A: Array, s: Array, B: Array, gap: Array) -> tuple[Array, ...]:
    """Beside the chances of `_silence`: the means over the moment u of leaving that slopes are made of.

    log((A+u) / A), log((B+u) / B), A / (A+u), B / (B+u).
    """
    stay = np.exp(-n * np.log1p(gap / A) - s * np.log1p(gap / B))
    mass, v, log_F, E, F, rate_first = _terms(n, A, s, B, gap, FINE)
    gone = mass.sum(axis=0)
    safe = np.where(gone > 0, gone, 1)
    m, M = np.einsum("k...,k...->...", mass, v) / safe, np.einsum("k...,k...->...", mass, log_F) / safe
    by_m, by_M = (mass / E).sum(axis=0) / safe, (mass / F).sum(axis=0) / safe
    pairs = ((m, M), (M, m), (by_m, by_M), (by_M, by_m))
    return stay, gone, *(np.where(rate_first, one, other) for one, other in pairs)


def _lasting(s: Array, z: Array) -> Array:
    """The integral over y from 0 on of exp(-z y) (1 + y)^-s: e^z times the exponential integral of order s at z."""
    far = np.log1p(DROP / z)
    far = np.log1p((DROP + 2 * far) / z)  # beyond it even a growing power has fallen
    for _ in range(4):
        over = z * np.expm1(far) + (s - 1) * far - DROP
        slope = z * np.exp(far) + s - 1
        far = np.where(over > 0, far - over / np.where(over > 0, slope, 1), far)
    places, weights = _legendre(2 * FINE, s.ndim)
    v = places * far
    return (weights * np.exp(-z * np.expm1(v) + (1 - s) * v)).sum(axis=0) * far


def _moments(p: Array, a: Array, A: Array, b: Array, B: Array, t: Array) -> Array:
    """The logarithm of the integral of u^(p-1) (1 + u/A)^-a (1 + u/B)^-b over 0 < u < t; 0 < p < a + b.

    In v = log u the integrand is log-concave: its top is the root of a quadratic equation, and Newton's steps for where
    it has fallen by DROP start from its asymptotes, outside, and stay there.
    """

    def height(v: Array) -> Array:
        u = np.exp(v)
        return p * v - a * np.log1p(u / A) - b * np.log1p(u / B)

    def slope(v: Array) -> Array:
        u = np.exp(v)
        return p - a * u / (A + u) - b * u / (B + u)

    c2, c1, c0 = a + b - p, (a - p) * B + (b - p) * A, p * A * B
    root = np.sqrt(c1 * c1 + 4 * c2 * c0)
    peak = np.where(c1 > 0, 2 * c0 / (c1 + root), (root - c1) / (2 * c2))
    top = np.log(np.minimum(peak, t))
    most = height(top)
    low = (most - DROP) / p
    high = np.minimum(np.log(t), (a * np.log(A) + b * np.log(B) - most + DROP) / c2)
    for _ in range(4):
        low = low + (most - DROP - height(low)) / slope(low)
        over = most - DROP - height(high)
        high = np.where(over > 0, high + over / np.where(over > 0, slope(high), 1), high)
    # the nodes lie evenly in log(c + u): a power of u is smooth at 0 in u, not in log u
    c = np.minimum(A, B)
    low, high = np.log1p(np.exp(low) / c), np.log1p(np.exp(high) / c)
    places, weights = _legendre(40, p.ndim)
    w = low + (high - low) * places
    v = np.log(c * np.expm1(w))
    mass = weights * np.exp(height(v) - most + np.log(c) + w - v)
    return most + np.log(high - low) + np.log(mass.sum(axis=0))


def _arrives(n: Array, A: Array, s: Array, B: Array, t: Array, y: Array) -> Array:
    """The chance that the y-th order comes within t and before the account leaves; rates as in `_silence`."""
    from scipy.special import betaln

    return np.exp(_moments(y, n + y, A, s, B, t) - y * np.log(A) - betaln(n, y))


def _exactly(n: Array, A: Array, s: Array, B: Array, t: Array, y: Array) -> Array:
    """The chance of y orders within t or until the account leaves; rates as in `_silence`."""
    from scipy.special import betaln

    some = np.maximum(y, 1)
    constant = -some * np.log(A) - betaln(n, some) - np.log(some)
    stay = np.exp(constant + some * np.log(t) - (n + some) * np.log1p(t / A) - s * np.log1p(t / B))
    gone = np.exp(constant + np.log(s / B) + _moments(some + 1, n + some, A, s + 1, B, t))
    return np.where(y > 0, stay + gone, sum(_silence(n, A, s, B, t)))
