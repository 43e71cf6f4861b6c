"""The command line: parse, call, print.

Exit codes: 0 done, 1 a check that rejected rows, 2 a mistake the user can mend, 130 stopped, 141 nobody reads on.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis import __version__
from crm_analysis.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot write is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except UserError as mistake:
        print(f"crm-analysis: {_harmless(str(mistake))}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # who reads has read enough, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("crm-analysis: stopped; what was published before is untouched", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="crm-analysis", description="Customer analysis for companies that sell to companies."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="read a book, check it, print what was found")
    _source(check)
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.add_argument("--quarantine", metavar="FILE", help="write every row not accepted to this CSV file")
    check.set_defaults(run=_check)

    report = commands.add_parser("report", help="make a quarter's report")
    _source(report)
    report.add_argument("--quarter", required=True, help="calendar quarter, such as 2026Q3")
    report.add_argument("--out", default="reports", help="folder of the reports (default: reports)")
    report.add_argument(
        "--only", action="append", metavar="NAME", help="only this page; may be repeated, or several with commas"
    )
    report.add_argument("--jobs", type=int, default=2, metavar="N", help="notebooks run at once (default: 2)")
    report.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the notebooks"
    )
    report.add_argument(
        "--format", choices=("html", "pdf"), default="html", help="pdf: all pages in one PDF too (default: html)"
    )
    report.add_argument("--language", default="en", help="of the pages: en or zh-CN (default: en)")
    report.add_argument("--redact", action="store_true", help="codes in place of the names of accounts and people")
    report.set_defaults(run=_report)

    brief = commands.add_parser("brief", help="make the one page on an account before a meeting")
    _source(brief)
    brief.add_argument("account", metavar="ACCOUNT", help="account_id, or a part of a name that no other account has")
    brief.add_argument("--as-of", metavar="DATE", help="day looked from (default: the day of the extract)")
    brief.add_argument("--out", metavar="FILE", help="page to write (default: reports/briefs/ACCOUNT-DATE.html)")
    brief.add_argument("--language", default="en", help="of the page: en or zh-CN (default: en)")
    brief.add_argument("--redact", action="store_true", help="codes in place of the names of accounts and people")
    brief.set_defaults(run=_brief)

    decide = commands.add_parser("decide", help="put the decisions of a filled-in action list into the book")
    decide.add_argument("book", help="folder with the book's files")
    decide.add_argument("file", metavar="FILE.xlsx", help="the workbook with the decisions")
    decide.add_argument("--toml", metavar="FILE", help="a book.toml that does not lie in the folder")
    decide.add_argument("--on", metavar="DATE", help="day of the decisions that name none, such as 2026-10-15")
    decide.add_argument("--by", metavar="WHO", default="", help="who made the decisions that name nobody")
    decide.set_defaults(run=_decide)

    summaries = commands.add_parser("summaries", help="put the summaries that sales people wrote into the book")
    summaries.add_argument("folder", metavar="FOLDER", help="folder of the pages; without any, templates are written")
    summaries.add_argument("--book", metavar="BOOK", help="folder of the book (default: the one above the pages)")
    summaries.add_argument("--toml", metavar="FILE", help="a book.toml that does not lie in the book's folder")
    summaries.add_argument("--on", metavar="DATE", help="day looked from (default: the day of the extract)")
    summaries.add_argument("--json", action="store_true", help="print the result as JSON")
    summaries.add_argument("--language", default="en", help="of templates and answer: en or zh-CN (default: en)")
    summaries.set_defaults(run=_summaries)

    demo = commands.add_parser("demo", help="write the synthetic demo company")
    demo.add_argument("folder", help="folder to write")
    demo.add_argument("--accounts", type=int, default=250, metavar="N", help="number of accounts (default: 250)")
    demo.add_argument("--seed", type=int, default=1, metavar="S", help="another seed, another company (default: 1)")
    demo.add_argument(
        "--format", choices=("csv", "parquet"), help="of the files (default: csv up to 20,000 accounts, else parquet)"
    )
    demo.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="EFFECT",
        help="leave out a planted effect: service, potential, programme, silence, effort, season, offices or payers; "
        "may be repeated",
    )
    demo.set_defaults(run=_demo)
    return parser


def _source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("book", help="folder with the book's files, a DuckDB file, or a database URL")
    parser.add_argument("--toml", metavar="FILE", help="a book.toml that does not lie in the folder")


def _check(options: argparse.Namespace) -> int:
    import json

    from crm_analysis.book import open_book

    try:
        book = open_book(options.book, options.toml)
    except UserError as mistake:
        if options.json:
            print(json.dumps({"error": str(mistake), "exit_code": 2}))
        raise
    result = book.check
    assert result is not None
    if options.quarantine and book.quarantine is not None:
        _save_quarantine(book.quarantine.to_pyarrow(), Path(options.quarantine))
    if options.json:
        print(json.dumps(json.loads(result.to_json()), indent=2))  # ASCII: every terminal and program can take it
    else:
        for line in _check_lines(book.check):
            print(_harmless(line))
    return result.exit_code


def _check_lines(result) -> list[str]:  # type: ignore[no-untyped-def]
    """What a check found, for a terminal."""
    from crm_analysis.labels import label
    from crm_analysis.labels.noted import said
    from crm_analysis.report.sentences import check_said

    lines = [f"{result.book}, {label('extracted_on')} {result.extracted_on}", check_said(result), ""]
    lines += [_plain(result.totals), ""]
    rules = result.rules
    if len(rules):
        lines += [_plain(rules.drop(columns="why")), ""]
    return lines + [f"{label('note')}: {said(note)}" for note in result.notes]


def _harmless(text: str) -> str:
    """The text without characters by which a value in the data could steer the terminal."""
    return _CONTROL.sub("\ufffd", text)


def _plain(frame: pd.DataFrame) -> str:
    """A table for a terminal, with the headings and formats of the reports."""
    import pandas as pd

    from crm_analysis.labels import column
    from crm_analysis.report.values import texts

    shown = frame.copy().astype(object)
    for name in frame:
        shown[name] = texts(list(frame[name]), column(str(name)).kind)
    with pd.option_context("display.unicode.east_asian_width", True):  # letters two columns wide
        return shown.rename(columns=lambda name: column(str(name)).title).to_string(index=False)


def _save_quarantine(rows: pa.Table, path: Path) -> None:
    """As the reports' CSV files: UTF-8 with a byte-order mark, and no text that a spreadsheet could run."""
    import pyarrow.csv

    from crm_analysis.errors import BookError
    from crm_analysis.report.tables import guarded

    try:
        with path.open("wb") as file:
            file.write(b"\xef\xbb\xbf")
            pyarrow.csv.write_csv(guarded(rows), file)
    except OSError as problem:
        raise BookError(f"{path}: the quarantine cannot be written there: {problem.strerror}.") from None


