"""A block of the account brief: a heading, lines that each say what they tell of, and perhaps a small table.

Blocks are shorter than the tables and sentences of `show`: a page of them is read before a door opens.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from crm_analysis.errors import BookError
from crm_analysis.report.show import display_html

if TYPE_CHECKING:
    from collections.abc import Callable


class Line(NamedTuple):
    """What is told of, and one or more texts that tell it."""

    what: str
    words: tuple[str, ...]


class Grid(NamedTuple):
    """A small table: headings, rows of texts whose first heads its row, a note below, which columns are numbers."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    numbers: tuple[int, ...] = ()


class Block(NamedTuple):
    """A heading ("" for none), its lines, a table before them, and what kind of block it is for the page's style."""

    heading: str
    lines: tuple[Line, ...] = ()
    grid: Grid | None = None
    kind: str = ""


def block(made: Block | Callable[[], Block | None] | None) -> None:
    """Show a block, every text escaped; nothing for None, or where a function raises a BookError."""
    if callable(made):
        try:
            made = made()
        except BookError:
            return
    if made is not None and (made.lines or made.grid):
        display_html(plain(made), html(made))


def plain(made: Block) -> str:
    """The block as text, a line each."""
    rows = [made.heading] if made.heading else []
    if made.grid is not None:
        rows += [" | ".join(cells) for cells in (made.grid.headings, *made.grid.rows)]
        rows += [made.grid.note] if made.grid.note else []
    for what, words in made.lines:
        rows += [f"{what}: {one}" if what else one for one in words]
    return "\n".join(rows)


def html(made: Block) -> str:
    """The block as HTML."""
    heading = f"<h2>{escape(made.heading)}</h2>" if made.heading else ""
    lines = "".join(_line(one) for one in made.lines if one.what)
    bare = "".join(f"<p>{_whole(words)}</p>" for one in made.lines if not one.what for words in one.words)
    table = _table(made.grid, made.heading) if made.grid is not None else ""
    body = table + (f"<dl>{lines}</dl>" if lines else "") + bare
    return f'<section class="block{" " + made.kind if made.kind else ""}">{heading}{body}</section>'


def _line(one: Line) -> str:
    told = "".join(f"<dd>{_whole(words)}</dd>" for words in one.words)
    return f"<div><dt>{escape(one.what)}</dt>{told}</div>"


def _table(grid: Grid, name: str) -> str:
    ways = [' class="n"' if place in grid.numbers else "" for place in range(len(grid.headings))]
    head = "".join(f'<th scope="col"{way}>{escape(one)}</th>' for way, one in zip(ways, grid.headings, strict=True))
    body = "".join(
        f'<tr><th scope="row">{_whole(row[0])}</th>'
        + "".join(f"<td{way}>{_whole(one)}</td>" for way, one in zip(ways[1:], row[1:], strict=True))
        + "</tr>"
        for row in grid.rows
    )
    note = f'<p class="note">{_whole(grid.note)}</p>' if grid.note else ""
    box = f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">'
    return f"{box}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}"


def _whole(words: str) -> str:
    """The text escaped, with dates and amounts kept on one line.

    >>> _whole("until 2026-10-31 & more")
    'until <span>2026-10-31</span> &amp; more'
    """
    return _KEPT.sub(r"<span>\g<0></span>", escape(words))


_KEPT = re.compile(r"(?<![A-Za-z0-9])(?:\d{4}-\d\d-\d\d|[A-Z]{3} -?\d[\d,.]*\d|\d{4}年\d+月\d+日)")
