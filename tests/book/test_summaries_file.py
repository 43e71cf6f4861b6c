"""Summaries appended to a book's own file: as decisions are, each told apart by account, person and day."""

from __future__ import annotations

import datetime as dt

import pytest
from folders import book_folder

from crm_analysis.book import open_book
from crm_analysis.book.written import Summary, keep
from crm_analysis.errors import BookError

DAY = dt.date(2024, 2, 5)
ONE = Summary("A1", "R1", DAY, "Quiet", "=1+1", "a visit\n on Friday", "", "one.md")
TWO = Summary("A1", "R2", DAY, "Loud", where="two.md")
HEAD = "account_id,rep_id,written_on,headline,concerns,events,next_step\n"


def test_a_book_without_summaries_gets_a_file_that_opens(tmp_path):
    folder = book_folder(tmp_path / "b")
    kept = keep(folder, [ONE, TWO])
    assert (kept.file.name, kept.added, kept.there) == ("summaries.csv", 2, 0)
    assert kept.file.read_text() == HEAD + "A1,R1,2024-02-05,Quiet,'=1+1,a visit on Friday,\nA1,R2,2024-02-05,Loud,,,\n"
    book = open_book(folder)
    assert book.check.exit_code == 0
    assert int(book.as_of(DAY).table("summaries").count().execute()) == 2
    assert int(book.as_of(DAY - dt.timedelta(days=1)).table("summaries").count().execute()) == 0
    assert keep(folder, [TWO, ONE]).there == 2


def test_a_summary_may_be_later_than_the_extract_and_does_not_move_it(tmp_path):
    folder = book_folder(tmp_path / "b")
    before = open_book(folder).extracted_on
    later = before + dt.timedelta(days=14)
    keep(folder, [Summary("A1", "R1", later, "Quiet")])
    book = open_book(folder)
    assert book.check.exit_code == 0
    assert book.extracted_on == before
    assert int(book.whole["summaries"].count().execute()) == 1
    assert int(book.as_of(later).table("summaries").count().execute()) == 0  # until the next extract reaches it


def test_another_text_of_the_same_day_is_refused(tmp_path):
    folder = book_folder(tmp_path / "b", summaries_csv=HEAD + "A1,R1,2024-02-05,Busy,,,\n")
    with pytest.raises(BookError) as mistake:
        keep(folder, [TWO, ONE])
    assert str(mistake.value) == (
        "one.md: account A1, sales person R1, 2024-02-05: summaries.csv has a summary of theirs of that day, with "
        "another headline there ('Busy'); expected the same, or another day."
    )
    assert (folder / "summaries.csv").read_text() == HEAD + "A1,R1,2024-02-05,Busy,,,\n"


def test_the_file_s_own_form_is_kept(tmp_path):
    toml = """
[summaries]
file = "notizen.txt"
[summaries.columns]
account_id = "Kunde"
rep_id = "Wer"
written_on = "Tag"
headline = "Kurz"
[summaries.format]
delimiter = ";"
encoding = "cp1252"
date = "%d.%m.%Y"
"""
    text = "Tag;Wer;Kunde;Kurz\r\n01.02.2024;R1;A1;läuft"
    folder = book_folder(tmp_path / "b", book_toml=toml, notizen_txt=text.encode("cp1252"))
    new = Summary("A2", "R1", DAY, "größer; besser")
    assert keep(folder, [new]).added == 1
    assert (folder / "notizen.txt").read_bytes().decode("cp1252") == text + '\r\n05.02.2024;R1;A2;"größer; besser"\r\n'
    with pytest.raises(
        BookError, match="there is no column 'events', which these summaries have; found Kunde, Wer, Tag"
    ):
        keep(folder, [Summary("A2", "R1", DAY + dt.timedelta(days=1), events="a visit")])
    without = book_folder(tmp_path / "c", summaries_csv="account_id,written_on,headline\n")
    with pytest.raises(
        BookError, match="column 'rep_id' for rep_id is missing; found account_id, written_on, headline"
    ):
        keep(without, [new])
