"""The whole pack, with real kernels; as few of them as will do, since each takes seconds."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from report_samples import HOSTILE, IMPORTS, PARAMETERS, folder_of, notebook

from crm_analysis.errors import ReportError
from crm_analysis.report import report
from crm_analysis.report import run as running
from crm_analysis.report.kernels import shares

DATA_CHECK = (
    "# Data check\nCan it be trusted?",
    "## Found",
    "import os, sys\n" + IMPORTS,
    'import pandas as pd\nshow(pd.DataFrame({"rows": [1234567]}), "Rows.", "control_totals", tables)',
    'sentence(" ".join([quarter, code, os.environ["PYTHONHASHSEED"], os.environ["CRM_ANALYSIS_THREADS"],\n'
    "    str(sys.executable == interpreter), os.path.basename(book), os.path.basename(os.getcwd())]))",
)
SEGMENTATION = (
    "# Segmentation",
    "import pandas as pd, matplotlib.pyplot as plt\n" + IMPORTS,
    f"names = {HOSTILE!r}",
    "## Tables",
    'frame = pd.DataFrame({"name": names, "revenue": range(8)})\nshow(frame, names[0], "names", tables, "EUR")\nframe',
    "for name in names:\n    sentence(name)",
    'headline("revenue", 1e6, names[2], tables, "EUR")',
    "from IPython.display import HTML, Markdown\ndisplay(HTML(names[0]), Markdown(names[2]))",
    'fig, ax = plt.subplots()\nax.plot(range(3))\nfigure(fig, "Rising: " + names[0], names[2])',
    "import warnings\nwarnings.warn('never shown')",
)


class Made(NamedTuple):
    """A pack, and a second one of one of its pages made from the same inputs."""

    first: Path
    second: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    place = tmp_path_factory.mktemp("pack")
    extra = f"\ncode: str = '1'  # code of the book\ninterpreter: str = {sys.executable!r}"
    notebooks = folder_of(
        place / "note {books}",
        data_check=notebook(*DATA_CHECK, parameters=PARAMETERS + extra),
        segmentation=notebook(*SEGMENTATION),
    )
    book = place / "Nordic {Boards} & Söhne"
    book.mkdir()
    broken = place / "jupyter" / "kernels" / "python3"  # a kernel of this name that cannot start
    broken.mkdir(parents=True)
    (broken / "kernel.json").write_text('{"argv": ["false"], "display_name": "x", "language": "python"}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(place / "jupyter"))
        patch.setenv("HOME", str(place / "home"))
        patch.setenv("CRM_ANALYSIS_THREADS", "2")
        where = os.getcwd()
        paths = [
            report(
                book,
                "2026Q3",
                place / out,
                only,
                parameters=parameters,
                notebooks=notebooks,
                inputs={"orders.csv": "ab" * 32},
                assumptions=[f"Assumed: {HOSTILE[0]}"],
                progress=False,
            )
            for out, only, parameters in (
                ("first", ["data_check", "segmentation"], {"code": "00123"}),
                ("second", ["segmentation"], {}),
            )
        ]
        assert os.getcwd() == where
    assert paths[0] == place / "first" / "2026Q3" / "index.html"
    return Made(paths[0].parent, paths[1].parent)


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_the_pack_holds_its_files_and_nothing_else(made):
    found = {p.relative_to(made.first).as_posix() for p in made.first.rglob("*") if p.is_file()}
    assert found == {
        ".crm_analysis-pack",
        "index.html",
        "data_check.html",
        "segmentation.html",
        "tables.xlsx",
        "manifest.json",
        *(f"tables/{name}.{ending}" for name in ("control_totals", "names") for ending in ("csv", "parquet")),
    }


def test_the_same_inputs_give_the_same_bytes(made):
    for name in ("segmentation.html", "tables/names.csv", "tables/names.parquet"):
        assert (made.first / name).read_bytes() == (made.second / name).read_bytes(), name


def test_parameters_environment_and_interpreter_reach_the_notebook(made):
    text = soup(made.first / "data_check.html").find(class_="sentence").get_text()
    assert text == "2026Q3 00123 0 1 True Nordic {Boards} & Söhne note {books}"


def test_nothing_in_the_data_runs_or_loads(made):
    for path in made.first.glob("*.html"):
        html, page = path.read_text(encoding="utf-8"), soup(path)
        assert not page.find_all(["script", "iframe", "link", "object"])
        assert not [tag for tag in page.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
        assert all(img["src"].startswith("data:image/png;base64,") for img in page.find_all("img"))
        for anchor in page.find_all("a"):
            assert re.match(r"#\w|[\w/]+\.(html|csv|parquet|xlsx|json)\Z", anchor["href"]), anchor
        assert "never shown" not in html
        assert len(html.encode()) < 1_500_000
        assert len(page.find_all("h1")) == 1
        assert page.html["lang"] == "en"
    page = soup(made.first / "segmentation.html")
    for text in HOSTILE[:7]:
        assert text in page.get_text()
    assert page.img["alt"] == f"Rising: {HOSTILE[0]}"


def test_downloads_run_no_formula(made):
    assert not pd.read_csv(made.first / "tables" / "names.csv")["name"].str.match("^[=@+-]").any()
    book = openpyxl.load_workbook(made.first / "tables.xlsx")
    assert book.sheetnames == ["Contents", "control_totals", "names"]
    assert not [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert book["names"]["A3"].value == HOSTILE[1]


def test_the_index_tells_headlines_assumptions_and_parameters(made):
    page = soup(made.first / "index.html")
    assert page.find(class_="told").p.get_text().strip() == "Revenue: EUR 1,000,000."
    said = [li.get_text() for li in page.find("h2", id="assumptions").find_next("ul").find_all("li")]
    assert said[:2] == [f"Assumed: {HOSTILE[0]}", "Data check, code of the book: 00123"]
    assert "2026-09-30" in page.get_text()
    for anchor in page.main.find_all("a"):
        assert (made.first / anchor["href"]).is_file()


def test_the_manifest_accounts_for_every_file(made):
    from hashlib import sha256

    manifest = json.loads((made.first / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["inputs"] == {"orders.csv": "ab" * 32}
    assert manifest["parameters"]["data_check"]["code"] == "00123"
    assert set(manifest["seconds"]) == {"data_check", "segmentation"}
    assert {"crm_analysis", "python", "pandas", "duckdb"} <= set(manifest["versions"])
    assert manifest["published_by"] == "link"
    expected = {
        p.relative_to(made.first).as_posix(): sha256(p.read_bytes()).hexdigest()
        for p in made.first.rglob("*")
        if p.is_file() and p.name not in {"manifest.json", ".crm_analysis-pack"}
    }
    assert {path: entry["sha256"] for path, entry in manifest["files"].items()} == expected


def test_no_page_names_the_machine(made):
    for path in [*made.first.glob("*.html"), made.first / "manifest.json"]:
        assert str(made.first.parents[1]) not in path.read_text(encoding="utf-8")


def old_report(out: Path) -> None:
    from crm_analysis.report.publish import new_pack, publish

    pack = new_pack(out, "2026Q3")
    (pack.folder / "index.html").write_text("old")
    publish(pack)


def test_a_failing_cell_is_one_sentence_and_stops_the_others(book, tmp_path):
    notebooks = folder_of(
        tmp_path / "notebooks",
        data_check=notebook("# Data", "## Checks of the orders", "import time\ntime.sleep(300)"),
        segmentation=notebook(
            "# Segments",
            "## Where it fails\n\nSome words.",
            "from crm_analysis.errors import BookError\n"
            "raise BookError(\"orders.csv: column 'x' is missing;\\n map it\")",
        ),
    )
    old_report(tmp_path / "out")
    begun = time.perf_counter()
    both = ["data_check", "segmentation"]
    with pytest.raises(ReportError) as caught:
        report(book, "2026Q3", tmp_path / "out", both, notebooks=notebooks, progress=False)
    assert time.perf_counter() - begun < 60
    assert str(caught.value) == (
        "notebook segmentation, under 'Where it fails': orders.csv: column 'x' is missing; map it"
    )
    assert (tmp_path / "out" / "2026Q3" / "index.html").read_text() == "old"
    assert {p.name for p in (tmp_path / "out" / ".packs").iterdir()} == {"2026Q3-1", "lock"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1 / 0", r"notebook data_check, under 'Checks': ZeroDivisionError: division by zero\Z"),
        ("import os\nos._exit(1)", "notebook data_check: its kernel died"),
        ("import sys\nsys.exit(0)", "notebook data_check stopped before its last cell"),
        ("import time\ntime.sleep(300)", "notebook data_check: a cell took more than 3 seconds"),
    ],
)
def test_every_way_to_fail_is_a_sentence(book, tmp_path, code, words):
    notebooks = folder_of(tmp_path / "notebooks", data_check=notebook("# Data", "## Checks", code, "1"))
    with pytest.raises(ReportError, match=words):
        report(book, "2026Q3", tmp_path / "out", ["data_check"], notebooks=notebooks, timeout=3, progress=False)
    assert not (tmp_path / "out" / "2026Q3").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_stops_the_kernels_and_leaves_the_report(book, tmp_path):
    code = (
        "import os, pathlib, time\npathlib.Path(tables, '../../../../pid').write_text(str(os.getpid()))\n"
        "time.sleep(300)"
    )
    notebooks = folder_of(tmp_path / "notebooks", data_check=notebook("# Data", code))
    old_report(tmp_path / "out")
    script = (
        # a job in the background, as CI may be, is told to ignore Ctrl-C, and its children with it
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from crm_analysis.report import report\n"
        "report(sys.argv[1], '2026Q3', sys.argv[2], ['data_check'], notebooks=sys.argv[3])"
    )
    arguments = [sys.executable, "-c", script, book, tmp_path / "out", notebooks]
    child = subprocess.Popen(list(map(str, arguments)), stderr=subprocess.PIPE, text=True)
    pid = tmp_path / "out" / "pid"
    for _ in range(600):
        if pid.exists() and pid.read_text():
            break
        time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)[1]
    assert child.returncode != 0
    assert "KeyboardInterrupt" in said
    assert "2026Q3:" in said  # the bar
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert (tmp_path / "out" / "2026Q3" / "index.html").read_text() == "old"
    assert {p.name for p in (tmp_path / "out" / ".packs").iterdir()} == {"2026Q3-1", "lock"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"parameters": {"windw": "1"}}, "no notebook of this report has a parameter 'windw'"),
        ({"only": ["nothing"]}, r"no part 'nothing' \(known: data_check, segmentation, value"),
        ({"only": ["data_check"], "skipped": {"data_check": "x"}}, "nothing is left to report"),
        ({"quarter": "2026-Q3"}, "a quarter is written like 2026Q3"),
        ({"book": "nowhere"}, "no book at nowhere"),
        ({"jobs": 0}, "at least one notebook"),
        ({"notebooks": "nowhere"}, "no folder of notebooks at nowhere"),
        ({"only": ["segmentation"]}, "segmentation.ipynb is missing"),
    ],
)
def test_mistakes_are_found_before_a_kernel_starts(book, tmp_path, monkeypatch, more, words):
    monkeypatch.setattr("crm_analysis.report.kernels.run_notebooks", lambda *a: pytest.fail("started"))
    notebooks = folder_of(tmp_path / "notebooks", data_check=notebook("# Data"))
    given = {"book": book, "quarter": "2026Q3", "only": ["data_check"], "notebooks": notebooks} | more
    with pytest.raises(ReportError, match=words):
        report(out=tmp_path / "out", **given)
    assert not list((tmp_path / "out").glob(".packs/2026*"))


def test_a_file_that_is_no_notebook_is_named(book, tmp_path):
    (tmp_path / "data_check.ipynb").write_text("{]")
    with pytest.raises(ReportError, match=r"data_check\.ipynb is not a notebook"):
        report(book, "2026Q3", tmp_path / "out", ["data_check"], notebooks=tmp_path)


def test_threads_and_memory_are_divided_by_the_notebooks_run_at_once(monkeypatch):
    monkeypatch.setenv("CRM_ANALYSIS_THREADS", "8")
    monkeypatch.setenv("CRM_ANALYSIS_MEMORY", "4000")
    found = shares(4)
    assert (found["CRM_ANALYSIS_THREADS"], found["CRM_ANALYSIS_MEMORY"]) == ("2", "1000")
    assert found["OMP_NUM_THREADS"] == found["OPENBLAS_NUM_THREADS"] == "2"
    monkeypatch.setenv("CRM_ANALYSIS_MEMORY", "4 GB")
    with pytest.raises(ReportError, match="CRM_ANALYSIS_MEMORY must be a whole number; found '4 GB'"):
        shares(1)
    monkeypatch.delenv("CRM_ANALYSIS_MEMORY")
    assert int(shares(1)["CRM_ANALYSIS_MEMORY"]) >= 256


@pytest.mark.parametrize(
    ("quarter", "day"), [("2026Q1", "2026-03-31"), ("2026Q2", "2026-06-30"), ("2024Q4", "2024-12-31")]
)
def test_a_quarter_ends_on_its_last_day(quarter, day):
    assert running.last_day(quarter) == day


def test_every_part_has_its_words():
    from crm_analysis.labels import label

    for part in running.PARTS:
        assert label(f"part_{part.name}")
        assert label(f"part_{part.name}_question").endswith("?")


def test_only_parameters_that_were_given_are_said():
    from crm_analysis.report.parameters import Declared

    known = {
        "segmentation": {
            "bars": Declared("bars", "list[float]", "[1]", "where it divides"),
            "x": Declared("x", "int", "1"),
        }
    }
    assert running._said(known, {"segmentation": {}}) == []
    assert running._said(known, {"segmentation": {"bars": [1.0, 2.0], "x": 3}}) == [
        "Segmentation, where it divides: 1.0, 2.0",
        "Segmentation, x: 3",
    ]
