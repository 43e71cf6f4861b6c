"""Codes of the plan's tables in words: classes, our teams, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.labels import code_said, label
from crm_analysis.potential.advice.words import decision_said

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

OF_CLASS = {"High": "plan_of_high", "Mid": "plan_of_mid", "Low": "plan_of_low", "": "plan_of_none"}


def class_said(code: str) -> str:
    """A value class in words; what is none as it is."""
    return label(OF_CLASS[code]) if code and code in OF_CLASS else code


_SAID: dict[str, Callable[[str], str]] = {
    "class": class_said,
    "class_then": class_said,
    "class_now": class_said,
    "team": code_said,
    "decision": decision_said,
    "recommended": decision_said,
}
"""How the codes of a column are said."""


def worded(table: pd.DataFrame) -> pd.DataFrame:
    """The table with words for the codes of all columns that hold some; what is empty stays so."""
    found = {}
    for name, said in _SAID.items():
        if name in table:
            own = table[name].astype(object)
            words = {code: said(code) for code in own.dropna().unique()}
            found[name] = own.map(words).where(own.notna(), own)
    return table.assign(**found)
