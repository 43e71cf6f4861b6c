"""What a table and a column of the contract are, and short words for the usual columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "date", "money", "number", "integer", "flag"]
Nature = Literal["fixed", "settles", "current"]


@dataclass(frozen=True)
class Column:
    """One column: its name, type, meaning, and when its value was known."""

    name: str
    type: Type
    meaning: str
    required: bool = False
    nature: Nature = "fixed"
    settles_with: str | None = None
    may_be_future: bool = False
    levels: tuple[str, ...] = ()
    after: str | None = None
    """The date of the same row that this date does not come before, if all is right."""


@dataclass(frozen=True)
class Table:
    """One table: its columns, its key, the column that dates its rows, and what it unlocks."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    known_at: str
    key: tuple[str, ...] = ()
    unlocks: str = ""

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the contract's order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns every book must give."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def known_dates(self) -> tuple[Column, ...]:
        """Date columns that tell of the past from the moment their row is known."""
        return tuple(
            column
            for column in self.columns
            if column.type == "date" and column.nature == "fixed" and not column.may_be_future
        )

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if the contract has none."""
        return next(column for column in self.columns if column.name == name)


def text(name: str, meaning: str, **more: object) -> Column:
    """A column of text."""
    return Column(name, "text", meaning, **more)  # type: ignore[arg-type]


def date(name: str, meaning: str, **more: object) -> Column:
    """A column of days."""
    return Column(name, "date", meaning, **more)  # type: ignore[arg-type]


def money(name: str, meaning: str, **more: object) -> Column:
    """A column of amounts, decimal with four places."""
    return Column(name, "money", meaning, **more)  # type: ignore[arg-type]


def number(name: str, meaning: str, **more: object) -> Column:
    """A column of other numbers, decimal with four places."""
    return Column(name, "number", meaning, **more)  # type: ignore[arg-type]


def settling(name: str, meaning: str, after: str) -> Column:
    """A date that is unknown until it has come, and comes no earlier than `after`."""
    return Column(name, "date", meaning, nature="settles", settles_with=name, after=after)


ACCOUNT = text("account_id", "the account the row belongs to", required=True)
