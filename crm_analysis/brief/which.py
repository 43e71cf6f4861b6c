"""Which account a brief is of, and which day it looks from: what a person types, against what the book knew."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.book import as_date
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from crm_analysis.book.book import Book

NEAREST = 5
"""Accounts that are named where none or several fit what was typed."""


def day_of(book: Book, as_of: str | dt.date | None = None) -> dt.date:
    """The day a brief looks from: the given one, or else the last that the book knows.

    Raises BookError for no date, a day after the extract, or one on which no account was known yet.
    """
    last = book.extracted_on if book.day is None else min(book.day, book.extracted_on)
    day = as_date(as_of) if as_of else last
    if day > last:
        raise BookError(
            f"A brief as of {day} is not possible: the book knows nothing after {last}; give an earlier day."
        )
    first = book.whole["accounts"].known_since.min().cast("string").execute() if _dated(book) else None
    if first is not None and first == first and dt.date.fromisoformat(str(first)) > day:
        raise BookError(f"A brief as of {day} is not possible: the first account of the book is known since {first}.")
    return day


def which(book: Book, asked: str, day: dt.date) -> str:
    """The account_id of the one account that `asked` fits as known on the day: its id, its name, or a part of them.

    Capitals and marks on letters do not matter. Raises BookError, naming the nearest, if none fits or several do.
    """
    known = book.as_of(day).table("accounts")
    words = " ".join(asked.split())
    if not words:
        raise BookError("ACCOUNT is empty; expected an account_id, or a part of a name.")
    rows = _named(known)
    exact = engine.frame(rows.filter(rows.account_id == asked).limit(1))
    if len(exact):
        return asked
    key = words.lower()
    whole = (rows.low_id == key) | (rows.low_name == key)
    part = rows.low_id.contains(key) | rows.low_name.contains(key)
    for fits in (whole, part):
        found = engine.frame(rows.filter(fits).order_by("account_id").limit(NEAREST + 1))
        if len(found) == 1:
            return str(found["account_id"].iloc[0])
        if len(found):
            many = str(rows.filter(fits).count().execute()) if len(found) > NEAREST else str(len(found))
            raise BookError(f"'{words}' fits {many} accounts: {_listed(found)}; give the account_id of one.")
    bare = engine.frame(rows.select("account_id", "name", "low_name").order_by("account_id"))
    bare = bare[[plain(key) in plain(name) for name in bare.pop("low_name")]]
    if len(bare) == 1:
        return str(bare["account_id"].iloc[0])
    if len(bare):
        raise BookError(f"'{words}' fits {len(bare)} accounts: {_listed(bare)}; give the account_id of one.")
    if since := _later(book, asked, day):
        raise BookError(f"Account '{words}' was not yet known on {day}: the book knows it since {since}.")
    near = engine.frame(_nearest(rows, key))
    raise BookError(f"No account of the book fits '{words}' on {day}; the nearest are {_listed(near)}.")


def plain(name: str) -> str:
    """The name without marks on its letters, as people type it.

    >>> plain("wrocław, köln")
    'wroclaw, koln'
    """
    letters = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    return "".join(one for one in letters if not unicodedata.combining(one))


_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"})


def _dated(book: Book) -> bool:
    return "known_since" in book.whole["accounts"].columns


def _named(accounts: ibis.Table) -> ibis.Table:
    """account_id and name, and both in small letters."""
    name = accounts.name.fill_null("") if "name" in accounts.columns else ibis.literal("")
    rows = accounts.select("account_id", name=name)
    return rows.mutate(low_id=rows.account_id.lower(), low_name=rows.name.lower())


def _nearest(rows: ibis.Table, key: str) -> ibis.Table:
    """Those whose id, or whose name's beginning, takes the fewest letters changed to be what was typed."""
    begun = rows.low_name.left(len(key))
    far: Any = ibis.least(rows.low_id.levenshtein(ibis.literal(key)), begun.levenshtein(ibis.literal(key)))
    return rows.mutate(far=far).order_by("far", "account_id").limit(NEAREST)


def _later(book: Book, asked: str, day: dt.date) -> str:
    """The day the account is known since, if the book knows it only later; otherwise nothing."""
    rows = book.as_of(book.extracted_on).table("accounts")
    rows = rows.filter(rows.account_id == asked)
    if day >= book.extracted_on or not rows.count().execute():
        return ""
    since = rows.known_since.min().cast("string").execute() if _dated(book) else None
    return str(since) if since is not None and since == since else str(book.extracted_on)


def _listed(found: Any) -> str:
    rows = found.head(NEAREST)
    each = [f"{one} ({name})" if name else str(one) for one, name in zip(rows["account_id"], rows["name"], strict=True)]
    return ", ".join(each) + (", ..." if len(found) > NEAREST else "")
