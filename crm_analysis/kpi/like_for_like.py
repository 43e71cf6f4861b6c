"""KPIs like for like: of the accounts there were before the programme, whatever became of them.

Cutting small accounts lifts revenue per account and the margin rate of those that are left, though nobody sells more.
Of one fixed set of accounts nothing leaves the count: those that were cut, and those that left, are in it with what
they really brought. A rate is told at the set's own mix: what an account still buys of what it bought then counts at
today's rate, what is gone at the rate it really had. Without that a rate would improve by every account lost whose own
was worse. Such a set shrinks by itself, for some leave every year and no new ones join it, and accounts that had a good
year have a worse one; what the set of a year before went through in as long a time, before the programme, is told
beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.definitions import KPIS, Kpi
from crm_analysis.kpi.intervals import divided, half_width, total
from crm_analysis.kpi.values import COMPANY, counted
from crm_analysis.kpi.windows import QUARTER, QUARTERS, SEGMENT, YEAR, Window, checked_dimension, window
from crm_analysis.labels import label

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.kpi.panel import Panel

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]

PER_ACCOUNT = {"minutes_per_account": "minutes", "revenue_per_account": "revenue", "margin_per_account": "margin"}
"""KPIs told per account: like for like, per account of the fixed set, and what they sum."""
RATES = ("margin_rate", "complaints_per_100_orders")
"""KPIs told at the set's own mix."""
LIKE = tuple(kpi for kpi in KPIS if kpi.like_for_like)
COLUMNS = ("kpi", "dimension", "group", "quarter", "plain", "like_for_like", "plain_then", "like_for_like_then",
           "accounts_then", "accounts_cut", "left", "ordering", "plain_change", "like_for_like_change", "low", "high",
           "usual_change")  # fmt: skip


def like_for_like(panel: Panel, kind: str = YEAR, by: str | None = None) -> pd.DataFrame:
    """The KPIs that have such a version, plain and like for like, in each quarter after `panel.baseline`.

    The accounts are those with an order in the year to the baseline; the groups of `by` (SEGMENT: their class of that
    year) are those of that day, and stay. One row per KPI, group and quarter, in the order of KPIS, then by group, then
    by quarter. Columns:

    - kpi, dimension (`by`, or "company"), group, quarter;
    - plain: the KPI as `values` has it, of the accounts there are now; like_for_like: of the fixed set: sums over it;
      per account of it where the KPI is per account, so that an account without an order counts with nothing; RATES at
      the mix of the window before the baseline;
    - plain_then, like_for_like_then: the same in the window before the baseline that compares: of a year, the year to
      the baseline; of one quarter, the same one of the year to the baseline, so that no season comes in;
    - accounts_then (in the fixed set), of these by the quarter's end: accounts_cut (told goodbye since the baseline),
      left (since, and not by our doing), both NaN where the book does not tell, and ordering (with an order in the year
      to it);
    - plain_change, like_for_like_change (now less then), low, high (95 %, of like_for_like_change: the set's accounts
      drawn anew, `intervals.half_width`; NaN below two accounts);
    - usual_change: that of the accounts with an order in the year to the baseline's day a year before, in as long a
      time, as far as that ended by the baseline; NaN where it did not, or the book does not reach back. Accounts that
      had a good year have a worse one, so that the High set falls and the Low one rises by itself: this says how much.

    NaN, too, for what a window does not tell; KPIs that the book does not tell have no rows. UserError for a window of
    another kind than quarter and year, or an unknown dimension. BookError where the baseline is no quarter of the panel
    before its last, or nobody ordered in the year to it.
    """
    import pandas as pd

    if kind not in (QUARTER, YEAR):
        raise UserError(f"like for like is told of a {QUARTER} or a {YEAR}; found {kind!r}.")
    if panel.baseline not in panel.ends[:-1]:
        first, last = panel.ends[0], panel.ends[-1]
        raise BookError(label("kpi_no_baseline", day=panel.baseline, first=first, last=last))
    base = panel.ends.index(panel.baseline)
    if not (panel.classes[base] >= 0).any():
        raise BookError(label("kpi_nobody_ordered", day=panel.baseline))
    codes, names = _groups(panel, base, by)
    rows: list[pd.DataFrame] = []
    for kpi in (kpi for kpi in LIKE if not kpi.lack(panel) and kind in kpi.windows and by not in kpi.apart):
        parts = [_rows(panel, kpi, kind, by, base, last, codes, names) for last in range(base + 1, len(panel.ends))]
        table = pd.concat(parts, ignore_index=True)
        rows.append(table.sort_values(["place", "quarter"], kind="stable").drop(columns="place"))
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(rows, ignore_index=True)


def _groups(panel: Panel, base: int, by: str | None) -> tuple[Codes, list[str]]:
    """The group on the baseline's day of each account of the fixed set, -1 of the others; the groups' names."""
    known = panel.classes[base]
    if by is None:
        codes, names = np.zeros(len(known), dtype=np.int64), [""]
    elif by == SEGMENT:
        codes, names = 2 - known.astype(np.int64), ["High", "Mid", "Low"]
    else:
        codes, names = panel.coded(checked_dimension(panel, by), base)
    return np.where(known >= 0, codes, -1), names


