"""Words of the lists of the potential page: advice and its reasons, whom to ask, steps, who may grow."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "alphas_said": "Each row holds with {confidence} confidence if its miss rate was set before anybody looked at "
    "this table.",
    "alt_down": "The share missed of the accounts that grew, and its bound, by the share of Low accounts that "
    "is cut. "
    "{said}",
    "ask_asked": "The accounts worth asking were surveyed within the last {age}: they have said what they would say.",
    "ask_assumed": "That {share} of answers are right is assumed: {yes} that grew and {no} that did not had named "
    "their demand before, and {least} of each are needed to measure it.",
    "ask_break_even": "Serving an account is taken to be worth more than serving others from a potential of {share} "
    "on, the share of the Low accounts known last that grew.",
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
    "axis_missed": "Share missed of the accounts that grew",
    "down_chosen": "The line chosen cuts {share}.",
    "down_not": "No line is chosen: even the lowest may miss more than {alpha}.",
    "down_part": "{share} cut: {misses} of {cases} missed, at most {bound}",
    "down_said": "Of the accounts kept aside, with the most that their share may be in all such accounts "
    "({confidence} confidence): {parts}.",
    "drawn_allowed": "allowed: {alpha}",
    "drawn_bound": "at most, with {confidence} confidence",
    "drawn_chosen": "the line chosen",
    "drawn_missed": "in the test",
    "figure_down": "How far down the cut may go",
    "first_said": "The most likely to grow of all Low accounts is {name}, with a potential of {potential} ({low} to "
    "{high}); of the Low accounts known last {usual} grew.",
    "first_said_alone": "The most likely to grow of all Low accounts is {name}, with a potential of {potential} "
    "({low} to {high}).",
    "gain_alone": "What growing brings is known of a single account: take money at stake for a guess.",
    "gain_unknown": "No Low account is known to have grown, so the money at stake in a cut is not known.",
    "gain_winsorised": "One of the {accounts} accounts that grew made {share} of what they gained; the gain is "
    "a mean "
    "in which it counts as the next one.",
    "guard_average": "What may be cut on average only rests on a weaker promise: over many such books the miss rate "
    "is at most so much in the mean. The line of the book at hand may miss more, and often does.",
    "list_counts": "{low}: {cut} may be cut, {survey} to be surveyed first, {keep} to be kept.",
    "list_record": "Write what is decided into the table decisions, and what was recommended beside it in these "
    "words: only then can be measured afterwards what the cuts missed.",
    "money_few_days": "Contacts on {day} reach back less than three months: too short to tell minutes of a year.",
    "never_cut_many": "{n} accounts are kept by lot, whatever else holds for them, the same every quarter.",
    "never_cut_none": "No account is kept by lot today.",
    "never_cut_one": "1 account is kept by lot, whatever else holds for it, the same every quarter.",
    "never_cut_reason": "never-cut group",
    "never_cut_why": "{share} of all Low accounts are drawn for it, whatever their score: by them alone can be "
    "measured afterwards what the cuts miss. Their reason in decisions is: {reason}.",
    "outcome_cut": "may be cut",
    "outcome_keep": "keep",
    "outcome_survey": "survey first",
    "overrides_kept_many": "{n} Low accounts are kept by people against the advice; their reasons stand here.",
    "overrides_kept_one": "1 Low account is kept by a person against the advice; the reason stands here.",
    "overrides_none": "No word of a person against the advice stands for an account that is Low today.",
    "overrides_other": "No Low account is kept by people against the advice; what else they decided otherwise stands "
    "here.",
    "overrides_unknown": "Words in decisions that are not understood and do nothing: {words}.",
    "small_order_many": "{n} small orders",
    "small_order_one": "1 small order",
    "step_desk": "desk service in place of visits",
    "step_minimum": "minimum order",
    "step_price": "price for small orders",
    "steps_chosen": "Small orders are those below {minimum}, the lower quartile of the orders of Low accounts; set "
    "minimum_order to try another.",
    "steps_desk": "{minutes} of our visits a year, {share} of all to Low accounts",
    "steps_desk_visits": "{share} of our visits to Low accounts",
    "steps_even": "It costs more margin than it frees once {share} of them leave over it.",
    "steps_minimum": "Small orders are those below {minimum}.",
    "steps_none": "No account may be cut or is to be surveyed first, so there is nobody to take a step with.",
    "steps_nothing": "Not one of the steps would free anything: there are no visits of ours to these accounts, "
    "and no "
    "orders below {minimum}.",
    "steps_risk": "Of these accounts {promising} are expected to grow ({low} to {high}, were all potentials off the "
    "same way), {risk} of all growth expected among Low accounts.",
    "steps_risk_unknown": "How many of these accounts will grow is not known.",
    "steps_risk_unscored": "Of these accounts {promising} are expected to grow, if they are like the average Low "
    "account.",
    "steps_said": "{step}: it concerns {accounts} and frees {what}.",
    "steps_small": "{orders} a year from effort, {share} of those of all Low accounts",
    "steps_untold": "{step}: it concerns {accounts}; what it frees the book cannot tell.",
    "survey_many": "{n} surveys",
    "survey_one": "1 survey",
    "unlock_veto_complaint": "sparing accounts whose complaint is not resolved",
    "unlock_veto_contract": "sparing accounts under contract",
    "unlock_veto_key_account": "sparing named key accounts",
    "unlock_veto_new": "sparing accounts too new to judge",
    "unlock_veto_opportunity": "sparing accounts with an open opportunity",
    "unlock_veto_sibling": "sparing siblings of High accounts",
    "veto_complaint": "a complaint of theirs is not resolved",
    "veto_contract": "a contract is in force",
    "veto_key_account": "named key account",
    "veto_new": "too new to judge",
    "veto_opportunity": "an opportunity is open",
    "veto_sibling": "belongs to the group of a High account",
    "why_above": "at least as likely to grow as Low accounts did on the whole ({share})",
    "why_below": "scores below the guard's threshold",
    "why_between": "scores above the guard's threshold, but less likely to grow than Low accounts did on the whole",
    "why_declined": "less likely to grow than Low accounts did on the whole, but the guard allows no cut",
    "why_exempt": "kept by lot (never-cut group), to measure the guard",
    "why_overridden": "kept by a person's decision",
    "why_override": "kept by {who} on {day}: {reason}",
    "why_override_nobody": "somebody",
    "why_override_silent": "no reason given",
    "why_unscored": "no score tells it from the others",
}

COLUMNS: Words = {
    "exempt": ("Never cut, by lot", "flag"),
    "outcome": ("Outcome", "text"),
    "recommended": ("Recommended", "text"),
    "veto": ("Veto", "text"),
    "changes": ("Answer changes the decision", "share"),
    "p_yes": ("Says yes", "share"),
    "potential_if_no": ("Potential after no", "share"),
    "potential_if_yes": ("Potential after yes", "share"),
    "surveyed_on": ("Surveyed on", "date"),
    "unheard": ("Nobody heard of it", "flag"),
    "within": ("Within the budget", "flag"),
    "worth_asking": ("Worth of asking", "money"),
    "brings": ("Brings a year", "money"),
    "break_even": ("May leave at break-even", "share"),
    "freed_cost": ("Cost freed a year", "money"),
    "freed_per_risk": ("Freed for what it risks", "number"),
    "freed_share": ("Freed, of all Low accounts", "share"),
    "high_promising": ("Will grow, 90% to", "number"),
    "low_promising": ("Will grow, 90% from", "number"),
    "minutes_visits": ("Minutes of our visits a year", "count"),
    "growth_at_risk": ("Growth at risk a year", "money"),
    "promising": ("Will grow", "number"),
    "risk_share": ("Risked, of all growth", "share"),
    "small": ("Small orders", "count"),
    "small_orders": ("Small orders a year", "count"),
    "step": ("Step", "text"),
    "too_small": ("Whole year below the minimum", "count"),
    "accounts_on_average": ("May be cut, on average only", "count"),
    "advice": ("Advice", "text"),
    "allowed_misses": ("Of them, may be missed", "count"),
    "at_most": ("Miss rate at most", "share"),
    "bound": ("Miss rate, at most", "share"),
    "cases_needed": ("Known to have grown, needed", "count"),
    "cut_accounts": ("May be cut", "count"),
    "cut_part": ("Of the Low accounts", "share"),
    "decided_on": ("Decided on", "date"),
    "decision": ("Decided", "text"),
    "expected_promising": ("Expected to grow", "number"),
    "minutes": ("Minutes of contacts a year", "count"),
    "needed_on_average": ("Known to have grown, needed on average only", "count"),
    "potential": ("Potential", "share"),
    "share_on_average": ("Of the Low accounts, on average only", "share"),
}
