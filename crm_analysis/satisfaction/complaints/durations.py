"""How long something lasts that not all have come to the end of: Kaplan-Meier and log-rank, clustered by account.

Complaints of one account are dealt with by the same people and are not independent. The curve is the usual one; its
variance is the sum over accounts of their squared influence on it, which is Greenwood's where each account has one row
(Williams 1995; Ying & Wei 1994), the test's that of the accounts' scores (Lee, Wei & Amato 1992).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.blas import one_thread
from crm_analysis.churn.definition.shares import LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.intp]

EXACT, DRAWS = 1_000, 199
"""Rows up to which groups are compared by permutation, and how often these are drawn."""
_SEED = 20260930
COLUMNS = ("days", "at_risk", "ended", "lasting", "low", "high")


def curve(rows: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """The share that still lasts after so many days: a row for day 0 and each day on which anything ended.

    `rows`: account_id, days (whole, from 0), done (ended; else still lasting when last seen), number (of such rows).
    Columns: days, at_risk (that lasted until that day), ended (on it), lasting (share), low, high (pointwise, on the
    scale of log(-log), by Student's law with one degree of freedom less than accounts; where all or none last, exact
    for as many as there are accounts). `attrs`: "reach", the last day that anything was seen on; what comes later is
    unknown unless the curve is at 0. "watched", up to which day each account was seen, sorted, and "level", from which
    `ended_by` tells how sure it is that nothing ended.
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
        if lasting <= 0:
            low, high = 0.0, 1 - edge
        else:
            error = np.sqrt(factor * float(np.square(influence).sum())) / abs(np.log(lasting))
            low, high = (float(lasting ** np.exp(sign * wide * error)) for sign in (1, -1))
            if not np.isfinite(error):
                low, high = 0.0, 1.0  # of one account nothing is known of others
        found.append((day, int(there), int(ended), lasting, low, high))
    table = pd.DataFrame(found, columns=list(COLUMNS))
    if len(rows) and (table.empty or table["days"].iloc[0] > 0):
        start = pd.DataFrame([(0, int(rows["number"].sum()), 0, 1.0, edge, 1.0)], columns=list(COLUMNS))
        table = pd.concat([start, table], ignore_index=True) if len(table) else start
    table = table.astype({"days": np.int64, "at_risk": np.int64, "ended": np.int64})
    watched = rows.groupby("account_id")["days"].max().sort_values()
    table.attrs |= {"reach": int(watched.max()) if many else 0, "watched": tuple(watched), "level": level}
    return table


def ended_by(steps: pd.DataFrame, days: Sequence[int]) -> pd.DataFrame:
    """The share that had ended after so many days, of a `curve`: days, share, low, high; NaN beyond its reach.

    Where nothing had ended, high is exact for as many accounts as were still seen on that day.
    """
    import pandas as pd

    known = steps["days"].to_numpy()
    rows = []
    for day in days:
        place = int(np.searchsorted(known, day, "right")) - 1
        inside = place >= 0 and (day <= steps.attrs["reach"] or steps["lasting"].iloc[place] <= 0)
        if inside:
            own = steps.iloc[place]
            low = own["low"]
            if own["lasting"] >= 1:
                seen = len(steps.attrs["watched"]) - int(np.searchsorted(steps.attrs["watched"], day))
                low = ((1 - steps.attrs["level"]) / 2) ** (1 / seen)
            rows.append((day, 1 - own["lasting"], 1 - own["high"], 1 - low))
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
    """Whether groups last alike: how many groups there are, and p of the log-rank test; NaN if they cannot be compared.

    `groups` names each row's group. What a group's ends exceed their expectation by is added up by account, and the
    sums of squares of these estimate the covariance. Up to EXACT rows p is that of a permutation test of this
    statistic (Chung & Romano 2013): groups change hands between accounts where each account has one, else between rows.
    Of more rows Hotelling's F law stands for it; among few accounts that would find differences too often.
    """
    import pandas as pd

    table = rows.assign(group=groups.to_numpy(dtype=str)).sort_values(["account_id", "days", "done", "group"])
    owner, names = pd.factorize(table["account_id"], sort=True)
    own, kinds = pd.factorize(table["group"], sort=True)
    if len(kinds) < 2 or len(names) < 3:
        return len(kinds), float("nan")
    if table["number"].sum() > EXACT:
        return len(kinds), _by_law(table, owner.astype(np.intp), own.astype(np.intp), len(names), len(kinds))
    each = np.repeat(np.arange(len(table)), table["number"].to_numpy())
    with one_thread():  # its matrices are small: threads would only wait for each other
        return len(kinds), _by_permutation(table.iloc[each], owner[each].astype(np.intp), own[each].astype(np.intp))


