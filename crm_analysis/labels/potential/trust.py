"""Words of trust of the potential page: the trial, today's practice, drift, decisions measured, how it was done."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "alt_potential_calibration": "Potential told on earlier days beside the share that grew, by groups. {said}",
    "alt_practice": "Accounts that grew and would have been missed, by the share of Low accounts cut: by least "
    "revenue and by lowest score. {said}",
    "axis_grew": "Share that grew, with its 90% interval",
    "axis_potential": "Potential told",
    "decided_biased": "Of the accounts that were not cut {promising} grew; a cut had been recommended for "
    "{missed} of "
    "them, a reversible step for {stepped}. People chose whom not to cut, so this is a hint and no measure.",
    "decided_counts": "Decisions: {decisions}. Judged: {judged}; not over yet: {waiting}; cut, so that what would "
    "have become of them cannot be known: {cut}; without advice, or not about a Low account: {rest}.",
    "decided_eased": "Of the accounts judged {accounts} were under a reversible step, which may have kept them small.",
    "decided_no_lot": "No account of the never-cut group is known to have grown ({accounts} judged): without them "
    "nobody can say what the cuts missed.",
    "decided_nobody": "Not one of the {accounts} accounts judged grew, so there is no miss rate yet.",
    "decided_none": "The book has no decisions, so nothing can be measured afterwards.",
    "decided_rate": "Of the {promising} accounts of the never-cut group that grew, a cut had been recommended for "
    "{missed}: a miss rate of {rate} ({low} to {high}).",
    "drawn_by_revenue": "cut by least revenue",
    "drawn_by_score": "cut by lowest score",
    "drift_features": "Warning: what is known of them has moved: {features}. As far as that tells who grows, the "
    "promise may not hold.",
    "drift_few": "Low accounts are too few to tell whether their scores have moved since {day}.",
    "drift_gap": "{then} of them scored {at} or less then, {now} do now.",
    "drift_moved": "Warning: the scores of Low accounts have moved since {day} by more than chance explains, so the "
    "promise may not hold.",
    "drift_outcome_blind": "Of accounts that grew {before} before and {last} in the latest trial are known: too few "
    "for any shift to be noticed.",
    "drift_outcome_low": "Warning: of the accounts that grew, more scored low in the latest trial than before "
    "({then} "
    "then, {now} now). That breaks the promise.",
    "drift_outcome_none": "Whether accounts that grow still score as those before them cannot be told yet: it takes "
    "forecasts of two days a whole horizon apart.",
    "drift_outcome_score": "Warning: the accounts that grew in the latest trial did not score as those before them, "
    "so the promise may not hold.",
    "drift_outcome_still": "The scores of accounts that grew ({before} before, {last} in the latest trial) have not "
    "moved by more than chance explains; a shift of {gap} of them to one side is noticed in about six of ten books.",
    "drift_still": "The scores of Low accounts have not moved since {day} by more than chance explains; a shift of "
    "{gap} of them to one side is noticed in about six of ten books.",
    "figure_potential_calibration": "Potential told and what came",
    "figure_practice": "What cutting by revenue would have missed",
    "how_goodbye_many": "{n} cases of accounts that we said goodbye to have no outcome and are left out: what would "
    "have become of them nobody knows.",
    "how_goodbye_one": "1 case of an account that we said goodbye to has no outcome and is left out: what would have "
    "become of it nobody knows.",
    "how_span": "{first} to {last}",
    "how_tested": "The model learned from the Low accounts of {days}, without {share} of all accounts, drawn by lot "
    "(seed {seed}), siblings together. Those of them that were Low on {day}, {aside}, tested it: {cases} grew, each "
    "customer group counted once. A line is allowed if the exact binomial chance of so few misses is at most {delta} "
    "at a miss rate of {alpha}; every score is tried from the lowest up, no grid (fixed-sequence testing).",
    "how_void": "The promise is void if alpha or delta was chosen after looking at what it allows, if accounts have "
    "moved since, or if the line is kept for another quarter. It is made for accounts of separate customer "
    "groups: those "
    "of one group count as one. And it speaks of accounts like those not yet cut: once cuts are carried out, "
    "what the "
    "accounts cut would have become is missing from the next test, and only the never-cut group can tell what was "
    "missed.",
    "names_and": "{names} and {last}",
    "practice_alike": "The difference may be chance ({p}).",
    "practice_lost": "Those missed by revenue brought {revenue} of {money} in the year up to the end of the horizon, "
    "those missed by score {score}.",
    "practice_nobody": "Not one of the {accounts} kept aside from the score grew, so no rule could have missed one.",
    "practice_said": "Of {accounts} that were Low on {day} and kept aside from the score, {promising} grew. Cutting "
    "the {cut} with the least revenue would have missed {by_revenue} of them; cutting as many by score, {by_score}.",
    "practice_surely": "The difference is more than chance explains ({p}).",
    "rank_ahead": "{rival} {more} ({low} to {high})",
    "rank_boosted": "boosted trees",
    "rank_growth": "the last quarter's growth",
    "rank_logistic": "a logistic regression on all that is known",
    "rank_model": "the score",
    "rank_orders": "expected orders",
    "rank_revenue": "last year's revenue",
    "trust_ahead": "Pairs of a hundred that it puts in the right order more than each rule: {rivals}.",
    "trust_all": "It surely ranks better than every rule that needs no model.",
    "trust_alone": "No rule that needs no model could stand beside it.",
    "trust_calibrated": "In the past, accounts that were told {chance} on average, the highest tenth, grew {came} of "
    "the time ({low} to {high}; {cases} forecasts); of all, {expected} were expected to grow and {grown} did.",
    "trust_grew_many": "{n} accounts that grew",
    "trust_grew_one": "1 account that grew",
    "trust_kind": "What the guard scores by was chosen in the same way without the accounts kept aside: {kind}.",
    "trust_lift": "The tenth with the highest potential holds {lift} times the average share of accounts that grew.",
    "trust_not_all": "It does not surely rank better than {rivals}. To find who will grow we then recommend {best}, "
    "which needs no model; the guard holds for any score.",
    "trust_nothing": "That interval reaches down to 50, so the score may do no better than chance and claims nothing.",
    "trust_ranks": "Tried on {days} with what was known then, and with {grew}: of two accounts of which one "
    "grew, the "
    "score puts that one first {auc} times in a hundred (90% interval {low} to {high}; chance is 50).",
    "trust_told": "As it allows no cut, potentials are told by a score that learned from all accounts: {kind}.",
    "trust_value_all": "better than every simple rule",
    "trust_value_nothing": "not surely better than chance",
    "trust_value_some": "not surely better than {rival}",
    "trust_value_untried": "not tried yet",
}

COLUMNS: Words = {
    "decided_group": ("Accounts measured", "text"),
    "judged": ("Judged", "count"),
    "miss_rate": ("Miss rate", "share"),
    "grew": ("Grew", "count"),
    "step_recommended": ("Of them, step recommended", "count"),
    "cut_recommended": ("Of them, cut recommended", "count"),
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
    "average_precision": ("Average precision", "share"),
    "grew_share": ("Share that grew", "share"),
    "pairs_right": ("Pairs in the right order", "share"),
    "ranked_by": ("Ranked by", "text"),
    "tried_on": ("Forecast on", "date"),
    "trial_cases": ("Forecasts tried", "count"),
    "trial_days": ("Days tried", "count"),
    "trial_expected": ("Expected for one that grew", "number"),
    "trial_grew": ("Accounts that grew", "count"),
    "trial_lift": ("First tenth", "number", "times the average"),
}
