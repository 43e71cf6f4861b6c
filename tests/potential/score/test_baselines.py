"""Expected orders as a baseline: as of each day, by the value module's model."""

from __future__ import annotations

import datetime as dt

import pytest

from crm_analysis.book import open_book
from crm_analysis.potential.score.baselines import expected_orders
from crm_analysis.value.histories import histories
from crm_analysis.value.lifetime import MBGCNBD

DAYS = [dt.date(2025, 3, 31), dt.date(2025, 9, 30)]


def test_expected_orders_are_the_value_modules_as_known_on_each_day():
    book = open_book("data/demo")
    found = expected_orders(book, reversed(DAYS), "12M")
    assert list(found) == ["as_of", "account_id", "expected_orders"]
    k = None
    for day in DAYS:
        known = histories(book.as_of(day), day)
        model = MBGCNBD(k).fit(known)
        k = model.k_
        own = found[found["as_of"] == str(day)].set_index("account_id")["expected_orders"]
        peer = model.orders(known, "12M").set_index("account_id")["expected_orders"]
        assert own.to_dict() == pytest.approx(peer.to_dict(), rel=1e-6)


def test_no_day_has_no_row():
    book = open_book("data/demo")
    assert expected_orders(book, [], "12M").empty
    assert list(expected_orders(book, [], "12M")) == ["as_of", "account_id", "expected_orders"]
