"""Words of what a book, a model or a result shows of itself in a notebook."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {}

COLUMNS: Words = {}
