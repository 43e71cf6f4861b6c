"""Notebooks import, call and show, and what they show is really compared by nbval.

A notebook without outputs passes nbval in silence, so this guards that there is something to compare.
"""

from __future__ import annotations

import ast
import copy
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from small_books import DAY, line, small_book

from crm_analysis.accounts import accounts, groups
from crm_analysis.book.contract import CONTRACT
from crm_analysis.labels import column
from crm_analysis.report.parameters import AFTER, OURS, Declared, declared
from crm_analysis.report.run import PARTS
from crm_analysis.report.show import TRUSTED
from crm_analysis.value.pyramid import pyramid
from crm_analysis.value.segments import bars, segment_table

FOLDER = Path(__file__).parents[1] / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
APART = {"account_brief": ("book", "account", "as_of")}
"""Notebooks that are a page by themselves, each with the parameters that are set for it."""
AFTERWARDS = {part.name: AFTER for part in PARTS if part.after}
"""Those that compare reports: alone they have nothing to compare, and test_since tells what they show."""
CHECKED = "nbval-check-output"
MOST_STATEMENTS = 4
MOST_BYTES = 80_000


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def parameters(name: str) -> dict[str, Declared]:
    return declared(read(name), name, (APART | AFTERWARDS).get(name, OURS))


def body(cell: nbformat.NotebookNode) -> list[ast.stmt]:
    return ast.parse(cell.source).body


def is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


def test_every_part_of_the_report_is_a_notebook_and_every_notebook_a_part():
    assert sorted([*APART, *(part.name for part in PARTS)]) == NAMES
    assert all(part.notebook == f"{part.name}.ipynb" for part in PARTS)


@pytest.mark.parametrize("name", NAMES)
def test_checked_cells_have_been_run_and_hold_what_to_compare(name):
    checked = [cell for cell in code(read(name)) if CHECKED in tags(cell)]
    assert len(checked) >= 4 or name in AFTERWARDS
    for cell in checked:
        assert "keep_output" in tags(cell), "nbstripout would empty it"
        assert cell.execution_count, f"{cell.id} was never run: make refresh"
        shown = [output for output in cell.outputs if output.output_type == "display_data"]
        assert shown, f"{cell.id} shows nothing: make refresh"
        assert all(output.data["text/plain"].strip() for output in shown)
        assert not [output for output in cell.outputs if output.output_type in ("error", "stream")]


@pytest.mark.parametrize("name", NAMES)
def test_counts_run_from_one_without_a_gap(name):
    assert [cell.execution_count for cell in code(read(name))] == list(range(1, len(code(read(name))) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_other_cells_keep_no_output_and_no_checked_cell_a_figure(name):
    for cell in code(read(name)):
        if CHECKED not in tags(cell):
            assert cell.outputs == []
        assert not [1 for output in cell.outputs if "image/png" in output.get("data", {})], "figures differ by machine"


@pytest.mark.parametrize("name", NAMES)
def test_checked_outputs_name_no_machine(name):
    for cell in code(read(name)):
        for output in cell.outputs:
            assert not re.search(r"/home/|/root|/tmp/|/Users/|[A-Z]:\\\\", str(output))


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_are_small(name):
    assert (FOLDER / f"{name}.ipynb").stat().st_size < MOST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_cells_import_call_and_show(name):
    forbidden = (
        ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.AsyncFor, ast.Try, ast.With,
        ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.Global,
    )  # fmt: skip
    for cell in code(read(name)):
        statements = body(cell)
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, forbidden)], cell.source
        assert not re.search(r"^\s*[%!]|\bprint\(|;\s*$", cell.source, re.MULTILINE)
        if all(map(is_import, statements)) or "parameters" in tags(cell):
            continue
        assert not any(map(is_import, statements)), cell.source
        assert len(statements) <= MOST_STATEMENTS, cell.source


