"""Pages of notebooks run here, without kernels: the notebooks' own cells, one after the other."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_output

from crm_analysis.errors import BookError
from crm_analysis.report.kernels import Job, Run

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

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


def displayed(
    sources: list[str], parameters: dict[str, object], patch: pytest.MonkeyPatch
) -> list[list[nbformat.NotebookNode]]:
    """What each of a notebook's cells displays; the first holds the parameters, which are then given these values."""
    found: list[list[nbformat.NotebookNode]] = []

    def display(data: dict[str, str], metadata: dict[str, object] | None = None, raw: bool = False) -> None:
        found[-1].append(new_output("display_data", data, metadata=metadata or {}))

    patch.setattr("IPython.display.display", display)
    space: dict[str, object] = {}
    for source in sources:
        found.append([])
        exec(source, space)  # noqa: S102 -- the notebooks are the program's own
        if len(found) == 1:
            assert set(parameters) <= set(space)
            space |= parameters
    return found


def run_here(jobs: Sequence[Job], *_: object) -> list[Run]:
    """Stands in for `kernels.run_notebooks`: the cells run here, one notebook after the other."""
    runs = []
    for job in jobs:
        notebook = deepcopy(job.notebook)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        with pytest.MonkeyPatch.context() as patch:
            found = displayed([cell.source for cell in cells], job.parameters, patch)
        for cell, outputs in zip(cells, found, strict=True):
            cell.outputs = outputs
        runs.append(Run(job.part, notebook, 0.0))
    return runs


def shown(name: str, book: object, folder: Path, **given: object) -> tuple[Page, Path]:
    """The page that a notebook makes of a book, and the folder of its tables; figures are drawn and thrown away."""

    def figure(fig: Figure | Callable[[], Figure], alt: object) -> None:
        with contextlib.suppress(BookError):
            plt.close(fig() if callable(fig) else fig)
            assert alt

    import matplotlib.pyplot as plt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm_analysis.report.show.figure", figure)
        patch.setattr("crm_analysis.book.open_book", lambda *_: book)
        return page_of(name, folder, patch, book="", **given), folder / name


def table_of(folder: Path, name: str) -> pd.DataFrame:
    """A table that the page of the folder wrote."""
    import pyarrow.parquet as pq

    return pq.read_table(folder / f"{folder.name}_{name}.parquet").to_pandas()


def page_of(name: str, tables: Path, patch: pytest.MonkeyPatch, **given: object) -> Page:
    """The page made of what a notebook's cells display, with these parameters; its tables go into the folder."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    found = displayed(cells, {"quarter": "2026Q3", "tables": str(tables / name)} | given, patch)
    data = [output.data for outputs in found for output in outputs]
    html = [own.get("text/html") or f"<p>{escape(own['text/plain'])}</p>" for own in data]
    result = page("\n".join(html))
    odd = re.findall(r".{0,40}\b(?:nan|NaN|NaT|None|inf)\b.{0,20}", result.text)
    assert not odd, odd
    return result
