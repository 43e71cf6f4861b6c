"""Pages of notebooks run here, without kernels: the notebooks' own cells, one after the other."""

from __future__ import annotations

import csv
import re
from html import escape
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from bs4 import BeautifulSoup

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


class Page(NamedTuple):
    """A page as BeautifulSoup, and its text with single blanks."""

    soup: BeautifulSoup
    text: str


def page(html: str) -> Page:
    soup = BeautifulSoup(html, "html.parser")
    return Page(soup, " ".join(soup.get_text(" ").split()))


def written(folder: Path, **tables: list[dict[str, object]]) -> Path:
    """A folder of CSV files; a name that holds a dot in it is no table."""
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def order(account: str, day: str, revenue: float, **more: object) -> dict[str, object]:
    return {"account_id": account, "ordered_on": day, "revenue": revenue} | more


def page_of(name: str, tables: Path, patch: pytest.MonkeyPatch, **given: object) -> Page:
    """The page made of what a notebook's cells display, with these parameters; its tables go into the folder."""
    found: list[str] = []
    patch.setattr("IPython.display.display", lambda data, metadata=None, raw=False: found.append(data))
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    space: dict[str, object] = {}
    exec(cells[0], space)  # noqa: S102 -- the notebooks are the program's own
    given = {"quarter": "2026Q3", "tables": str(tables / name)} | given
    assert set(given) <= set(space)
    space |= given
    for source in cells[1:]:
        exec(source, space)  # noqa: S102
    html = [data.get("text/html") or f"<p>{escape(data['text/plain'])}</p>" for data in found]
    result = page("\n".join(html))
    odd = re.findall(r".{0,40}\b(?:nan|NaN|NaT|None|inf)\b.{0,20}", result.text)
    assert not odd, odd
    return result
