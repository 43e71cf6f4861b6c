"""Every name and unit a reader sees, in one place, ready to be translated.

`LABELS` holds words and sentences; `COLUMNS` holds, per column of a shown table, its heading, its
kind (how its values are written) and, where the heading needs one, its unit. Each page's are in a module of its own.
"""

from __future__ import annotations

from crm_analysis.labels import common, kpi, leaving, plan, potential, retention, satisfaction, value
from crm_analysis.labels.kinds import Column, Kind, Words

__all__ = ["CODED", "COLUMNS", "LABELS", "Column", "Kind", "column", "label"]

LABELS: dict[str, str] = (
    common.LABELS
    | value.LABELS
    | leaving.LABELS
    | retention.LABELS
    | satisfaction.LABELS
    | potential.LABELS
    | plan.LABELS
    | kpi.LABELS
)
COLUMNS: Words = (
    common.COLUMNS
    | value.COLUMNS
    | leaving.COLUMNS
    | retention.COLUMNS
    | satisfaction.COLUMNS
    | potential.COLUMNS
    | plan.COLUMNS
    | kpi.COLUMNS
)

CODED = ("tier", "action", "rule", "who")
"""Columns whose values are codes; their words are the labels `<column>_<code>`."""


def label(key: str) -> str:
    """The words for a key; KeyError names a key that has none.

    >>> label("as_of")
    'As of'
    """
    if key not in LABELS:
        raise KeyError(f"crm_analysis.labels.LABELS has no words for {key!r}")
    return LABELS[key]


def column(name: str) -> Column:
    """How a column is shown; KeyError names a column nobody has labelled, so none reaches a reader.

    >>> column("recency").title
    'Recency (days)'
    """
    if name not in COLUMNS:
        raise KeyError(f"crm_analysis.labels.COLUMNS has no heading for column {name!r}")
    return Column(*COLUMNS[name])
