"""Examples of what was odd, in the language spoken: the check keeps them in English."""

from __future__ import annotations

import re
from collections.abc import Callable

from crm_analysis.labels import label
from crm_analysis.labels.language import listed

_DAY = r"(\d{4}-\d\d-\d\d) before (\d{4}-\d\d-\d\d)"
_FACTOR = r"about ([\d,]+) times (larger|smaller)"


def examples_said(rule: str, examples: str) -> str:
    """The examples of a rule that fired; those of most rules are values of the book, and stay."""
    return _SAID.get(rule, str)(examples)


def _dates(examples: str) -> str:
    return re.sub(_DAY, lambda found: label("example_before", one=found[1], other=found[2]), examples)


def _alike(examples: str) -> str:
    pairs = (re.fullmatch(r"(.*?) and (.*)", pair, re.DOTALL) for pair in examples.split("; "))
    said = [label("example_alike", one=pair[1], other=pair[2]) for pair in pairs if pair]
    return "; ".join(said) if len(said) == len(examples.split("; ")) else examples


def _factors(examples: str) -> str:
    return re.sub(_FACTOR, lambda found: label(f"example_{found[2]}", n=found[1]), examples)


def _months(examples: str) -> str:
    """Months, perhaps behind the name of a source, some of them with no more room."""
    parts = []
    for part in examples.split("; "):
        more = part.endswith(" and more")
        source, _, months = part.removesuffix(" and more").rpartition(": ")
        said = listed(months.split(", "))
        said = label("example_more", months=said) if more else said
        parts.append(f"{source}: {said}" if source else said)
    return "; ".join(parts)


_SAID: dict[str, Callable[[str], str]] = {
    "alike_key": _alike,
    "dates_out_of_order": _dates,
    "month_without_orders": _months,
    "scale_change": _factors,
}
