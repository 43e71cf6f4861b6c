"""Texts that are kept before anybody knows in which language they will be read."""

from __future__ import annotations

import datetime as dt
from typing import Any

from crm_analysis.labels import LABELS, label


class Note(str):
    """A label's words in English, which remembers its key and its values, to be said anew where it is read.

    >>> Note.of("note_made")
    'accounts are made from the order lines; known since their first order'
    """

    key: str
    values: dict[str, str]

    @classmethod
    def of(cls, key: str, **values: str) -> Note:
        """The note of a label; values are texts, days as YYYY-MM-DD."""
        made = cls(LABELS[key].format(**values))
        made.key, made.values = key, values
        return made


def kept(note: str) -> Any:
    """What stands for a note in a file: its key and values; a text that is no note as it is."""
    return {"key": note.key, "values": note.values} if isinstance(note, Note) else note


def read(note: Any) -> str:
    """The note that `kept` stood for; KeyError for one of another version of this program."""
    return note if isinstance(note, str) else Note.of(note["key"], **note["values"])


def said(note: str) -> str:
    """The note in the language spoken here; a text that is no note as it is."""
    if not isinstance(note, Note):
        return note
    return label(
        note.key, **{name: dt.date.fromisoformat(text) if name == "day" else text for name, text in note.values.items()}
    )
