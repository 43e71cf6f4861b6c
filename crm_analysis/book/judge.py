"""Every row of a table with the rule it breaks, and what is accepted or lost by it."""

from __future__ import annotations

import datetime as dt
import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine
from crm_analysis.book.compare import (
    COLUMN,
    RULE,
    Keep,
    cancelled_marked,
    marked,
    numbered,
    overlap_marked,
    repeated_files,
    same_key_marked,
)
from crm_analysis.book.delimited import ROW
from crm_analysis.book.faults import Fault, typed_faults
from crm_analysis.book.references import OWNERS, Reference, orphans_marked
from crm_analysis.book.shape import FAULT, FILE, VALUE, chosen
from crm_analysis.book.values import MONEY

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from crm_analysis.book.staging import Staged
    from crm_analysis.book.tally import Found


@dataclass(frozen=True)
class Judge:
    """Judges tables by the rules that reject.

    `keep` computes a table once, `currency` is what book.toml states, `digests` the SHA-256 of each file.
    """

    con: Backend
    keep: Keep
    currency: str | None
    digests: Mapping[str, str]

    def __call__(self, staged: Staged, totals: Found, last: dt.date, tables: Mapping[str, ibis.Table]) -> ibis.Table:
        """Every row with RULE, COLUMN and VALUE of the rule it breaks; null where it is accepted.

        `last` is the latest date that could have been known; `tables` are those that others refer to.
        """
        again = repeated_files(staged, self.digests)
        table = staged.table.filter(~staged.table[FILE].isin(list(again))) if again else staged.table
        table = self.ruled(table, staged, last)
        if totals.shared_days:
            table = engine.fenced(self.con, overlap_marked(table, staged, self.keep))
        if "state" in staged.present and "line_id" in staged.present:
            table = engine.fenced(self.con, cancelled_marked(table, self.keep))
        key = tuple(part for part in staged.contract.key if part in staged.present)
        # Asked of all rows the question is cheap, and mostly settled; only then rows that break no rule are asked.
        keyed = bool(set(staged.contract.required) & set(key)) and _shared(staged.table, key)
        if keyed and _shared(table.filter(table[RULE].isnull()), key):
            table = engine.fenced(self.con, same_key_marked(table, key, staged, self.keep))
        for to in OWNERS:
            if to.table != staged.contract.name or to.column not in staged.present or to.to not in tables:
                continue
            if _orphaned(staged.table, to, tables[to.to]):
                table = engine.fenced(self.con, orphans_marked(table, to, tables[to.to]))
        return table.union(self.copies(staged, again).select(table.columns)) if again else table

    def ruled(self, table: ibis.Table, staged: Staged, last: dt.date) -> ibis.Table:
        """The rows with the first rule that each breaks by itself: FAULT counts on where `staged.faults` ends."""

        def typed(rows: ibis.Table) -> list[Fault]:
            return typed_faults(staged.contract, rows, last, self.currency)

        first, found = len(staged.faults), typed(table)
        if staged.sound and not _any(table, [fault.when for fault in found]):
            return table.mutate(**{RULE: ibis.null("string"), COLUMN: ibis.null("string")})
        if found:
            more = ibis.cases(*((fault.when, ibis.literal(first + i, "int16")) for i, fault in enumerate(found)))
            table = engine.fenced(self.con, table.mutate(**{FAULT: ibis.coalesce(table[FAULT], more)}))
            found = typed(table)
        names = [*staged.faults, *((fault.rule, fault.column) for fault in found)]
        shown = [table[VALUE]] * first + [fault.value for fault in found]
        marks = {
            RULE: chosen(table[FAULT], [rule for rule, _ in names]),
            COLUMN: chosen(table[FAULT], [column for _, column in names]),
            VALUE: chosen(table[FAULT], shown),
        }
        return engine.fenced(self.con, table.mutate(**marks))

    def copies(self, staged: Staged, again: Mapping[str, str]) -> ibis.Table:
        """The rows of files loaded twice."""
        rows = staged.table.filter(staged.table[FILE].isin(list(again)))
        rows = rows.mutate(**{RULE: ibis.null("string"), COLUMN: ibis.null("string")})
        first = ibis.cases(*((rows[FILE] == file, other) for file, other in again.items()))
        return marked(rows, ibis.literal(True), "repeated_file", "", first)


def _any(table: ibis.Table, conditions: Sequence[Any]) -> bool:
    """True if a row meets one of the conditions."""
    return bool(conditions) and bool(
        table.agg(met=functools.reduce(operator.or_, conditions).any()).execute()["met"][0]
    )


def _orphaned(table: ibis.Table, to: Reference, there: ibis.Table) -> bool:
    """True if a row names what `there` has not."""
    named = table.filter(table[to.column].notnull())
    return bool(named.anti_join(there, named[to.column] == there[to.there]).limit(1).count().execute())


def _shared(table: ibis.Table, key: tuple[str, ...]) -> bool:
    """True if two rows have one key."""
    each = table.group_by(list(key)).agg(rows=table.count())
    # A filter would be done before the groups, and the key be read twice over.
    given = ibis.ifelse(each[key[0]].notnull(), each.rows, 0)
    return int(given.max().fill_null(0).execute()) > 1


def accepted(judged: ibis.Table, staged: Staged) -> ibis.Table:
    """The accepted rows with the contract's columns."""
    table, present = judged.filter(judged[RULE].isnull()), list(staged.present)
    if staged.contract.name == "orders" and "line_id" not in present:
        table = numbered(table, staged)
        present = ["line_id", *present]
    return table.select(*present, *staged.carried)


def ordered(table: ibis.Table, staged: Staged) -> ibis.Table:
    """Accepted rows in one order on every run."""
    present = [name for name in table.columns if name not in staged.carried]
    order = [column for column in (staged.contract.known_at, *staged.contract.key) if column in present]
    if not (staged.contract.key and set(staged.contract.key) <= set(present)):
        order += present
    return table.order_by(list(dict.fromkeys(order)))


def lost(judged: ibis.Table, name: str) -> ibis.Table:
    """The other rows as the quarantine lists them: table, rule, column, file, row, value, revenue."""
    rows = judged.filter(judged[RULE].notnull())
    return rows.select(
        table=ibis.literal(name),
        rule=rows[RULE],
        column=rows[COLUMN],
        file=rows[FILE],
        row=rows[ROW],
        value=rows[VALUE],
        revenue=(rows.revenue if name == "orders" else ibis.null(MONEY)).cast(MONEY),
    )
