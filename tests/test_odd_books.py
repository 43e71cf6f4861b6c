"""Four odd books, each with a calm and useful pack: nothing empty, nothing odd, no wall of refusals."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import matplotlib as mpl
import odd_books
import pytest
from bs4 import BeautifulSoup, Tag
from pages import run_here

from crm_analysis.cli import main
from crm_analysis.labels import label
from crm_analysis.report.run import PARTS

pytestmark = pytest.mark.slow  # whole packs

LEFT_OUT = {
    "bare": {"satisfaction", "since"},
    "whole": {"since"},
    "ten_accounts": {"since"},
    "one_quarter": {"value", "retention", "potential", "kpi", "since"},
}
"""The parts that each book does not unlock; no report of the quarter before is there."""
ODD = re.compile(r"\b(nan|NaN|NaT|None(?! of)|inf|0 of 0)\b|\{\w*\}")
MANY = 4
"""Reasons that one page may give in its sections; the others stand in the list at its end."""
mpl.use("agg")


@pytest.fixture(scope="module", params=sorted(LEFT_OUT))
def pack(request, tmp_path_factory) -> tuple[str, Path]:
    """The book's name, and its pack."""
    place = tmp_path_factory.mktemp(request.param)
    book = getattr(odd_books, request.param)(place / "book")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.filterwarnings("error", module="crm_analysis")
        patch.setattr("crm_analysis.report.kernels.run_notebooks", run_here)
        assert main(["report", str(book), "--quarter", "2026Q3", "--out", str(place / "reports")]) == 0
    return request.param, place / "reports" / "2026Q3"


def pages(pack: tuple[str, Path]) -> dict[str, BeautifulSoup]:
    return {
        path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in pack[1].glob("*.html")
    }


def test_every_part_is_made_or_says_what_it_needs(pack):
    made = pages(pack)
    assert set(made) == {"index", *(part.name for part in PARTS)} - LEFT_OUT[pack[0]]
    text = " ".join(made["index"].get_text(" ").split())
    for name in LEFT_OUT[pack[0]]:
        assert re.search(rf"{re.escape(label(f'part_{name}'))} ?: It needs ", text), name


def test_nothing_odd_is_said(pack):
    for name, soup in pages(pack).items():
        for text in soup.find_all(string=ODD):
            assert text.parent.name in ("style", "code", "title"), (name, text)


def test_no_heading_has_nothing_below_it(pack):
    for name, soup in pages(pack).items():
        for heading in soup.find("main").find_all(["h2", "h3"]):
            found = [one for one in heading.find_all_next(True) if one.get_text(strip=True) or one.name == "img"]
            assert found, (name, heading)
            assert not _closes(heading, found[0]), (name, heading)


def _closes(heading: Tag, after: Tag) -> bool:
    """True if what comes after a heading is one of the same level or a higher one."""
    return after.name in ("h1", "h2", "h3") and after.name <= heading.name


def test_no_page_is_a_wall_of_refusals(pack):
    start = label("lacks_table", table="", unlocks="").split("'")[0]
    for name, soup in pages(pack).items():
        main_part = soup.find("main")
        for lacking in main_part.select("ul.lacking"):
            rows = [row.get_text() for row in lacking.find_all("li")]
            assert len(rows) == len(set(rows)), name
            lacking.decompose()
        refusals = [one.get_text() for one in main_part.select("p.sentence") if one.get_text().startswith(start)]
        assert len(refusals) <= MANY, (name, refusals)
        assert main_part.find(["table", "img"]) or name == "index", name
