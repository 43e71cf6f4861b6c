"""The rows of one account in a table of the book, as known on its day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.book import engine

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.book import Book


def rows_of(book: Book, table: str, account: str, *order: str) -> pd.DataFrame:
    """The account's rows of a table, sorted; columns of the contract that are not known there are empty.

    Raises BookError if the book has no such table.
    """
    rows = book.need(table)
    found = engine.frame(rows.filter(rows.account_id == account))
    return sorted_by(whole(found, book, table), *order)


def whole(found: pd.DataFrame, book: Book, table: str) -> pd.DataFrame:
    """The frame with every column of the contract's table, empty where the book lacks it; decimals as floats."""
    import pandas as pd

    from crm_analysis.book.contract import CONTRACT

    for column in CONTRACT[table]:
        if column.name not in found:
            empty: Any = pd.NaT if column.type == "date" else None
            found[column.name] = pd.Series(empty, index=found.index, dtype=_KINDS.get(column.type, "object"))
        elif column.type in ("money", "number"):
            found[column.name] = found[column.name].astype("float64")
    return found


def sorted_by(found: pd.DataFrame, *order: str) -> pd.DataFrame:
    """The rows by these columns, and where they are alike by all others, so that the order is always the same."""
    others = [name for name in sorted(map(str, found.columns)) if name not in order]
    rest = found[others].astype("string").fillna("")
    keys = found[list(order)].join(rest)
    return found.loc[keys.sort_values([*order, *others], kind="stable").index].reset_index(drop=True)


_KINDS = {"date": "datetime64[ns]", "money": "float64", "number": "float64"}
