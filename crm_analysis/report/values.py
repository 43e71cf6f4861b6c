"""Values as a reader sees them, by kind: money, share, count, number, points, measure, date, text, flag.

A kind is decided by `crm_analysis.labels.COLUMNS`, never by the data. The number of decimals is one
for a whole column, so that figures stand under each other; only a measure, whose rows are of different things, has
four digits of its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from crm_analysis.labels import Kind, label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

NUMERIC: frozenset[Kind] = frozenset({"money", "exact", "share", "count", "number", "points", "measure"})


WHOLE_POINTS = 20
"""Points of a scale of 100 from which on a column of them has no decimals."""


def is_missing(value: Any) -> bool:
    """Whether a cell is empty: None, NaN, NaT, NA or an infinity, none of which is a result.

    >>> is_missing(float("inf")), is_missing(0)
    (True, False)
    """
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    try:
        return not math.isfinite(value)
    except (TypeError, ValueError):
        return False


def decimals(values: Iterable[Any], kind: Kind) -> int:
    """Decimals for a column: money 0 from 1,000 on, else 2; exact 2; share 1; numbers by size, 0 to 4.

    Points of a scale of 100 are whole, or have one where all are few.

    >>> decimals([12.5, 1_000.25], "money"), decimals([0.03, 0.2], "number"), decimals([2, 3], "number")
    (0, 3, 0)
    """
    found = [abs(float(value)) for value in values if not is_missing(value)]
    largest = max(found, default=0.0)
    if kind == "share":
        return 1
    if kind == "exact":
        return 2
    if kind == "count" or largest >= 1000 or (kind == "points" and largest >= WHOLE_POINTS):
        return 0
    if kind == "points":
        return 1
    if kind == "money":
        return 2
    if all(value == int(value) for value in found):
        return 0
    return next((places for places, bar in ((1, 100), (2, 1), (3, 0.1)) if largest >= bar), 4)


def text(value: Any, kind: Kind, places: int = 0) -> str:
    """One value as text: thousands separators, percent with one decimal, ISO dates, yes or no.

    A share that would round to nothing or to everything says so.

    >>> text(0.04266, "measure"), text(1497.3, "measure")
    ('0.04266', '1,497')
    >>> text(1234567.5, "money"), text(0.1234, "share"), text(0.0001, "share"), text(0.9999, "share")
    ('1,234,568', '12.3%', '<0.1%', '>99.9%')
    """
    if is_missing(value):
        return label("unknown")
    if kind == "share":
        return _percent(float(value))
    if kind == "measure" and value:
        places = max(0, 3 - math.floor(math.log10(abs(value))))
    if kind in NUMERIC:
        written = f"{value:,.{places}f}"
        return written.lstrip("-") if not written.strip("-0.,") else written
    if kind == "date":
        return str(value.date() if hasattr(value, "date") else value)[:10]
    if kind == "flag":
        return label("yes") if value else label("no")
    return str(value)


def texts(values: Sequence[Any], kind: Kind) -> list[str]:
    """A column as texts, with one number of decimals for all of it."""
    places = decimals(values, kind) if kind in NUMERIC else 0
    return [text(value, kind, places) for value in values]


def plain(frame: pd.DataFrame) -> str:
    """The table as plain text for `nbval`: every row and column, floats with at most 4 decimals.

    The same numbers give the same text on every machine whose results agree to 4 decimals.
    """
    import pandas as pd

    shown = pd.DataFrame(
        {name: [_rounded(value) for value in frame[name]] for name in frame.columns},
        columns=frame.columns,
        dtype=object,
    )
    with pd.option_context("display.max_colwidth", None, "display.unicode.east_asian_width", False):
        return shown.to_string(index=False)


def _percent(value: float) -> str:
    written = f"{value:.1%}"
    if written in {"0.0%", "-0.0%"}:
        return "0.0%" if value == 0 else ("<0.1%" if value > 0 else ">-0.1%")
    return ">99.9%" if written == "100.0%" and value < 1 else written


def _rounded(value: Any) -> str:
    if is_missing(value):
        return ""
    if hasattr(value, "as_tuple") or isinstance(value, float):
        written = f"{float(value):.4f}".rstrip("0").rstrip(".")
        return "0" if written == "-0" else written
    if hasattr(value, "date") and str(value).endswith(" 00:00:00"):
        return str(value.date())
    return " ".join(str(value).split())
