"""Invoices and spending by account and quarter."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from crm_analysis.book.occasions import NEVER
from crm_analysis.kpi.panel.grid import Told, added, first_day, lacks, settled_since, untold
from crm_analysis.labels import label
from crm_analysis.periods import before
from crm_analysis.plan.grades.bad import BILLING, OVERDUE_DAYS, YEAR

if TYPE_CHECKING:
    from crm_analysis.book.book import Book
    from crm_analysis.kpi.panel.grid import Array, Cells, Codes, Days, Grid

INVOICES: dict[str, tuple[str, ...]] = {
    "invoiced": ("invoices",),
    **dict.fromkeys(("paid", "paying_days"), ("invoices", "paid_on")),
    "written_off": ("invoices", "written_off_on"),
}
OWED: dict[str, tuple[str, ...]] = dict.fromkeys(("owing", "bad"), ("invoices", "due_on", "paid_on"))
SPENDING: dict[str, tuple[str, ...]] = {"cost_to_serve": ("spend", "account_id")}
_YEAR = 4
_ROOM = 1_000_000  # more days than a date has


def invoices(book: Book, grid: Grid) -> Told:
    """Money of invoices of a positive amount; credit notes are no debt, and no invoice is set off against one.

    invoiced, by the day of issue; paid and paying_days (amount x days from issue to payment), by the day of payment;
    written_off, by that day. And of the year to the quarter's end, as known on it: owing (1: the account owed anything)
    and bad (1: a bad account), as `plan.grades.bad` has them; NaN where invoices do not cover the year.
    """
    why = lacks(book, INVOICES | OWED)
    if "invoiced" in why:
        return Told({}, why, {})
    rows = book.table("invoices")
    rows = rows.filter(rows.amount > 0)
    first = first_day(rows.issued_on)
    if first is None:
        return untold([*INVOICES, *OWED], label("panel_empty", table="invoices", day=grid.ends[-1]))
    wide = grid.longer(_YEAR - 1)  # what ended three quarters ago counts in this year
    keys: dict[str, Any] = {"issued": wide.quarter(rows.issued_on)}
    sums: dict[str, Any] = {"amount": rows.amount.sum().cast("float64")}
    if "paid" not in why:
        keys["paid"] = wide.quarter(rows.paid_on)
        waited = ibis.greatest(rows.paid_on.delta(rows.issued_on, unit="day").cast("int64"), 0)
        # the factor is a decimal, as the engine takes other whole numbers for some of 19 digits
        sums["days"] = (rows.amount * waited.cast("decimal(7, 0)")).sum().cast("float64")
    if "written_off" not in why:
        keys["written_off"] = wide.quarter(rows.written_off_on)
    if "owing" not in why:
        keys["late"] = _late(rows, wide)
    cells = wide.cells(rows.group_by("account_id", **keys).agg(**sums))
    measures, since = {"invoiced": cells.total("amount", "issued")}, {"invoiced": first}
    if "paid" not in why:
        measures |= {"paid": cells.total("amount", "paid"), "paying_days": cells.total("days", "paid")}
    if "written_off" not in why:
        measures["written_off"] = cells.total("amount", "written_off")
    since |= {name: settled_since(first) for name in measures if name != "invoiced"}
    if "owing" not in why:
        measures |= _owed(cells)
        early = np.array([first > before(end, YEAR) + BILLING for end in wide.ends])
        for name in OWED:
            measures[name][early] = np.nan
    return Told({name: values[_YEAR - 1 :] for name, values in measures.items()}, why, since)


def _late(rows: ibis.Table, wide: Grid) -> Any:
    """The quarter at whose end an invoice that was open too long is first found so; none for others."""
    ended = rows.paid_on
    if "written_off_on" in rows.columns:
        ended = ibis.least(ended.fill_null(NEVER), rows.written_off_on.fill_null(NEVER))
    open_too_long = ended.fill_null(NEVER).delta(rows.due_on, unit="day").cast("int64") > OVERDUE_DAYS
    never = ibis.literal(len(wide.ends))
    return ibis.ifelse(open_too_long.fill_null(False), wide.quarter(rows.due_on, OVERDUE_DAYS + 1), never)


def _owed(cells: Cells) -> dict[str, Array]:
    """Owing and bad by quarter and account: a debt counts from its issue to the last year that it was open in."""
    quarters = cells.grid.shape[0]
    lost = (
        cells.places("written_off")
        if "written_off" in cells.table.column_names
        else np.full(len(cells.account), quarters)
    )
    until = np.minimum(cells.places("paid"), lost) + _YEAR - 1
    issued = cells.places("issued")
    owing = cells.covered(issued, until) | cells.covered(lost, lost + _YEAR - 1)
    bad = cells.covered(np.maximum(issued, cells.places("late")), until) | cells.covered(lost, lost + _YEAR - 1)
    return {"owing": owing.astype(np.float64), "bad": bad.astype(np.float64)}


def spending(book: Book, grid: Grid) -> Told:
    """cost_to_serve: spending that names the account and is not fixed, spread evenly over the days of its period.

    What was spent in a period is known at its end only: NaN in quarters that end after the last period that is known.
    """
    why = lacks(book, SPENDING)
    if why:
        return Told({}, why, {})
    rows = book.table("spend")
    rows = rows.filter(rows.account_id.notnull())
    if "fixed" in rows.columns:
        rows = rows.filter(~rows.fixed.fill_null(ibis.literal(False)))
    begin = rows.period_start if "period_start" in rows.columns else ibis.null("date")
    begin = begin.fill_null(rows.period_end)
    first = first_day(begin)
    if first is None:
        return untold(list(SPENDING), label("panel_empty", table="spend", day=grid.ends[-1]))
    table = rows.group_by("account_id", begin=begin, end=rows.period_end).agg(amount=rows.amount.sum().cast("float64"))
    cells = grid.cells(table)
    period, begins, ends = _periods(cells.days("begin"), cells.days("end"))
    amount = cells.numbers("amount")
    found = np.empty(grid.shape)
    length = (ends - begins).astype(np.int64) + 1
    bounds = np.array(grid.bounds, dtype="datetime64[D]")
    for place, (low, high) in enumerate(itertools.pairwise(bounds)):
        inside = (np.minimum(ends, high) - np.maximum(begins - 1, low)).astype(np.int64)
        part = (np.maximum(inside, 0) / length)[period]
        own = np.flatnonzero(part)
        found[place] = added(cells.account[own], amount[own] * part[own], len(grid.ids))
    known = np.datetime64(rows.period_end.max().cast("string").execute(), "D")
    found[bounds[1:] > known] = np.nan
    return Told({"cost_to_serve": found}, {}, {"cost_to_serve": first})


def _periods(begins: Days, ends: Days) -> tuple[Codes, Days, Days]:
    """The number of each row's period, and the first and last day of each."""
    import pandas as pd

    both = begins.astype(np.int64) * _ROOM + ends.astype(np.int64)
    number, each = pd.factorize(both)
    low, high = np.divmod(each, _ROOM)
    return number, low.astype("datetime64[D]"), high.astype("datetime64[D]")