def _rows(
    panel: Panel, kpi: Kpi, kind: str, by: str | None, base: int, last: int, codes: Codes, names: list[str]
) -> pd.DataFrame:
    """The rows of one KPI and quarter, with `place`, the group's."""
    import pandas as pd

    many = len(names)
    now, then = window(panel, kind, last), window(panel, kind, _season(kind, base, last))
    plain, plain_then = (_plain(kpi, own, by, names) for own in (now, then))
    usual = np.full(many, np.nan)
    if base >= QUARTERS and last - QUARTERS <= base:  # that year was over before the programme
        placed, own_names = _groups(panel, base - QUARTERS, by)
        usual = _named(_changed(kpi, now.before, then.before, placed, len(own_names)).change, own_names, names)
    found = _changed(kpi, now, then, codes, many)
    frame = pd.DataFrame(
        {
            "place": np.arange(many),
            "kpi": kpi.name,
            "dimension": by or COMPANY,
            "group": np.array(names, dtype=object),
            "quarter": now.quarter,
            "plain": kpi.scale * plain,
            "like_for_like": kpi.scale * found.now,
            "plain_then": kpi.scale * plain_then,
            "like_for_like_then": kpi.scale * found.then,
            **_fates(panel, base, last, codes, many),
            "plain_change": kpi.scale * (plain - plain_then),
            "like_for_like_change": kpi.scale * found.change,
            "low": kpi.scale * found.low,
            "high": kpi.scale * found.high,
            "usual_change": kpi.scale * usual,
        }
    )
    return frame[frame["accounts_then"] > 0]


class _Changed(NamedTuple):
    """By group, the value of two windows, the change between them, and its interval."""

    now: Array
    then: Array
    change: Array
    low: Array
    high: Array


def _changed(kpi: Kpi, now: Window, then: Window, codes: Codes, many: int) -> _Changed:
    """A KPI of fixed groups of accounts (`codes`) in two windows."""
    own = codes >= 0
    group = codes[own]
    num, num_then, den = (part[own] for part in _parts(kpi, now, then))
    accounts, top, top_then, whole = (total(group, part, many) for part in (np.ones(len(group)), num, num_then, den))
    found, before, change = (divided(part, whole) for part in (top, top_then, top - top_then))
    half = half_width(num - num_then, den, group, many)
    if not kpi.ratio:
        found, before, change, half = (accounts * part for part in (found, before, change, half))
    return _Changed(found, before, change, change - half, change + half)


def _parts(kpi: Kpi, now: Window, then: Window) -> tuple[Array, Array, Array]:
    """By account: numerator now, numerator then, and the denominator of both, which is that of then."""
    many = len(now.panel.account_id)
    nothing = np.full(many, np.nan)
    if kpi.parts is None or not (now.inside and then.inside):
        return nothing, nothing, nothing
    if kpi.name in PER_ACCOUNT:
        name = PER_ACCOUNT[kpi.name]
        return now.sum(name), then.sum(name), np.ones(many)
    (num, den), (num_then, den_then) = kpi.parts(now), kpi.parts(then)
    if den is None or den_then is None:
        return num, num_then, np.ones(many)
    # of what was bought then, as much as is still bought moves from the account's rate then to its rate now
    still = np.where((den > 0) & (den_then > 0), np.minimum(den, den_then), 0.0)
    rate, rate_then = (divided(part, whole) for part, whole in ((num, den), (num_then, den_then)))
    moved = np.where(still > 0, still * (np.nan_to_num(rate) - np.nan_to_num(rate_then)), 0.0)
    known = np.where(np.isnan(num) | np.isnan(den), np.nan, 0.0)
    return num_then + moved + known, num_then, den_then


def _season(kind: str, base: int, last: int) -> int:
    """The last quarter of the window before the baseline that one ending with `last` compares with."""
    return base if kind == YEAR else last - QUARTERS * -(-(last - base) // QUARTERS)


def _plain(kpi: Kpi, at: Window, by: str | None, names: list[str]) -> Array:
    """The KPI of these groups as `values` has it; NaN where it is not told."""
    found = counted(kpi, at, by) if at.inside else None
    if found is None:
        return np.full(len(names), np.nan)
    num, den, codes, own = found
    top = total(codes, num, len(own))
    return _named(top if den is None else divided(top, total(codes, den, len(own))), own, names)


def _named(values: Array, own: list[str], names: list[str]) -> Array:
    """Values of groups named `own`, for those named `names`; NaN where there is none."""
    at = {name: place for place, name in enumerate(own)}
    return np.array([values[at[name]] if name in at else np.nan for name in names])


def _fates(panel: Panel, base: int, last: int, codes: Codes, many: int) -> dict[str, Array]:
    """How many accounts the fixed set has by group, and what became of them by a quarter's end."""
    own = codes >= 0
    since = slice(base + 1, last + 1)

    def count(flags: Flags) -> Array:
        return total(codes, np.where(own & flags, 1.0, 0.0), many)

    def events(name: str) -> Array:
        if name not in panel.measures:
            return np.full(many, np.nan)
        return count(np.nan_to_num(panel.measures[name][since]).sum(axis=0) > 0)

    return {
        "accounts_then": count(own),
        "accounts_cut": events("cut"),
        "left": events("left_them"),
        "ordering": count(panel.classes[last] >= 0),
    }
