"""Words of the satisfaction page: drivers."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- what cannot be learned, and what was left out ---
    "drivers_and": "{names} and {last}",
    "drivers_and_more": "{names} and {more} more",
    "drivers_apart": (
        "'{dimension}' is left out: fewer than {least} accounts answered it together with another question."
    ),
    "drivers_constant": "'{dimension}' is left out: everybody gave the same answer.",
    "drivers_few": (
        "{accounts} answered '{target}' and what it may hang on; {dimensions} dimensions need {needed} "
        "accounts ({each} for each, 30 at least). Fewer dimensions, named in book.toml under "
        "[questionnaire.dimensions], need fewer."
    ),
    "drivers_found_none": "none",
    "drivers_johnson": (
        "With {many} dimensions importance is told by Johnson's relative weights; the exact division over all "
        "orders is made for up to {most}."
    ),
    "drivers_tried": "'{overall}' or '{recommendation}'",
    "drivers_tried_one": "'{item}'",
    "drivers_no_target": "Nobody answered {tried} in the {window} to {day}, so there is nothing to explain.",
    "drivers_nothing": (
        "No question is left that could explain '{target}': none was answered, or all answers are the same."
    ),
    "drivers_pairs": (
        "Only {whole} of {of} questionnaires answer every question used here, so each pair of questions is "
        "compared in the questionnaires that answer both."
    ),
    "drivers_same": (
        "'{target}' was answered in {many} questionnaires of the {window} before the report's day, and never "
        "differently: nothing can be learned about what it hangs on."
    ),
    "drivers_separated": (
        "The ordered logit has no finite answer: one dimension, or several together, foretell the overall answer "
        "without exception."
    ),
    "drivers_sheet_many": "{n} questionnaires",
    "drivers_sheet_one": "1 questionnaire",
    "drivers_silent": "'{dimension}' is left out: nobody who gave the overall answer answered it.",
    "drivers_told": "'{dimension}' is left out: the dimensions before it tell its answers exactly.",
    "drivers_unknown": "There is no question '{item}' in the survey; it has {found}.",
    "drivers_whole": "{whole} of {of} questionnaires answer every question used here; the others are left out.",
    "impressions_nobody": "The book names neither teams nor sales offices, so impressions are not shown for each.",
    "impressions_none": (
        "Fewer than two of the three impressions are asked for; found: {found}. [questionnaire.impressions] in "
        "book.toml says which questions make the first, the second and the third."
    ),
    "impressions_silent": "Nobody rated an impression in the {window} to {day}.",
    "impressions_teams": (
        "Teams are compared where at least two of them have {least} accounts that answered; of {teams} with an "
        "answer {enough} have."
    ),
    "ordered_few": "{accounts} gave whole questionnaires; the ordered logit needs {needed}.",
    "service_none": "Of the dimensions of service quality ({names}) the survey has: {found}; expected two at least.",
    "stated_none": (
        "To say what people call important, the column importance of the table surveys must be filled for two "
        "dimensions at least; found: {found}."
    ),
    # --- words of tables ---
    "construct_expectation": "expectation",
    "construct_image": "image",
    "construct_loyalty": "loyalty",
    "construct_quality": "quality",
    "construct_satisfaction": "satisfaction",
    "construct_value": "value",
    "impression_first": "first impression (manner)",
    "impression_second": "second impression (can they do it)",
    "impression_third": "third impression (do they follow through)",
    "quadrant_border": "on the border",
    "quadrant_chance": "no more than chance",
    "quadrant_improve": "concentrate here",
    "quadrant_keep": "keep up the good work",
    "quadrant_low": "low priority",
    "quadrant_overkill": "possible overkill",
    "team_few": "too few answers",
    "team_none": "none surely",
    # --- figures ---
    "axis_importance": "Share of what the answers explain that hangs on it",
    "axis_performance": "Rated by customers, 0 to 100",
    "figure_importance_map": "What satisfaction hangs on, and how it is rated",
    "figure_team_impressions": "The three impressions, by team, with 90% intervals",
    # --- sentences: importance ---
    "explained_negative": "With the others equal, more of {dimensions} goes surely with less {target}: look why.",
    "explained_none": "More than chance it cannot be said for {dimensions}.",
    "explained_said": (
        "Together the dimensions tell {r2} of the differences in {target} ({low} to {high}); a question of pure "
        "noise would get {noise} of that by chance. This is from {questionnaires} of {accounts} in the {window} "
        "to {day}; it tells what goes with {target}, not what causes it."
    ),
    "hangs_alone": (
        "{target} goes with '{dimension}', the only dimension asked: {points} points more with ten points more of it."
    ),
    "hangs_first": (
        "{target} hangs most on {dimension}: {share} of what the answers explain ({low} to {high}), rated {rated}."
    ),
    "hangs_no": (
        "No dimension goes with {target} more than a question of pure noise would: from {accounts} it cannot be "
        "said what it hangs on."
    ),
    "hangs_open": (
        "{target} hangs most on {dimension} ({share} of what the answers explain, {low} to {high}), but the "
        "answers of {accounts} do not settle whether more than on {second}."
    ),
    "hangs_value": "{dimension} ({share})",
    "improve_nothing": "nothing stands out",
    "improve_nothing_said": "No dimension is at the same time important above the average and rated below it.",
    "improve_open": (
        "Below the average rating and above the average importance, as far as {accounts} tell; but others may "
        "belong there: it is so in {chance} of 100 draws of the accounts."
    ),
    "improve_sure": "Important above the average and rated below it, in {chance} of 100 draws of the accounts.",
    "map_alt": "Importance against rating of {dimensions}. {quadrants}.",
    "map_quadrant": "{quadrant}: {dimensions}",
    "map_unsure": (
        "The place on the map is sure for {sure} of {of} dimensions: it is the same in at least 80 of 100 draws of the "
        "accounts."
    ),
    "stated_agree": "People say that {stated} matters most to them, and that is also what {target} hangs on most.",
    "stated_apart": (
        "People say that {stated} matters most to them; {target} hangs more on {derived}, in {chance} of 100 "
        "draws of the accounts."
    ),
    "stated_first_said": (
        "Asked, {share} of 100 put {dimension} first; {alike} of 100 questionnaires call all equally important."
    ),
    "stated_open": (
        "People say that {stated} matters most to them; the answers point to {derived}, but are too few to say "
        "that it is more."
    ),
    # --- sentences: impressions and teams ---
    "impressions_even": "Accounts rate none of the impressions surely below the others, all of "
    "them looked at together.",
    "impressions_lost": (
        "Accounts lose confidence at the {impression}: they rate it {points} points below the other impressions "
        "({low} to {high}), at {rated} of 100."
    ),
    "impressions_weigh": "Of what the impressions explain of {target}, {share} hangs on the {impression}.",
    "offices_counted_many": "{n} sales offices",
    "offices_counted_one": "1 sales office",
    "offices_lose": (
        "{team} loses on the {impression}: {points} points below the accounts of the other offices ({low} to {high})."
    ),
    "teams_alt": "Ratings of the impressions by team, with intervals. {said}",
    "teams_counted_many": "{n} teams",
    "teams_counted_one": "1 team",
    "teams_lose": (
        "{team} loses on the {impression}: {points} points below the accounts of the others ({low} to {high})."
    ),
    "teams_none": (
        "On no impression is one of the {teams} with enough answers surely below the others; the differences seen"
        " may be chance."
    ),
    # --- path model ---
    "paths_block": "The construct '{construct}' has no item; expected one question at least.",
    "paths_circle": "The paths lead in a circle: {constructs}; expected paths that end.",
    "paths_empty": "The structure has no path; expected at least one construct that hangs on another.",
    "paths_few": (
        "{accounts} answered; the path model needs {needed} ({each} for each of the {most} paths that "
        "lead to one construct, or questions that make one up; 30 at least)."
    ),
    "paths_fit": "The paths tell {r2} of the differences in {target} ({low} to {high}).",
    "paths_flat": "Everybody gave the same answer to '{item}', or nobody did: the path model cannot use it.",
    "paths_lost": "In {lost} of {draws} draws of accounts the path model did not settle; they do not count.",
    "paths_none": (
        "The survey has no questions for a path model: it takes at least two impressions and an overall question,"
        " or [questionnaire.constructs] and [questionnaire.paths] in book.toml."
    ),
    "paths_said": (
        "In the path model {target} moves most with {source}: {total} of its usual spread for one usual spread of"
        " that ({low} to {high})."
    ),
    "paths_scheme": "The scheme is {found!r}; expected 'centroid' or 'path'.",
    "paths_table": "The table of paths has the columns {found}; expected 'from' and 'to'.",
    "paths_twice": "'{item}' measures two constructs of the path model; expected one.",
    "paths_unknown": "The paths name '{construct}', which no question measures; measured are {found}.",
    "paths_unsettled": "The weights of the path model did not settle in {rounds} rounds.",
    "paths_unsure": "Whether {sources} changes {target} at all cannot be told from these answers.",
}

COLUMNS: Words = {
    # --- the map of importance and performance ---
    "dimension": ("Dimension", "text"),
    "performance": ("Rated, 0 to 100", "points"),
    "importance": ("What hangs on it", "share"),
    "low_importance": ("Hangs on it, 90% from", "share"),
    "high_importance": ("Hangs on it, 90% to", "share"),
    "ten_points": ("Goes with 10 points more", "points"),
    "stated_rank": ("Rank that people say", "count"),
    "quadrant": ("Place on the map", "text"),
    "quadrant_share": ("How sure that place is", "share"),
    # --- stated importance ---
    "stated": ("Said to be important, 0 to 100", "points"),
    "low_stated": ("Said, 90% from", "points"),
    "high_stated": ("Said, 90% to", "points"),
    "stated_first": ("Say it comes first", "share"),
    "low_stated_first": ("First, 90% from", "share"),
    "high_stated_first": ("First, 90% to", "share"),
    # --- for an analyst ---
    "with_target": ("Correlation with the overall answer", "number"),
    "coefficient": ("Coefficient, standardised", "number"),
    "low_coefficient": ("Coefficient, 90% from", "number"),
    "high_coefficient": ("Coefficient, 90% to", "number"),
    "ten_odds": ("Odds with 10 points more", "number"),
    "low_ten_odds": ("Odds, 90% from", "number"),
    "high_ten_odds": ("Odds, 90% to", "number"),
    "other_importance": ("By Johnson's weights", "share"),
    "above_noise": ("More than noise", "share"),
    "low_above_noise": ("More than noise, 90% from", "share"),
    "high_above_noise": ("More than noise, 90% to", "share"),
    # --- impressions ---
    "impression": ("Impression", "text"),
    "impression_first": ("First: manner", "points"),
    "impression_second": ("Second: can they do it", "points"),
    "impression_third": ("Third: do they follow through", "points"),
    "loses_on": ("Loses on", "text"),
    "points_lost": ("Points below the others", "points"),
    "low_points_lost": ("Below, 90% from", "points"),
    "high_points_lost": ("Below, 90% to", "points"),
    # --- path model ---
    "construct": ("Construct", "text"),
    "hangs": ("What hangs", "text"),
    "hangs_on": ("On what", "text"),
    "path": ("Directly", "number"),
    "total": ("In all", "number"),
    "low_total": ("In all, 90% from", "number"),
    "high_total": ("In all, 90% to", "number"),
    "measured_by": ("Measured by questions", "count"),
    "r2": ("Explained", "share"),
    "low_r2": ("Explained, 90% from", "share"),
    "high_r2": ("Explained, 90% to", "share"),
    "ave": ("Variance its questions share", "share"),
    "reliability": ("Composite reliability", "number"),
    # --- headlines ---
    "hangs_most": ("Satisfaction hangs most on", "text"),
    "improve_first": ("To improve first", "text"),
}
