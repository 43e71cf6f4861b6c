"""Words of the satisfaction page: complaints."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {}

COLUMNS: Words = {}
