"""The language a reader sees: words from a gettext catalogue, and how dates and lists are written in it.

English is the language of the program: its words stand in `crm_analysis.labels`, and in the notebooks' markdown cells
and captions. Every other language has a catalogue `locale/<folder>/LC_MESSAGES/crm_analysis.mo`; a
message that it lacks is a KeyError, never English. The language is chosen by `speaking`, or for a whole process by
CRM_ANALYSIS_LANGUAGE, by which a report tells the kernels of its notebooks.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gettext
import os
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crm_analysis.errors import ReportError

VARIABLE = "CRM_ANALYSIS_LANGUAGE"
DOMAIN = "crm_analysis"
LOCALE = Path(__file__).parents[1] / "locale"
HEADING, UNIT, PAGE, PARAMETER = "heading", "unit", "page", "parameter"
UNLOCKS, WHY = "unlocks", "why"
"""Contexts of messages without a key of `LABELS`: headings and units of columns, markdown and captions, parameters;
what a table of the contract unlocks, why a rule is there."""


@dataclass(frozen=True)
class Language:
    """How a language writes: code, folder of its catalogue (empty: English), dates, joints of texts, large numbers."""

    code: str
    folder: str
    day: str
    comma: str
    semicolon: str
    space: str
    brackets: str
    large: tuple[tuple[float, str], ...]
    capitals: bool = True


ENGLISH = Language("en", "", "{0:%Y-%m-%d}", ", ", "; ", " ", " ({})", ((1e9, "bn"), (1e6, "M"), (1e3, "k")))
CHINESE = Language(
    "zh-CN", "zh_CN", "{0.year}年{0.month}月{0.day}日", "、", "；", "", "（{}）", ((1e8, "亿"), (1e4, "万")), False
)
LANGUAGES = {language.code: language for language in (ENGLISH, CHINESE)}

_chosen: ContextVar[Language | None] = ContextVar("language", default=None)


def language() -> Language:
    """The language spoken here; ReportError if CRM_ANALYSIS_LANGUAGE names none."""
    return _chosen.get() or named(os.environ.get(VARIABLE) or ENGLISH.code)


def named(code: str) -> Language:
    """The language of a code such as zh-CN; ReportError for one that is not there."""
    if code not in LANGUAGES:
        raise ReportError(f"there is no language {code!r} (known: {', '.join(LANGUAGES)})")
    return LANGUAGES[code]


@contextlib.contextmanager
def speaking(code: str) -> Iterator[Language]:
    """The language of all words asked for meanwhile; ReportError for one that is not there."""
    before = _chosen.set(named(code))
    try:
        yield language()
    finally:
        _chosen.reset(before)


def words(context: str, message: str) -> str:
    """The message in the language spoken here; KeyError if its catalogue lacks it.

    >>> words("heading", "Accounts")
    'Accounts'
    """
    folder = language().folder
    return catalogue(folder).pgettext(context, message) if folder and message else message


@cache
def catalogue(folder: str) -> gettext.NullTranslations:
    """The catalogue of a folder of `locale`, in which a message that is not there is an error."""
    found = gettext.translation(DOMAIN, LOCALE, [folder])
    found.add_fallback(_Missing())
    return found


def day_said(day: dt.date) -> str:
    """A date as the language writes it in a sentence.

    >>> day_said(dt.date(2026, 9, 30))
    '2026-09-30'
    """
    return language().day.format(day)


def listed(texts: Iterable[str]) -> str:
    """The texts with commas between them, as the language lists things.

    >>> listed(["orders", "visits"])
    'orders, visits'
    """
    return language().comma.join(texts)


def clauses(texts: Iterable[str]) -> str:
    """The texts with semicolons between them."""
    return language().semicolon.join(texts)


def sentences(*texts: str) -> str:
    """The sentences one after the other, empty ones left out.

    >>> sentences("All is well.", "", "Nothing is lost.")
    'All is well. Nothing is lost.'
    """
    return language().space.join(text for text in texts if text)


def bracketed(text: str) -> str:
    """The text in brackets, to stand right after other words; nothing for no text.

    >>> "Recency" + bracketed("days")
    'Recency (days)'
    """
    return language().brackets.format(text) if text else ""


def begun(text: str) -> str:
    """The text as a sentence begins: with a capital, where the language has them.

    >>> begun("price of the UPS")
    'Price of the UPS'
    """
    return text[:1].upper() + text[1:] if language().capitals else text


def inside(text: str) -> str:
    """The text as it stands within a sentence: without a first capital, where the language has them.

    >>> inside("Share of CAD orders")
    'share of CAD orders'
    """
    return text[:1].lower() + text[1:] if language().capitals else text


class _Missing(gettext.NullTranslations):
    def pgettext(self, context: str, message: str) -> str:
        raise KeyError(f"the catalogue has no words for {message!r} ({context})")
