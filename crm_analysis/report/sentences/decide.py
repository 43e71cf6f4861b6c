"""What `crm-analysis decide` did, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.labels.language import clauses
from crm_analysis.report.sentences import counted

if TYPE_CHECKING:
    from crm_analysis.book.decisions import Kept
    from crm_analysis.plan.decisions.answers import Answers


def decide_said(kept: Kept, found: Answers) -> str:
    """How many decisions were added to which file, how many lack a reason or were there, how many rows have none."""
    if not found.decisions:
        parts = [label("decide_nothing")]
    else:
        parts = [counted(kept.added, "decide_added")]
        if kept.there:
            parts.append(label("decide_there", rows=f"{kept.there:,}"))
        if found.blank:
            parts.append(label("decide_blank", rows=f"{found.blank:,}"))
        if found.unreasoned:
            parts.append(label("decide_unreasoned", rows=f"{found.unreasoned:,}"))
    return label("decide_said", file=kept.file, done=clauses(parts))
