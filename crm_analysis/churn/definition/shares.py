"""Shares with intervals that hold for few, and for several of one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

LEVEL = 0.9


def wilson(part: Any, of: Any, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval (1927) of part / of, element by element; 0 to 1 where there is nothing to count.

    Both may be fractions, as an effective number of observations is.
    """
    import numpy as np
    from scipy.stats import norm

    n = np.maximum(np.asarray(of, "float64"), 0)
    share = np.divide(part, n, out=np.full(n.shape, 0.5), where=n > 0)
    z2 = float(norm.ppf((1 + level) / 2)) ** 2
    middle, half = (
        share + z2 / (2 * np.maximum(n, 1e-12)),
        np.sqrt(z2) * np.sqrt(share * (1 - share) / np.maximum(n, 1e-12) + z2 / (4 * np.maximum(n, 1e-12) ** 2)),
    )
    scale = 1 + z2 / np.maximum(n, 1e-12)
    low, high = (middle - half) / scale, (middle + half) / scale
    return np.where(n > 0, np.clip(low, 0, share), 0.0), np.where(n > 0, np.clip(high, share, 1), 1.0)


def effective(part: Any, of: Any, scatter: Any, clusters: Any) -> np.ndarray:
    """The number of independent observations that tell as much of part / of as `of` in `clusters` do.

    `scatter` is the sum over clusters of (its part - share * its of) squared. Korn & Graubard (1998); at shares of 0
    and 1, where nothing scatters, the number of clusters.
    """
    import numpy as np

    part, of, scatter, clusters = (np.asarray(values, "float64") for values in (part, of, scatter, clusters))
    share = np.divide(part, of, out=np.zeros(of.shape), where=of > 0)
    many = np.maximum(clusters, 2)
    variance = scatter / np.maximum(of, 1) ** 2 * many / (many - 1)
    number = np.divide(share * (1 - share), variance, out=np.array(clusters), where=variance > 0)
    return np.minimum(number, of)
