"""How useful a summary is: whether it is complete, timely and specific, each by a rule that can be said in a sentence.

A description of what was written, for who reads it and who wrote it; no measure of a person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from crm_analysis.book.written import FIELDS, Summary
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, listed
from crm_analysis.summaries.page import heading
from crm_analysis.summaries.words import Names, alike, length, named

FORTNIGHT = 14
"""Days within which what happened is written down."""
WORDS = 10
"""Words that say something of an account at least."""
ALIKE = 0.8
"""A summary that has this share of its words from the one before repeats it."""


@dataclass(frozen=True)
class Before:
    """What was known of an account when a summary was written.

    `summary` is the one before; `contacts` are the days of contact after that one, or of a year, up to the day of
    writing, earliest first; None where the book has no contacts.
    """

    summary: Summary | None = None
    contacts: Sequence[dt.date] | None = None
    documents: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judged:
    """A summary with what holds of it; `timely` is None where nothing happened that it could be late for."""

    summary: Summary
    complete: bool
    timely: bool | None
    specific: bool
    names: tuple[str, ...]
    why: str
    """What it lacks, in words; empty if nothing."""


def judged(one: Summary, names: Names, before: Before) -> Judged:
    """The summary judged by three rules.

    Complete: all four of FIELDS say something. Timely: written at most FORTNIGHT days after the latest contact, if
    there was any since the summary before. Specific: it has WORDS words, names something of `words.KINDS`, and has
    less than ALIKE of its words from the summary before.
    """
    empty = [heading(name) for name in FIELDS if not any(letter.isalnum() for letter in getattr(one, name))]
    lacks = [label("summary_why_empty", fields=listed(empty))] if empty else []
    timely, days = None, 0
    if before.contacts:
        days = (one.written_on - before.contacts[-1]).days
        timely = days <= FORTNIGHT
    if timely is False:
        lacks.append(label("summary_why_late", days=days))
    found = named(one.text, names, before.documents)
    vague = [] if found else [label("summary_why_vague")]
    if (words := length(one.text)) < WORDS:
        vague.append(label("summary_why_short", words=words))
    if before.summary and (share := alike(before.summary.text, one.text)) >= ALIKE:
        vague.append(label("summary_why_copied", day=before.summary.written_on, share=f"{share:.0%}"))
    return Judged(one, not empty, timely, not vague, found, clauses([*lacks, *vague]))
