from __future__ import annotations

import datetime
import hashlib
from decimal import Decimal
from pathlib import Path

import matplotlib
import matplotlib.pyplot
import pandas as pd
import pyarrow.parquet as pq
import pytest
from bs4 import BeautifulSoup
from report_samples import HOSTILE

from crm_analysis.errors import BookError
from crm_analysis.labels import column
from crm_analysis.report import show as shown
from crm_analysis.report.tables import contents
from crm_analysis.report.values import decimals, plain, text, texts

matplotlib.use("agg")


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed: pairs of data and metadata."""
    found: list[tuple[dict[str, str], dict[str, object]]] = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, metadata=None, raw=False: found.append((data, metadata))
    )
    return found


def accounts(rows: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": [f"{i:05}" for i in range(rows)],
            "name": [HOSTILE[i % len(HOSTILE)] for i in range(rows)],
            "ordered_on": pd.date_range("2026-01-01", periods=rows),
            "orders": range(1000, 1000 + rows),
            "revenue": [Decimal("1234.5000") * (i + 1) for i in range(rows)],
            "margin_rate": [0.12341 + i / 10 for i in range(rows)],
            "recency": [1 / 3 + i for i in range(rows)],
        }
    )


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1234567.891, -5.0], "money", ["1,234,568", "-5"]),
        ([12.5, Decimal("0.1")], "money", ["12.50", "0.10"]),
        ([-0.2, 1000.0], "money", ["0", "1,000"]),
        ([0.12345, -0.5, 0, 1], "share", ["12.3%", "-50.0%", "0.0%", "100.0%"]),
        ([0.0001, -0.0001, 0.9999, None], "share", ["<0.1%", ">-0.1%", ">99.9%", "–"]),
        ([1234.0, float("nan"), float("inf")], "count", ["1,234", "–", "–"]),
        ([0.05, 0.123], "number", ["0.050", "0.123"]),
        ([0.0424243, 1497.31, -12.3456, 0, None], "measure", ["0.04242", "1,497", "-12.35", "0", "–"]),
        ([True, False, pd.NA], "flag", ["yes", "no", "–"]),
        ([pd.Timestamp("2026-09-30"), datetime.date(2026, 1, 2), pd.NaT], "date", ["2026-09-30", "2026-01-02", "–"]),
    ],
)
def test_values_are_written_by_kind(values, kind, expected):
    assert texts(values, kind) == expected


def test_decimals_are_one_number_for_a_column():
    assert decimals([0.5, 250.123], "number") == 1
    assert text(0.5, "number", 1) == "0.5"


def test_plain_text_has_every_row_and_at_most_four_decimals():
    frame = pd.DataFrame({"name": ["x" * 90, None], "revenue": [1 / 3, -0.00001]})
    lines = plain(frame).splitlines()
    assert "x" * 90 in lines[1]
    assert lines[1].endswith("0.3333")
    assert lines[2].split() == ["0"]


def test_show_escapes_every_text_and_formats_by_kind(displayed):
    shown.show(accounts(), f"Accounts {HOSTILE[0]}", currency="EUR")
    [(data, metadata)] = displayed
    assert metadata == {"crm_analysis": {"trusted": True}}
    soup = BeautifulSoup(data["text/html"], "html.parser")
    assert not soup.find_all(["script", "img", "a"])
    assert [th.get_text() for th in soup.thead.find_all("th")][-2:] == ["Margin rate", "Recency (days)"]
    first = [cell.get_text() for cell in soup.tbody.tr.find_all(["th", "td"])]
    assert first == ["00000", HOSTILE[0], "2026-01-01", "1,000", "1,234", "12.3%", "0.33"]
    assert soup.tbody.th["scope"] == "row"
    assert soup.figcaption.get_text() == f"Accounts {HOSTILE[0]} Money in EUR."
    assert "0.1234" in data["text/plain"]


def test_an_unlabelled_column_never_reaches_a_reader(displayed):
    with pytest.raises(KeyError, match="no heading for column 'secret'"):
        shown.show(pd.DataFrame({"secret": [1]}), "x")
    assert not displayed


def test_a_kind_can_be_given_where_the_name_does_not_decide_it(displayed):
    shown.show(pd.DataFrame({"recency": [0.25]}), "x", kinds={"recency": "share"})
    assert "25.0%" in displayed[0][0]["text/html"]


def test_a_named_index_is_shown_and_an_empty_table_says_so(displayed):
    shown.show(accounts(2).set_index("account_id")[["orders"]], "x")
    shown.show(accounts(0), "none")
    assert "00001" in displayed[0][0]["text/html"]
    assert displayed[1][0]["text/plain"] == "none\nNo rows."


@pytest.mark.parametrize(("rows", "seen"), [(60, 60), (61, 20)])
def test_long_tables_are_cut_and_say_so(displayed, rows, seen, tmp_path):
    shown.show(accounts(rows), "x", "accounts", tmp_path)
    data = displayed[0][0]
    assert data["text/html"].count("<tr>") == seen + 1
    cut = f"Showing 20 of {rows} rows; the whole table is in tables/accounts.csv"
    assert (cut in data["text/plain"]) == (seen < rows)
    assert ('href="tables/accounts.csv"' in data["text/html"]) == (seen < rows)
    assert len(pd.read_csv(tmp_path / "accounts.csv")) == rows


def test_a_cut_table_that_is_not_saved_does_not_point_to_a_file(displayed):
    shown.show(accounts(61), "x", "accounts")
    assert displayed[0][0]["text/plain"].endswith("Showing 20 of 61 rows.")


def test_csv_holds_no_formula_and_parquet_holds_the_raw_texts(displayed, tmp_path):
    shown.show(accounts(8), "x", "accounts", tmp_path)
    saved = pd.read_csv(tmp_path / "accounts.csv", dtype=str)
    assert not saved["name"].str.match("^[=+\\-@\t\r\n\uff1d]").any()
    assert saved["name"][1] == "'" + HOSTILE[1]
    assert saved["account_id"][1] == "00001"
    assert saved["ordered_on"][1] == "2026-01-02"
    raw = pq.read_table(tmp_path / "accounts.parquet")
    assert raw.column("name").to_pylist() == list(HOSTILE)
    assert str(raw.schema.field("ordered_on").type) == "date32[day]"
    assert raw.column("revenue").to_pylist()[0] == Decimal("1234.5000")


def test_negative_numbers_are_not_taken_for_formulas(displayed, tmp_path):
    shown.show(pd.DataFrame({"revenue": [-5.5]}), "x", "t", tmp_path)
    assert (tmp_path / "t.csv").read_bytes() == b'\xef\xbb\xbf"revenue"\n-5.5\n'


def test_same_table_same_bytes(displayed, tmp_path):
    sums = []
    for place in (tmp_path / "a", tmp_path / "b"):
        shown.show(accounts(100), "x", "accounts", place, "EUR")
        sums.append([hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(place.iterdir())])
    assert sums[0] == sums[1]
    assert len(sums[0]) == 3


def test_missing_values_and_odd_types_are_saved(displayed, tmp_path):
    frame = pd.DataFrame(
        {
            "name": pd.Categorical(["a", None]),
            "ordered_on": ["2026-01-01", None],
            "orders": pd.array([1, None], dtype="Int64"),
            "revenue": [None, Decimal("1.5")],
        }
    )
    shown.show(frame, "x", "odd", tmp_path)
    assert pq.read_table(tmp_path / "odd.parquet").to_pylist()[1] == {
        "name": None,
        "ordered_on": None,
        "orders": None,
        "revenue": Decimal("1.5"),
    }


@pytest.mark.parametrize("name", ["../x", "X", "a b", "1a", "a" * 61])
def test_a_table_name_cannot_leave_its_folder(displayed, tmp_path, name):
    with pytest.raises(ValueError, match="a table's name"):
        shown.show(accounts(), "x", name, tmp_path)


def test_sentence_and_headline_are_escaped_and_listed_once(displayed, tmp_path):
    shown.sentence(HOSTILE[2])
    shown.headline("revenue", 1, "old", tmp_path)
    shown.headline("accounts", 1250, HOSTILE[0], tmp_path)
    shown.headline("revenue", 1234567.8, HOSTILE[2], tmp_path, currency="EUR")
    assert all("<img" not in data["text/html"] and "<script" not in data["text/html"] for data, _ in displayed)
    assert displayed[0][0]["text/plain"] == HOSTILE[2]
    assert [(h["name"], h["value"]) for h in contents(tmp_path)["headlines"]] == [
        ("revenue", "EUR 1,234,568"),
        ("accounts", "1,250"),
    ]


def test_figure_carries_its_words_and_size_and_is_closed(displayed):
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots(figsize=(4, 2))
    ax.plot([1, 2])
    shown.figure(fig, "Revenue rises.", "Revenue.")
    [(data, metadata)] = displayed
    assert data["text/plain"] == "Revenue rises."
    assert metadata["image/png"]["alt"] == "Revenue rises."
    assert 200 < metadata["image/png"]["width"] < 500
    assert not plt.get_fignums()
    with pytest.raises(ValueError, match="alt text"):
        shown.figure(fig, " ")


def test_nothing_is_written_without_a_folder(displayed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown.show(accounts(), "x", "accounts")
    shown.headline("revenue", 1, "x")
    assert list(Path().iterdir()) == []


def test_a_sentence_stands_for_a_table_that_cannot_be(displayed, tmp_path):
    def never() -> pd.DataFrame:
        pytest.fail("called")

    shown.show(never, "x", "accounts", tmp_path, missing=f"The book has none. {HOSTILE[0]}")
    [(data, _)] = displayed
    assert data["text/plain"] == f"The book has none. {HOSTILE[0]}"
    soup = BeautifulSoup(data["text/html"], "html.parser")
    assert not soup.find_all(["table", "script"])
    assert contents(tmp_path)["tables"] == []


def test_a_function_makes_the_table_or_its_lack_is_said(displayed, tmp_path):
    def lacking() -> pd.DataFrame:
        raise BookError("The book has no table 'reps'.")

    def broken() -> pd.DataFrame:
        raise KeyError("x")

    shown.show(lacking, "x", "workload", tmp_path)
    shown.show(lambda: accounts(2), "x", "accounts", tmp_path)
    assert displayed[0][0]["text/plain"] == "The book has no table 'reps'."
    assert "00001" in displayed[1][0]["text/plain"]
    assert [table["name"] for table in contents(tmp_path)["tables"]] == ["accounts"]
    with pytest.raises(KeyError):  # a fault of the program is no sentence
        shown.show(broken, "x")


def test_the_page_shows_the_columns_asked_for_and_the_files_hold_all(displayed, tmp_path):
    shown.show(accounts(), "x", "accounts", tmp_path, columns=["name", "country", "account_id"])
    soup = BeautifulSoup(displayed[0][0]["text/html"], "html.parser")
    assert [th.get_text() for th in soup.thead.find_all("th")] == ["Name", "Account"]  # the table has no country
    assert "1234.5" not in displayed[0][0]["text/plain"]
    assert pq.read_table(tmp_path / "accounts.parquet").column_names == list(accounts())


def test_codes_are_shown_in_words_and_saved_as_codes(displayed, tmp_path):
    shown.show(pd.DataFrame({"tier": ["top", "suspect"]}), "x", "tiers", tmp_path)
    assert "Top 1%" in displayed[0][0]["text/html"]
    assert pd.read_csv(tmp_path / "tiers.csv").tier.tolist() == ["top", "suspect"]
    with pytest.raises(KeyError, match="no words for 'tier_unheard'"):
        shown.show(pd.DataFrame({"tier": ["unheard"]}), "x")


def test_a_sentence_can_be_an_assumption_a_function_or_nothing(displayed, tmp_path):
    def lacking() -> str:
        raise BookError("none")

    shown.sentence(lacking, tmp_path)
    shown.sentence("", tmp_path)
    assert displayed == []
    assert not any(contents(tmp_path).values())
    shown.sentence(lambda: "Bars are set.", tmp_path)
    shown.sentence("Bars are set.", tmp_path)
    shown.sentence("Only said.")
    assert [data["text/plain"] for data, _ in displayed] == ["Bars are set.", "Bars are set.", "Only said."]
    assert [entry["name"] for entry in contents(tmp_path)["assumptions"]] == ["Bars are set."]


def test_a_headline_may_be_functions_and_what_they_cannot_carry_is_not_shown(displayed, tmp_path):
    def lacking() -> str:
        raise BookError("no survey")

    shown.headline("revenue", lambda: 5.0, lacking, tmp_path)
    shown.headline("revenue", lacking, lambda: "words", tmp_path)
    assert contents(tmp_path)["headlines"] == []
    shown.headline("revenue", lambda: 5.0, lambda: "words", tmp_path)
    assert [(h["value"], h["sentence"]) for h in contents(tmp_path)["headlines"]] == [("5.00", "words")]


def test_a_headline_without_a_sentence_is_nothing(displayed, tmp_path):
    shown.headline("revenue", 5.0, "", tmp_path, "EUR")
    assert displayed == []
    assert contents(tmp_path)["headlines"] == []


def test_a_figure_that_cannot_be_made_is_nothing(displayed):
    def lacking():
        raise BookError("there is nothing to draw")

    shown.figure(lacking, alt="")
    assert displayed == []
    shown.figure(matplotlib.pyplot.figure, alt="an empty figure")
    assert displayed[0][0]["text/plain"] == "an empty figure"
    assert matplotlib.pyplot.get_fignums() == []


@pytest.mark.parametrize(
    ("words", "long"), [("x" * 31, True), ("x" * 30, False), ("从下一个订单起凭预付款供货的客户", True)]
)
def test_long_texts_get_room_and_a_chinese_letter_is_two_wide(words, long):
    part = pd.DataFrame({"name": ["A"], "to_do": [words]})
    html = shown.table_html(part, {name: column(name) for name in part}, "x")
    assert ('<td class="l">' in html) == long