def _report(options: argparse.Namespace) -> int:
    from crm_analysis.labels.language import speaking

    with speaking(options.language):
        return _reported(options)


def _reported(options: argparse.Namespace) -> int:
    from crm_analysis.book import open_book
    from crm_analysis.book.opening import kept
    from crm_analysis.errors import ReportError
    from crm_analysis.labels.noted import said
    from crm_analysis.periods import before, quarter_end
    from crm_analysis.report import report
    from crm_analysis.report.sentences import check_said, days_said, redacted_said
    from crm_analysis.report.unlocked import YEAR, locked, refuse_locked

    given = {}
    for entry in options.parameter:
        name, equals, value = entry.partition("=")
        if not equals or not name:
            raise ReportError(f"-p {entry}: expected NAME=VALUE, such as -p window=6M")
        given[name] = value
    day = quarter_end(options.quarter)
    home = kept(options.book, options.toml or given.pop("toml", None), options.redact)
    book = open_book(home)
    check = book.check
    assert check is not None
    if book.extracted_on <= before(day, "1Q"):
        raise ReportError(
            f"the book was extracted on {book.extracted_on}, before {options.quarter} began; "
            "ask for an earlier quarter, or correct extracted_on in book.toml"
        )
    only = [name.strip() for names in options.only for name in names.split(",")] if options.only else None
    lacks = locked(book, day, given.get("growth_horizon", YEAR), given.get("kpi_window", "year"))
    refuse_locked(lacks, only or [])
    page = report(
        home,  # all notebooks open the same book, and none reads its files or database again
        options.quarter,
        options.out,
        only,
        options.jobs,
        given,
        name=book.name,
        as_of=str(day),
        extracted=str(book.extracted_on),
        inputs=check.inputs,
        assumptions=[check_said(check), days_said(book, day), *redacted_said(check), *map(said, check.notes)],
        skipped=lacks,
        redaction=check.redaction,
        pdf=options.format == "pdf",
    )
    print(page)
    return 0


def _brief(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from crm_analysis.book import open_book
    from crm_analysis.book.opening import kept
    from crm_analysis.brief import brief
    from crm_analysis.labels.language import speaking
    from crm_analysis.report.brief import brief_page, coded

    with speaking(options.language):
        home = kept(options.book, options.toml)
        look = brief(open_book(home), options.account, options.as_of)
        if options.redact:  # asked for by the name that people know it by
            plain, home = home, kept(options.book, options.toml, redact=True)
            look = replace(look, book=open_book(home).as_of(look.day), account=coded(plain, home, look.account))
        print(_harmless(str(brief_page(home, look, options.out))))
    return 0


def _decide(options: argparse.Namespace) -> int:
    from crm_analysis.book import engine, open_book
    from crm_analysis.book.book import as_date
    from crm_analysis.book.days import first_known
    from crm_analysis.book.decisions import keep
    from crm_analysis.errors import BookError
    from crm_analysis.plan.decisions.answers import FIRST, answers
    from crm_analysis.report.sentences.decide import decide_said

    folder, toml = Path(options.book), Path(options.toml) if options.toml else None
    if not folder.is_dir():
        raise BookError(f"{options.book}: is no folder; expected the folder of a book, which keeps its decisions.")
    on = as_date(options.on) if options.on else None
    book = open_book(folder, toml)
    ids = engine.frame(book.whole["accounts"].select("account_id"))["account_id"]
    first = first_known(book) or FIRST
    found = answers(Path(options.file), frozenset(ids), book.extracted_on, on, options.by, first)
    print(_harmless(decide_said(keep(folder, found.decisions, toml), found)))
    return 0


def _summaries(options: argparse.Namespace) -> int:
    import json

    from crm_analysis.labels.language import speaking
    from crm_analysis.report.sentences.summaries import json_of, lines_of
    from crm_analysis.summaries.collect import collect

    with speaking(options.language):
        try:
            found = collect(options.folder, options.book, options.toml, options.on)
        except UserError as mistake:
            if options.json:
                print(json.dumps({"error": str(mistake), "exit_code": 2}))
            raise
        if options.json:
            print(json.dumps(json_of(found), indent=2))
        else:
            for part in lines_of(found):
                print(_harmless(part if isinstance(part, str) else _plain(part)))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from crm_analysis.book.demo import demo, usual_format

    format = options.format or usual_format(options.accounts)
    made = demo(options.folder, options.accounts, options.seed, format, options.without)
    for table, rows in made.rows.items():
        print(f"{table}: {rows:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
