"""Words of the satisfaction page: worth."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
 "priority_strangers":"{n} s","priority_nobody":"n","priority_assumed":"a","priority_alike":"alike {dimensions}","focus_no_internal":"x","focus_unpaired":"{n}","team_nobody":"nobody",
    "worth_no_voice": "x","worth_no_year":"y","worth_undecided": "x {reason}","worth_few": "x {left} {accounts} {least}","worth_drawn":"x {rows} {of}",
    "worth_no_ratio":"x {question}","worth_adjusted":"compared with {terms}.","worth_same_day":"same day","worth_not_adjusted":"not {terms} {left}",
    "worth_question_satisfaction":"Satisfaction","worth_question_complaints":"Complaints","worth_question_trouble":"Trouble",
}

COLUMNS: Words = {}
