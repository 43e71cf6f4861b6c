"""Maximum likelihood: a maximum that is one, its covariance, or a refusal that says what the data lack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.blas import one_thread
from crm_analysis.errors import UserError
from crm_analysis.labels import code_said, label

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

EDGE = 12.0
"""The logarithm of a parameter is searched within this of its start; a maximum out there is none."""
WIDE = 3.0
"""A parameter with a standard error above this in its logarithm (a factor of 20 up or down) is not known."""
SMALL = 1e-6
"""The slope at a maximum, per account; steeper, and another optimiser is tried."""


class NotIdentified(UserError):
    """A model whose parameters the data cannot tell."""


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is largest: `at` and its `covariance` on the scale searched, and how it was found."""

    at: Vector
    covariance: Vector
    loglik: float
    optimiser: str


def maximum(
    likelihood: Callable[[Vector], tuple[float, Vector]],
    starts: Sequence[Vector],
    names: Sequence[str],
    model: str,
    size: float,
    near: Maximum | None = None,
) -> Maximum:
    """The maximum of a log-likelihood of `size` accounts in its parameters `names`, searched on a scale without bounds.

    `likelihood` gives value and gradient. L-BFGS from every start, then Newton steps; where these end on a slope,
    Nelder and Mead's simplex and the same again. From `near`, a maximum thought to be close by, with about the
    covariance, Newton steps alone are tried first: they look at the data a dozen times. Raises NotIdentified, naming
    the parameters, where the maximum lies at the edge, is no maximum, or leaves a parameter with a standard error above
    WIDE.
    """
    stepped = None if near is None else _stepped(likelihood, near, size)
    if stepped is not None:
        return _identified(likelihood, stepped, starts, names, model, size)
    best = max((_climbed(likelihood, start, size) for start in starts), key=lambda found: found.loglik)
    if best.slope > SMALL and not _at_edge(best.at, starts).any():
        from scipy.optimize import minimize

        found = minimize(
            lambda at: -_finite(likelihood(at)[0]), best.at, method="Nelder-Mead", options={"maxiter": 1500}
        )
        again = _climbed(likelihood, found.x, size)
        if again.loglik >= best.loglik:
            best = _Found(again.at, again.loglik, again.slope, "Nelder-Mead, L-BFGS-B, Newton")
    return _identified(likelihood, best, starts, names, model, size)


def penalised(
    likelihood: Callable[[Vector], tuple[float, Vector]], centre: Vector, deviation: float
) -> Callable[[Vector], tuple[float, Vector]]:
    """A log-likelihood with a normal prior on the scale searched, for data too few to tell every parameter.

    Raises UserError unless the standard deviation of the prior is above 0.
    """
    if not 0 < deviation < np.inf:
        raise UserError(f"the prior is a standard deviation above 0, such as 2; found {deviation!r}.")

    def both(at: Vector) -> tuple[float, Vector]:
        value, slope = likelihood(at)
        off = (at - centre) / deviation
        return value - float(off @ off) / 2, slope - off / deviation

    return both


@dataclass(frozen=True)
class _Found:
    at: Vector
    loglik: float
    slope: float
    optimiser: str
    information: Vector | None = None


def _at_edge(at: Vector, starts: Sequence[Vector]) -> NDArray[np.bool_]:
    """Which parameters ended where the search from one of the starts does."""
    edge: NDArray[np.bool_] = np.min([np.abs(np.abs(at - start) - EDGE) for start in starts], axis=0) < 1e-3
    return edge


def _finite(value: float) -> float:
    return value if np.isfinite(value) else -1e300


def _climbed(likelihood: Callable[[Vector], tuple[float, Vector]], start: Vector, size: float) -> _Found:
    """The top reached from one start."""
    from scipy.optimize import minimize

    def down(at: Vector) -> tuple[float, Vector]:
        value, slope = likelihood(at)
        return -_finite(value) / size, -np.nan_to_num(slope) / size

    bounds = [(value - EDGE, value + EDGE) for value in start]
    with one_thread():  # its matrices are tiny: threads would only wait for each other
        found = minimize(
            down, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-13}
        )
    at, value = found.x, -found.fun * size
    for _ in range(8):  # Newton: the last digits, which a descent by slopes alone does not reach
        slope = likelihood(at)[1]
        if np.max(np.abs(slope)) / size < 1e-11:
            break
        try:
            step = np.linalg.solve(curvature(likelihood, at), slope)
        except np.linalg.LinAlgError:
            break
        if not np.all(np.abs(step) < 1):
            break
        tried = likelihood(at + step)[0]
        if not tried >= value - 1e-9 * abs(value):
            break
        at, value = at + step, tried
    return _Found(at, value, float(np.max(np.abs(likelihood(at)[1]))) / size, "L-BFGS-B, Newton")


