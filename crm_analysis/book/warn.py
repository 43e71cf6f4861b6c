"""What is odd among accepted rows and is said, not mended: each as (rule, column, rows, examples)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis

from crm_analysis.book.contract import CONTRACT

if TYPE_CHECKING:
    import pandas as pd

Found = tuple[str, str, int, str]
_MANGLED = r"^\d(\.\d+)?[eE]\+\d+$"


def table(name: str, rows: ibis.Table, extracted: dt.date) -> Iterator[Found]:
    """Any table: no known-at date, a settling date after the extract, values that the contract does not list."""
    contract = CONTRACT[name]
    odd: dict[tuple[str, str], Any] = {}
    if name != "accounts":
        missing = rows[contract.known_at].isnull() if contract.known_at in rows.columns else ibis.literal(True)
        odd["known_date_missing", contract.known_at] = missing
    for column in contract:
        if column.name not in rows.columns:
            continue
        if column.settles_with == column.name:
            odd["settles_after_extract", column.name] = rows[column.name] > extracted
        levels = column.levels
        if (name, column.name) == ("account_history", "field"):
            levels = CONTRACT["accounts"].names
        if levels:
            odd["unknown_level", column.name] = ~rows[column.name].isin(levels)
    if odd:
        counts = rows.agg(**{f"n{i}": rows.count(where=when) for i, when in enumerate(odd.values())}).execute()
        for ((rule, name), when), count in zip(odd.items(), counts.iloc[0], strict=True):
            shown = _values(rows, rows[name], when)[1] if rule == "unknown_level" and count else ""
            yield rule, name, int(count), shown


def orders(lines: ibis.Table, currency: str | None) -> Iterator[Found]:
    """Months without an order between the first and the last, and lines in another currency than most or stated."""
    number = lines.ordered_on.year() * 12 + lines.ordered_on.month() - 1
    seen = {int(month) for month in lines.select(month=number).distinct().execute()["month"]}
    gaps = sorted(set(range(min(seen), max(seen) + 1)) - seen)
    shown = ", ".join(f"{gap // 12}-{gap % 12 + 1:02d}" for gap in gaps[:24]) + (" and more" if len(gaps) > 24 else "")
    yield "month_without_orders", "ordered_on", len(gaps), shown
    if "currency" in lines.columns:
        if currency is None:
            most = lines.filter(lines.currency.notnull()).group_by("currency").agg(n=lambda t: t.count())
            first = most.order_by(ibis.desc("n"), "currency").limit(1).execute()["currency"].tolist()
            currency = first[0] if first else ""
        yield "other_currency", "currency", *_values(lines, lines.currency, lines.currency != currency)


def accounts(rows: ibis.Table) -> Iterator[Found]:
    """Keys that a spreadsheet shortened, and keys that capitals or leading zeros alone set apart."""
    mangled = rows.account_id.re_search(_MANGLED)
    yield "mangled_key", "account_id", *_values(rows, rows.account_id, mangled)
    plain = rows.group_by(key=_plain(rows.account_id)).agg(
        n=rows.count(), low=rows.account_id.min(), high=rows.account_id.max()
    )
    alike = plain.filter(plain.n > 1).order_by("key").execute()
    shown = "; ".join(f"{low} and {high}" for low, high in zip(alike["low"][:3], alike["high"][:3], strict=True))
    yield "alike_key", "account_id", int(alike["n"].sum()), shown


def nearly_known(lost: ibis.Table, known: ibis.Table) -> str:
    """Unknown accounts that only capitals or leading zeros set apart from a known one: the first three."""
    unknown = lost.filter(lost.rule == "unknown_account").select(unknown="value").distinct()
    unknown = unknown.mutate(key=_plain(unknown.unknown))
    keys = known.group_by(key=_plain(known.account_id)).agg(account_id=known.account_id.min())
    near = unknown.join(keys, "key").order_by("unknown").limit(3).execute()
    return "; ".join(f"{mine} ({theirs})" for mine, theirs in zip(near["unknown"], near["account_id"], strict=True))


class Rejected(NamedTuple):
    """Rows that one rule rejected for one column, their revenue, and their three most frequent offending values."""

    rule: str
    column: str
    rows: Decimal
    revenue: Decimal
    examples: str


def rejected(lost: ibis.Table) -> list[Rejected]:
    """What each rule rejected, by rule and column."""
    totals = lost.group_by("rule", "column").agg(rows=lost.count(), money=lost.revenue.sum().cast("string"))
    totals = totals.mutate(money=totals.money.fill_null("0")).order_by("rule", "column").execute()
    shown = lost.filter(lost.value.notnull()).group_by("rule", "column", "value").agg(rows=lambda t: t.count())
    most = ibis.window(group_by=["rule", "column"], order_by=[ibis.desc("rows"), "value"])
    shown = shown.mutate(place=ibis.row_number().over(most))
    frame = shown.filter(shown.place < 3).order_by("rule", "column", "place").execute()
    found = []
    for rule, column, rows, money in totals.itertuples(index=False):
        mine = frame[(frame["rule"] == rule) & (frame["column"] == column)]
        found.append(Rejected(rule, column, Decimal(rows), Decimal(money), _listed(mine)))
    return found


def _plain(key: Any) -> Any:
    return key.lower().re_replace("^0+", "")


def _values(rows: ibis.Table, value: Any, when: Any) -> tuple[int, str]:
    """How many rows, and their three most frequent values."""
    some = rows.select(value=value, when=when.fill_null(False))
    some = some.filter(some.when).group_by("value").agg(rows=lambda t: t.count())
    frame = some.order_by(ibis.desc("rows"), "value").execute()
    return int(frame["rows"].sum()), _listed(frame.head(3))


def _listed(frame: pd.DataFrame) -> str:
    return "; ".join(f"{value[:60]} ({rows:,})" for value, rows in zip(frame["value"], frame["rows"], strict=True))
