"""Figures: a table in, matplotlib Axes out. Nothing is computed here. A module per page."""

from __future__ import annotations

from crm_analysis.plots.brief import brief_quarters
from crm_analysis.plots.complaints import complaint_chart, complaint_funnel, complaint_topics, complaint_waits
from crm_analysis.plots.drivers import importance_map, team_impressions
from crm_analysis.plots.kpi import became_high, effect_by_quarter, kpi_funnels, kpi_months
from crm_analysis.plots.plan import loss_bars, migration_matrix, reactions, service_time
from crm_analysis.plots.potential import cut_risk, potential_calibration, practice_missed
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
from crm_analysis.plots.worth import first_priorities, focus_views, leaving_by_voice

__all__ = [
    "became_high",
    "brief_quarters",
    "cohort_heatmap",
    "complaint_chart",
    "complaint_funnel",
    "complaint_topics",
    "complaint_waits",
    "cut_risk",
    "effect_by_quarter",
    "first_priorities",
    "focus_views",
    "importance_map",
    "incidence_areas",
    "kpi_funnels",
    "kpi_months",
    "largest_values",
    "leaving_by_voice",
    "leaving_calibration",
    "lorenz_curve",
    "loss_bars",
    "migration_matrix",
    "monthly_revenue",
    "orders_calibration",
    "potential_calibration",
    "practice_missed",
    "projection_curves",
    "reactions",
    "reactivation_curve",
    "score_bounds",
    "score_groups",
    "score_trend",
    "segment_shares",
    "service_time",
    "survival_curves",
    "team_impressions",
    "tier_shares",
]
