"""Accounts we said goodbye to, by hand: gone from the day on, without an outcome where it fell within the horizon."""

from __future__ import annotations

import datetime as dt

from cases_by_hand import BIG, bought, on, told
from small_books import DAY, small_book

from crm_analysis.potential.cases import cases
from crm_analysis.potential.low import Wishes


def decided(name: str, day: str, action: str = "goodbye") -> dict[str, str]:
    return {"account_id": name, "decided_on": day, "action": action}


def test_goodbyes_before_inside_and_after_the_horizon():
    names = "ABCDEFGIJ"
    orders = [row for name in names for row in bought(name, 10, 600)]
    decisions = [
        decided("A", "2025-09-30"),  # on the day: gone
        decided("B", "2025-10-01", " Cut "),  # the day after: no outcome
        decided("C", "2026-09-30"),  # on the last day of the horizon
        decided("D", "2026-10-01"),  # after it, and after today
        decided("E", "2025-01-01"),
        decided("E", "2025-06-01", "call"),  # taken back
        decided("F", "2025-01-01"),
        decided("F", "2025-11-11", "call"),  # taken back too late for THEN
        decided("G", "2025-12-01"),
        decided("G", "2025-12-02", "call"),  # taken back inside: what it brought is our doing
        decided("I", "2025-06-01"),
        decided("I", "2025-06-01", "call"),  # on one day the goodbye holds
        decided("J", "2025-06-01", "desk service"),
        {"account_id": None, "decided_on": "2025-06-01", "action": "goodbye"},
    ]
    book = small_book(BIG + orders, decisions=decisions, extracted_on=dt.date(2026, 12, 31))
    found = cases(book, DAY)
    then = on(found)["promising"]
    assert then.index.tolist() == list("BCDEGJ")
    assert then.isna().to_dict() == {"B": True, "C": True, "D": False, "E": False, "G": True, "J": False}
    assert (then.dropna() == 1).all()
    assert not set("ABCI") & set(found.today["account_id"])


def test_exits_are_goodbyes_where_we_decided_until_the_account_orders_again():
    orders = [row for name in "ABCDEF" for row in bought(name, 10, 600)]
    exits = [
        {"account_id": "A", "left_on": "2025-01-01", "known_on": "2025-02-01", "decided_by": "us"},
        {"account_id": "B", "left_on": "2025-01-01", "known_on": "2025-02-01", "decided_by": "them"},
        {"account_id": "C", "left_on": None, "known_on": "2025-12-01", "decided_by": "US"},
        {"account_id": "D", "left_on": "2025-01-01", "known_on": "2025-10-01", "decided_by": "us"},  # known later
        {"account_id": "E", "left_on": "2024-11-01", "known_on": "2024-11-10", "decided_by": "us"},  # then it ordered
        {"account_id": "F", "left_on": "2025-01-01", "known_on": "2025-02-01", "decided_by": None},
    ]
    found = told(orders, exits=exits)
    then = on(found)["promising"]
    assert then.isna().to_dict() == {"B": False, "C": True, "D": True, "E": False, "F": False}
    low_today = told(orders, Wishes(mid_bar=700, high_bar=800), exits=exits).today["account_id"]
    assert low_today.tolist() == ["A", "B", "D", "E", "F", "M"]  # A and D ordered since; C did not
