"""Each account's own rhythm: the gap between orders that it seldom exceeds, and how long it is silent against that.

An account's few gaps are told together with those of accounts like it: the logarithms of gaps vary within an account
and between accounts, and what is not known of the account itself comes from the others (empirical Bayes; Efron & Morris
1975, Fay & Herriot 1979). Gaps of any length count; the silence that goes on today is none yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.book.days import last_known
from crm_analysis.churn.definition.purchases import purchases
from crm_analysis.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from crm_analysis.book.book import Book

QUANTILE = 0.9
"""The share of an account's gaps that are no longer than its rhythm."""
LEAST = 20
"""Accounts with two gaps that a segment needs to speak for itself; with fewer the whole book speaks for it."""
_LEAST_WORTH = 2.0  # an inverse gamma of a finite variance is worth more
_LOGS = "decimal(18, 9)"


def rhythm(book: Book, as_of: str | dt.date, by: pd.Series | None = None, quantile: float = QUANTILE) -> pd.DataFrame:
    """One row per account that has ordered, as known on `as_of`, sorted by account_id.

    Columns: account_id, gaps (between order days), last_order, rhythm_days (the gap that it exceeds in one of ten cases
    at quantile 0.9; NaN where nobody in the book ordered twice), silent_days (since the last order), silence_ratio (the
    one over the other). `by` gives each account's segment, by account_id. Raises UserError for a quantile that is none.
    """
    import pandas as pd

    day = last_known(book.as_of(as_of))
    sums = gap_sums(book, [day])
    segments = None if by is None else sums["account_id"].map(by)
    sums["rhythm_days"] = shrunk(sums, segments, quantile)
    sums["silent_days"] = (pd.Timestamp(day) - sums["last_order"]).dt.days
    sums["silence_ratio"] = sums["silent_days"] / sums["rhythm_days"]
    return sums[["account_id", "gaps", "last_order", "rhythm_days", "silent_days", "silence_ratio"]]


def gap_sums(book: Book, dates: Iterable[str | dt.date]) -> pd.DataFrame:
    """What rhythms are told from, on each date as known then: one row per date and account that had ordered by then.

    Columns: as_of, account_id, gaps (between successive order days), log_sum, log_square_sum (of their logarithms, in
    days), last_order; sorted by as_of and account_id. The orders are read once for all dates.
    """
    import numpy as np
    import pandas as pd

    days = sorted({as_date(date) for date in dates})
    if not days:
        raise UserError("gap_sums: there is no date; expected at least one, such as 2026-09-30.")
    known = book.as_of(days[-1])
    rows = purchases(known)
    # between two dates an account's sums only grow: what each stretch adds is summed by the engine
    stretch = ibis.cases(*((rows.ordered_on <= ibis.literal(day), place) for place, day in enumerate(days)), else_=-1)
    log = rows.ordered_on.delta(rows.before, unit="day").cast("float64").fill_null(1.0).ln()
    rows = rows.mutate(stretch=stretch, one=log.cast(_LOGS), two=(log * log).cast(_LOGS))
    sums = rows.group_by("account_id", "stretch").agg(
        gaps=rows.before.count(),
        log_sum=rows.one.sum(),
        log_square_sum=rows.two.sum(),
        last_order=rows.ordered_on.max(),
    )
    logs = ("log_sum", "log_square_sum")
    found = engine.frame(sums.mutate(**{name: sums[name].cast("float64") for name in logs}))
    at, names = pd.factorize(found["account_id"].to_numpy(object), sort=True)
    cell = (found["stretch"].to_numpy("int64"), at)
    parts: dict[str, Any] = {"gaps": found["gaps"], "last_order": found["last_order"].astype("int64")}
    # whole billionths add up alike, whatever other dates were asked for
    parts |= {name: np.rint(found[name].to_numpy("float64") * 1e9) for name in logs}
    grown = {}
    for name, values in parts.items():
        grid = np.zeros((len(days), len(names)), dtype="int64")
        grid[cell] = values
        grown[name] = np.maximum.accumulate(grid) if name == "last_order" else grid.cumsum(axis=0)
    there = np.zeros((len(days), len(names)), dtype=bool)
    there[cell] = True
    there = np.logical_or.accumulate(there)
    place, account = np.nonzero(there)
    frame = pd.DataFrame({"as_of": np.array(days, dtype="datetime64[ns]")[place], "account_id": names[account]})
    frame["gaps"] = grown["gaps"][there]
    for name in logs:
        frame[name] = grown[name][there] / 1e9
    return frame.assign(last_order=grown["last_order"][there].astype("datetime64[ns]"))


