"""How long something lasts that not all have come to the end of: Kaplan-Meier and log-rank, clustered by account.

Complaints of one account are dealt with by the same people and are not independent. The curve is the usual one; its
variance is the sum over accounts of their squared influence on it, which is Greenwood's where each account has one row
(Williams 1995; Ying & Wei 1994), the test's that of the accounts' scores (Lee, Wei & Amato 1992).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.intp]

COLUMNS = ("days", "at_risk", "ended", "lasting", "low", "high")


def curve(rows: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """The share that still lasts after so many days: a row for day 0 and each day on which anything ended.

    `rows`: account_id, days (whole, from 0), done (ended; else still lasting when last seen), number (of such rows).
    Columns: days, at_risk (that lasted until that day), ended (on it), lasting (share), low, high (pointwise, on the
    scale of log(-log), by Student's law with one degree of freedom less than accounts; where all or none last, exact
    for as many as there are accounts). `attrs["reach"]`: the last day that anything was seen on; what comes later is
    unknown unless the curve is at 0.
    """
    import pandas as pd
    from scipy.stats import t as student

    owner, names = pd.factorize(rows["account_id"], sort=True)
    many = len(names)
    factor = many / (many - 1) if many > 1 else np.nan
    wide = float(student.ppf((1 + level) / 2, max(many - 1, 1)))
    influence, lasting, found = np.zeros(many), 1.0, []
    tail = (1 - level) / 2
    edge = tail ** (1 / max(many, 1))
    for day, there, ended, each, gone in _days(rows, owner.astype(np.intp), many):
        staying = there - ended
        lasting *= staying / there
        if staying > 0:
            influence -= (gone - each * (ended / there)) / staying
        if lasting >= 1:
            low, high = edge, 1.0
        elif lasting <= 0:
            low, high = 0.0, 1 - edge
        else:
            error = np.sqrt(factor * float(influence @ influence)) / abs(np.log(lasting))
            low, high = (float(lasting ** np.exp(sign * wide * error)) for sign in (1, -1))
            if not np.isfinite(error):
                low, high = 0.0, 1.0  # of one account nothing is known of others
        found.append((day, int(there), int(ended), lasting, low, high))
    table = pd.DataFrame(found, columns=list(COLUMNS))
    if len(rows) and (table.empty or table["days"].iloc[0] > 0):
        start = pd.DataFrame([(0, int(rows["number"].sum()), 0, 1.0, edge, 1.0)], columns=list(COLUMNS))
        table = pd.concat([start, table], ignore_index=True) if len(table) else start
    table = table.astype({"days": np.int64, "at_risk": np.int64, "ended": np.int64})
    table.attrs["reach"] = int(rows["days"].max()) if len(rows) else 0
    return table


def ended_by(steps: pd.DataFrame, days: Sequence[int]) -> pd.DataFrame:
    """The share that had ended after so many days, of a `curve`: days, share, low, high; NaN where it does not reach."""
    import pandas as pd

    known = steps["days"].to_numpy()
    rows = []
    for day in days:
        place = int(np.searchsorted(known, day, "right")) - 1
        inside = place >= 0 and (day <= steps.attrs["reach"] or steps["lasting"].iloc[place] <= 0)
        if inside:
            own = steps.iloc[place]
            rows.append((day, 1 - own["lasting"], 1 - own["high"], 1 - own["low"]))
        else:
            rows.append((day, np.nan, np.nan, np.nan))
    return pd.DataFrame(rows, columns=["days", "share", "low", "high"])


def median(steps: pd.DataFrame) -> tuple[float, float, float]:
    """The days within which half had ended, and its interval (Brookmeyer & Crowley 1982); NaN where not yet half."""
    days = steps["days"].to_numpy(dtype=np.float64)
    ends = []
    for name in ("lasting", "low", "high"):
        there = np.flatnonzero(steps[name].to_numpy() <= 0.5 + 1e-12)
        ends.append(float(days[there[0]]) if len(there) else float("nan"))
    return ends[0], ends[1], ends[2]


def alike(rows: pd.DataFrame, groups: pd.Series) -> tuple[int, float]:
    """Whether groups last alike: degrees of freedom and p of the log-rank test; (0, NaN) if they cannot be compared.

    `groups` names each row's group. What a group's ends exceed their expectation by is added up by account; their
    products estimate the covariance, and Hotelling's F law stands for chi squared because accounts may be few.
    """
    import pandas as pd
    from scipy.stats import f as fisher

    owner, names = pd.factorize(rows["account_id"], sort=True)
    own, kinds = pd.factorize(groups.to_numpy(dtype=str), sort=True)
    many, width = len(names), len(kinds)
    if width < 2 or many < 3:
        return 0, float("nan")
    cell = owner.astype(np.intp) * width + own
    scores = np.zeros((many, width))
    for _, there, ended, each, gone in _days(rows, cell, many * width):
        at, went = each.reshape(many, width), gone.reshape(many, width)
        share = at.sum(axis=0) / there
        scores += went - at * (ended / there)
        scores -= np.outer(went.sum(axis=1) - at.sum(axis=1) * (ended / there), share)
    told = scores[np.abs(scores).sum(axis=1) > 0]
    if len(told) < 3:
        return 0, float("nan")
    excess = scores.sum(axis=0)
    spread = (told - told.mean(axis=0)).T @ (told - told.mean(axis=0)) * len(told) / (len(told) - 1)
    sizes, ways = np.linalg.eigh(spread)
    real = sizes > 1e-9 * max(float(sizes[-1]), 1e-12)
    free = int(min(real.sum(), width - 1))
    if not free or len(told) <= free:
        return 0, float("nan")
    real = np.argsort(-sizes)[:free]
    statistic = float(((excess @ ways)[real] ** 2 / sizes[real]).sum())
    by = (len(told) - free) / (free * (len(told) - 1))
    return free, float(fisher.sf(statistic * by, free, len(told) - free))


def _days(rows: pd.DataFrame, place: Places, many: int) -> Iterator[tuple[int, float, float, Array, Array]]:
    """Day by day on which anything ended: how many lasted until it and ended on it, in all and by place."""
    days, done = rows["days"].to_numpy(dtype=np.int64), rows["done"].to_numpy(dtype=bool)
    number = rows["number"].to_numpy(dtype=np.float64)
    order = np.argsort(days, kind="stable")
    days, done, number, place = days[order], done[order], number[order], place[order]
    each = np.bincount(place, number, minlength=many)
    there = float(number.sum())
    starts = np.flatnonzero(np.r_[True, days[1:] != days[:-1]]) if len(days) else np.zeros(0, dtype=np.intp)
    for start, end in zip(starts, np.r_[starts[1:], len(days)], strict=True):
        own = slice(start, end)
        gone = np.bincount(place[own], number[own] * done[own], minlength=many)
        ended = float(gone.sum())
        if ended > 0:
            yield int(days[start]), there, ended, each, gone
        each = each - np.bincount(place[own], number[own], minlength=many)
        there -= float(number[own].sum())
