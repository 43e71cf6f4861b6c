"""What the plan page tells of decisions: those that stand against the advice, and what became of earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.labels.language import sentences
from crm_analysis.plan.decisions.fate import in_words
from crm_analysis.report.sentences import counted
from crm_analysis.report.sentences.plan_lists import some
from crm_analysis.report.sentences.plan_words import worded
from crm_analysis.report.values import text

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.plan.outlook import Outlook

STANDING = ("name", "decision", "recommended", "reason", "decided_by", "decided_on")
SUMMARY = ("decision", "follows", "accounts", "early", "measured", "carried", "revenue_change_share",
           "low_change", "high_change", "others_change", "low_others", "high_others")  # fmt: skip
EACH = ("name", "decision", "follows", "decided_on", "begun", "stood_days", "done", "revenue_before", "revenue_since",
        "class_then", "class_now", "left_since")  # fmt: skip


# --- in short ---


def decisions(look: Outlook) -> str:
    """How many were carried out, of those of which that is known."""
    table = look.fates.summary
    if not len(look.fates.table):
        return label("fates_value_none")
    carried, undone = int(table["carried"].sum()), int(table["undone"].sum())
    standing = text(int(table["accounts"].sum()), "count")
    if not carried + undone:
        return label("fates_value_untold", standing=standing)
    return label("fates_value", standing=standing, carried=carried, known=carried + undone)


def decisions_said(look: Outlook) -> str:
    """What became of them, beside accounts that nobody decided about."""
    return sentences(*look.fates.says) if len(look.table) else ""


# --- the room ---


def standing_said(look: Outlook) -> str:
    """How many decisions stand against the advice; that there are none."""
    many = len(look.overrides)
    return counted(many, "decided_stand") if many else label("decided_stand_none")


def standing(look: Outlook) -> pd.DataFrame:
    """Decisions against the advice that stand, the latest first; raises BookError where there are none."""
    return worded(some(look.overrides))


def fates_said(look: Outlook) -> str:
    """How to read what became of them; raises BookError where there are no decisions."""
    some(look.fates.table)
    return label("fates_how")


def summary(look: Outlook) -> pd.DataFrame:
    """What became of decisions by kind, in words; raises BookError where there are none."""
    return worded(in_words(some(look.fates.summary))).rename(columns={"change": "revenue_change_share"})


def table(look: Outlook) -> pd.DataFrame:
    """What became of each decision, in words; begun only of a repeated one. Raises BookError where there are none."""
    table = some(look.fates.table)
    return worded(in_words(table.assign(begun=table["begun"].where(table["begun"] < table["decided_on"]))))
