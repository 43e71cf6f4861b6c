"""A book with faults, to be opened from every kind of source, and what must then be the same."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from folders import folder

from crm_analysis.accounts import accounts, snapshots
from crm_analysis.book import Book
from crm_analysis.book.contract import CONTRACT
from crm_analysis.churn.definition import leaving
from crm_analysis.churn.survival.panel import account_quarters
from crm_analysis.potential.cases import cases
from crm_analysis.satisfaction.answers import answers
from crm_analysis.satisfaction.complaints.counts import counts
from crm_analysis.value.histories import histories

DEMO = Path(__file__).parents[2] / "data" / "demo"
DAY = "2026-06-30"
DATES = ["2025-12-31", "2026-09-30"]


FEW = ("accounts", "account_history", "orders", "complaints", "reps", "surveys", "survey_invitations")
"""Tables enough for every kind of expression; benchmarks/engines.py compares all of them."""


def copied(source: Path, place: Path, tables: Iterable[str] = CONTRACT) -> Path:
    """A folder with these tables of another, and its book.toml."""
    place.mkdir(parents=True)
    for name in ("book.toml", *(f"{table}.csv" for table in tables)):
        if (source / name).is_file():
            (place / name).write_bytes((source / name).read_bytes())
    return place


def spoiled(place: Path, tables: Iterable[str] = CONTRACT, every: int = 1) -> Path:
    """The demo company with rows that break rules, each of a kind that typed tables can hold too.

    With `every`, only each so many of its accounts, and what is told of them.
    """
    copied(DEMO, place, tables)
    if every > 1:
        _thinned(place, every)
    with (place / "orders.csv").open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    at = {name: place for place, name in enumerate(names)}

    def other(row: list[str], **values: str) -> list[str]:
        return [values.get(name, row[at[name]]) for name in names]

    rows += [
        rows[7],
        other(rows[8], revenue="99.99"),
        other(rows[9], line_id="X1", account_id="nobody"),
        other(rows[10], line_id="X2", ordered_on="2042-01-01"),
        other(rows[11], line_id="X3", revenue=""),
        other(rows[12], line_id="X4", ordered_on="1901-01-01"),
        other(rows[13], line_id="X5", revenue="1.23456"),
    ]
    with (place / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return place


def _thinned(place: Path, every: int) -> None:
    frames = {path: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(place.glob("*.csv"))}
    some = set(frames[place / "accounts.csv"]["account_id"].iloc[::every])
    for path, frame in frames.items():
        if "account_id" in frame:
            frame[frame["account_id"].isin(some)].to_csv(path, index=False)


def rows_of(book: Book) -> dict[str, list[tuple[str, ...]]]:
    """Every accepted row of every table, each cell as its exact text; and the rest, less where it stood."""
    found = {}
    tables: dict[str, Any] = {name: book.table(name) for name in book.tables}
    tables["quarantine"] = book.quarantine.drop("file", "row")
    for name, table in tables.items():
        plain = table.drop("source") if "source" in table.columns else table
        frame = plain.mutate(**{column: plain[column].cast("string") for column in plain.columns}).to_pyarrow()
        found[name] = sorted(zip(*(map(str, column.to_pylist()) for column in frame.columns), strict=True))
        found[f"{name}: columns"] = [(column, str(kind)) for column, kind in plain.schema().items()]
    return found


def assert_same(book: Book, plain: Book) -> None:
    assert book.check is not None
    assert plain.check is not None
    assert [(one.table, one.name, one.column, one.rows) for one in book.check.fired] == [
        (one.table, one.name, one.column, one.rows) for one in plain.check.fired
    ]
    assert {one.name for one in book.check.fired} >= {"repeated_row", "duplicate_key", "unknown_account"}
    assert (book.check.rows, book.check.revenue) == (plain.check.rows, plain.check.revenue)
    assert (book.extracted_on, book.currency, book.name) == (plain.extracted_on, plain.currency, plain.name)
    mine, theirs = rows_of(book), rows_of(plain)
    assert mine.keys() == theirs.keys()
    for name in theirs:
        assert mine[name] == theirs[name], name
    mine_then, then = accounts(book, as_of=DAY, window="12M"), accounts(plain, as_of=DAY, window="12M")
    pd.testing.assert_frame_equal(mine_then, then, check_exact=True)


def toml_in(place: Path, files: Path, more: str = "") -> Path:
    """The folder's book.toml with more before it, in a folder of its own."""
    return folder(place, my_toml=f"{more}\n" + (files / "book.toml").read_text()) / "my.toml"


def assert_answers_alike(book: Book, plain: Book) -> None:
    """The check, every accepted row to the last place, and the accounts on several dates."""
    assert_same(book, plain)
    pd.testing.assert_frame_equal(snapshots(book, DATES), snapshots(plain, DATES), rtol=1e-9, atol=0)


def assert_histories_alike(book: Book, plain: Book) -> None:
    """The purchase histories."""
    pd.testing.assert_frame_equal(histories(book, DAY).frame, histories(plain, DAY).frame, rtol=1e-9, atol=0)


def assert_voices_alike(book: Book, plain: Book) -> None:
    """What was said in surveys, complaints, who left, and what was known of accounts at two quarter ends."""
    mine, theirs = answers(book, DAY), answers(plain, DAY)
    assert (mine.notes, mine.asks) == (theirs.notes, theirs.asks)
    for name in ("people", "shares", "widths", "importance", "waves", "scales"):
        pd.testing.assert_frame_equal(getattr(mine, name), getattr(theirs, name), rtol=1e-9, atol=0)
    counted, there = counts(book, DAY).frame, counts(plain, DAY).frame
    pd.testing.assert_frame_equal(counted, there, rtol=1e-9, atol=0)
    days = [date.fromisoformat("2025-03-31"), date.fromisoformat("2025-06-30")]
    spells = [leaving(one, DAY, "6M").spells for one in (book, plain)]
    pd.testing.assert_frame_equal(spells[0].frame, spells[1].frame)
    quarters = [account_quarters(one.as_of(DAY), days, own) for one, own in zip((book, plain), spells, strict=True)]
    pd.testing.assert_frame_equal(*quarters, rtol=1e-6, atol=1e-6)


def assert_cases_alike(book: Book, plain: Book) -> None:
    """The Low accounts of many days, what was known of them and what became of them."""
    mine, theirs = cases(book, DAY, most=3), cases(plain, DAY, most=3)
    assert (mine.days, mine.features, len(mine.frame) > 100) == (theirs.days, theirs.features, True)
    pd.testing.assert_frame_equal(mine.bars, theirs.bars)
    exact = ["as_of", "account_id", "promising", "group", "bits"]
    pd.testing.assert_frame_equal(mine.frame[exact], theirs.frame[exact], check_exact=True)
    pd.testing.assert_frame_equal(mine.frame, theirs.frame, rtol=1e-6, atol=1e-6)
