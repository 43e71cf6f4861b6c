"""The effects planted in the story, each with a switch.

With a switch off the same chances are drawn as with it on, so that two books differ only by what the
effect causes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from crm_analysis.errors import BookError


@dataclass(frozen=True)
class Effects:
    """Which of the planted effects are at work; all of them unless switched off."""

    service: bool = True  # bad service raises the risk of leaving
    potential: bool = True  # hidden potential raises the chance to rise
    programme: bool = True  # the programme brings orders and mends service
    silence: bool = True  # the discontented answer surveys less
    effort: bool = True  # effort follows value
    season: bool = True  # orders follow the months
    offices: bool = True  # sales offices have good and bad quarters
    payers: bool = True  # slow payers and write-offs cluster in weak accounts


SWITCHES = tuple(field.name for field in fields(Effects))


def effects(without: Iterable[str] = ()) -> Effects:
    """All effects but those named; BookError names one that does not exist, and those that do.

    >>> effects(["season"]).season
    False
    """
    off = [without] if isinstance(without, str) else list(without)
    for name in off:
        if name not in SWITCHES:
            raise BookError(f"without names {name!r}; the demo's effects are {', '.join(SWITCHES)}")
    return Effects(**dict.fromkeys(off, False))
