"""Words of the potential page in short: who may be cut, what is promised, what would make us surer, what is at risk."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "a_window": "a {window}",
    "a_year": "a year",
    "cut_none": "No account may be cut.",
    "cut_value": "{cut} of {low}",
    "cut_value_none": "none of {low}",
    "guard_are_many": "{n} are",
    "guard_are_one": "1 is",
    "guard_cuts_many": "would allow up to {n} cuts",
    "guard_cuts_none": "would allow no cut",
    "guard_cuts_one": "would allow 1 cut",
    "guard_declines": "No cut list is safe at {alpha}: of the accounts kept aside to test the score {cases} known to "
    "have grown, {needed} are needed.",
    "guard_declines_none": "No cut list is safe at {alpha}: of the accounts kept aside to test the score none is "
    "known to have grown, {needed} are needed.",
    "guard_holds": "With {confidence} confidence at most {alpha} of the accounts that will grow are among those below "
    "this line.",
    "guard_list": "That holds of all such accounts taken together. This list alone is expected to hold {expected} "
    "that will grow, and its own share scatters.",
    "guard_moved": "But Low accounts are no longer like those this was learned from, so do not rely on it (see below, "
    "Can it be trusted).",
    "guard_no_score": "Without the accounts kept aside no score can be learned for it.",
    "guard_nobody_below": "But nobody is below it today whom no veto, no person and no lot keeps.",
    "guard_support_many": "{n} support a miss rate of {smallest} at best, which {cuts}.",
    "guard_support_one": "1 supports a miss rate of {smallest} at best, which {cuts}.",
    "guard_vetoes": "Vetoes alone keep so many of the {cases} known to have grown that the promise is met: all that "
    "no veto keeps may be cut. The score plays no part in that, and an account that will grow and that no veto keeps "
    "is lost.",
    "known_grown_many": "{n} more accounts known to have grown",
    "known_grown_one": "1 more account known to have grown",
    "low_account_many": "{n} Low accounts",
    "low_account_one": "1 Low account",
    "low_are_many": "{n} accounts are Low",
    "low_are_one": "1 account is Low",
    "minute_many": "{n} minutes",
    "minute_one": "1 minute",
    "potential_no_cost": "Potential cannot be told by margin: {lack}",
    "potential_no_outcome": "Nothing can be said of who will grow: no earlier day has a whole year of orders before "
    "it and, by {day}, the whole time after it within which accounts may grow. A shorter growth_horizon, such as 6M, "
    "needs less.",
    "potential_no_score": "There is no score. {reason}",
    "potential_nobody": "No account is Low on {day}: there is nobody to cut and nobody to develop.",
    "promising_means": "{low} on {day}: they brought less than {bar} of {by} in the 12 months before. An account "
    "grows, or is promising, if it reaches Mid size within {horizon}: the 12 months up to then bring at least {bar}, "
    "and at least {grown} times what the last 12 did. Potential is the chance of that.",
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
    "surer_case_many": "{n} accounts known to have grown",
    "surer_case_one": "1 account known to have grown",
    "surer_declines": "Of {low} on {day} kept aside {cases} to have grown within {horizon}. An account counts once, "
    "by the latest day whose outcome is known, so that waiting alone adds few: it takes about {times} times as many "
    "Low accounts to know of {needed}, say of several branches together.",
    "surer_holds": "The line rests on {cases}, of which {misses} may be below it. Among {more} one more could be, and "
    "the line would stand higher.",
    "surer_known_many": "{n} are known",
    "surer_known_one": "1 is known",
    "surer_nobody": "Of {low} on {day} kept aside none grew within {horizon}, so it cannot be said how many accounts "
    "it takes to know of {needed}.",
    "surer_score": "As many are known to have grown as a cut needs, but without a score the guard cannot tell who may "
    "be cut.",
    "surer_survey": "Until then a survey settles single accounts: see whom to ask first.",
    "surer_value_alpha": "{more}, for one more miss",
    "surer_value_score": "a score",
    "surer_value_time": "time",
}

COLUMNS: Words = {
    "ask_first": ("Ask first", "text"),
    "at_risk_cut": ("At risk in the cut", "text"),
    "may_be_cut": ("Accounts that may be cut", "text"),
    "score_trust": ("How well the score tells who will grow", "text"),
    "surer": ("What would make us surer", "text"),
}
