"""Words of the KPI page: comparisons with chance, targets, each other, and the usual up and down."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- what the book cannot carry ---
    "target_none": "The book knows no target for a quarter such as 2026Q3 by {day}.",
    "xmr_few_months_many": "No chart of {kpi} by month: {n} whole months with figures are known, and {least} are "
    "needed for limits that mean something.",
    "xmr_few_months_one": "No chart of {kpi} by month: 1 whole month with figures is known, and {least} are needed "
    "for limits that mean something.",
    # --- words in tables ---
    "light_better": "✓ better",
    "light_worse": "✗ worse",
    "light_changed": "≠ changed",
    "light_same": "could be chance",
    "light_unknown": "cannot be told",
    "against_year": "a year ago",
    "against_quarter": "last quarter, season taken off",
    "target_state_reached": "reached",
    "target_state_missed": "missed",
    "target_state_close": "too close to tell",
    "target_state_ahead": "quarter yet to end",
    "target_state_untold": "cannot be told",
    "target_why_kpi": "no KPI of this name",
    "target_why_group": "no class, region, office, team or person of this name",
    "target_why_direction": "neither more nor less of it is better",
    "target_why_value": "no figure for it",
    "spread_way_better": "better, hardly by chance",
    "spread_way_worse": "worse, hardly by chance",
    "spread_way_better_perhaps": "better, perhaps by chance",
    "spread_way_worse_perhaps": "worse, perhaps by chance",
    "spread_way_same": "within chance",
    "spread_way_none": "no figure",
}

COLUMNS: Words = {}
