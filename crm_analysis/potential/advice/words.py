"""The words of decisions for a reader, and the codes of the table `decisions` for what people write in any language."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from crm_analysis.book import engine
from crm_analysis.labels import label
from crm_analysis.labels.language import LANGUAGES, speaking

SPACES = r"[\s_-]+"
SAID = {
    "key": "decision_key",
    "develop": "decision_develop",
    "visit": "decision_visit",
    "keep": "decision_keep",
    "call": "decision_call",
    "win back": "decision_win_back",
    "survey": "decision_survey",
    "survey first": "decision_survey_first",
    "desk": "decision_desk",
    "desk service": "decision_desk_service",
    "select": "decision_select",
    "minimum order": "decision_minimum_order",
    "small order price": "decision_small_order_price",
    "prepayment": "decision_prepayment",
    "no service": "decision_no_service",
    "goodbye": "decision_goodbye",
    "cut": "decision_cut",
    "may be cut": "decision_may_be_cut",
    "drop": "decision_drop",
}
"""The label of each word of `decided.WORDS`; the codes are the English words."""
NEVER_CUT = "never cut group"
"""The reason, spaces and hyphens aside, by which an account is known that the lot exempts (`outcome.never_cut`)."""


def decision_said(code: str) -> str:
    """The word of a decision in the language spoken; one that is not known as it is.

    >>> decision_said("win back"), decision_said("Wait and see")
    ('win back', 'Wait and see')
    """
    return label(SAID[code]) if code in SAID else code


def decision_read(text: str) -> str:
    """The code of a decision written in any language; spaces, hyphens and capitals do not matter.

    >>> decision_read("Win-back"), decision_read("Wait and see")
    ('win back', 'wait and see')
    """
    words = plainly(text)
    return _codes().get(words, words)


def coded(words: Any) -> Any:
    """A column of words written in any language, as codes; of others, as they are compared."""
    plain = engine.trimmed(words.re_replace(SPACES, " ")).lower()
    foreign = {words: code for words, code in _codes().items() if words != code}
    return plain.substitute(foreign)


def plainly(words: str) -> str:
    """Words as they are compared."""
    return re.sub(SPACES, " ", words).strip().lower()


@cache
def _codes() -> dict[str, str]:
    """The code of each word of every language, and of the reason that the lot's accounts are told by."""
    found = dict[str, str]()
    for language in LANGUAGES:
        with speaking(language):
            found |= {plainly(decision_said(code)): code for code in SAID}
            found[plainly(label("never_cut_reason"))] = NEVER_CUT
    return found
