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
    from scipy.special import ndtri

    x, n, z2 = np.asarray(part, "float64"), np.asarray(of, "float64"), float(ndtri((1 + level) / 2)) ** 2
    n = np.broadcast_to(n, np.broadcast_shapes(x.shape, n.shape))
    middle, size = x + z2 / 2, n + z2
    half = np.sqrt(z2 * (x * (n - x) / np.where(n > 0, n, 1.0) + z2 / 4))
    low, high = np.maximum(middle - half, 0) / size, np.minimum(middle + half, size) / size
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)


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
