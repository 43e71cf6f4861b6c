"""Words of the command that takes in the summaries of sales people."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- the page that is filled in: its keys and headings ---
    "summary_account": "account",
    "summary_concerns": "What worries them",
    "summary_date": "date",
    "summary_events": "What happened",
    "summary_headline": "The account in one line",
    "summary_next_step": "What is to be done next",
    "summary_rep": "rep",
    "summary_hint_account": "the account's number, such as {account}",
    "summary_hint_concerns": "What does the account worry about: us, its market, its own customers? Name products, "
    "amounts, competitors.",
    "summary_hint_date": "the day of writing, such as {day}",
    "summary_hint_events": "What happened since the last summary, on which day, with whom (their role)?",
    "summary_hint_headline": "What would you tell a manager on the way to the meeting?",
    "summary_hint_next_step": "Who does what until when?",
    "summary_hint_rep": "your own number, such as {rep}",
    # --- what the command did ---
    "summary_added_many": "{n} summaries added",
    "summary_added_one": "1 summary added",
    "summary_no_pages": "{folder}: no pages yet. Copy a template for each account, fill it in, save it in this folder "
    "under any other name, and give the command again.",
    "summary_others": "Not read, for pages end in .md, .yaml or .yml: {files}",
    "summary_template": "written: {file}",
    "summary_there": "already there: {n}",
    # --- who has written ---
    "summary_each_expected": "Expected: from each sales person with accounts a summary within a fortnight. The last "
    "one began on {start} and ended on {day}.",
    "summary_key_expected": "Expected: of each key account a summary within a fortnight. The last one began on "
    "{start} and ended on {day}.",
    "summary_missing_many": "{n} summaries of the last fortnight are missing.",
    "summary_missing_none": "No summary of the last fortnight is missing.",
    "summary_missing_one": "1 summary of the last fortnight is missing.",
    "summary_unheard_many": "{n} accounts had contacts in the last two fortnights and no summary since.",
    "summary_unheard_none": "Every account with contacts in the last two fortnights has a summary since.",
    "summary_unheard_one": "1 account had contacts in the last two fortnights and no summary since.",
    "summary_shown": "The first {n} are shown.",
    # --- how useful the summaries are ---
    "summary_counts_only": "These are counts of a few summaries, no measure of who wrote them.",
    "summary_judged_none": "No summary was written in the last two fortnights.",
    "summary_of": "{n} of {all}",
    "summary_rule": "Complete: all four parts say something. Timely: written at most {fortnight} days after the latest "
    "contact, where there was one since the summary before. Specific: at least {words} words, less than {share} of "
    "them from the summary before, and a day, an amount, a product, a competitor, a person's role, or the number of an "
    "order, a complaint or an opportunity is named.",
    "summary_why_copied": "{share} of its words are those of the summary of {day}",
    "summary_why_empty": "nothing under {fields}",
    "summary_why_late": "written {days} days after the latest contact",
    "summary_why_short": "short (words: {words})",
    "summary_why_vague": "no day, amount, product, competitor, role or document is named",
}

COLUMNS: Words = {
    "complete": ("Complete", "flag"),
    "last_contact": ("Last contact", "date"),
    "specific": ("Specific", "flag"),
    "summaries": ("Summaries", "count"),
    "summaries_complete": ("Complete ones", "text"),
    "summaries_specific": ("Specific ones", "text"),
    "summaries_timely": ("Timely ones", "text"),
    "summary_accounts": ("Accounts served", "count"),
    "summary_before": ("Fortnight before", "count"),
    "summary_contacts": ("Contacts since then", "count"),
    "summary_days": ("Days since the last", "count"),
    "summary_expected": ("Expected a fortnight", "count"),
    "summary_lacks": ("What is lacking", "text"),
    "summary_latest": ("Written last", "date"),
    "summary_last": ("Last fortnight", "count"),
    "summary_missing": ("Not written", "count"),
    "timely": ("Timely", "flag"),
    "written_on": ("Written on", "date"),
}
