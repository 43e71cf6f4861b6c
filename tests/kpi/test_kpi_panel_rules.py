"""The panel's rules against small books counted by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from small_books import DAY, line, small_book

from crm_analysis.book import Book
from crm_analysis.book.questionnaire import PLAIN
from crm_analysis.errors import BookError, UserError
from crm_analysis.kpi.panel import Panel, panel
from crm_analysis.value.segments import Bars


def on(day: str) -> dt.date:
    return dt.date.fromisoformat(day)


OVERALL, RECOMMEND = PLAIN.overall, PLAIN.recommendation
SOME = [line("A", "2025-01-02", 100), line("A", "2026-08-01", 50)]
"""Seven quarters of orders: 2025Q1 to 2026Q3."""


def of(orders: list[dict[str, Any]] | None = None, **tables: Any) -> Panel:
    return panel(small_book(orders or SOME, **tables), DAY)


def summed(found: Panel, name: str) -> list[float]:
    return found.measures[name].sum(axis=1).tolist()


def test_an_order_counts_in_the_quarter_it_first_bought_in():
    lines = [
        line("A", "2025-01-02", -5, order_id="N1"),  # a credit buys nothing
        line("A", "2025-04-01", 10, order_id="N1"),
        line("A", "2025-07-01", 10, order_id="N1"),
        line("A", "2025-07-01", 10, order_id="N2"),
        line("A", "2025-07-02", 0, order_id="N3"),
        line("A", "2026-09-30", 10, order_id="N2"),
    ]
    found = of(lines)
    assert summed(found, "orders") == [0, 1, 1, 0, 0, 0, 0]
    assert summed(found, "order_days") == [0, 1, 1, 0, 0, 0, 1]
    assert summed(found, "revenue") == [-5, 10, 20, 0, 0, 0, 10]
    assert found.first_order.tolist() == [on("2025-04-01")]
    assert "margin" not in found.measures
    assert "no column 'cost'" in found.why["margin"]


def test_shipments_count_when_shipped_and_promises_when_due():
    lines = [
        line("A", "2024-12-01", 10, promised_on="2024-12-20", shipped_on="2025-07-01"),  # 212 days
        line("A", "2025-06-20", 10, promised_on="2025-06-30", shipped_on="2025-06-30"),
        line("A", "2025-06-20", 10, promised_on="2025-06-29", shipped_on="2025-07-02"),
        line("A", "2025-06-20", 10, promised_on="2025-07-05", shipped_on=None),
        line("A", "2025-06-20", -10, promised_on="2025-07-05", shipped_on="2025-07-01"),  # sent back
        line("A", "2025-06-20", 10, promised_on=None, shipped_on="2025-07-03"),
    ]
    found = of(lines)
    assert found.ends[0] == on("2024-12-31")
    assert np.isnan(found.measures["shipped"][:1]).all()
    assert summed(found, "shipped")[2:5] == [1, 3, 0]
    assert summed(found, "shipping_days")[2:5] == [10, 212 + 12 + 13, 0]
    assert np.isnan(found.measures["due"][0]).all()  # orders begin two months late in that quarter
    assert summed(found, "due")[1:5] == [0, 2, 1, 0]
    assert summed(found, "on_time")[1:5] == [0, 1, 0, 0]


def test_a_table_that_begins_late_tells_nothing_of_quarters_before():
    complaints = [
        {"complaint_id": "K1", "account_id": "A", "opened_on": on("2025-07-08"), "closed_on": on("2025-10-08")},
        {"complaint_id": "K2", "account_id": "A", "opened_on": on("2026-09-01"), "closed_on": None},
    ]
    found = of(complaints=complaints)
    assert [str(value) for value in summed(found, "complaints")] == ["nan", "nan", "1.0", "0.0", "0.0", "0.0", "1.0"]
    # what was closed in the table's first quarter are the quick ones only
    assert [str(value) for value in summed(found, "closed")] == ["nan", "nan", "nan", "1.0", "0.0", "0.0", "0.0"]
    assert summed(found, "closing_days")[3] == 92
    assert (found.since["complaints"], found.since["closed"]) == (on("2025-07-08"), on("2025-10-08"))
    complaints[0]["opened_on"] = on("2025-07-09")  # more than a week late
    assert np.isnan(summed(of(complaints=complaints), "complaints")[:3]).all()


def test_contacts_without_a_length_count_as_the_quarters_others_of_their_kind():
    met = [
        ("A", "2025-01-02", "visit", "us", 60),
        ("A", "2025-02-02", "Visit ", "them", 20),
        ("A", "2025-02-03", "visit", "us", None),  # 40, as the two
        ("A", "2025-02-04", "call", None, 5000),  # no call of the quarter tells: 40
        ("A", "2025-04-04", "call", "us", 10),
        ("A", "2025-04-05", "visit", "US", 0),  # no visit of the quarter tells: 10
        ("A", "2025-07-05", "visit", "us", None),  # nothing of the quarter tells
    ]
    names = ("account_id", "happened_on", "channel", "initiated_by", "minutes")
    found = of(interactions=[dict(zip(names, (row[0], on(row[1]), *row[2:]), strict=True)) for row in met])
    assert summed(found, "contacts")[:4] == [4, 2, 1, 0]
    assert summed(found, "timed")[:4] == [2, 1, 0, 0]
    assert [str(value) for value in summed(found, "minutes")[:4]] == ["160.0", "20.0", "nan", "0.0"]
    assert summed(found, "contacts_ours")[:4] == [2, 2, 1, 0]
    assert summed(found, "contacts_said")[:4] == [3, 2, 1, 0]


def test_spending_is_spread_over_the_days_of_its_period():
    spent = [
        {"account_id": "A", "period_start": on("2025-01-01"), "period_end": on("2025-12-31"), "amount": 365},
        {"account_id": "A", "period_start": on("2026-03-30"), "period_end": on("2026-04-02"), "amount": 8},
        {"account_id": None, "period_start": on("2026-03-30"), "period_end": on("2026-04-02"), "amount": 100},
    ]
    found = of(spend=[row | {"activity": "x"} for row in spent])
    assert summed(found, "cost_to_serve")[:5] == [90, 91, 92, 92, 4]
    assert np.isnan(found.measures["cost_to_serve"][5:]).all()  # nothing is known of after 2026-04-02
    fixed = of(spend=[row | {"activity": "x", "fixed": True} for row in spent])
    assert "cost_to_serve" not in fixed.measures
    assert "'spend' tells of no day" in fixed.why["cost_to_serve"]


def test_payments_count_when_they_come():
    owed = [
        {"issued_on": on("2025-01-05"), "paid_on": on("2025-04-10"), "amount": 100},  # 95 days
        {"issued_on": on("2025-04-05"), "paid_on": on("2025-04-15"), "amount": 50},
        {"issued_on": on("2025-04-05"), "paid_on": None, "amount": 70, "written_off_on": on("2025-08-01")},
        {"issued_on": on("2025-04-05"), "paid_on": on("2025-04-06"), "amount": -30},
    ]
    blank = {"account_id": "A", "due_on": on("2025-05-05"), "written_off_on": None}
    found = of(invoices=[{"invoice_id": f"I{place}"} | blank | row for place, row in enumerate(owed)])
    assert summed(found, "invoiced")[:3] == [100, 120, 0]
    assert summed(found, "paid")[1:3] == [150, 0]
    assert summed(found, "paying_days")[1:3] == [9500 + 500, 0]
    assert summed(found, "written_off")[1:4] == [0, 70, 0]
    assert [str(value) for value in summed(found, "bad")[2:]] == ["nan", "1.0", "1.0", "1.0", "0.0"]
    assert summed(found, "owing")[3:] == [1, 1, 1, 0]


def test_goodbyes_count_once_until_another_decision():
    said = [
        ("2025-02-01", "goodbye"),
        ("2025-05-01", "Good-bye"),  # a word nobody knows
        ("2025-05-02", "goodbye"),  # still the first one
        ("2025-08-01", "keep"),
        ("2025-08-01", "drop"),  # on one day a goodbye comes last
        ("2026-09-30", "desk"),
        ("2026-10-01", "goodbye"),  # after the day
    ]
    made = [{"account_id": "A", "decided_on": on(day), "action": action} for day, action in said]
    gone = [
        {"account_id": "B", "left_on": on("2025-05-01"), "known_on": on("2025-08-01"), "decided_by": "us"},
        {"account_id": "B", "left_on": on("2025-11-01"), "known_on": on("2025-11-02"), "decided_by": "us"},
        {"account_id": "A", "left_on": on("2025-11-01"), "known_on": on("2026-01-02"), "decided_by": "them"},
        {"account_id": "A", "left_on": None, "known_on": on("2026-04-02"), "decided_by": None},
        {"account_id": "A", "left_on": on("2026-05-02"), "known_on": on("2026-05-02"), "decided_by": None,
         "reason": "Cut by  us"},
    ]  # fmt: skip
    names = [{"reason": None} | row for row in gone]
    found = of([*SOME, line("B", "2025-01-03", 5)], decisions=made, exits=names)
    assert found.measures["cut"].T.tolist() == [[1, 0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0]]
    # the table begins with 2025-05-01
    assert [str(value) for value in found.measures["left_them"][:, 0]] == ["nan"] * 2 + [
        "0.0",
        "1.0",
        "0.0",
        "1.0",
        "0.0",
    ]
    assert np.nansum(found.measures["left_them"][:, 1]) == 0
    assert "who decided" in of().why["cut"]


def test_who_was_asked_counts_when_it_is_decided_and_answered_by_then():
    def answer(who: str, day: str, score: int, item: str = RECOMMEND) -> dict[str, Any]:
        low, high = (0, 10) if item == RECOMMEND else (1, 5)
        told = {"account_id": "A", "respondent_id": who, "answered_on": on(day), "item": item, "score": score}
        return told | {"scale_min": low, "scale_max": high}

    asked = [
        ("P1", "2025-06-10"),
        ("P2", "2025-06-10"),
        ("P3", "2025-06-10"),
        ("P1", "2025-12-01"),
        ("P1", "2026-09-01"),
    ]
    said = [
        answer("P1", "2025-06-12", 9), answer("P1", "2025-06-12", 4, OVERALL),
        answer("P2", "2025-07-11", 6),  # a day late
        answer("P1", "2025-12-31", 8),
        answer("P1", "2026-09-02", 10),
    ]  # fmt: skip
    invited = [{"account_id": "A", "respondent_id": who, "sent_on": on(day)} for who, day in asked]
    found = of(surveys=said, survey_invitations=invited)
    assert summed(found, "invited") == [0, 0, 3, 1, 0, 0, 0]  # the last is decided in October
    assert summed(found, "responded") == [0, 0, 1, 1, 0, 0, 0]
    assert summed(found, "answers") == [0, 1, 1, 1, 0, 0, 1]
    assert summed(found, "promoters") == [0, 1, 0, 0, 0, 0, 1]
    assert summed(found, "detractors") == [0, 0, 1, 0, 0, 0, 0]
    assert summed(found, "csat_answers") == [0, 1, 0, 0, 0, 0, 0]
    assert summed(found, "satisfied") == [0, 1, 0, 0, 0, 0, 0]
    assert "csat_answers" not in of(surveys=[answer("P1", "2025-06-12", 9)]).measures


def test_groups_are_what_was_known_then():
    told = [
        ("sales_office", "North", "2025-01-01"),
        ("sales_office", "South", "2025-07-01"),
        ("rep_id", "R1", "2025-04-01"),
    ]
    history = [{"account_id": "A", "field": field, "value": value, "known_on": on(day)} for field, value, day in told]
    people = [
        {"rep_id": "R1", "team": "first", "from_date": "2020-01-01", "to_date": None},
        {"rep_id": "R1", "team": "second", "from_date": "2026-01-01", "to_date": None},
    ]
    names = [
        {"account_id": "A", "region": "East", "sales_office": "West", "rep_id": "R2"},
        {"account_id": "B", "region": "East", "sales_office": "West", "rep_id": "R2", "known_since": "2026-07-01"},
    ]
    found = panel(small_book(SOME, names, account_history=history, reps=people), DAY)
    assert found.groups["sales_office"][:, 0].tolist() == ["North"] * 2 + ["South"] * 4 + [
        "West"
    ]  # the day of the extract
    assert found.groups["sales_office"][:, 1].tolist() == [""] * 6 + ["West"]
    assert found.groups["rep"][:, 0].tolist() == ["", *["R1"] * 5, "R2"]
    assert found.groups["team"][:, 0].tolist() == ["", "first", "first", "first", "second", "second", ""]
    assert found.groups["region"].T.tolist() == [["East"] * 7, [""] * 6 + ["East"]]
    assert found.cluster["sales_office"].tolist() == [0, 0]
    bare = of()
    assert bare.groups == {}
    assert list(bare.cluster) == ["account"]
    assert "no column 'region'" in bare.why["region"]


def test_an_office_nobody_knows_is_no_cluster():
    names = [{"account_id": "A", "sales_office": None}, {"account_id": "B", "sales_office": "West"},
             {"account_id": "C", "sales_office": "East"}]  # fmt: skip
    assert panel(small_book(SOME, names), DAY).cluster["sales_office"].tolist() == [-1, 1, 0]


def year_of(first: str, quarters: int = 13, start: str = "2023-09-15") -> list[dict[str, Any]]:
    day = on(start)
    return [line(first, day + dt.timedelta(days=91 * place), 100) for place in range(quarters)]


def test_classes_are_of_the_year_by_bars_that_stay():
    lines = [*year_of("A", start="2023-07-03"), line("B", "2025-05-01", 250), line("B", "2026-02-01", 700)]
    found = panel(small_book(lines), DAY, bars=Bars(600.0, 250.0, None))
    assert found.ends[0] == on("2023-09-30")
    assert found.classes.T.tolist()[0] == [-1, -1, -1, *[1] * 10]  # 400 in every year
    # 250 from 2025Q2, 950 at 2026Q1, and 700 when the 250 are a year old
    assert found.classes.T.tolist()[1] == [-1] * 7 + [1, 1, 1, 2, 2, 2]


def test_the_baseline_is_the_last_quarter_before_the_programme():
    def started(*days: str) -> Panel:
        rows = [{"started_on": on(day), "name": "x", "sales_office": "West"} for day in days]
        return panel(small_book(year_of("A", start="2023-07-03"), programme=rows), DAY)

    assert started("2026-01-01", "2026-05-01").baseline == on("2025-12-31")
    assert started("2026-02-01").baseline == on("2025-12-31")
    assert started("2026-10-01").baseline == on("2025-09-30")  # not known yet
    assert started("2023-01-01").baseline == on("2024-06-30")  # no whole year of orders before
    book = small_book(year_of("A", start="2023-07-03"))
    assert panel(book, DAY).baseline == on("2025-09-30")
    assert panel(book, DAY, baseline="2026-03-31").baseline == on("2026-03-31")
    assert panel(small_book([line("A", "2026-08-01", 5)]), DAY).baseline == DAY
    with pytest.raises(UserError, match="found 2026-03-30"):
        panel(book, DAY, baseline="2026-03-30")
    with pytest.raises(BookError, match="from 2024-06-30 to 2026-09-30"):
        panel(book, DAY, baseline="2024-03-31")


def test_bars_are_of_accounts_known_on_the_baseline():
    lines = [line("A", "2024-10-01", 100), line("A", "2025-09-01", 10), line("B", "2025-09-02", 900)]
    late = [{"account_id": "A"}, {"account_id": "B", "known_since": "2025-10-01"}]
    assert panel(small_book(lines), DAY).bars.high == 900
    assert panel(small_book(lines, late), DAY).bars.high == 110


@pytest.mark.parametrize("day", ["2026-09-29", "2026-08-31", "2026-10-01"])
def test_only_quarters_ends_are_looked_from(day: str):
    with pytest.raises(UserError, match=f"found {day}"):
        panel(small_book(SOME), day)


@pytest.mark.parametrize("quarters", [0, 41, True, 2.0])
def test_quarters_are_a_few(quarters: Any):
    with pytest.raises(UserError, match="from 1 to 40"):
        panel(small_book(SOME), DAY, quarters)


def extracted(day: str) -> Book:
    return small_book(SOME, extracted_on=on(day))


def test_a_quarter_that_is_not_over_is_not_told():
    assert panel(extracted("2026-09-30"), "2026-12-31").ends[-1] == DAY  # after the extract is the extract's day
    assert panel(extracted("2026-09-23"), DAY).ends[-1] == DAY  # a week more or less
    with pytest.raises(BookError, match=r"ends on\s2026-06-30"):
        panel(extracted("2026-09-22"), DAY)
    assert panel(extracted("2026-11-15"), DAY).ends[-1] == DAY
    with pytest.raises(BookError, match="No order is known by 2024-12-31"):
        panel(extracted("2026-09-30"), "2024-12-31")


def test_no_more_quarters_than_asked_for_and_the_two_years_before():
    found = panel(small_book(year_of("A")), DAY, 1)
    assert len(found.ends) == 9
    assert found.ends[0] == on("2024-09-30")
    assert (found.classes[0] == -1).all() or found.classes[0].tolist() == [2]  # the year before the first is known too
    assert found.classes[0].tolist() == [2]
