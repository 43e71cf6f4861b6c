"""`crm-analysis summaries` as its users meet it: what it prints, writes and refuses; who wrote, by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from crm_analysis.book import open_book
from crm_analysis.book.written import Summary
from crm_analysis.cli import main
from crm_analysis.summaries.overview import Overview

PAGE = "account: {}\nrep: {}\ndate: {}\nheadline: {}\nconcerns: price\nevents: visit\nnext_step: call on Friday\n"


@pytest.fixture
def book(tmp_path) -> Path:
    """Three key accounts and one other, of two people; R3 serves nobody and R4 only the other one."""
    place = tmp_path / "book"
    place.mkdir()
    files = {
        "accounts": "account_id,name,rep_id,key_account,known_since\nA1,alder,R1,true,2020-01-01\n"
        "A2,birch,R1,true,2020-01-01\nA3,cedar,R2,true,2020-01-01\nA4,dogwood,R4,false,2020-01-01\n",
        "orders": "line_id,order_id,account_id,ordered_on,revenue,product\n1,O1,A1,2026-01-01,10,HDI\n"
        "2,O2,A2,2026-09-20,5,ML\n",
        "reps": "rep_id,name,from_date\nR1,Ann,2020-01-01\nR2,Ben,2020-01-01\nR3,Cid,2020-01-01\nR4,Dee,2020-01-01\n",
        "interactions": "account_id,rep_id,happened_on,channel\nA1,R1,2026-09-10,visit\nA1,R1,2026-09-25,call\n"
        "A2,R1,2026-09-29,call\nA3,R2,2026-08-01,call\nA4,R4,2026-09-15,call\nA4,R4,2026-09-16,call\n",
        "summaries": "account_id,rep_id,written_on,headline,concerns,events,next_step\nA1,R1,2026-09-20,Fine,,,\n"
        "A2,R1,2026-09-16,Order O2,,,\nA3,R2,2026-09-03,Late,,,\nA3,R2,2026-09-02,Later,,,\n"
        "A1,R3,2026-09-17,Own view,,,\n",
    }
    for name, text in files.items():
        (place / f"{name}.csv").write_text(text)
    (place / "book.toml").write_text("extracted_on = 2026-09-30\n")
    (place / "new").mkdir()
    return place


def run(capsys, *arguments: str, code: int = 0) -> str:
    assert main(["summaries", *arguments]) == code
    told = capsys.readouterr()
    return told.err if code else told.out


def test_without_pages_templates_are_written_and_how_to_go_on_is_said(capsys, book):
    said = run(capsys, str(book / "notes"))
    lines = said.splitlines()
    assert lines[:3] == [
        f"written: {book / 'notes' / 'template.md'}",
        f"written: {book / 'notes' / 'template.yaml'}",
        f"{book / 'notes'}: no pages yet. Copy a template for each account, fill it in, save it in this folder under "
        "any other name, and give the command again.",
    ]
    assert "such as A1" in (book / "notes" / "template.md").read_text()
    assert "written: " not in run(capsys, str(book / "notes"))
    assert sorted(path.name for path in (book / "notes").iterdir()) == ["template.md", "template.yaml"]


def test_pages_come_into_the_book_once_and_it_opens_with_them(capsys, book):
    (book / "new" / "a.yaml").write_text(
        PAGE.format("A2", "R1", "2026-09-30", "Wants 20 panels of HDI by the year's end")
    )
    (book / "new" / "photo.jpg").write_bytes(b"x")
    said = run(capsys, str(book / "new"))
    assert said.startswith(
        f"{book / 'summaries.csv'}: 1 summary added\nNot read, for pages end in .md, .yaml or .yml: ph"
    )
    assert "2 summaries of the last fortnight" not in said
    assert "1 summary of the last fortnight is missing." in said
    assert "1 account had contacts in the last two fortnights and no summary since." not in said
    assert run(capsys, str(book / "new")).startswith(f"{book / 'summaries.csv'}: 0 summaries added; already there: 1\n")
    opened = open_book(book)
    assert opened.check.exit_code == 0
    rows = opened.as_of("2026-09-30").table("summaries").execute()
    assert rows[rows["account_id"] == "A2"]["events"].tolist()[-1] == "visit"
    assert int(opened.as_of("2026-09-29").table("summaries").count().execute()) == 5


def test_a_folder_that_is_the_book_and_one_elsewhere_serve_too(capsys, book, tmp_path, monkeypatch):
    (book / "a.yaml").write_text(PAGE.format("A2", "R1", "2026-09-30", "HDI"))
    assert "1 summary added" in run(capsys, str(book))
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "b.yaml").write_text(PAGE.format("birch", "Ann", "2026-09-29", "HDI"))
    assert run(capsys, str(tmp_path / "far"), code=2) == (
        f"crm-analysis: {tmp_path / 'far'}: neither it nor the folder above it is a book; name the book's folder with "
        "--book.\n"
    )
    assert "1 summary added" in run(capsys, str(tmp_path / "far"), "--book", str(book))
    monkeypatch.chdir(book / "new")
    (book / "new" / "c.yaml").write_text(PAGE.format("A3", "R2", "2026-09-29", "HDI"))
    assert "1 summary added" in run(capsys, ".")


def test_after_one_mistake_nothing_is_written(capsys, book):
    before = (book / "summaries.csv").read_bytes()
    (book / "new" / "a.yaml").write_text(PAGE.format("A2", "R1", "2026-09-30", "HDI"))
    (book / "new" / "b.yaml").write_text(PAGE.format("A9", "R1", "2026-10-02", "HDI"))
    assert run(capsys, str(book / "new"), code=2).splitlines() == [
        "crm-analysis: b.yaml, line 1: account 'A9' is not known; expected one that the book has.",
        "b.yaml, line 3: the day of writing is 2026-10-02; expected one up to 2026-09-30, the book's extract or --on "
        "DATE.",
        "Nothing was written.",
    ]  # fmt: skip
    assert (book / "summaries.csv").read_bytes() == before
    assert main(["summaries", str(book / "new"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["exit_code"] == 2


def test_what_lies_after_the_extract_needs_a_day(capsys, book):
    (book / "new" / "a.yaml").write_text(PAGE.format("A2", "R1", "2026-10-12", "HDI"))
    assert "expected one up to 2026-09-30" in run(capsys, str(book / "new"), code=2)
    assert "1 summary added" in run(capsys, str(book / "new"), "--on", "2026-10-14")
    assert main(["check", str(book)]) == 0
    capsys.readouterr()
    assert "more than a year after the book's extract" in run(capsys, str(book / "new"), "--on", "2028-01-01", code=2)
    assert "is no date" in run(capsys, str(book / "new"), "--on", "soon", code=2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{book}/orders.csv"], "is a file; expected the folder of the pages"),
        (["{book}/new", "--book", "{book}/orders.csv"], "is no folder; expected the folder of a book, which keeps its"),
        (["{book}/new", "--book", "{book}/new"], "no orders; found"),
        (["{book}/new", "--language", "de"], "there is no language 'de'"),
    ],
)
def test_what_is_no_book_or_no_folder_is_refused(capsys, book, arguments, words):
    assert words in run(capsys, *(argument.format(book=book) for argument in arguments), code=2)


def test_who_has_written_is_counted_by_hand(book):
    look = Overview(open_book(book), pd.Timestamp("2026-09-30").date())
    assert look.expects_key
    table = look.by_rep.astype(object).where(look.by_rep.notna(), None)
    assert list(table.itertuples(index=False, name=None)) == [
        ("R1", "Ann", 2, 2, 1, 1, 1, pd.Timestamp("2026-09-20"), 10),
        ("R2", "Ben", 1, 1, 0, 1, 1, pd.Timestamp("2026-09-03"), 27),
        ("R3", "Cid", 0, 0, 1, 0, 0, pd.Timestamp("2026-09-17"), 13),
    ]  # R4 serves no key account and wrote nothing; the 2nd is more than two fortnights ago
    unheard = look.unheard[["account_id", "rep_id", "key_account", "summary_contacts"]]
    assert list(unheard.itertuples(index=False, name=None)) == [
        ("A1", "R1", True, 1), ("A2", "R1", True, 1), ("A4", "R4", False, 2),
    ]  # fmt: skip


def test_how_useful_they_are_is_counted_by_hand(book):
    look = Overview(open_book(book), pd.Timestamp("2026-09-30").date())
    assert [(one.summary.account_id, one.timely, one.names) for one in look.judged] == [
        ("A1", True, ()), ("A1", None, ()), ("A2", None, ("document",)), ("A3", None, ()),
    ]  # fmt: skip
    assert look.useful["complete"].tolist() == [False] * 4
    by_rep = look.useful_by_rep.set_index("rep_id")
    assert by_rep.loc["R1"].tolist() == ["Ann", 2, "0 of 2", "0 of 0", "0 of 2"]
    assert by_rep.loc["R3"].tolist() == ["Cid", 1, "0 of 1", "1 of 1", "0 of 1"]


def test_where_no_account_is_key_each_person_is_expected_to_write_once(book):
    for text in ("key_account", "true", "false"):
        path = book / "accounts.csv"
        path.write_text(path.read_text().replace(f",{text}", ""))
    look = Overview(open_book(book), pd.Timestamp("2026-09-30").date())
    assert not look.expects_key
    assert look.by_rep.set_index("rep_id")["summary_missing"].to_dict() == {"R1": 0, "R2": 1, "R3": 0, "R4": 1}


def test_a_book_of_two_tables_says_what_it_cannot_tell(capsys, tmp_path):
    (tmp_path / "accounts.csv").write_text("account_id\nA1\n")
    (tmp_path / "orders.csv").write_text("line_id,account_id,ordered_on,revenue\n1,A1,2026-01-01,10\n")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.yaml").write_text(PAGE.format("A1", "R1", "2026-01-01", "HDI"))
    said = run(capsys, str(tmp_path / "new"))
    assert "1 summary added" in said
    assert "The book's table 'accounts' has no column 'rep_id'." in said
    assert "The book has no table 'interactions'" in said
    told = json.loads(run(capsys, str(tmp_path / "new"), "--json"))
    assert (told["there"], told["who_has_written"], told["no_summary_since"]) == (1, None, None)
    assert [row["timely"] for row in told["useful"]] == [None]


def test_what_a_page_says_cannot_steer_the_terminal(capsys, book):
    (book / "new" / "\x1b[2J.docx").write_text("x")
    assert "\x1b" not in run(capsys, str(book / "new"))


def test_the_rules_find_what_was_planted_in_the_demo_company():
    """One in seven is copied, three in eight say nothing, and each field but the first is empty one time in eight."""
    book = open_book(Path(__file__).parents[2] / "data" / "demo")
    rows = Overview(book, book.extracted_on).written.itertuples(index=False)
    everything = [Summary(row[0], row[1], row[2].date(), *(value or "" for value in row[3:])) for row in rows]
    told = Overview(book, book.extracted_on, everything).judged
    assert len(told) == len(everything) == 193
    share = {word: sum(word in one.why for one in told) / len(told) for word in ("of its words", "no day, amount")}
    assert 0.08 < share["of its words"] < 0.2
    assert 0.3 < share["no day, amount"] < 0.5
    assert 0.55 < sum(one.complete for one in told) / len(told) < 0.75  # 0.88 cubed is 0.68
    assert all("document" in one.names for one in told if any(letter.isdigit() for letter in one.summary.headline))
