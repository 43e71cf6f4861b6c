"""Words of the potential page: who of the Low accounts may be cut, and whom to ask first."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "potential_no_outcome": (
        "Nothing can be said of who will grow: no earlier day has both a whole year of orders before it and "
        "{horizon} after it, by {day}. A shorter horizon, such as 6M, needs less."
    ),
    "potential_nobody": ("No account is Low on {day}: there is nobody to cut and nobody to develop."),
    "potential_no_score": ("There is no score: {reason}"),
    "ask_untold": ("Whom to ask first cannot be told: no outcome of a Low account is known yet."),
    "cut_none": ("No account may be cut."),
    "why_overridden": ("kept by a person's decision"),
    "potential_no_cost": "Potential cannot be told by margin: {lack}",
    # --- the score ---
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
    "reason_potential_pace": "last quarter at a pace of {own} of the Mid bar; usual: {typical}",
    "reason_potential_pipeline_open": "open opportunities: {own}; usual: {typical}",
    "reason_potential_pipeline_won": "opportunities won within a year: {own}; usual: {typical}",
    "reason_potential_recent": "last quarter {own} on its year's pace; usual: {typical}",
    "reason_potential_region": "region: {own}",
    "reason_potential_satisfaction": "satisfaction at {own} of the scale; usual: {typical}",
    "reason_potential_share_of_wallet": "buys {own} of its demand from us; usual: {typical}",
    "reason_potential_siblings": "accounts of its group that order: {own}; usual: {typical}",
    "reason_potential_silence_days": "silent for {own} days; usual: {typical}",
    "reason_potential_size": "value of {own} of the Mid bar within a year; usual: {typical}",
    "reason_potential_trend": "revenue {own} on the year before; usual: {typical}",
    "score_constant": "left out: {feature} (the same of all accounts)",
    "score_no_maximum": "The model of potential did not converge: {reason}",
    "score_nothing": "Nothing that is known tells the Low accounts apart, so there is no score.",
    "score_one_kind": "A score compares accounts that grew with accounts that did not; found {promising} that "
    "grew of "
    "{cases} cases.",
    "score_drawn": "The model is chosen and fitted with {cases:,} of {of:,} known cases, of accounts "
    "drawn by lot; all get a score.",
    "score_few": "Only {promising} accounts are known to have grown; a score learns from {wanted} or more.",
    "score_no_candidate": "None of the candidates for a score can be fitted to this book.",
    "score_no_day": "no day has an outcome that is known",
    "score_no_trees": "Boosted trees were not tried: on one of the days only {promising} accounts were known to have "
    "grown, and {wanted} are wanted.",
    "score_nothing_before": "nothing was known by then of what became of earlier accounts",
    "score_uncorrected": "Probabilities are as fitted: earlier forecasts hold only {promising} accounts that "
    "grew, and "
    "{wanted} are wanted to correct them.",
    "score_untried": "No score could be tried on earlier days: {reason}",
    "score_untried_choice": "Which model forecasts best cannot be tried yet: on no day was the outcome of an "
    "earlier one "
    "known. A logistic regression with a usual penalty is taken, and its probabilities are not corrected.",
    "score_unknown": "left out: {feature} (known of none)",
    # --- outcomes ---
    "outcome_cut": "may be cut",
    "outcome_keep": "keep",
    "outcome_survey": "survey first",
    "veto_complaint": "a complaint of theirs is not resolved",
    "veto_contract": "a contract is in force",
    "veto_key_account": "named key account",
    "veto_new": "too new to judge",
    "veto_opportunity": "an opportunity is open",
    "veto_sibling": "belongs to the group of a High account",
    "why_above": "at least as likely to grow as the average Low account ({share})",
    "why_below": "scores below the guard's threshold",
    "why_between": "scores above the guard's threshold, but less likely to grow than the average Low account",
    "why_declined": "less likely to grow than the average Low account, but the guard allows no cut",
    "why_exempt": "kept to measure the guard",
    "why_override": "kept by {who} on {day}: {reason}",
    "why_override_nobody": "somebody",
    "why_override_silent": "no reason given",
    # --- asking ---
    "gain_alone": "What growing brings is known of a single account: take money at stake for a guess.",
    "gain_unknown": "No Low account is known to have grown, so the money at stake in a cut is not known.",
    "gain_winsorised": "One of the {accounts} accounts that grew made {share} of what they gained; the gain is "
    "a mean "
    "in which it counts as the next one.",
    "money_few_days": "Contacts on {day} reach back less than three months: too short to tell minutes of a year.",
    # --- steps ---
    "step_desk": "desk service in place of visits",
    "step_minimum": "minimum order",
    "step_price": "price for small orders",
    # --- decisions ---
    "decided_biased": "Of the accounts that were not cut {promising} grew; a cut had been recommended for "
    "{missed} of "
    "them, a reversible step for {stepped}. People chose whom not to cut, so this is a hint and no measure.",
    "decided_counts": "Decisions: {decisions}. Judged: {judged}; not over yet: {waiting}; cut, so that what "
    "would have "
    "become of them cannot be known: {cut}; without advice, or not about a Low account: {rest}.",
    "decided_eased": "Of the accounts judged {accounts} were under a reversible step, which may have kept them small.",
    "decided_no_lot": "No account of the never-cut group is known to have grown ({accounts} judged): without them "
    "nobody can say what the cuts missed.",
    "decided_nobody": "None of the {accounts} accounts judged grew, so there is no miss rate yet.",
    "decided_none": "The book has no decisions, so nothing can be measured afterwards.",
}

COLUMNS: Words = {
    # --- outcomes ---
    "exempt": ("Never cut, by lot", "flag"),
    "outcome": ("Outcome", "text"),
    "recommended": ("Recommended", "text"),
    "veto": ("Veto", "text"),
    # --- asking ---
    "changes": ("Answer changes the decision", "share"),
    "p_yes": ("Says yes", "share"),
    "potential_if_no": ("Potential after no", "share"),
    "potential_if_yes": ("Potential after yes", "share"),
    "surveyed_on": ("Surveyed on", "date"),
    "unheard": ("Nobody heard of it", "flag"),
    "within": ("Within the budget", "flag"),
    "worth_asking": ("Worth of asking", "money"),
    # --- steps ---
    "brings": ("Brings a year", "money"),
    "break_even": ("May leave before it costs more than it frees", "share"),
    "freed_cost": ("Cost freed a year", "money"),
    "freed_per_risk": ("Freed for what it risks", "number"),
    "freed_share": ("Freed, of all Low accounts", "share"),
    "high_promising": ("Will grow, 90% to", "number"),
    "low_promising": ("Will grow, 90% from", "number"),
    "minutes_visits": ("Minutes of our visits a year", "count"),
    "growth_at_risk": ("Growth at risk a year", "money"),
    "promising": ("Will grow", "number"),
    "risk_share": ("Risked, of all growth expected", "share"),
    "small": ("Small orders", "count"),
    "small_orders": ("Small orders a year", "count"),
    "step": ("Step", "text"),
    "too_small": ("Whole year below the minimum", "count"),
    # --- decisions ---
    "decided_group": ("Accounts measured", "text"),
    "judged": ("Judged", "count"),
    "miss_rate": ("Miss rate", "share"),
    "grew": ("Grew", "count"),
    "step_recommended": ("Of them, step recommended", "count"),
    "cut_recommended": ("Of them, cut recommended", "count"),
    # --- practice ---
    "cut_share": ("Low accounts cut", "share"),
    "high_missed_revenue": ("Of those that grew, by revenue, 90% to", "share"),
    "high_missed_score": ("Of those that grew, by score, 90% to", "share"),
    "lost_revenue": ("Lost, cut by revenue", "money"),
    "lost_score": ("Lost, cut by score", "money"),
    "low_missed_revenue": ("Of those that grew, by revenue, 90% from", "share"),
    "low_missed_score": ("Of those that grew, by score, 90% from", "share"),
    "missed_revenue": ("Missed, cut by revenue", "count"),
    "missed_score": ("Missed, cut by score", "count"),
    "missed_share_revenue": ("Of those that grew, missed by revenue", "share"),
    "missed_share_score": ("Of those that grew, missed by score", "share"),
    "p_same": ("Unequal by chance alone", "share"),
}
