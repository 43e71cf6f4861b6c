"""[questionnaire] of book.toml: what is said, what holds where nothing is, and a sentence for each mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from folders import book_folder

from crm_analysis.book import BookError, open_book
from crm_analysis.book.check import from_json
from crm_analysis.book.questionnaire import PATHS, Questionnaire

FIVE = ["reliability", "timeliness", "consistency", "warmth", "facilities"]


def said(place: Path, toml: str) -> Questionnaire:
    """The questionnaire of an opened book."""
    return open_book(book_folder(place, book_toml=f"[questionnaire]\n{toml}")).questionnaire


def test_what_book_toml_says_is_what_the_book_knows(tmp_path):
    toml = """overall = "Q9"
reversed = "Q3"
[questionnaire.dimensions]
speed = ["Q1", "Q2"]
ease = "Q3"
[questionnaire.focus]
information = "speed"
"""
    found = said(tmp_path, toml)
    assert found.dimensions == {"speed": ("Q1", "Q2"), "ease": ("Q3",)}
    assert (found.overall, found.recommendation, found.reversed) == ("Q9", "recommendation", ("Q3",))
    assert found.names == ["Q3", "Q1", "Q2", "Q9"]
    asked = found.of(["Q2", "Q3", "Q9", "other"])
    assert asked.dimensions == {"speed": ("Q2",), "ease": ("Q3",)}
    assert asked.focus == {"information": ("Q2",)}, "a dimension stands for its items, and only those asked"


def test_the_check_keeps_it(tmp_path):
    book = open_book(
        book_folder(tmp_path, book_toml='[questionnaire]\nreversed = ["a"]\n[questionnaire.focus]\ninformation = "b"\n')
    )
    assert from_json(book.check.to_json()).questionnaire == book.questionnaire
    assert json.loads(book.check.to_json())["questionnaire"]["focus"] == {"information": ["b"]}


def test_the_service_dimensions_make_three_impressions_and_a_path_model():
    asked = Questionnaire().of([*FIVE, "satisfaction", "recommendation"])
    assert list(asked.dimensions) == FIVE
    assert asked.impressions == {
        "first": ("warmth", "facilities"),
        "second": ("reliability",),
        "third": ("timeliness", "consistency"),
    }
    assert asked.paths == {"satisfaction": ("first", "second", "third"), "loyalty": ("satisfaction",)}
    assert asked.constructs["loyalty"] == ("recommendation",)


def test_without_such_questions_there_is_none_of_it():
    asked = Questionnaire().of(["price", "advice", "satisfaction"])
    assert (asked.impressions, asked.focus, asked.constructs, asked.paths) == ({}, {}, {}, {})
    assert list(asked.dimensions) == ["price", "advice"]


def test_the_usual_constructs_need_no_paths(tmp_path):
    lines = "\n".join(f'{name} = ["{name}1", "{name}2"]' for name in ("image", *PATHS))
    found = said(tmp_path, f"[questionnaire.constructs]\n{lines}\n")
    items = [f"{name}{n}" for name in ("image", *PATHS) for n in (1, 2)]
    assert found.of(items).paths == PATHS
    short = found.of([item for item in items if not item.startswith("value")])
    assert "value" not in short.constructs
    assert short.paths["satisfaction"] == ("image", "expectation", "quality"), "what is not asked drops out"


MISTAKES = [
    ("overal = 'x'", "book.toml: key 'questionnaire.overal' is not known; did you mean 'overall'?"),
    ("overall = ['x']", "book.toml: questionnaire.overall is ['x']; expected a text."),
    ("reversed = 3", "book.toml: questionnaire.reversed is 3; expected a text or a list of texts."),
    ("dimensions = 'x'", "book.toml: [questionnaire.dimensions] is 'x'; expected a section of names."),
    (
        "[questionnaire.impressions]\nfourth = 'x'",
        "book.toml: key 'questionnaire.impressions.fourth' is not known; known are first, second, third.",
    ),
    (
        "[questionnaire.dimensions]\na = ['x', 'y']\nb = 'y'",
        "book.toml: questionnaire.dimensions.b has 'y', as a has; keep it in one.",
    ),
    (
        "[questionnaire.paths]\na = 'b'",
        "book.toml: [questionnaire.paths] needs [questionnaire.constructs], which says what items each is measured by.",
    ),
    (
        "[questionnaire.constructs]\na = 'x'\nb = 'y'",
        "book.toml: [questionnaire.constructs] needs [questionnaire.paths], which says what each construct hangs on.",
    ),
    (
        "[questionnaire.constructs]\nalpha = 'x'\nbeta = 'y'\n[questionnaire.paths]\nalpha = 'betta'",
        "book.toml: key 'questionnaire.paths.alpha.betta' is not known; did you mean 'beta'?",
    ),
    (
        "[questionnaire.constructs]\na='x'\nb='y'\nc='z'\n[questionnaire.paths]\na='b'\nb='a'\nc='a'",
        "book.toml: [questionnaire.paths] leads in a circle: a, b, c; expected paths that end.",
    ),
]


@pytest.mark.parametrize(("toml", "sentence"), MISTAKES)
def test_mistakes(tmp_path, toml, sentence):
    with pytest.raises(BookError) as error:
        said(tmp_path, toml)
    assert str(error.value) == sentence
