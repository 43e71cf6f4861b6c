"""Words of what a pack says of itself: that names were replaced, and which parts were left out for want of data."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- what a page cannot tell ---
    "lacking": "What this page cannot tell",
    "lacking_sections": "Left out: {sections}.",
    # --- parts that a book does not unlock (report.unlocked) ---
    "locked_asked": "the page {part} cannot be made of this book. {needs}",
    "locked_orders": "It needs orders on or before {day}; the book's first is of {first}.",
    "locked_reach": "It needs orders that reach back to {begin}; the book's first is of {first}.",
    "locked_voices": "It needs answers to surveys or complaints: a table surveys or complaints with rows "
    "up to the day of the report.",
    # --- a redacted book ---
    "redacted_ids_said": "The numbers of accounts are codes too: they told names, or had no names beside them. "
    "What chance decides by account may fall otherwise than in a report with names.",
    "redacted_said": "Codes stand for the names of accounts and people, and what people wrote freely is left out. "
    "A name has the same code in every report made with the same key.",
}

COLUMNS: Words = {}
