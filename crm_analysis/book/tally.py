"""Control totals: rows and money in the files, and what each rule rejected, each counted by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis

from crm_analysis.book.compare import last_plausible, origin
from crm_analysis.book.shape import FAULT, ROUNDED, UNMATCHED

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.book.staging import Staged


@dataclass(frozen=True)
class Found:
    """What stands in the files of a table, before any row is judged.

    `revenue` is 0 but for order lines; `rounded` and `unmatched` count rows. For order lines `last` is
    the last plausible day of readable ones (None if there is none) and `shared_days` is true if
    lines of one day come from two sources; `currencies` counts
    lines by currency, the most frequent first.
    """

    rows: int
    revenue: Decimal
    rounded: int
    unmatched: int
    last: dt.date | None = None
    shared_days: bool = False
    currencies: dict[str, int] = field(default_factory=dict)


def found(staged: Staged, dated: bool) -> Found:
    """The totals of the staged rows, from one query.

    `dated` says that the day of the extract is stated. If not, only readable order lines tell their days and
    currencies, and every cell is parsed to know which they are.
    """
    table = staged.table
    keys = {"day": "ordered_on", "source": "source"} if staged.contract.name == "orders" else {}
    if keys and not dated:
        keys["fault"] = FAULT
    if keys and "currency" in staged.present:
        keys["currency"] = "currency"
    money = table.revenue.sum().cast("string") if keys else ibis.literal("0")
    terms = {
        "lines": table.count(),
        "money": money.fill_null("0"),
        "rounded": table[ROUNDED].sum().fill_null(0),
        "unmatched": table[UNMATCHED].sum().fill_null(0),
    }
    by = {new: table[old] for new, old in keys.items()}
    if keys:
        by["source"] = origin(table)
    if "currency" in by and "state" in staged.present:  # what is void is not added up
        by["currency"] = ibis.ifelse(table.state.lower() == "void", ibis.null("string"), table.currency)
    grouped = table.group_by(**by) if keys else table
    frame = grouped.agg(**terms).execute()
    return Found(
        rows=int(frame["lines"].sum()),
        revenue=sum(map(Decimal, frame["money"]), Decimal(0)),
        rounded=int(frame["rounded"].sum()),
        unmatched=int(frame["unmatched"].sum()),
        **(_by_day(frame) if keys else {}),
    )


def _by_day(frame: pd.DataFrame) -> dict[str, Any]:
    """`last`, `shared_days` and `currencies` of `Found`."""
    dated = frame[frame["day"].notna()].copy()
    if "fault" in frame:
        frame = frame[frame["fault"].isna()]
    dated["day"] = [day.date() if isinstance(day, dt.datetime) else day for day in dated["day"]]
    readable = dated[dated.index.isin(frame.index)]
    several = dated.dropna(subset="source").groupby("day")["source"].nunique()
    found = {
        "last": last_plausible(readable.groupby("day", as_index=False).agg({"lines": "sum"})),
        "shared_days": bool((several > 1).any()),
    }
    if "currency" not in frame:
        return found
    by = frame.groupby(frame["currency"].str.upper())["lines"].sum().sort_index()
    by = by.sort_values(ascending=False, kind="stable")
    return found | {"currencies": {str(name): int(lines) for name, lines in by.items()}}


class Rejected(NamedTuple):
    """Rows that one rule rejected for one column, their revenue, and their three most frequent offending values."""

    rule: str
    column: str
    rows: int
    revenue: Decimal
    value: str
    """The most frequent of them; empty if there is none."""
    examples: str


def rejected(lost: ibis.Table) -> list[Rejected]:
    """What each rule rejected, by rule and column."""
    totals = lost.group_by("rule", "column").agg(rows=lost.count(), money=lost.revenue.sum().cast("string"))
    totals = totals.mutate(money=totals.money.fill_null("0")).order_by("rule", "column").execute()
    shown = lost.filter(lost.value.notnull()).group_by("rule", "column", "value").agg(rows=lambda t: t.count())
    most = ibis.window(group_by=["rule", "column"], order_by=[ibis.desc("rows"), "value"])
    shown = shown.mutate(place=ibis.row_number().over(most))
    frame = shown.filter(shown.place < 3).order_by("rule", "column", "place").execute()
    each = []
    for rule, column, rows, money in totals.itertuples(index=False):
        mine = frame[(frame["rule"] == rule) & (frame["column"] == column)]
        value = str(mine["value"].iloc[0]) if len(mine) else ""
        each.append(Rejected(rule, column, int(rows), Decimal(money), value, listed(mine)))
    return each


def listed(frame: pd.DataFrame) -> str:
    """The first three values with their numbers of rows, as one text."""
    pairs = zip(frame["value"][:3], frame["rows"][:3], strict=True)
    return "; ".join(f"{str(value)[:60]} ({rows:,})" for value, rows in pairs)
