"""Words of codes: decisions, our teams, stages of business development."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- words of decisions: in English they are the codes that the table `decisions` holds ---
    "decision_call": "call",
    "decision_cut": "cut",
    "decision_desk": "desk",
    "decision_desk_service": "desk service",
    "decision_develop": "develop",
    "decision_drop": "drop",
    "decision_goodbye": "goodbye",
    "decision_keep": "keep",
    "decision_key": "key",
    "decision_may_be_cut": "may be cut",
    "decision_minimum_order": "minimum order",
    "decision_no_service": "no service",
    "decision_prepayment": "prepayment",
    "decision_select": "select",
    "decision_small_order_price": "small order price",
    "decision_survey": "survey",
    "decision_survey_first": "survey first",
    "decision_visit": "visit",
    "decision_win_back": "win back",
    # --- stages ---
    "stage_contact": "contact",
    "stage_engaged": "engaged",
    "stage_partner": "partner",
}
COLUMNS: Words = {}
