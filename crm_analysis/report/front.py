"""What notebooks hand to the first page of a pack: a sentence for its paragraph, tiles, changes, decisions.

The first page computes nothing: it chooses (`choice`) among what is listed here in the folder of each part. With the
default folder, an empty text, nothing is listed; a BookError says that there is nothing to tell.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import PAGE, sentences, words
from crm_analysis.report.render import slug
from crm_analysis.report.show import display_html
from crm_analysis.report.tables import write_front

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd


@dataclass(frozen=True)
class Tile:
    """A figure with what it was a year ago, its light, and the line of its past.

    `now`, `before` and `change` are words; `light` is one of `kpi.comparison.lights.LIGHTS` or untested; `trend` are
    figures by quarter, None where one is not told, and `described` says what the line shows.
    """

    name: str
    heading: str
    now: str
    before: str
    change: str
    light: str
    kind: str
    trend: tuple[tuple[str, float | None], ...]
    described: str


@dataclass(frozen=True)
class Change:
    """Something that changed: its sentence, and whether it is more than chance (`lit`).

    `family`: what tells of the same thing, of which the first page shows one; `most`: it moved most of what may be
    chance; `nothing`: it says that nothing changed.
    """

    name: str
    sentence: str
    family: str
    lit: bool = False
    most: bool = False
    nothing: bool = False


@dataclass(frozen=True)
class Decision:
    """A decision to take: what (a sentence), who acts, what it is worth (a sentence, "" where that is not known).

    `money`: what is at stake, NaN where no money tells it; `accounts`: ids that it acts for, of a decision that
    must not be crossed by another; `stops`: one row per account that is served less by it, of which `choice` takes out
    those that another decision acts for, and `values`: what it takes to say it anew then (`sentences.front.ANEW`).
    `table` names the table that lists the accounts.
    """

    what: str
    who: str
    worth: str = ""
    money: float = float("nan")
    table: str = ""
    accounts: tuple[str, ...] = ()
    stops: pd.DataFrame | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


STOPS = "stops_{name}.parquet"
"""In a part's folder: the accounts that a decision serves less."""


def told(topic: str, sentence: Callable[[], str], tables: str | Path = "") -> None:
    """Hand on the sentence of a topic for the first page's paragraph."""
    words = _or_none(sentence)
    if words and tables:
        write_front(Path(tables), "told", {"name": topic, "sentence": words})


def tiles(made: Callable[[], Sequence[Tile]], tables: str | Path = "", section: str = "") -> None:
    """Hand on figures for the first page, the most important first; `section` as in `changes`."""
    for tile in (_or_none(made) or ()) if tables else ():
        write_front(Path(tables), "tiles", asdict(tile) | {"anchor": _anchor(section)})


def changes(made: Callable[[], Sequence[Change]], tables: str | Path = "", section: str = "") -> None:
    """Hand on what changed, the most important first; `section` is the heading on this page that tells more."""
    for change in (_or_none(made) or ()) if tables else ():
        write_front(Path(tables), "changes", asdict(change) | {"anchor": _anchor(section)})


def decision(name: str, made: Callable[[], Decision | None], tables: str | Path = "", section: str = "") -> None:
    """Show a decision to take on its page and hand it on; `section` is the heading on this page that tells more."""
    found = _or_none(made)
    if found is None:
        return
    words = decision_said(found.worth, found.who)
    head = label("headline_of", name=label("to_decide"), value=found.what)
    display_html(sentences(head, words), f'<p class="headline"><strong>{escape(head)}</strong> {escape(words)}</p>')
    if not tables:
        return
    entry: dict[str, Any] = {"name": name, "anchor": _anchor(section), "table": found.table}
    entry |= {"accounts": list(found.accounts), "stops": found.stops is not None, "values": dict(found.values)}
    entry |= entry_words(found)
    write_front(Path(tables), "decisions", entry)
    if found.stops is not None:
        found.stops.to_parquet(Path(tables) / STOPS.format(name=name), index=False)


def entry_words(found: Decision) -> dict[str, Any]:
    """The part of a decision's entry that its accounts decide."""
    money = None if found.money != found.money else float(found.money)
    return {"what": found.what, "who": found.who, "worth": found.worth, "money": money}


def decision_said(worth: str, who: str) -> str:
    """The sentence of what a decision is worth, and who acts."""
    return sentences(worth, label("front_who", who=who))


def _anchor(section: str) -> str:
    return slug(words(PAGE, section)) if section else ""


def _or_none(made: Callable[[], Any]) -> Any:
    try:
        return made()
    except BookError:
        return None
