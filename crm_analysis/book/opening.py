"""From a company's files to the accepted book: read, check, quarantine, keep.

What is accepted is kept as typed Parquet in the user's cache folder, under a name made of the
hashes of the inputs and of this package's own intake code. Notebooks open only that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import platformdirs

from crm_analysis.book import engine
from crm_analysis.book.book import Book, book_in
from crm_analysis.book.check import (
    COLUMN,
    RULE,
    SILENCE,
    CheckResult,
    Fired,
    Total,
    from_json,
    last_plausible,
    overlapping,
    ruled,
    same_key,
)
from crm_analysis.book.contract import CONTRACT
from crm_analysis.book.mapping import Mapping, TableMap, mapping
from crm_analysis.book.made import accounts_made, contradictions
from crm_analysis.book.rules import RULES
from crm_analysis.book.sources import ROW, digest, files
from crm_analysis.book.staging import FILE, OF_ACCOUNT, ROUNDED, UNMATCHED, VALUE, Stage, Staged
from crm_analysis.errors import BookError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

QUARANTINE = "quarantine.parquet"
RESULT = "check.json"


def open_book(source: str | Path, toml: str | Path | None = None) -> Book:
    """The customer book in a folder of CSV or Parquet files.

    `source` is the folder; its `book.toml`, or the file `toml`, maps the company's own files and
    columns to the contract, and files that bear a contract table's name need no mapping. The book is
    checked on the way; `book.check` tells what was found. Opening the same files again is instant.

    Raises BookError if the folder, a required table or a required column is missing, a file cannot
    be read, or no row of a required table is accepted.

    >>> book = open_book("data/demo")
    >>> book.check.exit_code
    0
    """
    folder = Path(source)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise BookError(f"{folder}: the book {what}; expected a folder with accounts.csv and orders.csv, or a book.toml.")
    plan = mapping(folder, Path(toml) if toml is not None else None)
    _needs(folder, plan)
    inputs = _inputs(folder, plan)
    home = cache() / _key(inputs, plan)
    if not (home / RESULT).is_file():
        home.parent.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=".opening-", dir=home.parent))
        try:
            _Intake(folder, plan, inputs, room).run()
            _publish(room / "book", home)
        finally:
            shutil.rmtree(room, ignore_errors=True)
    return book_in(home, from_json((home / RESULT).read_text(encoding="utf-8")))


def cache() -> Path:
    """Where accepted books are kept: `CRM_ANALYSIS_CACHE`, or the user's cache folder."""
    return Path(os.environ.get("CRM_ANALYSIS_CACHE") or platformdirs.user_cache_dir("crm_analysis"))


def _publish(built: Path, home: Path) -> None:
    """Another process may have kept the same book meanwhile; then that one stays."""
    try:
        built.rename(home)
    except OSError:
        if not (home / RESULT).is_file():
            raise


def _needs(folder: Path, plan: Mapping) -> None:
    for name in ("orders", "accounts"):
        if name not in plan.tables:
            there = ", ".join(sorted(path.name for path in folder.iterdir() if path.is_file())[:10]) or "no files"
            raise BookError(
                f"{folder}: no {name}; found {there}. Expected {name}.csv or {name}.parquet, or a [{name}] section in book.toml."
            )


def _inputs(folder: Path, plan: Mapping) -> dict[str, str]:
    """SHA-256 of book.toml and of every file it names, by file name."""
    paths = [plan.path] if plan.path else []
    for table in plan.tables.values():
        for pattern in (*table.files, *(look.file for look in table.lookups)):
            paths += files(folder, pattern)
    return {path.name: digest(path) for path in sorted(set(paths))}


def _key(inputs: dict[str, str], plan: Mapping) -> str:
    own = sorted(Path(__file__).parent.glob("*.py"))
    parts = [*(f"{name} {value}" for name, value in sorted(inputs.items())), *(digest(path) for path in own), plan.name]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


