"""Words of the satisfaction page, a module per room."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words
from crm_analysis.labels.satisfaction import common, complaints, drivers, scores, worth

ROOMS = (common, scores, drivers, complaints, worth)

LABELS: dict[str, str] = {key: words for room in ROOMS for key, words in room.LABELS.items()}
COLUMNS: Words = {key: words for room in ROOMS for key, words in room.COLUMNS.items()}
