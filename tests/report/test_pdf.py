"""A pack on paper: one document of all pages, whose links lead within it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from crm_analysis.errors import ReportError
from crm_analysis.report import pdf

INDEX = """<!DOCTYPE html><html lang="en"><head><title>All</title></head><body><a class="skip" href="#content">skip</a>
<header><h1>Index of all</h1></header><div class="frame"><main id="content">
<a id="to" href="value.html#worth">worth</a> <a href="value.html">value</a> <a href="#content">up</a>
<a href="tables/secret.csv">table</a><details><summary>more</summary>folded words</details>
</main></div><footer>foot</footer></body></html>"""
VALUE = """<!DOCTYPE html><html lang="en"><head><title>Value</title></head><body>
<header><h1>Value of all</h1><a class="back" href="index.html">back</a></header><div class="frame">
<nav class="contents">contents</nav><main id="content"><h2 id="worth">Worth 客户</h2></main></div></body></html>"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(INDEX, encoding="utf-8")
    (tmp_path / "value.html").write_text(VALUE, encoding="utf-8")
    return tmp_path


def test_links_lead_within_the_document_and_anchors_stay_apart(pack: Path):
    whole = BeautifulSoup(pdf.together([pack / "index.html", pack / "value.html"]), "html.parser")
    ids = [str(tag["id"]) for tag in whole.select("[id]")]
    assert len(ids) == len(set(ids))
    links = [str(link["href"]) for link in whole.select("a")]
    assert links == ["#value--worth", "#value", "#index--content"]
    assert {link[1:] for link in links} <= set(ids)
    assert "secret.csv" not in str(whole)
    assert whole.select("details[open]")
    assert not whole.select(".skip, .contents, .back, footer")


def test_without_a_browser_it_is_said_before_anything_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv(pdf.VARIABLE, "no-such-browser")
    with pytest.raises(ReportError, match="CRM_ANALYSIS_BROWSER names none"):
        pdf.printer()
    monkeypatch.delenv(pdf.VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "ELSEWHERE", ())
    with pytest.raises(ReportError, match="needs Chromium, Chrome or Edge"):
        pdf.printer()


def test_a_browser_that_prints_nothing_is_an_error(pack: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pdf, "browser", lambda: shutil.which("false") or "")
    with pytest.raises(ReportError, match="printed nothing"):
        pdf.write_pdf(pack, ["value"])


@pytest.mark.slow
@pytest.mark.skipif(not pdf.browser(), reason="no Chromium here (Debian: apt-get install chromium)")
def test_every_page_is_on_paper(pack: Path):
    pdf.write_pdf(pack, ["value"])
    printed = pack / pdf.NAME
    assert printed.read_bytes().startswith(b"%PDF")
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext here (Debian: apt-get install poppler-utils)")
    said = subprocess.run(["pdftotext", str(printed), "-"], capture_output=True, text=True, check=True).stdout
    assert "Index of all" in said
    assert "folded words" in said
    assert said.index("\f") < said.index("Value of all")
    assert "foot" not in said
