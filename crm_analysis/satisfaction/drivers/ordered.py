"""Ordered logit: the overall answer as ordered categories, with no assumption of equal steps.

P(answer <= c) = 1 / (1 + exp(x'b - t_c)) (McCullagh 1980). Where the scale changed, each scale has thresholds t of its
own and all share b. Newton's method; the likelihood is concave (Pratt 1981). Standard errors with accounts as clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.errors import BookError
from crm_analysis.labels import label

MOST = 20
"""Distinct answers of one scale that are categories; of more, tenths of the answers are."""
_STEPS, _TOO_STEEP = 60, 15.0

Floats = np.ndarray


@dataclass(frozen=True)
class OrderedLogit:
    """What was fitted: coef (log odds for one unit of each x), its covariance, thresholds by scale, the likelihood.

    `cov` is the sandwich with accounts as clusters, `classic` the inverse information.
    """

    coef: Floats
    cov: Floats
    classic: Floats
    thresholds: dict[float, Floats]
    log_likelihood: float
    merged: bool


def ordered_logit(y: Floats, x: Floats, account: Floats, scale: Floats | None = None) -> OrderedLogit:
    """Fitted to answers `y` and drivers `x` (rows x p) of accounts (codes); `scale` names the scale of each answer.

    Raises BookError where the likelihood has no maximum: a driver foretells answers without exception.
    """
    scale = np.zeros(len(y)) if scale is None else scale
    code, starts, merged = _categories(y, scale)
    many, p = sum(len(cuts) for cuts in starts.values()), x.shape[1]
    centre, spread = x.mean(axis=0), np.where(x.std(axis=0) > 1e-12, x.std(axis=0), 1.0)
    z = (x - centre) / spread
    theta = np.concatenate([*starts.values(), np.zeros(p)])
    below, above = code[:, 0], code[:, 1]  # places of the thresholds below and above the answer, -1 without one
    value, gradient, information, scores = _likelihood(theta, z, below, above, many)
    for _ in range(_STEPS):
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        size = 1.0
        while size > 1e-6:
            tried = theta + size * step
            if _in_order(tried, starts):
                found = _likelihood(tried, z, below, above, many)
                if np.isfinite(found[0]) and found[0] >= value - 1e-12:
                    break
            size /= 2
        else:
            break
        theta, gained = tried, found[0] - value
        value, gradient, information, scores = found
        if np.abs(theta[many:]).max(initial=0.0) > _TOO_STEEP:
            break
        if gained < 1e-10 * len(y) and np.abs(size * step).max() < 1e-8:
            break
    if np.abs(gradient).max() > 1e-4 * len(y) ** 0.5 or np.abs(theta[many:]).max(initial=0.0) > _TOO_STEEP:
        raise BookError(label("drivers_separated"))
    inverse = np.linalg.pinv(information)
    _, cluster = np.unique(account, return_inverse=True)
    sums = np.stack([np.bincount(cluster, weights=scores[:, j]) for j in range(scores.shape[1])], axis=1)
    groups = len(sums)
    sandwich = inverse @ (sums.T @ sums) @ inverse * (groups / max(groups - 1, 1))
    back = np.diag(1 / spread)
    own = slice(many, None)
    coef = theta[own] / spread
    shift = float(centre @ coef)
    thresholds, begin = {}, 0
    for name, cuts in starts.items():
        thresholds[name] = theta[begin : begin + len(cuts)] + shift
        begin += len(cuts)
    return OrderedLogit(
        coef, back @ sandwich[own, own] @ back, back @ inverse[own, own] @ back, thresholds, value, merged
    )


def _categories(y: Floats, scale: Floats) -> tuple[Floats, dict[float, Floats], bool]:
    """The thresholds' places below and above each answer, where each scale's thresholds begin, whether some merged."""
    code, starts, merged, begin = np.full((len(y), 2), -1), dict[float, Floats](), False, 0
    for name in np.unique(scale):
        rows = np.flatnonzero(scale == name)
        own = np.round(y[rows], 9)
        values = np.unique(own)
        if len(values) > MOST:
            merged = True
            bars = np.unique(np.quantile(own, np.linspace(0, 1, 11)[1:-1], method="higher"))
            own = np.searchsorted(bars, own, side="right").astype("float64")
            values = np.unique(own)
        rank = np.searchsorted(values, own)
        code[rows, 0] = np.where(rank > 0, begin + rank - 1, -1)
        code[rows, 1] = np.where(rank < len(values) - 1, begin + rank, -1)
        up_to = np.cumsum(np.bincount(rank, minlength=len(values)))[:-1] / len(rows)
        starts[float(name)] = np.log(up_to / (1 - up_to))
        begin += len(values) - 1
    return code, starts, merged


def _in_order(theta: Floats, starts: dict[float, Floats]) -> bool:
    begin = 0
    for cuts in starts.values():
        if (np.diff(theta[begin : begin + len(cuts)]) <= 0).any():
            return False
        begin += len(cuts)
    return True


def _likelihood(
    theta: Floats, z: Floats, below: Floats, above: Floats, many: int
) -> tuple[float, Floats, Floats, Floats]:
    """Log likelihood, gradient, information (less the second derivatives) and each row's own gradient."""
    from scipy.special import expit

    eta = z @ theta[many:]
    cuts = np.append(theta[:many], 0.0)
    upper = np.where(above >= 0, cuts[above] - eta, np.inf)
    lower = np.where(below >= 0, cuts[below] - eta, -np.inf)
    # each row's probability is F(upper) - F(lower), written so that it keeps its digits in both tails
    flip = lower > 0
    high, low = expit(np.where(flip, -lower, upper)), expit(np.where(flip, -upper, lower))
    probability = np.maximum(high - low, 1e-300)
    f_up, f_low = expit(upper) * expit(-upper), expit(lower) * expit(-lower)
    d_up, d_low = f_up / probability, -f_low / probability
    e_up = f_up * (1 - 2 * expit(upper)) / probability - d_up**2
    e_low = -f_low * (1 - 2 * expit(lower)) / probability - d_low**2
    cross = -d_up * d_low
    n, p = z.shape
    scores = np.zeros((n, many + p))
    rows = np.arange(n)
    has_up, has_low = above >= 0, below >= 0
    scores[rows[has_up], above[has_up]] += d_up[has_up]
    scores[rows[has_low], below[has_low]] += d_low[has_low]
    scores[:, many:] = -(d_up + d_low)[:, None] * z
    second = np.zeros((many + p, many + p))
    both = has_up & has_low
    np.add.at(second, (above[has_up], above[has_up]), e_up[has_up])
    np.add.at(second, (below[has_low], below[has_low]), e_low[has_low])
    np.add.at(second, (above[both], below[both]), cross[both])
    np.add.at(second, (below[both], above[both]), cross[both])
    mixed = np.zeros((many, p))
    for column in range(p):
        up = np.bincount(above[has_up], weights=((e_up + cross) * z[:, column])[has_up], minlength=many)
        down = np.bincount(below[has_low], weights=((e_low + cross) * z[:, column])[has_low], minlength=many)
        mixed[:, column] = -(up + down)
    second[:many, many:], second[many:, :many] = mixed, mixed.T
    second[many:, many:] = (z * (e_up + e_low + 2 * cross)[:, None]).T @ z
    return float(np.log(probability).sum()), scores.sum(axis=0), -second, scores
