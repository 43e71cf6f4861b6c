"""The action list as a workbook for the teams: a sheet each, to filter, to print, and to fill in with what is decided.

What is written into the empty columns comes back by `crm-analysis decide`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.labels import column, label
from crm_analysis.labels.language import bracketed, listed
from crm_analysis.plan.actions import ANSWER, OFFERED, SOON, by_owner, by_team
from crm_analysis.potential.advice.words import decision_said
from crm_analysis.report.cells import FORMATS, HEAD, MOST_ROWS, cut, new_workbook, sheet_names, write_cell

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from crm_analysis.report.render import About

ACTIONS, LISTS = "plan_actions", "action_lists.xlsx"
"""The table of a pack that holds the action list, and the workbook that is made of it."""
WIDTHS = {
    "name": 21, "account_id": 10, "to_do": 27, "reason": 31, "owner": 14, "due": 11, "class": 6, "grade": 7,
    "revenue": 11, "decision": 11, "decision_reason": 15, "decided_by": 9, "decided_on": 11, "recommended": 14,
}  # fmt: skip
"""The columns of a team's sheet, and how wide they are in characters: all of them fit a page that can be read."""
LINE, WIDE_LINE, HIGHEST = 15, 17, 405
"""Points of a line of a cell, of one in a script of wide letters, which are higher too, and of a row (at most 409)."""
WIDE = "\u2e7f"
"""The last letter before the scripts of wide letters."""
SHOWN = 500
"""Characters of a text beyond which a row would not fit a page; the files of the table hold all of it."""
_FILL, _LINES = "#FFF2CC", "#BFBFBF"
_A4 = 9
_FOOT = 60  # characters of each part of a footer, which holds 255 in all


def write_action_lists(path: Path, actions: pd.DataFrame, about: About, currency: str = "") -> None:
    """Write the action list (`plan_lists.actions` of the sentences): a summary, a sheet per team, the words to choose.

    A team with more rows than a sheet holds gets several. The same rows give the same bytes. Texts longer than SHOWN
    are cut and marked; account ids only where a cell ends.
    """
    parts = _parts(actions)
    summary, words = label("sheet_summary"), label("sheet_words")
    names = sheet_names([team or label("lists_other") for team, _ in parts], taken=(summary, words))
    with new_workbook(path) as book:
        formats = _formats(book)
        _write_summary(book.add_worksheet(summary), actions, _sheets_of(parts, names), about, currency, formats)
        for (team, rows), name in zip(parts, names, strict=True):
            _write_team(book.add_worksheet(name), rows, team, about, currency, formats)
        _write_words(book.add_worksheet(words), about, formats)


