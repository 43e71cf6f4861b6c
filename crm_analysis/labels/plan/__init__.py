"""Words of the plan and what-if pages, a module per room."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words
from crm_analysis.labels.plan import codes, grades, lists, moves, orders, page, proposed, treatment, work

ROOMS = (page, proposed, treatment, grades, work, orders, moves, lists, codes)

LABELS: dict[str, str] = {key: words for room in ROOMS for key, words in room.LABELS.items()}
COLUMNS: Words = {key: words for room in ROOMS for key, words in room.COLUMNS.items()}
