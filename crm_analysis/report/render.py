"""A notebook that ran, as one HTML page that opens offline and in which nothing can run.

Only three things of a cell reach the page: HTML that `show` made, figures, and plain text, escaped.
Code, warnings and errors stay away. Markdown cells are ours; whatever was computed is data.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import ReportError
from crm_analysis.labels import label
from crm_analysis.labels.language import PAGE, day_said, language, words
from crm_analysis.report.sections import lacking_html, told

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from jinja2 import Environment
    from nbformat import NotebookNode

TEMPLATES = Path(__file__).parent / "templates"
ACTIVE = ("script", "iframe", "object", "embed", "form", "link", "base", "meta", "svg", "math")


@dataclass(frozen=True)
class About:
    """What every page says of its report: the book's name, quarter, the day looked from, and that of the extract."""

    book: str
    quarter: str
    as_of: str
    extracted: str = ""

    @property
    def day(self) -> dt.date:
        """The day."""
        return dt.date.fromisoformat(self.as_of)

    @property
    def looked(self) -> str:
        """The day in words, and that the book ends earlier, if it does."""
        if not self.extracted or self.extracted >= self.as_of:
            return label("as_of_day", day=self.day)
        return label("as_of_ended", day=self.day, last=dt.date.fromisoformat(self.extracted))


def page(notebook: NotebookNode, title: str, about: About, template: str = "page.html.j2") -> str:
    """The notebook as a page; the first heading of level 1 is its title, otherwise `title` is.

    The same notebook gives the same bytes. Raises ReportError if anything in the page would run or
    be loaded from elsewhere.
    """
    body = _body(notebook)
    first = body.find("h1")
    if first is not None:
        title = first.get_text()
        first.decompose()
    for heading in body.find_all("h1"):
        heading.name = "h2"
    _refuse_active(body, title)
    return (
        environment()
        .get_template(template)
        .render(about=about, title=title, headings=_anchored(body), body=str(body), home="index.html")
    )


def readable(notebook: NotebookNode) -> NotebookNode:
    """A copy in the language spoken; of code cells only outputs a reader may see, each with one kind of data.

    What is lacking stands at the end, see `sections`.
    """
    kept = copy.deepcopy(notebook)
    lacks = told(kept, blocks, lambda output: _reduced(output) is not None)
    for cell in kept.cells:
        if cell.cell_type == "markdown":
            cell.source = "\n\n".join(marks + words(PAGE, text) for marks, text in blocks(cell.source))
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_reduced, cell.outputs) if output is not None]
    kept.cells += _closing({reason: [words(PAGE, title) for title in titles] for reason, titles in lacks.items()})
    return kept


def _closing(lacks: dict[str, list[str]]) -> list[NotebookNode]:
    """The end of a page that lacks something: a heading and the list of it."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

    if not lacks:
        return []
    shown = new_output("display_data", {"text/html": lacking_html(lacks)})
    return [new_markdown_cell(f"## {label('lacking')}"), new_code_cell(outputs=[shown])]


def blocks(markdown: str) -> list[tuple[str, str]]:
    r"""The headings and paragraphs of a markdown cell, each as the marks of a heading (or nothing) and its text.

    >>> blocks("## In short\n\nThe numbers.")
    [('## ', 'In short'), ('', 'The numbers.')]
    """
    parts = [part.strip() for part in re.split(r"\n\s*\n", markdown) if part.strip()]
    return [(match[1], match[2]) for match in (re.match(r"(#+ |)(.*)\Z", part, re.DOTALL) for part in parts) if match]


@cache
def environment() -> Environment:
    """Our templates, with everything escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"label": label, "language": language, "day_said": day_said}
    return made


def _body(notebook: NotebookNode) -> BeautifulSoup:
    from bs4 import BeautifulSoup
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="notebook",
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=True,
        exclude_anchor_links=True,
    )
    html, _ = exporter.from_notebook_node(readable(notebook))
    return BeautifulSoup(html, "html.parser")


def _reduced(output: NotebookNode) -> NotebookNode | None:
    """The output with the one kind of data that is shown, or None if nothing of it is."""
    from nbformat.v4 import new_output

    if output.output_type == "stream":
        return output if output.name == "stdout" and output.text.strip() else None
    if output.output_type not in {"display_data", "execute_result"}:
        return None
    data, metadata = output.data, output.get("metadata", {})
    ours = metadata.get("crm_analysis", {})
    if "text/html" in data and ours.get("trusted") is True:
        return new_output("display_data", {"text/html": data["text/html"]})
    if "image/png" in data:
        return new_output("display_data", {"image/png": _base64(data)}, metadata=_figure(metadata))
    return new_output("display_data", {"text/plain": data["text/plain"]}) if "text/plain" in data else None


def _base64(data: Any) -> str:
    return re.sub(r"[^A-Za-z0-9+/=]", "", "".join(data["image/png"]))


def _figure(metadata: Any) -> dict[str, Any]:
    """What the template needs beside a figure's data, for it to escape: alt text, caption, size."""
    about = metadata.get("image/png", {})
    return {
        "alt": str(about.get("alt", "")),
        "caption": str(metadata.get("crm_analysis", {}).get("caption", "")),
        "width": int(about.get("width", 0)),
        "height": int(about.get("height", 0)),
    }


def _anchored(body: BeautifulSoup) -> list[dict[str, str]]:
    """Give every heading an anchor of its own; the headings of levels 2 and 3 for the contents."""
    taken: dict[str, int] = {}
    listed = []
    for heading in body.find_all(re.compile("h[2-6]")):
        text = heading.get_text()
        name = slug(text)
        taken[name] = taken.get(name, 0) + 1
        heading["id"] = name if taken[name] == 1 else f"{name}-{taken[name]}"
        if heading.name in {"h2", "h3"}:
            listed.append({"anchor": str(heading["id"]), "text": text, "level": heading.name})
    return listed


def slug(text: str) -> str:
    """The anchor of a heading.

    >>> slug("Who is at risk")
    'who-is-at-risk'
    """
    return "-".join(re.findall(r"\w+", text.lower())) or "section"


def _refuse_active(body: BeautifulSoup, title: str) -> None:
    """A last look, for what a markdown cell of our own may have brought in."""
    for tag in body.find_all(True):
        loads = [str(tag.get(name, "")) for name in ("src", "srcset", "poster", "background")]
        runs = [name for name in tag.attrs if name.lower().startswith("on")]
        target = re.sub(r"\s", "", str(tag.get("href", ""))).lower()
        if (
            tag.name in ACTIVE
            or runs
            or any(value and not value.startswith("data:image/") for value in loads)
            or target.startswith(("javascript:", "data:", "vbscript:"))
        ):
            raise ReportError(f"page {title!r}: <{tag.name}> would run or load something; take it out")
