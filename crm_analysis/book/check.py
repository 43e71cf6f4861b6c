"""What a check found: control totals that reconcile, and every rule that fired."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from crm_analysis.book.examples import examples_said
from crm_analysis.book.questionnaire import PLAIN, Questionnaire
from crm_analysis.book.rules import RULES
from crm_analysis.labels import noted
from crm_analysis.labels.language import WHY, words
from crm_analysis.reprs import Card, as_html, as_text

if TYPE_CHECKING:
    import pandas as pd


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
    fired; `notes` the assumptions made; `inputs` the SHA-256 of every file read; `questionnaire` what the survey asks.
    Of a redacted book `redaction` marks the key of its codes, and `hidden_ids` says that account numbers are codes too.
    """

    book: str
    extracted_on: dt.date
    rows: dict[str, Total]
    revenue: dict[str, Total]
    fired: tuple[Fired, ...]
    notes: tuple[str, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    currency: str | None = None
    unchanged_since: dt.date | None = None
    questionnaire: Questionnaire = PLAIN
    redaction: str = ""
    hidden_ids: bool = False

    @property
    def exit_code(self) -> int:
        """0 if no row was rejected, 1 otherwise; warnings reject nothing."""
        return int(any(total.accepted != total.found for total in self.rows.values()))

    __repr__, _repr_html_ = as_text, as_html

    def _card(self) -> Card:
        lines, gone = self.rows.get("orders"), sum(one.found - one.accepted for one in self.rows.values())
        facts = {
            "extracted": self.extracted_on,
            "accepted": None if lines is None else f"{int(lines.accepted):,} / {int(lines.found):,}",
            "rejected": int(gone),
            "notes": len(self.notes),
        }
        return Card(f"Check: {self.book}", facts, self.totals, (".totals", ".rules", ".notes"))

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
            (
                *(one.table, one.name, one.action, one.column, one.rows),
                examples_said(one.name, one.examples),
                words(WHY, RULES[one.name].why),
            )
            for one in self.fired
        ]
        return pd.DataFrame(rows, columns=columns)

    def to_json(self, kept: bool = False) -> str:
        """The result as JSON text; an amount that a double cannot hold to the last place is written as text.

        To be `kept`, notes are written so that they can be said in another language when it is read again.
        """
        tables = {
            table: {"rows": {name: int(value) for name, value in asdict(total).items()}}
            | (
                {"revenue": {name: _exact(value) for name, value in asdict(self.revenue[table]).items()}}
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
                "unchanged_since": self.unchanged_since and self.unchanged_since.isoformat(),
                "questionnaire": asdict(self.questionnaire),
                "exit_code": self.exit_code,
                "tables": tables,
                "rules": [asdict(one) for one in self.fired],
                "notes": list(map(noted.kept, self.notes) if kept else self.notes),
                "inputs": self.inputs,
                "redaction": self.redaction,
                "hidden_ids": self.hidden_ids,
            },
            indent=2,
            ensure_ascii=False,
        )


def _exact(amount: Decimal) -> float | str:
    """The amount as a number where its shortest text is exact, as text otherwise."""
    return float(amount) if Decimal(repr(float(amount))) == amount else str(amount)


def from_json(text: str) -> CheckResult:
    """The result that `to_json` wrote."""
    read = json.loads(text, parse_float=Decimal, parse_int=Decimal)

    def total(terms: dict[str, Decimal | str]) -> Total:
        return Total(**{name: Decimal(value) for name, value in terms.items()})

    return CheckResult(
        book=read["book"],
        currency=read["currency"],
        extracted_on=dt.date.fromisoformat(read["extracted_on"]),
        rows={name: total(table["rows"]) for name, table in read["tables"].items()},
        revenue={name: total(table["revenue"]) for name, table in read["tables"].items() if "revenue" in table},
        fired=tuple(Fired(**{**one, "rows": int(one["rows"])}) for one in read["rules"]),
        notes=tuple(map(noted.read, read["notes"])),
        inputs=read["inputs"],
        redaction=read["redaction"],
        hidden_ids=read["hidden_ids"],
        unchanged_since=read["unchanged_since"] and dt.date.fromisoformat(read["unchanged_since"]),
        questionnaire=Questionnaire(**{name: _tuples(value) for name, value in read["questionnaire"].items()}),
    )


def _tuples(value: Any) -> Any:
    """A list as a tuple, in sections too."""
    if isinstance(value, dict):
        return {name: _tuples(part) for name, part in value.items()}
    return tuple(value) if isinstance(value, list) else value
