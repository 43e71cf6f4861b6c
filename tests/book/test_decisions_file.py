"""Decisions appended to a book's own file: byte for byte what was there, and what opens afterwards."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from folders import book_folder
from hypothesis import given
from hypothesis import strategies as st
from small_books import FEW

from crm_analysis.book import appended as module
from crm_analysis.book import open_book
from crm_analysis.book.decisions import Decision, keep
from crm_analysis.errors import BookError

DAY = dt.date(2024, 3, 1)
HEAD = "account_id,decided_on,action,recommended,reason,decided_by\n"
ONE = Decision("A1", DAY, "keep", "desk", "knows of a project", "R1", "x.xlsx, row 2")
TWO = Decision("A2", DAY, "desk", "desk", where="x.xlsx, row 3")


def rows(folder: Path) -> list[tuple[object, ...]]:
    """The decisions of the opened book, which must have taken every row."""
    book = open_book(folder)
    assert book.check.exit_code == 0
    frame = book.whole["decisions"].execute()
    names = [
        name for name in ("account_id", "decided_on", "action", "recommended", "reason", "decided_by") if name in frame
    ]
    told = frame[names].astype(object).where(frame[names].notna(), None)
    return sorted(map(tuple, told.assign(decided_on=frame["decided_on"].astype(str).str[:10]).itertuples(index=False)))


def test_a_book_without_decisions_gets_a_file(tmp_path):
    folder = book_folder(tmp_path / "b")
    kept = keep(folder, [ONE, TWO])
    assert (kept.file.name, kept.added, kept.there) == ("decisions.csv", 2, 0)
    assert kept.file.read_text() == (
        HEAD + "A1,2024-03-01,keep,desk,knows of a project,R1\nA2,2024-03-01,desk,desk,,\n"
    )
    assert rows(folder) == [
        ("A1", "2024-03-01", "keep", "desk", "knows of a project", "R1"),
        ("A2", "2024-03-01", "desk", "desk", None, None),
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["accounts.csv", "decisions.csv", "orders.csv"]


def test_the_same_again_adds_nothing_and_touches_nothing(tmp_path):
    folder = book_folder(tmp_path / "b")
    keep(folder, [ONE])
    stamp = (folder / "decisions.csv").stat()
    kept = keep(folder, [ONE, ONE])
    assert (kept.added, kept.there) == (0, 1)
    assert (folder / "decisions.csv").stat().st_mtime_ns == stamp.st_mtime_ns
    kept = keep(folder, [TWO, ONE])
    assert (kept.added, kept.there) == (1, 1)
    assert keep(book_folder(tmp_path / "none"), []).added == 0
    assert not (tmp_path / "none" / "decisions.csv").exists()


OWN = """
[format]
delimiter = ";"
encoding = "{encoding}"
date = "%d.%m.%Y"
[accounts.format]
delimiter = ","
encoding = "utf-8"
[orders.format]
delimiter = ","
encoding = "utf-8"
date = "%Y-%m-%d"
[decisions]
file = "beschlüsse.txt"
[decisions.columns]
account_id = "Kunde"
decided_on = "Tag"
action = "Beschluss"
recommended = "Rat"
reason = "Grund"
decided_by = "Wer"
[decisions.format]
skip = 1
quote = "'"
"""


@pytest.mark.parametrize(
    ("encoding", "end"),
    [("cp1252", "\r\n"), ("utf-8", ""), ("utf-8-sig", "\n"), ("utf-16", "\r\n"), ("utf-16-be", ""), ("gb18030", "\n")],
)
def test_a_file_of_ones_own_goes_on_as_it_began(tmp_path, encoding, end):
    line = end or "\n"
    text = f"Title;{line}Tag;Beschluss;Kunde;More;Grund;Rat;Wer{line}01.02.2024;keep;A1;'a;b';Größe;desk;R1{end}"
    folder = book_folder(tmp_path / "b", book_toml=OWN.format(encoding=encoding))
    (folder / "beschlüsse.txt").write_bytes(text.encode(encoding))
    before = (folder / "beschlüsse.txt").read_bytes()
    os.chmod(folder / "beschlüsse.txt", 0o640)
    new = Decision("A2", DAY, "desk", "desk", 'it\'s; "ä"\n two', "R2")
    assert keep(folder, [new]).added == 1
    after = (folder / "beschlüsse.txt").read_bytes()
    assert after.startswith(before)
    assert (
        after.decode(encoding).removeprefix(text)
        == f"{'' if end else line}01.03.2024;desk;A2;;'it''s; \"ä\" two';desk;R2{line}"
    )
    assert rows(folder) == [
        ("A1", "2024-02-01", "keep", "desk", "Größe", "R1"),
        ("A2", "2024-03-01", "desk", "desk", 'it\'s; "ä" two', "R2"),
    ]
    assert keep(folder, [new]).there == 1
    assert (folder / "beschlüsse.txt").stat().st_mode & 0o777 == 0o640


def test_a_file_without_a_header_keeps_its_order(tmp_path):
    toml = '[decisions]\nfile = "d.csv"\n[decisions.format]\nheader = ["decided_on", "account_id", "action"]\n'
    folder = book_folder(tmp_path / "b", book_toml=toml, d_csv="2024-02-01,A1,keep\n")
    assert keep(folder, [Decision("A2", DAY, "desk")]).added == 1
    assert (folder / "d.csv").read_text() == "2024-02-01,A1,keep\n2024-03-01,A2,desk\n"
    with pytest.raises(BookError, match=r"d\.csv: there is no column 'recommended', which these decisions have"):
        keep(folder, [Decision("A1", DAY, "desk", "keep")])


def test_words_written_otherwise_are_the_same_and_a_spreadsheet_runs_nothing(tmp_path):
    folder = book_folder(tmp_path / "b", decisions_csv=HEAD + 'A1,2024-03-01 00:00,Small-Order Price,"Desk ",=1+1,\n')
    same = Decision("A1", DAY, "small order price", "desk", "=1+1")
    assert keep(folder, [same]).there == 1
    assert keep(folder, [Decision("A2", DAY, "keep", "desk", "=cmd|'x'!A1", "@R1")]).added == 1
    assert (folder / "decisions.csv").read_text().splitlines()[-1] == "A2,2024-03-01,keep,desk,'=cmd|'x'!A1,'@R1"


def test_what_contradicts_the_file_is_refused_with_all_its_sentences(tmp_path):
    folder = book_folder(tmp_path / "b")
    keep(folder, [ONE, TWO])
    before = (folder / "decisions.csv").read_bytes()
    other = [Decision("A1", DAY, "goodbye", "desk", where="y.xlsx, row 5"),
             Decision("A2", DAY, "desk", "desk", "new reason", where="y.xlsx, row 6"),
             Decision("A1", DAY.replace(day=2), "goodbye", "desk")]  # fmt: skip
    with pytest.raises(BookError) as mistake:
        keep(folder, other)
    assert str(mistake.value).splitlines() == [
        f"y.xlsx, row {row}: '{word}' is decided of account {account} on 2024-03-01; decisions.csv has a "
        f"decision of that day, with another {found}; expected the same, or another day."
        for row, word, account, found in (
            (5, "goodbye", "A1", "action there ('keep')"),
            (6, "desk", "A2", "reason there ('')"),
        )
    ]  # fmt: skip
    assert (folder / "decisions.csv").read_bytes() == before


def test_a_character_that_the_encoding_lacks_is_named_with_its_row(tmp_path):
    folder = book_folder(tmp_path / "b", book_toml='[format]\nencoding = "cp1252"\n')
    with pytest.raises(
        BookError, match=r"x\.xlsx, row 9: '日' cannot be written in cp1252, the encoding of decisions\.csv"
    ):
        keep(folder, [ONE, Decision("A2", DAY, "keep", reason="日本", where="x.xlsx, row 9")])
    assert not (folder / "decisions.csv").exists()


SECTION = '[decisions]\nfile = "d.csv"\n'


@pytest.mark.parametrize(
    ("toml", "files", "words"),
    [
        ('[decisions]\nfile = "d*.csv"\n', ["d1_csv"], "come from several files, d*.csv"),
        ('[decisions]\nfile = ["a.csv", "b.csv"]\n', ["a_csv", "b_csv"], "come from several files, a.csv, b.csv"),
        ("", ["decisions_parquet"], "come from decisions.parquet"),
        ("", ["decisions_xlsx"], "come from decisions.xlsx"),
        (SECTION + '[decisions.derived]\naction = "Word"\n', ["d_csv"], "have a derived column, action"),
        (SECTION + '[[decisions.lookup]]\nfile="l.csv"\non="a"\ntake=["b"]\n', ["d_csv"], "are looked up"),
        (SECTION + '[decisions.columns]\nreason="N"\ndecided_by="N"\n', ["d_csv"], "have two columns made of one"),
        ('database = "erp.duckdb"\n', [], "come from a database"),
        ("[format]\nskip = 2\n", [], "have no file yet"),
    ],
)
def test_decisions_that_lines_cannot_be_added_to_are_refused_with_what_to_do(tmp_path, toml, files, words):
    folder = book_folder(tmp_path / "b", book_toml=toml, **dict.fromkeys(files, HEAD))
    with pytest.raises(BookError) as mistake:
        keep(folder, [ONE])
    assert words in str(mistake.value)
    assert 'file = "decisions.csv" under [decisions] in book.toml' in str(mistake.value)


def test_a_column_that_is_missing_is_named(tmp_path):
    folder = book_folder(tmp_path / "b", decisions_csv="account_id,day,action\nA1,2024-01-01,keep\n")
    with pytest.raises(
        BookError, match=r"decisions\.csv: column 'decided_on' for decided_on is missing; found account_id, day"
    ):
        keep(folder, [ONE])


def test_the_kept_copy_of_a_book_is_not_written_to(tmp_path):
    (tmp_path / "kept.json").write_text("{}")
    with pytest.raises(BookError, match="is the kept copy of a book"):
        keep(tmp_path, [ONE])


def test_a_file_that_changes_meanwhile_is_left_alone(tmp_path, monkeypatch):
    folder = book_folder(tmp_path / "b", decisions_csv=HEAD)
    other = HEAD + "A2,2024-01-01,keep,,,\n"
    monkeypatch.setattr(module.os, "fsync", lambda file: (folder / "decisions.csv").write_text(other))
    with pytest.raises(BookError, match="was changed while decisions were added; nothing was written"):
        keep(folder, [ONE])
    assert (folder / "decisions.csv").read_text() == other
    assert not list(folder.glob(".*"))


def test_what_would_not_read_back_is_not_kept(tmp_path):
    """A form of dates that names no day cannot hold one."""
    toml = '[decisions]\nfile = "d.csv"\n[decisions.format]\ndate = "%Y-%m"\n'
    folder = book_folder(tmp_path / "b", book_toml=toml, d_csv=HEAD)
    with pytest.raises(BookError, match=r"d\.csv: the decisions do not read as they were written; nothing was changed"):
        keep(folder, [Decision("A1", DAY.replace(day=2), "keep")])
    assert (folder / "d.csv").read_text() == HEAD
    assert not list(folder.glob(".*"))


@FEW
@given(st.lists(st.tuples(st.sampled_from(["A1", "A2"]), st.integers(1, 28), st.text(max_size=12)), max_size=6))
def test_whatever_a_reason_holds_it_is_added_once_and_nothing_is_lost(tmp_path_factory, told):
    folder = book_folder(tmp_path_factory.mktemp("b"), decisions_csv=HEAD + "A1,2024-02-01,keep,,old,\n")
    made = {
        (account, day): Decision(account, DAY.replace(day=day), "keep", "desk", reason) for account, day, reason in told
    }
    if any("\ud800" <= letter <= "\udfff" or letter < " " for one in made.values() for letter in one.reason):
        return
    before = (folder / "decisions.csv").read_bytes()
    assert keep(folder, list(made.values())).added == len(made)
    after = (folder / "decisions.csv").read_bytes()
    assert after.startswith(before)
    assert keep(folder, list(made.values())).there == len(made)
    assert (folder / "decisions.csv").read_bytes() == after
