"""Words for what the program itself writes into columns that also hold a book's own values; `code_said` finds them."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- segments and classes ---
    "code_high": "High",
    "code_high_a": "High A",
    "code_high_b": "High B",
    "code_high_no_cost": "High (no cost)",
    "code_inactive": "Inactive",
    "code_low": "Low",
    "code_low_a": "Low A",
    "code_low_b": "Low B",
    "code_low_no_cost": "Low (no cost)",
    "code_mid": "Mid",
    "code_no_cost": "no cost",
    "code_mid_a": "Mid A",
    "code_mid_b": "Mid B",
    "code_mid_no_cost": "Mid (no cost)",
    # --- groups and cohorts ---
    "code_all": "all",
    "code_before": "before",
    "code_other": "other",
    "code_unknown": "unknown",
    # --- why accounts went, and who says so ---
    "code_account": "account",
    "code_closed_down": "closed down",
    "code_cut_by_us": "cut by us",
    "code_rep": "rep",
    "code_them": "them",
    "code_us": "us",
    # --- the plan's teams, as the table `reps` names them ---
    "code_business_development": "business development",
    "code_customer_support": "customer support",
    "code_operations_centre": "operations centre",
    "code_sales_administration": "sales administration",
    # --- verdicts ---
    "code_cannot_be_said": "cannot be said",
    "code_confirmed": "confirmed",
    "code_less": "less",
    "code_loss": "loss",
    "code_more": "more",
    "code_not_refuted": "not refuted",
    "code_refuted": "refuted",
    "code_same": "same",
    # --- models and naive rules ---
    "code_active_if_bought_lately": "active if bought lately",
    "code_discrete_weibull": "discrete Weibull",
    "code_last_retention_repeated": "last retention repeated",
    "code_last_window_repeated": "last window repeated",
    "code_normal_spend": "Normal spend",
    "code_rate_x_time": "rate x time",
    "code_seen": "seen",
    # --- histories ---
    "code_a_credit_matches_no_purchase": "a credit matches no purchase",
    "code_accounts": "accounts",
    "code_cancelled_occasions": "cancelled occasions",
    "code_days_with_lines_of_unknown_cost": "days with lines of unknown cost",
    "code_every_purchase_was_returned": "every purchase was returned",
    "code_matched_credits": "matched credits",
    "code_no_order_line": "no order line",
    "code_no_purchase": "no purchase",
    "code_occasions": "occasions",
    "code_unmatched_credits": "unmatched credits",
}

COLUMNS: Words = {}
