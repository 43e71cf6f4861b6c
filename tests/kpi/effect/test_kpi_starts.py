"""Who started when and who belongs where, by hand-made books."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from panels import made_panel
from small_books import line, small_book

from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.effect.did import NEVER
from crm_analysis.kpi.effect.starts import programme, programmes, units
from crm_analysis.value.segments import Bars


def row(day: str, name: str = "focus", **unit: str) -> dict[str, str]:
    return {"started_on": day, "name": name, **unit}


def book(*rows: dict[str, str]):
    return small_book([line("A0", "2026-09-01", 10)], programme=rows)


OFFICES = (
    row("2026-01-01", sales_office="Brno"),
    row("2025-10-15", sales_office="Gent"),
    row("2026-04-01", sales_office="Gent"),
    row("2026-08-01", sales_office="Linz"),
    row("2026-01-01", name="other", sales_office="Linz"),
)


def test_the_first_start_of_each_office_as_known_on_the_day():
    found = programme(book(*OFFICES), "2026-06-30")
    assert (found.name, found.kind) == ("focus", "sales_office")
    assert found.started == {"Brno": dt.date(2026, 1, 1), "Gent": dt.date(2025, 10, 15)}
    assert found.first == dt.date(2025, 10, 15)
    assert set(programme(book(*OFFICES), "2026-09-30").started) == {"Brno", "Gent", "Linz"}
    with pytest.raises(BookError, match="No programme had started by 2025-10-14"):
        programme(book(*OFFICES), "2025-10-14")


def test_the_programme_of_most_units_is_meant_unless_another_is_named():
    both = programmes(book(*OFFICES), "2026-09-30")
    assert [one.name for one in both] == ["focus", "other"]
    assert programme(book(*OFFICES), "2026-09-30", "other").started == {"Linz": dt.date(2026, 1, 1)}
    with pytest.raises(UserError, match="expected one of focus, other; found 'more'"):
        programme(book(*OFFICES), "2026-09-30", "more")


def test_a_book_without_a_programme_and_units_of_two_kinds_are_told_in_words():
    with pytest.raises(BookError, match="no table 'programme'"):
        programme(small_book([line("A0", "2026-09-01", 10)]), "2026-09-30")
    mixed = (row("2026-01-01", sales_office="Brno"), row("2026-01-01", segment="Low", sales_office=""))
    with pytest.raises(BookError, match="two kinds"):
        programme(book(*mixed), "2026-09-30")


def test_accounts_stay_where_they_were_and_new_ones_belong_where_they_came():
    """The first start is on 2025-10-15, so that the end of 2025Q3 decides."""
    words = np.array(
        [  # moves after, moves before, comes later, never known
            ["Gent", "Gent", "", ""],
            ["Gent", "Brno", "", ""],
            ["Brno", "Brno", "", ""],
            ["Brno", "Brno", "Linz", ""],
            ["Brno", "Brno", "Gent", ""],
        ],
        dtype=object,
    )
    # quarter ends from 2025Q2 to 2026Q2
    panel = made_panel({"revenue": np.ones((5, 4))}, last="2026Q2", groups={"sales_office": words})
    made = book(*OFFICES)
    found = units(made, panel, programme(made, "2026-06-30"))
    assert found.names.tolist() == ["Brno", "Gent", "Linz"]
    assert found.member.tolist() == [1, 0, 2, -1]
    assert found.start.tolist() == [3, 2, NEVER]
    assert found.unknown == ()
    assert not found.together
    assert found.totals(np.array([[1.5, 2.25, 4.0, 8.0]])).tolist() == [[2.25, 1.5, 4.0]]


def test_units_that_no_account_is_in_are_named():
    panel = made_panel({"revenue": np.ones((5, 2))}, last="2026Q2", offices=["Brno", "Brno"])
    made = book(*OFFICES)
    found = units(made, panel, programme(made, "2026-06-30"))
    assert found.unknown == ("Gent",)
    assert found.together
    with pytest.raises(BookError, match="sales_office"):
        units(made, made_panel({"revenue": np.ones((5, 2))}, last="2026Q2"), programme(made, "2026-06-30"))


def test_of_a_programme_of_accounts_those_that_ordered_before_are_the_units():
    made = book(row("2026-02-01", account_id="A1"), row("2026-05-01", account_id="A2"))
    panel = made_panel({"revenue": np.ones((5, 4))}, last="2026Q2", classes=["Low", "High", "", "Mid"])
    found = units(made, panel, programme(made, "2026-06-30"))
    assert found.names.tolist() == ["A0", "A1", "A3"]
    assert found.start.tolist() == [NEVER, 3, NEVER]
    assert found.member.tolist() == [0, 1, -1, 2]
    assert found.unknown == ("A2",)


def test_of_a_programme_of_segments_the_year_before_the_start_decides():
    """Bars of the panel: 1,000 and 300 a year."""
    sold = [line("A0", "2025-08-01", 2000), line("A1", "2025-08-01", 400), line("A2", "2025-08-01", 20)]
    sold += [line("A2", "2026-02-01", 5000), line("A3", "2026-02-01", 5000)]
    made = small_book(sold, programme=[row("2026-01-01", segment="Low"), row("2026-01-01", segment="High")])
    panel = made_panel({"revenue": np.ones((5, 4))}, last="2026Q2", classes=["Mid"] * 4, bars=Bars(1000, 300, None))
    found = units(made, panel, programme(made, "2026-06-30"))
    assert found.names.tolist() == ["High", "Low", "Mid"]
    assert found.member.tolist() == [0, 2, 1, -1]
    assert found.start.tolist() == [3, 3, NEVER]


def test_a_programme_that_names_no_unit_is_of_the_whole_company():
    made = book(row("2026-01-01"))
    panel = made_panel({"revenue": np.ones((5, 2))}, last="2026Q2")
    found = units(made, panel, programme(made, "2026-06-30"))
    assert found.programme.kind == "all"
    assert found.together
    assert found.start.tolist() == [3]
