"""Expected orders as a baseline: as of each day, by the value module's model."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pandas as pd
import pytest

from crm_analysis.book import open_book
from crm_analysis.potential.score.baselines import expected_orders
from crm_analysis.value.histories import histories
from crm_analysis.value.lifetime import MBGCNBD

DAY = dt.date(2025, 9, 30)
DEMO = Path(__file__).parents[3] / "data" / "demo"
NEEDED = {"book.toml", "accounts.csv", "orders.csv"}


@pytest.mark.slow
def test_expected_orders_are_the_value_modules_as_known_on_the_day(tmp_path):
    book = open_book(shutil.copytree(DEMO, tmp_path / "demo", ignore=lambda _, names: {*names} - NEEDED))
    found = expected_orders(book, [DAY], "12M")
    assert list(found) == ["as_of", "account_id", "expected_orders"]
    assert found["as_of"].unique().tolist() == [pd.Timestamp(DAY)]
    known = histories(book.as_of(DAY), DAY)
    peer = MBGCNBD().fit(known).orders(known, "12M").set_index("account_id")["expected_orders"]
    own = found.set_index("account_id")["expected_orders"]
    assert own.to_dict() == pytest.approx(peer.to_dict(), rel=1e-6)
    assert expected_orders(book, [], "12M").empty
