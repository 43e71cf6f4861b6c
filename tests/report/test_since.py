"""This report beside the last quarter's: moves by hand, lists, forecasts, and packs made in different ways."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pages import order, page, run_here, written

from crm_analysis.cli import main
from crm_analysis.errors import BookError, ReportError
from crm_analysis.periods import quarters_back
from crm_analysis.report.sentences import since as said
from crm_analysis.report.since import came, lists, moves
from crm_analysis.report.since.outlook import outlook
from crm_analysis.report.since.packs import Pack, differences, pack

NO = "(no cost)"


# --- two reports of a small book, made one after the other ---


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """A: High both times. B grows to Mid, C stops ordering, D is new, E orders for the first time."""
    place = tmp_path_factory.mktemp("since")
    known = {"A": "2024-01-01", "B": "2024-01-01", "C": "2024-01-01", "D": "2026-04-15", "E": "2026-01-01"}
    orders = [
        order("A", "2025-12-01", 2000), order("B", "2026-01-10", 50), order("B", "2026-05-10", 400),
        order("C", "2025-05-01", 500), order("D", "2026-04-20", 30), order("E", "2026-06-01", 20),
    ]  # fmt: skip
    book = written(
        place / "book",
        accounts=[{"account_id": name, "name": f"<b>{name}</b>", "known_since": day} for name, day in known.items()],
        orders=[row | {"line_id": str(place)} for place, row in enumerate(orders)],
    )
    (book / "book.toml").write_text('currency = "EUR"\nextracted_on = 2026-07-01\n', encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm_analysis.report.kernels.run_notebooks", run_here)
        for quarter in ("2026Q1", "2026Q2"):
            asked = ["--only", "segmentation,since", "-p", "high_bar=1000", "-p", "mid_bar=100"]
            assert main(["report", str(book), "--quarter", quarter, "--out", str(place / "out"), *asked]) == 0
    return place / "out"


def read(out: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(out / "2026Q2" / "tables" / f"{name}.parquet")


def test_without_a_report_before_the_page_is_left_out_and_says_what_it_needs(out):
    assert not (out / "2026Q1" / "since.html").exists()
    index = page((out / "2026Q1" / "index.html").read_text(encoding="utf-8"))
    assert "Since last quarter: It needs the report of 2025Q4 in the same folder." in index.text


def test_every_account_that_moved_is_told_by_hand(out):
    table = read(out, "since_moves").set_index("account_id")
    assert table.index.tolist() == ["C", "B", "D", "E"]  # largest revenue in either report first
    told = table[["moved_from", "moved_to", "moved_by", "revenue_then", "revenue_now"]].astype(object)
    assert told.loc["B"].tolist() == ["Low (no cost)", "Mid (no cost)", "its revenue", 50.0, 450.0]
    assert told.loc["C"].tolist() == ["Mid (no cost)", "inactive", "no order within the window", 500.0, 0.0]
    assert told.loc["D"].tolist()[:3] == ["not in the book", "Low (no cost)", "new in the book"]
    assert told.loc["E"].tolist() == ["no order yet", "Low (no cost)", "orders again, or for the first time", 0.0, 20.0]
    assert read(out, "since_matrix")["accounts"].sum() == 4


def test_the_page_says_what_moved_and_why_the_rest_is_missing(out):
    shown = page((out / "2026Q2" / "since.html").read_text(encoding="utf-8"))
    assert "This report, 2026Q2, beside the report of 2026Q1, which looked from 2026-03-31." in shown.text
    assert "3 accounts moved to a better segment, or came in, and 1 account to a lesser one, or went." in shown.text
    assert "The report of 2026Q2 has no table at_risk; its page was not made, or could not tell." in shown.text
    assert not shown.soup.find_all("b")


def test_the_first_page_tells_it_among_what_changed_and_links_to_it(out):
    index = page((out / "2026Q2" / "index.html").read_text(encoding="utf-8"))
    link = index.soup.find("h2", id="changed").find_next("a")["href"]
    assert link == "since.html#in-short"
    assert page((out / "2026Q2" / "since.html").read_text(encoding="utf-8")).soup.find(id="in-short")


def test_the_page_alone_is_refused_in_a_sentence(out, tmp_path, capsys):
    book = str(out.parent / "book")
    assert main(["report", book, "--quarter", "2026Q2", "--out", str(tmp_path), "--only", "since"]) == 2
    assert "the page since compares what the other pages find; ask for some of them with it" in capsys.readouterr().err


@pytest.mark.parametrize(("quarter", "before"), [("2026Q1", "2025Q4"), ("2026Q2", "2026Q1"), ("2026Q4", "2026Q3")])
def test_the_quarter_before(quarter, before):
    assert quarters_back(quarter, 1) == before


# --- reports of hand-made tables ---


def made(folder: Path, quarter: str, day: str, parameters: dict[str, object] | None = None, **tables: object) -> Pack:
    """A report: its manifest and its tables; texts among the tables are facts of the manifest."""
    facts = {name: value for name, value in tables.items() if isinstance(value, str)}
    own = {"book": "B", "quarter": quarter, "as_of": day, "parameters": parameters or {}}
    (folder / "tables").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(own | facts), encoding="utf-8")
    for name, rows in tables.items():
        if isinstance(rows, list):
            pd.DataFrame(rows).to_parquet(folder / "tables" / f"{name}.parquet")
    return pack(folder)


def account(name: str, last: str = "2026-01-15", **more: object) -> dict[str, object]:
    usual = {"class": "Low", "grade": "A", "tier": "small", "revenue": 10.0, "margin_rate": 0.3}
    return {"account_id": name, "last_order": pd.Timestamp(last)} | usual | more


def risk(name: str, chance: float, worth: float = 100.0) -> dict[str, object]:
    return {"account_id": name, "name": name, "rep_id": "R", "p_1": chance / 2, "p_4": chance, "at_risk": worth}


@pytest.fixture
def both(tmp_path) -> tuple[Pack, Pack]:
    """V rises onto the list, W is new on it; X ordered, Y said goodbye, Z is gone; U stays on it, T is silent."""
    before = made(
        tmp_path / "2026Q1", "2026Q1", "2026-03-31", {"what_if": {"quarters": 1}},
        accounts=[account(name) for name in "TUVXYZ"],
        at_risk=[risk("X", 0.5), risk("Y", 0.4), risk("Z", 0.3), risk("U", 0.6), risk("T", 0.26), risk("V", 0.05)],
        next_quarter=[{"expected_orders": 10.0, "low": 8.0, "high": 12.0}],
        what_if_expected=[
            {"state": "High", "expected_revenue": 1.0, "low_revenue": 0.0, "high_revenue": 2.0},
            {"state": "all", "expected_revenue": 80.0, "low_revenue": 60.0, "high_revenue": 90.0},
        ],
        potential_accounts=[
            {"account_id": "U", "name": "U", "revenue": 1.0, "advice_code": "cut"},
            {"account_id": "V", "name": "V", "revenue": 2.0, "advice_code": "survey"},
        ],
    )  # fmt: skip
    now = made(
        tmp_path / "2026Q2", "2026Q2", "2026-06-30",
        accounts=[account(name, "2026-05-01" if name in "XUW" else "2026-01-15") for name in "TUVWXYZ"],
        at_risk=[risk("U", 0.5), risk("V", 0.3, 50), risk("W", 0.9, 70), risk("X", 0.1), risk("T", 0.2)],
        goodbyes=[{"account_id": "Y"}],
        past_forecast=[{"expected_orders": 9.0, "low": 7.0, "high": 11.0, "came": 13}],
        potential_accounts=[
            {"account_id": "V", "name": "V", "revenue": 2.0, "advice_code": "cut"},
            {"account_id": "W", "name": "W", "revenue": 3.0, "advice_code": "keep"},
        ],
    )  # fmt: skip
    return now, before


def test_who_entered_the_list_at_risk_and_why_others_are_off_it(both):
    table = lists.risk_moves(*both)
    told = [tuple(row) for row in table[["listed", "account_id", "because"]].itertuples(index=False)]
    assert told == [
        ("entered", "W", "new"), ("entered", "V", "risen"),  # most at risk first
        ("off", "T", "fallen"), ("off", "X", "ordered"), ("off", "Y", "goodbye"), ("off", "Z", "left"),
    ]  # fmt: skip


def test_who_may_be_cut_now_and_no_longer(both):
    table = lists.cut_moves(*both)
    told = [tuple(row) for row in table[["listed", "account_id", "advice_then", "advice_now"]].itertuples(index=False)]
    assert told == [("entered", "V", "survey", "cut"), ("off", "U", "cut", "")]
    assert lists.cut_counts(*both) == (1, 1)


def test_one_quarter_tells_what_became_of_a_list_and_judges_no_chance(both):
    table = came.leaving(*both).set_index("from_chance")
    assert table["accounts"].tolist() == [5, 0, 1]
    assert table.loc[0.25, ["ordered", "silent", "goodbye", "left"]].tolist() == [2, 1, 1, 1]
    assert table.loc[0.25, "leavers_told"] == pytest.approx(2.06)
    words = said.leaving_said(outlook(both[0].folder, both[1].folder))
    assert "one quarter cannot say whether the forecast was right" in words
    assert "2 are gone or have said goodbye, 2 have not ordered since, and 2 have" in words


def test_what_was_stated_is_held_against_what_came(both):
    found = came.orders(*both)
    assert (found.expected, found.low, found.high, found.came) == (10, 8, 12, 13)
    assert found.stated
    assert not found.inside
    words = said.orders_said(outlook(both[0].folder, both[1].folder))
    assert words == (
        "The report of 2026Q1 expected 10 orders in 2026Q2, 90% interval 8 to 12; 13 came. "
        "More came than the interval holds."
    )


def test_a_report_that_stated_nothing_is_spoken_for_by_the_forecast_made_anew(both):
    now, before = both
    (before.folder / "tables" / "next_quarter.parquet").unlink()
    found = came.orders(now, before)
    assert (found.expected, found.came, found.stated) == (9, 13, False)
    assert "stated no orders for the quarter" in said.orders_said(outlook(now.folder, before.folder))


def test_what_was_stated_for_another_time_is_not_held_against_what_came(both, tmp_path):
    told = {"expected_orders": 4.0, "low": 3.0, "high": 5.0}
    early = made(tmp_path / "a", "2026Q1", "2026-03-31", extracted="2026-03-20", next_quarter=[told])
    then = made(tmp_path / "b", "2026Q1", "2026-03-31", extracted="2026-04-02", next_quarter=[told])
    assert early.day.isoformat() == "2026-03-20"
    assert came.orders(both[0], then).expected == 4
    found = came.orders(both[0], early)
    assert not found.stated
    assert found.expected == 9


def test_the_book_ahead_is_judged_when_it_is_due(both):
    then, found = came.book_ahead(*both)
    assert then.quarter == "2026Q1"
    assert (found.expected, found.came, found.inside) == (80, 70, True)
    words = said.ahead_said(outlook(both[0].folder, both[1].folder), "EUR")
    assert words.endswith("EUR 70.00 came. That is within the interval.")


def test_a_book_ahead_that_is_not_due_says_when_it_is(tmp_path):
    before = made(tmp_path / "2026Q1", "2026Q1", "2026-03-31", {"what_if": {"quarters": 4}})
    now = made(tmp_path / "2026Q2", "2026Q2", "2026-06-30", accounts=[account("A")])
    words = said.ahead_said(outlook(now.folder, before.folder), "EUR")
    assert (
        words == "The book ahead that the report of 2026Q1 told is for the end of 2027Q1; it cannot be judged before."
    )


def test_an_account_that_the_bars_moved_past_is_told_so(tmp_path):
    then = [account("A", revenue=100.0, **{"class": "High"}), account("B", revenue=40.0, **{"class": "Mid"}),
            account("C", revenue=30.0, **{"class": "Mid"})]  # fmt: skip
    now = [account("A", revenue=100.0, **{"class": "High"}), account("B", revenue=40.0, **{"class": "Low"}),
           account("C", revenue=20.0, **{"class": "Low"})]  # fmt: skip
    packs = [made(tmp_path / quarter, quarter, day, accounts=rows)
             for quarter, day, rows in (("2026Q2", "2026-06-30", now), ("2026Q1", "2026-03-31", then))]  # fmt: skip
    table = moves.moved(*packs).set_index("account_id")
    assert table["moved_by"].to_dict() == {"B": "bars", "C": "revenue"}
    assert "Of these, 1 account would not have moved at the bars of then." in said.moves_said(
        outlook(packs[0].folder, packs[1].folder)
    )


def test_a_grade_moves_by_the_margin_rate(tmp_path):
    then = [account("A", margin_rate=0.3), account("B", margin_rate=0.3)]
    now = [account("A", margin_rate=0.2, grade="B"), account("B", margin_rate=0.3)]
    packs = [made(tmp_path / quarter, quarter, day, accounts=rows)
             for quarter, day, rows in (("2026Q2", "2026-06-30", now), ("2026Q1", "2026-03-31", then))]  # fmt: skip
    row = moves.moved(*packs).iloc[0]
    assert (row["account_id"], row["moved_from"], row["moved_to"], row["moved_by"]) == ("A", "Low A", "Low B", "margin")


def cells(light: str, now: str) -> list[dict[str, object]]:
    return [{"kpi": "On time", "kpi_code": "on_time", "dimension": "company", "group": "", "against": "year",
             "light_code": light, "now_said": now}]  # fmt: skip


def test_lights_then_and_now(tmp_path):
    before = made(tmp_path / "a", "2026Q1", "2026-03-31", kpi_cells=cells("worse", "80%"))
    now = made(tmp_path / "b", "2026Q2", "2026-06-30", kpi_cells=cells("same", "85%"))
    look = outlook(now.folder, before.folder)
    assert said.lights_said(look) == "Lit in the report of 2026Q1: 1 of the company's comparisons; as lit still: 0."
    assert said.light_table(look)[["said_then", "said_now"]].iloc[0].tolist() == ["80%", "85%"]
    assert said.light_table(look)["light_now"].iloc[0] == "could be chance"


# --- reports made in different ways ---


def test_what_differs_in_how_two_reports_were_made_is_said(tmp_path):
    asked = {"segmentation": {"window": "12M", "high_bar": 0.0}}
    now = made(tmp_path / "b", "2026Q2", "2026-06-30", asked, language="en")
    before = made(
        tmp_path / "a", "2026Q1", "2026-03-31", {"segmentation": {"window": "6M", "high_bar": 0.0}}, language="zh-CN"
    )
    words = differences(now, before)
    assert "The report of 2026Q1 is in another language; codes are compared, not words." in words
    assert "Asked for otherwise than in the report of 2026Q1: Segmentation (window)." in words
    assert differences(now, now) == ""


def test_accounts_of_reports_redacted_by_different_codes_are_not_matched(both, tmp_path):
    now, _ = both
    other = made(
        tmp_path / "a", "2026Q1", "2026-03-31", redaction="abc", accounts=[account("X")], at_risk=[risk("X", 1)]
    )
    with pytest.raises(BookError, match="cannot be matched"):
        moves.moved(now, other)
    with pytest.raises(BookError, match="cannot be matched"):
        lists.risk_moves(now, other)
    assert "was redacted otherwise" in differences(now, other)
    named = made(tmp_path / "b", "2026Q1", "2026-03-31", redaction="abc", book="Accounts of Quorvex AG")
    assert "Quorvex" not in differences(now, named)  # which a redacted report would not tell


def test_a_table_of_words_is_not_compared(tmp_path):
    before = made(tmp_path / "a", "2026Q1", "2026-03-31", accounts=[account("A", **{"class": "高"})])
    now = made(tmp_path / "b", "2026Q2", "2026-06-30", accounts=[account("A")])
    with pytest.raises(BookError, match="has words where codes are expected"):
        moves.moved(now, before)


def test_a_table_of_another_version_names_the_column_it_lacks(both, tmp_path):
    now, _ = both
    old = made(tmp_path / "a", "2026Q1", "2026-03-31", potential_accounts=[{"account_id": "V"}])
    with pytest.raises(BookError, match="its table potential_accounts lacks advice_code"):
        lists.cut_moves(now, old)


@pytest.mark.parametrize("text", [None, "{", "[]", '{"quarter": "2026Q1"}'])
def test_a_folder_that_is_no_report_is_named(tmp_path, text):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ReportError, match="expected the manifest of a report"):
        pack(tmp_path)


def test_a_broken_report_before_is_no_reason_not_to_make_this_one(tmp_path):
    from crm_analysis.report.run import _nothing_before

    (tmp_path / "2026Q1").mkdir()
    (tmp_path / "2026Q1" / "manifest.json").write_text("{")
    left_out = _nothing_before(None, tmp_path / "2026Q1")
    assert left_out == {
        "since": "It needs a whole report of 2026Q1 in the same folder; the manifest of that one cannot be read."
    }
    assert _nothing_before(["kpi"], tmp_path / "2026Q1") == {}


def test_a_table_that_somebody_changed_is_named(both):
    now, before = both
    (before.folder / "tables" / "at_risk.parquet").write_bytes(b"no table")
    with pytest.raises(BookError, match="The table at_risk of the report of 2026Q1 cannot be read"):
        lists.risk_moves(now, before)


def test_without_two_reports_the_page_says_so_and_no_more():
    look = outlook("", "")
    assert said.about(look) == "There is no report of the quarter before to compare with."
    with pytest.raises(BookError, match=r"\A\Z"):
        said.moved(look)
