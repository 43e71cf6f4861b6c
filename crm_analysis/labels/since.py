"""Words of the page that compares this report with the last quarter's."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "part_since": "Since last quarter",
    "part_since_question": "What moved since the last report, and how did its forecasts do?",
}

COLUMNS: Words = {
    "advice_code": ("Advice, code", "text"),
    "against": ("Against, code", "text"),
    "light_code": ("Light, code", "text"),
}
