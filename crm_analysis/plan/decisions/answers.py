"""The way back: what people wrote into the action list, read and checked.

Every sheet that has the columns of the account and of all that is to be filled in is read, whatever else it holds;
columns go by their headings, in any order. Headings and words may be those of any language, whatever language is
spoken here; what is wrong with a sheet is told in its own.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crm_analysis.book import excel
from crm_analysis.book.codes import is_code
from crm_analysis.book.decisions import Decision
from crm_analysis.book.delimited import ROW
from crm_analysis.book.layout import Format
from crm_analysis.errors import BookError, UserError
from crm_analysis.labels import column
from crm_analysis.labels.language import LANGUAGES, language, speaking
from crm_analysis.plan.actions import OFFERED
from crm_analysis.potential.advice.decided import WORDS
from crm_analysis.potential.advice.words import decision_read, decision_said

NAMES = ("account_id", "decision", "decision_reason", "decided_by", "decided_on", "recommended")
"""The columns that are read, by key or heading; all but the last must be there."""
NEEDED = NAMES[:-1]
FIRST = dt.date(1950, 1, 1)
"""The earliest day of a decision where the book has no orders."""
LATEST = dt.timedelta(days=366)
"""A day so much later than the extract is taken for a typing error."""
MOST = 10
"""Mistakes that are told."""


@dataclass(frozen=True)
class Answers:
    """The decisions of a workbook; numbers of rows without one, and of those other than recommended for no reason."""

    decisions: tuple[Decision, ...]
    blank: int
    unreasoned: int = 0


def answers(
    path: Path,
    accounts: Collection[str],
    extracted_on: dt.date,
    on: dt.date | None = None,
    by: str = "",
    first: dt.date = FIRST,
) -> Answers:
    """The decisions that people wrote into the workbook at `path`.

    `accounts` are the ids that the book knows, `first` is the day of its first order; `on` and `by` stand where a row
    says no day, or nobody. Words are those offered in any language; spaces, hyphens and capitals do not matter. The
    decisions hold codes (`decided.WORDS`), whatever the language.

    Raises UserError with a line for each mistake: its sheet and row, what was found and what was expected.
    """
    found, mistakes, blank = [], list[str](), 0
    for place, code, row in _rows(path):
        if row["account_id"] not in accounts and is_code(row["account_id"]):
            raise UserError(
                f"{place}: account '{row['account_id']}' is a code of a redacted report; expected the book's own "
                "number: fill in the workbook of a report made without --redact. Nothing was written."
            )
        if not row["decision"]:
            blank += 1
            if row["decision_reason"]:
                mistakes.append(
                    f"{place}: there is a reason, '{_short(row['decision_reason'])}', and no decision; expected a word "
                    f"under '{_heading('decision', code)}'."
                )
            continue
        with speaking(code):
            told = _decision(place, row, accounts, (first, extracted_on), on, by)
        if isinstance(told, Decision):
            found.append(told)
        else:
            mistakes += told
    mistakes += _twice(found)
    if mistakes:
        rest = f"\nAnd {len(mistakes) - MOST:,} more." if len(mistakes) > MOST else ""
        raise UserError("\n".join(mistakes[:MOST]) + rest + "\nNothing was written.")
    unreasoned = sum(bool(one.recommended) and one.action != one.recommended and not one.reason for one in found)
    return Answers(tuple(found), blank, unreasoned)


def _rows(path: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every row of the sheets that can hold decisions, with its place in words and the code of its language."""
    if path.suffix.lower() not in excel.ENDINGS:
        raise UserError(f"{path}: is no Excel workbook; expected a file ending in {', '.join(excel.ENDINGS)}.")
    try:
        sheets = excel.sheets(path, (excel.EVERY,), None)
    except OSError as problem:
        raise UserError(f"{path}: {problem.strerror or problem}; expected the workbook with the decisions.") from None
    except BookError as problem:
        raise UserError(str(problem).replace("not readable as a workbook", "is no Excel workbook")) from None
    read = 0
    for name in sheets:
        sheet = excel.Sheet(path, name, f"{path.name} [{name}]", Format())
        places, code = _places(sheet.label, sheet.columns)
        if not set(NEEDED) <= set(places):
            continue
        read += 1
        for batch in sheet.batches():
            cells = {key: batch.column(place).to_pylist() for key, place in places.items()}
            for at, number in enumerate(batch.column(ROW).to_pylist()):
                row = {key: _text(cells[key][at]) if key in cells else "" for key in NAMES}
                if any(row.values()):
                    yield f"{sheet.label}, row {number}", code, row
    if not read:
        headings = ", ".join(f"'{_heading(name)}'" for name in NEEDED)
        raise UserError(
            f"{path.name}: no sheet has the columns {headings} in its first row; found sheets {', '.join(sheets)}."
        )


