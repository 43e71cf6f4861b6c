"""Words of what a book, a model or a result shows of itself in a notebook."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "repr_accepted": "order lines accepted",
    "repr_accounts": "accounts",
    "repr_as_of": "as of",
    "repr_baseline": "classes by the bars of",
    "repr_chosen": "chosen",
    "repr_covariates": "covariates",
    "repr_currency": "currency",
    "repr_days": "tried on",
    "repr_extracted": "extracted on",
    "repr_features": "features",
    "repr_groups": "groups",
    "repr_horizon": "horizon",
    "repr_interval": "interval",
    "repr_left": "accounts that left",
    "repr_loglik": "log-likelihood",
    "repr_bic": "BIC",
    "repr_measures": "measures",
    "repr_model": "model",
    "repr_money": "money",
    "repr_more": "and {n} more rows",
    "repr_next": "Next",
    "repr_notes": "assumptions",
    "repr_of": "of",
    "repr_penalty": "penalty",
    "repr_prior": "weak prior, spread",
    "repr_promising": "promising accounts",
    "repr_quarters": "quarters",
    "repr_refusal": "what cannot be told",
    "repr_rejected": "rows not accepted",
    "repr_rows": "rows learned from",
    "repr_says": "what was done to learn",
    "repr_sentence": "what counts as leaving",
    "repr_silence": "days of silence",
    "repr_tables": "tables",
    "repr_unit": "times in",
    "repr_untold": "not told",
    "repr_value": "value",
    "repr_verdict": "verdict",
}

COLUMNS: Words = {}
