"""Words of the score of potential: what it sees, its reasons, what could not be learned."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "feature_customer_type": "kind of customer",
    "feature_demand": "yearly demand it named",
    "feature_demand_growth": "growth of demand it named",
    "feature_expected_orders": "expected orders",
    "feature_industry": "industry",
    "feature_pace": "value of the last quarter",
    "feature_pipeline_open": "open opportunities",
    "feature_pipeline_won": "opportunities won within a year",
    "feature_region": "region",
    "feature_share_of_wallet": "our share of its demand",
    "feature_siblings": "accounts of its group that order",
    "feature_siblings_size": "value of the other accounts of its group",
    "feature_silence_gaps": "silence against its own gaps",
    "feature_size": "value within a year",
    "feature_tenure_years": "first year with us",
    "reason_potential_complaints_year": "complaints within a year: {own}; usual: {typical}",
    "reason_potential_contacts": "contacts within a year: {own}; usual: {typical}",
    "reason_potential_contacts_theirs": "began {own} of its contacts; usual: {typical}",
    "reason_potential_customer_type": "kind of customer: {own}",
    "reason_potential_days_to_pay": "pays after {own} days; usual: {typical}",
    "reason_potential_demand": "named a yearly demand of {own} of the Mid bar; usual: {typical}",
    "reason_potential_demand_growth": "expects its demand to grow by {own}; usual: {typical}",
    "reason_potential_families": "product families bought: {own}; usual: {typical}",
    "reason_potential_industry": "industry: {own}",
    "reason_potential_margin_rate": "margin rate of {own}; usual: {typical}",
    "reason_potential_on_time": "{own} of its lines shipped on time; usual: {typical}",
    "reason_potential_order_count": "orders within a year: {own}; usual: {typical}",
    "reason_potential_overdue": "invoices overdue: {own}; usual: {typical}",
    "reason_potential_pace": "last quarter at a yearly pace of {own} of the Mid bar; usual: {typical}",
    "reason_potential_pipeline_open": "open opportunities: {own}; usual: {typical}",
    "reason_potential_pipeline_won": "opportunities won within a year: {own}; usual: {typical}",
    "reason_potential_recent": "last quarter {own} on its year's pace; usual: {typical}",
    "reason_potential_region": "region: {own}",
    "reason_potential_satisfaction": "satisfaction at {own} of the scale; usual: {typical}",
    "reason_potential_share_of_wallet": "buys {own} of its demand from us; usual: {typical}",
    "reason_potential_siblings": "accounts of its group that order: {own}; usual: {typical}",
    "reason_potential_silence_days": "days since its last order: {own}; usual: {typical}",
    "reason_potential_size": "brought {own} of the Mid bar within a year; usual: {typical}",
    "reason_potential_trend": "revenue {own} on the year before; usual: {typical}",
    "score_constant": "Left out: {feature} (the same of all accounts).",
    "score_drawn": "The model is chosen and fitted with {cases:,} of {of:,} known cases, of accounts drawn by lot; "
    "all get a score.",
    "score_few": "Accounts known to have grown: {promising}; a score learns from {wanted} or more.",
    "score_no_candidate": "Not one of the candidates for a score can be fitted to this book.",
    "score_no_day": "no day has an outcome that is known",
    "score_no_maximum": "The model of potential did not converge.",
    "score_no_trees": "Boosted trees were not tried: on one of the days only {promising} accounts were known to have "
    "grown, and {wanted} are wanted.",
    "score_nothing": "Nothing that is known tells the Low accounts apart, so there is no score.",
    "score_nothing_before": "nothing was known by then of what became of earlier accounts",
    "score_one_kind": "A score compares accounts that grew with accounts that did not; found {promising} that grew of "
    "{cases} cases.",
    "score_uncorrected": "Probabilities are as fitted: earlier forecasts hold only {promising} accounts that grew, "
    "and {wanted} are wanted to correct them.",
    "score_unknown": "Left out: {feature} (known of none).",
    "score_untried": "No score could be tried on earlier days: {reason}",
    "score_untried_choice": "Which model forecasts best cannot be tried yet: on no day was the outcome of an earlier "
    "one known. A logistic regression with a usual penalty is taken, and its probabilities are not corrected.",
}

COLUMNS: Words = {}
