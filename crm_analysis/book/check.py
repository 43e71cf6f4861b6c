"""What a check found: control totals that reconcile, and every rule that fired.

Also the rules that compare rows with each other or with the accounts; rules of single rows are in
`rules`.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.book.rules import RULES
from crm_analysis.book.sources import ROW
from crm_analysis.book.staging import FAULT, FILE, VALUE, Staged

if TYPE_CHECKING:
    import pandas as pd

RULE, COLUMN = "__rule", "__column"
SILENCE = dt.timedelta(days=366)
"""Orders after a silence longer than this are typing errors, where no day of the extract is stated."""


@dataclass(frozen=True)
class Total:
    """Rows or money of one table: found = accepted + quarantined + duplicate."""

    found: Decimal
    accepted: Decimal
    quarantined: Decimal
    duplicate: Decimal

    @property
    def reconciles(self) -> bool:
        """True if nothing was lost or counted twice."""
        return self.found == self.accepted + self.quarantined + self.duplicate


@dataclass(frozen=True)
class Fired:
    """A rule that fired in a table: on how many rows, in which column, with examples of what was found."""

    table: str
    name: str
    action: str
    column: str
    rows: int
    examples: str = ""


@dataclass(frozen=True)
class CheckResult:
    """The outcome of a check.

    `rows` and `revenue` hold a `Total` per table (revenue for orders only); `fired` the rules that
    fired; `notes` the assumptions made; `inputs` the SHA-256 of every file read.
    """

    book: str
    extracted_on: dt.date
    rows: dict[str, Total]
    revenue: dict[str, Total]
    fired: tuple[Fired, ...]
    notes: tuple[str, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    currency: str | None = None

    @property
    def exit_code(self) -> int:
        """0 if no row was rejected, 1 otherwise; warnings reject nothing."""
        return int(any(total.accepted != total.found for total in self.rows.values()))

    @property
    def totals(self) -> pd.DataFrame:
        """Control totals, one row per table: table, rows and revenue found, accepted, quarantined, duplicate."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"table": table}
                | {f"rows_{name}": int(value) for name, value in asdict(total).items()}
                | {
                    f"revenue_{name}": float(value)
                    for name, value in (asdict(self.revenue[table]) if table in self.revenue else {}).items()
                }
                for table, total in self.rows.items()
            ]
        )

    @property
    def rules(self) -> pd.DataFrame:
        """Rules that fired, most rows first: table, rule, action, column, rows, examples, why."""
        import pandas as pd

        columns = ["table", "rule", "action", "column", "rows", "examples", "why"]
        rows = [
            (one.table, one.name, one.action, one.column, one.rows, one.examples, RULES[one.name].why)
            for one in self.fired
        ]
        return pd.DataFrame(rows, columns=columns)

    def to_json(self) -> str:
        """The result as JSON text; amounts keep their four decimals up to 15 digits."""
        tables = {
            table: {"rows": {name: int(value) for name, value in asdict(total).items()}}
            | (
                {"revenue": {name: float(value) for name, value in asdict(self.revenue[table]).items()}}
                if table in self.revenue
                else {}
            )
            for table, total in self.rows.items()
        }
        return json.dumps(
            {
                "book": self.book,
                "currency": self.currency,
                "extracted_on": self.extracted_on.isoformat(),
                "exit_code": self.exit_code,
                "tables": tables,
                "rules": [asdict(one) for one in self.fired],
                "notes": list(self.notes),
                "inputs": self.inputs,
            },
            indent=2,
            ensure_ascii=False,
        )


def from_json(text: str) -> CheckResult:
    """The result that `to_json` wrote."""
    read = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return CheckResult(
        book=read["book"],
        currency=read["currency"],
        extracted_on=dt.date.fromisoformat(read["extracted_on"]),
        rows={name: Total(**table["rows"]) for name, table in read["tables"].items()},
        revenue={name: Total(**table["revenue"]) for name, table in read["tables"].items() if "revenue" in table},
        fired=tuple(Fired(**{**one, "rows": int(one["rows"])}) for one in read["rules"]),
        notes=tuple(read["notes"]),
        inputs=read["inputs"],
    )


