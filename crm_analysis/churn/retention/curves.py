"""Survival curves: the share of accounts still there, by years since they began, with intervals.

"Still there" counts every way of going, our own cuts and closings included. How many leave of their own will, and why,
is told by `reasons`, where other exits are competing risks and not censored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.retention.tenures import AT_RISK, YEAR, at_risk, names, stretch, within

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEVEL = 0.9
"""The level of intervals."""
COLUMNS = ("group", "time", "years", "at_risk", "gone", "survival", "low", "high")


def curves(frame: pd.DataFrame, level: float = LEVEL, least: int = AT_RISK) -> pd.DataFrame:
    """The Kaplan-Meier curve of each group of `tenures`: one row per group and age, in their order.

    Columns: group, time (days of tenure), years, at_risk (accounts at risk at that age), gone (that went at that
    age), survival (share still there after it), low, high (pointwise, at `level`). There is a row where a curve starts,
    where accounts go, at whole years, and where it ends.

    Estimates and intervals are lifelines', with late entry; the intervals are Greenwood's for log(-log S), which has
    none for a curve that is still 1 or already 0: those are exact for as many accounts as are at risk (Dorey & Korn
    1987). A curve runs over `stretch`. Where that starts at an age above 0 it is
    conditional: the share of those still there at its start. Groups without such a stretch are left out.
    """
    import pandas as pd

    parts = []
    for name in names(frame):
        own = frame[frame["group"] == name]
        ages = stretch(own, least)
        if ages is not None:
            parts.append(_curve(within(own, *ages), ages, level).assign(group=name))
    return (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS))[list(COLUMNS)]


def _curve(own: pd.DataFrame, ages: tuple[float, float], level: float) -> pd.DataFrame:
    import pandas as pd
    from lifelines import KaplanMeierFitter

    start, end = ages
    duration, gone = own["duration"].to_numpy(float), own["gone"].to_numpy(bool)
    went, counts = np.unique(duration[gone], return_counts=True)
    marks = YEAR * np.arange(np.floor(start / YEAR) + 1, np.ceil(end / YEAR))
    time = np.unique(np.concatenate([[start, end], went, marks]))
    with np.errstate(all="ignore"):  # lifelines silences numpy for good otherwise
        model = KaplanMeierFitter(alpha=1 - level).fit(duration, gone, time, own["entry"].to_numpy(float))
    bounds = model.confidence_interval_.to_numpy(float)
    many = at_risk(own, time)
    many[0] = float((own["entry"] <= start).sum())
    number = np.zeros(len(time))
    number[np.searchsorted(time, went)] = counts
    survival = model.survival_function_.to_numpy(float)[:, 0]
    edge = ((1 - level) / 2) ** (1 / many)
    whole, none = survival == 1, survival == 0
    low = np.where(whole, np.where(time == start, 1.0, edge), np.where(none, 0.0, bounds[:, 0]))
    high = np.where(whole, 1.0, np.where(none, 1 - edge, bounds[:, 1]))
    columns = {"time": time, "years": time / YEAR, "at_risk": many, "gone": number}
    whole_numbers = {"at_risk": np.int64, "gone": np.int64}
    return pd.DataFrame(columns | {"survival": survival, "low": low, "high": high}).astype(whole_numbers)


def survival_at(steps: pd.DataFrame, years: Sequence[float] = (1, 2, 3, 4, 5)) -> pd.DataFrame:
    """The `curves` at these ages: group, years, from_years (where the curve starts), survival, low, high.

    NaN before a curve starts and after it ends: nothing is known there.
    """
    import pandas as pd

    rows = []
    for name, own in steps.groupby("group", sort=False):
        time = own["time"].to_numpy()
        for year in years:
            place = int(np.searchsorted(time, year * YEAR, "right")) - 1
            inside = place >= 0 and year * YEAR <= time[-1]
            found = own[["survival", "low", "high"]].iloc[place].tolist() if inside else [np.nan] * 3
            rows.append((name, float(year), time[0] / YEAR, *found))
    return pd.DataFrame(rows, columns=["group", "years", "from_years", "survival", "low", "high"])


def medians(steps: pd.DataFrame) -> pd.DataFrame:
    """When half are gone: group, from_years, until_years (where the curve starts and ends), median, low, high (years).

    NaN where the curve, or a bound of its interval, does not come down to a half: the median is then beyond until_years
    (Brookmeyer & Crowley 1982).
    """
    import pandas as pd

    rows = []
    for name, own in steps.groupby("group", sort=False):
        years = own["years"].to_numpy()
        ends = [_first(years, own[column].to_numpy()) for column in ("survival", "low", "high")]
        rows.append((name, years[0], years[-1], *ends))
    return pd.DataFrame(rows, columns=["group", "from_years", "until_years", "median", "low", "high"])


def _first(years: Array, values: Array) -> float:
    """The first age at which a curve is at a half or below."""
    there = np.flatnonzero(values <= 0.5 + 1e-12)
    return float(years[there[0]]) if len(there) else float("nan")


def numbers_at_risk(frame: pd.DataFrame, years: Sequence[float] = (0, 1, 2, 3, 4, 5)) -> pd.DataFrame:
    """How many accounts are under observation right after each age: group, then one column per year (as text).

    Late entries make the numbers rise before they fall.
    """
    import pandas as pd

    times = np.asarray(years, dtype=float) * YEAR
    rows = {name: at_risk(frame[frame["group"] == name], np.floor(times) + 1) for name in names(frame)}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[f"{year:g}" for year in years]).astype(np.int64)
    return table.rename_axis("group").reset_index()
