"""What sales people wrote about accounts, appended to the book's own file of summaries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from crm_analysis.book.appended import Appended, Kept, Row, append, differs, safe
from crm_analysis.book.layout import Format

__all__ = ["FIELDS", "Summary", "keep"]

FIELDS = ("headline", "concerns", "events", "next_step")
"""What a summary says, in the order in which it is asked for."""


@dataclass(frozen=True)
class Summary:
    """What a person wrote about an account on a day; `where` is the page, for errors."""

    account_id: str
    rep_id: str
    written_on: dt.date
    headline: str = ""
    concerns: str = ""
    events: str = ""
    next_step: str = ""
    where: str = ""

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join(text for text in (self.headline, self.concerns, self.events, self.next_step) if text)


def keep(folder: Path, summaries: Sequence[Summary], toml: Path | None = None) -> Kept:
    """Append the summaries that the folder's file of summaries has not yet; all of them, or none (`appended.append`).

    White space in texts becomes one space, and a text that a spreadsheet would run as a formula gets a quote (') before
    it. Two summaries of a person about an account on a day contradict each other.
    """
    return append(SUMMARIES, folder, [(astuple(one)[:-1], one.where) for one in summaries], toml)


def _plain(row: Row, form: Format) -> Row:
    return *row[:3], *(safe(text, form) for text in row[3:])


def _clash(row: Row, other: Row, where: str, file: str) -> str:
    return (
        f"{where}: account {row[0]}, sales person {row[1]}, {row[2]}: {file} has a summary of theirs of that day, with "
        f"{differs(SUMMARIES, row, other)}; expected the same, or another day."
    )


SUMMARIES = Appended("summaries", "summaries", ("account_id", "rep_id", "written_on"), _plain, _clash)
