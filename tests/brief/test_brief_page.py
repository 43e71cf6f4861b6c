"""The brief as a page: where it is written, whole or not at all, by the command line, on paper."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from acme import ACCOUNTS, NASTY, ORDERS, TABLES, of
from bs4 import BeautifulSoup

from crm_analysis.cli import main
from crm_analysis.errors import ReportError
from crm_analysis.report import brief as made
from crm_analysis.report.pdf import ALONE, browser

DEMO = Path(__file__).parents[2] / "data" / "demo"
DAY = dt.date(2026, 9, 30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The book of `acme` as files."""
    place = tmp_path / "book"
    place.mkdir()
    for name, rows in {"accounts": ACCOUNTS, "orders": ORDERS, **TABLES}.items():
        frame = pd.DataFrame(rows)
        if name == "orders":
            frame.insert(0, "line_id", [f"L{number}" for number in frame.index])
        frame.to_csv(place / f"{name}.csv", index=False)
    (place / "book.toml").write_text('extracted_on = 2026-09-30\ncurrency = "EUR"\n', encoding="utf-8")
    return place


@pytest.mark.parametrize(
    "account", ["../../etc/passwd", "a/b", "a\\b", "a:b", "CON", "", ".", "..", "x" * 300, "Łódź", "a b", "a\nb", "-rf"]
)
def test_file_names_take_any_id(account):
    name = made.file_name(account, DAY)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,110}-2026-09-30\.html", name)
    assert name == made.file_name(account, DAY) != made.file_name(account + "x", DAY)


def test_ids_that_look_alike_have_files_of_their_own():
    names = [made.file_name(one, DAY) for one in ("a/b", "a-b", "a\\b", "a b", "-a-b", "a:b")]
    assert len(set(names)) == len(names)


def test_a_page_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    place = tmp_path / "brief.html"
    made.written(place, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ReportError, match="cannot be written there: No space left on device"):
        made.written(place, "new")
    assert place.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [place]


def test_where_no_page_can_be_is_said_before_any_work(tmp_path):
    with pytest.raises(ReportError, match="is a folder; expected the name of a file"):
        made.ready(tmp_path)
    with pytest.raises(ReportError, match=r"expected one that ends in \.html"):
        made.ready(tmp_path / "accounts.csv")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match="the brief cannot be written there"):
        made.ready(tmp_path / "file" / "brief.html")


def test_the_title_is_the_name_or_the_id():
    assert made.title(of("A2")) == "Acme Brno"
    assert made.title(of("A3")) == NASTY


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["Acme"], "'Acme' fits 2 accounts: A1 (Acme Łódź), A2 (Acme Brno); give the account_id of one."),
        (["A9"], "No account of the book fits 'A9' on 2026-09-30; the nearest are A1 (Acme Łódź), "),
        (["A4", "--as-of", "2026-08-01"], "Account 'A4' was not yet known on 2026-08-01"),
        (["A1", "--as-of", "2027-01-01"], "the book knows nothing after 2026-09-30"),
        (["A1", "--as-of", "yesterday"], "'yesterday' is no date"),
        (["A1", "--language", "xx"], "there is no language 'xx'"),
        (["A1", "--out", "."], "is a folder; expected the name of a file"),
    ],
)
def test_mistakes_are_one_sentence(folder, capsys, more, sentence):
    assert main(["brief", str(folder), *more]) == 2
    found = capsys.readouterr()
    assert sentence in found.err
    assert found.err.count("\n") == 1
    assert not found.out


@pytest.mark.slow
@pytest.mark.parametrize("redact", [False, True])
def test_the_page_by_the_command_line(folder, tmp_path, capsys, monkeypatch, redact):
    """No name is code, nothing is loaded, one heading of the first level; redacted, no name is left."""
    monkeypatch.chdir(tmp_path)
    assert main(["brief", str(folder), "lodz", *(["--redact"] if redact else [])]) == 0
    place = Path(capsys.readouterr().out.strip())
    assert place == Path("reports/briefs/A1-2026-09-30.html")
    html = place.read_text(encoding="utf-8")
    soup = BeautifulSoup(html, "html.parser")
    assert [one.get_text() for one in soup.find_all("h1")] == ["Acme Łódź"] or redact
    assert not soup.find_all(["script", "iframe", "link"])
    assert all(image["src"].startswith("data:image/png") and image["alt"] for image in soup.find_all("img"))
    assert "default-src 'none'" in html
    assert [one.get_text() for one in soup.select(".top dt")] == ["Who", "Worth", "Watch", "Next"]
    assert "Since the last visit" in [one.get_text() for one in soup.find_all("h2")]
    for name in ("Acme", "Ann Lee", "Send list", "Prices"):
        assert (name in html) is not redact
    assert str(tmp_path) not in html
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.slow
@pytest.mark.skipif(not browser(), reason="no browser that prints")
def test_the_brief_of_a_demo_account_is_one_sheet_of_paper(tmp_path, capsys):
    page = tmp_path / "brief.html"
    assert main(["brief", str(DEMO), "A0000194", "--out", str(page)]) == 0
    assert capsys.readouterr().out.strip() == str(page)
    rights = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        paper = Path(scratch) / "brief.pdf"
        command = [browser(), *ALONE, *rights, f"--user-data-dir={scratch}/profile", f"--print-to-pdf={paper}"]
        subprocess.run([*command, page.as_uri()], capture_output=True, timeout=180, check=False)
        sheets = re.findall(rb"/Type\s*/Page\b", paper.read_bytes())
    assert len(sheets) == 1
