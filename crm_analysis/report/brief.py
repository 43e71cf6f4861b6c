"""The account brief as a page of its own: the notebook run for one account, written whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.errors import ReportError

if TYPE_CHECKING:
    from crm_analysis.brief import Brief

NAME = "account_brief"
FOLDER = Path("reports") / "briefs"
_HARMLESS = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80


def brief_page(home: str | Path, look: Brief, out: str | Path | None = None, *, progress: bool = True) -> Path:
    """Make the page of an account and put it in place; returns where it is.

    `home` is what the notebook opens as the book of `look`. Without `out` the page is
    reports/briefs/<account>-<day>.html. Raises ReportError for anything the user can mend; a page that was there is
    then untouched.
    """
    from crm_analysis.report.kernels import Job, run_notebooks
    from crm_analysis.report.render import About, page
    from crm_analysis.report.run import bar, folder, notebook

    place = Path(out) if out else FOLDER / file_name(look.account, look.day)
    ready(place)
    note = notebook(folder() / f"{NAME}.ipynb")
    given = {"book": os.path.abspath(home), "account": look.account, "as_of": str(look.day), "toml": ""}
    cells = sum(bool(cell.source) for cell in note.cells if cell.cell_type == "code")
    with bar(cells + 1, look.account, progress) as step:
        (run,) = run_notebooks([Job(NAME, note, folder(), given)], 1, None, step)
    run.notebook.cells = [cell for cell in run.notebook.cells if cell.cell_type == "code"]
    written(place, page(run.notebook, title(look), About(look.book.name, "", str(look.day)), "brief.html.j2"))
    return place


def coded(plain: Path, home: Path, account: str) -> str:
    """The account_id that the redacted copy of a kept book has for an account: its rows are in the same order."""
    from pyarrow.parquet import read_table

    ids, codes = (read_table(folder / "accounts.parquet", columns=["account_id"])[0] for folder in (plain, home))
    return str(codes[ids.index(account).as_py()])


def title(look: Brief) -> str:
    """The account's name, or its id where the book tells none."""
    from crm_analysis.brief.rows import rows_of

    name = rows_of(look.book, "accounts", look.account)["name"].iloc[0]
    return name if isinstance(name, str) and name.strip() else look.account


def file_name(account: str, day: dt.date) -> str:
    """A file name that every system takes; an id that is none gets a mark, so that no two accounts share a file.

    >>> file_name("A0000194", dt.date(2026, 9, 30))
    'A0000194-2026-09-30.html'
    >>> file_name("../x", dt.date(2026, 9, 30))
    'x-da36a57c-2026-09-30.html'
    """
    plain = _HARMLESS.sub("-", account).strip(".-")[:_LONGEST]
    if plain != account or not plain:
        mark = hashlib.sha256(account.encode()).hexdigest()[:8]
        plain = f"{plain}-{mark}" if plain else mark
    return f"{plain}-{day}.html"


def ready(place: Path) -> None:
    """Make the page's folder; ReportError, before any work, where no page can be written."""
    if place.is_dir():
        raise ReportError(f"{place}: is a folder; expected the name of a file, such as {place / 'brief.html'}.")
    if place.suffix.lower() not in (".html", ".htm"):  # rather than over a file of the book
        raise ReportError(f"{place}: is no name of a page; expected one that ends in .html.")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ReportError(f"{place}: the brief cannot be written there: {problem.strerror}.") from None
    if not os.access(place.parent, os.W_OK):
        raise ReportError(f"{place}: the brief cannot be written there: its folder is read-only.")


def written(place: Path, html: str) -> None:
    """Write the page beside its place, and move it there in one step."""
    beside = place.with_name(f".{place.name[:_LONGEST]}.{os.getpid()}")
    try:
        try:
            beside.write_text(html, encoding="utf-8", newline="\n")
            os.replace(beside, place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as problem:
        raise ReportError(f"{place}: the brief cannot be written there: {problem.strerror}.") from None
