"""A feature as data: what it needs of a book, which group it belongs to, and what more of it is expected to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from crm_analysis.book.book import Book


class Feature(NamedTuple):
    """One feature: the table and columns it needs, its group, and the expected sign.

    `sign` is 1 where more of it should raise the chance that is forecast, -1 where it should lower it, 0 where nothing
    is expected.
    """

    table: str
    columns: tuple[str, ...]
    group: str
    sign: int


def lack(book: Book, feature: Feature) -> str | None:
    """One sentence saying what the book lacks for a feature; None if nothing."""
    return book.why_not(feature.table, *feature.columns)