@pytest.mark.parametrize("name", NAMES)
def test_a_word_before_each_cell(name):
    """Title, parameters, imports, one or two cells that open the book; then markdown before every cell of results."""
    cells = read(name).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert len(cells[0].source.splitlines()) > 1, "the title says what the page answers"
    assert tags(cells[1]) == ["parameters"]
    assert all(map(is_import, body(cells[2])))
    first = next(place for place, cell in enumerate(cells) if place and cell.cell_type == "markdown")
    assert first <= 5
    for before, cell in zip(cells[first:], cells[first + 1 :], strict=False):
        if cell.cell_type == "code" and before.cell_type == "code":
            shows_only = all(isinstance(one, ast.Expr) for one in body(cell))
            assert shows_only, f"no markdown before {cell.source!r}"  # the figure of the table above, say


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_flat_literals_with_words(name):
    cell = code(read(name))[0]
    for statement, words in zip(body(cell), cell.source.splitlines(), strict=True):
        assert isinstance(statement, ast.AnnAssign)
        assert isinstance(statement.annotation, ast.Name)
        ast.literal_eval(statement.value)
        assert words.count("=") == 1, "papermill does not see a parameter with a second = on its line"
        assert re.search(r"  # \w", words)
    found = parameters(name)
    assert len(found) == len(body(cell))
    assert all(parameter.help for parameter in found.values())


@pytest.mark.parametrize("name", NAMES)
def test_parameters_of_one_name_mean_one_thing(name):
    others = {key: value for other in NAMES for key, value in parameters(other).items()}
    for key, value in parameters(name).items():
        assert (value.type, value.default, value.help) == (others[key].type, others[key].default, others[key].help)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_tables_are_used_once(name):
    """Two tables of one name would overwrite each other in the pack."""
    found = []
    for other in NAMES:
        for cell in code(read(other)):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "show" and len(node.args) > 2:
                    found.append(node.args[2].value)
    assert len(found) == len(set(found)) > 5


def test_every_column_that_can_be_shown_has_a_heading():
    """Also those that the demo lacks: a book may have any column of the contract."""
    full = dict.fromkeys(CONTRACT["accounts"].names)
    book = small_book(
        [line("A", "2026-01-01", 5, cost=1, order_id="1", family="x")], [full | {"account_id": "A", "known_since": DAY}]
    )
    frame = accounts(book, DAY)
    tables = [frame, groups(frame), pyramid(frame), segment_table(frame, bars(frame))]
    for name in {str(name) for table in tables for name in table}:
        assert column(name).heading
    assert set(CONTRACT["accounts"].names) <= {str(name) for name in frame}


@pytest.mark.slow
def test_nbval_fails_on_a_number_that_changed(tmp_path, monkeypatch):
    """A cell as notebooks have them, twice with the output it gives, and once with one digit of it altered."""

    def display(data: dict[str, str]) -> nbformat.NotebookNode:
        return nbformat.v4.new_output("display_data", data, metadata=TRUSTED)

    source = (
        "import pandas as pd\nfrom crm_analysis.report.show import show\n"
        'show(pd.DataFrame({"accounts": [250]}), "Accounts.")'
    )
    cell = nbformat.v4.new_code_cell(source, execution_count=1, metadata={"tags": [CHECKED, "keep_output"]})
    monkeypatch.setattr("IPython.display.display", lambda data, **_: cell.outputs.append(display(data)))
    exec(source, {})  # noqa: S102 -- the line above
    cells = [copy.deepcopy(cell) for _ in range(3)]
    words = cells[1].outputs[0].data
    words["text/plain"] = words["text/plain"].replace("250", "251")
    for place, one in enumerate(cells):
        one.id, one.execution_count = f"cell{place}", place + 1
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=read("data_check").metadata)
    nbformat.write(notebook, tmp_path / "altered.ipynb")
    shutil.copy(FOLDER.parent / "nbval.cfg", tmp_path)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--nbval-lax",
            "--nbval-sanitize-with",
            "nbval.cfg",
            ".",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    failed = re.findall(r"FAILED (\w+)\.ipynb::Cell (\d+)", done.stdout)
    assert failed == [("altered", "1")], done.stdout[-2000:]
