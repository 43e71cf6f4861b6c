"""Groups compared: restricted mean survival times and log-rank tests, all with late entry."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.retention.curves import LEVEL
from crm_analysis.churn.retention.tenures import YEAR, at_risk, names
from crm_analysis.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def restricted_means(steps: pd.DataFrame, until: float | None = None, level: float = LEVEL) -> pd.DataFrame:
    """The years an account stays on average within the first `until` years, for each of the `curves`.

    Columns: group, from_years, until_years (the same for all), mean (years between the two, of accounts there at the
    first; the area under the curve), standard_error, low, high. The years run from where the earliest curves start to
    `until`, by default where the first of these ends; a curve that does not cover them has NaN. The variance
    is Greenwood's (Klein & Moeschberger 2003, eq. 4.5.3). Raises UserError if no curve reaches `until`.
    """
    import pandas as pd
    from scipy.stats import norm

    columns = ["group", "from_years", "until_years", "mean", "standard_error", "low", "high"]
    if steps.empty:
        return pd.DataFrame(columns=columns)
    ends = steps.groupby("group", sort=False)["time"].agg(["first", "last"])
    start = float(ends["first"].min())
    reach = ends["last"][ends["first"] == start]
    end = float(reach.min()) if until is None else until * YEAR
    if not start < end <= float(reach.max()) * (1 + 1e-9):
        raise UserError(
            f"restricted means: curves are known from {start / YEAR:.2f} to {reach.max() / YEAR:.2f} years of tenure; "
            f"found {end / YEAR:.2f} asked for, expected a number between."
        )
    wide = float(norm.ppf((1 + level) / 2))
    rows = []
    for name, own in steps.groupby("group", sort=False):
        covered = ends["first"][name] == start and end <= ends["last"][name] * (1 + 1e-9)
        mean, error = _area(own, start, end) if covered else (np.nan, np.nan)
        bounds = np.clip([mean - wide * error, mean + wide * error], 0, (end - start) / YEAR)
        rows.append((name, start / YEAR, end / YEAR, mean, error, *bounds))
    return pd.DataFrame(rows, columns=columns)


def _area(own: pd.DataFrame, start: float, end: float) -> tuple[float, float]:
    """The area under a curve from its start to an age, and its standard error; in years."""
    time, survival = own["time"].to_numpy(float), own["survival"].to_numpy(float)
    inside = (time > start) & (time <= end)
    edges = np.concatenate([[start], time[inside], [end]])
    heights = np.concatenate([[1.0], survival[inside]])
    areas = np.diff(edges) * heights / YEAR
    after = areas.sum() - np.cumsum(areas)[:-1]  # what lies behind each age inside
    many, gone = own["at_risk"].to_numpy(float)[inside], own["gone"].to_numpy(float)[inside]
    left = many - gone
    terms = np.divide(after**2 * gone, many * left, out=np.zeros(len(gone)), where=left > 0)
    return float(areas.sum()), float(np.sqrt(terms.sum()))


def logrank(frame: pd.DataFrame) -> pd.DataFrame:
    """Whether the groups of `tenures` leave alike: one row, groups, gone, statistic (chi squared), df, p.

    The k-sample log-rank test for accounts that enter late: an account is compared only with those at risk at the same
    age (Andersen, Borgan, Gill & Keiding 1993, V.2); lifelines' knows no entry. p is NaN if no group can be compared.
    """
    import pandas as pd

    groups, many, went = _counted(frame)
    row = (len(groups), int(went.sum()), *_logrank(many, went))
    return pd.DataFrame([row], columns=["groups", "gone", "statistic", "df", "p"])


def logrank_pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Every pair of groups by the log-rank test: group, other, statistic, p, p_holm, ordered by p, group, other.

    p_holm is corrected for the number of pairs (Holm 1979): among all pairs with p_holm up to .05, chance alone puts
    one wrongly there in at most one book of twenty.
    """
    import pandas as pd
    from statsmodels.stats.multitest import multipletests

    groups, many, went = _counted(frame)
    rows = []
    for one, two in itertools.combinations(range(len(groups)), 2):
        statistic, _, chance = _logrank(many[[one, two]], went[[one, two]])
        rows.append((groups[one], groups[two], statistic, chance))
    table = pd.DataFrame(rows, columns=["group", "other", "statistic", "p"])
    told = table["p"].notna()
    table["p_holm"] = np.nan
    if told.any():
        table.loc[told, "p_holm"] = multipletests(table.loc[told, "p"], method="holm")[1]
    return table.sort_values(["p", "group", "other"], kind="stable").reset_index(drop=True)


def _counted(frame: pd.DataFrame) -> tuple[list[str], Array, Array]:
    """The groups, and how many of each are at risk, and go, at every age at which anybody does: groups x ages."""
    gone = frame[frame["gone"]]
    groups = names(frame)
    times = np.unique(gone["duration"].to_numpy(float))
    many = np.array([at_risk(frame[frame["group"] == name], times) for name in groups]).reshape(len(groups), len(times))
    went = np.zeros_like(many)
    places = np.searchsorted(times, gone["duration"].to_numpy(float))
    np.add.at(went, (gone["group"].map({name: at for at, name in enumerate(groups)}).to_numpy(int), places), 1)
    return groups, many, went


def _logrank(many: Array, went: Array) -> tuple[float, int, float]:
    """Statistic, degrees of freedom and p of some groups."""
    from scipy.stats import chi2

    told = went.sum(axis=0) > 0
    many, went = many[:, told], went[:, told]
    all_many, all_went = many.sum(axis=0), went.sum(axis=0)
    share = many / all_many
    excess = (went - share * all_went).sum(axis=1)
    weight = np.where(all_many > 1, all_went * (all_many - all_went) / np.maximum(all_many - 1, 1), 0.0)
    variance = np.diag((weight * share).sum(axis=1)) - (weight * share) @ share.T
    if not variance.size:
        return float("nan"), 0, float("nan")
    # its rows add up to 0, and groups never at risk beside others have nothing to compare: directions without variance
    sizes, ways = np.linalg.eigh(variance)
    real = sizes > 1e-9 * max(float(sizes[-1]), 1e-9)
    if not real.any():
        return float("nan"), 0, float("nan")
    statistic = float((((excess @ ways)[real]) ** 2 / sizes[real]).sum())
    return statistic, int(real.sum()), float(chi2.sf(statistic, real.sum()))