def _stepped(likelihood: Callable[[Vector], tuple[float, Vector]], near: Maximum, size: float) -> _Found | None:
    """The top reached by Newton steps from close by; None where they lead away."""
    at, inverse = near.at, near.covariance
    information: Vector | None = None
    value, slope = likelihood(at)
    for turn in range(12):
        if np.max(np.abs(slope)) / size < 1e-11:
            break
        if turn == 2:  # its own curvature, where it is as good as at the top
            information = curvature(likelihood, at, slope=slope)
            if np.linalg.eigvalsh(information)[0] <= 0:
                return None
            inverse = np.linalg.inv(information).astype(np.float64)
        step = inverse @ slope
        if not np.all(np.abs(step) < 1):
            return None
        tried, steep = likelihood(at + step)
        if not tried >= value - 1e-9 * abs(value):
            return None
        at, value, slope = at + step, tried, steep
    steepest = float(np.max(np.abs(slope))) / size
    if steepest > SMALL:
        return None
    return _Found(at, value, steepest, f"{near.optimiser} on a part, Newton on all", information)


def curvature(
    likelihood: Callable[[Vector], tuple[float, Vector]], at: Vector, step: float = 1e-5, slope: Vector | None = None
) -> Vector:
    """The observed information: minus the second derivatives, from differences of the gradient.

    To both sides, or to one where the `slope` at the middle is given.
    """
    rows = []
    for place in range(len(at)):
        move = np.zeros(len(at))
        move[place] = step
        if slope is None:
            rows.append((likelihood(at - move)[1] - likelihood(at + move)[1]) / (2 * step))
        else:
            rows.append((slope - likelihood(at + move)[1]) / step)
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def _identified(
    likelihood: Callable[[Vector], tuple[float, Vector]],
    best: _Found,
    starts: Sequence[Vector],
    names: Sequence[str],
    model: str,
    size: float,
) -> Maximum:
    """The maximum with its covariance, if it deserves the name."""
    edge = _at_edge(best.at, starts)
    information = curvature(likelihood, best.at) if best.information is None else best.information
    values, vectors = np.linalg.eigh(information)
    flat = values <= 1 / WIDE**2
    for place in np.flatnonzero(~flat & (values < 1)):  # differences of slopes are coarse there: look
        sides = (likelihood(best.at + side * WIDE * vectors[:, place])[0] for side in (-1, 1))
        flat[place] = best.loglik - max(sides) < 0.5
    if np.isfinite(best.loglik) and best.slope <= 1e3 * SMALL and not flat.any() and not edge.any():
        covariance = (vectors / values) @ vectors.T
        return Maximum(best.at, covariance, best.loglik, best.optimiser)
    share = (vectors[:, flat] ** 2).sum(axis=1) if flat.any() else np.zeros(len(names))
    loose = [name for name, part, out in zip(names, share, edge, strict=True) if part > 0.1 or out] or list(names)
    named = reduce(lambda one, other: label("fit_and", one=one, other=other), loose)
    raise NotIdentified(label("fit_loose", model=code_said(model), histories=f"{size:,.0f}", names=named))


def normal_draws(at: Vector, covariance: Vector, m: int) -> Vector:
    """`m` draws (m, parameters) from a normal distribution, spread evenly by a Sobol sequence; if m is 0, the mean."""
    from scipy.stats import norm, qmc

    if m == 0 or not covariance.any():
        return np.tile(at, (max(m, 1), 1))
    values, vectors = np.linalg.eigh(covariance)
    sequence = qmc.Sobol(len(at), scramble=True, rng=np.random.default_rng(20260930))
    points = sequence.random_base2(int(np.ceil(np.log2(m))))[:m]  # a whole power of two, which the sequence needs
    normal = norm.ppf(np.clip(points, 1e-12, 1 - 1e-12))
    normal -= normal.mean(axis=0)
    return at + normal @ (vectors * np.sqrt(np.maximum(values, 0))).T


def summary(names: Sequence[str], at: Vector, covariance: Vector, logs: int) -> pd.DataFrame:
    """One row per parameter: parameter, estimate, standard_error, low, high (95 %).

    The first `logs` of them are logarithms there and natural in the table, so that their bounds are positive.
    """
    import pandas as pd

    error = np.sqrt(np.diag(covariance))
    natural = np.arange(len(at)) < logs
    estimate = np.where(natural, np.exp(np.where(natural, at, 0)), at)
    shown = {
        "parameter": list(names),
        "estimate": estimate,
        "standard_error": np.where(natural, estimate * error, error),
    }
    for name, sign in (("low", -1.959963984540054), ("high", 1.959963984540054)):
        end = at + sign * error
        shown[name] = np.where(natural, np.exp(np.where(natural, end, 0)), end)
    return pd.DataFrame(shown)
