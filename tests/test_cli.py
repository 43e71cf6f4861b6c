"""The command line as its users meet it: exit codes, one sentence for a mistake, JSON, the quarantine's file."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from crm_analysis import __version__
from crm_analysis.cli import main

CHECKOUT = Path(__file__).parents[1]
DEMO = str(CHECKOUT / "data" / "demo")


def folder(place: Path, orders: str, accounts: str = "account_id,name\nA,alpha\n") -> str:
    place.mkdir(parents=True, exist_ok=True)
    (place / "accounts.csv").write_text(accounts, encoding="utf-8")
    (place / "orders.csv").write_text("line_id,account_id,ordered_on,revenue\n" + orders, encoding="utf-8")
    return str(place)


@pytest.fixture
def clean(tmp_path) -> str:
    return folder(tmp_path / "clean", "1,A,2026-01-01,10.10\n2,A,2026-01-02,-0.20\n")


@pytest.fixture
def dirty(tmp_path) -> str:
    return folder(
        tmp_path / "dirty",
        "1,A,2026-01-01,10.10\n2,A,someday,5\n"
        '3,"=HYPERLINK(""http://x"",""y"")",2026-01-02,7.07\n4,A,2026-01-03,@SUM(1)\n5,A,2026-01-03,3\n5,A,2026-01-03,3\n',
    )


BAR = re.compile(r"\d+/\d+ \[.*cells")
"""A line of the progress bar, fast or slow."""


def mistake(capsys, *arguments: str) -> str:
    """The one line on stderr of a command that must fail with exit code 2."""
    assert main(arguments) == 2
    found = capsys.readouterr()
    lines = [part for part in found.err.replace("\r", "\n").splitlines() if part.strip() and not BAR.search(part)]
    assert len(lines) == 1, lines
    assert "Traceback" not in found.err
    assert lines[0].startswith("crm-analysis: ")
    return lines[0].removeprefix("crm-analysis: ")


# --- start ---


def test_a_reader_that_has_enough_is_no_traceback(clean):
    """As in `crm-analysis check BOOK | head -1`."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "crm_analysis.cli", "check", clean]
    run = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, cwd=CHECKOUT, check=False)
    os.close(write)
    assert (run.returncode, run.stderr) == (141, "")


