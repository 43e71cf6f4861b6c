"""What a book, a model or a result shows of itself in a notebook: a card of facts, and what to call next.

A class that has a method `_card` takes two lines: `__repr__ = as_text` and `_repr_html_ = as_html`. Whatever a card
holds is escaped: a name in the data never runs. Pages of reports show none of these: they take only what `show` makes.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from crm_analysis.labels import label
from crm_analysis.labels.language import day_said, listed

if TYPE_CHECKING:
    import pandas as pd

MOST = 15
"""Rows of a card's table that are shown."""
_SHORT = 60


@dataclass(frozen=True)
class Card:
    """A title; facts by the key of their label, `repr_<key>`, None ones left out; a table; what to call next."""

    title: str
    facts: Mapping[str, object] = field(default_factory=dict)
    table: pd.DataFrame | None = None
    next: Sequence[str] = ()

    @property
    def told(self) -> dict[str, str]:
        """The facts in words, by their words."""
        return {label(f"repr_{key}"): said(value) for key, value in self.facts.items() if value is not None}


class Carded(Protocol):
    """Anything with a card."""

    def _card(self) -> Card: ...


def as_text(self: Carded) -> str:
    """The card on one line: its title, its short facts, what to call next."""
    card = self._card()
    facts = [f"{words} {value}" for words, value in card.told.items() if len(value) <= _SHORT]
    calls = f"{label('repr_next')}: {', '.join(card.next)}" if card.next else ""
    return f"<{'; '.join(part for part in (card.title, ', '.join(facts), calls) if part)}>"


def as_html(self: Carded) -> str:
    """The card as HTML in which everything is escaped."""
    card = self._card()
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(words)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for words, value in card.told.items()
    )
    parts = [f"<p><strong>{escape(card.title)}</strong></p>", f"<table><tbody>{rows}</tbody></table>" if rows else ""]
    if card.table is not None and len(card.table):
        parts.append(_table(card.table))
    if card.next:
        calls = ", ".join(f"<code>{escape(call)}</code>" for call in card.next)
        parts.append(f"<p>{escape(label('repr_next'))}: {calls}</p>")
    return f"<div>{''.join(parts)}</div>"


def as_bundle(self: Carded, **_: object) -> dict[str, str]:
    """Both, for classes whose parent tells a notebook more than that."""
    return {"text/plain": repr(self), "text/html": as_html(self)}


def said(value: object) -> str:
    """A fact as it is written: numbers with four digits, whole ones whole, days as the language has them.

    >>> said(1234.5), said(0.123456), said(7), said(("a", "b"))
    ('1,234', '0.1235', '7', 'a, b')
    """
    if value is None or value != value:
        return label("unknown")
    if isinstance(value, dt.date):
        return day_said(value)
    if isinstance(value, tuple | list | set | frozenset):
        return listed(said(one) for one in value)
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        return " ".join(str(value).split())
    number = float(value)
    if not math.isfinite(number):
        return label("unknown")
    return f"{number:,.0f}" if number == int(number) or abs(number) >= 1000 else f"{number:.4g}"


def _table(frame: pd.DataFrame) -> str:
    """The first rows, under the names by which the columns are called."""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in frame.columns)
    rows = "".join(
        f"<tr>{''.join(_cell(value) for value in row)}</tr>"
        for row in frame.head(MOST).itertuples(index=False, name=None)
    )
    more = len(frame) - MOST
    note = f"<p>{escape(label('repr_more', n=f'{more:,}'))}</p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}"


def _cell(value: Any) -> str:
    way = "left" if isinstance(value, str) else "right"
    return f'<td style="text-align:{way}">{escape(said(value))}</td>'
