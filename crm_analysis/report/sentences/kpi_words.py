"""How figures of the KPI page and their changes are written: as short as they can be read, by unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.kpi.windows import CLASSES
from crm_analysis.labels import label
from crm_analysis.labels.language import bracketed, language
from crm_analysis.report.values import is_missing, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_analysis.kpi.definitions import Kpi

RELATIVE = ("money", "number", "minutes")
"""Units whose change is told as a share of what was; that of the others in their own unit."""
TIMES = ("days", "minutes")
"""Units that are named behind a figure, once for both ends of an interval."""
SOLD = ("revenue", "revenue_per_account", "net_revenue_retention")
"""KPIs that only returns of more than was bought can take below nothing, and revenue growth below -100 %."""
EVERYTHING = (float("-inf"), float("inf"))


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
    words = _bare_figure(value, unit)
    return label(f"unit_{unit}", n=words) if unit in TIMES else words


def _bare_figure(value: float, unit: str) -> str:
    if abs(value) >= 100 or unit == "points":
        return whole(value)
    return tenths(value) if unit in (*TIMES, "number") else plain(value)


def ends(low: float, high: float, unit: str, currency: str = "") -> str:
    """Limits of a figure, the unit once: 0.0 to 84.7 days; EUR 1.2M to EUR 1.9M."""
    if unit not in TIMES or is_missing(low) or is_missing(high):
        return label("from_to", low=figure(low, unit, currency), high=figure(high, unit, currency))
    words = label("from_to", low=_bare_figure(low, unit), high=_bare_figure(high, unit))
    return label(f"unit_{unit}", n=words)


def short(amount: float) -> str:
    """An amount in three digits or so: 24.3M, 153k, 980."""
    for size, mark in language().large:
        if abs(amount) >= 0.9995 * size:
            part = amount / size
            return f"{part:,.{0 if abs(part) >= 100 else 1}f}{mark}"
    return f"{amount:,.0f}"


def within(kpi: Kpi, now: float, before: float) -> tuple[float, float]:
    """What a KPI's figure can be, in its unit: `Kpi.within`, and no revenue below nothing.

    Returns may make an account's revenue negative, so a Kpi leaves that open; of figures that both are not, no interval
    needs to say it.
    """
    least, most = (kpi.scale * end for end in kpi.within)
    floor = {"revenue_growth": -1.0} | dict.fromkeys(SOLD, 0.0)
    if kpi.name in floor and now >= floor[kpi.name] and before >= floor[kpi.name]:
        least = max(least, floor[kpi.name])
    return least, most


def cut(
    change: float, low: float, high: float, now: float, can_be: tuple[float, float] = EVERYTHING
) -> tuple[float, float]:
    """An interval of a change, no further than the figure now can be from what it is held against.

    What it is held against (the figure then; with the season taken off, the one expected) is `now` less the change. An
    interval is symmetric and knows nothing of that: it would let a sum that cannot be negative fall by more than
    100 %, and a share of 30 % rise by 80 points. Both ends NaN where both are out of reach: it then says nothing.
    """
    least, most = change - (now - can_be[0]), change + (can_be[1] - now)
    if low < least and high > most:
        return float("nan"), float("nan")
    return max(low, least) if low < least else low, min(high, most) if high > most else high


def change_parts(
    change: float,
    low: float,
    high: float,
    before: float,
    unit: str,
    now: float = float("nan"),
    can_be: tuple[float, float] = EVERYTHING,
) -> tuple[str, str]:
    """A change with its sign, +5.2% or +1.3 points, and its 95 % interval, -1.2% to 11.9%, "" where it has none.

    `can_be`: what the figure can be (`within`), beyond which no interval is shown (`cut`); it needs the figure `now`.
    The interval is "–" where both ends lie beyond.
    """
    if is_missing(change):
        return label("unknown"), ""
    had = not (is_missing(low) or is_missing(high))
    low, high = cut(change, low, high, now, can_be)
    told = [abs(value) for value in (change, low, high) if not is_missing(value)]
    by, write = 1.0, tenths if unit in TIMES or max(told) >= 10 else hundredths
    if unit in RELATIVE and before > 0:
        by, write = before, percent
    elif unit == "money":
        return label("unknown"), ""
    elif unit == "share":
        write = points
    elif unit in ("points", "count"):
        write = whole
    words = signed(change / by, write)
    if unit in ("share", "days"):
        words = label("unit_percent_points" if unit == "share" else "unit_days", n=words)
    if had and is_missing(low):
        return words, label("unknown")
    return words, _range(low / by, high / by, write)


def changed(
    change: float,
    low: float,
    high: float,
    before: float,
    unit: str,
    now: float = float("nan"),
    can_be: tuple[float, float] = EVERYTHING,
) -> str:
    """A change with its sign and its interval in brackets (`change_parts`): +5.2% (-1.2% to 11.9%), +1.3 points."""
    words, told = change_parts(change, low, high, before, unit, now, can_be)
    return words + bracketed(told)


def between(low: float, high: float, write: Callable[[float], str]) -> str:
    """An interval in brackets after a figure; nothing where it is not known."""
    return bracketed(_range(low, high, write))


def _range(low: float, high: float, write: Callable[[float], str]) -> str:
    if is_missing(low) or is_missing(high):
        return ""
    return label("from_to", low=write(low), high=write(high))


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


def tenths(value: float) -> str:
    """A number with one digit behind the point."""
    return _bare(f"{value:,.1f}")


def hundredths(value: float) -> str:
    """A number with two digits behind the point."""
    return _bare(f"{value:,.2f}" if value else "0")


def whole(value: float) -> str:
    """A number without digits behind the point."""
    return _bare(f"{value:,.0f}")


def _bare(words: str) -> str:
    """Nothing has no sign."""
    return words if words.strip("-0.,%") else words.lstrip("-")


def lowered(words: str) -> str:
    """A name within a sentence: its first letter small, unless the word is an abbreviation or a value class."""
    kept = words[:2].isupper() or words.split(" ")[0] in CLASSES
    return words if kept else words[:1].lower() + words[1:]
