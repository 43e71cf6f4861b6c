"""Words of action lists and what became of decisions."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "action_lists": "The action list of each team, to print and to fill in",
    "action_reason_nobody": "{reason}. Unassigned: {why}",
    "decide_added_many": "{n} decisions added",
    "decide_added_one": "1 decision added",
    "decide_blank": "rows without a decision, left as they are: {rows}",
    "decide_nothing": "nothing is decided in it, and nothing was written.",
    "decide_there": "already there: {rows}",
    "lists_by_person": "By person",
    "lists_by_team": "By team",
    "lists_day": "As of {day}. Due soon: within {days} days of that. Revenue is that of the year to that day.",
    "lists_how": "What is decided stands in the columns with a coloured heading: a word of the sheet {words}, the reason "
    "if it is another than recommended, who decided and when. Rows without a word are left as they are. The file then "
    "goes back into the book: crm-analysis decide BOOK FILE.xlsx --on DATE",
    "lists_nothing": "There is nothing to do.",
    "lists_other": "no team",
    "lists_page": "Page {page} of {pages}",
    "lists_title": "Who does what: {book}, {quarter}",
    "lists_total": "all",
    "lists_word_found": "Not one of the words of the sheet {words}.",
    "lists_word_given": "One of the words of the sheet {words}.",
    "lists_day_found": "Not a date.",
    "lists_day_given": "A date such as 2026-10-15; empty takes the date given with the file.",
    "sheet_summary": "Summary",
    "sheet_words": "Words",
    "unassigned": "unassigned",
    "meant_cut": "no service any more; taken back by any later decision",
    "meant_desk": "served by phone and mail, no visits by us",
    "meant_develop": "visits with an aim",
    "meant_keep": "stays as it is, whatever was recommended",
    "meant_key": "visits through the year",
    "meant_minimum_order": "orders below the minimum are not taken",
    "meant_no_service": "nothing until it asks",
    "meant_prepayment": "supplied against payment only",
    "meant_small_order_price": "pays for small orders",
    "meant_survey": "is asked for its demand before anything is decided",
    "meant_win_back": "is called once and asked why it fell silent",
}

COLUMNS: Words = {
    "to_do": ("What to do", "text"),
    "due": ("Due", "date"),
    "decision_reason": ("Reason of the decision", "text"),
    "actions": ("Actions", "count"),
    "due_soon": ("Due soon", "count"),
    "unowned": ("Unassigned", "count"),
    "first_due": ("First due", "date"),
    "sheets": ("Sheets", "text"),
    "word": ("Word", "text"),
    "meant": ("What it means", "text"),
}
