"""Every name and unit a reader sees, in one place, in the language spoken (`language`).

`LABELS` holds words and sentences; `COLUMNS` holds, per column of a shown table, its heading, its
kind (how its values are written) and, where the heading needs one, its unit. Each page's are in a module of its own.
"""

from __future__ import annotations

import datetime as dt
import re

from crm_analysis.labels import (
    book,
    brief,
    coded,
    common,
    index,
    kpi,
    leaving,
    pack,
    plan,
    potential,
    progress,
    refusals,
    reprs,
    retention,
    satisfaction,
    since,
    summaries,
    value,
)
from crm_analysis.labels.kinds import Column, Kind, Words
from crm_analysis.labels.language import HEADING, UNIT, day_said, words

__all__ = ["CODED", "COLUMNS", "LABELS", "MIXED", "Column", "Kind", "code_said", "column", "label"]

LABELS: dict[str, str] = (
    common.LABELS
    | book.LABELS
    | coded.LABELS
    | index.LABELS
    | value.LABELS
    | leaving.LABELS
    | retention.LABELS
    | satisfaction.LABELS
    | potential.LABELS
    | pack.LABELS
    | plan.LABELS
    | kpi.LABELS
    | progress.LABELS
    | refusals.LABELS
    | brief.LABELS
    | reprs.LABELS
    | since.LABELS
    | summaries.LABELS
)
COLUMNS: Words = (
    common.COLUMNS
    | book.COLUMNS
    | coded.COLUMNS
    | index.COLUMNS
    | value.COLUMNS
    | leaving.COLUMNS
    | retention.COLUMNS
    | satisfaction.COLUMNS
    | potential.COLUMNS
    | pack.COLUMNS
    | plan.COLUMNS
    | kpi.COLUMNS
    | progress.COLUMNS
    | refusals.COLUMNS
    | brief.COLUMNS
    | reprs.COLUMNS
    | since.COLUMNS
    | summaries.COLUMNS
)

CODED = ("tier", "action", "rule", "who")
"""Columns whose values are codes; their words are the labels `<column>_<code>`."""
MIXED = (
    "segment",
    "class",
    "grade",
    "group",
    "cohort",
    "verdict",
    "told",
    "model",
    "reason",
    "what",
    "source",
    "decided_by",
    "team",
)
"""Columns of the book's values among which are codes of ours (`code_said`)."""


def label(key: str, /, **values: object) -> str:
    """The words for a key in the language spoken here, its places filled with the values.

    Dates are written as the language does; without values, places stay as they are. A full stop after a value that ends
    in one is left out: "S.r.l." may end a sentence. KeyError names a key without words.

    >>> label("as_of"), label("window_M", n=12)
    ('As of', '12 months')
    """
    if key not in LABELS:
        raise KeyError(f"crm_analysis.labels.LABELS has no words for {key!r}")
    found = words(key, LABELS[key])
    if not values:
        return found
    said = found.format(**{name: day_said(v) if isinstance(v, dt.date) else v for name, v in values.items()})
    for given in values.values():
        if isinstance(given, str) and given.endswith("."):
            said = said.replace(f"{given}.", given)
    return said


def code_said(value: object) -> str:
    """The words for a code that the program writes among a book's own values (`coded`), others as they are.

    >>> code_said("High (no cost)"), code_said("High Street")
    ('High (no cost)', 'High Street')
    """
    code = str(value)
    key = "code_" + "_".join(re.findall(r"[a-z]+", code.lower()))
    return label(key) if LABELS.get(key) == code else code


def window_said(window: str) -> str:
    """A window in words: 12M is 12 months, 1Q is quarter."""
    number, unit = int(window[:-1]), window[-1]
    return label(f"window_{unit}_one" if number == 1 else f"window_{unit}", n=number)


def column(name: str) -> Column:
    """How a column is shown; KeyError names a column nobody has labelled, so none reaches a reader.

    >>> column("recency").title
    'Recency (days)'
    """
    if name not in COLUMNS:
        raise KeyError(f"crm_analysis.labels.COLUMNS has no heading for column {name!r}")
    shown = Column(*COLUMNS[name])
    return Column(words(HEADING, shown.heading), shown.kind, words(UNIT, shown.unit))
