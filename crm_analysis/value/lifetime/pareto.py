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
"""By so many powers of e the integrand of a probability or discount falls where it ends: 12 digits."""
CHUNK = 1024
"""Histories worked on at once, so that the nodes' arrays stay in the processor's cache."""
FINE, COARSE = (20, 32.0), (14, 26.0)
"""How many nodes an integral has that likelihoods, and that predictions are made of, and by how many powers of e its
integrand falls where it ends: 13 and 10 digits, 10 and 6 at worst."""
WALKED = 16
"""Nodes for walking a distribution: its chances to 5 decimals with 50 orders to expect, to 3 with 200."""


class ParetoNBD(PurchaseModel):
    """Pareto/NBD: Poisson orders, and a chance to leave at any moment, whether an account orders or not.

    Schmittlein, Morrison & Colombo (1987), Management Science 33(1); Fader & Hardie (2005), "A note on deriving the
    Pareto/NBD model". Parameters r, alpha (rate of orders: gamma with mean r / alpha per unit), s, beta (rate of
    leaving: gamma with mean s / beta per unit).
    """

    _title: ClassVar = "Pareto/NBD"
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
        n, A, B = r + x, alpha + tx, beta + tx
        parts = _chunked(_silence_slopes, 8, n, A, s, B, T - tx)
        stay, gone, until_A, until_B, mean_A, mean_B, inverse_A, inverse_B = parts
        silent = stay + gone
        stay, gone = stay / silent, gone / silent
        since_A, since_B = np.log(A / alpha), np.log(B / beta)
        slope = np.empty((4, len(x)))
        slope[0] = r * (by_r - since_A - stay * until_A - gone * mean_A)
        slope[1] = r - n * alpha * (stay / (alpha + T) + gone * inverse_A / A)
        slope[2] = gone - s * (since_B + stay * until_B + gone * mean_B)
        slope[3] = s - beta * (s * stay / (beta + T) + (s + 1) * gone * inverse_B / B)
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

    def _brought(
        self, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, rate: float, rng: np.random.Generator
    ) -> Array:
        """By rate and time until the account leaves; mean and variance of the orders until then are exact."""
        r, alpha, s, beta = theta
        chance = self._alive(theta, x, tx, T)
        alive = rng.random(chance.shape) < chance
        pace = rng.standard_gamma(np.broadcast_to(r + x, chance.shape)) / (alpha + T)
        with np.errstate(divide="ignore", over="ignore"):
            leaves = rng.standard_gamma(np.broadcast_to(s, chance.shape)) / (beta + T)
            left = np.exp(-rate * rng.standard_exponential(chance.shape) / leaves)
        each = (1 + left) / 2  # variance over mean of sums of discounted orders at random times
        return np.where(alive, each * rng.poisson(pace * (1 - left) / rate / each), 0.0)

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

    Arrays are (draws, accounts). For accounts that expect some hundreds of orders at most, as `counts` has it: with 700
    the chance of none, which the walk starts from, would be 0 to the computer.
    """

    def __init__(self, alive: Array, n: Array, reach: Any, s: Any, stretch: Any) -> None:
        self.alive = alive
        self._n = np.broadcast_to(n, alive.shape)
        self._y = 0
        found = _chunked(_moments_of_leaving, 2 * WALKED + 2, alive, n, reach, s, stretch)
        self._exactly, self._q = found[: WALKED + 1], found[WALKED + 1 :]
        self._more = np.maximum(alive - self._exactly.sum(axis=0), 0)

    def step(self) -> Array:
        """P(at least y orders), y = 1 at the first call, one more at each."""
        if self._y:
            self._exactly *= self._q
            self._exactly *= (self._n + (self._y - 1)) / self._y
            self._more = np.maximum(self._more - self._exactly.sum(axis=0), 0)
        self._y += 1
        return self._more

    def keep(self, accounts: NDArray[np.bool_]) -> None:
        """Go on with these accounts only."""
        for name in ("alive", "_n", "_more", "_q", "_exactly"):
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


def _moments_of_leaving(alive: Array, n: Array, reach: Array, s: Array, stretch: Array) -> Array:
    """For moments u that stand for when an account leaves, or for t: the chances of it and no order, then u / (A + u).

    Orders until a moment are negative binomial. The nodes lie evenly in the root of u: a count's spread does. `reach`
    and `stretch` are t / A and t / B.
    """
    places, weights = _legendre(WALKED, alive.ndim)
    shares = np.concatenate([places**2, np.ones((1,) * places.ndim)])  # of t; the last is t itself
    soon = np.minimum(stretch, np.expm1(np.minimum(26 / s, 700)))  # beyond, nobody is there
    ratio = reach * (soon / stretch) * shares
    falls = n * np.log(1 + ratio) + s * (stretched := np.log(1 + soon * shares))
    falls[:-1] += stretched[:-1]
    chances = alive * np.exp(-falls)
    chances[:-1] *= (2 * weights * places) * (s * soon)
    return np.concatenate([chances, ratio / (1 + ratio)])


def _terms(n: Array, A: Array, s: Array, B: Array, gap: Array, nodes: int, drop: float) -> tuple[Any, ...]:
    """The integrand of leaving in a silence, at nodes along a new first axis, and its parts.

    The chance to leave at u and to have ordered nothing before is s B^s / (B+u)^(s+1) (A / (A+u))^n. With m the
    smaller of A and B, M the other, and v = log((m+u) / m), it is exp(-fall(v)), fall convex: its tangent at 0, its
    asymptote and then a Newton's step from the right tell where it has fallen by `drop`, never too early.
    """
    rate_first = A <= B
    m, M = np.minimum(A, B), np.maximum(A, B)
    k_m, k_M = np.where(rate_first, n, s + 1) - 1, np.where(rate_first, s + 1, n)
    p = (M - m) / m
    share = m / M  # 1 / (1 + p)
    to_m, to_M = np.log1p(gap / m), np.log(1 + gap / M)
    stay = np.exp(-np.where(rate_first, n, s) * to_m - np.where(rate_first, s, n) * to_M)
    width = np.minimum(to_m, drop / np.maximum(k_m + k_M * share, 1e-3))
    width = np.minimum(width, (drop - k_M * np.log(share)) / (n + s))
    grown = np.exp(width) + p
    over = k_m * width + k_M * np.log(grown * share) - drop
    width -= np.maximum(over, 0) / np.maximum(k_m + k_M * (1 - p / grown), 1e-3)
    places, weights = _legendre(nodes, n.ndim)
    E = np.exp(places * width)
    F = E + p
    F *= share
    log_F = np.log(F)
    mass = log_F * -k_M
    mass += places * (-k_m * width)
    np.exp(mass, out=mass)
    mass *= weights
    return stay, mass, s * width * m / B, width, log_F, E, F, rate_first, to_m, to_M


def _silence(n: Array, A: Array, s: Array, B: Array, gap: Array) -> tuple[Array, Array]:
    """The chances to order nothing for a while: of an account that stays, and of one that leaves meanwhile.

    The account was there at the beginning, with rates Gamma(n, A) of orders and Gamma(s, B) of leaving.
    """
    stay, mass, unit, *_ = _terms(n, A, s, B, gap, *COARSE)
    return stay, mass.sum(axis=0) * unit


def _silence_slopes(n: Array, A: Array, s: Array, B: Array, gap: Array) -> tuple[Array, ...]:
    """Both chances of `_silence`, then what their slopes are made of.

    log((A+u) / A) and log((B+u) / B) at the end of the silence, and the means over the moment u of leaving of these
    two, of A / (A+u) and of B / (B+u).
    """
    stay, mass, unit, width, log_F, E, F, rate_first, to_m, to_M = _terms(n, A, s, B, gap, *FINE)
    gone = mass.sum(axis=0)
    places, _ = _legendre(FINE[0], n.ndim)
    m, M = np.einsum("k...,k->...", mass, places.ravel()) * width, np.einsum("k...,k...->...", mass, log_F)
    # the nodes lie evenly about the middle: what E is at one, e^width / E is at its mirror image
    by_m = np.einsum("k...,k...->...", mass, E[::-1]) * np.exp(-width)
    by_M = np.divide(mass, F, out=F).sum(axis=0)
    by_m, by_M, m, M = by_m / gone, by_M / gone, m / gone, M / gone
    pairs = [(to_m, to_M), (to_M, to_m), (m, M), (M, m), (by_m, by_M), (by_M, by_m)]
    return stay, gone * unit, *(np.where(rate_first, one, other) for one, other in pairs)


def _lasting(s: Array, z: Array) -> Array:
    """The integral over y from 0 on of exp(-z y) (1 + y)^-s: e^z times the exponential integral of order s at z."""
    far = np.log1p(DROP / z)
    far = np.log1p((DROP + 2 * far) / z)  # beyond it even a growing power has fallen
    for _ in range(4):
        over = z * np.expm1(far) + (s - 1) * far - DROP
        slope = z * np.exp(far) + s - 1
        far = np.where(over > 0, far - over / np.where(over > 0, slope, 1), far)
    places, weights = _legendre(48, s.ndim)
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

    return np.minimum(np.exp(_moments(y, n + y, A, s, B, t) - y * np.log(A) - betaln(n, y)), 1)


def _exactly(n: Array, A: Array, s: Array, B: Array, t: Array, y: Array) -> Array:
    """The chance of y orders within t or until the account leaves; rates as in `_silence`."""
    from scipy.special import betaln

    some = np.maximum(y, 1)
    constant = -some * np.log(A) - betaln(n, some) - np.log(some)
    stay = np.exp(constant + some * np.log(t) - (n + some) * np.log1p(t / A) - s * np.log1p(t / B))
    gone = np.exp(constant + np.log(s / B) + _moments(some + 1, n + some, A, s + 1, B, t))
    return np.minimum(np.where(y > 0, stay + gone, sum(_silence(n, A, s, B, t))), 1)
