"""What the satisfaction page says of itself: what it lacks, what was left out, and the words its rooms share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import label
from crm_analysis.labels.language import sentences
from crm_analysis.report.sentences import counted, told_or

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_analysis.labels import Kind
    from crm_analysis.satisfaction.outlook import Outlook
POINTS: dict[str, Kind] = {"low": "points", "high": "points"}
"""The ends of intervals of scores."""
# columns that the page shows of a table; its file holds all
SCORES = ("score", "accounts_heard", "people_heard", "points", "low", "high", "points_by_revenue")
WAVES = ("wave", "accounts_heard", "content", "low_content", "high_content", "top_two", "asked_on", "nps")
GROUPS = (
    "segment",
    "team",
    "sales_office",
    "accounts_heard",
    "content",
    "low_content",
    "high_content",
    "nps",
    "differs",
)
BESIDE = ("item", "accounts_heard", "points_ours", "points_theirs", "lead", "low", "high", "verdict")
WEIGHTED = ("score", "points", "weighted", "low", "high", "low_odds", "high_odds", "low_worst", "high_worst")
IMPROVEMENTS = (
    "name",
    "account_id",
    "improvement",
    "at_stake",
    "said_score",
    "people_on_it",
    "priority",
    "low",
    "high",
    "rep_id",
)
MARGIN = ("voice_question", "voice_level", "account_years", "kept_later", "against_all", "against_alike", "low", "high")
FOCUS = ("focus_area", "focus_item", "accounts", "ours_said", "theirs_said", "difference", "low", "high", "verdict")
COMPLAINTS = ("grouped_by", "group", "orders", "complaints", "expected_complaints", "per_100", "low", "high", "verdict")
TOPICS = ("topic", "complaints", "complainers", "share", "low", "high", "cumulated", "complaints_before")
KINDS = ("grouped_by", "group", "complaints", "complainers", "share", "low", "high", "complaints_before")
WAITS = ("grouped_by", "group", "complaints", "still_open", "median_days", "low_days", "high_days", "within_30")


def lacking(look: Outlook) -> str:
    """What the book has no table or no answers for, and so the page no part; empty where it has all."""
    lacks = [told_or(lambda: look.answers, None) is None and look.why_unheard, look.book.why_not("complaints")]
    return sentences(*(lack for lack in lacks if lack))


def notes(look: Outlook) -> str:
    """What was left out of the surveys, or looks odd in them; empty where nothing is."""
    return sentences(*told_or(lambda: look.answers.notes, ()))


def tasks_said(look: Outlook) -> str:
    """How many accounts to begin with, and of how many sales people; raises BookError as `Outlook.tasks`."""
    table = look.tasks
    accounts = counted(table["account_id"].nunique(), "account")
    owners = counted(table["owner"].nunique(), "owner") if "owner" in table else label("owner_untold")
    return label("tasks_said", accounts=accounts, owners=owners)


def priority_unit(look: Outlook, currency: str) -> str:
    """The currency where priorities are money, empty where they are points."""
    return "" if told_or(lambda: look.worth.priorities.index, True) else currency


def priority_kinds(look: Outlook) -> dict[str, Kind]:
    """How priorities are written: as money where they are money."""
    columns = ("priority", "low", "high")
    return dict.fromkeys(columns, "number" if told_or(lambda: look.worth.priorities.index, True) else "money")


def alt(words: Callable[[], str]) -> str:
    """What a figure shows, in words; where the book cannot carry it there is no figure either."""
    return str(told_or(words)) or label("figure_none")
