"""Where accounts belong at each quarter's end: sales office, region, sales person and team."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book import engine, values
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.layout import Format

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel.grid import Cells, Grid

    Words = NDArray[np.object_]

DIMENSIONS = {"sales_office": "sales_office", "region": "region", "rep": "rep_id", "team": "rep_id"}
"""What accounts are told apart by, and the column of `accounts` that tells."""
UNKNOWN = ""


@dataclass(frozen=True, eq=False)
class Belonging:
    """`groups` and `cluster` of the panel, and why a dimension is in neither."""

    groups: dict[str, Words]
    cluster: dict[str, NDArray[Any]]
    why: dict[str, str]


def belonging(book: Book, grid: Grid) -> Belonging:
    """The words of every account at each quarter's end, as known on it.

    "" where they are not known: the account was not, or the column is overwritten by its source and nothing tells what
    it was. A dimension that is not known on the last day is absent.
    """
    why = {name: lack for name, column in DIMENSIONS.items() if (lack := book.why_not("accounts", column))}
    if "team" not in why and (lack := book.why_not("reps", "team")):
        why["team"] = lack
    groups = {name: np.full(grid.shape, UNKNOWN, dtype=object) for name in DIMENSIONS if name not in why}
    columns = sorted({DIMENSIONS[name] for name in groups})
    changes = _changes(book, grid, [name for name in columns if name in book.history])
    there, fixed = _there(book, grid, [name for name in columns if CONTRACT["accounts"].column(name).nature == "fixed"])
    teams = _teams(book) if "team" in groups else None
    for place, end in enumerate(grid.ends):
        then, account = book.as_of(end), np.flatnonzero(there <= place)
        words = {name: (own.words, own.codes[account]) for name, own in fixed.items()}
        dated = [name for name in changes if _tells(book, name, end)]
        words |= {name: (changes[name].words, changes[name].on(place)[account]) for name in dated}
        others = [name for name in columns if name not in words and then.has("accounts", name)]
        if others:
            cells = grid.cells(then.table("accounts", "account_id", *others))
            words |= {name: own.of(account) for name, own in _coded(cells, others).items()}
        for name, row in groups.items():
            if DIMENSIONS[name] in words:
                found, codes = words[DIMENSIONS[name]]
                row[place, account] = (teams(end, found) if teams and name == "team" else found)[codes]
    cluster: dict[str, NDArray[Any]] = {"account": np.arange(len(grid.ids))}
    if "sales_office" in groups:
        offices, codes = np.unique(groups["sales_office"][-1], return_inverse=True)
        cluster["sales_office"] = codes.reshape(-1) - int((offices == UNKNOWN).any())
    return Belonging(groups, cluster, why)


def _tells(book: Book, name: str, end: dt.date) -> bool:
    """Whether the dated history of a column alone tells what it was on a day, as `as_of` has it."""
    said = book.unchanged_since is not None and book.unchanged_since <= end
    return book.history[name] <= end < book.extracted_on and not said


@dataclass(frozen=True, eq=False)
class _Changes:
    """Changes of a column, by the day they were known: `words`, the last of them "", and the rows that have them."""

    words: Words
    accounts: int
    account: NDArray[np.int64]
    since: NDArray[np.int64]
    code: NDArray[np.int64]

    def on(self, place: int) -> NDArray[np.int64]:
        """The word of each account at a quarter's end: that of its latest change."""
        found = np.full(self.accounts, len(self.words) - 1)
        upto = np.searchsorted(self.since, place, side="right")
        found[self.account[:upto]] = self.code[:upto]  # of several changes the last one stands
        return found


def _changes(book: Book, grid: Grid, names: list[str]) -> dict[str, _Changes]:
    """All dated changes of these columns: for many quarters one query is quicker than as many books."""
    if not names:
        return {}
    rows = book.table("account_history")
    rows = rows.filter(rows.field.isin(names))
    rows = rows.mutate(value=values.read(rows.value, "text", Format()))
    each = rows.group_by("account_id", "field", "known_on").agg(value=rows.value.min())
    cells = grid.cells(each)
    field, on = cells.table["field"].to_numpy(), cells.days("known_on")
    words, code = _words(cells.table["value"])
    order = np.argsort(on, kind="stable")
    found = {}
    for name in names:
        own = order[field[order] == name]
        found[name] = _Changes(words, len(grid.ids), cells.account[own], grid.place(on[own]), code[own])
    return found


@dataclass(frozen=True, eq=False)
class _Coded:
    """A column: its words, the last of them "", and which each account of the grid has."""

    words: Words
    codes: NDArray[np.int64]

    def of(self, account: NDArray[np.int64]) -> tuple[Words, NDArray[np.int64]]:
        return self.words, self.codes[account]


def _coded(cells: Cells, names: list[str]) -> dict[str, _Coded]:
    found = {}
    for name in names:
        words, codes = _words(cells.table[name])
        whole = np.full(len(cells.grid.ids), len(words) - 1)
        whole[cells.account] = codes
        found[name] = _Coded(words, whole)
    return found


def _there(book: Book, grid: Grid, fixed: list[str]) -> tuple[NDArray[np.int64], dict[str, _Coded]]:
    """The quarter at whose end each account is first known, and its words that never change."""
    rows = book.table("accounts", "account_id", "known_since", *fixed)
    since = rows.known_since if "known_since" in rows.columns else ibis.null("date")
    cells = grid.cells(rows.mutate(__since=since.fill_null(ibis.literal(book.extracted_on))))
    there = np.full(len(grid.ids), len(grid.ends))
    there[cells.account] = grid.place(cells.days("__since"))
    return there, _coded(cells, fixed)


def _words(column: pa.ChunkedArray) -> tuple[Words, NDArray[np.int64]]:
    """The words of a column, "" for none the last, and which each row has: few words are quicker than many texts."""
    import pyarrow as pa

    if column.num_chunks == 0:
        return np.array([UNKNOWN], dtype=object), np.zeros(0, dtype=np.int64)
    coded = column.cast(pa.string()).fill_null(UNKNOWN).combine_chunks().dictionary_encode()
    return np.array([*coded.dictionary.to_pylist(), UNKNOWN], dtype=object), coded.indices.to_numpy().astype(np.int64)


def _teams(book: Book) -> Callable[[dt.date, Words], Words]:
    """The teams of sales people on a day, as `reps` tells them of one day: for many, one query is quicker."""
    import pandas as pd

    rows = book.table("reps")
    told = {name: rows[name] if name in rows.columns else ibis.null("date") for name in ("from_date", "to_date")}
    since = told["from_date"].fill_null(ibis.literal(book.extracted_on))
    kept = rows.select("rep_id", "team", since=since, dated=told["from_date"].notnull(), until=told["to_date"])
    people = engine.frame(kept).sort_values(["rep_id", "dated", "since"])

    def on(end: dt.date, asked: Words) -> Words:
        day = pd.Timestamp(end)
        there = people[(people["since"] <= day) & ~(people["until"] < day)].drop_duplicates("rep_id", keep="last")
        team = dict(zip(there["rep_id"], there["team"].fillna(UNKNOWN), strict=True))
        return np.array([team.get(person, UNKNOWN) for person in asked], dtype=object)

    return on
