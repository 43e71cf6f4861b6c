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
    "in {tried}. That is as it should be, but differences as large as those in the column 'Same test a year earlier' "
    "would have escaped it.",
    "before_nowhere": "There is no effect to test.",
    "before_off_many": "{n} of the quarters before the start lie off zero ({names}); of such quarters one in twenty "
    "does so by chance.",
    "before_off_one": "1 of the quarters before the start lies off zero ({names}); of such quarters one in twenty "
    "does so by chance.",
    "before_off_part": "{since}: {effect}",
    "before_untried": "Quarters do not reach back far enough to try the same estimate a year before the start.",
    "drawn_before_start": "before the start (95% of chance)",
    "drawn_since_start": "since the start (95% interval)",
    "drawn_start": "the start",
    "drift_again": "About {kept}% of such a difference comes again in the next year",
    "drift_back": "About {kept}% of such a difference is made up for in the next year",
    "drift_gained": "Regression to the mean: in the year before, those that started first had gained {gap} more in "
    "{outcome} than the others. {kept}, so that chance alone would have brought {drift} had they been chosen for it.",
    "drift_higher": "Regression to the mean: in the year before, those that started first stood higher in {outcome} "
    "than the others, by {gap}. {kept}, so that chance alone would have brought {drift} had they been chosen for it.",
    "drift_lasts": "Of such a distance about {kept}% lasts into the next year",
    "drift_lost": "Regression to the mean: in the year before, those that started first had gained {gap} less in "
    "{outcome} than the others. {kept}, so that chance alone would have brought {drift} had they been chosen for it.",
    "drift_lower": "Regression to the mean: in the year before, those that started first stood lower in {outcome} "
    "than the others, by {gap}. {kept}, so that chance alone would have brought {drift} had they been chosen for it.",
    "drift_turns": "Such a distance is gone in the next year, and about {kept}% of it comes on the other side",
    "drift_unsure": "That any of it lasts cannot be told from chance (p {p}, {n} units): all of it may be gone.",
    "drift_unsure_gains": "That any of it comes again, or is made up for, cannot be told from chance (p {p}, {n} "
    "units).",
    "drift_widens": "Such a distance widens by about {kept}% in the next year",
    "effect_all_started": "Since {day} everything has started, so later quarters have nothing to be held against: "
    "waiting will not make this surer.",
    "effect_and_more": "{names} and {n} more",
    "effect_base": "the base",
    "effect_compared": "Compared with those that had not started yet: {parts}.",
    "effect_hint": "nothing to compare with; a hint: {part}",
    "effect_hint_shared": "compared by single accounts; a hint: {part}",
    "effect_how": "Units that started are compared with units that had not: how much more did they change from the "
    "four quarters before the start? What the market, prices or the season did to all drops out. For the interval "
    "the starts are dealt out again by lot, many times; it holds the effects that this cannot rule out (95%). Each "
    "unit counts the same, large or small.",
    "effect_how_few": "Fewer than two are left to compare with, so that those that started first are held against "
    "nothing but their own past: its level and trend before the start, carried on. Whatever else changed at that time "
    "counts as the programme's effect, so read it as a hint.",
    "effect_how_series": "All started at once, so that nothing can be held against it but the company's own past: "
    "its level and trend before the start, carried on. Whatever else changed at that time counts as the programme's "
    "effect, so read it as a hint.",
    "effect_lacks": "Not told for {names}: {why}",
    "effect_left_out": "Left out, as they are not told without gaps or started too early or in between: {parts}.",
    "effect_left_out_part": "{names} of {outcomes}",
    "effect_levels": "Money and orders are told per account and quarter.",
    "effect_mixed": "for better and worse: {parts}",
    "effect_naive": "A plain before-and-after comparison shows {outcome} {naive}. It takes together the accounts of "
    "those that started, from each start on against the same quarters a year before, so over unlike quarters, and "
    "whatever else has changed is in it.",
    "effect_no_table": "The book has no table 'programme'; with it this page tells whether the programme worked.",
    "effect_none": "none recorded",
    "effect_nowhere": "No programme is recorded, so there is no effect to tell.",
    "effect_part": "{outcome} {effect}",
    "effect_placebo": "It is never called an effect: where a company grows or shrinks at a pace of its own, a start on "
    "any day can look like one.",
    "effect_series": "Against what the company's own past let expect: {parts}.",
    "effect_series_first": "Against what the own past of those that started first let expect: {parts}.",
    "effect_shared": "Single accounts are compared: what the accounts of an office go through together is not in this "
    "interval, which is too narrow for it. So nothing is called better or worse.",
    "effect_smallest": "An effect on {outcome} would have to be about {smallest} or more to show by now, so this does "
    "not say that it did nothing.",
    "effect_untold": "not shown either way",
    "effect_why_above": "The effect of the programme cannot be told; why, stands at the top of this page.",
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
    "programme_not_before": "Not in the comparison, as they had not ordered in the year before: {names}.",
    "programme_starts": "The programme '{name}' started in {parts}.",
    "programme_unknown": "No account is known in {names}.",
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
    "until_left_out": "By month these are left out, as they lack a month or started too early: {names}.",
    "until_not_yet": "The programme first started {ago} ago; {months} can be compared. In these the effect on orders "
    "cannot be told from chance; by month it would have to be about {smallest} or more to show.",
    "until_nowhere": "There is no effect to follow.",
    "until_told": "The programme first started {ago} ago; {months} can be compared. The effect on orders shows from "
    "month {month} on: from there its mean since the start stays apart from chance.",
}

COLUMNS: Words = {
    "programme_worked": ("The programme", "text"),
    "effect_on": ("What it may change", "text"),
    "effect_said": ("Effect (95% interval)", "text"),
    "naive_said": ("Before and after only (95% interval)", "text"),
    "year_before_said": ("Same test a year earlier (95% interval)", "text"),
    "drift_said": ("Regression to the mean", "text"),
    "effect": ("Effect", "measure"),
    "p": ("Chance without an effect", "share"),
    "naive": ("Before and after only", "measure"),
    "naive_low": ("Before and after only, 95% from", "measure"),
    "naive_high": ("Before and after only, 95% to", "measure"),
    "since_start": ("Quarters since the start", "count"),
    "month_since": ("Month since the start", "count"),
    "units_told": ("Offices, segments or accounts", "count"),
    "to_date_said": ("Mean so far, 95% interval", "text"),
    "to_date": ("Mean so far", "measure"),
}
