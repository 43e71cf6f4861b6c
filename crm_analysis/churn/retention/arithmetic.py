"""The plain arithmetic of retention, and what the book says to it.

At 80 % a year, 33 of a hundred accounts are left after five years. That holds if an account is as likely to leave in
its fifth year as in its first, which is seldom so.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.churn.definition.shares import wilson
from crm_analysis.churn.retention.curves import LEVEL, survival_at
from crm_analysis.churn.retention.tenures import YEAR, or_none
from crm_analysis.errors import UserError
from crm_analysis.periods import after, quarter_end

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.churn.definition import Spells

    Array = NDArray[np.float64]

EXPECTED = 5.0
"""Years in which fewer accounts were to be expected to go are counted with their neighbour in a test."""
CONSTANT, CHANGES, OPEN = "not refuted", "refuted", "cannot be said"


def left_after(rate: float, years: int = 5) -> pd.DataFrame:
    """What a yearly retention of `rate` comes to if it stays the same: years (1, 2, ...), still_there, gone (shares).

    >>> left_after(0.8)["gone"].round(2).tolist()
    [0.2, 0.36, 0.49, 0.59, 0.67]
    """
    import pandas as pd

    _rate(rate)
    number = np.arange(1, years + 1)
    return pd.DataFrame({"years": number, "still_there": rate**number, "gone": 1 - rate**number})


def yearly_retention(spells: Spells, level: float = LEVEL) -> pd.DataFrame:
    """The share of accounts there at each quarter's end that were still there a year later, as far as that is decided.

    Columns: quarter, day, until (a year on), accounts, kept, left, ours, closed (who had gone, by kind), retention,
    low, high (Wilson). There on a day are the accounts between their first order (or contract) and the last before
    leaving, as known by hindsight; so who was silent for good already is not counted, as it would be in
    `Spells.there`, which answers what was known that day. Quarters run from `spells.whole_from`, before which accounts
    are not all seen; in consecutive rows three quarters of the year are the same. No rows if the book is too short.
    """
    import pandas as pd

    rows = []
    frame = spells.frame
    for quarter, day in _quarter_ends(spells.whole_from, spells.decided_until):
        until = after(day, "12M")
        if until > spells.decided_until:
            break
        there = frame[(frame["began"] <= pd.Timestamp(day)) & (pd.Timestamp(day) <= frame["last"])]
        kind = there["kind"].where(there["last"] < pd.Timestamp(until), "stayed")
        counts = [int((kind == name).sum()) for name in ("stayed", "left", "ours", "closed")]
        rows.append((quarter, pd.Timestamp(day), pd.Timestamp(until), len(there), *counts))
    columns = ["quarter", "day", "until", "accounts", "kept", "left", "ours", "closed"]
    table = pd.DataFrame(rows, columns=columns)
    kept, many = table["kept"].to_numpy(float), table["accounts"].to_numpy(float)
    low, high = wilson(kept, many, level)
    retention = np.divide(kept, many, out=np.full(len(table), np.nan), where=many > 0)
    return table.assign(retention=retention, low=low, high=high)


def followed(spells: Spells, rate: float, level: float = LEVEL) -> pd.DataFrame:
    """The accounts there at the first quarter's end that is whole, one, two, ... years later, beside a constant `rate`.

    Columns: day, years, accounts, kept, share, low, high (Wilson), constant (rate to the power of years), agrees (it
    lies within the interval). Accounts of all ages, as a rate a year is counted; no rows if the book is too short.
    """
    import pandas as pd

    _rate(rate)
    frame, rows = spells.frame, []
    for _, day in _quarter_ends(spells.whole_from, spells.decided_until)[:1]:
        there = frame[(frame["began"] <= pd.Timestamp(day)) & (pd.Timestamp(day) <= frame["last"])]
        years = 1
        while len(there) and (until := after(day, f"{years}Y")) <= spells.decided_until:
            kept = int((there["last"] >= pd.Timestamp(until)).sum())
            low, high = map(float, wilson(kept, len(there), level))
            share, constant = kept / len(there), rate**years
            rows.append(
                (pd.Timestamp(day), years, len(there), kept, share, low, high, constant, low <= constant <= high)
            )
            years += 1
    columns = ["day", "years", "accounts", "kept", "share", "low", "high", "constant", "agrees"]
    return pd.DataFrame(rows, columns=columns)


def beside_curve(steps: pd.DataFrame, rate: float, years: int = 5) -> pd.DataFrame:
    """A constant retention of `rate` a year beside a curve of `curves`: who is still there after so many years.

    Columns: group, years, constant (rate to the power of the years since the curve starts), survival, low, high, agrees
    (the constant lies within the interval; None where the curve does not reach). A rate counted over all accounts and
    a curve from the first order may differ although both are right: most of those counted were past the first year.
    """
    _rate(rate)
    table = survival_at(steps, range(1, years + 1))
    constant = rate ** (table["years"] - table["from_years"])
    constant = constant.where(table["years"] >= table["from_years"])
    agrees = or_none(constant.between(table["low"], table["high"]).where(table["low"].notna()))
    table.insert(2, "constant", constant)
    return table.drop(columns="from_years").assign(agrees=agrees)


def by_year_of_tenure(frame: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """How many accounts of `tenures` went in their first year, their second, and so on.

    Columns: year (1, 2, ...), account_years (spent at risk in it), gone, rate (gone per account and year), low, high
    (exact Poisson; Garwood 1936).
    """
    import pandas as pd
    from scipy.stats import chi2

    entry, duration = (frame[name].to_numpy(float) / YEAR for name in ("entry", "duration"))
    number = np.arange(1, int(np.ceil(duration.max())) + 1 if len(frame) else 1)
    spent = np.array([np.maximum(np.minimum(duration, n) - np.maximum(entry, n - 1), 0).sum() for n in number])
    year_gone = np.ceil(duration[frame["gone"].to_numpy(bool)]).astype(int)
    gone = np.bincount(year_gone, minlength=len(number) + 1)[1:].astype(float) if len(number) else np.zeros(0)
    tail = (1 - level) / 2
    low, high = chi2.ppf(tail, 2 * np.maximum(gone, 0.5)) / 2, chi2.isf(tail, 2 * gone + 2) / 2
    table = pd.DataFrame({"year": number, "account_years": spent, "gone": gone.astype(np.int64)})
    years = np.where(spent > 0, spent, np.nan)  # nobody may have been seen at an age between two that were
    return table.assign(rate=gone / years, low=np.where(gone > 0, low, 0.0) / years, high=high / years)


def constancy(by_year: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Whether accounts leave as often in every year of tenure: one row, statistic, df, p, verdict.

    Pearson's chi squared of the numbers gone against one rate for all years, years with fewer than 5 to be expected put
    together with the next. The verdict is "refuted", "not refuted", or, with fewer than two years to compare, "cannot
    be said". Not refuted is not proved: few accounts refute nothing.
    """
    import pandas as pd
    from scipy.stats import chi2

    gone, spent = by_year["gone"].to_numpy(float), by_year["account_years"].to_numpy(float)
    expected = spent * gone.sum() / spent.sum() if spent.sum() > 0 else spent
    parts: list[list[float]] = [[0.0, 0.0]]
    for came, awaited in zip(gone, expected, strict=True):
        if parts[-1][1] >= EXPECTED:
            parts.append([0.0, 0.0])
        parts[-1][0] += came
        parts[-1][1] += awaited
    if parts[-1][1] < EXPECTED and len(parts) > 1:
        last = parts.pop()
        parts[-1] = [parts[-1][0] + last[0], parts[-1][1] + last[1]]
    df = len(parts) - 1
    if df < 1:
        return pd.DataFrame({"statistic": [np.nan], "df": [0], "p": [np.nan], "verdict": [OPEN]})
    statistic = sum((came - awaited) ** 2 / awaited for came, awaited in parts)
    p = float(chi2.sf(statistic, df))
    verdict = CHANGES if p < 1 - level else CONSTANT
    return pd.DataFrame({"statistic": [statistic], "df": [df], "p": [p], "verdict": [verdict]})