def _parts(actions: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each sheet, with their team, in the order of the list."""
    parts = []
    for team, rows in actions.groupby("team", sort=False, dropna=False):
        known = team if isinstance(team, str) else ""
        parts += [(known, rows.iloc[start : start + MOST_ROWS]) for start in range(0, len(rows), MOST_ROWS)]
    return parts


def _sheets_of(parts: Sequence[tuple[str, pd.DataFrame]], names: Sequence[str]) -> dict[str, str]:
    """The sheets of each team, in words."""
    found: dict[str, list[str]] = {}
    for (team, _), name in zip(parts, names, strict=True):
        found.setdefault(team, []).append(name)
    return {team: listed(sheets) for team, sheets in found.items()}


def _formats(book: Workbook) -> dict[str, Format]:
    lines = {"valign": "top", "border": 4, "border_color": _LINES}
    codes = FORMATS | {"money": "#,##0"}  # cents would take the room of a reason
    formats = {kind: book.add_format({"num_format": code} | lines) for kind, code in codes.items()}
    formats["text"].set_text_wrap()
    formats["date"].set_align("center")
    formats |= {
        "head": book.add_format(HEAD),
        "answer": book.add_format(HEAD | {"bg_color": _FILL}),
        "fill": book.add_format({"bg_color": _FILL}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "part": book.add_format({"bold": True, "font_size": 12}),
        "words": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    return formats


def _write_team(
    sheet: Worksheet, rows: pd.DataFrame, team: str, about: About, currency: str, formats: dict[str, Format]
) -> None:
    names = list(WIDTHS)
    last, end = len(names) - 1, len(rows)
    for place, name in enumerate(names):
        sheet.set_column(place, place, WIDTHS[name], formats[column(name).kind] if name in ANSWER else None)
    for place, name in enumerate(names):
        sheet.write_string(0, place, _title(name, currency), formats["answer" if name in ANSWER else "head"])
    _laid_out(sheet, about, team)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, end, last)
    sheet.repeat_rows(0)
    _ask(sheet, names, end, formats)
    sheet.set_row(0, 2 * LINE)
    _write_rows(sheet, 1, rows, names, formats, WIDTHS)


def _write_rows(
    sheet: Worksheet, row: int, rows: pd.DataFrame, names: Sequence[str], formats: dict[str, Format],
    wide: Mapping[str, int] | None = None,
) -> int:  # fmt: skip
    """Write the rows from `row` on; returns the row after the last. `wide`: a row is as high as these widths need."""
    filled = [(place, name) for place, name in enumerate(names) if rows[name].notna().any()]
    kinds = {name: column(name).kind for _, name in filled}
    texts = {name: [_shown(value, name) for value in rows[name]] for name, kind in kinds.items() if kind == "text"}
    lines = _lines({name: texts[name] for name in texts if name not in ANSWER}, wide) if wide else None
    writers = [(place, kinds[name], formats[kinds[name]]) for place, name in filled]
    for at, values in enumerate(zip(*(texts.get(name, rows[name]) for _, name in filled), strict=True)):
        if lines is not None and lines[at] > 1:
            sheet.set_row(row, min(int(lines[at]) * (WIDE_LINE if _wide(values) else LINE), HIGHEST))
        for (place, kind, shown), value in zip(writers, values, strict=True):
            write_cell(sheet, row, place, value, kind, shown)
        row += 1
    return row


def _wide(values: Sequence[Any]) -> bool:
    """Whether a text among the values has wide letters."""
    return any(isinstance(one, str) and not one.isascii() and max(one) > WIDE for one in values)


def _shown(value: Any, name: str) -> Any:
    return value if name == "account_id" or not isinstance(value, str) else cut(value, SHOWN)


def _lines(texts: Mapping[str, Sequence[Any]], wide: Mapping[str, int]) -> NDArray[np.int64]:
    """How many lines each row needs, generously: not every program makes rows as high as their texts when it opens."""
    most = np.ones(len(next(iter(texts.values()))), dtype="int64")
    for name, values in texts.items():
        # scripts of wide letters need twice the room; a little more, as words do not wrap where lines end
        sizes = [len(one) if one.isascii() else sum(2 if letter > WIDE else 1 for letter in one)
                 for one in ("" if value is None else str(value) for value in values)]  # fmt: skip
        breaks = [value.count("\n") if isinstance(value, str) else 0 for value in values]
        wraps = np.ceil(np.array(sizes) * 1.05 / wide[name]).astype("int64")
        most = np.maximum(most, np.where(np.array(sizes) < wide[name], 1, wraps) + np.array(breaks, dtype="int64"))
    return most


def _ask(sheet: Worksheet, names: Sequence[str], end: int, formats: dict[str, Format]) -> None:
    """What may be written into the empty columns; coloured by a condition, so that no cell of theirs is written."""
    words = label("sheet_words")
    first, last = names.index(ANSWER[0]), names.index(ANSWER[-1])
    sheet.conditional_format(1, first, end, last, {"type": "no_errors", "format": formats["fill"]})
    sheet.data_validation(
        1, first, end, first,
        {
            "validate": "list",
            "source": f"='{words}'!$A$2:$A${len(OFFERED) + 1}",
            "input_message": label("lists_word_given", words=words),
            "error_message": label("lists_word_found", words=words),
        },
    )  # fmt: skip
    sheet.data_validation(
        1, last, end, last,
        {
            "validate": "date",
            "criteria": "between",
            "minimum": dt.date(1950, 1, 1),
            "maximum": dt.date(2199, 12, 31),
            "input_message": label("lists_day_given"),
            "error_message": label("lists_day_found"),
        },
    )  # fmt: skip


def _write_summary(
    sheet: Worksheet, actions: pd.DataFrame, sheets: dict[str, str], about: About, currency: str,
    formats: dict[str, Format],
) -> None:  # fmt: skip
    for place, wide in enumerate((28, 30, 10, 10, 12, 16)):
        sheet.set_column(place, place, wide)
    _laid_out(sheet, about, label("sheet_summary"))
    title = label("lists_title", book=about.book, quarter=about.quarter)
    sheet.write_string(0, 0, cut(title, SHOWN), formats["title"])
    _paragraph(sheet, 1, label("lists_day", day=about.day, days=SOON), 15, formats)
    _paragraph(sheet, 2, label("lists_how", words=label("sheet_words")), 48, formats)
    if not len(actions):
        sheet.write_string(4, 0, label("lists_nothing"), formats["part"])
        return
    teams = by_team(actions, about.as_of)
    total = teams.sum(numeric_only=True).to_frame().T.assign(team=label("lists_total"), sheets=None)
    teams = teams.assign(sheets=teams["team"].map(sheets))
    teams["team"] = teams["team"].replace("", label("lists_other"))
    for name in ("actions", "due_soon", "unowned"):
        total[name] = total[name].astype("int64")
    columns = ["team", "sheets", "actions", "due_soon", "unowned", "revenue"]
    row = _write_part(sheet, 4, label("lists_by_team"), columns, currency, formats)
    for table in (teams, total):
        row = _write_rows(sheet, row, table, columns, formats)
    people = by_owner(actions, about.as_of)
    people["team"] = people["team"].replace("", label("lists_other"))
    columns = ["team", "owner", "actions", "due_soon", "first_due", "revenue"]
    row = _write_part(sheet, row + 1, label("lists_by_person"), columns, currency, formats)
    _write_rows(sheet, row, people, columns, formats)


def _write_part(
    sheet: Worksheet, row: int, title: str, columns: Sequence[str], currency: str, formats: dict[str, Format]
) -> int:
    """The title and the headings of a table; returns the row after them."""
    sheet.write_string(row, 0, title, formats["part"])
    for place, name in enumerate(columns):
        sheet.write_string(row + 1, place, _title(name, currency), formats["head"])
    return row + 2


def _paragraph(sheet: Worksheet, row: int, words: str, high: int, formats: dict[str, Format]) -> None:
    """A sentence across the page, in a row so many points high: a merged cell does not grow by itself."""
    sheet.set_row(row, high)
    sheet.merge_range(row, 0, row, 5, "", formats["words"])
    sheet.write_string(row, 0, cut(words), formats["words"])


def _write_words(sheet: Worksheet, about: About, formats: dict[str, Format]) -> None:
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 70)
    _laid_out(sheet, about, label("sheet_words"))
    for place, name in enumerate(("word", "meant")):
        sheet.write_string(0, place, column(name).title, formats["head"])
    sheet.freeze_panes(1, 0)
    for row, (word, key) in enumerate(OFFERED.items(), start=1):
        sheet.write_string(row, 0, decision_said(word), formats["text"])
        sheet.write_string(row, 1, label(key), formats["text"])


def _laid_out(sheet: Worksheet, about: About, part: str) -> None:
    """For paper: across, one page wide, with the book, the quarter, the part and the number of the page below."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
    left, middle = (_foot(words) for words in (label("lists_foot", book=about.book, quarter=about.quarter), part))
    sheet.set_footer(f"&L{left}&C{middle}&R{label('lists_page', page='&P', pages='&N')}")


def _foot(words: str) -> str:
    """Words as a footer takes them: its own signs begin with &."""
    return cut(" ".join(words.split()), _FOOT).replace("&", "&&")


def _title(name: str, currency: str) -> str:
    shown: Any = column(name)
    return str(shown.title) + bracketed(currency if shown.kind == "money" else "")
