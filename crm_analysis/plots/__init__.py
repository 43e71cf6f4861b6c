"""Figures: a table in, matplotlib Axes out. Nothing is computed here. A module per page."""

from __future__ import annotations

from crm_analysis.plots.drivers import importance_map, team_impressions
from crm_analysis.plots.retention import (
    cohort_heatmap,
    incidence_areas,
    leaving_calibration,
    projection_curves,
    reactivation_curve,
    survival_curves,
)
from crm_analysis.plots.scores import score_bounds, score_groups, score_trend
from crm_analysis.plots.value import (
    largest_values,
    lorenz_curve,
    monthly_revenue,
    orders_calibration,
    segment_shares,
    tier_shares,
)

__all__ = [
    "cohort_heatmap",
    "importance_map",
    "incidence_areas",
    "largest_values",
    "leaving_calibration",
    "lorenz_curve",
    "monthly_revenue",
    "orders_calibration",
    "projection_curves",
    "reactivation_curve",
    "score_bounds",
    "score_groups",
    "score_trend",
    "segment_shares",
    "survival_curves",
    "team_impressions",
    "tier_shares",
]
