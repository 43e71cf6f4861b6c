"""The satisfaction page in Chinese: no English word is left, and no English mark joins sentences."""

from __future__ import annotations

import inspect
import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from english_left import english_left
from small_books import DAY, line, small_book
from test_satisfaction_page import company

from crm_analysis.book import Book, open_book
from crm_analysis.errors import BookError
from crm_analysis.labels.language import speaking
from crm_analysis.report.sentences import complaints, drivers, scores, silent, worth
from crm_analysis.report.sentences import satisfaction as said
from crm_analysis.satisfaction.drivers.impressions import titled
from crm_analysis.satisfaction.outlook import Outlook, outlook

DEMO = Path(__file__).parents[2] / "data" / "demo"
ENGLISH_MARKS = re.compile(
    r"[\u4e00-\u9fff）”%] ?[,;:.?!(]|[,;:.?!(] ?[\u4e00-\u9fff（“]|[，。；：、）] | [，。；：、（]"
)
"""Marks and blanks of English sentences beside Chinese characters or marks."""


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, Any]]]:
    return company(24)


def asked(tables: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {"account_id": row["account_id"], "respondent_id": row["respondent_id"], "sent_on": row["answered_on"]}
        for row in tables["surveys"]
        if row["item"] == "satisfaction"
    ] + [
        {"account_id": row["account_id"], "respondent_id": "nobody", "sent_on": row["answered_on"]}
        for row in tables["surveys"][::9]
    ]


def changed(rows: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    return [row | more for row in rows]


@pytest.mark.parametrize(
    "more",
    [
        lambda tables: {},
        lambda tables: {"surveys": tables["surveys"], "complaints": tables["complaints"]},
        lambda tables: {"surveys": tables["surveys"], "survey_invitations": asked(tables)},
        lambda tables: {"surveys": tables["surveys"][:8]},
        lambda tables: {"surveys": changed(tables["surveys"], scale_max=None)},
        lambda tables: {"surveys": changed(tables["surveys"], respondent_type="internal")},
        lambda tables: {"surveys": changed(tables["surveys"], subject="Rival")},
        lambda tables: {"surveys": tables["surveys"] + changed(tables["surveys"], subject="Rival", score=2)},
        lambda tables: {"surveys": tables["surveys"] + changed(tables["surveys"][1:], respondent_type="internal")},
        lambda tables: {"surveys": [row for row in tables["surveys"] if row["item"] == "satisfaction"]},
        lambda tables: {"complaints": tables["complaints"][:2]},
        lambda tables: {"complaints": changed(tables["complaints"], topic=None, closed_on=None)},
        lambda tables: {"complaints": changed(tables["complaints"][:9], severity="high", closed_on="2020-01-01")},
    ],
    ids=(
        "neither", "both", "invitations", "few answers", "no scale", "our own people", "a competitor alone",
        "a competitor beside", "our view beside", "one question", "two complaints", "open complaints",
        "closed before opened",
    ),
)  # fmt: skip
def test_a_book_leaves_no_english(tables, more, tmp_path):
    assert english_left("satisfaction", small_book(tables["orders"], **more(tables)), tmp_path, silence="6M") == []


def test_a_book_of_one_order_leaves_no_english(tmp_path):
    assert english_left("satisfaction", small_book([line("A", "2026-08-01", 10)]), tmp_path, silence="6M") == []


def test_names_of_the_usual_model_are_said_in_chinese_and_others_as_they_are():
    with speaking("zh-CN"):
        assert [titled(name) for name in ("loyalty", "first", "warmth")] == ["忠诚度", "第一印象（态度）", "warmth"]
    assert [titled(name) for name in ("loyalty", "warmth")] == ["loyalty", "warmth"]


def told(look: Outlook) -> dict[str, str]:
    """Every sentence that the page can say of the book, by the function that says it."""
    rooms = {
        complaints: look.complaints, drivers: look.drivers, scores: look.scores, silent: look.quiet, worth: look.worth
    }  # fmt: skip
    own = [(room, room.__name__, saying, part) for room, part in rooms.items() for saying in vars(room).values()]
    own += [(said, said.__name__, saying, look) for saying in (said.lacking, said.notes, said.tasks_said)]
    given = {"currency": ["EUR"], "column": ["segment", "team", "sales_office"]}
    found = {}
    for room, place, saying, part in own:
        name = getattr(saying, "__name__", "")
        if name.startswith("_") or not name.endswith(("_said", "_how", "_alt", "lacking", "notes")):
            continue
        if saying.__module__ == place:
            names = list(inspect.signature(saying).parameters)[1:]
            for more in itertools.product(*(given[one] for one in names)):
                try:
                    found[".".join([room.__name__, name, *more])] = str(saying(part, *more))
                except BookError as lack:
                    found[".".join([room.__name__, name, *more])] = str(lack)
    return found


@pytest.mark.parametrize("words", ["甲, 乙", "甲。 乙", "甲；乙.", "（甲）; 乙", "甲 (90%)", "3. 甲"])
def test_english_marks_are_found(words):
    assert ENGLISH_MARKS.search(words)


def test_no_english_mark_joins_sentences(tables):
    more = {"surveys": tables["surveys"], "complaints": tables["complaints"], "survey_invitations": asked(tables)}
    with speaking("zh-CN"):
        sayings = told(outlook(small_book(tables["orders"], **more), DAY, "6M"))
    assert len(sayings) > 40
    assert {name: words for name, words in sayings.items() if ENGLISH_MARKS.search(words)} == {}


@pytest.fixture(scope="module")
def demo() -> Book:
    return open_book(DEMO)


@pytest.mark.slow
def test_the_demo_company_leaves_no_english(demo, tmp_path):
    assert english_left("satisfaction", demo, tmp_path) == []


@pytest.mark.slow
def test_no_english_mark_joins_sentences_of_the_demo_company(demo):
    with speaking("zh-CN"):
        sayings = told(outlook(demo, DAY, ""))
    assert {name: words for name, words in sayings.items() if ENGLISH_MARKS.search(words)} == {}
