"""Pages of measured figures in docs: scripts of several rooms write into one, each between marks of its own."""

from __future__ import annotations

import textwrap
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "satisfaction_measured.md"
TITLE = "# Satisfaction, as measured"
INTRO = (
    "Written by the scripts in benchmarks, each between marks of its own, from their results in benchmarks/results. "
    "Seeds are numbered from 0 or 1 and none was left out or chosen."
)


def put(name: str, lines: list[str], page: Path = PAGE, title: str = TITLE) -> None:
    """Write a section, Markdown lines, in place of the one of this name, or at the end where there is none yet."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    text = page.read_text(encoding="utf-8") if page.is_file() else "\n".join([title, "", *wrapped([INTRO]), ""])
    body = "\n".join([begin, "", *wrapped(lines), "", end])
    if begin in text and end in text:
        before, after = text[: text.index(begin)], text[text.index(end) + len(end) :]
        text = before + body + after
    else:
        text = f"{text.rstrip()}\n\n{body}\n"
    page.write_text(text, encoding="utf-8")


def wrapped(lines: list[str]) -> list[str]:
    """Paragraphs and points of a list in lines of 118; tables, headings and empty lines as they are."""
    found: list[str] = []
    for line in lines:
        whole = line.startswith(("|", "#", "<!--")) or not line
        indent = "  " if line.startswith("- ") else ""
        found += [line] if whole else textwrap.wrap(line, 118, subsequent_indent=indent, break_on_hyphens=False)
    return found