def identity(staged: Staged) -> Any:
    """A number for each row of the table's files, unique and the same on every run."""
    places = [path.name for path in staged.files]
    number = ibis.cases(*((staged.table[FILE] == name, ibis.literal(i, "int64")) for i, name in enumerate(places)))
    return number * 10**12 + staged.table[ROW]


def ruled(staged: Staged, last: dt.date) -> ibis.Table:
    """The staged rows with RULE and COLUMN of the first rule each breaks by itself, and `__id`.

    `last` is the latest date that could have been known.
    """
    table = staged.table.mutate(__id=identity(staged))
    dates = [column.name for column in staged.contract.known_dates if column.name in staged.present]
    late = [(table[FAULT].isnull() & (table[name] > last), name) for name in dates]
    fault = [(table[FAULT] == i, rule, column) for i, (rule, column) in enumerate(staged.faults)]
    future = [(when, "future_date", name) for when, name in late]
    named = fault + future
    return table.mutate(
        **{
            RULE: ibis.cases(*((when, rule) for when, rule, _ in named)),
            COLUMN: ibis.cases(*((when, column) for when, _, column in named)),
            VALUE: ibis.coalesce(
                table[VALUE],
                *(ibis.ifelse(when, table[name].cast("string"), ibis.null("string")) for when, name in late),
            ),
        }
    )


def overlapping(table: ibis.Table, present: tuple[str, ...]) -> ibis.Table:
    """`__id` of order lines that stand in another source too.

    Lines are alike if all mapped columns but `source` are; of lines repeated inside a source the
    largest number that any one source has is kept, so honest repeats stay.
    """
    days = table.group_by("ordered_on").agg(n=table.source.nunique())
    days = days.filter(days.n > 1).select(day="ordered_on")
    both = table.semi_join(days, table.ordered_on == days.day)
    content = [name for name in present if name != "source"] + [VALUE]
    both = both.mutate(
        __k=ibis.row_number().over(ibis.window(group_by=[*content, "source"], order_by=["__id"]))
    )
    both = both.mutate(
        __copy=ibis.row_number().over(ibis.window(group_by=[*content, "__k"], order_by=["source", "__id"]))
    )
    return both.filter(both["__copy"] > 0).select(
        "__id", found=ibis.literal("overlapping_source"), at=ibis.literal("source"), text=both.source
    )


def same_key(table: ibis.Table, key: tuple[str, ...], present: tuple[str, ...]) -> ibis.Table:
    """`__id` of clean rows whose key another row has: repeats of it, or the same key with other values."""
    shared = table.group_by(list(key)).agg(n=table.count())
    shared = shared.filter(shared.n > 1)
    met = all_of([table[name].identical_to(shared[name]) for name in key])
    rows = table.semi_join(shared, met)
    content = [name for name in present if name not in key]
    rows = rows.mutate(__copy=ibis.row_number().over(ibis.window(group_by=[*key, *content], order_by=["__id"])))
    ranked = rows.mutate(
        __other=ibis.row_number().over(
            ibis.window(group_by=[*key, "__copy"], order_by=[rows[name] for name in (content or key)])
        )
    )
    lost = ranked.filter((ranked["__copy"] > 0) | (ranked["__other"] > 0))
    text = ibis.literal(" / ").join([lost[name].cast("string").fill_null("") for name in key])
    return lost.select(
        "__id",
        found=ibis.ifelse(lost["__copy"] > 0, "repeated_row", "duplicate_key"),
        at=ibis.literal(", ".join(key)),
        text=text,
    )


def all_of(truths: list[Any]) -> Any:
    """True where every one of the conditions is."""
    result = truths[0]
    for truth in truths[1:]:
        result = result & truth
    return result


def last_plausible(days: pd.DataFrame) -> dt.date | None:
    """The last day of orders before a silence of more than a year; None without days.

    `days`: day (date), lines (count). Later days are typing errors. The search starts at the median
    line, so a few mistyped years on either side do not matter.
    """
    if days.empty:
        return None
    days = days.sort_values("day")
    reached = days["lines"].cumsum() >= days["lines"].sum() / 2
    ahead = list(days.loc[reached, "day"])
    last: dt.date = ahead[0]
    for day in ahead:
        if day - last > SILENCE:
            break
        last = day
    return last
