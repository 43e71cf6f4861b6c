"""Sections with nothing to show leave a page: their headings go, and what they lack stands once at its end."""

from __future__ import annotations

import copy

import pandas as pd
import pytest
from nbformat.v4 import new_notebook
from pages import displayed, page
from report_samples import HOSTILE, notebook

from crm_analysis.errors import BookError, Lack
from crm_analysis.report.render import About, readable
from crm_analysis.report.render import page as rendered

ABOUT = About("Boards", "2026Q3", "2026-09-30")
SHOW = """
import pandas as pd
from crm_analysis.errors import BookError, Lack
from crm_analysis.report.show import figure, headline, sentence, show
def lack(words="No surveys."):
    raise BookError(words)
"""


def made(monkeypatch: pytest.MonkeyPatch, *cells: str) -> str:
    """The page of a notebook of these cells, which are run here."""
    found = notebook(SHOW, *cells)
    code = [cell for cell in found.cells if cell.cell_type == "code"]
    with monkeypatch.context() as patch:
        patch.setattr("crm_analysis.report.render.words", lambda _, text: text)
        for cell, outputs in zip(code, displayed([cell.source for cell in code], {}, patch), strict=True):
            cell.outputs = outputs
        return rendered(found, "title", ABOUT)


def headings(html: str) -> list[str]:
    return [heading.get_text() for heading in page(html).soup.find("main").find_all(["h2", "h3"])]


def lacking(html: str) -> list[str]:
    return [" ".join(row.get_text().split()) for row in page(html).soup.select("ul.lacking li")]


def test_what_a_page_lacks_stands_once_at_its_end(monkeypatch):
    html = made(
        monkeypatch,
        "# Page\n\nWords.",
        "## One\n\nIntroduction.",
        "show(lambda: lack(), 'A table.')\nsentence(lambda: lack())",
        "### Below one",
        "show(lambda: lack(), 'A table.')",
        "## Two",
        "sentence('Told.')" + "\nshow(lambda: lack('No complaints.'), 'A table.')" * 2,
        "## Three",
        "show(None, 'A table.', missing=Lack('No offices.'))\nsentence('No surveys.')",
    )
    assert headings(html) == ["Two", "What this page cannot tell"]
    assert lacking(html) == ["No surveys. Left out: One; Below one; Three.", "No offices. Left out: Three."]
    assert "Introduction" not in html
    assert html.count("No complaints.") == 1
    assert "Below" not in [link.get_text() for link in page(html).soup.find("nav").find_all("a")]


def test_a_section_without_any_output_goes_without_a_word(monkeypatch):
    empty = "sentence(lambda: lack())\nfigure(lambda: lack(), alt='x')"
    html = made(monkeypatch, "## Empty", empty, "## Full", "sentence('Told.')")
    assert headings(html) == ["Full"]
    assert "cannot tell" not in html


def test_a_heading_stays_for_what_is_below_it(monkeypatch):
    html = made(
        monkeypatch, "## Above\n\nWords.", "### Empty", "show(lambda: lack(), 'A.')", "### Full", "sentence('Told.')"
    )
    assert headings(html) == ["Above", "Full", "What this page cannot tell"]


def test_words_without_code_stay(monkeypatch):
    html = made(monkeypatch, "## How to read this\n\nSlowly.", "## Two", "sentence('Told.')")
    assert headings(html) == ["How to read this", "Two"]


def test_other_reasons_for_no_table_are_results(monkeypatch):
    html = made(monkeypatch, "## Rules", "show(None, 'Rules.', missing='No rule fired.')")
    assert headings(html) == ["Rules"]
    assert "No rule fired." in html


@pytest.mark.parametrize("name", HOSTILE)
def test_a_reason_never_runs(monkeypatch, name):
    html = made(monkeypatch, "## One", f"show(lambda: lack({name!r}), 'A table.')")
    assert len(lacking(html)) == 1
    assert "<script>" not in html
    assert "<img src=x" not in html


def test_the_notebook_itself_is_left_alone(monkeypatch):
    found = new_notebook()
    before = copy.deepcopy(found)
    readable(found)
    assert found == before


def test_a_lack_is_said_as_any_sentence():
    assert Lack(BookError("No surveys.")) == "No surveys."
    assert pd.Series([Lack("x")]).tolist() == ["x"]
