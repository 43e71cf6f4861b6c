"""One opening of a book: read, judge every row, keep what is accepted, list the rest, count both."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book import engine, warn
from crm_analysis.book.check import CheckResult, Fired, Total
from crm_analysis.book.compare import (
    COLUMN,
    ID,
    RULE,
    SILENCE,
    last_plausible,
    numbered,
    overlapping,
    ruled,
    same_key,
)
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.delimited import ROW
from crm_analysis.book.made import accounts_made, contradictions, known_accounts
from crm_analysis.book.mapping import Mapping
from crm_analysis.book.rules import RULES
from crm_analysis.book.shape import FAULT, FILE, OF_ACCOUNT, ROUNDED, UNMATCHED, VALUE
from crm_analysis.book.staging import Stage, Staged
from crm_analysis.book.values import MONEY
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

QUARANTINE = "quarantine.parquet"
_HINTS = {
    "unparseable_date": 'Expected YYYY-MM-DD, or the form given as date = "%d.%m.%Y" under [format] in book.toml.',
    "not_a_number": "Expected digits with a point, or decimal and thousands given under [format] in book.toml.",
    "broken_record": "Expected as many fields as the header has; a delimiter at the end of each line makes one more.",
    "unknown_account": "Expected the keys that `accounts` has.",
    "future_date": "Expected dates up to extracted_on in book.toml.",
}


@dataclass
class Intake:
    """One opening: its scratch `room`, and what it has found so far."""

    folder: Path
    plan: Mapping
    inputs: dict[str, str]
    room: Path
    fired: list[Fired] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: dict[str, Total] = field(default_factory=dict)
    revenue: dict[str, Total] = field(default_factory=dict)

    def run(self) -> CheckResult:
        """Build the accepted book in `room`/book.

        Raises BookError if a file cannot be read or no row of a required table is accepted.
        """
        (self.room / "book").mkdir()
        self.con: Backend = engine.connect(self.room)
        try:
            self.made = self.plan.tables["accounts"].made_from is not None
            staged = self.staged()
            last, latest = self.last_day(staged["orders"])
            for name in sorted(staged, key=lambda name: (name != "accounts", name)):
                self.accept(name, staged[name], last)
            extracted = self.plan.extracted_on or self.latest_known(latest)
            if self.plan.unchanged_since:
                self.notes.append(
                    "columns that the source overwrites, such as rep and office, count as unchanged since "
                    f"{self.plan.unchanged_since}, as book.toml states"
                )
            self.accounts(extracted)
            self.warnings(extracted)
            self.quarantine()
        finally:
            self.con.disconnect()
        order = {name: place for place, name in enumerate(CONTRACT)}
        rules = {name: place for place, name in enumerate(RULES)}
        return CheckResult(
            book=self.plan.name,
            extracted_on=extracted,
            rows={name: self.rows[name] for name in CONTRACT if name in self.rows},
            revenue=self.revenue,
            fired=tuple(sorted(self.fired, key=lambda one: (order[one.table], rules[one.name], one.column))),
            notes=(*self.plan.notes, *self.notes),
            inputs=self.inputs,
            currency=self.plan.currency,
            unchanged_since=self.plan.unchanged_since,
        )

    def staged(self) -> dict[str, Staged]:
        """Every table's files, read."""
        stage = Stage(self.con, self.folder, self.room)
        of_account = dict(self.plan.tables["accounts"].columns) if self.made else {}
        key = of_account.pop("account_id", None)
        result: dict[str, Staged] = {}
        for name, table in self.plan.tables.items():
            if table.made_from:
                continue
            if name == "orders" and key is not None:
                table = replace(table, columns={"account_id": key} | table.columns)
            result[name] = stage.table(table, of_account if name == "orders" else None)
            if unused := result[name].ignored:
                self.notes.append(f"{name}: columns not used: {', '.join(unused)} ({result[name].files[-1]})")
        return result

    def last_day(self, orders: Staged) -> tuple[dt.date, dt.date]:
        """The latest date that could have been known, and the last plausible day of orders."""
        days = orders.table.filter(orders.table[FAULT].isnull())
        frame = days.group_by(day=days.ordered_on).agg(lines=days.count()).execute()
        frame["day"] = [day.date() if isinstance(day, dt.datetime) else day for day in frame["day"]]
        latest = last_plausible(frame)
        if latest is None:
            fault = orders.table.group_by(FAULT).agg(rows=orders.table.count(), value=orders.table[VALUE].min())
            worst = fault.order_by(ibis.desc("rows"), FAULT).execute()
            if worst.empty:
                self.refuse(orders, 0)
            rule, column = orders.faults[int(worst[FAULT][0])]
            self.refuse(orders, int(worst["rows"].sum()), rule, column, worst["value"][0])
        assert latest is not None
        return self.plan.extracted_on or latest + SILENCE, latest

    def refuse(self, staged: Staged, rows: int, rule: str = "", column: str = "", value: object = None) -> None:
        """Raises BookError: of a required table nothing was accepted."""
        file = staged.files[0]
        if not rows:
            raise BookError(f"{file}: the file has no rows; expected at least one of {staged.contract.name}.")
        where = f" in column '{column}'" if column else ""
        found = f", such as {value}" if isinstance(value, str) else ""
        hint = f" {_HINTS[rule]}" if rule in _HINTS else ""
        raise BookError(
            f"{file}: none of {rows:,} rows could be accepted; most break the rule {rule}{where}{found}.{hint}"
        )

    def accept(self, name: str, staged: Staged, last: dt.date) -> None:
        """Accepted rows of a table, sorted, to Parquet; the others to the quarantine's parts."""
        judged = self.judged(name, staged, last)
        engine.write(self.con, self.ordered(judged.filter(judged[RULE].isnull()), staged), self.kept(name))
        lost = judged.filter(judged[RULE].notnull())
        rows = lost.select(
            table=ibis.literal(name),
            rule=lost[RULE],
            column=lost[COLUMN],
            file=lost[FILE],
            row=lost[ROW],
            value=lost[VALUE],
            revenue=(lost.revenue if name == "orders" else ibis.null(MONEY)).cast(MONEY),
        )
        engine.write(self.con, rows.order_by("rule", "file", "row"), self.lost(name))
        self.count(name, staged)

    def kept(self, name: str) -> Path:
        """The accepted rows of a table; accounts, and orders that make them, wait for their last touch."""
        waits = name == "accounts" or (name == "orders" and self.made)
        return (self.room if waits else self.room / "book") / f"{name}.parquet"

    def lost(self, name: str) -> Path:
        """The rows of a table that are not accepted."""
        return self.room / f"quarantine_{name}.parquet"

    def table(self, name: str) -> ibis.Table:
        """An accepted table, in its last form if it has it already."""
        path = self.room / "book" / f"{name}.parquet"
        return engine.parquet(self.con, path if path.exists() else self.kept(name))

    def judged(self, name: str, staged: Staged, last: dt.date) -> ibis.Table:
        """Every row with the rule it breaks, all rules tried; null where it is accepted."""
        table = engine.fenced(self.con, ruled(staged, last))
        if name == "orders" and int(table.source.nunique().execute()) > 1:
            table = self.struck(table, overlapping(table, staged), "overlap")
        key = tuple(part for part in staged.contract.key if part in staged.present)
        if set(staged.contract.required) & set(key):
            clean = table.filter(table[RULE].isnull())
            if self.shared(clean, key):
                table = self.struck(table, same_key(clean, key, staged), f"{name}_key")
        if name != "accounts" and "account_id" in staged.present and not self.made:
            ids = self.table("accounts").select(__known="account_id")
            table = table.left_join(ids, table.account_id == ids["__known"])
            orphan = table[RULE].isnull() & table.account_id.notnull() & table["__known"].isnull()
            table = _marked(table, orphan, "unknown_account", "account_id", table.account_id).drop("__known")
            table = engine.fenced(self.con, table)
        return table

    def shared(self, table: ibis.Table, key: tuple[str, ...]) -> bool:
        """True if two rows have one key."""
        each = table.group_by(list(key)).agg(rows=table.count())
        return int(each.rows.max().fill_null(0).execute()) > 1

    def struck(self, table: ibis.Table, lost: ibis.Table, part: str) -> ibis.Table:
        """The table with the rows of `lost` marked; `lost` is small and kept first."""
        path = self.room / f"struck_{part}.parquet"
        engine.write(self.con, lost.rename(__lost=ID), path)
        marks = engine.parquet(self.con, path)
        joined = table.left_join(marks, table[ID] == marks["__lost"])
        marked = _marked(joined, joined["__lost"].notnull(), joined.found, joined["at"], joined.text)
        return marked.drop("__lost", "found", "at", "text")

    def ordered(self, table: ibis.Table, staged: Staged) -> ibis.Table:
        """The contract's columns of a table, its rows in one order on every run."""
        present = list(staged.present)
        if staged.contract.name == "orders" and "line_id" not in present:
            table = numbered(table, staged)
            present = ["line_id", *present]
        order = [column for column in (staged.contract.known_at, *staged.contract.key) if column in present]
        if not (staged.contract.key and set(staged.contract.key) <= set(present)):
            order += present
        return table.select(*present, *staged.carried).order_by(list(dict.fromkeys(order)))

    def count(self, name: str, staged: Staged) -> None:
        """Control totals: each term is counted by itself, so that they can fail to reconcile."""
        found = _measured(staged.table, name, staged.table[ROUNDED].sum(), staged.table[UNMATCHED].sum())
        accepted = _measured(engine.parquet(self.con, self.kept(name)), name)
        each = warn.rejected(engine.parquet(self.con, self.lost(name))) if engine.rows(self.lost(name)) else []
        terms = {action: [Decimal(0), Decimal(0)] for action in ("quarantine", "duplicate")}
        for one in each:
            terms[RULES[one.rule].action][0] += one.rows
            terms[RULES[one.rule].action][1] += one.revenue
            self.fire(name, one.rule, one.column, int(one.rows), one.examples)
        totals = [Total(found[i], accepted[i], terms["quarantine"][i], terms["duplicate"][i]) for i in (0, 1)]
        if not all(total.reconciles for total in totals):
            raise AssertionError(f"control totals of {name} do not reconcile: {totals}")
        self.rows[name] = totals[0]
        if name == "orders":
            self.revenue[name] = totals[1]
        self.fire(name, "rounded_amount", "", int(found[2]))
        self.fire(name, "unmatched_lookup", "", int(found[3]))
        self.fire(name, "spans_lines", "", staged.spanning)
        if name in ("accounts", "orders") and self.rows[name].accepted == 0:
            worst = max((one for one in self.fired if one.table == name), key=lambda one: one.rows, default=None)
            if worst is None:
                self.refuse(staged, 0)
            else:
                self.refuse(staged, int(found[0]), worst.name, worst.column, worst.examples or None)

    def fire(self, table: str, rule: str, column: str, rows: int, examples: str = "") -> None:
        """Note a rule that fired, if it did."""
        if rows:
            self.fired.append(Fired(table, rule, RULES[rule].action, column, rows, examples))

    def latest_known(self, latest: dt.date) -> dt.date:
        """The day of the extract where book.toml states none: the last date anything was known."""
        for name in self.rows:
            table = engine.parquet(self.con, self.kept(name))
            days = [column.name for column in CONTRACT[name].known_dates if column.name in table.columns]
            if days:
                found = table.agg(**{day: table[day].max().cast("string") for day in days}).execute()
                latest = max([latest, *(dt.date.fromisoformat(day) for day in found.iloc[0] if isinstance(day, str))])
        self.notes.append(
            f"book.toml states no extracted_on: the book counts as extracted on {latest}, the last date in it"
        )
        return latest

    def accounts(self, extracted: dt.date) -> None:
        """Accounts with the day each was known; made from order lines where the book has no file of them."""
        orders = self.table("orders")
        home = self.room / "book"
        if not self.made:
            joined = known_accounts(engine.parquet(self.con, self.kept("accounts")), orders, extracted)
            engine.write(self.con, joined, self.room / "accounts_known.parquet")
            joined = engine.parquet(self.con, self.room / "accounts_known.parquet")
            found = joined.agg(early=joined["__early"].sum(), never=joined["__never"].sum()).execute()
            self.fire("accounts", "ordered_before_known", "known_since", int(found["early"][0]))
            self.fire("accounts", "known_date_missing", "known_since", int(found["never"][0]))
            engine.write(self.con, joined.drop("__early", "__never").order_by("account_id"), home / "accounts.parquet")
            return
        made, history = accounts_made(orders)
        engine.write(self.con, made, home / "accounts.parquet")
        if history is not None:
            engine.write(self.con, history, home / "account_history.parquet")
        for column, accounts, examples in contradictions(orders):
            self.fire("accounts", "contradiction", column, accounts, examples)
        plain = orders.drop([name for name in orders.columns if name.startswith(OF_ACCOUNT)])
        engine.write(self.con, plain.order_by("ordered_on", "line_id"), home / "orders.parquet")
        count = Decimal(int(self.table("accounts").count().execute()))
        self.rows["accounts"] = Total(count, count, Decimal(0), Decimal(0))
        self.notes.append("accounts are made from the order lines; known since their first order")

    def warnings(self, extracted: dt.date) -> None:
        """What is odd among the accepted rows, and stays."""
        for name in self.rows:
            for rule, column, rows, examples in warn.table(name, self.table(name), extracted):
                self.fire(name, rule, column, rows, examples)
        for rule, column, rows, examples in warn.orders(self.table("orders"), self.plan.currency):
            self.fire("orders", rule, column, rows, examples)
        for rule, column, rows, examples in warn.accounts(self.table("accounts")):
            self.fire("accounts", rule, column, rows, examples)
        for name in self.rows:
            if any(one.table == name and one.name == "unknown_account" for one in self.fired):
                lost = engine.parquet(self.con, self.lost(name))
                if shown := warn.nearly_known(lost, self.table("accounts")):
                    self.notes.append(
                        f"{name}: unknown accounts that capitals or leading zeros alone set apart: {shown}"
                    )

    def quarantine(self) -> None:
        """All rows that were not accepted, in one file."""
        parts = [engine.parquet(self.con, path) for path in sorted(self.room.glob("quarantine_*.parquet"))]
        whole = ibis.union(*parts) if len(parts) > 1 else parts[0]
        engine.write(self.con, whole.order_by("table", "rule", "file", "row"), self.room / "book" / QUARANTINE)


def _marked(table: ibis.Table, when: Any, rule: Any, column: Any, value: Any) -> ibis.Table:
    """The table with RULE, COLUMN and VALUE set where `when`."""
    return table.mutate(
        **{
            RULE: ibis.ifelse(when, rule, table[RULE]),
            COLUMN: ibis.ifelse(when, column, table[COLUMN]),
            VALUE: ibis.ifelse(when, value, table[VALUE]),
        }
    )


def _measured(table: ibis.Table, name: str, *more: Any) -> list[Decimal]:
    """Rows, revenue (0 for tables other than orders) and the sums in `more`, from one query."""
    money = table.revenue.sum() if name == "orders" else ibis.literal(0)
    terms = [table.count(), money, *more]
    row = table.agg(**{f"t{i}": term.cast("string").fill_null("0") for i, term in enumerate(terms)}).execute()
    return [Decimal(text) for text in row.iloc[0]]
