"""How figures of the KPI page and their changes are written: as short as they can be read, by unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.report.values import is_missing, text

if TYPE_CHECKING:
    from collections.abc import Callable

RELATIVE = ("money", "number", "minutes")
"""Units whose change is told as a share of what was; that of the others in their own unit."""


def figure(value: float, unit: str, currency: str = "") -> str:
    """One figure of a unit, as short as it can be read: EUR 24.3M, 23.6%, 4.2 days."""
    if is_missing(value):
        return label("unknown")
    if unit == "money":
        return f"{currency} {short(value)}".strip()
    if unit == "share":
        return text(value, "share")
    if unit == "count":
        return text(value, "count")
    words = whole(value) if abs(value) >= 100 or unit == "points" else plain(value)
    return label(f"unit_{unit}").format(n=words) if unit in ("days", "minutes") else words


def short(amount: float) -> str:
    """An amount in three digits or so: 24.3M, 153k, 980."""
    for size, mark in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= 0.9995 * size:
            part = amount / size
            return f"{part:,.{0 if abs(part) >= 100 else 1}f}{mark}"
    return f"{amount:,.0f}"


def changed(change: float, low: float, high: float, before: float, unit: str) -> str:
    """A change with its sign and its 95 % interval, where it has one: +5.2% (-1.2% to 11.9%), +1.3 points."""
    if is_missing(change):
        return label("unknown")
    by, write = 1.0, plain
    if unit in RELATIVE and before > 0:
        by, write = before, percent
    elif unit == "money":
        return label("unknown")
    elif unit == "share":
        write = points
    elif unit in ("points", "count"):
        write = whole
    words = signed(change / by, write)
    if unit in ("share", "days"):
        words = label("unit_percent_points" if unit == "share" else "unit_days").format(n=words)
    return words + between(low / by, high / by, write)


def between(low: float, high: float, write: Callable[[float], str]) -> str:
    """An interval in brackets after a figure; nothing where it is not known."""
    if is_missing(low) or is_missing(high):
        return ""
    return f" ({label('from_to').format(low=write(low), high=write(high))})"


def signed(value: float, write: Callable[[float], str]) -> str:
    """A change with its sign; without one where it rounds to nothing."""
    words = write(value)
    return f"+{words}" if value > 0 and words.strip("0.,%") else words


def percent(value: float) -> str:
    """A share of what was, in percent."""
    return _bare(f"{100 * value:,.1f}%")


def points(value: float) -> str:
    """A difference of shares, in percentage points."""
    return _bare(f"{100 * value:,.1f}")


def plain(value: float) -> str:
    """A number with as many digits as can be read."""
    return _bare(f"{value:,.2f}" if 0 < abs(value) < 10 else f"{value:,.1f}" if value else "0")


def whole(value: float) -> str:
    """A number without digits behind the point."""
    return _bare(f"{value:,.0f}")


def _bare(words: str) -> str:
    """Nothing has no sign."""
    return words if words.strip("-0.,%") else words.lstrip("-")


def lowered(words: str) -> str:
    """A name within a sentence: its first letter small, unless the word is an abbreviation."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
