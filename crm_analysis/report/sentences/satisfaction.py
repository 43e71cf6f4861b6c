"""What the satisfaction page says of itself: what it lacks, what was left out, and the words its rooms share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.report.sentences import told_or

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_analysis.satisfaction.outlook import Outlook

def lacking(look: Outlook) -> str:
    """What the book has no table or no answers for, and so the page no part; empty where it has all."""
    lacks = [told_or(lambda: look.answers, None) is None and look.why_unheard, look.book.why_not("complaints")]
    return " ".join(lack for lack in lacks if lack)


def notes(look: Outlook) -> str:
    """What was left out of the surveys, or looks odd in them; empty where nothing is."""
    return " ".join(told_or(lambda: look.answers.notes, ()))


def priority_unit(look: Outlook, currency: str) -> str:
    """The currency where priorities are money, empty where they are points."""
    return "" if told_or(lambda: look.worth.priorities.index, True) else currency


def alt(words: Callable[[], str]) -> str:
    """What a figure shows, in words; where the book cannot carry it there is no figure either."""
    return str(told_or(words)) or label("figure_none")
