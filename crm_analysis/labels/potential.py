"""Words of the potential page: who of the Low accounts may be cut, and whom to ask first."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "potential_no_cost": "Potential cannot be told by margin: {lack}",
}

COLUMNS: Words = {}
