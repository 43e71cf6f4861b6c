"""Reasons and next steps in words: a label filled in with what is known of each account."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.labels import label
from crm_analysis.labels.language import day_said
from crm_analysis.potential.advice.words import decision_said

if TYPE_CHECKING:
    import pandas as pd


FIELDS: dict[str, tuple[str, str]] = {
    "revenue": ("revenue", "money"),
    "worth": ("worth", "money"),
    "potential": ("potential", "share"),
    "first": ("first_order", "date"),
    "last": ("last_order", "date"),
    "silent": ("silent_days", "count"),
    "rhythm": ("rhythm_days", "count"),
    "late": ("days_late", "days"),
    "complaint": ("open_complaint", "date"),
    "ends": ("contract_ends", "date"),
    "visits": ("visits", "number"),
    "stage": ("stage", "stage"),
    "why": ("why_outcome", "text"),
    "action": ("decided_action", "decision"),
    "on": ("decided_on", "date"),
    "who": ("decided_by", "text"),
    "word": ("decided_reason", "text"),
}
"""What a label may hold, each with the column it is filled from and how that is written."""
FORMATS = {"days": "{:,.1f}", "money": "{:,.0f}", "share": "{:.1%}", "count": "{:,.0f}", "number": "{:g}"}
STAGES = {"contact": "stage_contact", "engaged": "stage_engaged", "partner": "stage_partner"}
"""The stages that are told of, with the labels of their words."""
_EMPTY = {"who": "somebody", "word": "no_reason", "stage": "no_stage", "why": "no_why"}
"""The labels of what stands where a text is empty."""


def words(rows: pd.DataFrame, keys: pd.Series, prefix: str, also: Mapping[str, str] | None = None) -> Any:
    """For each row the label `<prefix>_<key>`, filled in: an array of texts.

    `also` holds fields that are alike for all rows.
    """
    found = np.empty(len(rows), dtype=object)
    codes, names = keys.factorize()
    for code, key in enumerate(names):
        here = codes == code
        pattern, own = _pattern(label(f"{prefix}_{key}"), also or {})
        told = [_told(rows[FIELDS[name][0]][here], name) for name in own]
        found[here] = [pattern % values for values in zip(*told, strict=True)] if own else pattern % ()
    return found


def _pattern(template: str, also: Mapping[str, str]) -> tuple[str, list[str]]:
    """The template with %s for each of the FIELDS it names, which is filled in faster, and those fields in order."""
    text, own = [], []
    for words, name, *_ in string.Formatter().parse(template):
        text.append(words.replace("%", "%%"))
        if name is not None:
            text.append("%s" if name in FIELDS else also[name].replace("%", "%%"))
            own += [name] if name in FIELDS else []
    return "".join(text), own


def _stage(code: str) -> str:
    return label(STAGES[code]) if code in STAGES else code


def _told(values: pd.Series, name: str) -> list[str]:
    kind = FIELDS[name][1]
    if kind in ("text", "stage", "decision"):
        empty = label(_EMPTY[name]) if name in _EMPTY else ""
        said = {"stage": _stage, "decision": decision_said}.get(kind, str)
        codes, texts = values.fillna("").factorize()
        told = [said(value) or empty for value in texts]
        return [told[code] for code in codes]
    if kind == "date":
        codes, days = values.factorize()
        told = [*(day_said(day) for day in days), label("unknown")]  # the code of no day is -1
        return [told[code] for code in codes]
    return [label("unknown") if value != value else FORMATS[kind].format(value) for value in values.astype("float64")]
