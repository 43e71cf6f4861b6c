"""Sections of a page that have something to say; those that have not stand in one list at its end, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from crm_analysis.labels import label
from crm_analysis.labels.language import clauses

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

LACK = "lack"
"""In an output's metadata: it says why there is nothing to show, and these are its words."""


@dataclass
class Section:
    """A heading, its level, and what is below it up to the next one; the first section of a page has no heading."""

    title: str = ""
    level: int = 0
    cells: int = 0
    outputs: list[NotebookNode] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    @property
    def lacks(self) -> list[str]:
        """Why there is nothing to show, each reason once."""
        return list(dict.fromkeys(filter(None, map(lack, self.outputs))))

    @property
    def speaks(self) -> bool:
        """True if something is shown; a section without code is there for its text."""
        return not self.cells or any(lack(output) is None for output in self.outputs)


def lack(output: NotebookNode) -> str | None:
    """What an output says is lacking; None of one that shows something."""
    found: Any = output.get("metadata", {}).get("crm_analysis", {}).get(LACK)
    return found


def told(
    notebook: NotebookNode, blocks: Callable[[str], list[tuple[str, str]]], shown: Callable[[NotebookNode], bool]
) -> dict[str, list[str]]:
    """Take the sections out of a notebook below which nothing is shown; returns their titles by what they lack.

    `blocks` divides a markdown cell, `shown` tells what of a code cell's outputs reaches the page. In a section that
    stays, what is lacking is said once.
    """
    _flag(notebook)
    sections, place = [Section()], []
    for cell in notebook.cells:
        own = []
        if cell.cell_type == "markdown":
            for marks, text in blocks(cell.source):
                if marks:
                    sections.append(Section(text, len(marks.strip())))
                own.append((len(sections) - 1, f"{marks}{text}"))
        elif cell.cell_type == "code" and cell.source:
            sections[-1].cells += 1
            sections[-1].outputs += filter(shown, cell.outputs)
            own = [(len(sections) - 1, "")]
        place.append(own)
    kept = [_stays(sections, at) for at in range(len(sections))]
    for cell, own in zip(notebook.cells, place, strict=True):
        if cell.cell_type == "markdown":
            cell.source = "\n\n".join(text for at, text in own if kept[at])
        elif own:
            section = sections[own[0][0]]
            cell.outputs = _once(cell.outputs, section.said) if kept[own[0][0]] else []
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "markdown" or cell.source]
    found: dict[str, list[str]] = {}
    for section, stays in zip(sections, kept, strict=True):
        for reason in () if stays else section.lacks:
            found.setdefault(reason, []).append(section.title)
    return found


def _flag(notebook: NotebookNode) -> None:
    """Flag sentences that say in passing what is said to be lacking elsewhere on the page."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    reasons = set(filter(None, map(lack, outputs)))
    for output in outputs:
        if output.get("data", {}).get("text/plain") in reasons:
            output.metadata.setdefault("crm_analysis", {})[LACK] = output.data["text/plain"]


def lacking_html(reasons: dict[str, list[str]]) -> str:
    """The list of what a page cannot tell, everything in it escaped."""
    rows = "".join(
        f"<li>{escape(reason)} <span>{escape(label('lacking_sections', sections=clauses(titles)))}</span></li>"
        for reason, titles in reasons.items()
    )
    return f'<ul class="lacking">{rows}</ul>'


def _stays(sections: list[Section], at: int) -> bool:
    """True if a section or one below it speaks; a section without code of its own stays with those below it."""
    own = sections[at]
    below = []
    for section in sections[at + 1 :]:
        if section.level <= own.level:
            break
        below.append(section)
    if own.level < 2:  # the beginning of the page and its title
        return True
    if below and not own.cells:
        return any(section.speaks for section in below)
    return own.speaks or any(section.cells and section.speaks for section in below)


def _once(outputs: list[NotebookNode], said: set[str]) -> list[NotebookNode]:
    """The outputs without a reason that is among those `said` already; the others are then."""
    kept = []
    for output in outputs:
        reason = lack(output)
        if reason is None or reason not in said:
            kept.append(output)
            said.update([reason] if reason else ())
    return kept