def revenue_retention(frame: pd.DataFrame) -> pd.DataFrame:
    """What became within a year of the revenue of the year before: one row, from `accounts` with a window of a year.

    Columns: start (last year's revenue of the accounts that brought any), contraction (less from accounts that still
    ordered), lost (from those that no longer did: no order in the window, whatever the definition of leaving),
    expansion (more from accounts that still ordered), gross ((start - contraction - lost) / start), net (the same with
    expansion; what these accounts bring now of what they brought), new (revenue of accounts with none before, in no
    rate). All NaN if the book does not reach back two windows.
    """
    import pandas as pd

    before, now = frame["revenue_before"], frame["revenue"]
    had = before > 0
    gone = had & ~frame["active"].astype(bool)
    stayed = had & ~gone
    change = (now - before).where(had, 0.0)
    sums = {
        "start": before[had].sum(),
        "contraction": -change[stayed & (change < 0)].sum(),
        "lost": -change[gone].sum(),
        "expansion": change[stayed & (change > 0)].sum(),
        "new": now[~had].sum(),
    }
    if before.isna().all():
        sums = dict.fromkeys(sums, np.nan)
    base = sums["start"] if sums["start"] > 0 else np.nan
    kept = sums["start"] - sums["contraction"] - sums["lost"]
    rates = {"gross": kept / base, "net": (kept + sums["expansion"]) / base}
    row = {name: float(value) + 0.0 for name, value in (sums | rates).items()}
    return pd.DataFrame([row])[["start", "contraction", "lost", "expansion", "gross", "net", "new"]]


def _quarter_ends(first: dt.date, last: dt.date) -> list[tuple[str, dt.date]]:
    names = (f"{year}Q{number}" for year in range(first.year, last.year + 1) for number in (1, 2, 3, 4))
    return [(name, end) for name in names if first <= (end := quarter_end(name)) <= last]


def _rate(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise UserError(f"a retention is a share from 0 to 1, such as 0.8; found {rate!r}.")
