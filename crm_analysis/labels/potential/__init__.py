"""Words of the potential page, a module per room."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words
from crm_analysis.labels.potential import lists, score, short, trust

ROOMS = (short, lists, score, trust)

LABELS: dict[str, str] = {key: words for room in ROOMS for key, words in room.LABELS.items()}
COLUMNS: Words = {key: words for room in ROOMS for key, words in room.COLUMNS.items()}
