"""Which parts of a pack a book unlocks: what each needs at all, told from the book's own tables and days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from crm_analysis.book.days import first_known
from crm_analysis.errors import ReportError
from crm_analysis.labels import label
from crm_analysis.periods import before

if TYPE_CHECKING:
    from crm_analysis.book import Book

YEAR = "12M"
"""What accounts brought is told of a year, so a shorter past says nothing of who stays or what comes."""


def locked(book: Book, day: dt.date, growth_horizon: str = YEAR, kpi_window: str = "year") -> dict[str, str]:
    """The parts of which the page of that day could only say that it cannot be told, each with what it needs.

    `growth_horizon` is the potential page's parameter, `kpi_window` that of the KPIs.
    """
    known = book.as_of(day)
    found = {part: need(known) for part, need in _needs(growth_horizon, kpi_window).items()}
    return {part: why for part, why in found.items() if why}


def refuse_locked(lacks: dict[str, str], asked: Iterable[str]) -> None:
    """Raises ReportError for a part that is asked for by name and locked, saying what it needs."""
    for part in asked:
        if part in lacks:
            raise ReportError(label("locked_asked", part=part, needs=lacks[part]))


def _needs(growth_horizon: str, kpi_window: str) -> dict[str, Callable[[Book], str]]:
    """What each part needs, of the book as known on the day; "" where it has it."""
    return {
        "segmentation": _orders,
        "value": partial(_reach, windows=[YEAR]),
        "retention": partial(_reach, windows=[YEAR]),
        "satisfaction": _voices,
        "potential": partial(_reach, windows=[YEAR, growth_horizon]),
        "plan": _orders,
        "what_if": _orders,
        "kpi": partial(_reach, windows=[YEAR]) if kpi_window == "year" else _orders,
    }


def _orders(known: Book) -> str:
    """At least one order line."""
    if first_known(known) is not None:
        return ""
    return label("locked_orders", day=known.day or known.extracted_on, first=known.kept["first_known"])


def _reach(known: Book, windows: list[str]) -> str:
    """Orders that reach so far back."""
    first = first_known(known)
    if first is None:
        return _orders(known)
    begin = known.day or known.extracted_on
    for window in windows:
        begin = before(begin, window)
    if first <= begin + dt.timedelta(days=1):
        return ""
    return label("locked_reach", begin=begin, first=first)


def _voices(known: Book) -> str:
    """An answer to a survey, or a complaint."""
    for table in ("surveys", "complaints"):
        if known.has(table) and known.table(table).count().execute():
            return ""
    return label("locked_voices")
