"""Words of the KPI page, a module per room."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words
from crm_analysis.labels.kpi import compare, effect, page, panel, programme, values

ROOMS = (page, programme, panel, values, compare, effect)

LABELS: dict[str, str] = {key: words for room in ROOMS for key, words in room.LABELS.items()}
COLUMNS: Words = {key: words for room in ROOMS for key, words in room.COLUMNS.items()}
