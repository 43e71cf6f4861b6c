"""Words of the line that says what is being done."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "progress_answering": "Satisfaction: who answers",
    "progress_asked": "Satisfaction: what was known of those asked",
    "progress_cases": "Potential: small accounts of earlier days",
    "progress_copy": "Copying the database's tables",
    "progress_demo": "Making the company",
    "progress_effect": "KPIs: the programme's effect",
    "progress_kpi": "KPIs: the quarters of all accounts",
    "progress_left": "Leaving: who left, and when",
    "progress_lights": "KPIs: what changed beyond chance",
    "progress_orders": "Potential: orders expected on earlier days",
    "progress_plan": "Plan: what is known of each account",
    "progress_potential": "Potential: learning a model",
    "progress_potential_trial": "Potential: forecasts of earlier days tried",
    "progress_priorities": "Satisfaction: what to improve for whom",
    "progress_quarters": "What was known of accounts on earlier days",
    "progress_read": "Reading the book",
    "progress_risk_trial": "Leaving: forecasts of earlier days tried",
    "progress_risks": "Leaving: who is at risk",
    "progress_value": "Value: what each account will bring",
    "progress_value_trial": "Value: models tried on earlier days",
    "progress_voice": "Satisfaction: what became of those heard",
}

COLUMNS: Words = {}
