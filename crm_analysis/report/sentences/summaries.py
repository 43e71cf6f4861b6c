"""What `crm-analysis summaries` did and found, in sentences."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import BookError
from crm_analysis.labels import label
from crm_analysis.labels.language import clauses, listed, sentences
from crm_analysis.report.sentences import counted
from crm_analysis.report.values import is_missing
from crm_analysis.summaries.useful import ALIKE, FORTNIGHT, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from crm_analysis.book.appended import Kept
    from crm_analysis.summaries.collect import Collected
    from crm_analysis.summaries.overview import Overview

SHOWN = 20
"""Rows of a table that a terminal shows at most."""


def kept_said(kept: Kept) -> str:
    """How many summaries were added to which file, and how many were there."""
    parts = [counted(kept.added, "summary_added")]
    if kept.there:
        parts.append(label("summary_there", n=f"{kept.there:,}"))
    return f"{kept.file}: {clauses(parts)}"


def no_pages_said(folder: Path, templates: Sequence[Path]) -> list[str]:
    """How to go on in a folder without pages."""
    return [label("summary_template", file=path) for path in templates] + [label("summary_no_pages", folder=folder)]


def others_said(others: Sequence[str]) -> str:
    """Which files were not read; empty if none."""
    return label("summary_others", files=listed(others)) if others else ""


def expected_said(look: Overview) -> str:
    """What is expected of whom, and how many summaries of the last fortnight are missing.

    Raises BookError where the book does not tell who serves which account.
    """
    key = "summary_key_expected" if look.expects_key else "summary_each_expected"
    missing = int(look.by_rep["summary_missing"].sum())
    told = counted(missing, "summary_missing") if missing else label("summary_missing_none")
    return sentences(label(key, start=look.days[0] + dt.timedelta(days=1), day=look.day), told)


def unheard_said(look: Overview, shown: int) -> str:
    """How many accounts with contacts have no summary since; raises BookError where the book has no contacts."""
    many = len(look.unheard)
    if not many:
        return label("summary_unheard_none")
    return sentences(counted(many, "summary_unheard"), label("summary_shown", n=shown) if many > shown else "")


def rule_said(look: Overview) -> str:
    """By which rule a summary counts as complete, timely and specific; or that there is none to judge."""
    if not look.judged:
        return label("summary_judged_none")
    rule = label("summary_rule", fortnight=FORTNIGHT, words=WORDS, share=f"{ALIKE:.0%}")
    return sentences(rule, label("summary_counts_only"))


def lines_of(found: Collected) -> Iterator[str | pd.DataFrame]:
    """What a terminal is shown: sentences, and tables between empty lines."""
    look = found.overview
    if found.kept is None:
        yield from no_pages_said(found.folder, found.templates)
    else:
        yield kept_said(found.kept)
    if found.read.others:
        yield others_said(found.read.others)
    parts: list[tuple[Callable[[], str], Callable[[], list[pd.DataFrame]]]] = [
        (lambda: expected_said(look), lambda: [look.by_rep]),
        (lambda: unheard_said(look, SHOWN), lambda: [look.unheard]),
        (lambda: rule_said(look), lambda: [look.useful_by_rep, look.useful]),
    ]
    for said, tables in parts:
        yield ""
        try:
            yield said()
        except BookError as lack:
            yield str(lack)
            continue
        for table in tables():
            if len(table):
                yield ""
                yield table.head(SHOWN) if tables is parts[1][1] else table


def json_of(found: Collected) -> dict[str, Any]:
    """The same for a program: everything by name, tables as lists of rows, null where the book cannot tell."""
    look, kept = found.overview, found.kept
    return {
        "folder": str(found.folder),
        "book": look.book.name,
        "on": look.day.isoformat(),
        "file": str(kept.file) if kept else None,
        "added": kept.added if kept else 0,
        "there": kept.there if kept else 0,
        "templates": [str(path) for path in found.templates],
        "not_read": list(found.read.others),
        "who_has_written": _rows(lambda: look.by_rep),
        "no_summary_since": _rows(lambda: look.unheard),
        "useful": _rows(lambda: look.useful),
        "useful_by_rep": _rows(lambda: look.useful_by_rep),
        "exit_code": 0,
    }


def _rows(table: Callable[[], pd.DataFrame]) -> list[dict[str, Any]] | None:
    try:
        rows = table().to_dict("records")
    except BookError:
        return None
    return [{str(name): _bare(value) for name, value in row.items()} for row in rows]


def _bare(value: Any) -> Any:
    """A cell as JSON has it: days as text, missing ones null."""
    if is_missing(value) and not isinstance(value, str):
        return None
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    return value.item() if hasattr(value, "item") else value