def _heading(name: str, code: str = "") -> str:
    with speaking(code or language().code):
        return column(name).title


def _places(sheet: str, columns: Iterable[str]) -> tuple[dict[str, int], str]:
    """Where a sheet has each of NAMES, and the code of its language: that of the heading of decisions.

    Raises UserError for a column that is there twice.
    """
    known, own = _known(), language().code
    places: dict[str, int] = {}
    for place, text in enumerate(columns):
        name, code = known.get(" ".join(text.split()).casefold(), ("", ""))
        if name in places:
            raise UserError(f"{sheet}: the column '{text}' is there twice; expected it once.")
        if name:
            places[name] = place
        if name == "decision":
            own = code or own
    return places, own


def _known() -> dict[str, tuple[str, str]]:
    """NAMES by how a sheet may call them, each with the code of the language that does; a key is of none."""
    found = dict[str, tuple[str, str]]()
    for code in LANGUAGES:
        found |= {_heading(name, code).casefold(): (name, code) for name in NAMES}
    return found | {name: (name, "") for name in NAMES}


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)


def _decision(
    place: str,
    row: Mapping[str, str],
    accounts: Collection[str],
    known: tuple[dt.date, dt.date],
    on: dt.date | None,
    by: str,
) -> Decision | list[str]:
    """The decision of a row, or what is wrong with it; `known` are the days of the first order and of the extract."""
    mistakes = []
    account, (first, extracted_on) = row["account_id"], known
    if account not in accounts:
        expected = f"expected one that the book has, under '{_heading('account_id')}'"
        found = f"account '{_short(account)}' is not known" if account else "there is no account number"
        mistakes.append(f"{place}: {found}; {expected}.")
    action, recommended = decision_read(row["decision"]), decision_read(row["recommended"])
    for name, word in (("decision", action), ("recommended", recommended)):
        if word and word not in WORDS:
            offered = [decision_said(code) for code in OFFERED]
            near = difflib.get_close_matches(word, offered, n=1)
            hint = f"did you mean '{near[0]}'? Expected one of" if near else "expected one of"
            mistakes.append(
                f"{place}: '{_short(row[name])}' under '{_heading(name)}' is not known; {hint} {', '.join(offered)}."
            )
    day = _day(row["decided_on"]) if row["decided_on"] else on
    if day is None:
        told = f"'{_short(row['decided_on'])}' is no date" if row["decided_on"] else "there is no day of the decision"
        mistakes.append(
            f"{place}: {told}; expected a date such as {extracted_on} under '{_heading('decided_on')}', or --on DATE."
        )
    elif day < first:
        mistakes.append(
            f"{place}: the day of the decision is {day}; expected one from the book's first order of {first} on."
        )
    elif day > extracted_on + LATEST:
        mistakes.append(
            f"{place}: the day of the decision is {day}; expected one up to a year after the book's extract of "
            f"{extracted_on}."
        )
    if mistakes or day is None:
        return mistakes
    return Decision(account, day, action, recommended, row["decision_reason"], row["decided_by"] or by, place)


def _day(text: str) -> dt.date | None:
    """The day that a text names, a time at midnight left aside."""
    try:
        return dt.date.fromisoformat(text.removesuffix(" 00:00:00"))
    except ValueError:
        return None


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def _twice(found: Iterable[Decision]) -> list[str]:
    """What is wrong where two rows decide otherwise of one account on one day."""
    first: dict[tuple[str, dt.date], Decision] = {}
    mistakes = []
    for one in found:
        other = first.setdefault((one.account_id, one.decided_on), one)
        if (other.action, other.recommended, other.reason) != (one.action, one.recommended, one.reason):
            mistakes.append(
                f"{one.where}: account '{_short(one.account_id)}' has two decisions on {one.decided_on}: "
                f"'{one.action}' here, '{other.action}' in {other.where}; keep one."
            )
    return mistakes
