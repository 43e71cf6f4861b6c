"""Which parts a book unlocks, and what is said of the others."""

from __future__ import annotations

import datetime as dt

import pytest
from pages import order, page, run_here, written
from small_books import line, small_book

from crm_analysis.cli import main
from crm_analysis.errors import ReportError
from crm_analysis.report.run import PARTS
from crm_analysis.report.unlocked import locked, refuse_locked

DAY = dt.date(2026, 9, 30)
OTHERS = {part.name for part in PARTS} - {"data_check", "since"}


def lacks(*days: str, day: dt.date = DAY, **tables: list[dict[str, object]]) -> dict[str, str]:
    return locked(small_book([line("A", one, 10) for one in days], **tables), day)


COMPLAINT = {"complaint_id": "K", "account_id": "A", "opened_on": dt.date(2026, 9, 1)}


@pytest.mark.parametrize(
    ("first", "parts"),
    [
        ("2026-09-30", {"value", "retention", "potential", "kpi"}),
        ("2025-10-02", {"value", "retention", "potential", "kpi"}),
        ("2025-10-01", {"potential"}),
        ("2024-10-02", {"potential"}),
        ("2024-10-01", set()),
        ("2020-01-01", set()),
    ],
)
def test_how_far_orders_must_reach_back(first, parts):
    assert set(lacks(first, complaints=[COMPLAINT])) == parts


def test_what_is_said_names_both_days():
    assert lacks("2026-01-05")["value"] == (
        "It needs orders that reach back to 2025-09-30; the book's first is of 2026-01-05."
    )


def test_a_shorter_horizon_needs_less():
    book = small_book([line("A", "2025-04-01", 10)])
    assert "potential" in locked(book, DAY)
    assert "potential" not in locked(book, DAY, "6M")
    late = small_book([line("A", "2026-07-01", 10)])
    assert "kpi" in locked(late, DAY)
    assert "kpi" not in locked(late, DAY, kpi_window="quarter")


def test_before_the_first_order_nothing_but_the_check_is_left():
    found = lacks("2026-01-05", day=dt.date(2025, 12, 31))
    assert set(found) == OTHERS
    assert found["plan"] == "It needs orders on or before 2025-12-31; the book's first is of 2026-01-05."
    assert found["value"] == found["plan"]


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({}, False),
        ({"complaints": [COMPLAINT]}, True),
        ({"complaints": [COMPLAINT | {"opened_on": dt.date(2026, 10, 1)}]}, False),
        ({"surveys": [{"account_id": "A", "answered_on": DAY, "item": "warmth", "score": 4}]}, True),
    ],
)
def test_satisfaction_needs_a_voice(tables, told):
    book = small_book([line("A", "2020-01-01", 10)], extracted_on=dt.date(2026, 12, 31), **tables)
    found = locked(book, DAY)
    assert ("satisfaction" not in found) is told


def test_a_part_asked_for_is_refused_in_words():
    refuse_locked({"value": "It needs orders."}, ["plan"])
    with pytest.raises(ReportError, match=r"^the page value cannot be made of this book\. It needs orders\.$"):
        refuse_locked({"value": "It needs orders."}, ["plan", "value"])


@pytest.fixture
def bare(tmp_path, monkeypatch):
    monkeypatch.setattr("crm_analysis.report.kernels.run_notebooks", run_here)
    return written(
        tmp_path / "book",
        accounts=[{"account_id": "A", "name": "alpha"}],
        orders=[order("A", f"2026-0{month}-03", 10, line_id=str(month)) for month in range(7, 10)],
    )


def test_the_command_refuses_a_locked_page(bare, tmp_path, capsys):
    report = ["report", str(bare), "--quarter", "2026Q3", "--out", str(tmp_path / "out"), "--only", "satisfaction"]
    assert main(report) == 2
    assert "the page satisfaction cannot be made of this book. It needs answers" in capsys.readouterr().err
    assert not (tmp_path / "out" / "2026Q3").exists()


def test_the_index_lists_what_was_left_out(bare, tmp_path, monkeypatch):
    few = [part for part in PARTS if part.name in ("data_check", "value", "satisfaction")]
    monkeypatch.setattr("crm_analysis.report.run.PARTS", tuple(few))
    monkeypatch.setattr("crm_analysis.report.unlocked._needs", _only(few))
    assert main(["report", str(bare), "--quarter", "2026Q3", "--out", str(tmp_path / "out")]) == 0
    text = page((tmp_path / "out" / "2026Q3" / "index.html").read_text(encoding="utf-8")).text
    assert "Value: It needs orders that reach back to 2025-09-30" in text
    assert "Satisfaction: It needs answers to surveys or complaints" in text
    assert not (tmp_path / "out" / "2026Q3" / "value.html").exists()


def _only(parts):
    from crm_analysis.report import unlocked

    needs = unlocked._needs
    return lambda *given: {name: need for name, need in needs(*given).items() if name in {part.name for part in parts}}
