"""A report pack from a book: notebooks, pages, tables, workbook, index, manifest, publication."""

from __future__ import annotations

import calendar
import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crm_analysis.errors import ReportError
from crm_analysis.labels import label
from crm_analysis.labels.language import PARAMETER, language, listed, words
from crm_analysis.periods import quarters_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from crm_analysis.report.kernels import Run
    from crm_analysis.report.parameters import Declared
    from crm_analysis.report.render import About


class Part(NamedTuple):
    """A page of the pack and the notebook that makes it.

    One that comes `after` the others compares their tables with those of the quarter before.
    """

    name: str
    notebook: str
    after: bool = False


WORK = ".work"  # in a pack being built: what its notebooks write
PARTS = (
    Part("data_check", "data_check.ipynb"),
    Part("segmentation", "segmentation.ipynb"),
    Part("value", "value.ipynb"),
    Part("retention", "retention.ipynb"),
    Part("satisfaction", "satisfaction.ipynb"),
    Part("potential", "potential.ipynb"),
    Part("plan", "plan.ipynb"),
    Part("what_if", "what_if.ipynb"),
    Part("kpi", "kpi.ipynb"),
    Part("since", "since.ipynb", after=True),
)


def report(
    book: str | Path,
    quarter: str,
    out: str | Path = "reports",
    only: Sequence[str] | None = None,
    jobs: int = 2,
    parameters: Mapping[str, Any] | None = None,
    *,
    notebooks: str | Path | None = None,
    name: str = "",
    as_of: str = "",
    extracted: str = "",
    inputs: Mapping[str, str] | None = None,
    assumptions: Sequence[str] = (),
    skipped: Mapping[str, str] | None = None,
    redaction: str = "",
    timeout: int | None = None,
    progress: bool = True,
    pdf: bool = False,
) -> Path:
    """Make the pack of a quarter and publish it; returns `<out>/<quarter>/index.html`.

    `only` limits the parts, `jobs` is how many notebooks run at once, `parameters` are given to the
    notebooks that declare them. `name` is the book's (default: its folder's), `as_of` an ISO date
    (default: the quarter's last day), `extracted` that of the extract; `inputs` are SHA-256 sums by path, `skipped`
    reasons by part, `redaction` marks the key of codes that stand for names, `timeout` is seconds a cell. A bar on
    stderr shows progress. With `pdf` all pages are in report.pdf too, which needs a browser. The pack is
    in the language spoken (`labels.language`).

    Raises ReportError for anything the user can mend; the report published before is then
    untouched, as it is after Ctrl-C.
    """
    from crm_analysis.report.index import index
    from crm_analysis.report.kernels import Job, run_notebooks
    from crm_analysis.report.manifest import write_manifest
    from crm_analysis.report.parameters import AFTER, OURS, chosen, declared, effective
    from crm_analysis.report.pdf import NAME, printer, write_pdf
    from crm_analysis.report.publish import discard, new_pack, publish
    from crm_analysis.report.render import About

    if not os.path.exists(book):
        raise ReportError(f"no book at {book}")
    if pdf:
        printer()  # rather now than after the notebooks
    if jobs < 1:
        raise ReportError(f"at least one notebook must run at a time; found {jobs} jobs")
    about = About(name or Path(os.path.abspath(book)).name, quarter, as_of or last_day(quarter), extracted)
    last_day(quarter)  # raises for what is no quarter
    earlier = Path(os.path.abspath(out)) / quarters_back(quarter, 1)
    left_out = _nothing_before(only, earlier) | dict(skipped or {})
    wanted = parts(only, left_out)
    later = [part.name for part in wanted if part.after]
    pack = new_pack(Path(out), quarter)
    try:
        work = pack.folder / WORK
        notes = {part.name: notebook(folder(notebooks) / part.notebook) for part in wanted}
        ours = {part: AFTER if part in later else OURS for part in notes}
        known = {part: declared(note, part, ours[part]) for part, note in notes.items()}
        extra = chosen(known, parameters or {})
        values = {part: effective(known[part], extra[part]) for part in notes}
        facts: dict[str, Any] = {"book": about.book, "quarter": about.quarter, "as_of": about.as_of}
        facts |= {"extracted": extracted} if extracted else {}
        facts |= {"language": language().code}
        facts |= {"redacted": True, "redaction": redaction} if redaction else {}
        every = {"book": os.path.abspath(book), "quarter": quarter, "now": str(work), "before": str(earlier)}
        prepared = {}
        for part, note in notes.items():
            tables = work / part
            tables.mkdir(parents=True)
            given = every | {"tables": str(tables)}
            own = {name: given[name] for name in ours[part]}
            prepared[part] = Job(part, note, folder(notebooks), own | extra[part])
        cells = sum(bool(c.source) for note in notes.values() for c in note.cells if c.cell_type == "code")
        with bar(cells + len(prepared), quarter, progress) as step:
            first = [job for part, job in prepared.items() if part not in later]
            runs = run_notebooks(first, min(jobs, len(first)), timeout, step)
            if later:
                write_manifest(work, facts, inputs or {}, values, {}, pack.links)  # what they compare with
                runs += run_notebooks([prepared[part] for part in later], 1, timeout, step)
        found = _write_pages(pack.folder, about, runs)
        noted = [entry["name"] for shown in found.values() for entry in shown["assumptions"]]
        said = [*assumptions, *noted, *_said(known, extra)]
        _write(pack.folder / "index.html", index(about, found, said, left_out, pdf=NAME if pdf else ""))
        if pdf:
            write_pdf(pack.folder, [run.part for run in runs])
        seconds = {run.part: run.seconds for run in runs}
        write_manifest(pack.folder, facts, inputs or {}, values, seconds, pack.links)
        return publish(pack) / "index.html"
    finally:
        discard(pack)


