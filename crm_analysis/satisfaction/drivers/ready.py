"""Ready maps: dimensions that many service surveys have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import listed

if TYPE_CHECKING:
    from crm_analysis.book.questionnaire import Questionnaire

SERVICE = ("reliability", "timeliness", "consistency", "warmth", "facilities")
"""Service quality: it works; it comes in time; it is the same each time; how one is met; what one finds there."""


def service_quality(asks: Questionnaire, items: list[str]) -> dict[str, tuple[str, ...]]:
    """The dimensions of service quality that the survey has, as dimensions of its own or as items.

    Raises BookError if there are fewer than two.
    """
    found = {}
    for name in SERVICE:
        if name in asks.dimensions:
            found[name] = tuple(asks.dimensions[name])
        elif name in items:
            found[name] = (name,)
    if len(found) < 2:
        raise BookError(
            label("service_none", names=listed(SERVICE), found=listed(found) or label("drivers_found_none"))
        )
    return found
