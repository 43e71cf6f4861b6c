"""The demo company with faults, all of its tables, on DuckDB, PostgreSQL and Spark: equal, and how long each takes.

    make spark; python benchmarks/engines.py

Each engine checks the book where it is and answers `accounts` and `snapshots`. Fired rules, control totals, every
accepted cell (decimals to the last place), the quarantine, accounts (exactly), snapshots, purchase histories, answers
to surveys and complaints (to 1e-9), who left, account-quarters and cases of potential (to 1e-6) must be those of the
book's files, or the script fails. Writes docs/engines.md.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "book"))

import ibis  # noqa: E402
import postgres  # noqa: E402
from same_book import (  # noqa: E402
    DATES,
    assert_answers_alike,
    assert_cases_alike,
    assert_histories_alike,
    assert_voices_alike,
    spoiled,
    toml_in,
)
from test_spark import session, views  # noqa: E402

from crm_analysis.accounts import snapshots  # noqa: E402
from crm_analysis.book import open_book  # noqa: E402


@contextmanager
def on_duckdb(files):
    con = ibis.duckdb.connect()
    for path in files.glob("*.csv"):
        con.read_csv(path, table_name=path.stem, all_varchar=True)
    yield con, ""


@contextmanager
def on_postgres(files):
    with postgres.running() as server:
        postgres.load(server, files, "erp")
        server.run(f"GRANT TEMPORARY ON DATABASE books TO {postgres.READER}")
        con = ibis.postgres.connect(
            host="127.0.0.1", port=server.port, user=postgres.READER, password=postgres.PASSWORD, database="books"
        )
        yield con, 'schema = "erp"\n'
        con.disconnect()


@contextmanager
def on_spark(files):
    with session() as spark:
        yield views(spark, files), ""


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        files = spoiled(Path(scratch) / "files")
        plain = open_book(files)
        for name, engine in (("DuckDB", on_duckdb), ("PostgreSQL", on_postgres), ("Spark", on_spark)):
            with engine(files) as (con, more):
                toml = toml_in(Path(scratch) / name, files, more)
                start = time.perf_counter()
                book = open_book(con, toml)
                opened = time.perf_counter()
                snapshots(book, DATES)
                answered = time.perf_counter()
                assert_answers_alike(book, plain)
                assert_histories_alike(book, plain)
                assert_voices_alike(book, plain)
                assert_cases_alike(book, plain)
            rows.append(f"| {name} | {opened - start:.0f} | {answered - opened:.0f} |")
            sys.stdout.write(rows[-1] + "\n")
    lines = sum(int(total.found) for total in plain.check.rows.values())
    text = [
        "# One book on three engines",
        "",
        f"Written by `python benchmarks/engines.py`: the demo company with faults added, {len(plain.tables)} tables,",
        f"{lines:,} rows, used in place. On each engine the fired rules, the control totals, every accepted cell, the",
        "quarantine, the accounts and who left (all exactly), the snapshots, purchase histories, answers to surveys",
        "and complaints (to 1e-9), account-quarters and cases of potential (to 1e-6; who was promising, and the lots,",
        "exactly) were those of the book's files; else this page would not have been written.",
        f"{os.cpu_count()} cores, Python {platform.python_version()}. A small book",
        "shows what a question costs at least; it says nothing about large ones.",
        "",
        "| engine | check, s | 2 snapshots, s |",
        "|---|---|---|",
        *rows,
    ]
    (ROOT / "docs" / "engines.md").write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