def last_day(quarter: str) -> str:
    """The quarter's last day, ISO; ReportError for anything not written like 2026Q3.

    >>> last_day("2026Q1")
    '2026-03-31'
    """
    from crm_analysis.report.publish import QUARTER

    if not QUARTER.match(quarter) or quarter < "0001":
        raise ReportError(f"a quarter is written like 2026Q3; found {quarter!r}")
    year, month = int(quarter[:4]), 3 * int(quarter[5])
    return f"{year:04}-{month:02}-{calendar.monthrange(year, month)[1]}"


def _nothing_before(only: Sequence[str] | None, earlier: Path) -> dict[str, str]:
    """The parts to leave out as there is no report of the quarter before, each with the reason.

    ReportError where nothing but such a part is asked for: it compares what the others make.
    """
    from crm_analysis.report.manifest import NAME
    from crm_analysis.report.since.packs import pack

    later = {part.name for part in PARTS if part.after}
    if only and set(only) <= later:
        raise ReportError(f"the page {only[0]} compares what the other pages find; ask for some of them with it")
    key = "since_broken" if (earlier / NAME).is_file() else "since_skipped"
    with contextlib.suppress(ReportError):
        pack(earlier)
        return {}
    return {name: label(key, quarter=earlier.name) for name in later if not only or name in only}


def parts(only: Sequence[str] | None = None, skipped: Mapping[str, str] | None = None) -> list[Part]:
    """The parts to make, in the order of the pack; ReportError for a name that is none of them."""
    known = [part.name for part in PARTS]
    for given in [*(only or []), *(skipped or {})]:
        if given not in known:
            raise ReportError(f"the report has no part {given!r} (known: {', '.join(known)})")
    found = [p for p in PARTS if (not only or p.name in only) and p.name not in (skipped or {})]
    if not found:
        raise ReportError("nothing is left to report: every part asked for is skipped")
    return found


def folder(notebooks: str | Path | None = None) -> Path:
    """Where the notebooks are: the given folder, the installed package's, or the checkout's."""
    package = Path(__file__).resolve().parents[1]
    places = [Path(notebooks)] if notebooks else [package / "_notebooks", package.parent / "notebooks"]
    for place in places:
        if place.is_dir():
            return place.absolute()
    raise ReportError(f"no folder of notebooks at {places[-1]}")


def notebook(path: Path) -> Any:
    """A notebook without its outputs; ReportError if it is none."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise ReportError(f"notebook {path} is missing") from None
    except (ValueError, nbformat.ValidationError) as error:
        raise ReportError(f"{path} is not a notebook ({type(error).__name__})") from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _write_pages(pack: Path, about: About, runs: Sequence[Run]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Write the pages, gather the tables from the notebooks' own folders, write the workbooks.

    Returns what each notebook listed; its folder is gone afterwards.
    """
    from crm_analysis.report.action_lists import ACTIONS, LISTS, write_action_lists
    from crm_analysis.report.choice import settled
    from crm_analysis.report.render import page
    from crm_analysis.report.tables import contents
    from crm_analysis.report.workbook import write_workbook

    for run in runs:
        _write(pack / f"{run.part}.html", page(run.notebook, label(f"part_{run.part}"), about))
    work, tables = pack / WORK, pack / "tables"
    found = {run.part: contents(work / run.part) for run in runs}
    settled(work, found)
    tables.mkdir()
    for part, shown in found.items():
        for table in shown["tables"]:
            for ending in ("csv", "parquet"):
                place = tables / f"{table['name']}.{ending}"
                if place.exists():
                    raise ReportError(f"two notebooks write a table {table['name']!r}; {part} is one of them")
                os.replace(work / part / place.name, place)
    shutil.rmtree(work)
    listed = [table for shown in found.values() for table in shown["tables"]]
    write_workbook(pack / "tables.xlsx", tables, listed)
    for table in listed:
        if table["name"] == ACTIONS:
            write_action_lists(pack / LISTS, _frame(tables / f"{ACTIONS}.parquet"), about, table["currency"])
    return found


def _frame(path: Path) -> pd.DataFrame:
    import pyarrow.parquet

    return pyarrow.parquet.read_table(path).to_pandas(date_as_object=False)


def _said(known: Mapping[str, Mapping[str, Declared]], values: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Every parameter the user gave in words: those of its notebook, and the value it had."""
    return [
        label(
            "parameter",
            part=label(f"part_{part}"),
            words=words(PARAMETER, known[part][name].help) or name,
            value=listed(map(str, value)) if isinstance(value, list | tuple) else value,
        )
        for part, own in values.items()
        for name, value in own.items()
    ]


def _write(path: Path, html: str) -> None:
    path.write_text(html, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def bar(total: int, quarter: str, shown: bool) -> Iterator[Any]:
    """A progress bar on stderr; gives the function to call after each cell, from any thread."""
    from tqdm import tqdm

    with tqdm(total=total, desc=quarter, unit=" cells", file=sys.stderr, disable=not shown) as bar:
        yield bar.update
