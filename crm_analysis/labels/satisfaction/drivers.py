"""Words of the satisfaction page: drivers."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- what cannot be learned, and what was left out ---
    "drivers_apart": "'{dimension}' is left out: fewer than {least} accounts answered it together with another question.",
    "drivers_constant": "'{dimension}' is left out: everybody gave the same answer.",
    "drivers_few": (
        "{accounts} accounts answered '{target}' and what it may hang on; {dimensions} dimensions need {needed} accounts "
        "({each} for each, 30 at least). Fewer dimensions, named in book.toml under [questionnaire.dimensions], need fewer."
    ),
    "drivers_johnson": (
        "With {many} dimensions importance is told by Johnson's relative weights; the exact division over all orders "
        "is made for up to {most}."
    ),
    "drivers_no_target": "Nobody answered {tried} in the {window} to {day}, so there is nothing to explain.",
    "drivers_none": "No question is left that could explain '{target}': none was answered, or all answers are the same.",
    "drivers_pairs": (
        "Only {whole} of {of} questionnaires answer every question used here, so each pair of questions is compared in the "
        "questionnaires that answer both."
    ),
    "drivers_same": (
        "'{target}' was answered in {many} questionnaires of the {window} before the report's day, and never "
        "differently: nothing can be learned about what it hangs on."
    ),
    "drivers_separated": (
        "The ordered logit has no finite answer: one dimension, or several together, foretell the overall answer without "
        "exception."
    ),
    "drivers_silent": "'{dimension}' is left out: nobody who gave the overall answer answered it.",
    "drivers_told": "'{dimension}' is left out: the dimensions before it tell its answers exactly.",
    "drivers_unknown": "There is no question '{item}' in the survey; it has {found}.",
    "drivers_whole": "{whole} of {of} questionnaires answer every question used here; the others are left out.",
    "stated_none": (
        "To say what people call important, the column importance of the table surveys must be filled for two dimensions "
        "at least; found: {found}."
    ),
    # --- path model ---
    "paths_block": "The construct '{construct}' has no item; expected one question at least.",
    "paths_circle": "The paths lead in a circle: {constructs}; expected paths that end.",
    "paths_empty": "The structure has no path; expected at least one construct that hangs on another.",
    "paths_few": (
        "{accounts} accounts answered; the path model needs {needed} ({each} for each of the {most} paths that lead to one "
        "construct, or questions that make one up; 30 at least)."
    ),
    "paths_flat": "Everybody gave the same answer to '{item}', or nobody did: the path model cannot use it.",
    "paths_lost": "In {lost} of {draws} draws of accounts the path model did not settle; they do not count.",
    "paths_scheme": "The scheme is {found!r}; expected 'centroid' or 'path'.",
    "paths_table": "The table of paths has the columns {found}; expected 'from' and 'to'.",
    "paths_twice": "'{item}' measures two constructs of the path model; expected one.",
    "paths_unknown": "The paths name '{construct}', which no question measures; measured are {found}.",
    "paths_unsettled": "The weights of the path model did not settle in {rounds} rounds.",
}

COLUMNS: Words = {}