def _by_law(table: pd.DataFrame, owner: Places, own: Places, many: int, width: int) -> float:
    """The p of the log-rank statistic by Hotelling's F law."""
    from scipy.stats import f as fisher

    scores = np.zeros((many, width))
    for _, there, ended, each, gone in _days(table, owner * width + own, many * width):
        at, went = each.reshape(many, width), gone.reshape(many, width)
        excess = went - at * (ended / there)
        scores += excess - np.outer(excess.sum(axis=1), at.sum(axis=0) / there)
    statistic, free = _statistic(scores)
    if not free or many <= free:
        return float("nan")
    # of sums of squares about 0; about their mean it is Hotelling's
    squared = statistic / max(1 - statistic / many, 1e-9) * (many - 1) / many
    return float(fisher.sf(squared * (many - free) / (free * (many - 1)), free, many - free))


def _by_permutation(table: pd.DataFrame, owner: Places, own: Places) -> float:
    """The p of the log-rank statistic where groups are drawn anew among accounts, or rows."""
    days, done = table["days"].to_numpy(dtype=np.int64), table["done"].to_numpy(dtype=bool)
    times = np.unique(days[done])
    if not len(times):
        return float("nan")
    there = days[:, None] >= times
    ends = (days[:, None] == times) & done[:, None]
    share = there / there.sum(axis=0)
    moves = ends - there * (ends.sum(axis=0) / there.sum(axis=0))
    # what a row adds to the scores is linear in who is of which group
    weights = np.diag(moves.sum(axis=1)) - moves @ share.T
    weights = np.add.reduceat(weights, np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]), axis=0)
    kinds = np.eye(int(own.max()) + 1)
    first = own[np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])]
    whole = bool((own == first[owner]).all())
    found, free = _statistic(weights @ kinds[own])
    if not free:
        return float("nan")
    rng = np.random.default_rng(_SEED)
    reached = 0
    for _ in range(DRAWS):
        drawn = rng.permutation(first)[owner] if whole else rng.permutation(own)
        reached += _statistic(weights @ kinds[drawn])[0] >= found * (1 - 1e-9)
    return (1 + reached) / (1 + DRAWS)


def _statistic(scores: Array) -> tuple[float, int]:
    """The squared length of the sum of scores (accounts x groups), by their sums of squares; its degrees of freedom."""
    spread = scores.T @ scores
    sizes, ways = np.linalg.eigh(spread)
    real = sizes > 1e-9 * max(float(sizes[-1]), 1e-12)
    excess = scores.sum(axis=0) @ ways
    return float((excess[real] ** 2 / sizes[real]).sum()), int(real.sum())


def _days(rows: pd.DataFrame, place: Places, many: int) -> Iterator[tuple[int, float, float, Array, Array]]:
    """Day by day on which anything ended: how many lasted until it and ended on it, in all and by place."""
    if rows.empty:
        return
    days, done = rows["days"].to_numpy(dtype=np.int64), rows["done"].to_numpy(dtype=bool)
    number = rows["number"].to_numpy(dtype=np.float64)
    order = np.argsort(days, kind="stable")
    days, done, number, place = days[order], done[order], number[order], place[order]
    each: Array = np.bincount(place, number, minlength=many).astype(np.float64)
    there = float(number.sum())
    starts = np.flatnonzero(np.r_[True, days[1:] != days[:-1]])
    for start, end in zip(starts, np.r_[starts[1:], len(days)], strict=True):
        own = slice(start, end)
        gone: Array = np.bincount(place[own], number[own] * done[own], minlength=many).astype(np.float64)
        ended = float(gone.sum())
        if ended > 0:
            yield int(days[start]), there, ended, each, gone
        each = each - np.bincount(place[own], number[own], minlength=many)
        there -= float(number[own].sum())
