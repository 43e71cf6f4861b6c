"""How good forecasts of orders were: scores of expected orders, intervals and distributions against what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.value.baselines import Baseline
    from crm_analysis.value.lifetime.model import PurchaseModel
    from crm_analysis.value.splits import Split

    Array = NDArray[np.float64]

LEVEL = 0.9
"""The level of intervals that are scored."""
FLOOR = -700.0
"""The lowest log score: a probability that no longer differs from 0 in the machine's numbers."""
CLASSES = {"0": (0, 0), "1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5-9": (5, 9), "10+": (10, np.inf)}
"""Classes of frequency that calibration is told by, with their first and last."""


def outcomes(model: PurchaseModel | Baseline, split: Split, horizon: str, rng: np.random.Generator) -> pd.DataFrame:
    """A fitted model's forecasts beside what came, one row per account in the order of the histories.

    Columns: account_id, frequency, expected_orders, low, high (LEVEL), orders (that came), log_score (natural
    logarithm, no lower than FLOOR), place (randomised probability integral transform: even from 0 to 1 if the forecast
    is right; Czado, Gneiting & Held 2009). `rng` draws one uniform number per account.
    """
    table = model.orders(split.histories, horizon, LEVEL)
    fewer, same = model.chances(split.histories, horizon, split.came)
    return table.assign(
        frequency=split.histories.frame["frequency"].to_numpy(),
        orders=split.came,
        log_score=np.maximum(model.log_score(split.histories, horizon, split.came), FLOOR),
        place=fewer + same * rng.random(len(table)),
    )


def scores(table: pd.DataFrame) -> dict[str, float]:
    """Scores of `outcomes`, one number each; NaN where there is nothing to compare with.

    - log_score: mean per account; higher is better;
    - rmse: root of the mean squared error of expected orders;
    - bias: all expected orders over all that came, less 1;
    - rank_correlation: Spearman's;
    - top_decile: the part of the orders that the tenth of accounts with the highest forecasts brought (of equal
      forecasts at its border each account counts in part);
    - coverage: how often `place` lies within the middle LEVEL; whole_coverage: how often low <= orders <= high, which
      is more often than LEVEL because orders are whole;
    - mae, wape: mean absolute error, and all absolute errors over all orders. They reward predicting the median,
      which is often zero: for comparison only.
    """
    expected, came = table["expected_orders"].to_numpy(), table["orders"].to_numpy(dtype=float)
    error, whole = expected - came, came.sum()
    tail = (1 - LEVEL) / 2
    by_orders = whole if whole > 0 else np.nan
    return {
        "log_score": float(table["log_score"].mean()),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "bias": float(expected.sum() / by_orders - 1),
        "rank_correlation": _rank_correlation(expected, came),
        "top_decile": float(first_tenth(expected, came) / by_orders),
        "coverage": float(table["place"].between(tail, 1 - tail).mean()),
        "whole_coverage": float(((table["low"] <= came) & (came <= table["high"])).mean()),
        "mae": float(np.mean(np.abs(error))),
        "wape": float(np.abs(error).sum() / by_orders),
    }


def calibration(table: pd.DataFrame) -> pd.DataFrame:
    """Mean orders predicted and come by class of frequency: frequency, forecasts, predicted, orders, low, high.

    low and high bound the mean that came (LEVEL, normal approximation clustered by account). Classes without an account
    are left out. `table` may hold outcomes of several days.
    """
    import pandas as pd
    from scipy.stats import norm

    wide = float(norm.ppf((1 + LEVEL) / 2))
    rows = []
    for name, (first, last) in CLASSES.items():
        own = table[table["frequency"].between(first, last)]
        if len(own):
            mean, error = clustered(own["orders"].to_numpy(dtype=float), own["account_id"])
            bounds = (max(mean - wide * error, 0.0), mean + wide * error)
            rows.append((name, len(own), own["expected_orders"].mean(), mean, *bounds))
    return pd.DataFrame(rows, columns=["frequency", "forecasts", "predicted", "orders", "low", "high"])


def clustered(values: Array, accounts: pd.Series) -> tuple[float, float]:
    """The mean, and its standard error where values of one account are not independent; NaN for one account."""
    import pandas as pd

    mean = float(np.mean(values))
    sums = pd.Series(values - mean).groupby(np.asarray(accounts)).sum().to_numpy()
    many = len(sums)
    if many < 2:
        return mean, float("nan")
    return mean, float(np.sqrt((sums**2).sum() * many / (many - 1)) / len(values))


def _rank_correlation(expected: Array, came: Array) -> float:
    from scipy.stats import rankdata

    one, other = (rankdata(values) - (len(values) + 1) / 2 for values in (expected, came))
    scale = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / scale) if scale > 0 else float("nan")


def first_tenth(expected: Array, came: Array) -> float:
    """Orders of the tenth of accounts (rounded up) with the highest forecasts."""
    tenth = -(-len(expected) // 10)
    border = np.sort(expected)[len(expected) - tenth]
    above, at = expected > border, expected == border
    return float(came[above].sum() + came[at].mean() * (tenth - above.sum()))
