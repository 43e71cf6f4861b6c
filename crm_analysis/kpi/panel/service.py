"""Complaints and contacts by account and quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.contacts import KINDS, LONGEST, THEM, US
from crm_analysis.kpi.panel.grid import PARTS, Told, first_day, lacks, settled_since, untold
from crm_analysis.labels import label

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel.grid import Array, Cells, Grid

COMPLAINTS: dict[str, tuple[str, ...]] = {
    "complaints": ("complaints",),
    **dict.fromkeys(("closed", "closing_days"), ("complaints", "closed_on")),
}
CONTACTS: dict[str, tuple[str, ...]] = {
    "contacts": ("interactions",),
    **dict.fromkeys(("contacts_ours", "contacts_said"), ("interactions", "initiated_by")),
    **dict.fromkeys(("minutes", "timed"), ("interactions", "minutes")),
}


def complaints(book: Book, grid: Grid) -> Told:
    """complaints, by the day opened; closed and closing_days (from opening to closing, in all), by the day closed."""
    why = lacks(book, COMPLAINTS)
    if "complaints" in why:
        return Told({}, why, {})
    rows = book.table("complaints")
    first = first_day(rows.opened_on)
    if first is None:
        return untold(list(COMPLAINTS), label("panel_empty", table="complaints", day=grid.ends[-1]))
    keys: dict[str, Any] = {"opened": grid.quarter(rows.opened_on)}
    sums: dict[str, Any] = {"complaints": rows.count()}
    if "closed" not in why:
        keys["closed"] = grid.quarter(rows.closed_on)
        lasted = rows.closed_on.delta(rows.opened_on, unit="day").cast("int64")
        sums["days"] = ibis.greatest(lasted, 0).sum()
    cells = grid.cells(rows.group_by("account_id", **keys).agg(**sums))
    measures, since = {"complaints": cells.total("complaints", "opened")}, {"complaints": first}
    if "closed" not in why:
        measures |= {"closed": cells.total("complaints", "closed"), "closing_days": cells.total("days", "closed")}
        since |= dict.fromkeys(("closed", "closing_days"), settled_since(first))
    return Told(measures, why, since)


def contacts(book: Book, grid: Grid) -> Told:
    """Contacts by the day they happened, as `crm_analysis.contacts` counts them.

    contacts; contacts_said, those that say who began them, and contacts_ours, those we began; minutes, and timed, the
    contacts that tell a length (above 0 and up to LONGEST). In minutes a contact without one counts with the mean
    of the quarter's timed ones of its kind (of all timed ones where its kind has none); NaN for a quarter none of whose
    contacts tells a length.
    """
    why = lacks(book, CONTACTS)
    if "contacts" in why:
        return Told({}, why, {})
    rows = book.table("interactions")
    rows = rows.filter(rows.account_id.notnull())
    first = first_day(rows.happened_on)
    if first is None:
        return untold(list(CONTACTS), label("panel_empty", table="interactions", day=grid.ends[-1]))
    rows, ways = rows.filter(grid.inside(rows.happened_on)), _ways(rows, "channel", "initiated_by")
    keys: dict[str, Any] = {"quarter": grid.quarter(rows.happened_on)}
    sums: dict[str, Any] = {"contacts": rows.count()}
    if "contacts_said" not in why:
        ours, theirs = (_says(rows, "initiated_by", ways, side) for side in (US, THEM))
        sums |= {"ours": ours.sum(), "said": (ours | theirs).sum()}
    if "minutes" not in why:
        others = len(KINDS) - 1
        tests = [(_says(rows, "channel", ways, kind.removesuffix("s")), at) for at, kind in enumerate(KINDS[:others])]
        keys["kind"] = ibis.cases(*tests, else_=others)
        told = ((rows.minutes > 0) & (rows.minutes <= LONGEST)).fill_null(False)
        sums |= {"timed": told.sum(), "minutes": rows.minutes.sum(where=told).cast("float64")}
    cells = grid.cells(rows.group_by("account_id", **keys).agg(**sums))
    measures = {"contacts": cells.total("contacts")}
    if "contacts_said" not in why:
        measures |= {"contacts_ours": cells.total("ours"), "contacts_said": cells.total("said")}
    if "minutes" not in why:
        measures |= {"minutes": _minutes(cells), "timed": cells.total("timed")}
    return Told(measures, why, dict.fromkeys(measures, first))


def _ways(rows: ibis.Table, *names: str) -> dict[str, list[str]]:
    """How each of these columns is written: in few ways, so these are compared and not every row."""
    there = [name for name in names if name in rows.columns]
    found: Any = rows.select(*there).distinct().to_pyarrow() if there else None
    return {name: sorted(set(found[name].drop_null().to_pylist())) if name in there else [] for name in names}


def _says(rows: ibis.Table, name: str, ways: dict[str, list[str]], word: str) -> Any:
    """Whether a column says a word."""
    alike = [way for way in ways[name] if way.strip().lower() == word]
    return rows[name].isin(alike).fill_null(False) if alike else ibis.literal(False)


def _minutes(cells: Cells) -> Array:
    """Minutes by quarter and account, those of contacts that tell none filled in."""
    quarters = cells.grid.shape[0]
    place, kind = cells.places("quarter"), cells.places("kind")
    timed, known = cells.numbers("timed"), np.rint(cells.numbers("minutes") * PARTS)
    untimed = cells.numbers("contacts") - timed
    group = place * len(KINDS) + kind
    many, sums = (np.bincount(group, each, quarters * len(KINDS)).reshape(quarters, -1) for each in (timed, known))
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.rint(sums.sum(axis=1) / many.sum(axis=1))  # NaN where none of a quarter tells
        mean = np.where(many > 0, np.rint(sums / many), whole[:, None])
    filled = (known + np.where(untimed > 0, untimed * np.nan_to_num(mean[place, kind]), 0.0)) / PARTS
    found = cells.total(filled)
    there = np.bincount(place, cells.numbers("contacts"), quarters) > 0
    found[there & np.isnan(whole)] = np.nan
    return found
