"""Small notebooks for the report's tests, and what a hostile book could hold."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x","y")',
    '"><img src=x onerror=alert(1)>',
    "[click](javascript:alert(1))",
    "{{ 7*7 }}",
    "\uff1d1+1",
    "@SUM(1)",
    "ctrl\x01\x1f",
)
PARAMETERS = 'book: str = ""\nquarter: str = "2026Q3"\ntables: str = ""'
IMPORTS = "from crm_analysis.report.show import figure, headline, sentence, show"


def notebook(*cells: str, parameters: str = PARAMETERS) -> nbformat.NotebookNode:
    """A notebook: cells that begin with # are markdown, all others code after the parameters."""
    made = new_code_cell(parameters)
    made.metadata["tags"] = ["parameters"]
    rest = [new_markdown_cell(c) if c.startswith("#") else new_code_cell(c) for c in cells]
    return new_notebook(cells=[made, *rest])


def folder_of(place: Path, **notebooks: nbformat.NotebookNode) -> Path:
    """A folder that holds the notebooks under their names, without a kernel's name in them."""
    place.mkdir(parents=True, exist_ok=True)
    for name, made in notebooks.items():
        nbformat.write(made, place / f"{name}.ipynb")
    return place
