"""Words of the potential page: who of the Low accounts may be cut, and whom to ask first."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "potential_no_outcome": (
        "Nothing can be said of who will grow: no earlier day has both a whole year of orders before it and "
        "{horizon} after it, by {day}. A shorter horizon, such as 6M, needs less."
    ),
    "potential_nobody": ("No account is Low on {day}: there is nobody to cut and nobody to develop."),
    "potential_no_score": ("There is no score. {reason}"),
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
    "score_few": "Accounts known to have grown: {promising}; a score learns from {wanted} or more.",
    "score_no_candidate": "Not one of the candidates for a score can be fitted to this book.",
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
    "decided_nobody": "Not one of the {accounts} accounts judged grew, so there is no miss rate yet.",
    "decided_none": "The book has no decisions, so nothing can be measured afterwards.",
    # --- the guard ---
    "guard_are_many": "{n} are",
    "guard_are_one": "1 is",
    "guard_average": "The columns named on average hold a weaker promise: over many such books the miss rate is at "
    "most so much in the mean. The line of the book at hand may miss more, and often does.",
    "guard_cuts_many": "would allow up to {n} cuts",
    "guard_cuts_none": "would allow no cut",
    "guard_cuts_one": "would allow 1 cut",
    "guard_declines": "No cut list is safe at {alpha}: of the accounts kept aside to test the score {cases} known to "
    "have grown, {needed} are needed.",
    "guard_declines_none": "No cut list is safe at {alpha}: of the accounts kept aside to test the score none is "
    "known to have grown, {needed} are needed.",
    "guard_holds": "With {confidence} confidence at most {alpha} of the accounts that will grow are among those "
    "below this line.",
    "guard_list": "That holds of all such accounts taken together. This list alone is expected to hold {expected} "
    "that will grow, and its own share scatters.",
    "guard_moved": "But Low accounts are no longer like those this was learned from, so do not rely on it (see "
    "below, Can it be trusted).",
    "guard_no_score": "Without the accounts kept aside no score can be learned for it.",
    "guard_nobody_below": "But nobody is below it today whom no veto, no person and no lot keeps.",
    "guard_support_many": "{n} support {smallest} at best, which {cuts}.",
    "guard_support_one": "1 supports {smallest} at best, which {cuts}.",
    "guard_vetoes": "Vetoes alone keep so many of the {cases} known to have grown that the promise is met: all that "
    "no veto keeps may be cut. The score plays no part in that, and an account that will grow and that no veto keeps "
    "is lost.",
    "unlock_veto_complaint": "sparing accounts whose complaint is not resolved",
    "unlock_veto_contract": "sparing accounts under contract",
    "unlock_veto_key_account": "sparing named key accounts",
    "unlock_veto_new": "sparing accounts too new to judge",
    "unlock_veto_opportunity": "sparing accounts with an open opportunity",
    "unlock_veto_sibling": "sparing siblings of High accounts",
    "why_unscored": "no score tells it from the others",
    # --- the trial ---
    "drift_features": "What is known of them has moved: {features}.",
    "drift_few": "Low accounts are too few to tell whether their scores have moved since {day}.",
    "drift_gap": "{then} of them scored {at} or less then, {now} do now.",
    "drift_moved": "Warning: the scores of Low accounts have moved since {day} by more than chance explains, so the "
    "promise may not hold.",
    "drift_outcome_blind": "Of accounts that grew {before} before and {last} in the latest trial are known: too few "
    "for any shift to be noticed.",
    "drift_outcome_low": "Warning: of the accounts that grew, more scored low in the latest trial than before "
    "({then} then, {now} now). That breaks the promise.",
    "drift_outcome_none": "Whether accounts that grow still score as those before them cannot be told yet: it takes "
    "forecasts of two days a whole horizon apart.",
    "drift_outcome_score": "Warning: the accounts that grew in the latest trial did not score as those before them, "
    "so the promise may not hold.",
    "drift_outcome_still": "The scores of accounts that grew ({before} before, {last} in the latest trial) have not "
    "moved by more than chance explains; a shift of {gap} of them to one side would have been noticed.",
    "drift_still": "The scores of Low accounts have not moved since {day} by more than chance explains; a shift of "
    "{gap} of them to one side would have been noticed.",
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
    "trust_nothing": "That interval reaches down to 50, so the score claims nothing.",
    "trust_ranks": "Tried on {days} with what was known then, and with {grew}: of two accounts of which one grew, "
    "the score puts that one first {auc} times in a hundred (90% interval {low} to {high}; chance is 50).",
    "trust_told": "As it allows no cut, potentials are told by a score that learned from all accounts: {kind}.",
    "trust_value_all": "better than every simple rule",
    "trust_value_nothing": "it claims nothing",
    "trust_value_some": "not surely better than {rival}",
    "trust_value_untried": "not tried yet",
    # --- the page ---
    "a_window": "a {window}",
    "a_year": "a year",
    "alphas_said": "Each row holds with {confidence} confidence if its miss rate was set before anybody looked at "
    "this table.",
    "alt_down": "The share missed of the accounts that grew, and its bound, by the share of Low accounts that is "
    "cut. {said}",
    "alt_potential_calibration": "Potential told on earlier days beside the share that grew, by groups. {said}",
    "alt_practice": "Accounts that grew and would have been missed, by the share of Low accounts cut: by least "
    "revenue and by lowest score. {said}",
    "ask_asked": "The accounts worth asking were surveyed within the last {age}: they have said what they would say.",
    "ask_assumed": "That {share} of answers are right is assumed: {yes} that grew and {no} that did not had named "
    "their demand before, and {least} of each are needed to measure it.",
    "ask_break_even": "Serving an account is taken to be worth more than serving others from a potential of {share} "
    "on, that of the average Low account.",
    "ask_first_said": "Asking {first} is worth {worth} after its cost: with a chance of {changes} the answer changes "
    "what is decided on it, with {at_stake} a year at stake. Its potential is {now} now, {if_yes} after a yes, "
    "{if_no} after a no. Worth their cost, of a budget of {surveys}: {within}.",
    "ask_first_unpriced": "What growing brings is not known, so the list stands in the order of how much an answer "
    "changes. With a chance of {changes} an answer of {first} changes what is decided on it: its potential is {now} "
    "now, {if_yes} after a yes, {if_no} after a no.",
    "ask_measured": "How often answers are right is measured on this book's own surveys: of {yes} that grew "
    "{yes_share} had named a demand of Mid size ({yes_low} to {yes_high}), of {no} that did not {no_share} had named "
    "less ({no_low} to {no_high}).",
    "ask_no_budget": "No survey is given (surveys is 0).",
    "ask_nothing": "No answer is worth the {cost} of asking: none would change a decision that has so much at stake.",
    "ask_tells_nothing": "In the past the answers of this book's surveys did not tell who would grow, so asking is "
    "worth nothing.",
    "ask_untold": "Nobody is known to have grown, so it cannot be told whom to ask first.",
    "ask_value_nobody": "nobody",
    "axis_cut_share": "Share of Low accounts cut",
    "axis_grew": "Share that grew, with its 90% interval",
    "axis_missed": "Share missed of the accounts that grew",
    "axis_potential": "Potential told",
    "cut_value": "{cut} of {low}",
    "cut_value_none": "none of {low}",
    "decided_rate": "Of the {promising} accounts of the never-cut group that grew, a cut had been recommended for "
    "{missed}: a miss rate of {rate} ({low} to {high}).",
    "down_chosen": "The line chosen cuts {share}.",
    "down_not": "No line is chosen: even the lowest may miss more than {alpha}.",
    "down_part": "{share} cut: {misses} of {cases} missed, at most {bound}",
    "down_said": "Of the accounts kept aside, with the most that their share may be in all such accounts "
    "({confidence} confidence): {parts}.",
    "drawn_allowed": "allowed: {alpha}",
    "drawn_bound": "at most, with {confidence} confidence",
    "drawn_by_revenue": "cut by least revenue",
    "drawn_by_score": "cut by lowest score",
    "drawn_chosen": "the line chosen",
    "drawn_missed": "in the test",
    "figure_down": "How far down the cut may go",
    "figure_potential_calibration": "Potential told and what came",
    "figure_practice": "What cutting by revenue would have missed",
    "first_said": "The most likely to grow of all Low accounts is {name}, with a potential of {potential} ({low} to "
    "{high}); the average Low account has {usual}.",
    "first_said_alone": "The most likely to grow of all Low accounts is {name}, with a potential of {potential} "
    "({low} to {high}).",
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
    "moved since, or if the line is kept for another quarter.",
    "known_grown_many": "{n} more accounts known to have grown",
    "known_grown_one": "1 more account known to have grown",
    "list_counts": "{low}: {cut} may be cut, {survey} to be surveyed first, {keep} to be kept.",
    "list_record": "Write what is decided into the table decisions, and what was recommended beside it in these "
    "words: only then can be measured afterwards what the cuts missed.",
    "low_account_many": "{n} Low accounts",
    "low_account_one": "1 Low account",
    "low_are_many": "{n} accounts are Low",
    "low_are_one": "1 account is Low",
    "minute_many": "{n} minutes",
    "minute_one": "1 minute",
    "names_and": "{names} and {last}",
    "never_cut_many": "{n} accounts are kept by lot alone, the same every quarter.",
    "never_cut_none": "No account is kept by lot alone today.",
    "never_cut_one": "1 account is kept by lot alone, the same every quarter.",
    "never_cut_why": "{share} of all Low accounts are drawn for it, whatever their score: by them alone can be "
    "measured afterwards what the cuts miss. Their reason in decisions is: never-cut group.",
    "overrides_kept_many": "{n} Low accounts are kept by people against the advice; their reasons stand here.",
    "overrides_kept_one": "1 Low account is kept by a person against the advice; the reason stands here.",
    "overrides_none": "No word of a person against the advice stands for an account that is Low today.",
    "overrides_other": "No Low account is kept by people against the advice; what else they decided otherwise stands "
    "here.",
    "overrides_unknown": "Words in decisions that are not understood and do nothing: {words}.",
    "promising_means": "{low} on {day}: below {bar} of {by} in the 12 months before. Promising means: will grow to "
    "Mid size within {horizon}, so that the 12 months up to then bring at least {bar}, and at least {grown} times "
    "what the last 12 did. Potential is the chance of that.",
    "risk_frees": "The list frees {what} a year.",
    "risk_frees_both": "{minutes} of service and {cost} of cost to serve",
    "risk_frees_cost": "{cost} of cost to serve",
    "risk_frees_minutes": "{minutes} of service",
    "risk_growth": "What they would bring more is {growth} of {money} a year.",
    "risk_list": "So many of the {cut} on the list are expected to grow all the same ({low} to {high}, were all "
    "potentials off the same way).",
    "risk_missed": "Of the later {money} of accounts known to have grown, none counted beyond {cap}, this line would "
    "have lost {share}; with {confidence} confidence it loses at most {bound}.",
    "risk_missed_none": "The accounts known to have grown brought no {money}, so what a miss costs is not known.",
    "risk_missed_whole": "Counted whole it would have lost {share}.",
    "risk_no_list": "Nobody is cut, so nothing is risked by it.",
    "risk_value": "{expected} accounts that will grow",
    "risk_value_none": "nothing",
    "risk_whole": "All {low} together are expected to hold {expected} that will grow within {horizon}.",
    "risk_whole_growth": "All {low} together are expected to hold {expected} that will grow within {horizon}, and "
    "with them {growth} more {money} a year.",
    "small_order_many": "{n} small orders",
    "small_order_one": "1 small order",
    "steps_chosen": "Small orders are those below {minimum}, the lower quartile of the orders of Low accounts; set "
    "minimum_order to try another.",
    "steps_desk": "{minutes} of our visits a year, {share} of all to Low accounts",
    "steps_desk_visits": "{share} of our visits to Low accounts",
    "steps_even": "It costs more margin than it frees once {share} of them leave over it.",
    "steps_minimum": "Small orders are those below {minimum}.",
    "steps_none": "No account may be cut or is to be surveyed first, so there is nobody to take a step with.",
    "steps_nothing": "Not one of the steps would free anything: there are no visits of ours to these accounts, and "
    "no orders below {minimum}.",
    "steps_risk": "Of these accounts {promising} are expected to grow ({low} to {high}, were all potentials off the "
    "same way), {risk} of all growth expected among Low accounts.",
    "steps_risk_unknown": "How many of these accounts will grow is not known.",
    "steps_risk_unscored": "Of these accounts {promising} are expected to grow, if they are like the average Low "
    "account.",
    "steps_said": "{step}: it concerns {accounts} and frees {what}.",
    "steps_small": "{orders} a year from effort, {share} of those of all Low accounts",
    "steps_untold": "{step}: it concerns {accounts}; what it frees the book cannot tell.",
    "surer_case_many": "{n} accounts known to have grown",
    "surer_case_one": "1 account known to have grown",
    "surer_declines": "Of {low} on {day} kept aside {cases} to have grown within {horizon}. An account counts once, "
    "by the latest day whose outcome is known, so that waiting alone adds few: it takes about {times} times as many "
    "Low accounts to know of {needed}, say of several branches together.",
    "surer_holds": "The line rests on {cases}, of which {misses} may be below it. Among {more} one more could be, "
    "and the line would stand higher.",
    "surer_known_many": "{n} are known",
    "surer_known_one": "1 is known",
    "surer_nobody": "Of {low} on {day} kept aside none grew within {horizon}, so it cannot be said how many accounts "
    "it takes to know of {needed}.",
    "surer_score": "As many are known to have grown as a cut needs, but without a score the guard cannot tell who "
    "may be cut.",
    "surer_survey": "Until then a survey settles single accounts: see whom to ask first.",
    "surer_value_alpha": "{more}, for one more miss",
    "surer_value_score": "a score",
    "surer_value_time": "time",
    "survey_many": "{n} surveys",
    "survey_one": "1 survey",
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
    # --- the page ---
    "accounts_on_average": ("May be cut, on average only", "count"),
    "advice": ("Advice", "text"),
    "allowed_misses": ("Known misses allowed", "count"),
    "ask_first": ("Ask first", "text"),
    "at_most": ("Miss rate at most", "share"),
    "at_risk_cut": ("At risk in the cut", "text"),
    "bound": ("Miss rate, at most", "share"),
    "cases_needed": ("Known cases needed", "count"),
    "cut_accounts": ("May be cut", "count"),
    "cut_part": ("Of the Low accounts", "share"),
    "decided_on": ("Decided on", "date"),
    "decision": ("Decided", "text"),
    "expected_promising": ("Expected to grow", "number"),
    "may_be_cut": ("Accounts that may be cut", "text"),
    "minutes": ("Minutes of contacts a year", "count"),
    "needed_on_average": ("Known cases needed, on average only", "count"),
    "potential": ("Potential", "share"),
    "score_trust": ("How good the score of potential is", "text"),
    "share_on_average": ("Of the Low accounts, on average only", "share"),
    "surer": ("What would make us surer", "text"),
    # --- the trial ---
    "average_precision": ("Average precision", "share"),
    "grew_share": ("Share that grew", "share"),
    "pairs_right": ("Pairs in the right order", "share"),
    "ranked_by": ("Ranked by", "text"),
    "trial_cases": ("Forecasts tried", "count"),
    "trial_days": ("Days tried", "count"),
    "trial_expected": ("Expected for one that grew", "number"),
    "trial_grew": ("Accounts that grew", "count"),
    "trial_lift": ("First tenth", "number", "times the average"),
}
