"""The value of every KPI in every quarter, of the company and of groups.

Values are sums over sums, never means of rates: a group's value is not the mean of its accounts', nor the company's
that of its groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import UserError
from crm_analysis.kpi.definitions import KPIS, Kpi
from crm_analysis.kpi.intervals import divided, intervals, total
from crm_analysis.kpi.windows import QUARTER, SEGMENT, Window, checked_dimension, checked_kind, window

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from crm_analysis.kpi.panel import Panel

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

COMPANY = "company"
"""The dimension whose only group, "", is all accounts."""
COLUMNS = ("kpi", "dimension", "group", "quarter", "window", "value", "numerator", "denominator", "accounts", "low",
           "high")  # fmt: skip


def values(panel: Panel, kind: str = QUARTER, by: str | None = None, quarters: int | None = None) -> pd.DataFrame:
    """One row per KPI, group and quarter: the KPIs in their order, then by quarter, then by group.

    Of all quarters of the panel, or of the last `quarters` of them.

    Columns: kpi (its code), dimension (`by`, or "company"), group ("" for the company, for accounts without a word, and
    for those without a value class), quarter (the window's last, such as 2026Q3), window (`kind`), value (in the KPI's
    unit: times its scale), numerator, denominator (NaN for a sum), accounts (with any of the two), low, high (95 %, in
    the unit; NaN for facts, and of one account only: `kpi.intervals`).

    A window that the book does not tell, or does not cover, has no row, and a ratio has none for groups without an
    account; value is NaN where the denominator is not positive. Classes are those before the window (before the window
    of a year before for a KPI that is `paired`), other groups those of its last day.
    UserError for an unknown kind or dimension, or quarters below 1; BookError for a dimension the book does not tell.
    """
    import pandas as pd

    checked_kind(kind)
    if by is not None:
        checked_dimension(panel, by)
    if quarters is not None and quarters < 1:
        raise UserError(f"KPIs are told of one quarter at least; found {quarters!r}.")
    parts: list[tuple[int, int, dict[str, Any]]] = []
    for last in range(max(0, len(panel.ends) - (quarters or len(panel.ends))), len(panel.ends)):
        own = window(panel, kind, last)
        for place, kpi in enumerate(KPIS):
            found = _rows(kpi, own, by) if own.inside and kind in kpi.windows and by not in kpi.apart else None
            if found is not None:
                parts.append((place, last, found))
    parts.sort(key=lambda part: part[:2])
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.DataFrame({name: np.concatenate([found[name] for *_, found in parts]) for name in COLUMNS})


def counted(kpi: Kpi, own: Window, by: str | None) -> tuple[Array, Array | None, Codes, list[str]] | None:
    """Numerator, denominator and group of each account, and the groups' names; None where the window is not told."""
    if kpi.parts is None or kpi.lack(own.panel):
        return None
    placed = grouped(kpi, own, by)
    if placed is None:
        return None
    codes, names = placed
    num, den = kpi.parts(own.within(codes))
    if np.isnan(num).any() or (den is not None and np.isnan(den).any()):
        return None
    return num, den, codes, names


def grouped(kpi: Kpi, own: Window, by: str | None) -> tuple[Codes, list[str]] | None:
    """The group of each account for a KPI in a window, and the groups' names; None where none is known."""
    if by is None:
        return np.zeros(len(own.panel.account_id), dtype=np.int64), [""]
    return (own.before if kpi.paired and by == SEGMENT else own).group(by)


def _rows(kpi: Kpi, own: Window, by: str | None) -> dict[str, Any] | None:
    """The rows of one KPI in one window, by column."""
    found = counted(kpi, own, by)
    if found is None:
        return None
    num, den, codes, names = found
    many = len(names)
    top = total(codes, num, many)
    whole = np.full(many, np.nan) if den is None else total(codes, den, many)
    there = total(codes, np.where((num != 0) | (den is not None and den != 0), 1.0, 0.0), many)
    low, high = intervals(kpi, num, den, codes, many)
    kept = total(codes, np.ones(len(codes)), many) > 0 if den is None else there > 0
    words = {"kpi": kpi.name, "dimension": by or COMPANY, "quarter": own.quarter, "window": own.kind}
    told: dict[str, Any] = {
        "group": np.array(names, dtype=object),
        "value": kpi.scale * (top if den is None else divided(top, whole)),
        "numerator": top,
        "denominator": whole,
        "accounts": there.astype(np.int64),
        "low": kpi.scale * low,
        "high": kpi.scale * high,
    }
    told |= {name: np.full(many, word, dtype=object) for name, word in words.items()}
    return {name: column[kept] for name, column in told.items()}
