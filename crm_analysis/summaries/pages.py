"""All pages of a folder as summaries: read, checked against the book and each other, or refused with every mistake."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.book import engine
from crm_analysis.book.written import FIELDS, Summary
from crm_analysis.errors import UserError
from crm_analysis.summaries.page import ENDINGS, Page, heading, page
from crm_analysis.summaries.template import NAMES

if TYPE_CHECKING:
    from crm_analysis.book.book import Book

FIRST = dt.date(1950, 1, 1)
"""The earliest day that a book takes."""
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEARCHED = 20_000
"""Rows of a table up to which it is read whole, and searched for one like a misspelt one."""


@dataclass(frozen=True)
class Known:
    """Whom a page may name: ids of accounts and of sales people (None: the book names nobody), and ids by name."""

    accounts: frozenset[str]
    reps: frozenset[str] | None
    account_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rep_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """The summaries of a folder, and the files there that are no pages."""

    summaries: tuple[Summary, ...]
    others: tuple[str, ...]


def known_to(book: Book, told: Sequence[Page]) -> Known:
    """Whom these pages may name: all that a small book has, of a large one those that they ask for."""
    accounts, names = _ids(book, "accounts", "account_id", [page.texts.get("account", "") for page in told])
    asked = [page.texts.get("rep", "") for page in told]
    if "reps" in book.whole:
        reps, rep_names = _ids(book, "reps", "rep_id", asked)
        return Known(accounts, reps, names, rep_names)
    if "rep_id" in book.whole["accounts"].columns:
        owners = engine.frame(book.whole["accounts"].select("rep_id").distinct())["rep_id"].dropna()
        return Known(accounts, frozenset(owners), names)
    return Known(accounts, None, names)


def _ids(book: Book, table: str, key: str, asked: Sequence[str]) -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    whole = book.whole[table]
    named = [key, "name"] if "name" in whole.columns else [key]
    rows = whole.select(*named).distinct()
    if int(whole.count().execute()) > _SEARCHED:
        meant = rows[key].isin(asked)
        if "name" in named:
            meant = meant | rows.name.lower().isin([text.lower() for text in asked])
        rows = rows.filter(meant)
    found = engine.frame(rows)
    names: defaultdict[str, set[str]] = defaultdict(set)
    if "name" in found:
        people = found.dropna()
        for one, name in zip(people[key], people["name"], strict=True):
            names[_folded(name)].add(one)
    return frozenset(found[key].dropna()), {name: tuple(sorted(ids)) for name, ids in names.items()}


def pages(folder: Path) -> tuple[list[Path], list[str]]:
    """The pages of a folder by name, templates left out, and the names of its other files."""
    found, others = [], []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name[0] in "._~" or path.name in NAMES or not path.is_file():
            continue
        if path.suffix.lower() in ENDINGS:
            found.append(path)
        else:
            others.append(path.name)
    return found, others


def read(folder: Path, known: Callable[[Sequence[Page]], Known], last: dt.date) -> Read:
    """The summaries of the folder's pages, none later than `last`; `known` tells whom they may name.

    Raises UserError with a line for each mistake of each page: the file, the line, what was found, what was expected.
    """
    paths, others = pages(folder)
    told: dict[str, Page] = {}
    mistakes: dict[str, list[str]] = {path.name: [] for path in paths}
    for path in paths:
        try:
            told[path.name] = page(path)
        except UserError as unreadable:
            mistakes[path.name] = [str(unreadable)]
    who = known(list(told.values())) if told else Known(frozenset(), None)
    found = []
    for name, own in told.items():
        summary, mistakes[name] = _summary(own, who, last)
        if summary:
            found.append(summary)
    wrong = [*(line for own in mistakes.values() for line in own), *_twice(found)]
    if wrong:
        raise UserError("\n".join([*wrong, "Nothing was written."]))
    return Read(tuple(found), tuple(others))


def _summary(told: Page, who: Known, last: dt.date) -> tuple[Summary | None, list[str]]:
    """The page's summary, or what is wrong with it."""
    account, no_account = _one(told, "account", who.accounts, who.account_names)
    rep, no_rep = _one(told, "rep", who.reps, who.rep_names)
    mistakes = [*no_account, *no_rep]
    text = told.texts.get("date", "")
    day = _day(text)
    if day is None:
        what = f"'{text[:60]}' is no date" if text else "there is no date"
        mistakes.append(f"{told.where('date')}: {what}; expected the day of writing, such as {last}.")
    elif not FIRST <= day <= last:
        until = f"up to {last}, the book's extract or --on DATE" if day > last else f"from {FIRST} on"
        mistakes.append(f"{told.where('date')}: the day of writing is {day}; expected one {until}.")
    if not any(told.texts.get(name) for name in FIELDS):
        words = ", ".join(heading(name) for name in FIELDS)
        mistakes.append(f"{told.file}: the summary is empty; expected a text under at least one of {words}.")
    if mistakes or day is None:
        return None, mistakes
    return Summary(account, rep, day, **{name: told.texts.get(name, "") for name in FIELDS}, where=told.file), []


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _one(
    told: Page, name: str, ids: frozenset[str] | None, names: Mapping[str, tuple[str, ...]]
) -> tuple[str, list[str]]:
    """The id that the page gives, by itself or by a name that only one has; or what is wrong."""
    noun = {"account": "account", "rep": "sales person"}[name]
    text = told.texts.get(name, "")
    if not text:
        return "", [f"{told.where(name)}: there is no {noun}; expected '{name}: ' and the number of one in the book."]
    if ids is None or text in ids:
        return text, []
    of_name = names.get(_folded(text), ())
    if len(of_name) == 1:
        return of_name[0], []
    if of_name:
        several = f"expected the number of one of {', '.join(of_name[:5])}"
        return "", [f"{told.where(name)}: {noun} '{text[:60]}' is the name of {len(of_name)}; {several}."]
    near = difflib.get_close_matches(text, sorted(ids), n=1)
    expected = f"did you mean '{near[0]}'?" if near else "expected one that the book has."
    return "", [f"{told.where(name)}: {noun} '{text[:60]}' is not known; {expected}"]


def _twice(found: Sequence[Summary]) -> list[str]:
    """What is wrong where two pages are of the same account, person and day."""
    first: dict[tuple[str, str, dt.date], str] = {}
    mistakes = []
    for one in found:
        other = first.setdefault((one.account_id, one.rep_id, one.written_on), one.where)
        if other != one.where:
            mistakes.append(
                f"{one.where}: is of account {one.account_id}, sales person {one.rep_id}, {one.written_on}, as "
                f"{other} is; keep one."
            )
    return mistakes


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