@dataclass
class _Intake:
    """One opening: its scratch room, and what it has found so far."""

    folder: Path
    plan: Mapping
    inputs: dict[str, str]
    room: Path
    fired: list[Fired] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: dict[str, Total] = field(default_factory=dict)
    revenue: dict[str, Total] = field(default_factory=dict)

    def run(self) -> None:
        """Build the accepted book in `room`/book."""
        (self.room / "book").mkdir()
        self.con: Backend = engine.connect(self.room)
        self.stage = Stage(self.con, self.folder, self.room)
        self.made = self.plan.tables["accounts"].made_from is not None
        staged = self.staged()
        last, latest = self.last_day(staged["orders"])
        self.accept(staged, last)
        extracted = self.plan.extracted_on or self.latest_known(latest)
        self.finish_accounts(extracted)
        self.planned(extracted)
        self.months()
        self.quarantine()
        order = {name: place for place, name in enumerate(CONTRACT)}
        rules = {name: place for place, name in enumerate(RULES)}
        result = CheckResult(
            book=self.plan.name,
            extracted_on=extracted,
            rows={name: self.rows[name] for name in CONTRACT if name in self.rows},
            revenue=self.revenue,
            fired=tuple(sorted(self.fired, key=lambda one: (order[one.table], rules[one.name], one.column))),
            notes=(*self.plan.notes, *self.notes),
            inputs=self.inputs,
            currency=self.plan.currency,
        )
        (self.room / "book" / RESULT).write_text(result.to_json(), encoding="utf-8")
        self.con.disconnect()

    def staged(self) -> dict[str, Staged]:
        of_account = dict(self.plan.tables["accounts"].columns) if self.made else {}
        key = of_account.pop("account_id", None)
        result: dict[str, Staged] = {}
        for name, table in self.plan.tables.items():
            if table.made_from:
                continue
            if name == "orders" and key is not None:
                table = replace(table, columns={"account_id": key} | table.columns)
            result[name] = self.stage.table(table, of_account if name == "orders" else None)
            if result[name].ignored:
                self.notes.append(
                    f"{name}: columns not used: {', '.join(result[name].ignored)} ({result[name].files[0].name})"
                )
        return result

    def last_day(self, orders: Staged) -> tuple[dt.date, dt.date]:
        """The latest date that could have been known, and the last day of orders."""
        days = orders.table.filter(orders.table["__fault"].isnull())
        days = days.group_by(day=days.ordered_on).agg(lines=days.count()).execute()
        if days.empty:
            self.refuse_empty(orders)
        days["day"] = [day.date() if hasattr(day, "date") else day for day in days["day"]]
        latest = last_plausible(days)
        assert latest is not None
        if self.plan.extracted_on:
            return self.plan.extracted_on, min(latest, self.plan.extracted_on)
        return latest + SILENCE, latest

    def refuse_empty(self, staged: Staged) -> None:
        """A required table of which nothing could be read."""
        fault = staged.table.group_by("__fault").agg(rows=staged.table.count(), value=staged.table[VALUE].min())
        worst = fault.order_by(ibis.desc("rows"), "__fault").limit(1).execute()
        file = staged.files[0].name
        if worst.empty:
            raise BookError(f"{file}: the file has no rows; expected at least one of {staged.contract.name}.")
        rule, column = staged.faults[int(worst["__fault"][0])]
        found = f", such as {worst['value'][0]!r}" if isinstance(worst["value"][0], str) else ""
        hint = {
            "unparseable_date": ' Expected YYYY-MM-DD, or the form given as date = "%d.%m.%Y" under [format] in book.toml.',
            "not_a_number": " Expected digits with a point, or decimal and thousands given under [format] in book.toml.",
        }.get(rule, "")
        raise BookError(
            f"{file}: none of {int(fault.rows.sum().execute()):,} rows could be accepted; most break the rule "
            f"{rule} in column '{column}'{found}.{hint}"
        )

    def accept(self, staged: dict[str, Staged], last: dt.date) -> None:
        """Accepted rows of every table, sorted, to Parquet; the others to the quarantine's parts."""
        for name in sorted(staged, key=lambda name: (name != "accounts", name)):
            judged = self.judged(name, staged[name], last)
            accepted = judged.filter(judged[RULE].isnull())
            engine.write(self.con, self.sorted(name, accepted, staged[name]), self.kept(name))
            self.quarantined(name, judged.filter(judged[RULE].notnull()))
            self.count(name, staged[name])
            self.warnings(name, staged[name])

    def kept(self, name: str) -> Path:
        """The accepted rows of a table; accounts and orders wait in the room for their last touch."""
        return (self.room if name == "accounts" or (name == "orders" and self.made) else self.room / "book") / f"{name}.parquet"

    def table(self, name: str) -> ibis.Table:
        """An accepted table, as it was kept."""
        path = self.room / "book" / f"{name}.parquet"
        return engine.parquet(self.con, path if path.exists() else self.kept(name))

    def judged(self, name: str, staged: Staged, last: dt.date) -> ibis.Table:
        """Every row with the rule it breaks, all rules tried; null where it is accepted."""
        table = ruled(staged, last)
        if name == "orders" and self.distinct(table, ["source"]) > 1:
            table = self.struck(table, overlapping(table, staged.present), "overlap")
        key = tuple(part for part in staged.contract.key if part in staged.present)
        if set(staged.contract.required) & set(key) and key:
            clean = table.filter(table[RULE].isnull())
            if int(clean.count().execute()) > self.distinct(clean, list(key)):
                table = self.struck(table, same_key(clean, key, staged.present), f"{name}_key")
        if name != "accounts" and "account_id" in staged.present and not self.made:
            ids = self.table("accounts").select(__known="account_id")
            table = table.left_join(ids, table.account_id == ids["__known"])
            orphan = table[RULE].isnull() & table.account_id.notnull() & table["__known"].isnull()
            table = self.with_rule(table, orphan, "unknown_account", "account_id", table.account_id).drop("__known")
        return table

    def distinct(self, table: ibis.Table, columns: list[str]) -> int:
        return int(table.select(columns).distinct().count().execute())

    def with_rule(self, table: ibis.Table, when: Any, rule: Any, column: Any, value: Any) -> ibis.Table:
        return table.mutate(
            **{
                RULE: ibis.ifelse(when, rule, table[RULE]),
                COLUMN: ibis.ifelse(when, column, table[COLUMN]),
                VALUE: ibis.ifelse(when, value, table[VALUE]),
            }
        )

    def struck(self, table: ibis.Table, lost: ibis.Table, part: str) -> ibis.Table:
        """The table with the rows of `lost` marked; `lost` is small and kept first."""
        path = self.room / f"struck_{part}.parquet"
        engine.write(self.con, lost.rename(__lost="__id"), path)
        marks = engine.parquet(self.con, path)
        joined = table.left_join(marks, table["__id"] == marks["__lost"])
        marked = self.with_rule(joined, joined["__lost"].notnull(), joined.found, joined["at"], joined.text)
        return marked.drop("__lost", "found", "at", "text")

    def sorted(self, name: str, table: ibis.Table, staged: Staged) -> ibis.Table:
        """The contract's columns of a table in one order on every run."""
        carried = [column for column in table.columns if column.startswith(OF_ACCOUNT)]
        present = list(staged.present)
        if name == "orders" and "line_id" not in present:
            table = _numbered(table, present)
            present = ["line_id", *present]
        order = [staged.contract.known_at, *staged.contract.key]
        order = [column for column in dict.fromkeys(order) if column in present]
        if not (staged.contract.key and set(staged.contract.key) <= set(present)):
            order += [column for column in present if column not in order]
        return table.select(*present, *carried).order_by(order)

    def quarantined(self, name: str, lost: ibis.Table) -> None:
        money = lost.revenue if name == "orders" else ibis.null("decimal(18, 4)")
        rows = lost.select(
            table=ibis.literal(name),
            rule=lost[RULE],
            column=lost[COLUMN],
            file=lost[FILE],
            row=lost[ROW],
            value=lost[VALUE],
            revenue=money.cast("decimal(18, 4)"),
        )
        engine.write(self.con, rows.order_by("rule", "file", "row"), self.room / f"quarantine_{name}.parquet")

    def count(self, name: str, staged: Staged) -> None:
        """Control totals: each term is counted by itself, so that they can fail to reconcile."""
        accepted = engine.parquet(self.con, self.kept(name))
        lost = engine.parquet(self.con, self.room / f"quarantine_{name}.parquet")
        twice = [rule.name for rule in RULES.values() if rule.action == "duplicate"]
        lost = lost.mutate(twice=lost.rule.isin(twice))

        def terms(measure: Any) -> list[Decimal]:
            return [
                Decimal(str(value or 0))
                for value in (
                    measure(staged.table).execute(),
                    measure(accepted).execute(),
                    measure(lost.filter(~lost.twice)).execute(),
                    measure(lost.filter(lost.twice)).execute(),
                )
            ]

        self.rows[name] = Total(*terms(lambda table: table.count()))
        if name == "orders":
            self.revenue[name] = Total(*terms(lambda table: table.revenue.sum()))
        for what, totals in (("rows", self.rows), ("revenue", self.revenue)):
            if name in totals and not totals[name].reconciles:
                raise AssertionError(f"control totals of {name} {what} do not reconcile: {totals[name]}")
        if name in ("accounts", "orders") and self.rows[name].accepted == 0:
            self.refuse_empty(staged)
        by_rule = lost.group_by("rule", "column").agg(rows=lost.count()).order_by("rule", "column").execute()
        shown = lost.filter(lost.value.notnull()).group_by("rule", "column", "value").agg(rows=lambda t: t.count())
        shown = shown.mutate(
            place=ibis.row_number().over(ibis.window(group_by=["rule", "column"], order_by=[ibis.desc("rows"), "value"]))
        )
        examples = shown.filter(shown.place < 3).order_by("rule", "column", "place").execute()
        for rule, column, rows in by_rule[["rule", "column", "rows"]].itertuples(index=False):
            mine = examples[(examples["rule"] == rule) & (examples["column"] == column)]
            listed = "; ".join(f"{value[:60]} ({times:,})" for value, times in zip(mine["value"], mine["rows"], strict=True))
            self.fired.append(Fired(name, rule, RULES[rule].action, column, int(rows), listed))

    def warn(self, table: str, rule: str, column: str, rows: int, examples: str = "") -> None:
        if rows:
            self.fired.append(Fired(table, rule, RULES[rule].action, column, rows, examples))

    def warnings(self, name: str, staged: Staged) -> None:
        found = staged.table.agg(rounded=staged.table[ROUNDED].sum(), unmatched=staged.table[UNMATCHED].sum()).execute()
        self.warn(name, "rounded_amount", "", int(found["rounded"].fillna(0)[0]))
        self.warn(name, "unmatched_lookup", "", int(found["unmatched"].fillna(0)[0]))
        known_at = staged.contract.known_at
        if name != "accounts":
            accepted = engine.parquet(self.con, self.kept(name))
            missing = accepted[known_at].isnull() if known_at in staged.present else ibis.literal(True)
            self.warn(name, "known_date_missing", known_at, int(accepted.filter(missing).count().execute()))

    def latest_known(self, latest: dt.date) -> dt.date:
        """The day of the extract where book.toml states none: the last date anything was known."""
        for name in self.rows:
            table = engine.parquet(self.con, self.kept(name))
            for column in CONTRACT[name].known_dates:
                if column.name in table.columns:
                    day = table[column.name].max().execute()
                    if day is not None and str(day) != "NaT":
                        latest = max(latest, dt.date.fromisoformat(str(day)[:10]))
        self.notes.append(
            f"book.toml states no extracted_on: the book counts as extracted on {latest}, the last date in it"
        )
        return latest

    def finish_accounts(self, extracted: dt.date) -> None:
        """Accounts with the day each was known; made from order lines where the book has no file of them."""
        orders = self.table("orders")
        if self.made:
            made, history = accounts_made(orders)
            engine.write(self.con, made, self.room / "book" / "accounts.parquet")
            if history is not None:
                engine.write(self.con, history, self.room / "book" / "account_history.parquet")
                for field_, accounts, examples in contradictions(self.table("account_history")):
                    self.warn("accounts", "contradiction", field_, accounts, examples)
            plain = orders.drop([name for name in orders.columns if name.startswith(OF_ACCOUNT)])
            engine.write(self.con, plain.order_by("ordered_on", "line_id"), self.room / "book" / "orders.parquet")
            count = Decimal(int(self.table("accounts").count().execute()))
            self.rows["accounts"] = Total(count, count, Decimal(0), Decimal(0))
            self.notes.append("accounts are made from the order lines; known since their first order")
            return
        first = orders.group_by("account_id").agg(__first=orders.ordered_on.min())
        accounts = engine.parquet(self.con, self.kept("accounts"))
        columns = accounts.columns
        if "known_since" not in columns:
            accounts = accounts.mutate(known_since=ibis.null("date"))
        joined = accounts.left_join(first, "account_id").drop("account_id_right")
        early = joined.filter(joined["__first"] < joined.known_since).count().execute()
        never = joined.filter(joined.known_since.isnull() & joined["__first"].isnull()).count().execute()
        self.warn("accounts", "ordered_before_known", "known_since", int(early))
        self.warn("accounts", "known_date_missing", "known_since", int(never))
        known = ibis.coalesce(ibis.least(joined.known_since, joined["__first"]), joined.known_since, joined["__first"], extracted)
        names = [name for name in CONTRACT["accounts"].names if name in columns or name == "known_since"]
        done = joined.mutate(known_since=known).select(names).order_by("account_id")
        engine.write(self.con, done, self.room / "book" / "accounts.parquet")

    def planned(self, extracted: dt.date) -> None:
        """Dates after the extract in columns that settle."""
        for name in self.rows:
            table = self.table(name)
            for column in CONTRACT[name]:
                if column.settles_with == column.name and column.name in table.columns:
                    late = int(table.filter(table[column.name] > extracted).count().execute())
                    self.warn(name, "settles_after_extract", column.name, late)

    def months(self) -> None:
        """Months without an order between the first and the last."""
        orders = self.table("orders")
        year, month = orders.ordered_on.year(), orders.ordered_on.month()
        seen = orders.select(month=year * 12 + month - 1).distinct().execute()["month"].tolist()
        gaps = sorted(set(range(min(seen), max(seen) + 1)) - set(seen))
        shown = ", ".join(f"{gap // 12}-{gap % 12 + 1:02d}" for gap in gaps)
        self.warn("orders", "month_without_orders", "ordered_on", len(gaps), shown)

    def quarantine(self) -> None:
        """All rows that were not accepted, in one file."""
        parts = [engine.parquet(self.con, path) for path in sorted(self.room.glob("quarantine_*.parquet"))]
        whole = ibis.union(*parts) if len(parts) > 1 else parts[0]
        engine.write(self.con, whole.order_by("table", "rule", "file", "row"), self.room / "book" / QUARANTINE)


def _numbered(table: ibis.Table, present: list[str]) -> ibis.Table:
    """`line_id` made of the line's content; honest repeats are numbered."""
    content = [table[name].cast("string").fill_null("\u2400") for name in present if name != "source"]
    table = table.mutate(__content=ibis.literal("\u241f").join(content).hexdigest("md5").left(20))
    place = ibis.row_number().over(ibis.window(group_by=["__content"], order_by=["__id"]))
    table = table.mutate(__place=place)
    return table.mutate(line_id=table["__content"] + "-" + (table["__place"] + 1).cast("string"))
