"""A folder of pages taken into the book: all of them, or none; or, where there is none yet, templates for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crm_analysis.book import open_book
from crm_analysis.book.appended import Kept
from crm_analysis.book.book import Book, as_date
from crm_analysis.book.mapping import NAMED
from crm_analysis.book.written import keep
from crm_analysis.errors import BookError, UserError
from crm_analysis.summaries.overview import Overview
from crm_analysis.summaries.pages import Read, known_to, pages, read
from crm_analysis.summaries.template import write_templates

LATEST = dt.timedelta(days=366)
"""A day so much later than the extract is taken for a typing error."""


@dataclass(frozen=True, eq=False)
class Collected:
    """What was read in `folder` and kept (None without a page), templates written, and what the book tells then."""

    folder: Path
    read: Read
    kept: Kept | None
    templates: Sequence[Path]
    overview: Overview


def collect(
    folder: str | Path,
    book: str | Path | None = None,
    toml: str | Path | None = None,
    on: str | dt.date | None = None,
) -> Collected:
    """Take the pages of a folder into the book, which is given, or lies above the folder, or is the folder.

    `on` is the day looked from, no page may be later; the book's extract unless given. Nothing is written unless all
    pages are right. A folder without pages is made, and gets templates.

    Raises UserError with a line for each mistake of each page; BookError if there is no book, or it cannot be added to.
    """
    folder, mapped = Path(folder), Path(toml) if toml else None
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; expected the folder of the pages.")
    home = Path(book) if book else _above(folder)
    if not home.is_dir():
        raise BookError(f"{home}: is no folder; expected the folder of a book, which keeps its summaries.")
    opened = open_book(home, mapped)
    day = _day(opened, on)
    found = read(folder, partial(known_to, opened), day)
    templates = [] if pages(folder)[0] else write_templates(folder, *_examples(opened), str(day))
    kept = keep(home, found.summaries, mapped) if found.summaries else None
    return Collected(folder, found, kept, templates, Overview(opened, day, found.summaries))


def _above(folder: Path) -> Path:
    """The book above a folder of pages, or the folder itself where that is one."""
    above = folder.parent if folder.name not in ("", "..") else folder.resolve().parent
    for place in (above, folder):
        if place.is_dir() and any(_of_book(path) for path in place.iterdir()):
            return place
    raise BookError(f"{folder}: neither it nor the folder above it is a book; name the book's folder with --book.")


def _of_book(path: Path) -> bool:
    name = path.name.lower()
    return name == "book.toml" or name in {f"{table}{ending}" for table in ("accounts", "orders") for ending in NAMED}


def _day(book: Book, on: str | dt.date | None) -> dt.date:
    if on is None:
        return book.extracted_on
    day = as_date(on)
    if day > book.extracted_on + LATEST:
        raise UserError(
            f"--on {day}: lies more than a year after the book's extract of {book.extracted_on}; expected an earlier "
            "day."
        )
    return day


def _examples(book: Book) -> tuple[str, str]:
    """An account and a sales person for the hints of a template: the first of the book."""
    account = book.whole["accounts"].account_id.min().execute()
    reps = book.whole.get("reps")
    return str(account), "R1" if reps is None else str(reps.rep_id.min().execute() or "R1")
