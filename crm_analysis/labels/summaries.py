"""Words of the command that takes in the summaries of sales people."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {}

COLUMNS: Words = {}
