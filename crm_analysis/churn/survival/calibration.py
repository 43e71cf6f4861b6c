"""Whether probabilities of leaving come true: by groups of risk, on the whole, and among the most endangered.

For outcomes that are all decided. Where an account is forecast on several days, name the accounts: its outcomes are not
independent, and intervals are clustered by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import wilson
from crm_analysis.errors import UserError
from crm_analysis.value.scores import FLOOR, LEVEL, clustered, first_tenth

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

GROUPS = 10
"""Groups of risk, of about as many forecasts each."""
_NEAR = 1e-12  # log odds are taken of probabilities no nearer to 0 and 1


def risk_groups(predicted: ArrayLike, left: ArrayLike, accounts: ArrayLike | None = None) -> pd.DataFrame:
    """One row per group of risk, lowest first: group, forecasts, predicted, came, low, high.

    `predicted` is the mean probability, `came` the share that left, low and high its bounds at LEVEL (Wilson's, for as
    many independent forecasts as the clusters are worth). Equal probabilities are in one group, so there may be fewer
    than GROUPS.
    """
    import pandas as pd
    from scipy.stats import rankdata

    chances, came = _checked(predicted, left)
    owners = np.arange(len(chances)) if accounts is None else np.asarray(accounts)
    place = np.floor((rankdata(chances) - 0.5) / len(chances) * GROUPS).astype(int)
    rows = []
    for number, group in enumerate(np.unique(place), start=1):
        own = place == group
        low, high = _bounds(came[own], owners[own])
        rows.append((number, int(own.sum()), chances[own].mean(), came[own].mean(), low, high))
    return pd.DataFrame(rows, columns=["group", "forecasts", "predicted", "came", "low", "high"])


def recalibration(predicted: ArrayLike, left: ArrayLike, accounts: ArrayLike | None = None) -> pd.DataFrame:
    """How log odds would have to be moved and stretched to come true: measure, estimate, low, high (LEVEL).

    `intercept` (0 is right; above, too few were expected to leave) is the shift with the slope held at 1; `slope` (1 is
    right; below, probabilities are too extreme) is fitted with a free shift. Raises UserError where nobody left, nobody
    stayed, or the probabilities part the two without a fault, so that no slope is too steep. Cox (1958).
    """
    import pandas as pd
    import statsmodels.api as sm
    from scipy.special import logit
    from scipy.stats import norm

    chances, came = _checked(predicted, left)
    if not 0 < came.sum() < len(came):
        raise UserError(
            f"calibration compares who left with who stayed; found {came.sum():,.0f} of {len(came):,} left."
        )
    odds = logit(np.clip(chances, _NEAR, 1 - _NEAR))
    groups = np.arange(len(came)) if accounts is None else pd.factorize(np.asarray(accounts))[0]
    if len(np.unique(groups)) < 2:
        raise UserError("calibration needs more than one account.")
    clusters = {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    family, ones = sm.families.Binomial(), np.ones(len(came))
    shift = sm.GLM(came, ones, family=family, offset=odds).fit(**clusters)
    rows = [("intercept", float(shift.params[0]), float(shift.bse[0]))]
    if np.ptp(odds) > 0:
        if odds[came == 1].min() >= odds[came == 0].max() or odds[came == 1].max() <= odds[came == 0].min():
            raise UserError(
                "the probabilities part who left from who stayed without a fault: there is no slope to tell."
            )
        line = sm.GLM(came, np.column_stack([ones, odds]), family=family).fit(**clusters)
        rows.append(("slope", float(line.params[1]), float(line.bse[1])))
    wide = float(norm.ppf((1 + LEVEL) / 2))
    found = pd.DataFrame(rows, columns=["measure", "estimate", "error"])
    return found.assign(
        low=found["estimate"] - wide * found["error"], high=found["estimate"] + wide * found["error"]
    ).drop(columns="error")


def log_score(predicted: ArrayLike, left: ArrayLike) -> float:
    """The mean logarithm of the probability given to what came; higher is better, 0 is perfect."""
    chances, came = _checked(predicted, left)
    with np.errstate(divide="ignore"):
        said = np.log(np.where(came == 1, chances, 1 - chances))
    return float(np.maximum(said, FLOOR).mean())


def lift(predicted: ArrayLike, left: ArrayLike) -> float:
    """How many times the average share left in the tenth of accounts (rounded up) with the highest probabilities.

    Of equal probabilities at its border each account counts in part. Raises UserError where nobody left.
    """
    chances, came = _checked(predicted, left)
    if not came.any():
        raise UserError(f"the lift compares shares of those that left; found none among {len(came):,} accounts.")
    return float(first_tenth(chances, came) / -(-len(came) // 10) / came.mean())


def _bounds(came: Array, owners: Array) -> tuple[float, float]:
    """Wilson's interval for a share; its n shrunk by what clusters cost, never beyond the forecasts there are."""
    import pandas as pd

    share, error = clustered(came, pd.Series(owners))
    many = float(min(len(came), share * (1 - share) / error**2)) if error > 0 else float(len(np.unique(owners)))
    low, high = wilson(share * many, many, LEVEL)
    return float(low), float(high)


def _checked(predicted: ArrayLike, left: ArrayLike) -> tuple[Array, Array]:
    chances, came = np.asarray(predicted, dtype=np.float64), np.asarray(left, dtype=np.float64)
    if chances.ndim != 1 or chances.shape != came.shape or not len(chances):
        raise UserError(
            f"probabilities and outcomes are two columns of one length; found {chances.shape}, {came.shape}."
        )
    if not ((chances >= 0) & (chances <= 1)).all() or not np.isin(came, (0, 1)).all():
        raise UserError("probabilities lie between 0 and 1, and outcomes are 0 (stayed) or 1 (left); found others.")
    return chances, came
