"""Decisions about accounts, appended to the book's own file of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from crm_analysis.book.appended import Appended, Kept, Row, append, differs, safe
from crm_analysis.book.layout import Format

__all__ = ["Decision", "Kept", "keep"]


@dataclass(frozen=True)
class Decision:
    """A decision about an account; `where` is where it was found, for errors."""

    account_id: str
    decided_on: dt.date
    action: str
    recommended: str = ""
    reason: str = ""
    decided_by: str = ""
    where: str = ""


def keep(folder: Path, decisions: Sequence[Decision], toml: Path | None = None) -> Kept:
    """Append the decisions that the folder's file of decisions has not yet; all of them, or none (`appended.append`).

    White space in texts becomes one space, and a reason or name that a spreadsheet would run as a formula gets a
    quote (') before it. Two decisions about an account on a day contradict each other.
    """
    return append(DECISIONS, folder, [(astuple(one)[:-1], one.where) for one in decisions], toml)


def _plain(row: Row, form: Format) -> Row:
    """Words in plain letters, texts on one line, none that a spreadsheet would run."""
    account, day, *words, reason, decided_by = row
    plain = (re.sub(r"[\s_-]+", " ", text).strip().lower() for text in words)
    return (
        account,
        day,
        *("" if text in form.null else text for text in plain),
        safe(reason, form),
        safe(decided_by, form),
    )


def _clash(row: Row, other: Row, where: str, file: str) -> str:
    return (
        f"{where}: '{row[2]}' is decided of account {row[0]} on {row[1]}; {file} has a decision of that day, with "
        f"{differs(DECISIONS, row, other)}; expected the same, or another day."
    )


DECISIONS = Appended("decisions", "decisions", ("account_id", "decided_on"), _plain, _clash)
