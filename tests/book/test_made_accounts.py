"""Accounts made of order lines: the latest line decides, then the key; what lines said before is history."""

from __future__ import annotations

import pytest
from folders import folder

from crm_analysis.book import Book, open_book

ORDERS = """line,Customer ID,day,revenue,Country,Name
L1,10,2024-01-01,1,DE,Ten
L2,10,2024-03-01,1,FR,
L3,10,2024-02-01,1,DE,Ten Ltd
L4,20,2024-01-05,1,AT,Twenty
L6,20,2024-01-05,1,CH,Twenty
L5,20,2024-01-05,1,IT,Twenty
L7,30,2024-01-07,1,,
L8,00030,2024-01-07,1,ES,
L9,,2024-01-07,1,ES,
"""
TOML = """extracted_on = 2024-06-30
[accounts]
from = "orders"
[accounts.columns]
account_id = "Customer ID"
country = "Country"
name = "Name"
[orders]
file = "orders.csv"
[orders.columns]
line_id = "line"
ordered_on = "day"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return open_book(folder(tmp_path_factory.mktemp("made") / "b", orders_csv=ORDERS, book_toml=TOML))


def test_the_latest_line_decides_then_the_key(made):
    accounts = made.table("accounts").execute().set_index("account_id")
    assert accounts.index.tolist() == ["00030", "10", "20", "30"]  # leading zeros are part of a key
    assert accounts.country.where(accounts.country.notna(), "-").tolist() == ["ES", "FR", "CH", "-"]
    assert accounts.name[["10", "20"]].tolist() == ["Ten Ltd", "Twenty"]
    assert accounts.known_since.astype(str)["10"] == "2024-01-01"


def test_history_holds_each_change_and_as_of_reads_it(made):
    history = made.table("account_history").execute()
    ten = history[(history.account_id == "10") & (history.field == "country")]
    assert list(zip(ten.known_on.astype(str), ten.value, strict=True)) == [("2024-01-01", "DE"), ("2024-03-01", "FR")]
    then = made.as_of("2024-02-28").table("accounts").execute().set_index("account_id")
    assert then.country["10"] == "DE"
    assert made.as_of("2024-03-01").table("accounts").execute().set_index("account_id").country["10"] == "FR"


def test_contradictions_are_reported(made):
    found = {one.column: (one.rows, one.examples) for one in made.check.fired if one.name == "contradiction"}
    assert found == {"country": (2, "10: DE and FR; 20: AT and IT"), "name": (1, "10: Ten and Ten Ltd")}


def test_a_contradiction_within_a_day_is_decided_by_key_and_is_no_change(made):
    history = made.table("account_history").execute()
    twenty = history[(history.account_id == "20") & (history.field == "country")]
    assert twenty.value.tolist() == ["CH"]


def test_lines_carry_nothing_of_the_account(made):
    assert "country" not in made.table("orders").columns
    assert not [name for name in made.table("orders").columns if name.startswith("__")]
    assert made.check.rows["accounts"].found == 4
    assert "accounts are made from the order lines; known since their first order" in made.check.notes
