"""Opening a book: the day of the extract, the cache, and mistakes with folders."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from folders import book_folder, folder

from crm_analysis.book import Book, BookError, open_book
from crm_analysis.book.compare import last_plausible
from crm_analysis.book.opening import QUARANTINE, RESULT, cache


def kept() -> set[str]:
    return {path.parent.name for path in cache().glob(f"*/{RESULT}")}


def entry(book: Book) -> Path:
    text = book.check.to_json(kept=True)
    return next(path.parent for path in cache().glob(f"*/{RESULT}") if path.read_text(encoding="utf-8") == text)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRM_ANALYSIS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda place: place / "nowhere",
            "nowhere: does not exist; expected a folder with accounts.csv and orders.csv",
        ),
        (lambda place: folder(place, orders_csv="x") / "orders.csv", "orders.csv: is a file; expected a folder with"),
        (
            lambda place: folder(place / "e"),
            "e: no orders; found no files. Expected orders.csv, orders.parquet or orders.xlsx, or a",
        ),
        (lambda place: folder(place / "e", orders_csv="x", notes_md="x"), "no accounts; found notes.md, orders.csv."),
    ],
)
def test_mistakes_with_folders(tmp_path, make, sentence):
    with pytest.raises(BookError) as problem:
        open_book(make(tmp_path))
    assert sentence in str(problem.value)


def test_a_file_that_may_not_be_read_and_a_cache_that_may_not_be_written(tmp_path, monkeypatch):
    place = book_folder(tmp_path / "b")
    if os.name != "nt" and os.geteuid() != 0:
        (place / "orders.csv").chmod(0)
        with pytest.raises(BookError, match=r"orders.csv: Permission denied\."):
            open_book(place)
        (place / "orders.csv").chmod(0o644)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CRM_ANALYSIS_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(BookError, match="cache: Not a directory"):
        open_book(place)


def test_settings_of_the_engine_are_checked(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_ANALYSIS_THREADS", "two")
    with pytest.raises(BookError, match="CRM_ANALYSIS_THREADS is 'two'; expected a positive whole number"):
        open_book(book_folder(tmp_path / "b", accounts_csv="account_id\nA1\nA2\nA7\n"))


def test_where_the_extract_is_stated_later_dates_are_rejected(tmp_path):
    toml = "extracted_on = 2024-01-31\n"
    book = open_book(book_folder(tmp_path / "b", book_toml=toml))
    assert book.extracted_on == dt.date(2024, 1, 31)
    assert [(one.name, one.rows) for one in book.check.fired if one.action == "quarantine"] == [("future_date", 1)]


def test_where_it_is_not_stated_the_last_date_before_a_long_silence_counts(tmp_path):
    lines = "".join(f"L{i},A1,2024-0{1 + i % 3}-15,1\n" for i in range(9))
    typos = "T1,A1,2042-01-15,1\nT2,A1,1999-01-15,1\n"
    calls = "account_id,happened_on\nA1,2024-05-20\nA1,2042-05-20\n"
    place = book_folder(
        tmp_path / "b", orders_csv="line_id,account_id,ordered_on,revenue\n" + lines + typos, interactions_csv=calls
    )
    book = open_book(place)
    assert book.extracted_on == dt.date(2024, 5, 20)
    lost = book.quarantine.order_by("table", "row").execute()
    assert list(zip(lost.table, lost.rule, lost.value, strict=True)) == [
        ("interactions", "future_date", "2042-05-20"),
        ("orders", "future_date", "2042-01-15"),
    ]
    assert any(
        "states no extracted_on: the book counts as extracted on 2024-05-20" in note for note in book.check.notes
    )


def test_the_last_plausible_day_by_hand():
    import pandas as pd

    def last(*days: str) -> dt.date | None:
        return last_plausible(pd.DataFrame({"day": [dt.date.fromisoformat(day) for day in days], "lines": 1}))

    assert last("2020-01-01", "2020-06-01", "2021-06-01") == dt.date(2021, 6, 1)  # 365 days
    assert last("2020-01-01", "2020-06-01", "2021-06-03") == dt.date(2020, 6, 1)  # 367 days
    assert last_plausible(pd.DataFrame({"day": [], "lines": []})) is None


def test_same_inputs_same_entry_and_any_change_another(tmp_path, own_cache):
    place = book_folder(tmp_path / "b")
    first = open_book(place)
    names = kept()
    assert len(names) == 1
    again = open_book(place)
    assert kept() == names
    assert again.check == first.check
    (place / "book.toml").write_text('currency = "EUR"\n')
    assert open_book(place).currency == "EUR"
    assert len(kept()) == 2
    with (place / "orders.csv").open("a") as file:
        file.write("L3,A1,2024-02-11,1\n")
    assert open_book(place).check.rows["orders"].found == 3
    assert len(kept()) == 3
    assert not list(own_cache.glob(".opening-*"))
    assert (entry(first) / QUARANTINE).is_file()


@pytest.mark.parametrize("harm", ["gone", "cut", "no seal", "nonsense"])
def test_a_broken_entry_is_not_used_but_made_again(tmp_path, own_cache, harm):
    place = book_folder(tmp_path / "b")
    home = entry(open_book(place))
    orders = home / "orders.parquet"
    whole = orders.read_bytes()
    match harm:
        case "gone":
            orders.unlink()
        case "cut":
            orders.write_bytes(whole[:-20])
        case "no seal":
            (home / "kept.json").unlink()
        case "nonsense":
            (home / "kept.json").write_text("{")
    assert open_book(place).table("orders").count().execute() == 2
    assert orders.read_bytes() == whole


def test_scratch_rooms_of_killed_openings_are_removed_after_a_day(tmp_path, own_cache):
    old, new = own_cache / ".opening-old", own_cache / ".opening-new"
    for room, age in ((old, 2 * 86400), (new, 3600)):
        room.mkdir(parents=True)
        os.utime(room, (room.stat().st_atime, room.stat().st_mtime - age))
    open_book(book_folder(tmp_path / "b"))
    assert not old.exists()
    assert new.exists()


@pytest.mark.slow
def test_two_processes_open_one_book_at_once(tmp_path, own_cache):
    place = book_folder(tmp_path / "b")
    code = (
        "import sys; from crm_analysis.book import open_book; "
        "print(open_book(sys.argv[1]).table('orders').count().execute())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(place)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in started] == ["2", "2"]
    assert len(kept()) == 1
    assert not list(own_cache.glob(".opening-*"))


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be made read-only so on Windows")
def test_a_folder_that_may_only_be_read_is_only_read(tmp_path):
    place = book_folder(tmp_path / "b")
    before = {path: path.stat().st_mtime_ns for path in place.iterdir()}
    place.chmod(0o555)
    try:
        assert open_book(place).check.exit_code == 0
    finally:
        place.chmod(0o755)
    assert {path: path.stat().st_mtime_ns for path in place.iterdir()} == before


def test_a_mapping_outside_the_folder(tmp_path):
    place = book_folder(tmp_path / "b")
    folder(tmp_path / "elsewhere", mine_toml='name = "Mine"\n')
    book = open_book(place, tmp_path / "elsewhere" / "mine.toml")
    assert book.name == "Mine"
    assert "mine.toml" in book.check.inputs


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, own_cache, monkeypatch):
    from crm_analysis.book import opening

    place = book_folder(tmp_path / "b")

    class Slow(opening.Intake):
        def run(self):
            with (place / "orders.csv").open("a") as file:
                file.write("L9,A1,2024-02-11,1\n")
            return super().run()

    monkeypatch.setattr(opening, "Intake", Slow)
    with pytest.raises(BookError, match="a file changed while it was read; open the book again"):
        open_book(place)
    assert kept() == set()


def test_importing_and_opening_again_do_not_load_what_they_do_not_need(tmp_path):
    place = book_folder(tmp_path / "b")
    open_book(place)
    code = (
        "import sys; import crm_analysis.book; print([name for name in ('pandas', 'scipy', 'sklearn', 'matplotlib')"
        " if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_engine_prints_no_progress_bar_where_there_is_no_script():
    code = (
        "from crm_analysis.book import engine; "
        "print(engine.connect().con.execute(\"select current_setting('enable_progress_bar')\").fetchall())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[(False,)]"


def test_names_that_are_markup_or_formulas_are_kept_as_they_are(tmp_path):
    names = 'account_id,name\nA1,<script>alert(1)</script>\nA2,"=HYPERLINK(""x"")"\n'
    book = open_book(book_folder(tmp_path / "b", accounts_csv=names))
    assert book.table("accounts").order_by("account_id").name.execute().tolist() == [
        "<script>alert(1)</script>",
        '=HYPERLINK("x")',
    ]
