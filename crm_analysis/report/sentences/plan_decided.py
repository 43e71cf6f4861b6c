"""What the plan page tells of decisions: those that stand against the advice, and what became of earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.plan_lists import some

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.plan.outlook import Outlook

STANDING = ("name", "decision", "recommended", "reason", "decided_by", "decided_on")


def decisions(look: Outlook) -> str:
    return ""


def decisions_said(look: Outlook) -> str:
    return ""


def standing_said(look: Outlook) -> str:
    """How many decisions stand against the advice; that there are none."""
    many = len(look.overrides)
    return counted(many, "decided_stand") if many else label("decided_stand_none")


def standing(look: Outlook) -> pd.DataFrame:
    """Decisions against the advice that stand, the latest first; raises BookError where there are none."""
    return some(look.overrides)