def shrunk(sums: pd.DataFrame, by: pd.Series | None = None, quantile: float = QUANTILE) -> pd.Series:
    """The gap that each row's account exceeds in 1 - `quantile` of cases, in days: a Series with the index of `sums`.

    `sums` is what `gap_sums` returns; dates are told apart. `by` gives the segment of each row, by the index of `sums`;
    a segment with fewer than LEAST accounts of two gaps, and rows without one, are told from the whole book of the day.
    Logarithms of gaps are taken as normal around a mean of the account's own, with a variance of its own; means and
    variances of a segment's accounts scatter around theirs, and the quantile is that of the next gap, with what is not
    known of the account. NaN where nobody has two gaps. Raises UserError for a quantile that is none.
    """
    import pandas as pd

    if not 0 < quantile < 1:
        raise UserError(f"a quantile lies between 0 and 1; found {quantile!r}.")
    result = pd.Series(float("nan"), index=sums.index, name="rhythm_days")
    dates = sums["as_of"] if "as_of" in sums else pd.Series(0, index=sums.index)
    for _, rows in sums.groupby(dates, sort=False):
        whole = _Gaps.of(rows)
        segments = pd.Series(None, index=rows.index, dtype=object) if by is None else by.reindex(rows.index)
        for segment, part in rows.groupby(segments, sort=False, dropna=False, observed=True):
            own: _Gaps | None = None if pd.isna(segment) else _Gaps.of(part)
            gaps = own if own is not None and own.accounts >= LEAST else whole
            if gaps.accounts:
                result[part.index] = gaps.quantile(part, quantile)
    return result


@dataclass(frozen=True)
class _Gaps:
    """Logarithms of the gaps of a segment's accounts: how their means and variances scatter."""

    accounts: int  # with two gaps
    mean: float  # of the accounts' means
    between: float  # their variance
    within: float  # the mean of the accounts' variances
    worth: float  # the mean variance counts as so many degrees of freedom beside an account's own

    @classmethod
    def of(cls, sums: pd.DataFrame) -> _Gaps:
        """The moments; `between` as Paule & Mandel (1982) solve for it, each account counting once."""
        import numpy as np

        count, means, own = _moments(sums)
        two = count > 1
        if not two.any():
            return cls(0, float("nan"), float("nan"), float("nan"), float("nan"))
        # how far the accounts' true variances scatter: Buhlmann's credibility, the noise of a variance being normal's
        free = count[two] - 1
        weight = free / (free + 2)
        within = float(np.average(own[two], weights=weight))
        fourth = float(np.average(own[two] ** 2 / (1 + 2 / free), weights=weight))
        scatter = max(fourth - within**2, 0.0)
        worth = 2 * fourth / scatter if scatter > 0 else float("inf")
        gaps = cls(int(two.sum()), 0.0, 0.0, within, max(worth, _LEAST_WORTH))

        some = count > 0
        means, noise = means[some], gaps.variance(count, own)[some] / count[some]

        def spread(between: float) -> tuple[float, float]:
            """How far the means scatter, 1 being as expected, and their mean."""
            weight = 1 / np.maximum(between + noise, 1e-12)
            mean = float(np.average(means, weights=weight))
            return float((weight * (means - mean) ** 2).sum()) / max(len(means) - 1, 1), mean

        low, high = 0.0, 2 * float(np.var(means)) + 1e-9
        if spread(low)[0] > 1:
            for _ in range(40):
                middle = (low + high) / 2
                low, high = (middle, high) if spread(middle)[0] > 1 else (low, middle)
        return replace(gaps, mean=spread(low)[1], between=low)

    def variance(self, count: np.ndarray, own: np.ndarray) -> np.ndarray:
        """The variance of each account's gaps, its own and the segment's together."""
        import numpy as np

        free = np.maximum(count - 1, 0)
        if np.isinf(self.worth):
            return np.full(len(count), self.within)
        shared: np.ndarray = (free * own + self.worth * self.within) / (free + self.worth)
        return shared

    def quantile(self, sums: pd.DataFrame, quantile: float) -> np.ndarray:
        """The quantile of each account's next gap, in days."""
        import numpy as np
        from scipy.stats import norm, t

        count, means, own = _moments(sums)
        within = self.variance(count, own)
        trust = self.between / np.maximum(self.between + within / np.maximum(count, 1), 1e-12) * (count > 0)
        mean = trust * means + (1 - trust) * self.mean
        free, place = np.unique(np.maximum(count - 1, 0), return_inverse=True)
        if np.isinf(self.worth):
            z = np.full(len(free), norm.ppf(quantile))
        else:  # a variance that is itself uncertain (inverse gamma) makes Student's t of this variance
            degrees = free + self.worth + 2
            z = t.ppf(quantile, degrees) * np.sqrt((degrees - 2) / degrees)
        days: np.ndarray = np.exp(mean + z[place] * np.sqrt(within + self.between * (1 - trust)))
        return days


def _moments(sums: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By account the gaps, the mean of their logarithms (0 without) and the variance (0 with less than two)."""
    import numpy as np

    count, total, squares = (sums[name].to_numpy("float64") for name in ("gaps", "log_sum", "log_square_sum"))
    means = np.divide(total, count, out=np.zeros(len(count)), where=count > 0)
    own = np.divide(squares - total * means, count - 1, out=np.zeros(len(count)), where=count > 1)
    return count, means, np.maximum(own, 0)
