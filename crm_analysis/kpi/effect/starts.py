"""Who started the programme when, and which accounts belong to whom, as far as known on a day.

A programme starts in sales offices, segments or accounts: its units. An account belongs to the unit it was in at the
last quarter end before the first start, wherever it moves later: moves may be the programme's doing. One that was in
none then belongs to the first that it came to.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.accounts import accounts
from crm_analysis.book import engine
from crm_analysis.errors import BookError, UserError
from crm_analysis.frames import found
from crm_analysis.kpi.effect.did import NEVER
from crm_analysis.labels import label
from crm_analysis.value.segments import CLASSES, segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel import Panel

    Array = NDArray[np.float64]
    Ints = NDArray[np.int64]

KINDS = ("sales_office", "segment", "account_id")
ALL = "all"
"""The kind of a programme that names no unit: it started in the whole company."""


@dataclass(frozen=True)
class Programme:
    """A programme: its name, the kind of its units (a KIND or ALL), and the first day it started in each."""

    name: str
    kind: str
    started: dict[str, dt.date]

    @property
    def first(self) -> dt.date:
        """The day it first started anywhere."""
        return min(self.started.values())


@dataclass(frozen=True, eq=False)
class Units:
    """The units of a programme among a panel's accounts.

    `names`: units that have accounts, sorted; `start`: the quarter (its place in the panel) each starts in, NEVER if it
    has not; 0 if it did so in the first quarter or before; `member`: the unit of each account, -1 if none.
    `unknown`: units that the programme names and no account is in.
    """

    programme: Programme
    names: NDArray[np.object_]
    start: Ints
    member: Ints
    unknown: tuple[str, ...]

    @property
    def together(self) -> bool:
        """True where nothing is left to compare with: fewer than two units start later than the first."""
        return int((self.start > self.start.min()).sum()) < 2

    @property
    def at_once(self) -> bool:
        """True where all units started in the same quarter: none is left at all."""
        return bool((self.start == self.start.min()).all())

    def totals(self, values: Array) -> Array:
        """Sums of accounts' values by unit: quarters x units, exact to the fourth decimal whatever the order."""
        inside = self.member >= 0
        places, cells = self.member[inside], np.rint(values[:, inside] * 1e4)
        rows = [np.bincount(places, row, len(self.names)) for row in cells]
        return np.stack(rows) / 1e4


def programmes(book: Book, as_of: str | dt.date) -> tuple[Programme, ...]:
    """The programmes that had started by `as_of`: the one of most units first, then the earliest, then by name.

    Raises BookError where the book knows of none, or where one starts in units of two kinds.
    """
    known = book.as_of(as_of)
    rows = known.need("programme")
    kinds = [kind for kind in KINDS if kind in rows.columns]
    frame = engine.frame(rows.select("started_on", "name", *kinds).distinct().order_by("name", "started_on", *kinds))
    made: dict[str, dict[tuple[str, str], dt.date]] = {}
    for row in frame.to_dict("records"):
        named = [(kind, str(row[kind])) for kind in kinds if isinstance(row[kind], str) and row[kind]]
        day = np.datetime64(row["started_on"], "D").astype(dt.date)
        if len(named) > 1:
            raise BookError(label("effect_two_kinds", name=row["name"]))
        unit = named[0] if named else (ALL, "")
        starts = made.setdefault(str(row["name"]), {})
        starts[unit] = min(day, starts.get(unit, day))
    if not made:
        raise BookError(label("effect_no_programme", day=known.day))
    result = []
    for name, starts in made.items():
        own = {kind for kind, _ in starts}
        if len(own) > 1:
            raise BookError(label("effect_two_kinds", name=name))
        result.append(Programme(name, own.pop(), {unit: day for (_, unit), day in sorted(starts.items())}))
    return tuple(sorted(result, key=lambda one: (-len(one.started), one.first, one.name)))


def programme(book: Book, as_of: str | dt.date, name: str = "") -> Programme:
    """The programme of that name, by default the first of `programmes`; UserError for a name that is none."""
    every = programmes(book, as_of)
    if not name:
        return every[0]
    for one in every:
        if one.name == name:
            return one
    raise UserError(f"programme: expected one of {', '.join(one.name for one in every)}; found {name!r}.")


def units(book: Book, panel: Panel, own: Programme) -> Units:
    """The units of a programme among the panel's accounts.

    Accounts of a programme that chooses accounts are those that ordered in the year before it first started: others
    have nothing to change. Raises BookError where the book does not tell the units then, or no account is in one.
    """
    ends = np.array(panel.ends, dtype="datetime64[D]")
    first = int(np.searchsorted(ends, np.datetime64(own.first, "D")))
    before = max(0, first - 1)
    if own.kind == ALL:
        words = np.full(len(panel.account_id), "", dtype=object)
        names, member = np.array([""], dtype=object), np.zeros(len(words), dtype=np.int64)
    else:
        words = _words(book, panel, own, before)
        inside = words != ""
        names, places = np.unique(words[inside], return_inverse=True)
        member = np.full(len(words), -1, dtype=np.int64)
        member[inside] = places
    if not len(names):
        raise BookError(label("effect_no_unit", name=own.name))
    start = np.full(len(names), NEVER, dtype=np.int64)
    for place, unit in enumerate(names):
        if unit in own.started:
            start[place] = np.searchsorted(ends, np.datetime64(own.started[unit], "D"))
    if (start == NEVER).all():
        raise BookError(label("effect_no_unit", name=own.name))
    return Units(own, names, start, member, tuple(sorted(set(own.started) - set(names))))


def _words(book: Book, panel: Panel, own: Programme, before: int) -> NDArray[np.object_]:
    """The unit of each account at the quarter end before the first start, or the first it came to; "" none."""
    if own.kind == "account_id":
        return np.where(panel.classes[before] >= 0, panel.account_id, "").astype(object)
    if own.kind == "segment":
        import pandas as pd

        day = panel.ends[before]
        frame = accounts(book, day)
        own_words = segments(frame, panel.bars)
        kind = "class" if set(own.started) <= set(CLASSES) else "segment"
        told = pd.DataFrame({"account_id": frame["account_id"], "word": own_words[kind]})
        words = found(told, pd.Series(panel.account_id))["word"]
        return np.where(pd.isna(words), "", words).astype(object)
    if "sales_office" not in panel.groups:
        why = book.as_of(panel.ends[before]).why_not("accounts", "sales_office")
        raise BookError(why or label("effect_no_unit", name=own.name))
    later = panel.groups["sales_office"][before:]
    known = later != ""
    return np.where(known.any(axis=0), later[known.argmax(axis=0), np.arange(later.shape[1])], "").astype(object)
