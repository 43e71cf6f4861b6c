"""English words left on a page that speaks another language: in its text, its figures, its tables and on the index."""

from __future__ import annotations

import re
import string
import warnings
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import nbformat
import pytest
from bs4 import BeautifulSoup
from pages import NOTEBOOKS, displayed

from crm_analysis.book import Book, open_book
from crm_analysis.book.contract import CONTRACT
from crm_analysis.errors import BookError
from crm_analysis.labels import CODED, COLUMNS, MIXED, code_said, column, label
from crm_analysis.labels.language import CHINESE, PAGE, _Missing, speaking
from crm_analysis.labels.language import words as said
from crm_analysis.report.render import About, page
from crm_analysis.report.tables import contents

if TYPE_CHECKING:
    from matplotlib.figure import Figure

mpl.use("agg")

ABBREVIATIONS = {
    *("NPS", "CSAT", "KPI", "XmR"),  # measures and charts that Chinese business writes so too
    *(
        "LMG",
        "PLS",
        "OLS",
        "Johnson",
        "Cox",
        "Gini",
        "Lorenz",
        "Shapley",
        "Wilson",
        "Brier",
    ),  # methods, and who they are named after
    *("BG", "NBD", "MBG", "CNBD", "Pareto", "Gamma"),  # models of orders: BG/NBD, MBG/CNBD-k, Pareto/NBD
    *("sBG", "BdW", "Weibull", "Holm"),  # models of retention, and a correction named after its author
    *("alpha", "beta", "kappa", "nu", "mu"),  # parameters, by their names in formulas
    *("RMSE", "MAE", "WAPE", "AUC", "ROC"),  # measures of errors, as in every Chinese textbook
    *("EUR", "CSV", "ERP", "CRM", "ID", "Excel", "Parquet"),  # currency, kinds of files, systems
}
IDENTIFIERS = {name for table in CONTRACT.values() for name in (table.name, *table.names)}
"""Names of tables and columns of the contract: what a reader types, in quotes, or alone in the cells of a table."""
TYPED = re.compile(
    r"""
    ['“][A-Za-z][\w.-]*['”]|`[^`]*`    # identifiers and commands in quotes
    |\btables/\S+|\b[\w-]+\.(?:toml|csv|parquet|xlsx|json|html|txt)\b  # files
    |\b\w*_\w+\b                       # names of columns and parameters
    |\[[a-z_.]+\]|\b[a-z_]+(?=\s=\s)   # sections and keys of book.toml
    |\b[pnR]\s*[<>=≥≤]                 # p = 0.03
    |\b\d{4}Q[1-4]\b|\b[A-D]\b|\bQ[1-4]\b
    """,
    re.VERBOSE | re.ASCII,
)
SEPARATORS = re.compile(r"[,、;；\s]+")
WORD = re.compile(r"[A-Za-z]{2,}(?![A-Za-z]*…)")
"""A word; not one that was cut, of a name too long for a figure."""
LONGEST = 160
"""Characters of a text that a finding shows."""


def english_left(name: str, book: Book | Path, folder: Path, code: str = CHINESE.code, **given: object) -> list[str]:
    """Texts of a notebook's page of a book that still show English when it speaks the language, each after the words.

    The notebook's cells run here with these parameters; their tables go into the folder. Read are the page as it is
    rendered, every text in its figures, and the tables, headlines and assumptions in the folder. Words of the book's
    own values are no finding, nor are names that a reader types. A message without translation is a finding too, and
    a character that the figures' font lacks is an error.
    """
    book = book if isinstance(book, Book) else open_book(book)
    own, found = _own(book), _Found(folder / name)
    with pytest.MonkeyPatch.context() as patch, speaking(code), warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing from")
        patch.setattr(_Missing, "pgettext", found.lacking)
        patch.setattr("crm_analysis.report.show.figure", found.figure)
        patch.setattr("crm_analysis.book.open_book", lambda *_: book)
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        parameters = {"quarter": "2026Q3", "tables": str(folder / name), "book": ""} | given
        for cell, outputs in zip(cells, displayed([cell.source for cell in cells], parameters, patch), strict=True):
            cell.outputs = deepcopy(outputs)
        found.page(page(notebook, label(f"part_{name}"), About(book.name, "2026Q3", "2026-09-30")))
        found.files()
    left = [
        f"{', '.join(words)}: {text if len(text) <= LONGEST else f'{text[:LONGEST]}…'}"
        for text in dict.fromkeys(found.texts)
        if (words := _words(text, own))
    ]
    return left + [f"no words for {message!r} ({context})" for context, message in found.missing]


