"""From files to pages: the real notebooks over the demo, a hostile book and books with next to nothing in them."""

from __future__ import annotations

import csv
import re
import shutil
from decimal import Decimal
from pathlib import Path

import matplotlib as mpl
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pages import Page, order, page, run_here, written

from crm_analysis.cli import main
from crm_analysis.report.run import PARTS

pytestmark = pytest.mark.slow  # whole packs

CHECKOUT = Path(__file__).parents[1]
DEMO = CHECKOUT / "data" / "demo"
mpl.use("agg")

QUICK = ["--only", "data_check", "--only", "segmentation"]  # the other pages run on the demo by nbval
OTHERS = sorted({part.name for part in PARTS if not part.after} - set(QUICK))

HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x","y")',
    '"><img src=x onerror=alert(1)>',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "</table></body><iframe src=//x>",
    "[click](javascript:alert(1)) {{ 7*7 }} {% raw %}",
    "$\\frac{1}{$",
    "&lt;b&gt; ' \" \\ %s {0}",
)


def files(pack: Path) -> dict[str, bytes]:
    """The pack's files but for the manifest, which holds timings and the hashes of inputs."""
    return {
        path.relative_to(pack).as_posix(): path.read_bytes()
        for path in sorted(pack.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def made_here(book: Path, out: Path) -> int:
    """The same report without kernels: a kernel takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm_analysis.report.kernels.run_notebooks", run_here)
        return main(["report", str(book), "--quarter", "2026Q3", "--out", str(out), *QUICK])


# --- the demo, twice, the second time with every row and column in another place ---


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("packs")
    (place / "shuffled").mkdir()
    draw = np.random.default_rng(11)
    for path in DEMO.glob("*.csv"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table = table.iloc[draw.permutation(len(table)), draw.permutation(len(table.columns))]
        table.to_csv(place / "shuffled" / path.name, index=False)
    shutil.copy(DEMO / "book.toml", place / "shuffled")
    assert made_here(DEMO, place / "one") == 0
    assert made_here(place / "shuffled", place / "two") == 0
    return place / "one" / "2026Q3", place / "two" / "2026Q3"


def test_a_kernel_gives_the_same_bytes(packs, tmp_path):
    assert main(["report", str(DEMO), "--quarter", "2026Q3", "--out", str(tmp_path), "--only", "segmentation"]) == 0
    here, there = files(packs[0]), files(tmp_path / "2026Q3")
    shared = [name for name in there if name not in ("index.html", "tables.xlsx")]  # these tell of all pages
    assert {Path(name).suffix for name in shared} >= {".csv", ".parquet", ".html"}
    assert [name for name in shared if here[name] != there[name]] == []


def test_shuffled_rows_and_columns_give_the_same_bytes(packs):
    one, two = map(files, packs)
    assert {Path(name).suffix for name in one} >= {".csv", ".parquet", ".xlsx", ".html"}
    assert list(one) == list(two)
    assert [name for name in one if one[name] != two[name]] == []


def test_the_page_shows_what_the_raw_lines_say(packs):
    lines = pd.read_csv(DEMO / "orders.csv")
    inside = lines[(lines.ordered_on > "2025-09-30") & (lines.ordered_on <= "2026-09-30")]
    pages = {path.stem: page(path.read_text(encoding="utf-8")) for path in packs[0].glob("*.html")}
    assert set(pages) == {"index", "data_check", "segmentation"}
    assert f"EUR {inside.revenue.sum():,.0f}" in pages["index"].text
    buying = inside[inside.revenue > 0].account_id.nunique()
    share = f"{buying / 250:.1%} of 250 accounts known"
    assert f"{share} ordered in the 12 months to 2026-09-30" in pages["segmentation"].text
    assert (
        f"Every order line was accepted: {len(lines):,} order lines, EUR {lines.revenue.sum():,.2f}."
        in pages["data_check"].text
    )


def test_tables_of_the_demo_add_up_to_each_other(packs):
    table = {path.stem: pq.read_table(path).to_pandas() for path in (packs[0] / "tables").glob("*.parquet")}
    whole = table["accounts"].revenue.sum()
    lines = pd.read_csv(DEMO / "orders.csv", dtype=str)
    year = lines[(lines.ordered_on > "2025-09-30") & (lines.ordered_on <= "2026-09-30")]
    assert whole == pytest.approx(float(sum(map(Decimal, year.revenue))), abs=1e-6)
    cuts = ["sales_office", "region", "industry", "postal_area", "family"]
    for name in ["pyramid", "pyramid_groups", "workload", *(f"by_{cut}" for cut in cuts)]:
        assert table[name].revenue.sum() == pytest.approx(whole), name
        if name not in ("by_family", "pyramid_groups"):
            assert table[name].accounts.sum() == 250, name
    active = table["accounts"][table["accounts"].active]
    assert table["segments"].revenue.sum() == pytest.approx(active.revenue.sum())
    assert table["segments"].accounts.sum() == len(active) == int(table["accounts"].active.sum())
    assert active.segment.value_counts().to_dict() == {
        name: n for name, n in zip(table["segments"].segment, table["segments"].accounts, strict=True) if n
    }
    assert table["accounts"].account_id.is_unique


# --- a book whose every text wants to run ---


def hostile_folder(place: Path) -> Path:
    """Texts that want to run in every column that is shown, in keys, in what is rejected, in book.toml."""
    size = len(HOSTILE)
    accounts = [
        {"account_id": f"{text} {i}"}
        | dict.fromkeys(("name", "sales_office", "country", "region", "industry", "customer_type"), text)
        | {
            "postal_code": text,
            "rep_id": HOSTILE[(i + 1) % size],
            "group_id": HOSTILE[i % 3],
            "known_since": "2020-01-01",
        }
        for i, text in enumerate(HOSTILE)
    ]
    orders = [
        {
            "line_id": f"{i}-{k}",
            "account_id": account["account_id"],
            "ordered_on": f"2026-0{k + 1}-11",
            "family": HOSTILE[(i + k) % size],
            "revenue": 100 * (i + 1),
            "cost": 60,
        }
        for i, account in enumerate(accounts)
        for k in range(2)
    ]
    orders += [orders[0] | {"line_id": f"bad {i}", "ordered_on": text} for i, text in enumerate(HOSTILE)]
    reps = [
        {"rep_id": text, "name": text, "team": text, "hours_per_week": 40, "from_date": "2020-01-01"}
        for text in HOSTILE
    ]
    voiced = [account["account_id"] for account in accounts for _ in range(2)]
    complaints = [
        {"complaint_id": f"K{i}", "account_id": name, "opened_on": "2026-05-05"}
        | dict.fromkeys(("topic", "dimension", "severity"), HOSTILE[i % size])
        for i, name in enumerate(voiced)
    ]
    answer = {"answered_on": "2026-05-05", "score": 3, "scale_min": 1, "scale_max": 5}
    surveys = [
        answer | {"account_id": name, "respondent_id": f"{i % 2}{text}", "item": text, "subject": ("us", text)[i % 2]}
        for i, name in enumerate(voiced)
        for text in HOSTILE
    ]
    folder = written(place, accounts=accounts, orders=orders, reps=reps, complaints=complaints, surveys=surveys)
    toml = f"name = '{HOSTILE[0]}'\ncurrency = '{HOSTILE[2]}'\nextracted_on = 2026-09-30\n"
    (folder / "book.toml").write_text(f"{toml}notes = ['{HOSTILE[0]}', '{HOSTILE[1]}']\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("hostile")
    book = hostile_folder(place / "book")
    assert main(["check", str(book), "--quarantine", str(place / "quarantine.csv")]) == 1
    assert made_here(book, place / "out") == 0
    return place / "out" / "2026Q3"


def test_no_name_in_the_data_is_alive_on_a_page(hostile):
    for path in hostile.glob("*.html"):
        soup = page(path.read_text(encoding="utf-8")).soup
        assert not soup.find_all(["script", "iframe", "object", "embed", "link", "form", "base"]), path.name
        assert not [tag for tag in soup.find_all(True) if any(name.lower().startswith("on") for name in tag.attrs)]
        assert all(image["src"].startswith("data:image/png;base64,") for image in soup.find_all("img"))
        for anchor in soup.find_all("a"):
            assert re.fullmatch(r"#[\w-]+|[\w/.]+\.(html|csv|parquet|xlsx|json)", anchor["href"]), anchor
    shown = page((hostile / "segmentation.html").read_text(encoding="utf-8"))
    for text in HOSTILE:
        assert " ".join(text.split()) in shown.text, text
    assert HOSTILE[0] in page((hostile / "index.html").read_text(encoding="utf-8")).text


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_no_name_is_alive_on_the_other_pages(hostile, shown, name):
    found = shown(name, hostile.parents[1] / "book")
    assert not found.soup.find_all(["script", "iframe", "object", "embed", "link", "form", "base"])
    assert not [tag for tag in found.soup.find_all(True) if any(key.lower().startswith("on") for key in tag.attrs)]
    assert all(anchor["href"].startswith("tables/") for anchor in found.soup.find_all("a"))


def test_no_cell_of_the_workbook_runs(hostile):
    book = openpyxl.load_workbook(hostile / "tables.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert set(HOSTILE) <= {cell.value for cell in cells if cell.data_type == "s"}
    assert set(HOSTILE) <= {row[1].value for row in book["accounts"].iter_rows(min_row=2)}


def test_no_field_of_a_csv_file_runs_and_parquet_keeps_the_text(hostile):
    for path in [*(hostile / "tables").glob("*.csv"), hostile.parents[1] / "quarantine.csv"]:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
        fields = [field for row in rows for field in row if not re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", field)]
        assert not [field for field in fields if field[:1] in tuple("=+-@\t\r")], path.name
    assert set(pq.read_table(hostile / "tables" / "accounts.parquet").column("name").to_pylist()) == set(HOSTILE)
    assert set(pq.read_table(hostile / "tables" / "by_family.parquet").column("family").to_pylist()) == set(HOSTILE)


def test_rejected_values_are_listed_not_run(hostile):
    shown = page((hostile / "data_check.html").read_text(encoding="utf-8"))
    assert "Not a date" in shown.text
    rows = list(csv.DictReader((hostile.parents[1] / "quarantine.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["value"].removeprefix("'") for row in rows} == set(HOSTILE)


# --- books with next to nothing in them, without kernels: the notebooks' own cells, one after the other ---


def both(shown, book: Path, **more: object) -> tuple[Page, Page]:
    return shown("data_check", book), shown("segmentation", book, **more)


def test_one_account_with_one_order(shown, tmp_path):
    book = written(tmp_path / "b", accounts=[{"account_id": "A"}], orders=[order("A", "2026-08-01", 12.5)])
    check, segments = both(shown, book)
    assert "Every order line was accepted: 1 order line, 12.50." in check.text
    assert "100.0% of 1 account known ordered" in segments.text
    assert "the Gini coefficient is 0.00" in segments.text
    assert "the book has no costs, so accounts have no grade" in segments.text
    assert "has no column 'sales_office'" in segments.text
    assert "has no column 'family'" in segments.text
    assert "has no table 'reps'" in segments.text or "has no column 'rep_id'" in segments.text


def test_no_order_in_the_window(shown, tmp_path):
    book = written(
        tmp_path / "b",
        accounts=[{"account_id": "A"}, {"account_id": "B"}],
        orders=[order("A", "2020-08-01", 12.5, cost=10, family="x")],
    )
    check, segments = both(shown, book)
    assert "Orders run from" not in check.text or "2020-08" in check.text
    assert "No account ordered in the window." in segments.text
    assert "0.0% of 2 accounts known ordered" in segments.text
    frame = pq.read_table(tmp_path / "tables" / "segmentation" / "accounts.parquet").to_pandas()
    assert frame.tier.tolist() == ["inactive", "prospect"]
    assert frame.segment.isna().all()


def test_before_the_first_order(shown, tmp_path):
    book = written(
        tmp_path / "b",
        accounts=[{"account_id": "A", "known_since": "2026-08-01"}],
        orders=[order("A", "2026-08-01", 5)],
    )
    segments = shown("segmentation", book, quarter="2025Q4")
    assert "No account ordered in the window." in segments.text
    assert "No rows." in segments.text
    shown("data_check", book, quarter="2025Q4")


def test_returns_only(shown, tmp_path):
    lines = [order("A", "2026-08-01", -5, cost=-4, family="x"), order("B", "2026-08-01", 1, cost=4, family="x")]
    book = written(tmp_path / "b", accounts=[{"account_id": "A"}, {"account_id": "B"}], orders=lines)
    segments = shown("segmentation", book)
    table = pq.read_table(tmp_path / "tables" / "segmentation" / "pyramid.parquet").to_pandas()
    assert table.revenue.sum() == -4
    assert "50.0% of 2 accounts" in segments.text


def test_what_cannot_be_known_on_that_day_is_said(shown, tmp_path):
    """A report of the quarter before the extract: overwritten columns have no history here."""
    people = [
        {
            "account_id": name, "sales_office": "Wien", "rep_id": "R", "group_id": "G", "stage": "partner",
            "industry": "rail", "known_since": "2020-01-01",
        }
        for name in "AB"
    ]  # fmt: skip
    reps = [{"rep_id": "R", "hours_per_week": 40, "from_date": "2020-01-01", "to_date": ""}]
    book = written(
        tmp_path / "b", accounts=people, orders=[order("A", "2026-05-01", 5), order("B", "2026-08-01", 7)], reps=reps
    )
    (book / "book.toml").write_text("extracted_on = 2026-10-02\n")
    segments = shown("segmentation", book, quarter="2026Q2")
    assert segments.text.count("so its value then is not known") >= 3
    for name in ("sales_office", "group_id", "rep_id"):
        assert f"Column '{name}' of 'accounts' is overwritten by its source" in segments.text
    assert "Accounts by industry." in segments.text
    assert "Accounts by sales office." not in segments.text
    tables = {path.stem for path in (tmp_path / "tables" / "segmentation").glob("*.parquet")}
    assert "by_industry" in tables
    assert not {"by_sales_office", "pyramid_groups", "workload"} & tables
    frame = pq.read_table(tmp_path / "tables" / "segmentation" / "accounts.parquet").to_pandas()
    assert not {"sales_office", "rep_id", "group_id", "stage"} & set(frame)
    whole = shown("segmentation", book, quarter="2026Q4")  # after the extract all is known
    assert "Accounts by sales office." in whole.text
    assert "extracted" in shown("data_check", book, quarter="2026Q4").text


def test_parameters_change_the_page(shown, tmp_path):
    lines = [order("A", "2026-09-01", 100, cost=50), order("B", "2026-03-01", 40, cost=39)]
    book = written(tmp_path / "b", accounts=[{"account_id": "A"}, {"account_id": "B"}], orders=lines)
    segments = shown("segmentation", book, window="1M", high_bar=200.0, mid_bar=150.0, margin_bar=0.6)
    assert "Revenue in the month to 2026-09-30" in segments.text
    assert (
        "High accounts brought at least 200.00 in the month to 2026-09-30, Mid accounts at least 150.00"
        in segments.text
    )
    assert "margin rate of at least 60.0%" in segments.text
    frame = pq.read_table(tmp_path / "tables" / "segmentation" / "accounts.parquet").to_pandas()
    assert frame.segment.tolist() == ["Low B", None]
