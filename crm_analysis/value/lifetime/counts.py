"""Numbers of orders: quantiles and draws of their distribution, for millions of accounts and parameter draws.

Most accounts have few orders to come: their chances of at least one, two, three ... are walked through step by step,
and an account is let go as soon as it is answered. Those expected to have many are searched by halving.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.value.lifetime.forecasts import Forecasts

    Array = NDArray[np.float64]

MANY = 200.0
"""Accounts expected to have more events than this in the horizon are searched by halving."""


def bounds(
    model: Forecasts, draws: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float, level: float
) -> tuple[Array, Array]:
    """The quantiles of the number of orders over draws and chance."""
    ends = np.array([(1 + level) / 2, (1 - level) / 2])  # the tail beyond which a count is too low, too high
    found = np.zeros((2, len(x)))
    many = crowded(model, draws, x, T, t)
    going = np.flatnonzero(~many)
    if len(going):
        steps = model._steps(of_accounts(draws, ~many), x[~many], tx[~many], T[~many], t)
        while len(going):
            tail = steps.step().mean(axis=0)
            found[:, going] += tail > ends[:, None]
            more = tail > ends[1]
            if fewer(more):
                steps.keep(more)
                going = going[more]
    if many.any():
        found[:, many] = [
            _halved(
                lambda y: model._at_least(of_accounts(draws, many), x[many], tx[many], T[many], t, y).mean(axis=0),
                end,
                many.sum(),
            )
            for end in ends
        ]
    return found[0], found[1]


def _halved(at_least: Callable[[Array], Array], bar: Any, shape: Any) -> Array:
    """The largest y with P(at least y) above the bar, each by halving."""
    low, high = np.zeros(shape), np.full(shape, 64.0)
    while (above := at_least(high) > bar).any():
        high = np.where(above, high * 2, high)
    while (high - low > 1).any():
        middle = np.maximum(np.floor((low + high) / 2), 1)
        above = at_least(middle) > bar
        low, high = np.where(above & (middle > low), middle, low), np.where(above, high, np.minimum(high, middle))
    return low


def counted(
    model: Forecasts, theta: tuple[Any, ...], x: Any, tx: Array, T: Array, t: float, uniform: Array
) -> NDArray[np.int64]:
    """Per draw and account the number of orders whose tail the uniform number is below."""
    found = np.zeros(uniform.shape, dtype=np.int64)
    many = crowded(model, theta, x, T, t)
    going = np.flatnonzero(~many)
    if len(going):
        steps = model._steps(of_accounts(theta, ~many), x[~many], tx[~many], T[~many], t)
        left = uniform[:, going]
        while len(going):
            above = steps.step() > left
            found[:, going] += above
            more = above.any(axis=0)
            if fewer(more):
                steps.keep(more)
                going, left = going[more], left[:, more]
    if many.any():
        found[:, many] = _halved(
            lambda y: model._at_least(of_accounts(theta, many), x[many], tx[many], T[many], t, y),
            uniform[:, many],
            (len(uniform), many.sum()),
        )
    return found


def _events(model: Forecasts, theta: tuple[Any, ...], x: Any, T: Array, t: float) -> Array:
    return (theta[0] + model._k * x) * t / (theta[1] + T)


def crowded(model: Forecasts, theta: tuple[Any, ...], x: Any, T: Array, t: float) -> NDArray[np.bool_]:
    """Which accounts are expected to have more than MANY events under one of the parameter draws."""
    crowd: NDArray[np.bool_] = np.any(_events(model, theta, x, T, t) > MANY, axis=0)
    return crowd


def fewer(going: NDArray[np.bool_]) -> bool:
    """Whether so many accounts are answered that it pays to let them go; tails only fall, so going on does no harm."""
    return bool(going.sum() <= 0.8 * len(going))


def of_accounts(theta: tuple[Any, ...], accounts: Any) -> tuple[Any, ...]:
    """The parameters of these accounts, where they differ by account."""
    return tuple(p[:, accounts] if p.ndim > 1 and p.shape[1] > 1 else p for p in theta)