class _Found:
    """The texts that a page shows, gathered as they are shown."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts: list[str] = []
        self.missing: dict[tuple[str, str], None] = {}

    def lacking(self, context: str, message: str) -> str:
        """Stands in for a message without translation: its places, with no words of their own."""
        self.missing[context, message] = None
        places = string.Formatter().parse(message)
        return "缺" + "".join(
            f"{{{place}{':' + form if form else ''}}}" for _, place, form, _ in places if place is not None
        )

    def figure(self, fig: Figure | Callable[[], Figure], alt: str, caption: str = "") -> None:
        """Stands in for `show.figure`: the figure is drawn, and every text in it read."""
        import matplotlib.pyplot as plt
        from matplotlib.text import Text

        try:
            fig = fig() if callable(fig) else fig
        except BookError:
            return
        assert alt
        fig.canvas.draw()
        texts = [text.get_text() for text in fig.findobj(Text) if text.get_visible()]
        self.texts += [alt, said(PAGE, caption), *texts]
        plt.close(fig)

    def page(self, html: str) -> None:
        """The texts of a page, attributes that are read aloud among them, but cells that hold identifiers alone."""
        soup = BeautifulSoup(html, "html.parser")
        for tag in soup(["head", "code"]):
            tag.decompose()
        for cell in soup(["td", "th"]):
            if set(SEPARATORS.split(cell.get_text().strip())) <= IDENTIFIERS:
                cell.decompose()
        self.texts += [" ".join(text.split()) for text in soup.get_text("\n").split("\n")]
        self.texts += [
            str(tag[name]) for name in ("alt", "title", "aria-label") for tag in soup.find_all(attrs={name: True})
        ]

    def files(self) -> None:
        """The headings and texts of all columns in the files, the headlines and the assumptions."""
        import pyarrow.parquet

        listed = contents(self.folder)
        for table in listed["tables"]:
            self.texts += [table["caption"], *(column(name).title for name in table["kinds"])]
            frame = pyarrow.parquet.read_table(self.folder / f"{table['name']}.parquet").to_pandas()
            for name, kind in table["kinds"].items():
                if kind == "text" and name not in CODED and not COLUMNS[name][0].endswith(", code"):
                    values = [value for value in dict.fromkeys(frame[name]) if isinstance(value, str)]
                    self.texts += [
                        code_said(value) if name in MIXED else value
                        for value in values
                        if not set(SEPARATORS.split(value)) <= IDENTIFIERS
                    ]
        self.texts += [str(one[key]) for one in listed["headlines"] for key in ("heading", "value", "sentence")]
        self.texts += [str(one["name"]) for one in listed["assumptions"]]


def _own(book: Book) -> set[str]:
    """Words of the book's own values; what the contract lists as the levels of a column is ours, not the book's."""
    found = set(WORD.findall(book.name))
    for table in book.tables:
        for name, kind in book.whole[table].schema().items():
            if kind.is_string() and not CONTRACT[table].column(name).levels:
                values = book.whole[table].select(name).distinct().execute()[name]
                found |= {word for value in values.dropna() for word in WORD.findall(value)}
    return found


def _words(text: str, own: set[str]) -> list[str]:
    """The English words of a text, each once."""
    return [word for word in dict.fromkeys(WORD.findall(TYPED.sub(" ", text))) if word not in own | ABBREVIATIONS]
