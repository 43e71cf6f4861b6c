"""Words of the satisfaction page: what it is worth, what to improve for whom, our own view beside theirs."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- leaving and margin by what was said ---
    "worth_adjusted": "{question}: compared with accounts of the same day.",
    "worth_adjusted_alike": "{question}: compared with accounts of the same day and alike in {terms}.",
    "worth_drawn": (
        "The comparison with accounts alike is made with {rows} of {of} account-quarters, whole accounts drawn by "
        "their ids."
    ),
    "worth_few": (
        "Whether leaving goes with satisfaction cannot be told: {left} of {accounts} accounts are known to have left,"
        " and at least {least} that left and as many that stayed are needed."
    ),
    "worth_level_complaints_0": "no complaint in the year",
    "worth_level_complaints_1": "one complaint in the year",
    "worth_level_complaints_2": "two or more complaints in the year",
    "worth_level_high": "high: {high} of the scale and above",
    "worth_level_low": "low: under {low} of the scale",
    "worth_level_middle": "middle: {low} up to {high}",
    "worth_level_silent": "asked, and silent",
    "worth_level_trouble_no": "none open, none late",
    "worth_level_trouble_yes": "one open, or open for more than 30 days",
    "worth_level_unasked": "not asked",
    "worth_level_unheard": "no answer",
    "worth_said_high": "high",
    "worth_said_low": "low",
    "worth_said_middle": "middle",
    "worth_no_ratio": "{question}: no comparison with accounts alike, for it has no finite answer.",
    "worth_no_voice": (
        "The book has neither answers to surveys nor complaints, so nothing can be said of what they are worth."
    ),
    "worth_no_year": (
        "The next year's margin by satisfaction cannot be told: that takes a day with a whole year of orders before "
        "it and one after it."
    ),
    "worth_not_adjusted": "Too few left ({left}) to allow also for {terms}.",
    "worth_question_complaints": "Complaints",
    "worth_question_satisfaction": "Satisfaction",
    "worth_question_trouble": "Complaints open or late",
    "worth_undecided": "Leaving by satisfaction cannot be told: {reason}",
    # --- sentences: leaving and margin ---
    "leaver_many": "{n} times an account left",
    "leaver_one": "1 account left",
    "worth_association": (
        "This is what goes together, not what causes what: whatever makes an account discontented may make it leave "
        "by another way too."
    ),
    "worth_bent": (
        "From low to high leaving does not go one way, and no straight line fits ({p}): most leave at '{level}'."
    ),
    "worth_falls": "From low to high leaving falls, but not evenly: a straight line does not fit ({p}).",
    "worth_rises": "From low to high leaving rises, and not evenly: a straight line does not fit ({p}).",
    "worth_below": "{level}: {share} less than accounts of their size kept ({low} to {high})",
    "worth_above": "{level}: {share} more than accounts of their size kept ({low} to {high})",
    "worth_larger": "At '{level}' one account is {share} of the money.",
    "worth_margin_clear": "Beyond chance in the year after, against accounts of their size and against all: {levels}.",
    "worth_margin_none": (
        "Whatever was said or complained of, the {money} of the year after differs from that of others by no more "
        "than chance and size explain."
    ),
    "worth_margin_how": (
        "{money} a year after {starts}, of {n} account-years; accounts that left count as 0, those new in the year "
        "before are left out. {bands} bands of size are compared within, and beside that all accounts: what is clear "
        "in one comparison only may be size and not satisfaction."
    ),
    "worth_margin_how_one": (
        "{money} a year after {starts}, of {n} account-years; accounts that left count as 0, those new in the year "
        "before are left out. Too few accounts to compare within bands of size: what small accounts gain and large "
        "ones lose by chance is in it."
    ),
    "worth_ratio": "{level} leave {ratio} times as often as '{reference}' ({low} to {high})",
    "worth_ratios": "Against accounts alike: {ratios}.",
    "worth_rates": "{question}. In a year leave: {rates}.",
    "worth_rate": "{level} {rate} of 100 ({low} to {high})",
    "worth_straight": "Among those heard, a straight line from low to high is not contradicted ({p}).",
    "worth_heard_alike": "Among those heard, low, middle and high do not differ by more than chance explains ({p}).",
    "worth_unlike": "{question}: the levels differ by more than chance explains ({p}).",
    "worth_alike": "{question}: the levels differ by no more than chance explains ({p}). Learned from: {left}.",
    "worth_few_levels": "{question}: too few left to compare the levels with accounts alike.",
    # --- what to improve for whom ---
    "priority_alike": (
        "In {dimensions} accounts differ by no more than the people of one account do, so that no account stands out."
    ),
    "priority_assumed": (
        "No account has answers of two people, so it cannot be seen how far people of one account differ: half of the"
        " spread is taken for theirs."
    ),
    "priority_bar": "{name}: {improvement}",
    "priority_by": (
        "Most waits for {dimension}: {share} of all priority ({low} to {high} points of 1,000). It comes first for "
        "{accounts}, which brought {money}."
    ),
    "priority_by_money": (
        "Most waits for {dimension}: {amount} of {stake} a year ({low} to {high}) if leaving followed satisfaction as"
        " it has gone with it. It comes first for {accounts}, which brought {money}."
    ),
    "priority_first": (
        "First: {name}, {dimension}. {people} put it at {said} of the scale, and a quarter of the accounts lie "
        "above {reach}; {money} is at stake. That it is among the first ten has a chance of {p_top}, that {dimension}"
        " is its first improvement one of {p_first}."
    ),
    "priority_how": (
        "Priority is gap x importance x {stake} at stake, in points of 1,000 for all together. The gap is to the "
        "score that a quarter of the accounts heard lie above; one person's answer is not taken for its account's."
    ),
    "priority_how_money": (
        "Priority is the {stake} a year that would be kept if satisfaction rose by gap x importance and leaving "
        "followed it, as it has gone with it; nobody has shown that it would."
    ),
    "priority_nobody": (
        "No account of the book was heard within two years, so that nothing can be said of what each waits for."
    ),
    "priority_none": "No account heard has a gap that matters.",
    "priority_nothing_at_stake": (
        "No account heard has {stake} above 0 in the year, so nothing is at stake and no improvement comes first."
    ),
    "priority_other_many": (
        "{n} accounts answered, but nothing about a dimension that could be improved; they have no priority."
    ),
    "priority_other_one": (
        "1 account answered, but nothing about a dimension that could be improved; it has no priority."
    ),
    "priority_rep": "{name} ({rep})",
    "priority_unsure": "Whether {dimension} matters at all is not sure: the interval of this priority holds 0.",
    "priority_no_gap": "Whether it lags at all is not sure: the interval of this priority begins at 0.",
    "priority_sure": "Of {n} accounts {sure} have a first improvement that is more likely than not.",
    "priority_strangers_many": "{n} questionnaires are of accounts that the book does not know on this day.",
    "priority_strangers_one": "1 questionnaire is of an account that the book does not know on this day.",
    "stake_expected": "expected margin",
    "stake_margin": "margin",
    "stake_revenue": "revenue",
    "unheard_none": "Every account that brought money was heard within two years.",
    "unheard_no_stake": "No account has {stake} above 0 in the year, so none that brought money could be unheard.",
    "unheard_said": (
        "Of {accounts} that brought {money} in the year, {share} of all, nobody was heard within two years: what they"
        " think is not known, and no score stands in for it."
    ),
    "unheard_asked_many": "{n} of them were asked.",
    "unheard_asked_one": "1 of them was asked.",
    # --- our own view beside theirs ---
    "focus_agree": (
        "What our people call important and what customers do: rank correlation {rho} ({low} to {high}) over {items} "
        "questions."
    ),
    "focus_area_communication": "communication",
    "focus_area_information": "information",
    "focus_area_organisation": "organisation",
    "focus_few": "too few accounts",
    "focus_gloomier": "gloomier than theirs",
    "focus_perhaps_gloomier": "gloomier, perhaps by chance",
    "focus_perhaps_rosier": "rosier, perhaps by chance",
    "focus_perhaps_many": (
        "Of {n} more questions the interval by itself leaves out 0; beside the other questions that may be chance."
    ),
    "focus_perhaps_one": (
        "Of 1 more question the interval by itself leaves out 0; beside the other questions that may be chance."
    ),
    "focus_misjudged": "Misjudged most: '{item}', which our people rank {ours} in importance and customers {theirs}.",
    "focus_no_internal": (
        "Our own people answered no survey (respondent_type internal), so that our own view cannot be set beside "
        "theirs."
    ),
    "focus_no_team": "By team this cannot be told: the book does not say which team serves which account.",
    "focus_none": (
        "Nowhere is our own view of ourselves rosier than the customers' beyond chance; {accounts} were compared."
    ),
    "focus_open": "no difference shown",
    "focus_pairs": "{pairs} the account's own beside, {same} of the same wave; {unpaired} none.",
    "focus_unpaired_have_many": "{n} questionnaires of our people have",
    "focus_unpaired_have_one": "1 questionnaire of our people has",
    "focus_view_many": "{n} of our people's views of an account have",
    "focus_view_one": "1 of our people's views of an account has",
    "focus_rosier": "rosier than theirs",
    "focus_said": "Our own view is rosier than the customers' of: {items}; {accounts} were compared.",
    "focus_team": "Rosiest against its customers: {team}, by {difference} of the scale ({low} to {high}).",
    "focus_team_none": "No team's view is rosier than its customers' beyond chance.",
    "focus_times": "'{item}' by {difference} of the scale",
    "focus_unpaired_many": (
        "{n} questionnaires of our own people are of accounts that did not answer within a year of them, so nothing "
        "can be compared."
    ),
    "focus_unpaired_one": (
        "1 questionnaire of our own people is of an account that did not answer within a year of it, so nothing can "
        "be compared."
    ),
    "focus_value": "{rosier} of {of} questions",
    "team_nobody": "nobody's",
    # --- figures ---
    "alt_focus": "What our people and what customers say, question by question. {said}",
    "alt_leaving": "Accounts that leave in a year, by what they had said, with 90% intervals. {said}",
    "alt_priorities": "The accounts whose improvement has the highest priority, with 90% intervals. {said}",
    "axis_leave_year": "Share that leaves in a year, with its 90% interval",
    "axis_priority": "Priority, in points of 1,000, with its 90% interval",
    "axis_priority_money": "Priority, {currency} a year, with its 90% interval",
    "axis_scale": "Share of the scale",
    "axis_customers": "Customers say",
    "axis_our_people": "Our people say",
    "figure_focus": "Our own view beside the customers'",
    "figure_leaving_voice": "Leaving in a year, by what had been said",
    "figure_priorities": "The {n} accounts to improve something for first",
}

COLUMNS: Words = {
    "against_alike": ("Against accounts of their size", "share"),
    "among_first": ("Among the first ten", "share"),
    "at_stake": ("At stake in a year", "money"),
    "against_all": ("Against all accounts", "share"),
    "high_all": ("Against all, 90% to", "share"),
    "low_all": ("Against all, 90% from", "share"),
    "first_improvement": ("What most waits for", "text"),
    "focus_area": ("Area", "text"),
    "focus_item": ("Question of the scorecard", "text"),
    "high_times": ("Times as often, 90% to", "number"),
    "improvement": ("First improvement", "text"),
    "kept_later": ("Kept a year later", "share"),
    "left_in_year": ("Leave in a year", "share"),
    "low_times": ("Times as often, 90% from", "number"),
    "middle_kept": ("The middle account kept", "share"),
    "next_year": ("The year after", "money"),
    "our_view": ("Our own view is rosier in", "text"),
    "ours_said": ("Our people say", "share"),
    "people_on_it": ("People who rated it", "count"),
    "priority": ("Priority", "number"),
    "rank_ours": ("Importance, our people's rank", "count"),
    "rank_theirs": ("Importance, customers' rank", "count"),
    "said_score": ("They said, of the scale", "share"),
    "shrunk_score": ("Likely score of the account", "share"),
    "surely_first": ("Is its first", "share"),
    "theirs_said": ("Customers say", "share"),
    "this_year": ("The year before", "money"),
    "times_as_often": ("Times as often as accounts alike", "number"),
    "voice_level": ("What had been said", "text"),
    "voice_question": ("What is looked at", "text"),
    "was_asked": ("Was asked", "flag"),
    "weight_on_whole": ("Weight for satisfaction", "number"),
    "within_reach": ("A quarter of accounts lie above", "share"),
}
