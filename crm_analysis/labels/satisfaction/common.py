"""Words of the satisfaction page: what all of its rooms say."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "task_again": "Talk: it complained more than once",
    "task_ask": "Ask how content it is",
    "task_ask_never": "nobody was heard of in two years, and nobody was asked",
    "task_ask_unheard": "nobody was heard of in two years",
    "task_improve": "Improve {improvement}",
    "task_improve_why": "they put it at {said} of 100; a quarter of accounts at more than {reach}",
    "task_none": "No complaint is open or repeated, and no account has an improvement that is sure.",
    "task_open": "Close its complaint",
    "task_open_why": "open for {n} days",
    "owner_many": "with {n} sales people",
    "owner_one": "with one sales person",
    "owner_untold": "whose sales people the book does not name",
    "tasks_said": "{accounts} to begin with, {owners}. How each came here stands further down.",
    "figure_none": "There is nothing to draw.",
    "part_satisfaction": "Satisfaction",
    "part_satisfaction_question": (
        "How content are our accounts, what does that hang on, what do they complain of, and whom do we not hear?"
    ),
    # --- answers ---
    "survey_absent": (
        "[questionnaire] in book.toml names {items}; no customer or colleague has answered such a question."
    ),
    "survey_again": (
        "{dropped} questionnaires are left out, because the same person answered again in the same wave: of a wave "
        "each person's latest counts."
    ),
    "survey_against": (
        "Answers to '{item}' fall where all others rise: it looks worded against us. If it is, say so in book.toml, "
        '[questionnaire], reversed = ["{item}"]; until then it drives nothing.'
    ),
    "survey_inside": "All {answers} survey answers are those of our own people; no customer has answered.",
    "survey_left_out": (
        "Of {answers} survey answers {no_score} have no score, {no_scale} no scale, and {off_scale} lie off their "
        "scale; they are left out."
    ),
    "survey_none": (
        "No answer of a customer can be used: of {answers} in the table surveys {no_score} have no score, {no_scale} "
        "no scale, and {off_scale} lie off their scale."
    ),
    "survey_none_yet": "No answer to a survey was known by the day of this report.",
    "survey_scale": (
        "Without the ends of the scale a score says nothing; if they are the same everywhere, book.toml may state "
        'them, [surveys.derived] scale_min = "1", scale_max = "5".'
    ),
    "survey_scales": (
        "The scale of {n} of {of} questions changed over time. Answers are compared as shares of their scale; a longer "
        "scale makes the top two answers rarer, so a change of their share is told within one scale only."
    ),
    "survey_subject": "No answer is about us: the subject is {found}; expected '{us}' for our own company, or nothing.",
    "survey_turned": (
        "'{item}' is turned round, as book.toml says, and its answers then fall where all others rise. Look whether it "
        "should be."
    ),
}

COLUMNS: Words = {
    "owner": ("Whose account", "text"),
    "task": ("What to do", "text"),
}