def test_help_answers_without_the_heavy_imports():
    heavy = ("pandas", "numpy", "ibis", "duckdb", "matplotlib", "pyarrow", "IPython", "nbformat", "papermill", "jinja2")
    code = (
        "import sys\nfrom crm_analysis.cli import main\n"
        f"sys.argv = ['crm-analysis', '--help']\ntry:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"found = [name for name in {heavy!r} if name in sys.modules]\nassert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert done.returncode == 0, done.stderr
    assert {"check", "report", "demo"} <= set(done.stdout.split())


@pytest.mark.parametrize("command", [[], ["check"], ["report"], ["demo"]])
def test_every_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    assert "usage: crm-analysis" in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize(
    "arguments", [[], ["check"], ["report", DEMO], ["nonsense"], ["demo", "x", "--accounts", "many"]]
)
def test_what_the_parser_cannot_take_exits_with_2(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


# --- check ---


def test_check_of_a_clean_book(capsys, clean):
    assert main(["check", clean]) == 0
    found = capsys.readouterr()
    assert found.err == ""
    assert "Every order line was accepted: 2 order lines, 9.90." in found.out


def test_check_of_a_book_with_rejected_rows(capsys, dirty):
    assert main(["check", dirty]) == 1
    found = capsys.readouterr().out
    assert "Accepted: 2 of 6 order lines" in found
    for words in ("Rows found", "Revenue quarantined", "unparseable_date", "unknown_account", "repeated_row"):
        assert words in found


def test_check_of_the_demo(capsys):
    assert main(["check", DEMO]) == 0
    assert "Every order line was accepted: 21,140 order lines, EUR 40,906,551.68." in capsys.readouterr().out


def test_check_as_json(capsys, dirty):
    assert main(["check", dirty, "--json"]) == 1
    written = capsys.readouterr().out
    found = json.loads(written)
    assert written.isascii()
    assert found["exit_code"] == 1
    assert found["tables"]["accounts"] == {"rows": {"found": 1, "accepted": 1, "quarantined": 0, "duplicate": 0}}
    orders = found["tables"]["orders"]
    assert orders["rows"] == {"found": 6, "accepted": 2, "quarantined": 3, "duplicate": 1}
    assert orders["revenue"] == {"found": 28.17, "accepted": 13.1, "quarantined": 12.07, "duplicate": 3.0}
    rules = {(one["table"], one["name"], one["action"]): one["rows"] for one in found["rules"]}
    assert rules["orders", "unparseable_date", "quarantine"] == 1
    assert rules["orders", "unknown_account", "quarantine"] == 1
    assert rules["orders", "not_a_number", "quarantine"] == 1
    assert rules["orders", "repeated_row", "duplicate"] == 1


def test_a_book_that_cannot_be_used_is_json_too(capsys, tmp_path):
    assert main(["check", str(tmp_path / "nowhere"), "--json"]) == 2
    found = capsys.readouterr()
    told = json.loads(found.out)
    assert told["exit_code"] == 2
    assert "does not exist" in told["error"]
    assert told["error"] in found.err


def test_the_quarantine_holds_every_rejected_row_and_runs_nothing(capsys, dirty, tmp_path):
    file = tmp_path / "quarantine.csv"
    assert main(["check", dirty, "--quarantine", str(file)]) == 1
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")  # Excel then reads every script
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert sorted(rows[0]) == ["column", "file", "revenue", "row", "rule", "table", "value"]
    found = {(row["row"], row["rule"]): row["value"] for row in rows}
    assert found["2", "unparseable_date"] == "someday"
    assert found["3", "unknown_account"] == '\'=HYPERLINK("http://x","y")'
    assert found["4", "not_a_number"] == "'@SUM(1)"
    assert len(rows) == 4
    assert not [
        text for row in rows for name, text in row.items() if name != "revenue" and text[:1] in tuple("=+-@\t\r")
    ]


def test_an_empty_quarantine_is_a_header(capsys, clean, tmp_path):
    file = tmp_path / "quarantine.csv"
    assert main(["check", clean, "--quarantine", str(file)]) == 0
    assert len(file.read_text(encoding="utf-8-sig").splitlines()) == 1


def test_a_value_in_the_data_cannot_steer_the_terminal(capsys, tmp_path):
    book = folder(tmp_path / "b", "1,A,2026-01-01,10\n2,A,\x1b[31mred\u202e,5\n")
    assert main(["check", book]) == 1
    found = capsys.readouterr().out
    assert "[31mred" in found
    assert "\x1b" not in found
    assert "\u202e" not in found


def test_a_terminal_that_cannot_write_a_name_gets_the_rest(tmp_path):
    book = folder(tmp_path / "b", "1,A,2026-01-01,10\n2,A,日期,5\n")
    code = (
        "import sys\nfrom crm_analysis.cli import main\n"
        "for more in ([], ['--json']):\n    print(main(['check', sys.argv[1], *more]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, book],
        capture_output=True,
        encoding="cp1252",
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    words, told, end = done.stdout.split("\n1\n")
    assert end == ""
    assert "\\u65e5\\u671f" in words
    assert "\\u65e5\\u671f" in told
    assert "日期" in [text for rule in json.loads(told)["rules"] for text in rule["examples"].split()]


@pytest.mark.parametrize("command", [["check", "{}"], ["report", "{}", "--quarter", "2026Q3"]])
def test_a_folder_that_is_missing_or_no_book(capsys, tmp_path, command):
    def said(place: Path) -> str:
        return mistake(capsys, *(word.format(place) for word in command))

    assert "does not exist" in said(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    assert "is a file" in said(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    assert "no orders; found no files" in said(tmp_path / "empty")


def test_files_that_cannot_be_read(capsys, tmp_path):
    book = Path(folder(tmp_path / "b", "1,A,2026-01-01,10\n"))
    (book / "orders.csv").write_text("line_id,account_id,revenue\n1,A,5\n")
    assert "ordered_on" in mistake(capsys, "check", str(book))
    (book / "orders.csv").unlink()
    (book / "orders.csv").mkdir()
    assert "orders.csv" in mistake(capsys, "check", str(book))
    (book / "orders.csv").rmdir()
    (book / "orders.parquet").write_bytes(b"no parquet")
    assert "orders.parquet" in mistake(capsys, "check", str(book))
    (book / "orders.parquet").unlink()
    (book / "orders.csv").write_bytes(b"line_id,account_id,ordered_on,revenue\n1,A\xff\xfe,2026-01-01,5\n")
    assert "orders.csv" in mistake(capsys, "check", str(book))
    (book / "book.toml").write_text("name = ")
    assert "book.toml" in mistake(capsys, "check", str(book))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_the_right_to_read_it(capsys, clean):
    (Path(clean) / "orders.csv").chmod(0)
    assert "orders.csv" in mistake(capsys, "check", clean)


def test_a_quarantine_that_cannot_be_written(capsys, dirty, tmp_path):
    assert "the quarantine cannot be written there" in mistake(capsys, "check", dirty, "--quarantine", str(tmp_path))


# --- report ---


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--quarter", "2026Q5"], "a quarter is written like 2026Q3; found '2026Q5'"),
        (["--quarter", "../x"], "a quarter is written like 2026Q3"),
        (["--quarter", "2026Q4"], "the book was extracted on 2026-09-30, before 2026Q4 began"),
        (["--jobs", "0"], "at least one notebook must run at a time; found 0 jobs"),
        (["--jobs", "-3"], "at least one notebook"),
        (["--only", "everything"], "the report has no part 'everything' (known: data_check, segmentation, value, "),
        (["--only", "segmentation, everything"], "the report has no part 'everything'"),
        (["-p", "windw=6M"], "has a parameter 'windw'; did you mean 'window'?"),
        (["-p", "window"], "-p window: expected NAME=VALUE"),
        (["-p", "=6M"], "-p =6M: expected NAME=VALUE"),
        (["-p", "high_bar=a lot"], "parameter 'high_bar' of notebook segmentation must be a number; found 'a lot'"),
        (["-p", "high_bar=nan"], "must be a number"),
        (["-p", "quarter=2026Q1"], "is set by the report itself"),
        (
            ["-p", "horizon=24"],
            "'horizon' of notebook value must be a window such as 12M, 4Q, 1Y, 52W or 90D; found '24'",
        ),
        (["-p", "window=abc"], "'window' of notebook segmentation must be a window such as 12M, 4Q, 1Y, 52W or 90D"),
        (["--toml", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_mistakes_are_found_before_a_notebook_starts(capsys, tmp_path, monkeypatch, more, words):
    monkeypatch.setattr("crm_analysis.report.kernels.run_notebooks", lambda *a, **k: pytest.fail("started"))
    assert words in mistake(capsys, "report", DEMO, "--quarter", "2026Q3", "--out", str(tmp_path / "out"), *more)
    assert not (tmp_path / "out" / "2026Q3").exists()


@pytest.mark.slow
def test_a_mistake_that_a_notebook_finds(capsys, tmp_path):
    given = ["--only", "segmentation", "-p", "high_bar=-5"]
    said = mistake(capsys, "report", DEMO, "--quarter", "2026Q3", "--out", str(tmp_path / "out"), *given)
    assert said.startswith("notebook segmentation")
    assert "bars are amounts of money; found high -5 and mid 0, expected no negative one" in said
    assert not (tmp_path / "out" / "2026Q3").exists()


# --- demo ---


@pytest.mark.slow
def test_a_demo_is_a_book(capsys, tmp_path):
    place = str(tmp_path / "demo")
    assert main(["demo", place, "--accounts", "60", "--seed", "7"]) == 0
    assert "accounts: 60" in capsys.readouterr().out
    assert main(["check", place]) == 0
    assert main(["demo", place, "--accounts", "60", "--seed", "8"]) == 0  # an earlier demo may be made again


def test_a_demo_never_writes_over_anything_else(capsys, clean):
    assert "is not empty and holds no earlier demo" in mistake(capsys, "demo", clean)
    assert "accounts is 0" in mistake(capsys, "demo", clean, "--accounts", "0")
    assert "seed is -1" in mistake(capsys, "demo", clean, "--seed", "-1")


def test_ctrl_c_is_no_traceback(capsys, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("crm_analysis.book.open_book", stopped)
    assert main(["check", DEMO]) == 130
    assert capsys.readouterr().err == "crm-analysis: stopped; what was published before is untouched\n"
