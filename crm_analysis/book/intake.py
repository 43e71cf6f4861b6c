"""One opening of a book: read, judge every row, keep what is accepted, list the rest, count both."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from crm_analysis.book import engine, months, warn
from crm_analysis.book.check import CheckResult, Fired, Total
from crm_analysis.book.compare import RULE, SILENCE, same_content
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.judge import Judge, accepted, lost, ordered
from crm_analysis.book.layout import Mapping
from crm_analysis.book.made import accounts_made, contradictions, known_accounts
from crm_analysis.book.references import groups, unknown
from crm_analysis.book.rules import RULES
from crm_analysis.book.shape import OF_ACCOUNT
from crm_analysis.book.staging import Stage, Staged
from crm_analysis.book.tally import Found, Rejected, found, rejected
from crm_analysis.errors import BookError
from crm_analysis.labels.noted import Note
from crm_analysis.progress import busy, tracked

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

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
    """One opening: its scratch `room`, and what it has found so far.

    `accepted` and `lost` hold the rows of each table: accepted ones, and the others as the quarantine
    lists them; of tables of which nothing was lost only `orders` has an entry there. Without a room the tables
    are used in place, and nothing is written.
    """

    con: BaseBackend
    folder: Path
    plan: Mapping
    inputs: dict[str, str]
    room: Path | None = None
    fired: list[Fired] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: dict[str, Total] = field(default_factory=dict)
    revenue: dict[str, Total] = field(default_factory=dict)
    accepted: dict[str, ibis.Table] = field(default_factory=dict)
    lost: dict[str, ibis.Table] = field(default_factory=dict)

    @busy("progress_read")
    def run(self) -> CheckResult:
        """Build the accepted book in `room`/book.

        Raises BookError if a file cannot be read or no row of a required table is accepted.
        """
        self.judge = Judge(self.con, self.keep, self.plan.currency, self.inputs)
        self.made = self.plan.tables["accounts"].made_from is not None
        staged = self.staged()
        totals = {name: found(table, self.plan.extracted_on is not None) for name, table in staged.items()}
        self.one_currency(staged["orders"], totals["orders"])
        latest = totals["orders"].last
        last = self.plan.extracted_on or (latest + SILENCE if latest else dt.date.max)
        for name in tracked(sorted(staged, key=lambda name: (name != "accounts", name != "orders"))):
            self.accept(name, staged[name], totals[name], last)
        assert latest is not None  # else no order line was accepted
        extracted = self.plan.extracted_on or self.latest_known(latest)
        if self.plan.unchanged_since:
            self.notes.append(Note.of("note_unchanged", day=str(self.plan.unchanged_since)))
        self.accounts(extracted)
        for name, table in staged.items():
            self.count(name, table, totals[name], extracted)
        self.warnings()
        self.quarantined = self.quarantine()
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
            questionnaire=self.plan.questionnaire,
        )

    def staged(self) -> dict[str, Staged]:
        """Every table's files, read."""
        stage = Stage(self.con, self.folder, self.room or Path())
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
                file = result[name].files[-1]
                self.notes.append(Note.of("note_unused", table=name, columns=", ".join(unused), file=file))
        return result

    def one_currency(self, orders: Staged, totals: Found) -> None:
        """Raises BookError if order lines are in several currencies and book.toml states none."""
        each = totals.currencies
        if self.plan.currency is None and len(each) > 1:
            shown = ", ".join(f"{name} ({lines:,})" for name, lines in list(each.items())[:3])
            most = next(iter(each))
            raise BookError(
                f"{orders.files[0]}: order lines are in {len(each)} currencies: {shown}; expected one. Convert them, "
                f'or state currency = "{most}" in book.toml: lines in another then go to the quarantine.'
            )

    def keep(self, table: ibis.Table, name: str) -> ibis.Table:
        """The table, computed once, in the scratch room or by the engine itself."""
        if self.room is None:
            return engine.cached(self.con, table)
        return engine.kept(self.con, table, self.room / f"{name}.parquet")

    def accept(self, name: str, staged: Staged, totals: Found, last: dt.date) -> None:
        """Accepted rows of a table, sorted; accounts, and orders that make them, wait for their last touch."""
        owners = self.accepted | ({"accounts": self.accepted["orders"]} if self.made and name != "orders" else {})
        judged = self.judge(staged, totals, last, owners)
        waits = name == "accounts" or (name == "orders" and self.made)
        rows = lost(judged, name)
        if totals.shared_days or (not staged.contract.key and len(staged.files) > 1):
            column = "source" if name == "orders" else ""
            self.fire(name, "same_content", column, *same_content(judged, staged, self.keep))
        if self.room is None:
            self.accepted[name], kept = self.accepted_in_place(staged, totals, judged, rows)
        else:
            place = name if waits else f"book/{name}"
            self.accepted[name] = self.keep(ordered(accepted(judged, staged), staged), place)
            kept = engine.rows(self.room / f"{place}.parquet")
        if kept < totals.rows:
            self.lost[name] = self.keep(rows.order_by("rule", "file", "row"), f"quarantine_{name}")
        elif name == "orders":
            self.lost[name] = self.keep(rows.limit(0), "quarantine_orders")
        if not kept and name in ("accounts", "orders"):
            self.refuse(name, staged, totals)

    def accepted_in_place(
        self, staged: Staged, totals: Found, judged: ibis.Table, rows: ibis.Table
    ) -> tuple[ibis.Table, int]:
        """The accepted rows and their number, without conditions where no row breaks one.

        Raises BookError if rows are lost, `rows`, on an engine that may not keep what is left.
        """
        gone = int(rows.count().execute())
        if not gone:
            whole = staged.table.mutate(**{RULE: ibis.null("string")})
            return engine.fenced(self.con, accepted(whole, staged)), totals.rows
        if not engine.may_keep(self.con):
            worst = rows.group_by("rule").agg(n=rows.count()).order_by(ibis.desc("n"), "rule").limit(1).execute()
            raise BookError(
                f"{staged.files[0]}: {gone:,} rows break a rule, most of them {worst['rule'][0]}; a book with such "
                "rows is used in place only by a user who may create temporary tables. To copy it, give the URL."
            )
        return engine.cached(self.con, accepted(judged, staged)), totals.rows - gone

    def refuse(self, name: str, staged: Staged, totals: Found) -> None:
        """Raises BookError: of a required table nothing was accepted."""
        file = staged.files[0]
        if not totals.rows:
            raise BookError(f"{file}: the file has no rows; expected at least one of {name}.")
        worst: Rejected = max(rejected(self.lost[name]), key=lambda one: one.rows)
        where = f" in column '{worst.column}'" if worst.column else ""
        shown = f", such as {worst.value}" if worst.value else ""
        hint = f" {_HINTS[worst.rule]}" if worst.rule in _HINTS else ""
        raise BookError(
            f"{file}: none of {totals.rows:,} rows could be accepted; most break the rule {worst.rule}{where}{shown}."
            f"{hint}"
        )

    def counted(self, name: str, extracted: dt.date) -> tuple[Decimal, Decimal]:
        """Rows and revenue of an accepted table; in the same query, what is odd about single rows of it."""
        rows = self.accepted[name]
        odd = warn.row_wise(name, rows, extracted)
        money = rows.revenue.sum().cast("string") if name == "orders" else ibis.literal("0")
        terms = {f"odd{i}": rows.count(where=one.when) for i, one in enumerate(odd)}
        frame = rows.agg(rows=rows.count(), money=money.fill_null("0"), **terms).execute()
        for i, one in enumerate(odd):
            if times := int(frame[f"odd{i}"][0]):
                self.fire(name, one.rule, one.column, times, warn.examples(rows, one))
        return Decimal(int(frame["rows"][0])), Decimal(frame["money"][0])

    def count(self, name: str, staged: Staged, totals: Found, extracted: dt.date) -> None:
        """Control totals: each term is counted by itself, so that they can fail to reconcile."""
        kept = self.counted(name, extracted)
        apart = {action: [Decimal(0), Decimal(0)] for action in ("quarantine", "duplicate")}
        for rule in rejected(self.lost[name]) if name in self.lost else ():
            apart[RULES[rule.rule].action][0] += rule.rows
            apart[RULES[rule.rule].action][1] += rule.revenue
            self.fire(name, rule.rule, rule.column, rule.rows, rule.examples)
        there = (Decimal(totals.rows), totals.revenue)
        lines, revenue = (Total(*terms) for terms in zip(there, kept, *apart.values(), strict=True))
        if not (lines.reconciles and revenue.reconciles):
            raise AssertionError(f"control totals of {name} do not reconcile: {lines}, {revenue}")
        self.rows[name] = lines
        if name == "orders":
            self.revenue[name] = revenue
        self.fire(name, "rounded_amount", "", totals.rounded)
        self.fire(name, "unmatched_lookup", "", totals.unmatched)
        self.fire(name, "spans_lines", "", staged.spanning)

    def fire(self, table: str, rule: str, column: str, rows: int, examples: str = "") -> None:
        """Note a rule that fired, if it did."""
        if rows:
            self.fired.append(Fired(table, rule, RULES[rule].action, column, rows, examples))

    def latest_known(self, latest: dt.date) -> dt.date:
        """The day of the extract where book.toml states none: the last date anything was known."""
        for name, table in self.accepted.items():
            days = [column.name for column in CONTRACT[name].known_dates if column.name in table.columns]
            if days:
                row = table.agg(**{day: table[day].max().cast("string") for day in days}).execute().iloc[0]
                latest = max([latest, *(dt.date.fromisoformat(day) for day in row if isinstance(day, str))])
        self.notes.append(Note.of("note_no_extract", day=str(latest)))
        return latest

    def accounts(self, extracted: dt.date) -> None:
        """Accounts with the day each was known; made from order lines where the book has no file of them."""
        orders = self.accepted["orders"]
        if not self.made:
            joined = self.keep(known_accounts(self.accepted["accounts"], orders, extracted), "accounts_known")
            terms = joined.agg(early=joined["__early"].sum(), never=joined["__never"].sum()).execute()
            self.fire("accounts", "ordered_before_known", "known_since", int(terms["early"][0] or 0))
            self.fire("accounts", "known_date_missing", "known_since", int(terms["never"][0] or 0))
            final = joined.drop("__early", "__never").order_by("account_id")
            self.accepted["accounts"] = self.keep(final, "book/accounts")
            return
        made, history = accounts_made(orders)
        self.accepted["accounts"] = self.keep(made, "book/accounts")
        if history is not None:
            self.accepted["account_history"] = self.keep(history, "book/account_history")
        for column, accounts, examples in contradictions(orders):
            self.fire("accounts", "contradiction", column, accounts, examples)
        plain = orders.drop([name for name in orders.columns if name.startswith(OF_ACCOUNT)])
        self.accepted["orders"] = self.keep(plain.order_by("ordered_on", "line_id"), "book/orders")
        count, _ = self.counted("accounts", extracted)
        self.rows["accounts"] = Total(count, count, Decimal(0), Decimal(0))
        self.notes.append(Note.of("note_made"))

    def warnings(self) -> None:
        """What is odd among several accepted rows, and stays."""
        tables = self.accepted
        found = [("orders", one) for one in months.odd(months.months(tables["orders"]))]
        found += [("accounts", one) for one in (*warn.accounts(tables["accounts"]), *groups(tables["accounts"]))]
        for name, (rule, column, rows, examples) in (*found, *unknown(tables)):
            self.fire(name, rule, column, rows, examples)
        for name, rows_lost in self.lost.items():
            orphans = any(one.table == name and one.name == "unknown_account" for one in self.fired)
            if orphans and (shown := warn.nearly_known(rows_lost, self.accepted["accounts"])):
                self.notes.append(Note.of("note_nearly", table=name, examples=shown))

    def quarantine(self) -> ibis.Table:
        """All rows that were not accepted, in one table."""
        first, *others = self.lost.values()
        whole = first.union(*others) if others else first
        return self.keep(whole.order_by("table", "rule", "file", "row"), "book/quarantine")
