"""Words of the KPI page about the programme's effect."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "alt_effect": "Difference in {outcome} between units that started and units that had not, with 95% intervals: "
    "{before} quarters before the start and {after} from it on, the last {last}.",
    "axis_effect": "Against those that had not started",
    "axis_since_start": "Quarters since the start (0: the quarter of it)",
    "before_found": "The same estimate a year before the start, where there was nothing to find yet, finds something "
    "in {names}, of {tried}: what is said of it above is not to be relied on. One in twenty does so by chance.",
    "before_nothing": "The same estimate a year before the start, where there was nothing to find yet, finds nothing "
    "in {tried}. That is as it should be, but a small difference would have escaped it.",
    "before_untried": "Quarters do not reach back far enough to try the same estimate a year before the start.",
    "drawn_before_start": "before the start (95% of chance)",
    "drawn_since_start": "since the start (95% interval)",
    "drawn_start": "the start",
    "drift_higher": "Regression to the mean: in the year before, those that started first stood higher in {outcome}, "
    "by {gap}. Of such a distance about {kept}% lasts into the next year, so that chance alone would have brought "
    "{drift} had they been chosen for it.",
    "drift_lower": "Regression to the mean: in the year before, those that started first stood lower in {outcome}, "
    "by {gap}. Of such a distance about {kept}% lasts into the next year, so that chance alone would have brought "
    "{drift} had they been chosen for it.",
    "effect_compared": "Against those that had not started yet: {parts}.",
    "effect_how": "Each start is held against the units that had not started by then: how much more it changed from "
    "the four quarters before its start than they did. What the market, prices or the season did to all falls out, "
    "and what happened to a whole office is in the interval, which is made by dealing out the starts anew among the "
    "units. It holds the effects that such a deal would leave possible (95%). It is the effect on an average unit, "
    "large or small.",
    "effect_how_series": "All started at once, so that nothing can be held against it but the company's own past: "
    "its level and trend before the start, carried on. Whatever else changed at that time counts as the programme's "
    "effect, so read it as a hint.",
    "effect_lacks": "Not told for {names}: {why}",
    "effect_levels": "Money and orders are told per account and quarter.",
    "effect_mixed": "for better and worse: {parts}",
    "effect_naive": "Before against after alone would have said {outcome} {naive}, whatever else has changed since.",
    "effect_naive_fooled": "Before against after alone would have said {outcome} {naive} and called it sure: it "
    "takes for the programme's effect whatever else has changed since.",
    "effect_series": "Against what the company's own past let expect: {parts}.",
    "effect_untold": "no effect told from chance",
    "effect_worse": "did harm: {parts}",
    "effect_yes": "worked: {parts}",
    "figure_effect": "The programme's effect on {outcome}",
    "month_many": "{n} months",
    "month_one": "1 month",
    "outcome_many": "{n} outcomes",
    "outcome_one": "1 outcome",
    "outcome_orders": "Orders",
    "programme_from": "{units} on {day}",
    "programme_never": "It has not started in {units}.",
    "programme_starts": "The programme '{name}' started in {parts}.",
    "programme_unknown": "No account is known in: {names}.",
    "programme_whole": "The programme '{name}' started everywhere on {first}.",
    "series_no_season": "A season is not allowed for: that takes three years.",
    "series_periods": "{before} quarters before the start and {after} from it on make the estimate.",
    "series_season": "The season is allowed for.",
    "unit_account_id_many": "{n} accounts",
    "unit_account_id_one": "1 account",
    "unit_sales_office_many": "{n} sales offices",
    "unit_sales_office_one": "1 sales office",
    "unit_segment_many": "{n} segments",
    "unit_segment_one": "1 segment",
    "until_not_yet": "After {months} the effect on orders is not told from chance; to be told by now it would have "
    "to be about {smallest} or more.",
    "until_told": "The effect on orders shows from month {month} on, of {months} so far: from there its mean since "
    "the start stays apart from chance.",
}

COLUMNS: Words = {
    "programme_worked": ("The programme", "text"),
    "effect_on": ("What it may change", "text"),
    "effect_said": ("Effect (95% interval)", "text"),
    "naive_said": ("Before against after (95% interval)", "text"),
    "year_before_said": ("A year too early", "text"),
    "drift_said": ("Drift", "text"),
    "effect": ("Effect", "measure"),
    "p": ("Chance without an effect", "share"),
    "naive": ("Before against after", "measure"),
    "naive_low": ("Before against after, 95% from", "measure"),
    "naive_high": ("Before against after, 95% to", "measure"),
    "since_start": ("Quarters since the start", "count"),
    "month_since": ("Month since the start", "count"),
    "units_told": ("Units", "count"),
    "to_date_said": ("Mean so far, 95% interval", "text"),
    "to_date": ("Mean so far", "measure"),
}
