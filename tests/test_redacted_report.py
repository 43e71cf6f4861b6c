"""A redacted report: no name anywhere in its folder, and the same numbers as in the report with names."""

from __future__ import annotations

import html
import json
import re
import shutil
import zipfile
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from pages import run_here

from crm_analysis.book.codes import VARIABLE
from crm_analysis.cli import main

pytestmark = pytest.mark.slow  # two packs

DEMO = Path(__file__).parents[1] / "data" / "demo"
PAGES = "data_check,segmentation,plan"
PLANTED = {
    "A0000001": 'Müller & Söhne "West" O\'Neil',
    "A0000002": "XY",
    "A0000003": "华为技术有限公司",
    "A0000004": "=A1+B2",
}
CODED = ("name", "rep_id", "group_id", "owner", "owner_name", "owner_today", "owner_why", "reason", "decided_by", "why")
"""Columns with names in them, or with what people wrote."""
TIES = ("plan_people.parquet",)
"""Of people with as much room the first by id gets an account, and codes have another order."""
mpl.use("agg")


def read(name: str, folder: Path = DEMO) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """The demo with names that are hard to find, some of them in other columns."""
    folder = tmp_path_factory.mktemp("jane_meier") / "book"
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("truth"))
    accounts, orders, complaints = (read(name) for name in ("accounts", "orders", "complaints"))
    accounts["name"] = accounts["account_id"].map(PLANTED).fillna(accounts["name"])
    orders["family"] = orders["family"].replace("tooling", "tooling for XY")
    complaints["topic"] = complaints["topic"].replace("late delivery", "late delivery Müller & Söhne")
    for name, table in (("accounts", accounts), ("orders", orders), ("complaints", complaints)):
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def packs(tmp_path_factory, book) -> tuple[Path, Path]:
    """The report with names, and the redacted one."""
    place = tmp_path_factory.mktemp("packs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm_analysis.report.kernels.run_notebooks", run_here)
        patch.setenv(VARIABLE, "a key for these tests")
        for name, more in (("plain", []), ("redacted", ["--redact"])):
            report = ["report", str(book), "--quarter", "2026Q3", "--out", str(place / name), "--only", PAGES]
            assert main([*report, *more]) == 0
    return place / "plain" / "2026Q3", place / "redacted" / "2026Q3"


def texts(path: Path) -> str:
    """All that a file says: workbooks and Parquet opened, figures left out of pages, marks of HTML and JSON undone."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as parts:
            return html.unescape("\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist()))
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
        return "\n".join(str(value) for column in table for value in table[column] if isinstance(value, str))
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", path.read_text(encoding="utf-8"))
    return html.unescape(text).replace('\\"', '"').replace('""', '"')


def named(pack: Path, names: list[str]) -> dict[str, set[str]]:
    """The names that the files of a pack hold, by file."""
    one = re.compile(
        "|".join(rf"(?<![\w/-]){re.escape(name)}(?![\w-])" for name in sorted(names, key=len, reverse=True))
    )
    files = [path for path in sorted(pack.rglob("*")) if path.is_file()]
    assert {path.suffix for path in files} >= {".html", ".csv", ".parquet", ".xlsx", ".json"}
    return {path.name: found for path in files if (found := set(one.findall(texts(path))))}


def test_no_name_is_anywhere_in_the_folder(packs, book):
    accounts, reps, contacts = (read(name, book) for name in ("accounts", "reps", "contacts"))
    names = [*accounts["name"], *reps["name"], *reps["rep_id"], *contacts["contact_id"], *accounts["group_id"]]
    names += [*read("surveys")["respondent_id"], *read("survey_invitations")["respondent_id"], "Müller", "jane_meier"]
    names = sorted({name for name in names if name})
    plain, redacted = packs
    assert sum(map(len, named(plain, names).values())) > 500
    assert named(redacted, names) == {}
    assert "华为" not in "".join(texts(path) for path in redacted.rglob("*") if path.is_file())


def test_the_report_says_that_it_is_redacted(packs):
    plain, redacted = packs
    assert json.loads((redacted / "manifest.json").read_text(encoding="utf-8"))["redacted"] is True
    assert "redacted" not in json.loads((plain / "manifest.json").read_text(encoding="utf-8"))
    assert "Codes stand for the names of accounts and people" in (redacted / "index.html").read_text(encoding="utf-8")
    assert "Codes stand for" not in (plain / "index.html").read_text(encoding="utf-8")


def test_the_numbers_are_those_of_the_report_with_names(packs):
    plain = packs[0]
    files = [path.name for path in sorted((plain / "tables").glob("*.parquet"))]
    assert len(files) >= 30
    for name in [name for name in files if name not in TIES]:
        one, two = (pd.read_parquet(pack / "tables" / name) for pack in packs)
        assert list(one) == list(two), name
        assert len(one) == len(two), name
        for column in one:
            numbers = pd.api.types.is_numeric_dtype(one[column])
            left, right = (
                frame[column].sort_values(ignore_index=True) if numbers else frame[column] for frame in (one, two)
            )
            if numbers:
                pd.testing.assert_series_equal(left, right, rtol=1e-9)
            else:
                assert left.isna().sum() == right.isna().sum(), (name, column)
                assert left.nunique() == right.nunique() or column in ("reason", "examples"), (name, column)
        if "account_id" in one and one["account_id"].is_unique:
            same = [column for column in one if column not in CODED]
            one, two = (frame.sort_values("account_id", ignore_index=True)[same] for frame in (one, two))
            pd.testing.assert_frame_equal(one, two, obj=name)
