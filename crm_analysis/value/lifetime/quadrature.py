"""Means over gamma and beta distributions by Gauss-Legendre nodes, where no closed form can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def legendre(low: Array, high: Array, nodes: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights between bounds, along a new last axis."""
    places, weights = np.polynomial.legendre.leggauss(nodes)
    half = ((high - low) / 2)[..., None]
    return (low + high)[..., None] / 2 + half * places, half * weights


def gamma_nodes(shape: Array, nodes: int = 40) -> tuple[Array, Array]:
    """Nodes and masses for means over Gamma(shape, 1), by the logarithm of the variable."""
    from scipy.special import gammainccinv, gammaincinv, gammaln

    logs, weights = legendre(np.log(gammaincinv(shape, 1e-11)), np.log(gammainccinv(shape, 1e-11)), nodes)
    masses = weights * np.exp(shape[..., None] * logs - np.exp(logs) - gammaln(shape)[..., None])
    return np.exp(logs), masses


def mean_inverse(c: Array, a: Any, stays: Array, nodes: int = 64) -> Array:
    """E[1 / (c + p (1 - c))], p ~ Beta(a, stays); c has one axis more, at the end.

    By the logit of p, from where p is so small against every c that a series of two terms does.
    """
    from scipy.special import betainc, betaincinv, betaln

    a = np.broadcast_to(a, stays.shape)
    least = c.min(axis=-1)
    low = np.maximum(1e-4 * least / (1 + least), betaincinv(a, stays, 1e-12))
    rest = np.maximum(betaincinv(stays, a, 1e-12), 1e-300)  # 1 - p at the upper end
    start = np.log(low) - np.log1p(-low)
    logits, weights = legendre(start, np.maximum(np.log1p(-rest) - np.log(rest), start), nodes)
    stay = -np.logaddexp(0, logits)  # log(1 - p)
    masses = weights * np.exp(
        a[..., None] * (logits + stay) + (stays * 1.0)[..., None] * stay - betaln(a, stays)[..., None]
    )
    share, below = np.exp(logits + stay), betainc(a, stays, low)[..., None]
    result = below / c - (a / (a + stays) * betainc(a + 1, stays, low))[..., None] * (1 - c) / c**2
    for turn in range(nodes):
        result += masses[..., turn, None] / (c + share[..., turn, None] * (1 - c))
    return result
