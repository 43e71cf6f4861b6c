"""Words about the book itself: what it lacks, what was assumed when it was opened, examples of what was odd."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "example_alike": "{one} and {other}",
    "example_before": "{one} before {other}",
    "example_larger": "about {n} times larger",
    "example_more": "{months} and more",
    "example_smaller": "about {n} times smaller",
    "lacks_column": "The book's table '{table}' has no column '{column}'.",
    "lacks_history": "Column '{column}' of '{table}' is overwritten by its source and no dated history reaches back "
    "to {day}, so its value then is not known (the book was extracted on {extracted}; "
    "if it was the same then, unchanged_since in book.toml may say so).",
    "lacks_table": "The book has no table '{table}', which unlocks {unlocks}.",
    "note_made": "accounts are made from the order lines; known since their first order",
    "note_nearly": "{table}: unknown accounts that capitals or leading zeros alone set apart: {examples}",
    "note_no_extract": "book.toml states no extracted_on: the book counts as extracted on {day}, the last date in it",
    "note_unchanged": "columns that the source overwrites, such as rep and office, count as unchanged since {day}, as "
    "book.toml states",
    "note_unused": "{table}: columns not used: {columns} ({file})",
}

COLUMNS: Words = {}
