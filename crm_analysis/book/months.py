"""Order lines by month, source and size: months that are missing, and changes of scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import ibis

from crm_analysis.book.warn import Oddity

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 30
"""Lines that make a month's or a source's middle line more than chance."""
FACTOR = 50
"""Middle lines this many times apart are no season: thousands against units, or cents, show as 1,000 or 100."""
AROUND = 6
"""Months before a month, or after it where fewer than 3 come before, that it is compared with."""
_SHOWN = 24


def months(lines: ibis.Table) -> pd.DataFrame:
    """Order lines counted by month (int: year * 12 + month - 1), source (or null) and size, from one query.

    `size` is the decimal logarithm of the amount without its sign, to one place; empty for an amount of 0.
    """
    size = lines.revenue.abs().cast("float64").nullif(0).log10().cast("decimal(6, 1)")
    source = lines.source if "source" in lines.columns else ibis.null("string")
    number = lines.ordered_on.year() * 12 + lines.ordered_on.month() - 1
    frame = lines.group_by(month=number, source=source, size=size).agg(lines=lines.count()).execute()
    frame["size"] = frame["size"].astype(float)
    return frame.sort_values(["month", "source", "size"]).reset_index(drop=True)


def odd(by: pd.DataFrame) -> Iterator[Oddity]:
    """Months without orders and changes of scale, of all lines and of each source of several."""
    yield ("month_without_orders", "ordered_on", *_gaps(by))
    several = list(by.groupby("source")) if by["source"].nunique() > 1 else []
    regular = [(name, part) for name, part in several if part.groupby("month")["lines"].sum().median() >= ENOUGH]
    missing = [(name, *_gaps(part)) for name, part in regular]
    shown = "; ".join(f"{name}: {which}" for name, rows, which in missing if rows)
    yield "month_without_orders", "source", sum(rows for _, rows, _ in missing), shown
    jumps = _jumps(by)
    yield "scale_change", "ordered_on", len(jumps), ", ".join(jumps[:_SHOWN])
    within = [f"{name}: {jump}" for name, part in several for jump in _jumps(part)] if not jumps else []
    yield "scale_change", "revenue", len(within), "; ".join(within[:_SHOWN])
    apart = _apart({str(name): part for name, part in several})
    yield "scale_change", "source", len(apart), "; ".join(apart)


def _gaps(by: pd.DataFrame) -> tuple[int, str]:
    """How many months between the first and the last have no line, and which."""
    seen = {int(month) for month in by["month"]}
    gaps = sorted(set(range(min(seen), max(seen) + 1)) - seen)
    return len(gaps), ", ".join(map(_month, gaps[:_SHOWN])) + (" and more" if len(gaps) > _SHOWN else "")


def _month(number: int) -> str:
    return f"{number // 12}-{number % 12 + 1:02d}"


def _middle(by: pd.DataFrame) -> float | None:
    """The size of the middle line; None of too few lines."""
    sized = by.dropna(subset="size").groupby("size")["lines"].sum().sort_index()
    reached = sized.cumsum() >= sized.sum() / 2
    return float(sized.index[reached.argmax()]) if sized.sum() >= ENOUGH else None


def _jumps(by: pd.DataFrame) -> list[str]:
    """Months whose middle line is of another scale than in the months before, or after if those are too few."""
    sizes = {
        month: size
        for month in sorted({int(month) for month in by["month"]})
        if (size := _middle(by[by["month"] == month])) is not None
    }
    order = list(sizes)
    found = []
    for place, month in enumerate(order):
        before, after = order[max(0, place - AROUND) : place], order[place + 1 : place + 1 + AROUND]
        around = before if len(before) >= 3 else after
        if len(around) >= 3 and (shown := _times(sizes[month] - _median([sizes[other] for other in around]))):
            found.append(f"{_month(month)} ({shown})")
    return found


def _apart(parts: dict[str, pd.DataFrame]) -> list[str]:
    """Sources whose middle line is of another scale than the others'; of two the one with fewer lines is named."""
    sizes = {name: size for name, part in parts.items() if (size := _middle(part)) is not None}
    lines = {name: int(part["lines"].sum()) for name, part in parts.items()}
    if len(sizes) == 2:
        (few, size), (_, other) = sorted(sizes.items(), key=lambda item: (lines[item[0]], item[0]))
        shown = _times(size - other)
        return [f"{few} ({shown})"] if shown else []
    found = []
    for name in sorted(sizes):
        others = [size for other, size in sizes.items() if other != name]
        if others and (shown := _times(sizes[name] - _median(others))):
            found.append(f"{name} ({shown})")
    return found


def _median(sizes: list[float]) -> float:
    """The lower of the two in the middle, so that it is one of them."""
    return sorted(sizes)[(len(sizes) - 1) // 2]


def _times(difference: float) -> str:
    """A difference of sizes in words; empty if it is less than FACTOR."""
    factor = 10 ** abs(difference)
    if factor < FACTOR:
        return ""
    return f"about {factor:,.0f} times " + ("larger" if difference > 0 else "smaller")
