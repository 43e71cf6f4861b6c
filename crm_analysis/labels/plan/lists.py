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
    "done_few": "none since, but too few to tell",
    "done_less": "less than before",
    "done_never": "there was nothing to end",
    "done_no": "no",
    "done_soon": "too early to tell",
    "done_untold": "not measured",
    "done_yes": "yes",
    "fate_change": "Of the decision '{decision}', {follows}: revenue (accounts: {accounts}) changed by {change} "
    "against the year "
    "before the decision (90% interval {low_change} to {high_change}).",
    "fate_change_few": "Of the decision '{decision}', {follows}: revenue (accounts: {accounts}) changed by "
    "{change} against the year "
    "before the decision; they are too few for an interval.",
    "fate_counts": "Decisions known: {decisions}; accounts: {accounts}. Standing, confirmations left aside: "
    "{standing}, of "
    "those younger than {days} days: {early}. Replaced by another: {replaced}.",
    "fate_no_effect": "That is no effect of the decisions. Whom to decide about was chosen, and accounts chosen "
    "while "
    "they did badly do better by chance alone.",
    "fate_none": "The book has no decisions yet, so nothing can have become of them.",
    "fate_others": "That of accounts of the same classes of which nothing was decided changed by {others_change} "
    "({low_others} to {high_others}).",
    "fate_unknown": "Decisions in words that are not known, which count for nothing: {decisions}.",
    "follows_followed": "as recommended",
    "follows_lot": "by lot, never cut",
    "follows_overridden": "against the recommendation",
    "follows_unasked": "nothing was recommended",
    "follows_unknown": "word not known",
    "lists_by_person": "By person",
    "lists_by_team": "By team",
    "lists_day": "As of {day}. Due soon: within {days} days of that. Revenue is that of the year to that day.",
    "lists_how": "Write what is decided into the coloured columns: a word of the sheet {words}, the reason if it is "
    "another than recommended, who decided and when. Rows without a word are left as they are. The file then "
    "goes back "
    "into the book: crm-analysis decide BOOK FILE.xlsx --on DATE",
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
    "to_do": ("To do", "text"),
    "due": ("Due", "date"),
    "decision_reason": ("Reason of the decision", "text"),
    "actions": ("Actions", "count"),
    "due_soon": ("Due soon", "count"),
    "unowned": ("Unassigned", "count"),
    "first_due": ("First due", "date"),
    "sheets": ("Sheets", "text"),
    "follows": ("Against the advice?", "text"),
    "stood_days": ("Stands, or stood (days)", "count"),
    "replaced_on": ("Replaced on", "date"),
    "done": ("Carried out?", "text"),
    "contacts_before": ("Contacts we began, a year before", "number"),
    "contacts_since": ("Contacts we began, a year since", "number"),
    "visits_before": ("Our visits, a year before", "number"),
    "visits_since": ("Our visits, a year since", "number"),
    "small_before": ("Small orders, a year before", "number"),
    "small_since": ("Small orders, a year since", "number"),
    "orders_since": ("Days with orders since", "count"),
    "revenue_since": ("Revenue since, a year", "money"),
    "margin_before": ("Margin, the year before", "money"),
    "margin_since": ("Margin since, a year", "money"),
    "class_then": ("Class then", "text"),
    "class_now": ("Class now", "text"),
    "left_since": ("Left since", "flag"),
    "early": ("Too early to tell", "count"),
    "idle": ("Idle in the year before", "count"),
    "measured": ("Measured", "count"),
    "carried": ("Carried out", "count"),
    "undone": ("Not carried out", "count"),
    "low_change": ("Change, 90% from", "share"),
    "high_change": ("Change, 90% to", "share"),
    "others_change": ("Change of others", "share"),
    "low_others": ("Of others, 90% from", "share"),
    "high_others": ("Of others, 90% to", "share"),
    "word": ("Word", "text"),
    "meant": ("What it means", "text"),
}
