"""Words of the programme's effect: what it did, held against units that had not started."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "effect_few_left": "Of the programme '{name}' fewer than two are left to compare with: there is nothing to hold "
    "its months against.",
    "effect_gaps": "Too few periods, or too few units, are told without gaps.",
    "effect_never_told": "With {treated} on one side and {compared} on the other no effect of any size can be told "
    "from chance at 5%: there are too few ways to deal out the starts.",
    "effect_no_drift": "To tell what chance alone would have brought, {years} years before the first start are needed, "
    "and {least} units that differ; found units: {units}.",
    "effect_no_programme": "No programme had started by {day}.",
    "effect_no_unit": "No account is known to be in a unit of the programme '{name}'.",
    "effect_not_told": "The book does not tell it.",
    "effect_short_series": "Periods before the start: {before}; from it on: {after}. A series that is held against its "
    "own past needs {least} and 2 that are all told, and differ.",
    "effect_single": "The programme chose single accounts: of these sums are compared, but no rates, which an account "
    "that does not order has none of.",
    "effect_single_months": "The programme chose single accounts, few of which order every month: the effect is told "
    "by quarter only.",
    "effect_together": "The programme '{name}' started everywhere at once: there is nothing to hold its months "
    "against.",
    "effect_too_few_units": "Started, with others left to hold them against: {treated}; never started: {others}. On "
    "either side {least} at least are needed to tell an effect.",
    "effect_two_kinds": "The programme '{name}' names units of two kinds: expected sales offices, segments or "
    "accounts.",
}

COLUMNS: Words = {}
